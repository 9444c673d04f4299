package dataprotection

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
)

// A KeyID identifies a key of the ring. Its bytes are in the order of the text
// form; the wire form (docs/formats.md, Payload) has the first three groups reversed.
type KeyID [16]byte

// newKeyID returns a random version 4 id, as the reference makes them.
func newKeyID() KeyID {
	var id KeyID
	rand.Read(id[:])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

// ParseKeyID reads the text form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx in any
// letter case.
func ParseKeyID(s string) (KeyID, error) {
	var id KeyID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return KeyID{}, errors.New("dataprotection: a key id has the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
	}
	if _, err := hex.Decode(id[:], []byte(s[0:8]+s[9:13]+s[14:18]+s[19:23]+s[24:])); err != nil {
		return KeyID{}, errors.New("dataprotection: a key id has only hexadecimal digits and hyphens")
	}
	return id, nil
}

// String returns the text form in lower case.
func (id KeyID) String() string {
	var b [36]byte
	hex.Encode(b[0:8], id[0:4])
	b[8] = '-'
	hex.Encode(b[9:13], id[4:6])
	b[13] = '-'
	hex.Encode(b[14:18], id[6:8])
	b[18] = '-'
	hex.Encode(b[19:23], id[8:10])
	b[23] = '-'
	hex.Encode(b[24:36], id[10:16])
	return string(b[:])
}

// MarshalText returns the text form, for JSON and logs.
func (id KeyID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads the text form.
func (id *KeyID) UnmarshalText(text []byte) error {
	parsed, err := ParseKeyID(string(text))
	if err == nil {
		*id = parsed
	}
	return err
}
