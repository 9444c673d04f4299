package keyxml

import (
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/beevik/etree"
)

const (
	clearWarning = " Warning: the key below is in an unencrypted form. "
	gcmComment   = " AES-GCM includes a 128-bit authentication tag, no extra validation algorithm required. "
	allComment   = " All keys created before the revocation date are revoked. "
)

// maxReason leaves room in maxSize for a reason that is all markup.
const maxReason = 8 << 10

// comments introduce the descriptors that are not portable.
var comments = map[Kind]string{
	Managed: " Algorithms provided by specified SymmetricAlgorithm and KeyedHashAlgorithm ",
	CNGCBC:  " Algorithms provided by Windows CNG, using CBC-mode encryption with HMAC validation ",
	CNGGCM:  " Algorithms provided by Windows CNG, using Galois/Counter Mode encryption and validation ",
}

// A Seal encrypts a fragment. It returns the decryptor type and a single element.
type Seal func(fragment []byte) (decryptorType string, element []byte, err error)

// MarshalKey returns the key as a file: with byte order mark and declaration,
// indented. Seal may be nil; then the secret is in clear, as escrow needs it. The
// names of a are written as they are, known or not. It is an error if the result
// is more than Parse would read.
func MarshalKey(k Key, a Algorithm, master []byte, seal Seal) ([]byte, error) {
	for _, date := range []time.Time{k.Created, k.Activates, k.Expires} {
		if !isWritable(date) {
			return nil, errors.New("a date of the key is not within the years 1 to 9999")
		}
	}
	key := etree.NewElement("key")
	key.CreateAttr("id", formatGUID(k.ID))
	key.CreateAttr("version", "1")
	addText(key, "creationDate", formatDate(k.Created))
	addText(key, "activationDate", formatDate(k.Activates))
	addText(key, "expirationDate", formatDate(k.Expires))
	outer := key.CreateElement("descriptor")
	outer.CreateAttr("deserializerType", a.deserializerType()+assembly)
	inner := a.descriptor(outer)
	if seal == nil {
		addMasterKey(inner, "p4", master)
		return checked(toFile(key))
	}
	secret, err := sealMasterKey(master, seal)
	if err != nil {
		return nil, err
	}
	inner.AddChild(secret)
	return checked(toFile(key))
}

// checked refuses to write what could not be read again.
func checked(element []byte) ([]byte, error) {
	if len(element) > maxSize {
		return nil, fmt.Errorf("it would have %d bytes, and %d is the limit", len(element), maxSize)
	}
	return element, nil
}

func (a Algorithm) deserializerType() string {
	for name, kind := range kinds {
		if kind == a.Kind {
			return name
		}
	}
	panic("keyxml: internal error: unknown kind of descriptor")
}

// descriptor adds the inner descriptor, all but its secret.
func (a Algorithm) descriptor(outer *etree.Element) *etree.Element {
	d := outer.CreateElement("descriptor")
	if c := comments[a.Kind]; c != "" {
		d.CreateComment(c)
	}
	e := d.CreateElement("encryption")
	e.CreateAttr("algorithm", a.Encryption)
	if a.Kind != Portable {
		e.CreateAttr("keyLength", fmt.Sprint(a.KeyBits))
	}
	addProvider(e, a.EncryptionProvider)
	switch {
	case a.Kind == Portable && a.isGCM():
		d.CreateComment(gcmComment)
	case a.isGCM():
	case a.Kind == CNGCBC:
		h := d.CreateElement("hash")
		h.CreateAttr("algorithm", a.Validation)
		addProvider(h, a.ValidationProvider)
	default:
		d.CreateElement("validation").CreateAttr("algorithm", a.Validation)
	}
	return d
}

func addProvider(e *etree.Element, provider string) {
	if provider != "" {
		e.CreateAttr("provider", provider)
	}
}

// addMasterKey adds the secret in clear. The prefix is the one that .NET makes up
// for the place where the element stands.
func addMasterKey(parent *etree.Element, prefix string, master []byte) *etree.Element {
	m := parent.CreateElement("masterKey")
	m.CreateAttr(prefix+":requiresEncryption", "true")
	m.CreateAttr("xmlns:"+prefix, namespace)
	m.CreateComment(clearWarning)
	m.CreateElement("value").SetText(base64.StdEncoding.EncodeToString(master))
	return m
}

// sealMasterKey puts what seal returns into the wrapper that names who can open it.
func sealMasterKey(master []byte, seal Seal) (*etree.Element, error) {
	fragment := toBytes(addMasterKey(etree.NewElement("descriptor"), "d1p1", master))
	defer clear(fragment)
	decryptorType, sealed, err := seal(fragment)
	if err != nil {
		return nil, err
	}
	element, err := readTree(sealed)
	if err != nil {
		return nil, fmt.Errorf("what the sealer returned: %w", err)
	}
	keepOutOfNamespace(element)
	secret := etree.NewElement("encryptedSecret")
	secret.CreateAttr("decryptorType", decryptorType)
	secret.CreateAttr("xmlns", namespace)
	secret.AddChild(element)
	return secret, nil
}

// MarshalRevocation returns the revocation of one key as a file. Readers look at
// neither date nor reason. An empty reason is written as the reference writes a
// missing one, a long one is cut after 8 KiB, and characters that XML does not
// allow are replaced by U+FFFD: what is returned can always be read.
func MarshalRevocation(keyID [16]byte, date time.Time, reason string) []byte {
	r := newRevocation(date)
	r.CreateElement("key").CreateAttr("id", formatGUID(keyID))
	addText(r, "reason", reason[:min(len(reason), maxReason)])
	return toFile(r)
}

// MarshalRevocationOfAll returns the revocation of all keys created before a date,
// as a file. What MarshalRevocation says of the reason goes for this one too. A
// date beyond the year 9999 is written as the end of that year, one before the year 1 as
// its beginning.
func MarshalRevocationOfAll(before time.Time, reason string) []byte {
	r := newRevocation(before)
	r.CreateComment(allComment)
	r.CreateElement("key").CreateAttr("id", "*")
	addText(r, "reason", reason[:min(len(reason), maxReason)])
	return toFile(r)
}

func newRevocation(date time.Time) *etree.Element {
	r := etree.NewElement("revocation")
	r.CreateAttr("version", "1")
	if !isWritable(date) {
		date = date.UTC()
	}
	switch {
	case isWritable(date):
	case date.Year() < 1:
		date = time.Time{}
	default:
		date = lastDate
	}
	addText(r, "revocationDate", formatDate(date))
	return r
}

func addText(parent *etree.Element, name, text string) {
	parent.CreateElement(name).SetText(text)
}
