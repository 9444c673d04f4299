package x509seal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"

	"software.sslmate.com/src/go-pkcs12"
)

// The iterations that a PFX may ask for, in one place and in all: those that .NET 9
// bears (Pkcs12LoaderLimits.Defaults). Without a bound whoever may bring a file
// keeps a processor busy for as long as they like.
const (
	maxIterations    = 300_000
	maxIterationsSum = 1_000_000
)

var (
	oidPKCS12PBE     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1} // and the kind
	oidPBKDF2        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidEncryptedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 6}
	oidKeyBag        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 1}
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
)

var errCostly = fmt.Errorf("x509seal: the PFX asks for too much work; %d iterations are the most in one place, and %d in all", maxIterations, maxIterationsSum)

// checkCost refuses a PFX that is costly to open. What is no PFX passes: the decoder
// has the words for that.
func checkCost(data []byte, password string) error {
	c := &pfxCost{}
	c.mac(data)
	c.walk(data, 0)
	if c.excessive || c.sum > maxIterationsSum {
		return errCostly
	}
	return checkHidden(data, password)
}

// A pfxCost sums up what is asked for.
type pfxCost struct {
	sum       int64
	excessive bool
}

func (c *pfxCost) add(integer asn1.RawValue) {
	var n int64
	if rest, err := asn1.Unmarshal(integer.FullBytes, &n); err != nil || len(rest) > 0 || n > maxIterations {
		c.excessive = true
		return
	}
	c.sum += max(n, 1)
}

// mac counts the third element of the third.
func (c *pfxCost) mac(data []byte) {
	if pfx := elements(data); len(pfx) == 1 {
		if parts := elements(pfx[0].Bytes); len(parts) > 2 {
			if mac := elements(parts[2].Bytes); len(mac) > 2 {
				c.add(mac[2])
			}
		}
	}
}

// walk looks for algorithms that derive keys, wherever the decoder may find one. It
// looks into everything, as the decoder does not mind what an element says it is.
func (c *pfxCost) walk(data []byte, depth int) {
	if depth > 32 { // more than the decoder goes down
		return
	}
	found := elements(data)
	if len(found) > 1 && derives(found[0]) {
		if parameters := elements(found[1].Bytes); len(parameters) > 1 {
			c.add(parameters[1])
		}
	}
	for _, e := range found {
		c.walk(e.Bytes, depth+1)
	}
}

func derives(e asn1.RawValue) bool {
	id := identifier(e)
	return id.Equal(oidPBKDF2) || len(id) > len(oidPKCS12PBE) && id[:len(oidPKCS12PBE)].Equal(oidPKCS12PBE)
}

func identifier(e asn1.RawValue) (id asn1.ObjectIdentifier) {
	if rest, err := asn1.Unmarshal(e.FullBytes, &id); err != nil || len(rest) > 0 {
		return nil
	}
	return id
}

// elements returns what lies side by side, up to the first that is malformed.
func elements(data []byte) (all []asn1.RawValue) {
	for len(data) > 0 {
		var e asn1.RawValue
		rest, err := asn1.Unmarshal(data, &e)
		if err != nil {
			break
		}
		all, data = append(all, e), rest
	}
	return all
}

// checkHidden refuses a private key within encrypted contents: what it asks for, if
// it is encrypted once more, is not known before they are decrypted. They are, each
// behind a key that needs no decrypting, and the decoder takes no second one.
// Programs put the private key beside the encrypted certificates.
func checkHidden(data []byte, password string) error {
	for _, contents := range encryptedContents(data) {
		encodings := [][]byte{bmpString(password)}
		if password == "" {
			encodings = append(encodings, nil) // the other way to have none
		}
		for _, encoded := range encodings {
			decoy, err := decoyPFX(contents, encoded)
			if err != nil {
				return errors.New("x509seal: the PFX cannot be read")
			}
			if _, _, _, err := pkcs12.DecodeChain(decoy, password); err != nil && strings.Contains(err.Error(), "exactly one key bag") {
				return errors.New("x509seal: the PFX has a private key within encrypted contents, which hides how much work it asks for; export it anew")
			}
		}
	}
	return nil
}

// encryptedContents returns those parts of a PFX that are encrypted as a whole.
func encryptedContents(data []byte) (all [][]byte) {
	below := func(list []asn1.RawValue, i int) []asn1.RawValue {
		if i >= len(list) {
			return nil
		}
		return elements(list[i].Bytes)
	}
	authSafe := below(below(elements(data), 0), 1) // contentType, [0]
	safe := below(below(below(authSafe, 1), 0), 0) // [0], OCTET STRING, SEQUENCE
	for _, contents := range safe {
		if parts := elements(contents.Bytes); len(parts) > 1 && identifier(parts[0]).Equal(oidEncryptedData) {
			all = append(all, contents.FullBytes)
		}
	}
	return all
}

// decoyPFX puts a private key of no worth before contents.
func decoyPFX(contents, password []byte) ([]byte, error) {
	var b builder
	key, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		return nil, err
	}
	bag := b.sequence(b.value(oidKeyBag), b.explicit(key))
	plain := b.sequence(b.value(oidData), b.explicit(b.value(b.sequence(bag))))
	safe := b.sequence(plain, contents)
	salt := make([]byte, 8)
	digest := b.sequence(b.sequence(b.value(oidSHA256)), b.value(decoyMAC(safe, salt, password)))
	pfx := b.sequence(b.value(3), b.sequence(b.value(oidData), b.explicit(b.value(safe))), b.sequence(digest, b.value(salt), b.value(1)))
	return pfx, b.err
}

// decoyMAC is that of RFC 7292, appendix B, for a single iteration.
func decoyMAC(message, salt, password []byte) []byte {
	const block = 64
	fill := func(b []byte) []byte {
		if len(b) == 0 {
			return nil
		}
		size := (len(b) + block - 1) / block * block
		return bytes.Repeat(b, size/len(b)+1)[:size]
	}
	key := sha256.Sum256(bytes.Join([][]byte{bytes.Repeat([]byte{3}, block), fill(salt), fill(password)}, nil))
	mac := hmac.New(sha256.New, key[:])
	mac.Write(message)
	return mac.Sum(nil)
}

// bmpString is how a PFX has passwords.
func bmpString(password string) (b []byte) {
	for _, unit := range append(utf16.Encode([]rune(password)), 0) {
		b = binary.BigEndian.AppendUint16(b, unit)
	}
	return b
}

// A builder writes DER, and keeps the first error.
type builder struct{ err error }

func (b *builder) value(v any) []byte {
	der, err := asn1.Marshal(v)
	if b.err == nil {
		b.err = err
	}
	return der
}

func (b *builder) sequence(parts ...[]byte) []byte {
	return b.value(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: bytes.Join(parts, nil)})
}

func (b *builder) explicit(content []byte) []byte {
	return b.value(asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: content})
}
