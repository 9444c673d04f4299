package certstore

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/dataprotection/x509seal"
	"github.com/sealring/sealring/internal/confcheck"
)

// A Root seals the private keys of certificates, and opens them.
type Root interface {
	dataprotection.Sealer
	dataprotection.Opener
}

// Config configures a Store. It is copied.
type Config struct {
	_ struct{}

	// Store is that of the user's ring. Required.
	Store dataprotection.Store

	// Owner names the user whose certificates these are, the same wherever the store
	// is used. Required.
	Owner string

	// Root encrypts the private keys, and keys of the ring as long as there is no
	// certificate. Required. Its loss is that of all certificates.
	Root Root

	// Roots are the issuers that certificates must chain to. Nil takes any, as nobody
	// but its owner has to trust it; one that signs itself is pinned by being added.
	Roots *x509.CertPool

	// Pinned are thumbprints, as Windows shows them, of certificates that are taken
	// though they do not chain to Roots.
	Pinned []string

	// Now is the clock that certificates are judged by. The default is time.Now.
	Now func() time.Time
}

// A Store keeps the certificates of one user. It implements dataprotection.Sealer,
// Opener, KeyOpener, Recognizer, Warner and Renewer, and is safe for concurrent use.
// Make one with Open.
type Store struct {
	cfg Config

	mu       sync.Mutex
	version  dataprotection.Version
	entries  []entry
	findings []string
}

// An entry is one certificate as the store has it.
type entry struct {
	element dataprotection.Element
	info    Info
	cert    *x509seal.Certificate // nil if it cannot be used
}

// An Info describes a certificate of a Store.
type Info struct {
	Thumbprint string    `json:"thumbprint"`
	Subject    string    `json:"subject"`
	NotBefore  time.Time `json:"notBefore"`
	NotAfter   time.Time `json:"notAfter"`
	Added      time.Time `json:"added"`
	// Seals tells the one that new keys are sealed with.
	Seals bool `json:"seals"`
	// Unusable says why it cannot be used; empty for a good one.
	Unusable string `json:"unusable,omitempty"`
}

