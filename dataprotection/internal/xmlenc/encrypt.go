package xmlenc

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
)

// Encrypt encrypts a fragment for a certificate with an RSA key and returns an
// EncryptedData element on one line: AES-256-CBC with padding by ISO 10126, RSA
// with PKCS #1 v1.5. The fragment must begin with its element, without byte order
// mark, declaration, blank or comment, or else nobody decrypts it.
func Encrypt(fragment []byte, cert *x509.Certificate) ([]byte, error) {
	public, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("the certificate has no RSA key")
	}
	if !isFragment(fragment) {
		return nil, errors.New("the fragment does not begin with its element")
	}
	sessionKey := make([]byte, 32)
	rand.Read(sessionKey)
	defer clear(sessionKey)
	wrapped, err := wrap(public, methodRSA15, sessionKey)
	if err != nil {
		return nil, err
	}
	content, err := encryptCBC(fragment, sessionKey)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, template, encode(cert.Raw), encode(wrapped.value), encode(content)), nil
}

// template has the attributes in the order in which the reference writes them.
const template = `<EncryptedData Type="` + namespace + `Element" xmlns="` + namespace + `">` +
	`<EncryptionMethod Algorithm="` + methodAES256 + `" />` +
	`<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">` +
	`<EncryptedKey xmlns="` + namespace + `">` +
	`<EncryptionMethod Algorithm="` + methodRSA15 + `" />` +
	`<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">` +
	`<X509Data><X509Certificate>%s</X509Certificate></X509Data>` +
	`</KeyInfo>` +
	`<CipherData><CipherValue>%s</CipherValue></CipherData>` +
	`</EncryptedKey>` +
	`</KeyInfo>` +
	`<CipherData><CipherValue>%s</CipherValue></CipherData>` +
	`</EncryptedData>`

// wrap encrypts a session key with PKCS #1 v1.5, or with OAEP if that is the method.
func wrap(public *rsa.PublicKey, method string, sessionKey []byte) (encrypted, error) {
	if method == methodOAEP {
		value, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, public, sessionKey, nil)
		return encrypted{method, value}, err
	}
	//lint:ignore SA1019 .NET writes PKCS #1 v1.5, so its peers must
	value, err := rsa.EncryptPKCS1v15(rand.Reader, public, sessionKey)
	return encrypted{method, value}, err
}

func encode(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

// encryptCBC returns IV || ciphertext. The padding, 1 to 16 bytes, is random but
// for its last byte, which is its length.
func encryptCBC(plaintext, key []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	padding := aes.BlockSize - len(plaintext)%aes.BlockSize
	out := make([]byte, aes.BlockSize+len(plaintext)+padding)
	rand.Read(out)
	iv, text := out[:aes.BlockSize], out[aes.BlockSize:]
	copy(text, plaintext)
	text[len(text)-1] = byte(padding)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(text, text)
	return out, nil
}

// isFragment reports whether text begins with an element. The reference takes the
// first node of what it has decrypted, whatever that is, and so finds no element
// behind a comment or a blank.
func isFragment(text []byte) bool {
	return len(text) > 1 && text[0] == '<' && !bytes.ContainsAny(text[1:2], "!?/ \t\r\n")
}
