package authenc_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
	"github.com/sealring/sealring/dataprotection/internal/payload"
)

func TestKeyDerivation(t *testing.T) {
	long := make([]byte, 50000)
	for i := range long {
		long[i] = byte(i)
	}
	vectors := readVectors(t)
	for _, tt := range []struct {
		name, id string
		master   []byte
	}{
		{"KDF-2 63 bytes", "kdf-normal-63", []byte("kdk")},
		{"KDF-2 64 bytes", "kdf-normal-64", []byte("kdk")},
		{"KDF-2 65 bytes", "kdf-normal-65", []byte("kdk")},
		{"KDF-4 long key, 63 bytes", "kdf-longkey-63", long},
		{"KDF-4 long key, 64 bytes", "kdf-longkey-64", long},
		{"KDF-4 long key, 65 bytes", "kdf-longkey-65", long},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := vectors[tt.id]
			got := authenc.DeriveKey(tt.master, []byte(v.Label), []byte(v.ContextHeader), []byte(v.Context), v.OutputBytes)
			if text := base64.StdEncoding.EncodeToString(got); text != v.Output {
				t.Errorf("%s: got %s, want %s", tt.id, text, v.Output)
			}
		})
	}
	for _, tt := range []struct {
		name string
		n    int
		want string
	}{
		{"KDF-1 everything empty, 64 bytes", 64, "fHGMWaDLmoncLsEKuKbZo8T+73paNohDeb5O7BSxbC8Gus8d/mUpa/9w2ss65OHlmFw1VZhIXzr5swMYVRndRw=="},
		{"KDF-1 everything empty, 96 bytes", 96, "iXd0KuWopclbxtWf9dO8fnerBqLJvndOUs74pTcj7Ck8Ctsvz4QttXkCY1DPd4aDbOE/CCU8/bIQtzoU1Xu3ZQ1pV0qEZmzFll+Vpf+q7av7AGEqwh56a+NPt6gxC5CP"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := base64.StdEncoding.EncodeToString(authenc.DeriveKey(nil, nil, nil, nil, tt.n))
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// The prefix that is hashed ahead crosses a SHA-512 block here and there; what
// comes behind it does, too.
func TestKeyDerivationOfEveryLength(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 40)
	for length := range 300 {
		for _, n := range []int{16, 36, 64, 65, 96, 200} {
			master, label, context := data[:length%140], data[:length], data[:length%37]
			got := authenc.DeriveKey(master, label, data[:34], context, n)
			want := plainKDF(master, label, append(append([]byte(nil), data[:34]...), context...), n)
			if !bytes.Equal(got, want) {
				t.Fatalf("label of %d bytes, %d bytes wanted: got %x, want %x", length, n, got, want)
			}
		}
	}
}

func TestContextHeader(t *testing.T) {
	check := func(id string, v vector) {
		t.Run(id+" "+v.Encryption+" "+v.Validation, func(t *testing.T) {
			suite := parseSuite(t, v.Encryption, v.Validation)
			got, err := suite.ContextHeader()
			if err != nil || hex.EncodeToString(got) != v.HeaderHex {
				t.Errorf("got %x, %v, want %s", got, err, v.HeaderHex)
			}
			if want := unhex(t, v.EmptyKDFHex); !bytes.Equal(authenc.DeriveKey(nil, nil, nil, nil, len(want)), want) {
				t.Errorf("empty derivation: got %x, want %x", authenc.DeriveKey(nil, nil, nil, nil, len(want)), want)
			}
		})
	}
	count := 0
	for id, v := range readVectors(t) {
		if !strings.HasPrefix(id, "context-header") {
			continue
		}
		for _, value := range v.Values {
			check(id, value.vector)
			count++
		}
		if v.HeaderHex != "" {
			check(id, v)
			count++
		}
	}
	if count != 6+12 {
		t.Errorf("%d context headers checked, want 18", count)
	}
}

func TestKnownAnswer(t *testing.T) {
	vectors := readVectors(t)
	for _, tt := range []struct{ name, id string }{
		{"ENC-3 AES-256-CBC with HMACSHA256", "encryptor-aes256cbc-hmacsha256"},
		{"ENC-8 AES-128-GCM", "encryptor-aes128gcm"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := vectors[tt.id]
			suite := parseSuite(t, v.Encryption, v.Validation)
			bound := newKey(t, suite, []byte(v.MasterKeyText)).Bind([]byte{6, 5, 4, 3})
			draws := 0
			got, err := bound.AppendSealFrom(nil, unhex(t, v.PlaintextHex), counting(&draws))
			if text := base64.StdEncoding.EncodeToString(got); err != nil || text != v.Output {
				t.Errorf("got %s, %v, want %s", text, err, v.Output)
			}
			if draws != 1 {
				t.Errorf("asked %d times for randomness, want 1", draws)
			}
			opened, err := bound.AppendOpen(nil, unbase64(t, v.Output))
			if err != nil || hex.EncodeToString(opened) != v.PlaintextHex {
				t.Errorf("opens to %x, %v, want %s", opened, err, v.PlaintextHex)
			}
		})
	}
}

