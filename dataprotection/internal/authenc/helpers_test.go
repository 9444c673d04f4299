package authenc_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"hash"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
)

// suites are all there are.
var suites = func() (all []authenc.Suite) {
	hashes := []authenc.Hash{authenc.SHA1, authenc.SHA256, authenc.SHA384, authenc.SHA512}
	for _, bits := range []int{128, 192, 256} {
		all = append(all, authenc.Suite{Mode: authenc.GCM, Cipher: authenc.AES, KeyBits: bits})
		for _, h := range hashes {
			all = append(all, authenc.Suite{Mode: authenc.CBC, Cipher: authenc.AES, KeyBits: bits, Hash: h})
		}
	}
	for _, h := range hashes {
		all = append(all, authenc.Suite{Mode: authenc.CBC, Cipher: authenc.TripleDES, KeyBits: 192, Hash: h})
	}
	return all
}()

// parseSuite reads names such as AES_256_CBC and HMACSHA256.
func parseSuite(t *testing.T, encryption, validation string) authenc.Suite {
	t.Helper()
	part := strings.FieldsFunc(encryption, func(r rune) bool { return r == '-' || r == '_' })
	if len(part) != 3 {
		t.Fatalf("encryption %q", encryption)
	}
	bits, err := strconv.Atoi(part[1])
	if err != nil {
		t.Fatalf("encryption %q", encryption)
	}
	return authenc.Suite{
		Cipher:  map[string]authenc.Cipher{"AES": authenc.AES, "3DES": authenc.TripleDES}[part[0]],
		KeyBits: bits,
		Mode:    map[string]authenc.Mode{"CBC": authenc.CBC, "GCM": authenc.GCM}[part[2]],
		Hash: map[string]authenc.Hash{
			"HMACSHA1": authenc.SHA1, "HMACSHA256": authenc.SHA256, "HMACSHA384": authenc.SHA384, "HMACSHA512": authenc.SHA512,
		}[validation],
	}
}

func newKey(t testing.TB, suite authenc.Suite, master []byte) *authenc.Key {
	t.Helper()
	key, err := authenc.NewKey(suite, master)
	if err != nil {
		t.Fatalf("NewKey(%v): %v", suite, err)
	}
	return key
}

// seal seals under any suite, retired ones too.
func seal(t testing.TB, b *authenc.Bound, plaintext []byte) []byte {
	t.Helper()
	sealed, err := b.AppendSealFrom(nil, plaintext, rand.Read)
	if err != nil {
		t.Fatalf("seal: %v", err)
	}
	return sealed
}

// counting is a source of the bytes 00, 01, 02, … which also counts the draws.
func counting(draws *int) func([]byte) (int, error) {
	var next byte
	return func(p []byte) (int, error) {
		*draws++
		for i := range p {
			p[i] = next
			next++
		}
		return len(p), nil
	}
}

// plainKDF, plainSeal and plainOpen are the format as one would write it first,
// with crypto/hmac and crypto/cipher throughout.
func plainKDF(master, label, context []byte, n int) []byte {
	var out []byte
	for i := uint32(1); len(out) < n; i++ {
		h := hmac.New(sha512.New, master)
		binary.Write(h, binary.BigEndian, i)
		h.Write(label)
		h.Write([]byte{0})
		h.Write(context)
		binary.Write(h, binary.BigEndian, uint32(8*n))
		out = h.Sum(out)
	}
	return out[:n]
}

func plainHash(h authenc.Hash) func() hash.Hash {
	return map[authenc.Hash]func() hash.Hash{
		authenc.SHA1: sha1.New, authenc.SHA256: sha256.New, authenc.SHA384: sha512.New384, authenc.SHA512: sha512.New,
	}[h]
}

func plainCipher(s authenc.Suite, key []byte) cipher.Block {
	var block cipher.Block
	var err error
	if s.Cipher == authenc.TripleDES {
		block, err = des.NewTripleDESCipher(key)
	} else {
		block, err = aes.NewCipher(key)
	}
	if err != nil {
		panic(err)
	}
	return block
}

func plainSeal(s authenc.Suite, master, aad, plaintext []byte) []byte {
	header, err := s.ContextHeader()
	if err != nil {
		panic(err)
	}
	modifier := make([]byte, 16)
	rand.Read(modifier)
	context := append(append([]byte(nil), header...), modifier...)
	if s.Mode == authenc.GCM {
		gcm, _ := cipher.NewGCM(plainCipher(s, plainKDF(master, aad, context, s.KeyBits/8)))
		nonce := make([]byte, 12)
		rand.Read(nonce)
		return gcm.Seal(append(modifier, nonce...), nonce, plaintext, nil)
	}
	newHash := plainHash(s.Hash)
	keys := plainKDF(master, aad, context, s.KeyBits/8+newHash().Size())
	block := plainCipher(s, keys[:s.KeyBits/8])
	iv := make([]byte, block.BlockSize())
	rand.Read(iv)
	pad := block.BlockSize() - len(plaintext)%block.BlockSize()
	text := append(append([]byte(nil), plaintext...), strings.Repeat(string(rune(pad)), pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(text, text)
	mac := hmac.New(newHash, keys[s.KeyBits/8:])
	mac.Write(iv)
	mac.Write(text)
	return mac.Sum(append(append(modifier, iv...), text...))
}

// A vector is one entry of testdata/vectors.json.
type vector struct {
	KDK           string `json:"kdk_utf8"`
	Label         string `json:"label_utf8"`
	ContextHeader string `json:"context_header_utf8"`
	Context       string `json:"context_utf8"`
	OutputBytes   int    `json:"output_bytes"`
	Output        string `json:"output_base64"`

	Encryption  string `json:"encryption"`
	Validation  string `json:"validation"`
	EmptyKDFHex string `json:"empty_kdf_output_hex"`
	HeaderHex   string `json:"context_header_hex"`

	MasterKeyText  string     `json:"master_key_utf8"`
	MasterKeyHex   string     `json:"master_key_hex"`
	MasterKey      string     `json:"master_key_base64"`
	KeyID          string     `json:"key_id"`
	Purposes       []string   `json:"purposes"`
	EffectivePurps []string   `json:"effective_purposes"`
	AADHex         string     `json:"aad_hex"`
	PlaintextHex   string     `json:"plaintext_hex"`
	PlaintextText  string     `json:"plaintext_utf8"`
	ExpirationHex  string     `json:"expiration_header_hex"`
	ProtectedHex   string     `json:"protected_hex"`
	Protected      string     `json:"protected_base64url"`
	EncryptionKey  string     `json:"encryption_subkey_hex"`
	ValidationKey  string     `json:"validation_subkey_hex"`
	WrongPurposes  [][]string `json:"must_fail_with_purposes"`

	Cases  []vector `json:"cases"`
	Values []struct {
		vector
		N          int `json:"n"`
		CBCWith256 int `json:"aes_cbc_hmacsha256"`
		CBCWith512 int `json:"aes_cbc_hmacsha512"`
		GCM        int `json:"aes_gcm"`
	} `json:"values"`
}

func readVectors(t *testing.T) map[string]vector {
	t.Helper()
	var all map[string]vector
	readJSON(t, "testdata/vectors.json", &all)
	return all
}

func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// unbase64 reads both alphabets, padded or not.
func unbase64(t *testing.T, s string) []byte {
	t.Helper()
	s = strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(s)
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// keyID reads the text form of a key id.
func keyID(t *testing.T, s string) [16]byte {
	t.Helper()
	return [16]byte(unhex(t, strings.ReplaceAll(s, "-", "")))
}
