package x509seal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sealring/sealring/dataprotection"
)

// FolderOptions say how a folder is read. The zero value will do.
type FolderOptions struct {
	_ struct{}

	// Password opens PFX files that have no file with their password beside them.
	Password string

	// Now is the clock that certificates are chosen by. The default is time.Now.
	Now func() time.Time
}

// A Folder seals with the newest good certificate of a directory and opens with
// all of them. It follows the directory: a ring has it read again at each of its
// polls, so a certificate that is put there is in use ten seconds later, without a
// restart. It implements dataprotection.Sealer, Opener and Renewer, and is safe for
// concurrent use. Make one with OpenFolder.
//
// What counts as a certificate, by its ending (hidden files and others are ignored):
//
//	name.pfx, name.p12          with the password in name.password, else Password
//	name.pem, name.crt, name.cer  in PEM form, the private key in name.key or in the same file
//
// The newest good one is that which became valid last, among those that are valid, are
// meant for encipherment, have 2048 bits and a private key. If none is, an expired
// one goes on sealing, and Warnings says so. Put a certificate into the folders of all members at about the
// same time: from then on new keys are sealed with it.
//
// A file that cannot be used is left out and named by Warnings. A folder that is
// gone, or without any certificate, leaves what was there before in use.
type Folder struct {
	dir  string
	opts FolderOptions

	mu       sync.Mutex
	parsed   map[[sha256.Size]byte]*Certificate // by all that a certificate was read from
	certs    Certificates
	findings []string
	version  string
}

// OpenFolder reads a folder. It is an error if there is no certificate in it that
// has its private key.
func OpenFolder(dir string, opts FolderOptions) (*Folder, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	f := &Folder{dir: dir, opts: opts}
	if _, err := f.Renew(context.Background()); err != nil {
		return nil, err
	}
	return f, nil
}

// Renew reads the folder again. The version tells which certificates are in it.
func (f *Folder) Renew(ctx context.Context) (version string, err error) {
	if f == nil || f.opts.Now == nil {
		return "", errNoFolder
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return f.version, fmt.Errorf("x509seal: the folder of certificates: %w", err)
	}
	found := reading{folder: f, parsed: map[[sha256.Size]byte]*Certificate{}}
	for _, entry := range entries {
		found.add(entry.Name())
	}
	if !slices.ContainsFunc(found.certs, func(c *Certificate) bool { return c.key != nil }) {
		return f.version, fmt.Errorf("x509seal: the folder %s has no certificate with its private key%s", f.dir, found.reasons())
	}
	f.parsed, f.certs, f.findings, f.version = found.parsed, found.certs, found.findings, found.certs.version()
	return f.version, nil
}

var errNoFolder = errors.New("x509seal: this Folder is empty; make one with OpenFolder")

// A reading is one look at a folder.
type reading struct {
	folder   *Folder
	parsed   map[[sha256.Size]byte]*Certificate
	certs    Certificates
	findings []string
}

// add reads one entry if it is a certificate.
func (r *reading) add(name string) {
	stem, kind := strings.TrimSuffix(name, filepath.Ext(name)), strings.ToLower(filepath.Ext(name))
	if strings.HasPrefix(name, ".") {
		return
	}
	var c *Certificate
	var err error
	switch kind {
	case ".pfx", ".p12":
		c, err = r.pfx(name, stem)
	case ".pem", ".crt", ".cer":
		c, err = r.pem(name, stem)
	default:
		return
	}
	if err != nil {
		r.findings = append(r.findings, fmt.Sprintf("%s is not used: %v", filepath.Join(r.folder.dir, name), trimmed(err)))
		return
	}
	if c.key == nil {
		r.findings = append(r.findings, fmt.Sprintf("%s in %s has no private key there, so it neither seals nor opens: put it into %s.key", c, name, stem))
	}
	if !slices.ContainsFunc(r.certs, func(o *Certificate) bool { return o.Thumbprint() == c.Thumbprint() && (o.key != nil || c.key == nil) }) {
		r.certs = append(r.certs, c)
	}
}