// Open reads the certificates in a store. That there are none yet is no error.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	var problems confcheck.Problems
	problems.Add(cfg.Store == nil, "Store", "required: the store of the user's ring")
	problems.Add(cfg.Owner == "" || strings.TrimSpace(cfg.Owner) != cfg.Owner, "Owner", "a name is required, without blanks around it")
	problems.Add(cfg.Root == nil, "Root", "required: private keys are not stored in clear")
	if err := problems.Err("certstore"); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Pinned = slices.Clone(cfg.Pinned)
	s := &Store{cfg: cfg}
	if _, err := s.Renew(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

var errZero = errors.New("certstore: this Store is empty; make one with Open")

func (s *Store) check() error {
	if s == nil || s.cfg.Root == nil {
		return errZero
	}
	return nil
}

// Renew reads the store again if it has changed. The version tells which certificates
// can be used.
func (s *Store) Renew(ctx context.Context) (string, error) {
	if err := s.check(); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.cfg.Root.(dataprotection.Renewer); ok {
		if _, err := r.Renew(ctx); err != nil {
			return s.fingerprint(), err
		}
	}
	err := s.load(ctx)
	return s.fingerprint(), err
}

// load brings the entries up to date. The caller holds mu.
func (s *Store) load(ctx context.Context) error {
	snap, err := s.cfg.Store.Load(ctx, s.version)
	switch {
	case errors.Is(err, dataprotection.ErrNotModified) && !s.unusable():
		return nil
	case errors.Is(err, dataprotection.ErrNotModified): // the root may open by now what it did not
		snap, err = s.cfg.Store.Load(ctx, "")
	}
	if err != nil {
		return fmt.Errorf("certstore: %w", err)
	}
	known := map[string]entry{}
	for _, e := range s.entries {
		known[string(e.element.XML)] = e
	}
	s.entries, s.findings, s.version = nil, nil, snap.Version
	for _, e := range snap.Elements {
		if parsed, err := keyxml.Parse(e.XML); err != nil || !isOurs(parsed) {
			continue
		}
		found, ok := known[string(e.XML)]
		if !ok || found.cert == nil {
			found = s.open(ctx, e)
		}
		found.element = e
		s.add(found)
	}
	return nil
}

func (s *Store) add(e entry) {
	if e.info.Unusable != "" {
		s.findings = append(s.findings, fmt.Sprintf("the certificate in %s is not used: %s", nameOf(e.element), e.info.Unusable))
	}
	s.entries = append(s.entries, e)
}

func nameOf(e dataprotection.Element) string {
	if e.Ref != "" {
		return e.Ref
	}
	return e.Name
}

func isOurs(parsed any) bool {
	u, ok := parsed.(*keyxml.Unknown)
	return ok && u.Name == keyxml.CertificateName
}

func (s *Store) unusable() bool {
	return slices.ContainsFunc(s.entries, func(e entry) bool { return e.cert == nil })
}

// fingerprint tells the certificates that can be used. The caller holds mu.
func (s *Store) fingerprint() string {
	h := sha256.New()
	for _, e := range s.entries {
		fmt.Fprintf(h, "%s %t;", e.info.Thumbprint, e.cert != nil)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// usable are the certificates, the one that seals first; none if only the root seals.
func (s *Store) usable() x509seal.Certificates {
	s.mu.Lock()
	defer s.mu.Unlock()
	var certs x509seal.Certificates
	for _, e := range s.entries {
		if e.cert != nil {
			certs = append(certs, e.cert)
		}
	}
	return certs.NewestFirst(s.cfg.Now())
}

// List describes the certificates, the one that seals first.
func (s *Store) List(ctx context.Context) ([]Info, error) {
	if _, err := s.Renew(ctx); err != nil {
		return nil, err
	}
	certs := s.usable()
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Info
	for _, e := range s.entries {
		e.info.Seals = len(certs) > 0 && e.cert == certs[0]
		all = append(all, e.info)
	}
	slices.SortStableFunc(all, func(a, b Info) int {
		if a.Seals != b.Seals {
			if a.Seals {
				return -1
			}
			return 1
		}
		return b.Added.Compare(a.Added)
	})
	return all, nil
}

// Seal encrypts a fragment for the newest good certificate, or by the root if there is none.
func (s *Store) Seal(ctx context.Context, keyID dataprotection.KeyID, fragment []byte) (decryptorType string, element []byte, err error) {
	if err := s.check(); err != nil {
		return "", nil, err
	}
	if certs := s.usable(); len(certs) > 0 {
		return certs.Seal(ctx, keyID, fragment)
	}
	return s.cfg.Root.Seal(ctx, keyID, fragment)
}

// Open decrypts what was sealed for one of the certificates, or by the root.
func (s *Store) Open(ctx context.Context, decryptorType string, element []byte) ([]byte, error) {
	return s.openKey(ctx, decryptorType, element, s.rootOpens)
}

// OpenKey is Open for the element of a key.
func (s *Store) OpenKey(ctx context.Context, keyID dataprotection.KeyID, decryptorType string, element []byte) ([]byte, error) {
	return s.openKey(ctx, decryptorType, element, func(ctx context.Context, decryptorType string, element []byte) ([]byte, error) {
		return s.rootOpensKey(ctx, keyID, decryptorType, element)
	})
}

func (s *Store) openKey(ctx context.Context, decryptorType string, element []byte, root func(context.Context, string, []byte) ([]byte, error)) ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	opened, err := s.usable().Open(ctx, decryptorType, element)
	if !errors.Is(err, dataprotection.ErrNotMine) {
		return opened, err
	}
	opened, rootErr := root(ctx, decryptorType, element)
	if errors.Is(rootErr, dataprotection.ErrNotMine) && err != dataprotection.ErrNotMine {
		return nil, err
	}
	return opened, rootErr
}

func (s *Store) rootOpens(ctx context.Context, decryptorType string, element []byte) ([]byte, error) {
	return s.cfg.Root.Open(ctx, decryptorType, element)
}

func (s *Store) rootOpensKey(ctx context.Context, keyID dataprotection.KeyID, decryptorType string, element []byte) ([]byte, error) {
	if o, ok := s.cfg.Root.(dataprotection.KeyOpener); ok {
		return o.OpenKey(ctx, keyID, decryptorType, element)
	}
	return s.rootOpens(ctx, decryptorType, element)
}

// Sealed reports whether an element was sealed as Seal would seal now.
func (s *Store) Sealed(decryptorType string, element []byte) bool {
	if s.check() != nil {
		return false
	}
	if certs := s.usable(); len(certs) > 0 {
		return certs.Sealed(decryptorType, element)
	}
	r, ok := s.cfg.Root.(dataprotection.Recognizer)
	return ok && r.Sealed(decryptorType, element)
}

// Warnings are those of the certificate that seals, and the certificates that cannot be used.
func (s *Store) Warnings(now time.Time) []string {
	if s.check() != nil {
		return nil
	}
	certs := s.usable()
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(certs.Warnings(now), s.findings...)
}

// String names the owner.
func (s *Store) String() string {
	if s.check() != nil {
		return "no store of certificates"
	}
	return fmt.Sprintf("certificates of %q", s.cfg.Owner)
}

// Format prints what String returns, whatever the verb.
func (s *Store) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// LogValue is what String returns.
func (s *Store) LogValue() slog.Value { return slog.StringValue(s.String()) }
