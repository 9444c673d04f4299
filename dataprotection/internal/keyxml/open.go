package keyxml

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// Open reads the algorithm and the secret of the key. Encrypted parts are given
// to unseal: the decryptor type as written, and the element inside, as a document
// of its own. Unseal returns the element in clear; it is not searched for
// encrypted parts again. Unseal may be nil if nothing can be opened. Its errors
// are returned as they are. The key is not changed, and keys may be opened
// concurrently.
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
	master, err := readMasterKey(a.Kind, inner)
	if err != nil {
		return Algorithm{}, nil, err
	}
	return a, master, nil
}

// SealedBy lists the decryptor types that are needed to open the key, bare and
// each once. It is empty for a key in clear: one whose secret can be read by
// whoever reads the element, if only from inside a null wrapper, and whatever
// else is encrypted in it.
func (k *Key) SealedBy() []string {
	outer := child(k.element, "descriptor")
	if outer == nil || holdsMasterKey(outer) {
		return nil
	}
	var types []string
	for _, s := range secrets(outer) {
		if t := TypeName(attribute(s, "decryptorType")); t != nullType && !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return types
}

func holdsMasterKey(e *etree.Element) bool {
	return is(e, "", "masterKey") || slices.ContainsFunc(e.ChildElements(), holdsMasterKey)
}

// secrets returns the outermost encryptedSecret elements in e, in document order.
func secrets(e *etree.Element) []*etree.Element {
	if is(e, namespace, "encryptedSecret") {
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
		opened, err := unsealOne(s, unseal)
		if err != nil {
			return nil, err
		}
		keepOutOfNamespace(opened)
		parent := s.Parent()
		parent.InsertChildAt(s.Index(), opened)
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
		inside, err := onlyChild(sealed)
		if err != nil {
			return nil, err
		}
		return standalone(inside), nil
	}
	if unseal == nil {
		return nil, fmt.Errorf("it was sealed by %.200q, and nothing is given to open it with", TypeName(decryptorType))
	}
	opened, err := unseal(decryptorType, toBytes(standalone(sealed)))
	if err != nil {
		return nil, err
	}
	root, err := readTree(opened)
	if err != nil {
		return nil, fmt.Errorf("what the opener returned: %w", err)
	}
	return root, nil
}

// readMasterKey takes all text in the element for base64, as the reference does.
// Unlike it, this refuses an empty secret, with which anybody could forge.
func readMasterKey(kind Kind, descriptor *etree.Element) ([]byte, error) {
	keys := childrenNamed(descriptor, "masterKey")
	if len(keys) == 0 || kind == Portable && len(keys) > 1 {
		return nil, fmt.Errorf("its descriptor has %d elements masterKey where one belongs", len(keys))
	}
	master, err := base64.StdEncoding.DecodeString(withoutBlanks.Replace(allText(keys[0])))
	if err != nil {
		return nil, errors.New("its masterKey is not base64")
	}
	if len(master) == 0 {
		return nil, errors.New("its masterKey is empty")
	}
	return master, nil
}

var withoutBlanks = strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "")