func (r *reading) pfx(name, stem string) (*Certificate, error) {
	data, err := r.read(name)
	if err != nil {
		return nil, err
	}
	password := r.folder.opts.Password
	if text, err := r.read(stem + ".password"); err == nil {
		password = strings.TrimRight(string(text), "\r\n")
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return r.once(func() (*Certificate, error) { return ParsePFX(data, password) }, "pfx", data, []byte(password))
}

func (r *reading) pem(name, stem string) (*Certificate, error) {
	data, err := r.read(name)
	if err != nil {
		return nil, err
	}
	key, err := r.read(stem + ".key")
	switch {
	case err == nil:
	case !errors.Is(err, os.ErrNotExist):
		return nil, err
	case strings.Contains(string(data), "PRIVATE KEY-----"):
		key = data
	}
	return r.once(func() (*Certificate, error) { return ParsePEM(data, key) }, "pem", data, key)
}

// read reads a file, if it is one: a pipe would never end.
func (r *reading) read(name string) ([]byte, error) {
	file := filepath.Join(r.folder.dir, name)
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("x509seal: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("x509seal: %s is not a regular file", file)
	}
	return readFile(file)
}

// once parses what was not parsed before: to open a PFX is made to be slow.
func (r *reading) once(parse func() (*Certificate, error), parts ...any) (*Certificate, error) {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%x.", part)
	}
	sum := [sha256.Size]byte(h.Sum(nil))
	c := r.folder.parsed[sum]
	if c == nil {
		var err error
		if c, err = parse(); err != nil {
			return nil, err
		}
	}
	r.parsed[sum] = c
	return c, nil
}

func (r *reading) reasons() string {
	if len(r.findings) == 0 {
		return ""
	}
	return ": " + strings.Join(r.findings, "; ")
}

func trimmed(err error) string { return strings.TrimPrefix(err.Error(), "x509seal: ") }

// current returns the certificates, the one that seals first.
func (f *Folder) current(now time.Time) Certificates {
	if f == nil || f.opts.Now == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.certs.NewestFirst(now)
}

func (f *Folder) now() time.Time {
	if f == nil || f.opts.Now == nil {
		return time.Time{}
	}
	return f.opts.Now()
}

// Seal encrypts a fragment for the newest good certificate.
func (f *Folder) Seal(ctx context.Context, keyID dataprotection.KeyID, fragment []byte) (decryptorType string, element []byte, err error) {
	return f.current(f.now()).Seal(ctx, keyID, fragment)
}

// Open decrypts what was sealed for any of the certificates.
func (f *Folder) Open(ctx context.Context, decryptorType string, element []byte) ([]byte, error) {
	return f.current(f.now()).Open(ctx, decryptorType, element)
}

// Sealed reports whether an element was sealed for the certificate that seals now.
func (f *Folder) Sealed(decryptorType string, element []byte) bool {
	return f.current(f.now()).Sealed(decryptorType, element)
}

// Warnings are those of the certificate that seals, and what of the folder cannot be used.
func (f *Folder) Warnings(now time.Time) []string {
	certs := f.current(now)
	if certs == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return append(certs.Warnings(now), f.findings...)
}

// String names the folder.
func (f *Folder) String() string {
	if f == nil || f.opts.Now == nil {
		return "no folder of certificates"
	}
	return "certificates in " + f.dir
}

// Format prints what String returns, whatever the verb.
func (f *Folder) Format(s fmt.State, _ rune) { fmt.Fprint(s, f.String()) }

// LogValue is what String returns.
func (f *Folder) LogValue() slog.Value { return slog.StringValue(f.String()) }

// version tells which certificates these are.
func (cs Certificates) version() string {
	h := sha256.New()
	for _, c := range cs {
		fmt.Fprintf(h, "%s %t;", c.Thumbprint(), c.key != nil)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
