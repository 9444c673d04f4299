package keyxml

import (
	"errors"
	"fmt"
	"time"

	"github.com/beevik/etree"
)

// namespace is that of encryptedSecret and of the mark requiresEncryption. All
// other names are in no namespace.
const namespace = "http://schemas.asp.net/2015/03/dataProtection"

// ErrKey marks the error of an element that is a key, but whose id or dates
// cannot be read. The reference skips such a key. Any other error of Parse means
// that the element may be a revocation.
var ErrKey = errors.New("the key cannot be read")

// A Key is a key element. Its secret is read by Open.
type Key struct {
	ID                          [16]byte // in the order of the text form
	Created, Activates, Expires time.Time
	element                     *etree.Element
}

// A Revocation revokes one key. Its date is never looked at.
type Revocation struct{ KeyID [16]byte }

// A RevocationOfAll revokes every key that was created before a moment.
type RevocationOfAll struct{ Before time.Time }

// CertificateName is the element that package certstore keeps beside the keys.
const CertificateName = "sealringCertificate"

// Unknown is an element that is neither key nor revocation.
type Unknown struct{ Name string }

// Parse reads one element. The result is a *Key, *Revocation, *RevocationOfAll or *Unknown.
func Parse(data []byte) (any, error) {
	root, err := readTree(data)
	if err != nil {
		return nil, err
	}
	switch {
	case is(root, "", "key"):
		k, err := parseKey(root)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrKey, err)
		}
		return k, nil
	case is(root, "", "revocation"):
		return parseRevocation(root)
	}
	return &Unknown{Name: root.FullTag()}, nil
}

func parseKey(root *etree.Element) (*Key, error) {
	k := &Key{element: root}
	var err error
	if k.ID, err = parseGUID(attribute(root, "id")); err != nil {
		return nil, fmt.Errorf("attribute id: %w", err)
	}
	for _, date := range []struct {
		name string
		to   *time.Time
	}{{"creationDate", &k.Created}, {"activationDate", &k.Activates}, {"expirationDate", &k.Expires}} {
		if *date.to, err = dateOf(root, date.name); err != nil {
			return nil, fmt.Errorf("%s: %w", formatGUID(k.ID), err)
		}
	}
	return k, nil
}

func parseRevocation(root *etree.Element) (any, error) {
	key := child(root, "key")
	if key == nil {
		return nil, errors.New("the revocation has no element key")
	}
	if attribute(key, "id") == "*" {
		before, err := dateOf(root, "revocationDate")
		if err != nil {
			return nil, fmt.Errorf("the revocation of all keys: %w", err)
		}
		return &RevocationOfAll{Before: before}, nil
	}
	id, err := parseGUID(attribute(key, "id"))
	if err != nil {
		return nil, fmt.Errorf("the revocation's attribute id: %w", err)
	}
	return &Revocation{KeyID: id}, nil
}

func dateOf(parent *etree.Element, name string) (time.Time, error) {
	e := child(parent, name)
	if e == nil {
		return time.Time{}, fmt.Errorf("element %s is missing", name)
	}
	t, err := parseDate(allText(e))
	if err != nil {
		return time.Time{}, fmt.Errorf("element %s: %w", name, err)
	}
	return t, nil
}
