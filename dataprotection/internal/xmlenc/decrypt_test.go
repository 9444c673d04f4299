package xmlenc_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/dataprotection/internal/xmlenc"
)

// What the reference reads beyond what it writes.
func TestDecryptVariants(t *testing.T) {
	for _, v := range []struct {
		name, method, keyMethod string
		newCipher               func([]byte) (cipher.Block, error)
		keySize                 int
		padded                  func(int) []byte
	}{
		{"as written", "aes256-cbc", "rsa-1_5", aes.NewCipher, 32, pad(fragment, iso10126)},
		{"PKCS #7 padding", "aes256-cbc", "rsa-1_5", aes.NewCipher, 32, pad(fragment, pkcs7)},
		{"a whole block of padding", "aes256-cbc", "rsa-1_5", aes.NewCipher, 32, pad(fragment+strings.Repeat("\n", 15-(len(fragment)-1)%16), iso10126)},
		{"white space behind", "aes256-cbc", "rsa-1_5", aes.NewCipher, 32, pad(fragment+" \n", iso10126)},
		{"AES-192", "aes192-cbc", "rsa-1_5", aes.NewCipher, 24, pad(fragment, iso10126)},
		{"AES-128", "aes128-cbc", "rsa-1_5", aes.NewCipher, 16, pad(fragment, iso10126)},
		{"triple DES", "tripledes-cbc", "rsa-1_5", des.NewTripleDESCipher, 24, pad(fragment, iso10126)},
		{"DES", "des-cbc", "rsa-1_5", des.NewCipher, 8, pad(fragment, iso10126)},
		{"OAEP", "aes256-cbc", "rsa-oaep-mgf1p", aes.NewCipher, 32, pad(fragment, iso10126)},
		{"OAEP, AES-128", "aes128-cbc", "rsa-oaep-mgf1p", aes.NewCipher, 16, pad(fragment, pkcs7)},
		{"method unknown, so PKCS #1 v1.5", "aes256-cbc", "unknown", aes.NewCipher, 32, pad(fragment, iso10126)},
		{"said to be AES-256, is AES-128", "aes256-cbc", "rsa-1_5", aes.NewCipher, 16, pad(fragment, iso10126)},
		{"said to be AES-256, is AES-192", "aes256-cbc", "rsa-1_5", aes.NewCipher, 24, pad(fragment, iso10126)},
		{"said to be AES-192, is AES-256", "aes192-cbc", "rsa-1_5", aes.NewCipher, 32, pad(fragment, iso10126)},
		{"said to be AES-128, is AES-256, OAEP", "aes128-cbc", "rsa-oaep-mgf1p", aes.NewCipher, 32, pad(fragment, iso10126)},
	} {
		t.Run(v.name, func(t *testing.T) {
			element := encrypt(t, v.method, v.keyMethod, v.newCipher, random(v.keySize), v.padded).element()
			for _, key := range []*device{nil, {PrivateKey: testKey()}} {
				got, err := []byte(nil), error(nil)
				if key == nil {
					got, err = decrypt(t, element, testKey())
				} else {
					got, err = decrypt(t, element, key)
				}
				if err != nil || strings.TrimRight(string(got), " \n") != fragment {
					t.Errorf("in a device %t: got %q, %v, want %q", key != nil, got, err, fragment)
				}
			}
		})
	}
}

