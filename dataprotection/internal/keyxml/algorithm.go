package keyxml

import (
	"errors"
	"fmt"
	"slices"
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
	if a.Kind == CNGGCM {
		s += "-GCM"
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
		return Algorithm{}, fmt.Errorf("its descriptor is of an unknown kind, %.200q", deserializerType)
	}
	encryption := child(d, "encryption")
	if encryption == nil {
		return Algorithm{}, errors.New("its descriptor has no element encryption")
	}
	a := Algorithm{Kind: kind, Encryption: attribute(encryption, "algorithm")}
	a.EncryptionProvider = a.provider(encryption)
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
	a.Validation, a.ValidationProvider = attribute(e, "algorithm"), a.provider(e)
	if a.Kind == Portable {
		a.Validation = byNumber(a.Validation, portableValidations)
	}
	return nil
}

// provider reads what only the descriptors of CNG have.
func (a Algorithm) provider(e *etree.Element) string {
	if a.Kind == CNGCBC || a.Kind == CNGGCM {
		return attribute(e, "provider")
	}
	return ""
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
	if s.Hash, ok = a.hash(); !ok {
		return authenc.Suite{}, fmt.Errorf("the validation algorithm %.60q is not known", a.Validation)
	}
	return s, nil
}

func (a Algorithm) hash() (authenc.Hash, bool) {
	name, isHMAC := a.Validation, true
	switch a.Kind {
	case Portable:
		if !slices.Contains(portableValidations, name) {
			return 0, false
		}
		name = strings.TrimPrefix(name, "HMAC")
	case Managed:
		class, _ := className(name)
		name, isHMAC = strings.CutPrefix(class, "HMAC")
	}
	hash, known := hashes[name]
	return hash, known && isHMAC
}

func (a Algorithm) cipher() (authenc.Suite, bool) {
	switch a.Kind {
	case Portable:
		i := slices.Index(portableNames, a.Encryption)
		return authenc.Suite{KeyBits: 128 + 64*(i%3)}, i >= 0
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
	class, qualified := className(name)
	switch class {
	case "Aes":
		return authenc.AES, true
	case "AesManaged", "AesCryptoServiceProvider", "AesCng", "RijndaelManaged":
		return authenc.AES, qualified
	case "TripleDESCryptoServiceProvider", "TripleDESCng":
		return authenc.TripleDES, qualified
	}
	return 0, false
}

// className returns the class that a type name of .NET's cryptography names,
// whatever the assembly, and any other name as it is.
func className(name string) (class string, qualified bool) {
	bare, _, _ := strings.Cut(name, ",")
	if class, qualified = strings.CutPrefix(strings.TrimSpace(bare), "System.Security.Cryptography."); qualified {
		return class, true
	}
	return name, false
}

// ShortClassName is how .NET writes the name of one of its own algorithms into a
// managed descriptor: Aes and the HMACs short, anything else as it is.
func ShortClassName(name string) string {
	class, _ := className(name)
	if _, isHMAC := hashes[strings.TrimPrefix(class, "HMAC")]; class == "Aes" || isHMAC {
		return class
	}
	return name
}
