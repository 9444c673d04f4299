package secretseal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

const (
	// MinSecret is the least length of a secret, in bytes.
	MinSecret = 16
	maxSecret = 64 << 10

	decryptorType = "Sealring.DataProtection.SecretDecryptor"
)

// A Sealer seals and opens keys with a secret. It implements dataprotection.Sealer
// and dataprotection.Opener and is safe for concurrent use. Deriving a key from the
// secret takes a tenth of a second and 64 MiB, on purpose; that is done once for
// each salt, and a ring has one salt as a rule. A Sealer prints and logs without its
// secret. Make one with New or LoadFile.
type Sealer struct {
	secret []byte
	cost   cost // of what is sealed

	mu      sync.Mutex
	salt    salt // of what is sealed
	derived map[parameters]*derivedKey
}

// New returns a sealer for a secret of at least MinSecret bytes.
func New(secret string) (*Sealer, error) {
	if len(secret) < MinSecret {
		return nil, fmt.Errorf("secretseal: the secret has %d bytes; %d are the least. A good one is made by: openssl rand -base64 32", len(secret), MinSecret)
	}
	return &Sealer{secret: []byte(secret), cost: recommended, salt: newSalt(), derived: map[parameters]*derivedKey{}}, nil
}

// LoadFile returns a sealer for the content of a file, which may hold any bytes, at
// most 64 KiB. One line break at its end is not part of the secret.
func LoadFile(file string) (*Sealer, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("secretseal: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("secretseal: %w", err)
	case len(data) > maxSecret:
		return nil, fmt.Errorf("secretseal: %s has more than %d bytes", file, maxSecret)
	}
	s, err := New(strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"))
	if err != nil {
		return nil, fmt.Errorf("%w (from %s)", err, file)
	}
	return s, nil
}

var errZero = errors.New("secretseal: this Sealer is empty; make one with New or LoadFile")

// Seal encrypts a fragment. What it returns is opened as the key of that id only.
func (s *Sealer) Seal(ctx context.Context, keyID dataprotection.KeyID, fragment []byte) (string, []byte, error) {
	if s == nil || s.derived == nil {
		return "", nil, errZero
	}
	if err := ctx.Err(); err != nil {
		return "", nil, err
	}
	p := s.current()
	key := s.derive(p)
	e := sealed{keyID: keyID, parameters: p, secretID: key.id, value: key.encrypt(fragment, additionalData(keyID))}
	return decryptorType, e.marshal(), nil
}

// Open decrypts an element as the key that it says it is. The ring uses OpenKey.
func (s *Sealer) Open(ctx context.Context, decryptorType string, element []byte) ([]byte, error) {
	return s.open(ctx, nil, decryptorType, element)
}

// OpenKey decrypts an element as the key of that id, and refuses what was sealed for
// another one. If the element was sealed with another secret, the error says so and
// Is dataprotection.ErrNotMine.
func (s *Sealer) OpenKey(ctx context.Context, keyID dataprotection.KeyID, decryptorType string, element []byte) ([]byte, error) {
	return s.open(ctx, &keyID, decryptorType, element)
}

// Sealed reports whether an element was sealed with this secret, by its secretId alone.
func (s *Sealer) Sealed(typeName string, element []byte) bool {
	if s == nil || s.derived == nil || keyxml.TypeName(typeName) != decryptorType {
		return false
	}
	e, err := parse(element)
	return err == nil && e.secretID == s.derive(e.parameters).id
}

func (s *Sealer) open(ctx context.Context, keyID *dataprotection.KeyID, typeName string, element []byte) ([]byte, error) {
	if s == nil || s.derived == nil {
		return nil, errZero
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if keyxml.TypeName(typeName) != decryptorType {
		return nil, dataprotection.ErrNotMine
	}
	e, err := parse(element)
	if err != nil {
		return nil, fmt.Errorf("secretseal: the sealed key: %w", err)
	}
	if keyID != nil && e.keyID != *keyID {
		return nil, fmt.Errorf("secretseal: this was sealed as key %s, and was copied to key %s", e.keyID, *keyID)
	}
	return s.decrypt(e)
}

func (s *Sealer) decrypt(e *sealed) ([]byte, error) {
	key := s.derive(e.parameters)
	if e.secretID != key.id {
		return nil, otherSecretError{}
	}
	fragment, err := key.decrypt(e.value, additionalData(e.keyID))
	if err != nil {
		return nil, errors.New("secretseal: the sealed key is damaged or was changed")
	}
	s.adopt(e.parameters)
	return fragment, nil
}

// additionalData binds what is sealed to its format and its key.
func additionalData(keyID dataprotection.KeyID) []byte {
	return append([]byte(decryptorType), keyID[:]...)
}

// An otherSecretError says that an element was sealed with another secret.
type otherSecretError struct{}

func (otherSecretError) Error() string        { return "secretseal: the key was sealed with another secret" }
func (otherSecretError) Is(target error) bool { return target == dataprotection.ErrNotMine }

// String says what it is, for logs.
func (s *Sealer) String() string { return "a secret" }

// Format prints what String returns, whatever the verb.
func (s *Sealer) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// LogValue is what String returns.
func (s *Sealer) LogValue() slog.Value { return slog.StringValue(s.String()) }
