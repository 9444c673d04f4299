package x509seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"strings"
	"testing"
)

// TestHiddenCost has a private key encrypted twice, the inner time with a count of
// iterations that nobody sees from outside and that would keep the decoder busy for years.
func TestHiddenCost(t *testing.T) {
	var b builder
	pbes2, aes256 := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
	algorithm := func(iterations int) []byte {
		kdf := b.sequence(b.value(oidPBKDF2), b.sequence(b.value(make([]byte, 8)), b.value(iterations)))
		return b.sequence(b.value(pbes2), b.sequence(kdf, b.sequence(b.value(aes256), b.value(make([]byte, aes.BlockSize)))))
	}
	encrypt := func(data []byte, password string) []byte {
		key, err := pbkdf2.Key(sha1.New, password, make([]byte, 8), 1, 32)
		if err != nil {
			t.Fatal(err)
		}
		c, err := aes.NewCipher(key)
		if err != nil {
			t.Fatal(err)
		}
		n := aes.BlockSize - len(data)%aes.BlockSize
		data = append(data, bytes.Repeat([]byte{byte(n)}, n)...)
		cipher.NewCBCEncrypter(c, make([]byte, aes.BlockSize)).CryptBlocks(data, data)
		return data
	}
	clearKey, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	shrouded := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 2}
	for _, row := range []struct {
		name, password string
		encoded        []byte
		bag            []byte
	}{
		{"encrypted", "secret", bmpString("secret"), b.sequence(b.value(shrouded), b.explicit(b.sequence(algorithm(1<<40), b.value(make([]byte, 64)))))},
		{"encrypted, the empty password", "", bmpString(""), b.sequence(b.value(shrouded), b.explicit(b.sequence(algorithm(1<<40), b.value(make([]byte, 64)))))},
		{"in clear", "secret", bmpString("secret"), b.sequence(b.value(oidKeyBag), b.explicit(clearKey))},
	} {
		contents := b.value(asn1.RawValue{Class: asn1.ClassContextSpecific, Bytes: encrypt(b.sequence(row.bag), row.password)})
		data := b.sequence(b.value(0), b.sequence(b.value(oidData), algorithm(1), contents))
		safe := b.sequence(b.sequence(b.value(oidEncryptedData), b.explicit(data)))
		salt := []byte("saltsalt")
		mac := b.sequence(b.sequence(b.sequence(b.value(oidSHA256)), b.value(decoyMAC(safe, salt, row.encoded))), b.value(salt), b.value(1))
		pfx := b.sequence(b.value(3), b.sequence(b.value(oidData), b.explicit(b.value(safe))), mac)
		if b.err != nil {
			t.Fatal(b.err)
		}
		if c, err := ParsePFX(pfx, row.password); c != nil || err == nil || !strings.Contains(err.Error(), "within encrypted contents") {
			t.Errorf("%s: got %v, %v", row.name, c, err)
		}
	}
}
