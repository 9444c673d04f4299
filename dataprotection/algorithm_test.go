package dataprotection_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/authenc"
	"github.com/sealring/sealring/dataprotection/internal/payload"
)

type namedAlgorithm struct {
	name  string
	a     dataprotection.Algorithm
	suite authenc.Suite
}

// algorithms are all there are, with what keys of them have to be used with.
func algorithms() []namedAlgorithm {
	all := []namedAlgorithm{
		{"AES_256_CBC, HMACSHA256", dataprotection.AES256CBC, authenc.Suite{KeyBits: 256}},
		{"AES_192_CBC, HMACSHA256", dataprotection.AES192CBC, authenc.Suite{KeyBits: 192}},
		{"AES_128_CBC, HMACSHA256", dataprotection.AES128CBC, authenc.Suite{KeyBits: 128}},
		{"AES_256_CBC, HMACSHA512", dataprotection.AES256CBCHMACSHA512, authenc.Suite{KeyBits: 256, Hash: authenc.SHA512}},
		{"AES_192_CBC, HMACSHA512", dataprotection.AES192CBCHMACSHA512, authenc.Suite{KeyBits: 192, Hash: authenc.SHA512}},
		{"AES_128_CBC, HMACSHA512", dataprotection.AES128CBCHMACSHA512, authenc.Suite{KeyBits: 128, Hash: authenc.SHA512}},
		{"AES_256_GCM", dataprotection.AES256GCM, authenc.Suite{KeyBits: 256, Mode: authenc.GCM}},
		{"AES_192_GCM", dataprotection.AES192GCM, authenc.Suite{KeyBits: 192, Mode: authenc.GCM}},
		{"AES_128_GCM", dataprotection.AES128GCM, authenc.Suite{KeyBits: 128, Mode: authenc.GCM}},
	}
	for _, bits := range []int{256, 192, 128} {
		for _, h := range []struct {
			name string
			hash authenc.Hash
		}{{"SHA1", authenc.SHA1}, {"SHA256", authenc.SHA256}, {"SHA384", authenc.SHA384}, {"SHA512", authenc.SHA512}} {
			suite := authenc.Suite{KeyBits: bits, Hash: h.hash}
			all = append(all,
				namedAlgorithm{fmt.Sprintf("Aes-%d, HMAC%s", bits, h.name), dataprotection.ManagedAlgorithm(bits, "HMAC"+h.name), suite},
				namedAlgorithm{fmt.Sprintf("AES-%d, %s", bits, h.name), dataprotection.CNGCBCAlgorithm(bits, h.name), suite})
		}
		all = append(all, namedAlgorithm{fmt.Sprintf("AES-%d-GCM", bits), dataprotection.CNGGCMAlgorithm(bits), authenc.Suite{KeyBits: bits, Mode: authenc.GCM}})
	}
	return all
}

// Each algorithm says its name, makes keys that a ring reads back, and payloads
// that its suite alone opens.
func TestAlgorithms(t *testing.T) {
	seen := map[dataprotection.Algorithm]bool{}
	for _, tc := range algorithms() {
		if seen[tc.a] {
			t.Errorf("%s: the same as another", tc.name)
		}
		seen[tc.a] = true
		t.Run("DSC-3 DSC-13 "+tc.name, func(t *testing.T) {
			if got := tc.a.String(); got != tc.name {
				t.Errorf("String = %q", got)
			}
			store := &fakeStore{}
			cfg := atNoon(store)
			cfg.Algorithm = tc.a
			sealed := sealBytes(t, open(t, cfg).Protector("p"), []byte("plaintext"))

			id, master := secretOf(t, store.elements[0].XML)
			key, err := authenc.NewKey(tc.suite, master)
			if err != nil {
				t.Fatal(err)
			}
			aad := payload.AAD(id, payload.AppendPurposes(nil, []string{"p"}))
			if got, err := key.Bind(aad).AppendOpen(nil, sealed[payload.HeaderSize:]); err != nil || string(got) != "plaintext" {
				t.Errorf("%v opens it as %q, %v", tc.suite, got, err)
			}
			cfg.Algorithm = dataprotection.AES256CBC // a key keeps its own
			opens(t, open(t, cfg).Protector("p"), sealed, []byte("plaintext"))
			listing, err := manage(t, cfg).List(t.Context())
			if err != nil || listing.Keys[0].Algorithm != tc.name {
				t.Errorf("List = %+v, %v", listing, err)
			}
		})
	}
}

