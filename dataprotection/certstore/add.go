package certstore

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/sealring/sealring/dataprotection/x509seal"
)

const (
	// MaxUpload is the most that Add takes, in bytes.
	MaxUpload = 256 << 10

	minBits, maxBits = 2048, 8192
)

// A RefusedError says why a certificate was not taken, all reasons at once. They are for
// whoever brought it, and hold no secrets.
type RefusedError struct{ Reasons []string }

func (e *RefusedError) Error() string {
	return "certstore: the certificate was refused: " + strings.Join(e.Reasons, "; ")
}

// Add takes a certificate and its private key, as PFX with its password, or as PEM
// with both in one text. Of several certificates the one counts that the private key
// belongs to; the others may complete its chain.
//
// The error is a *RefusedError for a certificate that cannot be used: it cannot be
// read, the password is wrong, there is no private key or it is another's, it is not RSA of 2048 to 8192
// bits, it is expired or not yet valid, it is not meant for encipherment, it does not chain
// to Config.Roots, or it is here already. Otherwise the store or the root failed.
func (s *Store) Add(ctx context.Context, data []byte, password string) (Info, error) {
	if err := s.check(); err != nil {
		return Info{}, err
	}
	c, chain, err := parse(data, password)
	if err != nil {
		return Info{}, &RefusedError{Reasons: []string{strings.TrimPrefix(err.Error(), "x509seal: ")}}
	}
	if _, err := s.Renew(ctx); err != nil {
		return Info{}, err
	}
	cert := c.X509()
	if reasons := s.against(cert, chain); len(reasons) > 0 {
		return Info{}, &RefusedError{Reasons: reasons}
	}
	e, err := s.marshal(ctx, cert, c.PrivateKey())
	if err != nil {
		return Info{}, fmt.Errorf("certstore: %w", err)
	}
	err = s.cfg.Store.Add(ctx, e, "")
	if errors.Is(err, fs.ErrExist) {
		return Info{}, &RefusedError{Reasons: []string{"it is here already"}}
	}
	if err != nil {
		return Info{}, fmt.Errorf("certstore: %w", err)
	}
	if _, err := s.Renew(ctx); err != nil {
		return Info{}, err
	}
	return s.info(cert)
}

// info is what became of a certificate that was added.
func (s *Store) info(cert *x509.Certificate) (Info, error) {
	certs := s.usable()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		if e.info.Thumbprint == thumbprint(cert) && e.cert != nil {
			e.info.Seals = e.cert == certs[0]
			return e.info, nil
		}
	}
	return Info{}, errors.New("certstore: the certificate was stored, and cannot be opened again; is the root the same everywhere?")
}

// parse reads what was brought.
func parse(data []byte, password string) (c *x509seal.Certificate, chain []*x509.Certificate, err error) {
	switch {
	case len(data) > MaxUpload:
		return nil, nil, fmt.Errorf("it has more than %d bytes", MaxUpload)
	case bytes.Contains(data, []byte("-----BEGIN ")):
		c, err = x509seal.ParsePEM(data, data)
		chain = certificates(data)
	default:
		if c, err = x509seal.ParsePFX(data, password); err == nil {
			_, leaf, rest, _ := pkcs12.DecodeChain(data, password)
			chain = append(rest, leaf)
		}
	}
	return c, chain, err
}

func certificates(data []byte) (all []*x509.Certificate) {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil {
			all = append(all, cert)
		}
	}
	return all
}

// against lists what speaks against a certificate.
func (s *Store) against(cert *x509.Certificate, chain []*x509.Certificate) (reasons []string) {
	now := s.cfg.Now()
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			reasons = append(reasons, fmt.Sprintf(format, args...))
		}
	}
	bits := cert.PublicKey.(*rsa.PublicKey).N.BitLen()
	refuse(bits < minBits || bits > maxBits, "its key has %d bits; %d to %d are taken", bits, minBits, maxBits)
	refuse(now.After(cert.NotAfter), "it expired on %s", day(cert.NotAfter))
	refuse(now.Before(cert.NotBefore), "it is not valid before %s", day(cert.NotBefore))
	refuse(cert.KeyUsage != 0 && cert.KeyUsage&(x509.KeyUsageKeyEncipherment|x509.KeyUsageDataEncipherment) == 0, "it was not issued for encipherment: its key usage lacks it")
	refuse(!s.trusted(cert, chain, now), "it does not chain to an issuer that is accepted here, and is not pinned")
	refuse(s.has(cert), "it is here already")
	return reasons
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

func (s *Store) trusted(cert *x509.Certificate, chain []*x509.Certificate, now time.Time) bool {
	if s.cfg.Roots == nil || slices.ContainsFunc(s.cfg.Pinned, func(p string) bool { return strings.EqualFold(p, thumbprint(cert)) }) {
		return true
	}
	between := x509.NewCertPool()
	for _, c := range chain {
		between.AddCert(c)
	}
	_, err := cert.Verify(x509.VerifyOptions{
		Roots: s.cfg.Roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	return err == nil
}

func (s *Store) has(cert *x509.Certificate) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.entries, func(e entry) bool { return e.info.Thumbprint == thumbprint(cert) })
}

func thumbprint(cert *x509.Certificate) string { return thumbprintOf(cert.Raw) }

func thumbprintOf(der []byte) string { return fmt.Sprintf("%X", sha1.Sum(der)) }