// TestNoOracle compares what those learn who send elements that are wrong in
// different places.
func TestNoOracle(t *testing.T) {
	good := encrypt(t, "aes256-cbc", "rsa-1_5", aes.NewCipher, random(32), pad(fragment, iso10126))
	oaep := encrypt(t, "aes256-cbc", "rsa-oaep-mgf1p", aes.NewCipher, random(32), pad(fragment, iso10126))
	with := func(p parts, change func(*parts)) parts {
		p.wrapped, p.content = slices.Clone(p.wrapped), slices.Clone(p.content)
		change(&p)
		return p
	}
	length := func(n int) parts {
		p := encrypt(t, "aes256-cbc", "rsa-1_5", aes.NewCipher, random(32), pad(fragment, iso10126))
		var err error
		if p.wrapped, err = xmlenc.Wrap(&testKey().PublicKey, p.keyMethod, random(n)); err != nil {
			t.Fatal(err)
		}
		return p
	}
	text := func(padded func(int) []byte) parts {
		return encrypt(t, "aes256-cbc", "rsa-1_5", aes.NewCipher, random(32), padded)
	}
	raw := func(text string) func(int) []byte { return func(int) []byte { return []byte(text) } }
	for _, row := range []struct {
		name string
		p    parts
	}{
		{"RSA padding", with(good, func(p *parts) { p.wrapped[5] ^= 1 })},
		{"RSA ciphertext above the modulus", with(good, func(p *parts) { p.wrapped = bytes.Repeat([]byte{0xff}, 128) })},
		{"RSA ciphertext too short", with(good, func(p *parts) { p.wrapped = p.wrapped[1:] })},
		{"RSA ciphertext too long", with(good, func(p *parts) { p.wrapped = append(p.wrapped, 0) })},
		{"OAEP", with(oaep, func(p *parts) { p.wrapped[5] ^= 1 })},
		{"OAEP, said to be v1.5", with(oaep, func(p *parts) { p.keyMethod = space + "rsa-1_5" })},
		{"v1.5, said to be OAEP", with(good, func(p *parts) { p.keyMethod = space + "rsa-oaep-mgf1p" })},
		{"session key empty", length(0)},
		{"session key of 31 bytes", length(31)},
		{"session key of 33 bytes", length(33)},
		{"session key of another element", length(32)},
		{"triple DES with a key for AES", with(good, func(p *parts) { p.method = space + "tripledes-cbc" })},
		{"padding of 0", text(raw("<a>bcdefghi</a>\x00"))},
		{"padding of 17", text(raw("<a>bcdefghi</a>" + strings.Repeat("x", 16) + "\x11"))},
		{"nothing but padding", text(pad("", iso10126))},
		{"comment in front", text(pad("<!-- a --><b />", iso10126))},
		{"blank in front", text(pad(" <a />", iso10126))},
		{"byte order mark in front", text(pad("\ufeff<a />", iso10126))},
		{"declaration in front", text(pad(`<?xml version="1.0"?><a />`, iso10126))},
		{"not UTF-8", text(pad("<a>\xff</a>", iso10126))},
		{"no IV", with(good, func(p *parts) { p.content = p.content[:16] })},
		{"half a block", with(good, func(p *parts) { p.content = p.content[:len(p.content)-8] })},
		{"the last block missing", with(good, func(p *parts) { p.content = p.content[:len(p.content)-16] })},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := decrypt(t, row.p.element(), testKey())
			if err != xmlenc.ErrDecrypt {
				t.Errorf("got %q, %v, want ErrDecrypt as it is", got, err)
			}
			if got, err := decrypt(t, row.p.element(), &device{PrivateKey: testKey()}); err != xmlenc.ErrDecrypt {
				t.Errorf("with a device: got %q, %v, want ErrDecrypt as it is", got, err)
			}
		})
	}
}

// TestFlippedBits flips each bit of both ciphertexts. CBC does not show every
// change, as of the padding or in the first block; but none may give another key.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	good := encrypt(t, "aes256-cbc", "rsa-1_5", aes.NewCipher, random(32), pad(fragment, iso10126))
	for _, part := range []*[]byte{&good.wrapped, &good.content} {
		original := slices.Clone(*part)
		for bit := range 8 * len(original) {
			(*part)[bit/8] ^= 1 << (bit % 8)
			got, err := decrypt(t, good.element(), testKey())
			if err == nil && part == &good.wrapped {
				t.Errorf("bit %d of the wrapped key: got %q", bit, got)
			}
			if _, noXML := keyxml.OneLine(got); err == nil && noXML == nil && !strings.Contains(string(got), "<value>AAECAwQFBgcICQoLDA0ODw==</value>") {
				t.Errorf("bit %d of the content: got %q", bit, got)
			}
			copy(*part, original)
		}
	}
}

func TestWrongKey(t *testing.T) {
	element := encrypt(t, "aes256-cbc", "rsa-1_5", aes.NewCipher, random(32), pad(fragment, iso10126)).element()
	if got, err := decrypt(t, element, newKey(1024)); err != xmlenc.ErrDecrypt {
		t.Errorf("got %q, %v, want ErrDecrypt", got, err)
	}
}

// A key that is out of order is told from an element that is.
func TestBrokenDevice(t *testing.T) {
	unplugged := errors.New("device: no token in slot 0")
	for _, method := range []string{"rsa-1_5", "rsa-oaep-mgf1p"} {
		element := encrypt(t, "aes256-cbc", method, aes.NewCipher, random(32), pad(fragment, iso10126)).element()
		_, err := decrypt(t, element, &device{PrivateKey: testKey(), broken: unplugged})
		if !errors.Is(err, unplugged) || errors.Is(err, xmlenc.ErrDecrypt) {
			t.Errorf("%s: got %v, want %v", method, err, unplugged)
		}
	}
}

func TestUnsupportedContent(t *testing.T) {
	good := encrypt(t, "aes256-cbc", "rsa-1_5", aes.NewCipher, random(32), pad(fragment, iso10126))
	for _, method := range []string{"", "http://www.w3.org/2009/xmlenc11#aes256-gcm", space, space + "AES256-CBC", strings.Repeat("x", 1000)} {
		good.method = method
		got, err := decrypt(t, good.element(), testKey())
		if err == nil || !strings.Contains(err.Error(), "not supported") || len(err.Error()) > 200 {
			t.Errorf("%.50q: got %q, %v", method, got, err)
		}
	}
}