// TestFullPayloads goes from key id and purposes to the finished payload.
func TestFullPayloads(t *testing.T) {
	vectors := readVectors(t)
	check := func(id string, v vector, purposes []string, plaintext []byte) {
		t.Run(id+" "+v.Encryption+" "+v.Validation, func(t *testing.T) {
			keyID := keyID(t, v.KeyID)
			aad := payload.AAD(keyID, payload.AppendPurposes(nil, purposes))
			if v.AADHex != "" && hex.EncodeToString(aad) != v.AADHex {
				t.Errorf("AAD: got %x, want %s", aad, v.AADHex)
			}
			bound := newKey(t, parseSuite(t, v.Encryption, v.Validation), unhex(t, v.MasterKeyHex)).Bind(aad)
			draws := 0
			got, err := bound.AppendSealFrom(payload.AppendHeader(nil, keyID), plaintext, counting(&draws))
			if want := unbase64(t, v.Protected); err != nil || !bytes.Equal(got, want) {
				t.Errorf("got %x, %v, want %x", got, err, want)
			}
			opened, err := bound.AppendOpen(nil, got[payload.HeaderSize:])
			if err != nil || !bytes.Equal(opened, plaintext) {
				t.Errorf("opens to %q, %v, want %q", opened, err, plaintext)
			}
		})
	}
	full := vectors["full-payloads"]
	if len(full.Cases) != 9 {
		t.Errorf("%d full payloads, want 9", len(full.Cases))
	}
	for _, v := range full.Cases {
		v.KeyID, v.MasterKeyHex, v.AADHex = full.KeyID, full.MasterKeyHex, full.AADHex
		check("full-payloads", v, full.Purposes, []byte(full.PlaintextText))

		suite := parseSuite(t, v.Encryption, v.Validation)
		header, _ := suite.ContextHeader()
		want := append(unhex(t, v.EncryptionKey), unhex(t, v.ValidationKey)...)
		modifier := unhex(t, "000102030405060708090a0b0c0d0e0f")
		got := authenc.DeriveKey(unhex(t, v.MasterKeyHex), unhex(t, v.AADHex), header, modifier, len(want))
		if !bytes.Equal(got, want) {
			t.Errorf("subkeys of %v: got %x, want %x", suite, got, want)
		}
	}
	check("empty-plaintext", vectors["empty-plaintext"], vectors["empty-plaintext"].Purposes, nil)
	check("empty-plaintext-gcm", vectors["empty-plaintext-gcm"], vectors["empty-plaintext-gcm"].Purposes, nil)
	limited := vectors["time-limited"]
	check("time-limited", limited, limited.EffectivePurps, append(unhex(t, limited.ExpirationHex), limited.PlaintextText...))
}

func TestEndToEndWithApplicationName(t *testing.T) {
	v := readVectors(t)["e2e-with-application-name"]
	id, body, err := payload.ParseHeader(unbase64(t, v.Protected))
	if err != nil || id != keyID(t, v.KeyID) {
		t.Fatalf("header: got %x, %v, want %s", id, err, v.KeyID)
	}
	key := newKey(t, parseSuite(t, v.Encryption, v.Validation), unbase64(t, v.MasterKey))
	bind := func(purposes []string) *authenc.Bound {
		return key.Bind(payload.AAD(id, payload.AppendPurposes(nil, purposes)))
	}
	if got, err := bind(v.EffectivePurps).AppendOpen(nil, body); err != nil || string(got) != v.PlaintextText {
		t.Errorf("got %q, %v, want %q", got, err, v.PlaintextText)
	}
	for _, wrong := range v.WrongPurposes {
		if got, err := bind(wrong).AppendOpen(nil, body); !errors.Is(err, authenc.ErrOpen) || got != nil {
			t.Errorf("with purposes %q: got %q, %v, want ErrOpen", wrong, got, err)
		}
	}
}

// TestReferencePayloads opens what ASP.NET Core wrote, of this and earlier
// releases: ENC-10 asks the same of two of them.
func TestReferencePayloads(t *testing.T) {
	var cases []struct {
		Name       string `json:"name"`
		MadeBy     string `json:"made_by"`
		Encryption string `json:"encryption"`
		Validation string `json:"validation"`
		KeyID      string `json:"key_id"`
		MasterKey  string `json:"master_key"`
		Items      []struct {
			Name      string   `json:"name"`
			Purposes  []string `json:"purposes"`
			Plaintext string   `json:"plaintext"`
			Protected string   `json:"protected"`
		} `json:"items"`
	}
	readJSON(t, "testdata/reference.json", &cases)
	if len(cases) != 29 {
		t.Errorf("%d cases, want 29", len(cases))
	}
	for _, c := range cases {
		name := c.Name
		if strings.HasPrefix(name, "older-") {
			name = "ENC-10 " + c.MadeBy
		}
		t.Run(name, func(t *testing.T) {
			key := newKey(t, parseSuite(t, c.Encryption, c.Validation), unbase64(t, c.MasterKey))
			for _, item := range c.Items {
				id, body, err := payload.ParseHeader(unbase64(t, item.Protected))
				if err != nil || id != keyID(t, c.KeyID) {
					t.Errorf("%s: header: got %x, %v, want %s", item.Name, id, err, c.KeyID)
				}
				aad := payload.AAD(id, payload.AppendPurposes(nil, item.Purposes))
				want := unbase64(t, item.Plaintext)
				if got, err := key.Bind(aad).AppendOpen(nil, body); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s: got %x, %v, want %x", item.Name, got, err, want)
				}
				aad[len(aad)-1] ^= 1
				if got, err := key.Bind(aad).AppendOpen(nil, body); !errors.Is(err, authenc.ErrOpen) || got != nil {
					t.Errorf("%s: with another purpose: got %x, %v, want ErrOpen", item.Name, got, err)
				}
			}
		})
	}
}
