package authenc_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
)

func TestNewKeyRefusesSuites(t *testing.T) {
	for _, tt := range []struct {
		suite authenc.Suite
		want  string
	}{
		{authenc.Suite{}, "AES has no keys of 0 bits"},
		{authenc.Suite{KeyBits: 64}, "AES has no keys of 64 bits"},
		{authenc.Suite{KeyBits: 512}, "AES has no keys of 512 bits"},
		{authenc.Suite{KeyBits: -128}, "AES has no keys of -128 bits"},
		{authenc.Suite{Mode: authenc.GCM, KeyBits: 100}, "AES has no keys of 100 bits"},
		{authenc.Suite{Cipher: authenc.TripleDES, KeyBits: 128}, "3DES has no keys of 128 bits"},
		{authenc.Suite{Mode: authenc.GCM, Cipher: authenc.TripleDES, KeyBits: 192}, "GCM needs AES"},
		{authenc.Suite{Mode: 2, KeyBits: 256}, "unknown mode 2"},
		{authenc.Suite{Cipher: 2, KeyBits: 256}, "unknown cipher 2"},
		{authenc.Suite{KeyBits: 256, Hash: 4}, "unknown hash 4"},
	} {
		key, err := authenc.NewKey(tt.suite, master)
		if key != nil || err == nil || err.Error() != "authenc: "+tt.want {
			t.Errorf("%+v: got %v, %v, want %q", tt.suite, key, err, tt.want)
		}
	}
}

// In GCM mode the hash does not matter, not even if there is no such hash.
func TestGCMIgnoresTheHash(t *testing.T) {
	odd := gcm256
	odd.Hash = 200
	sealed := seal(t, newKey(t, gcm256, master).Bind(nil), []byte("x"))
	if got, err := newKey(t, odd, master).Bind(nil).AppendOpen(nil, sealed); err != nil || string(got) != "x" {
		t.Errorf("got %q, %v", got, err)
	}
	if got := newKey(t, odd, master).Suite(); got != odd {
		t.Errorf("Suite: got %+v, want %+v as given", got, odd)
	}
}

// Neither key nor Bound may depend on the slices it was made from.
func TestKeyKeepsNoSlice(t *testing.T) {
	for _, suite := range []authenc.Suite{cbc256, gcm256} {
		secret, aad := bytes.Clone(master), []byte("aad")
		key := newKey(t, suite, secret)
		clear(secret)
		bound := key.Bind(aad)
		clear(aad)
		got, err := bound.AppendOpen(nil, plainSeal(suite, master, []byte("aad"), []byte("x")))
		if err != nil || string(got) != "x" {
			t.Errorf("%v: got %q, %v", suite, got, err)
		}
	}
}

func TestSizes(t *testing.T) {
	const header = 20 // counted in the vectors
	cbc512 := authenc.Suite{KeyBits: 256, Hash: authenc.SHA512}
	for _, v := range readVectors(t)["payload-lengths"].Values {
		for _, tt := range []struct {
			name  string
			suite authenc.Suite
			want  int
		}{
			{"ENC-4 HMACSHA256", cbc256, v.CBCWith256},
			{"ENC-4 HMACSHA512", cbc512, v.CBCWith512},
			{"ENC-5 GCM", gcm256, v.GCM},
		} {
			t.Run(fmt.Sprintf("%s payload-lengths %d", tt.name, v.N), func(t *testing.T) {
				if got := header + tt.suite.SealedSize(v.N); got != tt.want {
					t.Errorf("SealedSize: got %d, want %d", got, tt.want)
				}
			})
		}
	}
	for _, suite := range suites {
		for n := range 100 {
			size := suite.SealedSize(n)
			if room := suite.MaxPlaintext(size); room < n || room >= n+16 {
				t.Errorf("%v: MaxPlaintext(SealedSize(%d)) = %d", suite, n, room)
			}
		}
		for _, n := range []int{-1, 0, 1, suite.SealedSize(0) - 1} {
			if room := suite.MaxPlaintext(n); room != 0 {
				t.Errorf("%v: MaxPlaintext(%d) = %d, want 0", suite, n, room)
			}
		}
	}
}

func TestSuiteString(t *testing.T) {
	for _, tt := range []struct {
		suite authenc.Suite
		want  string
	}{
		{cbc256, "AES-256-CBC+HMACSHA256"},
		{gcm256, "AES-256-GCM"},
		{authenc.Suite{KeyBits: 128, Hash: authenc.SHA384}, "AES-128-CBC+HMACSHA384"},
		{authenc.Suite{KeyBits: 192, Hash: authenc.SHA512}, "AES-192-CBC+HMACSHA512"},
		{authenc.Suite{Cipher: authenc.TripleDES, KeyBits: 192, Hash: authenc.SHA1}, "3DES-192-CBC+HMACSHA1"},
	} {
		if got := tt.suite.String(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

// What prints a key prints neither the master key nor the states it became. The
// states are 200 bytes long, so a short text cannot hold one.
func TestPrintsNoSecret(t *testing.T) {
	key := newKey(t, cbc256, master)
	bound := key.Bind([]byte("aad"))
	for _, v := range []any{key, *key, bound, *bound, []*authenc.Key{key}, struct{ K *authenc.Key }{key}} {
		var texts []string
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b"} {
			texts = append(texts, fmt.Sprintf(verb, v))
		}
		out, err := json.Marshal(v)
		if err != nil {
			t.Errorf("json of %T: %v", v, err)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("key", "key", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("key", "key", v)
		for _, text := range append(texts, string(out), log.String()) {
			for _, secret := range []string{
				string(master[:8]), hex.EncodeToString(master[:8]), base64.StdEncoding.EncodeToString(master[:9]), fmt.Sprint(master[:8])[1:20],
			} {
				if strings.Contains(text, secret) || len(text) > 400 {
					t.Errorf("%T prints %s", v, text)
				}
			}
		}
	}
}
