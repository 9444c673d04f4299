package main

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
)

// A cost is what a hash costs: passes over so much memory, in KiB, by threads.
type cost struct {
	memory, passes uint32
	threads        uint8
}

// presentCost is the first choice of OWASP's Password Storage Cheat Sheet. More is
// better, as long as a login can wait for it. Hashes that were made at another cost
// are made anew when their users log in.
var presentCost = cost{memory: 46 << 10, passes: 1, threads: 1}

const saltSize, hashSize = 16, 32

// passwords hashes and checks passwords. It may be used concurrently.
type passwords struct {
	slots  chan struct{} // each hash takes much memory, so few run at a time
	nobody string        // checked for those who do not exist, so that they take as long
}

func newPasswords() *passwords {
	return &passwords{
		slots:  make(chan struct{}, runtime.GOMAXPROCS(0)),
		nobody: hashPassword(rand.Text(), presentCost),
	}
}

// hash returns what is to be kept of a password. It fails only if ctx ends.
func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	if err := p.enter(ctx); err != nil {
		return "", err
	}
	defer p.leave()
	return hashPassword(password, presentCost), nil
}

// verify reports whether a password is the one that was hashed, and whether it
// should be hashed anew. With an empty hash it takes as long, and is wrong. Its
// errors are that ctx has ended, and a hash that is none.
func (p *passwords) verify(ctx context.Context, password, hash string) (right, outdated bool, err error) {
	exists := hash != ""
	if !exists {
		hash = p.nobody
	}
	c, salt, want, err := parseHash(hash)
	if err != nil {
		return false, false, err
	}
	if err := p.enter(ctx); err != nil {
		return false, false, err
	}
	defer p.leave()
	got := argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1 && exists, c != presentCost, nil
}

func (p *passwords) enter(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *passwords) leave() { <-p.slots }

// format is how argon2 writes a hash with all that is needed to check it.
const format = "$argon2id$v=19$m=%d,t=%d,p=%d$"

func hashPassword(password string, c cost) string {
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails
	hash := argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.threads, hashSize)
	return fmt.Sprintf(format+"%s$%s", c.memory, c.passes, c.threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(hash))
}

var errHash = errors.New("that is no argon2id hash")

// parseHash takes a hash apart. What costs more than a machine can bear is an error.
func parseHash(text string) (c cost, salt, hash []byte, err error) {
	if _, err := fmt.Sscanf(text, format, &c.memory, &c.passes, &c.threads); err != nil {
		return cost{}, nil, nil, errHash
	}
	parts := strings.Split(text, "$")
	if len(parts) != 6 || c.memory > 1<<20 || c.passes < 1 || c.passes > 64 || c.threads < 1 {
		return cost{}, nil, nil, errHash
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	hash, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(salt) < 8 || len(hash) < 16 {
		return cost{}, nil, nil, errHash
	}
	return c, salt, hash, nil
}
