package keyxml

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/beevik/etree"
)

const (
	maxSize  = 64 << 10
	maxDepth = 32
)

// readTree reads a document with exactly one root element.
func readTree(data []byte) (*etree.Element, error) {
	if len(data) > maxSize {
		return nil, fmt.Errorf("it has %d bytes, and %d is the limit", len(data), maxSize)
	}
	text, err := toUTF8(data)
	if err != nil {
		return nil, err
	}
	if err := checkDocument(text); err != nil {
		return nil, err
	}
	doc := etree.NewDocument()
	doc.ReadSettings = etree.ReadSettings{CharsetReader: asIs}
	if err := doc.ReadFromBytes(text); err != nil {
		return nil, notWellFormed(err)
	}
	return doc.Root(), nil
}

// toUTF8 drops a byte order mark and reads UTF-16 if the mark says so.
func toUTF8(data []byte) ([]byte, error) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		order = binary.BigEndian
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		order = binary.LittleEndian
	default:
		return bytes.TrimPrefix(data, []byte("\ufeff")), nil
	}
	if len(data)%2 != 0 {
		return nil, errors.New("it is cut off: UTF-16 with an odd number of bytes")
	}
	var text []byte
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i < len(data); i += 2 {
		units = append(units, order.Uint16(data[i:]))
	}
	for _, r := range utf16.Decode(units) {
		text = utf8.AppendRune(text, r)
	}
	return text, nil
}

// asIs serves declarations of an encoding: the text is UTF-8 already.
func asIs(charset string, input io.Reader) (io.Reader, error) {
	switch strings.ToLower(charset) {
	case "utf-8", "utf-16", "us-ascii":
		return input, nil
	}
	return nil, fmt.Errorf("its encoding %.20q is not supported", charset)
}

// checkDocument walks through the document before a tree is made of it.
func checkDocument(text []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(text))
	dec.CharsetReader = asIs
	depth, roots := 0, 0
	for {
		token, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return notWellFormed(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return fmt.Errorf("it is nested deeper than %d levels", maxDepth)
			}
			if depth == 1 {
				roots++
			}
		case xml.EndElement:
			depth--
		case xml.Directive:
			return errors.New("it has a document type declaration, which is refused")
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(token)) > 0 {
				return errors.New("it has text outside of its root element")
			}
		}
	}
	if roots != 1 {
		return fmt.Errorf("it has %d root elements where one belongs; an empty or cut file?", roots)
	}
	return nil
}

// notWellFormed tells where a document is broken. The parser's own words are
// left out, because they may quote the document.
func notWellFormed(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("it is no well-formed XML, line %d; an empty or cut file?", syntax.Line)
	}
	return errors.New("it is no well-formed XML; an empty or cut file?")
}

// child returns the first child of that name in no namespace, or nil.
func child(e *etree.Element, name string) *etree.Element {
	if all := childrenNamed(e, name); len(all) > 0 {
		return all[0]
	}
	return nil
}

func childrenNamed(e *etree.Element, name string) []*etree.Element {
	var found []*etree.Element
	for _, c := range e.ChildElements() {
		if c.Tag == name && c.NamespaceURI() == "" {
			found = append(found, c)
		}
	}
	return found
}

// attribute returns the value of an attribute in no namespace, "" if there is none.
func attribute(e *etree.Element, name string) string {
	value, _ := attributeOf(e, name)
	return value
}

func attributeOf(e *etree.Element, name string) (string, bool) {
	for _, a := range e.Attr {
		if a.Space == "" && a.Key == name {
			return a.Value, true
		}
	}
	return "", false
}

// allText returns the text of e and all below it, without comments.
func allText(e *etree.Element) string {
	var b strings.Builder
	for _, t := range e.Child {
		switch t := t.(type) {
		case *etree.CharData:
			b.WriteString(t.Data)
		case *etree.Element:
			b.WriteString(allText(t))
		}
	}
	return b.String()
}
