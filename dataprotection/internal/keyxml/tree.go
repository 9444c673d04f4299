package keyxml

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/beevik/etree"
)

const (
	maxSize  = 64 << 10
	maxDepth = 32
)

// readTree reads a document with exactly one root element. Neither encoding/xml
// nor etree sees to it that a document is well-formed, so this does: a document
// that the reference refuses must not be taken for an element that it skips.
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
	doc.ReadSettings = etree.ReadSettings{CharsetReader: asIs(text), PreserveDuplicateAttrs: true}
	if err := doc.ReadFromBytes(text); err != nil {
		return nil, notWellFormed(err)
	}
	if err := checkNames(doc.Root()); err != nil {
		return nil, err
	}
	return doc.Root(), nil
}

// toUTF8 reads UTF-16 if the first bytes are that, and drops a byte order mark.
func toUTF8(data []byte) ([]byte, error) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte("\xfe\xff")), bytes.HasPrefix(data, []byte("\x00<")):
		order = binary.BigEndian
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("<\x00")):
		order = binary.LittleEndian
	}
	if order != nil {
		var err error
		if data, err = fromUTF16(data, order); err != nil {
			return nil, err
		}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		return nil, errors.New("it is not text in UTF-8 or UTF-16")
	}
	if bytes.ContainsFunc(data, func(r rune) bool { return !isChar(r) }) {
		return nil, errors.New("it has a character that XML does not allow")
	}
	return data, nil
}

func fromUTF16(data []byte, order binary.ByteOrder) ([]byte, error) {
	if len(data)%2 != 0 {
		return nil, errors.New("it is cut off: UTF-16 with an odd number of bytes")
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 0; i < len(data); i += 2 {
		units = append(units, order.Uint16(data[i:]))
	}
	runes := utf16.Decode(units)
	if !slices.Equal(utf16.Encode(runes), units) {
		return nil, errors.New("it is not valid UTF-16")
	}
	return []byte(string(runes)), nil
}

// isChar reports whether XML 1.0 allows r, written as it is or as a reference.
func isChar(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r':
		return true
	case r < ' ', 0xd800 <= r && r < 0xe000, r == 0xfffe, r == 0xffff:
		return false
	}
	return r <= utf8.MaxRune
}

// asIs serves declarations of an encoding: the text is UTF-8 already. Names of
// other encodings do no harm to a text that is all ASCII, such as any that is
// written into a ring.
func asIs(text []byte) func(string, io.Reader) (io.Reader, error) {
	return func(charset string, input io.Reader) (io.Reader, error) {
		switch strings.ToLower(charset) {
		case "utf-8", "utf-16":
			return input, nil
		}
		if bytes.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
			return nil, errors.New("the encoding is not supported")
		}
		return input, nil
	}
}

// checkDocument walks through the document before a tree is made of it.
func checkDocument(text []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(text))
	dec.CharsetReader = asIs(text)
	depth, roots := 0, 0
	for {
		at := dec.InputOffset()
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
		case xml.ProcInst:
			if strings.EqualFold(token.Target, "xml") && (at > 0 || token.Target != "xml") {
				return errors.New("it has an XML declaration that is not at its beginning")
			}
		case xml.CharData:
			if depth == 0 && !isBlank(string(token)) {
				return errors.New("it has text outside of its root element")
			}
		}
	}
	if roots != 1 {
		return fmt.Errorf("it has %d root elements where one belongs; an empty or cut file?", roots)
	}
	return nil
}

// isBlank reports whether s is nothing but what XML calls white space.
func isBlank(s string) bool { return strings.Trim(s, " \t\r\n") == "" }

// notWellFormed tells where a document is broken. The parser's own words are
// left out, because they may quote the document.
func notWellFormed(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("it is no well-formed XML, line %d; an empty or cut file?", syntax.Line)
	}
	return errors.New("it is no well-formed XML; an empty or cut file?")
}
