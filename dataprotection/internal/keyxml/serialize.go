package keyxml

import (
	"strings"

	"github.com/beevik/etree"
)

var (
	escapeText      = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")
	escapeAttribute = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\r", "&#xD;", "\n", "&#xA;", "\t", "&#x9;")
)

// serialize writes an element as .NET does, which no library for Go does: two
// blanks a level, a blank before "/>", and no line breaks beside text. Newline is
// a line break with the indentation of e, or "" for no formatting at all. White
// space between elements is not kept.
func serialize(b *strings.Builder, e *etree.Element, newline string) {
	b.WriteString("<" + e.FullTag())
	for _, a := range e.Attr {
		b.WriteString(" " + a.FullKey() + `="` + escapeAttribute.Replace(a.Value) + `"`)
	}
	if len(e.Child) == 0 {
		b.WriteString(" />")
		return
	}
	b.WriteString(">")
	inner := ""
	if newline != "" && !hasText(e) {
		inner = newline + "  "
	}
	for _, t := range e.Child {
		serializeChild(b, e, t, inner)
	}
	if inner != "" {
		b.WriteString(newline)
	}
	b.WriteString("</" + e.FullTag() + ">")
}

func serializeChild(b *strings.Builder, parent *etree.Element, t etree.Token, newline string) {
	switch t := t.(type) {
	case *etree.Element:
		b.WriteString(newline)
		serialize(b, t, newline)
	case *etree.Comment:
		b.WriteString(newline + "<!--" + t.Data + "-->")
	case *etree.CharData:
		if hasText(parent) {
			b.WriteString(escapeText.Replace(t.Data))
		}
	}
}

// hasText reports whether e has text of its own, so that white space in it counts.
func hasText(e *etree.Element) bool {
	elements := len(e.ChildElements()) > 0
	for _, t := range e.Child {
		if c, ok := t.(*etree.CharData); ok && (!elements || !c.IsWhitespace()) {
			return true
		}
	}
	return false
}
