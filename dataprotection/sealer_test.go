package dataprotection_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"

	"github.com/sealring/sealring/dataprotection"
)

// A testSealer hides fragments behind a name. It encrypts nothing: what matters
// to the ring is who can open what.
type testSealer struct {
	name  string
	lacks bool // it seals but cannot open, like a certificate without its private key
}

const testSealerType = "Sealring.Test.Decryptor"

func (s *testSealer) Seal(_ context.Context, _ dataprotection.KeyID, fragment []byte) (string, []byte, error) {
	return testSealerType, []byte("<hidden by='" + s.name + "'>" + hex.EncodeToString(fragment) + "</hidden>"), nil
}

func (s *testSealer) Open(_ context.Context, decryptorType string, element []byte) ([]byte, error) {
	if decryptorType != testSealerType || !bytes.Contains(element, []byte(`by="`+s.name+`"`)) {
		return nil, dataprotection.ErrNotMine
	}
	if s.lacks {
		return nil, errors.New("the private key of " + s.name + " is missing")
	}
	text := element[bytes.IndexByte(element, '>')+1 : bytes.LastIndexByte(element, '<')]
	return hex.DecodeString(string(text))
}

func sealed(store dataprotection.Store, s *testSealer) dataprotection.Config {
	cfg := config(store)
	cfg.Sealer, cfg.GoOnly = s, true
	return cfg
}

// A failingSealer is out of order.
type failingSealer struct{ err error }

func (s failingSealer) Seal(context.Context, dataprotection.KeyID, []byte) (string, []byte, error) {
	return "", nil, s.err
}
