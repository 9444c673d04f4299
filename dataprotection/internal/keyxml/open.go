package keyxml

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/beevik/etree"
)

// Open reads the algorithm and the secret of the key. Encrypted parts are given
// to unseal: the decryptor type as written, and the element inside, as a document
// of its own. Unseal returns the element in clear; it is not searched for
// encrypted parts again.
func (k *Key) Open(unseal func(decryptorType string, element []byte) ([]byte, error)) (Algorithm, []byte, error) {
	outer := child(k.element, "descriptor")
	if outer == nil {
		return Algorithm{}, nil, errors.New("it has no descriptor")
	}
	inner, err := onlyChild(outer)
	if err != nil {
		return Algorithm{}, nil, err
	}
	inner, err = unsealAll(inner, unseal)
	if err != nil {
		return Algorithm{}, nil, err
	}
	a, err := readAlgorithm(attribute(outer, "deserializerType"), inner)
	if err != nil {
		return Algorithm{}, nil, err
	}
	master, err := readMasterKey(inner)
	if err != nil {
		return Algorithm{}, nil, err
	}
	return a, master, nil
}

// SealedBy lists the decryptor types that are needed to open the key, bare. It is
// empty for a key in clear; the null mechanism does not count.
func (k *Key) SealedBy() []string {
	var types []string
	for _, s := range secrets(k.element) {
		if t := TypeName(attribute(s, "decryptorType")); t != nullType {
			types = append(types, t)
		}
	}
	return types
}

// secrets returns the encryptedSecret elements in the key's descriptor, in
// document order.
func secrets(e *etree.Element) []*etree.Element {
	if e.Tag == "encryptedSecret" && e.NamespaceURI() == namespace {
		return []*etree.Element{e}
	}
	var found []*etree.Element
	for _, c := range e.ChildElements() {
		found = append(found, secrets(c)...)
	}
	return found
}

// unsealAll replaces every encrypted part of a descriptor, which may be one as a whole.
func unsealAll(inner *etree.Element, unseal func(string, []byte) ([]byte, error)) (*etree.Element, error) {
	outer := inner.Parent()
	holder := outer.Copy() // the key itself stays as it was read
	declareNamespaces(holder, outer)
	for _, s := range secrets(holder) {
		clear, err := unsealOne(s, unseal)
		if err != nil {
			return nil, err
		}
		parent := s.Parent()
		parent.InsertChildAt(s.Index(), clear)
		parent.RemoveChild(s)
	}
	return onlyChild(holder)
}

func unsealOne(secret *etree.Element, unseal func(string, []byte) ([]byte, error)) (*etree.Element, error) {
	decryptorType, ok := attributeOf(secret, "decryptorType")
	if !ok {
		return nil, errors.New("its encryptedSecret names no decryptorType")
	}
	sealed, err := onlyChild(secret)
	if err != nil {
		return nil, err
	}
	if TypeName(decryptorType) == nullType {
		clear, err := onlyChild(sealed)
		if err != nil {
			return nil, err
		}
		return standalone(clear), nil
	}
	opened, err := unseal(decryptorType, toBytes(standalone(sealed)))
	if err != nil {
		return nil, err
	}
	clear, err := readTree(opened)
	if err != nil {
		return nil, fmt.Errorf("what the opener returned: %w", err)
	}
	return clear, nil
}

func readMasterKey(descriptor *etree.Element) ([]byte, error) {
	keys := childrenNamed(descriptor, "masterKey")
	if len(keys) != 1 {
		return nil, fmt.Errorf("its descriptor has %d elements masterKey where one belongs", len(keys))
	}
	text := strings.Join(strings.Fields(allText(keys[0])), "")
	master, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("its masterKey is not base64")
	}
	return master, nil
}

func onlyChild(e *etree.Element) (*etree.Element, error) {
	children := e.ChildElements()
	if len(children) != 1 {
		return nil, fmt.Errorf("its %s has %d child elements where one belongs", e.Tag, len(children))
	}
	return children[0], nil
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
