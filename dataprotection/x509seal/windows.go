package x509seal

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// FromWindowsStore returns a certificate of the Windows certificate store by its
// thumbprint. It looks into CurrentUser\My first and into LocalMachine\My then, as
// ASP.NET Core does; unlike it, it takes certificates that are expired or that
// nobody vouches for. The thumbprint may be written as Windows shows it: in any
// letter case, with blanks or colons, and with the invisible mark in front that
// comes along when it is copied from the certificate's window.
//
// The private key stays where it is and need not be exportable. It must be usable
// without a question on the screen. The account that the program runs as needs
// permission to read it (certlm.msc, All Tasks, Manage Private Keys).
//
// The error names thumbprint and subject, and what is missing. A certificate whose
// private key cannot be used is an error; to seal without one, export the
// certificate and use LoadPEM. Elsewhere than on Windows it is always an error.
func FromWindowsStore(thumbprint string) (*Certificate, error) {
	hash, err := parseThumbprint(thumbprint)
	if err != nil {
		return nil, err
	}
	return fromWindowsStore(hash)
}

// parseThumbprint reads the SHA-1 hash of a certificate.
func parseThumbprint(text string) ([]byte, error) {
	digits := strings.Map(func(r rune) rune {
		if r == ':' || r == '-' || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text)
	hash, err := hex.DecodeString(digits)
	switch {
	case digits == "":
		return nil, errors.New("x509seal: no thumbprint is given")
	case err != nil:
		return nil, fmt.Errorf("x509seal: %.100q is no thumbprint: it has more than hexadecimal digits", text)
	case len(hash) == 32:
		return nil, errors.New("x509seal: a thumbprint of 64 digits is that of SHA-256; Windows finds certificates by that of SHA-1, which has 40")
	case len(hash) != sha1.Size:
		return nil, fmt.Errorf("x509seal: %.100q is no thumbprint: it has %d digits, not 40", text, len(digits))
	}
	return hash, nil
}
