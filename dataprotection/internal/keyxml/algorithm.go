package keyxml

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/beevik/etree"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
)

// A Kind is one of the four descriptors that a key can have.
type Kind uint8

// The kinds of descriptor.
const (
	Portable Kind = iota // names of its own, for every platform
	Managed              // .NET's managed classes
	CNGCBC               // Windows CNG, CBC with HMAC
	CNGGCM               // Windows CNG, GCM
)

// An Algorithm is what a descriptor says a key is used with, in the words of the XML.
type Algorithm struct {
	Kind       Kind
	Encryption string // AES_256_CBC; Aes; AES
	KeyBits    int    // not in a portable descriptor
	Validation string // HMACSHA256; SHA256 for CNG; empty for GCM
	// CNG providers; empty for the default.
	EncryptionProvider, ValidationProvider string
}

// String is for logs and listings.
func (a Algorithm) String() string {
	s := a.Encryption
	if a.Kind != Portable {
		s = fmt.Sprintf("%s-%d", a.Encryption, a.KeyBits)
	}
	if a.Validation != "" {
		s += ", " + a.Validation
	}
	return s
}

var (
	kinds = map[string]Kind{portableType: Portable, managedType: Managed, cngCBCType: CNGCBC, cngGCMType: CNGGCM}

	portableNames       = []string{"AES_128_CBC", "AES_192_CBC", "AES_256_CBC", "AES_128_GCM", "AES_192_GCM", "AES_256_GCM"}
	portableValidations = []string{"HMACSHA256", "HMACSHA512"}

	hashes = map[string]authenc.Hash{
		"SHA1": authenc.SHA1, "SHA256": authenc.SHA256, "SHA384": authenc.SHA384, "SHA512": authenc.SHA512,
	}
)

// readAlgorithm reads a descriptor of the kind that its type says. The names are
// exact, as they are for the reference.
func readAlgorithm(deserializerType string, d *etree.Element) (Algorithm, error) {
	kind, ok := kinds[TypeName(deserializerType)]
	if !ok {
		return Algorithm{}, errors.New("its descriptor is of an unknown kind")
	}
	encryption := child(d, "encryption")
	if encryption == nil {
		return Algorithm{}, errors.New("its descriptor has no element encryption")
	}
	a := Algorithm{Kind: kind, Encryption: attribute(encryption, "algorithm"), EncryptionProvider: attribute(encryption, "provider")}
	if kind == Portable {
		a.Encryption = byNumber(a.Encryption, portableNames)
	} else {
		bits, err := strconv.Atoi(strings.TrimSpace(attribute(encryption, "keyLength")))
		if err != nil {
			return Algorithm{}, errors.New("its descriptor has no keyLength")
		}
		a.KeyBits = bits
	}
	if a.isGCM() {
		return a, nil
	}
	return a, a.readValidation(d)
}

func (a *Algorithm) readValidation(d *etree.Element) error {
	name := "validation"
	if a.Kind == CNGCBC {
		name = "hash"
	}
	e := child(d, name)
	if e == nil {
		return fmt.Errorf("its descriptor has no element %s", name)
	}
	a.Validation, a.ValidationProvider = attribute(e, "algorithm"), attribute(e, "provider")
	if a.Kind == Portable {
		a.Validation = byNumber(a.Validation, portableValidations)
	}
	return nil
}

// byNumber reads a portable name, which may be given as its number.
func byNumber(s string, names []string) string {
	s = strings.TrimSpace(s)
	if n, err := strconv.Atoi(s); err == nil && n >= 0 && n < len(names) {
		return names[n]
	}
	return s
}

func (a Algorithm) isGCM() bool {
	return a.Kind == CNGGCM || a.Kind == Portable && strings.HasSuffix(a.Encryption, "_GCM")
}

// Suite returns the algorithms themselves, or an error for names that are not known.
func (a Algorithm) Suite() (authenc.Suite, error) {
	s, ok := a.cipher()
	if !ok {
		return authenc.Suite{}, fmt.Errorf("the algorithm %.60q is not known", a.Encryption)
	}
	if a.isGCM() {
		s.Mode = authenc.GCM
		return s, nil
	}
	name := a.Validation
	if a.Kind != CNGCBC {
		name, ok = strings.CutPrefix(className(name), "HMAC")
	}
	hash, known := hashes[name]
	if !ok || !known || a.Kind == Portable && hash != authenc.SHA256 && hash != authenc.SHA512 {
		return authenc.Suite{}, fmt.Errorf("the validation algorithm %.60q is not known", a.Validation)
	}
	s.Hash = hash
	return s, nil
}

func (a Algorithm) cipher() (authenc.Suite, bool) {
	switch a.Kind {
	case Portable:
		for i, name := range portableNames {
			if name == a.Encryption {
				return authenc.Suite{KeyBits: 128 + 64*(i%3)}, true
			}
		}
	case Managed:
		c, ok := managedCipher(a.Encryption)
		return authenc.Suite{Cipher: c, KeyBits: a.KeyBits}, ok
	case CNGCBC, CNGGCM:
		switch a.Encryption {
		case "AES":
			return authenc.Suite{KeyBits: a.KeyBits}, true
		case "3DES":
			return authenc.Suite{Cipher: authenc.TripleDES, KeyBits: a.KeyBits}, a.Kind == CNGCBC
		}
	}
	return authenc.Suite{}, false
}

// managedCipher knows the short name and the class names that .NET has had.
func managedCipher(name string) (authenc.Cipher, bool) {
	switch className(name) {
	case "Aes", "AesManaged", "AesCryptoServiceProvider", "AesCng", "RijndaelManaged":
		return authenc.AES, true
	case "TripleDESCryptoServiceProvider", "TripleDESCng":
		return authenc.TripleDES, true
	}
	return 0, false
}

// className is the last part of a class name in .NET's cryptography, or name
// itself if it is a short one.
func className(name string) string {
	bare, _, _ := strings.Cut(name, ",")
	return strings.TrimPrefix(strings.TrimSpace(bare), "System.Security.Cryptography.")
}
