package authenc

import (
	"errors"
	"fmt"
)

// ErrOpen is what every sealed text that cannot be opened gives: too short,
// changed, or made with another key, suite or additional data.
var ErrOpen = errors.New("authenc: cannot open")

// ErrEmptyKey is the error of sealing and opening in CBC mode under a master key
// of no bytes. The reference reads such a key, and works with it in GCM mode only.
var ErrEmptyKey = errors.New("authenc: the master key is empty")

// A Key is a suite and a master key. It is immutable and safe for concurrent use.
// Only [NewKey] makes one that works.
type Key struct {
	suite  Suite
	header []byte // context header
	prf    prf
	err    error // of every use
}

// NewKey returns the key that suite and master make. The master key may have any
// length; it is 64 random bytes in rings that the reference or this module made.
// NewKey keeps no part of it, but the states it has been hashed into are worth as
// much. The error says what is wrong with the suite, or that the process may not
// use it in FIPS 140-only mode.
func NewKey(suite Suite, master []byte) (*Key, error) {
	if err := suite.validate(); err != nil {
		return nil, err
	}
	header, err := suite.contextHeader()
	if err != nil {
		return nil, fmt.Errorf("authenc: %v: %w", suite, err)
	}
	k := &Key{suite: suite, header: header, prf: newPRF(master)}
	if suite.Mode == CBC && len(master) == 0 {
		k.err = ErrEmptyKey
	}
	return k, nil
}

// Suite returns the suite that the key was made for.
func (k *Key) Suite() Suite { return k.suite }

// Bind returns the key for payloads with this additional authenticated data. It
// costs about half as much as opening a short payload, so a Bound that is used
// again is worth keeping. Bind does not keep aad.
func (k *Key) Bind(aad []byte) *Bound {
	return &Bound{
		suite:  k.suite,
		kdf:    k.prf.bind(aad, k.header, k.suite.keySize()+k.suite.macSize()),
		err:    k.err,
		recent: new(recent),
	}
}

// Format prints the suite only, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "authenc.Key(%v)", k.suite) }

// A Bound seals and opens payloads of one key and one additional authenticated
// data. It is safe for concurrent use. Only [Key.Bind] makes one that works.
type Bound struct {
	suite  Suite
	kdf    kdf
	err    error // of every use
	recent *recent
}

// Format prints the suite only, whatever the verb.
func (b Bound) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "authenc.Bound(%v)", b.suite) }

// subkeys derives the subkeys for encryption and for the MAC. They lie in s.
func (b *Bound) subkeys(s *scratch, modifier []byte) (encryption, mac []byte) {
	keys := b.kdf.derive(s, modifier)
	return keys[:b.suite.keySize()], keys[b.suite.keySize():]
}
