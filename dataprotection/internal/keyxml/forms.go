package keyxml

import (
	"strings"

	"github.com/beevik/etree"
)

// declaration is what a file begins with.
const declaration = "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"

// File returns an element, in whatever form it is, as .NET keeps it in files and
// in what DPAPI encrypts: with byte order mark and declaration, indented.
func File(data []byte) ([]byte, error) { return reform(data, toFile) }

// Indented returns an element as .NET keeps it in the registry: indented, without
// byte order mark and declaration.
func Indented(data []byte) ([]byte, error) { return reform(data, toText) }

// OneLine returns an element as .NET keeps it in Redis and in databases: on one
// line, without byte order mark and declaration. A byte order mark would make
// the reference fail there.
//
// Line breaks within the reason of a revocation are kept, as the reference does.
func OneLine(data []byte) ([]byte, error) { return reform(data, toBytes) }

func reform(data []byte, to func(*etree.Element) []byte) ([]byte, error) {
	root, err := readTree(data)
	if err != nil {
		return nil, err
	}
	return checked(to(root))
}

func toFile(root *etree.Element) []byte { return append([]byte(declaration), toText(root)...) }

func toText(root *etree.Element) []byte {
	var b strings.Builder
	serialize(&b, root, "\n")
	return []byte(b.String())
}

// toBytes writes an element on one line, as a document of its own.
func toBytes(root *etree.Element) []byte {
	var b strings.Builder
	serialize(&b, root, "")
	return []byte(b.String())
}
