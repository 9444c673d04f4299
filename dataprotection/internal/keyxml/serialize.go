package keyxml

import (
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"
)

// The reference writes the line breaks of text as its own, and those of attributes as references.
var (
	escapeText      = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r\n", "\n", "\r", "\n")
	escapeAttribute = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\r", "&#xD;", "\n", "&#xA;", "\t", "&#x9;")
)

// serialize writes an element as .NET does, which no library for Go does: two
// blanks a level, a blank before "/>", and no line breaks beside text. Newline is
// a line break with the indentation of e, or "" for no formatting at all. White
// space between elements is not kept.
func serialize(b *strings.Builder, e *etree.Element, newline string) {
	b.WriteString("<" + e.FullTag())
	for _, a := range e.Attr {
		b.WriteString(" " + a.FullKey() + `="` + escapeAttribute.Replace(onlyChars(a.Value)) + `"`)
	}
	if len(e.Child) == 0 {
		b.WriteString(" />")
		return
	}
	b.WriteString(">")
	text := hasText(e)
	inner := ""
	if newline != "" && !text {
		inner = newline + "  "
	}
	for _, t := range e.Child {
		if _, ok := t.(*etree.CharData); !ok || text {
			serializeChild(b, t, inner)
		}
	}
	if inner != "" {
		b.WriteString(newline)
	}
	b.WriteString("</" + e.FullTag() + ">")
}

func serializeChild(b *strings.Builder, t etree.Token, newline string) {
	switch t := t.(type) {
	case *etree.CharData:
		b.WriteString(escapeText.Replace(onlyChars(t.Data)))
	case *etree.Element:
		b.WriteString(newline)
		serialize(b, t, newline)
	case *etree.Comment:
		b.WriteString(newline + "<!--" + t.Data + "-->")
	case *etree.ProcInst:
		b.WriteString(newline + "<?" + t.Target)
		if t.Inst != "" {
			b.WriteString(" " + t.Inst)
		}
		b.WriteString("?>")
	}
}

// hasText reports whether e has text of its own, so that white space in it counts.
func hasText(e *etree.Element) bool {
	onlyText := true
	for _, t := range e.Child {
		c, ok := t.(*etree.CharData)
		if ok && !isBlank(c.Data) {
			return true
		}
		onlyText = onlyText && ok
	}
	return onlyText
}

// onlyChars replaces what XML cannot hold, such as the control characters that
// may have got into the reason of a revocation: a file with one of them would be
// refused, and the whole ring with it.
func onlyChars(s string) string {
	return strings.Map(func(r rune) rune {
		if !isChar(r) {
			return utf8.RuneError
		}
		return r
	}, s)
}
