package keyxml

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"github.com/beevik/etree"
)

const xmlNamespace = "http://www.w3.org/XML/1998/namespace"

// checkNames refuses what the namespaces of XML forbid, in e and all below it:
// prefixes that are not declared, and attributes of one name. Both libraries let
// them pass, and would take <x:revocation> for a revocation.
func checkNames(e *etree.Element) error {
	if _, declared := resolve(e, e.Space); !declared || strings.Contains(e.Tag, ":") {
		return errors.New("it is no well-formed XML: the name of an element has no declared prefix")
	}
	seen := make(map[xml.Name]bool, len(e.Attr))
	for _, a := range e.Attr {
		name, ok := attributeName(e, a)
		if !ok {
			return errors.New("it is no well-formed XML: the name of an attribute has no declared prefix")
		}
		if seen[name] {
			return errors.New("it is no well-formed XML: an element has two attributes of one name")
		}
		seen[name] = true
	}
	for _, c := range e.ChildElements() {
		if err := checkNames(c); err != nil {
			return err
		}
	}
	return nil
}

func attributeName(e *etree.Element, a etree.Attr) (xml.Name, bool) {
	switch {
	case strings.Contains(a.Key, ":"):
		return xml.Name{}, false
	case a.Space == "":
		return xml.Name{Local: a.Key}, true
	case a.Space == "xmlns":
		allowed := a.Value != "" && a.Key != "xmlns" && (a.Key != "xml" || a.Value == xmlNamespace)
		return xml.Name{Space: "xmlns", Local: a.Key}, allowed
	}
	space, declared := resolve(e, a.Space)
	return xml.Name{Space: space, Local: a.Key}, declared
}

// resolve returns the namespace that a prefix, or none, stands for at e.
func resolve(e *etree.Element, prefix string) (namespace string, declared bool) {
	if prefix == "xml" {
		return xmlNamespace, true
	}
	space, key := "xmlns", prefix
	if prefix == "" {
		space, key = "", "xmlns"
	}
	for ; e != nil; e = e.Parent() {
		for _, a := range e.Attr {
			if a.Space == space && a.Key == key {
				return a.Value, true
			}
		}
	}
	return "", prefix == ""
}

// is reports whether e has that name in that namespace.
func is(e *etree.Element, space, name string) bool {
	if e.Tag != name {
		return false
	}
	found, _ := resolve(e, e.Space)
	return found == space
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
		if is(c, "", name) {
			found = append(found, c)
		}
	}
	return found
}

func onlyChild(e *etree.Element) (*etree.Element, error) {
	children := e.ChildElements()
	if len(children) != 1 {
		return nil, fmt.Errorf("its %.60q has %d child elements where one belongs", e.Tag, len(children))
	}
	return children[0], nil
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

// standalone returns a copy of e that declares every namespace in scope itself.
func standalone(e *etree.Element) *etree.Element {
	c := e.Copy()
	declareNamespaces(c, e)
	return c
}

// declareNamespaces adds to c what is declared above original.
func declareNamespaces(c, original *etree.Element) {
	declared := map[string]bool{}
	for _, a := range c.Attr {
		declared[a.FullKey()] = true
	}
	for p := original.Parent(); p != nil; p = p.Parent() {
		for _, a := range p.Attr {
			isDeclaration := a.Space == "xmlns" || a.Space == "" && a.Key == "xmlns"
			if isDeclaration && !declared[a.FullKey()] {
				declared[a.FullKey()] = true
				c.CreateAttr(a.FullKey(), a.Value)
			}
		}
	}
}

// keepOutOfNamespace lets a root element that is in no namespace be put below one
// that declares a default: it would fall into that namespace otherwise.
func keepOutOfNamespace(root *etree.Element) {
	if space, _ := resolve(root, root.Space); space == "" {
		root.CreateAttr("xmlns", "")
	}
}