// Descriptors of the reference that name the same algorithm open each other's payloads.
func TestDescriptors(t *testing.T) {
	const assembly = ", System.Security.Cryptography, Version=10.0.0.0, Culture=neutral, PublicKeyToken=b03f5f7f11d50a3a"
	for _, tc := range []struct{ name, kind, algorithms, like string }{
		{"DSC-8 CNG CBC, AES 192 and SHA512", "CngCbc", `<encryption algorithm="AES" keyLength="192" /><hash algorithm="SHA512" />`, `<encryption algorithm="AES_192_CBC" /><validation algorithm="HMACSHA512" />`},
		{"DSC-8 with providers", "CngCbc", `<encryption algorithm="AES" keyLength="192" provider="Microsoft Primitive Provider" /><hash algorithm="SHA512" provider="P" />`, `<encryption algorithm="AES_192_CBC" /><validation algorithm="HMACSHA512" />`},
		{"DSC-10 CNG GCM, AES 192", "CngGcm", `<encryption algorithm="AES" keyLength="192" />`, `<encryption algorithm="AES_192_GCM" />`},
		{"DSC-13 managed, HMACSHA256", "Managed", `<encryption algorithm="Aes" keyLength="192" /><validation algorithm="HMACSHA256" />`, `<encryption algorithm="AES_192_CBC" /><validation algorithm="HMACSHA256" />`},
		{"DSC-13 managed, HMACSHA512", "Managed", `<encryption algorithm="Aes" keyLength="192" /><validation algorithm="HMACSHA512" />`, `<encryption algorithm="AES_192_CBC" /><validation algorithm="HMACSHA512" />`},
		{"DSC-13 managed, HMACSHA1", "Managed", `<encryption algorithm="Aes" keyLength="192" /><validation algorithm="HMACSHA1" />`, ""},
		{"DSC-14 managed, by type names", "Managed", `<encryption algorithm="System.Security.Cryptography.Aes` + assembly + `" keyLength="192" /><validation algorithm="System.Security.Cryptography.HMACSHA384` + assembly + `" />`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			one := ringOfKeys(t, datedKey(idA, at.AddDate(0, -1, 0), descriptor(tc.kind, tc.algorithms, master))).Protector("p")
			sealed := sealBytes(t, one, []byte("x"))
			opens(t, one, sealed, []byte("x"))
			other := tc.like
			if other == "" {
				other = cbcNames // which is another algorithm
			}
			p := ringOfKeys(t, datedKey(idA, at.AddDate(0, -1, 0), descriptor("", other, master))).Protector("p")
			if tc.like != "" {
				opens(t, p, sealed, []byte("x"))
			} else if got, err := p.Unprotect(t.Context(), sealed); got != nil || err != dataprotection.ErrInvalidPayload {
				t.Errorf("under %s: %q, %v; want ErrInvalidPayload", other, got, err)
			}
		})
	}
}

func TestNewSecrets(t *testing.T) {
	for name, a := range map[string]dataprotection.Algorithm{"CNG CBC": dataprotection.CNGCBCAlgorithm(256, "SHA256"), "CNG GCM": dataprotection.CNGGCMAlgorithm(256), "managed": dataprotection.ManagedAlgorithm(256, "HMACSHA256"), "portable": dataprotection.AES256CBC} {
		t.Run("DSC-16 "+name, func(t *testing.T) {
			var secrets [2][]byte
			for i := range secrets {
				store := &fakeStore{}
				cfg := config(store)
				cfg.Algorithm = a
				open(t, cfg)
				_, secrets[i] = secretOf(t, store.elements[0].XML)
			}
			if len(secrets[0]) != 64 || len(secrets[1]) != 64 || bytes.Equal(secrets[0], secrets[1]) {
				t.Error("want two different secrets of 512 bits")
			}
		})
	}
}

func TestUnknownAlgorithms(t *testing.T) {
	for name, a := range map[string]dataprotection.Algorithm{
		"a number":      999,
		"key size":      dataprotection.ManagedAlgorithm(512, "HMACSHA256"),
		"HMAC":          dataprotection.ManagedAlgorithm(256, "HMACMD5"),
		"CNG's own way": dataprotection.ManagedAlgorithm(256, "SHA256"),
		"hash":          dataprotection.CNGCBCAlgorithm(256, "MD5"),
		"managed way":   dataprotection.CNGCBCAlgorithm(256, "HMACSHA256"),
		"GCM key size":  dataprotection.CNGGCMAlgorithm(64),
	} {
		cfg := config(&fakeStore{})
		cfg.Algorithm = a
		_, err := dataprotection.Open(t.Context(), cfg)
		var ce *dataprotection.ConfigError
		if !errors.As(err, &ce) || len(ce.Problems) != 1 || ce.Problems[0].Field != "Algorithm" || a.String() != "unknown" {
			t.Errorf("%s: Open = %v, String = %q; want a *ConfigError for Algorithm", name, err, a)
		}
	}
}
