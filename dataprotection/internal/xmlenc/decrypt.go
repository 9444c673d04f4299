package xmlenc

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"unicode/utf8"
)

// ErrDecrypt says that an element could not be decrypted with this key, and
// deliberately not why.
var ErrDecrypt = errors.New("it cannot be decrypted; it is damaged, was changed, or was made for another key")

// A contentMethod says how content is encrypted, and how long its key may be. The
// length that the method names comes first; but an AES key of another length
// decides for itself, as in the reference.
type contentMethod struct {
	newCipher func(key []byte) (cipher.Block, error)
	keySizes  []int
}

var contentMethods = map[string]contentMethod{
	methodAES256: {aes.NewCipher, []int{32, 24, 16}},
	methodAES192: {aes.NewCipher, []int{24, 32, 16}},
	methodAES128: {aes.NewCipher, []int{16, 32, 24}},
	methodDES3:   {des.NewTripleDESCipher, []int{24}},
	methodDES:    {des.NewCipher, []int{8}},
}

// Decrypt returns the fragment, which begins with an element in UTF-8. The key is
// used with PKCS #1 v1.5, or with OAEP where the element says so. Its own errors
// are returned only if it cannot decrypt anything at all. The result is no more
// trustworthy than whoever could write the element.
func (d *EncryptedData) Decrypt(key crypto.Decrypter) ([]byte, error) {
	method, ok := contentMethods[d.content.method]
	if !ok {
		return nil, fmt.Errorf("its content is encrypted by %.100q, which is not supported", d.content.method)
	}
	for _, size := range method.keySizes {
		sessionKey := d.sessionKey(key, size)
		fragment, ok := decryptCBC(method, d.content.value, sessionKey)
		clear(sessionKey)
		if ok {
			return fragment, nil
		}
	}
	if err := tryKey(key, d.key.method); err != nil {
		return nil, fmt.Errorf("the private key does not work: %w", err)
	}
	return nil, ErrDecrypt
}

// sessionKey unwraps the session key. If that fails, for whatever reason, it
// returns a random one of that size instead.
func (d *EncryptedData) sessionKey(key crypto.Decrypter, size int) []byte {
	unwrapped, err := unwrap(key, d.key, size)
	if err != nil || len(unwrapped) != size {
		unwrapped = make([]byte, size)
		rand.Read(unwrapped)
	}
	return unwrapped
}

// unwrap lets crypto/rsa replace a session key that it cannot unwrap, in constant
// time. Many drivers of hardware keys cannot do that; they are asked once more
// without it, and then what happens inside them is theirs.
func unwrap(key crypto.Decrypter, wrapped encrypted, size int) ([]byte, error) {
	if wrapped.method == methodOAEP {
		return key.Decrypt(rand.Reader, wrapped.value, &rsa.OAEPOptions{Hash: crypto.SHA1})
	}
	//lint:ignore SA1019 .NET writes PKCS #1 v1.5, so its peers must
	options := &rsa.PKCS1v15DecryptOptions{SessionKeyLen: size}
	unwrapped, err := key.Decrypt(rand.Reader, wrapped.value, options)
	if _, software := key.(*rsa.PrivateKey); err == nil || software {
		return unwrapped, err
	}
	options.SessionKeyLen = 0
	return key.Decrypt(rand.Reader, wrapped.value, options)
}

// tryKey tells a key that is out of order, such as one in a device that was
// unplugged, from an element that is: it has the key decrypt what was just made for
// it. So its errors depend on nothing that came from outside.
func tryKey(key crypto.Decrypter, method string) error {
	public, ok := key.Public().(*rsa.PublicKey)
	if !ok {
		return errors.New("it is no RSA key")
	}
	sample := make([]byte, 32)
	rand.Read(sample)
	wrapped, err := wrap(public, method, sample)
	if err != nil {
		return err
	}
	unwrapped, err := unwrap(key, wrapped, len(sample))
	if err == nil && !bytes.Equal(unwrapped, sample) {
		err = errors.New("it does not decrypt what its public half has encrypted")
	}
	return err
}

// decryptCBC decrypts IV || ciphertext. Of the padding only the last byte, its
// length, has a meaning; so it also reads what is padded by PKCS #7.
func decryptCBC(method contentMethod, data, key []byte) (fragment []byte, ok bool) {
	block, err := method.newCipher(key)
	if err != nil {
		return nil, false
	}
	size := block.BlockSize()
	if len(data) < 2*size || len(data)%size != 0 {
		return nil, false
	}
	text := make([]byte, len(data)-size)
	cipher.NewCBCDecrypter(block, data[:size]).CryptBlocks(text, data[size:])
	padding := int(text[len(text)-1])
	if padding < 1 || padding > size {
		return nil, false
	}
	text = text[:len(text)-padding]
	return text, isFragment(text) && utf8.Valid(text)
}
