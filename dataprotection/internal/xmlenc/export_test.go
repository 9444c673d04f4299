package xmlenc

import "crypto/rsa"

// Wrap encrypts a session key as the method of that URI says.
func Wrap(public *rsa.PublicKey, method string, sessionKey []byte) ([]byte, error) {
	wrapped, err := wrap(public, method, sessionKey)
	return wrapped.value, err
}
