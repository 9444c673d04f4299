//go:build linux

package shares_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/integration_test/shares/bed"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil { // what is parallel here, waits
		panic(err)
	}
	bed.Main(m, map[string]bed.Role{"member": member, "provision": provision, "visit": visit, "provisionSessions": provisionSessions, "test": func([]string) error {
		if m.Run() != 0 {
			return errors.New("the tests failed")
		}
		return nil
	}})
}

func config(dir string) dataprotection.Config {
	return dataprotection.Config{Application: "fleet", Store: filestore.Shared(dir), Logger: slog.New(slog.DiscardHandler)}
}

func provision(args []string) error { return filestore.Provision(args[0]) }

// A session is a member's ring, driven by the lines of its standard input.
type session struct {
	dir  string
	poll time.Duration
	ring *dataprotection.KeyRing
	auth *cookieauth.Authenticator
}

// member is a process of the fleet. Each line that it reads is a command and its
// arguments; it prints one line in answer.
func member(args []string) error {
	poll, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	s := &session{poll: poll}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		words := strings.Fields(lines.Text())
		answer, err := commands[words[0]](s, context.Background(), words[1:]...)
		if err != nil {
			answer = "error: " + strings.ReplaceAll(err.Error(), "\n", "; ")
		}
		fmt.Println(answer)
	}
	return nil
}

var commands = map[string]func(s *session, ctx context.Context, args ...string) (string, error){
	"sessions": (*session).sessions, "signIn": (*session).signIn, "endAll": (*session).endAll, "signedOut": (*session).signedOut,
	"open": (*session).open, "reopen": (*session).reopen, "files": (*session).files, "protect": (*session).protect, "unprotect": (*session).unprotect,
	"refused": (*session).refused, "revoke": (*session).revoke, "create": (*session).create, "status": (*session).status,
}

func (s *session) config() dataprotection.Config {
	cfg := config(s.dir)
	cfg.PollInterval = s.poll
	return cfg
}

// open opens the ring of a directory, and closes the one before. The answer is a payload.
func (s *session) open(ctx context.Context, args ...string) (string, error) {
	if s.ring != nil {
		s.ring.Close()
	}
	s.dir = args[0]
	var err error
	if s.ring, err = dataprotection.Open(ctx, s.config()); err != nil {
		return "", err
	}
	return s.protect(ctx)
}

// reopen opens the ring anew, as after a restart.
func (s *session) reopen(ctx context.Context, _ ...string) (string, error) { return s.open(ctx, s.dir) }

// files lists what is in the directory, but for the marker.
func (s *session) files(context.Context, ...string) (string, error) {
	entries, err := os.ReadDir(s.dir)
	var names []string
	for _, e := range entries {
		if e.Name() != ".sealring-store" {
			names = append(names, e.Name())
		}
	}
	return strings.Join(names, " "), err
}

func (s *session) protector() *dataprotection.Protector { return s.ring.Protector("p") }

func (s *session) protect(context.Context, ...string) (string, error) {
	return s.protector().ProtectString("x")
}

// unprotect opens every payload.
func (s *session) unprotect(ctx context.Context, payloads ...string) (string, error) {
	for _, sealed := range payloads {
		if _, err := s.protector().UnprotectString(ctx, sealed); err != nil {
			return "", err
		}
	}
	return "opened", nil
}

// refused waits until the payload's key is known to be revoked, two minutes at most.
func (s *session) refused(ctx context.Context, args ...string) (string, error) {
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		_, err := s.protector().UnprotectString(ctx, args[0])
		if revoked := (*dataprotection.KeyRevokedError)(nil); errors.As(err, &revoked) {
			return "refused", nil
		}
	}
	return "", errors.New("the payload is still accepted")
}

func (s *session) manager(ctx context.Context) (*dataprotection.Manager, error) {
	return dataprotection.NewManager(ctx, s.config())
}

// revoke revokes every key that there is.
func (s *session) revoke(ctx context.Context, _ ...string) (string, error) {
	m, err := s.manager(ctx)
	if err != nil {
		return "", err
	}
	return "revoked", m.RevokeAll(ctx, time.Time{}, "test")
}

// create makes a key.
func (s *session) create(ctx context.Context, _ ...string) (string, error) {
	m, err := s.manager(ctx)
	if err != nil {
		return "", err
	}
	key, err := m.Create(ctx, nil)
	return key.ID.String(), err
}

func (s *session) status(context.Context, ...string) (string, error) {
	text, err := json.Marshal(s.ring.Status())
	return string(text), err
}
