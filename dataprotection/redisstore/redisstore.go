package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/internal/confcheck"
)

// DefaultKey is the list that ASP.NET Core's documentation uses.
const DefaultKey = "DataProtection-Keys"

// Config says where the list is. It is copied.
type Config struct {
	_ struct{}

	// Client reaches the server. Required. It must write to the master; its time
	// limits and repetitions are those of every call.
	Client redis.UniversalClient

	// Key is the list. The default is DefaultKey.
	Key string
}

// A Store keeps a key ring in a Redis list. It implements dataprotection.Store,
// Replacer, Remover and Notifier, and is safe for concurrent use.
type Store struct {
	client   redis.UniversalClient
	key      string
	findings findings
}

// New returns a store. It does not talk to the server.
func New(cfg Config) (*Store, error) {
	var problems confcheck.Problems
	problems.Add(cfg.Client == nil, "Client", "required: redis.NewClient, NewFailoverClient or NewClusterClient makes one")
	if err := problems.Err("redisstore"); err != nil {
		return nil, err
	}
	if cfg.Key == "" {
		cfg.Key = DefaultKey
	}
	return &Store{client: cfg.Client, key: cfg.Key}, nil
}

// String names the list and, where it is one, the server, for logs.
func (s *Store) String() string {
	name := "Redis list " + s.key
	if c, ok := s.client.(*redis.Client); ok {
		return fmt.Sprintf("%s at %s, database %d", name, c.Options().Addr, c.Options().DB)
	}
	return name
}

// Load returns every item of the list, in its order, without names. The Ref of an
// element tells its place, counted from 0, and its hash; Replace and Remove go by
// the hash.
func (s *Store) Load(ctx context.Context, since dataprotection.Version) (dataprotection.Snapshot, error) {
	state, err := s.read(ctx, stateOf(since))
	if err != nil {
		return dataprotection.Snapshot{}, s.failed("list", err)
	}
	warnings := s.warnings(ctx)
	if version(state.sum, warnings) == since {
		return dataprotection.Snapshot{}, dataprotection.ErrNotModified
	}
	if state.unchanged { // but the warnings have
		if state, err = s.read(ctx, ""); err != nil {
			return dataprotection.Snapshot{}, s.failed("list", err)
		}
	}
	return dataprotection.Snapshot{
		Version:  version(state.sum, warnings),
		Elements: state.elements(),
		Warnings: warnings,
	}, nil
}

// Add appends e to the list, on one line. What is no well-formed element of at
// most 64 KiB is refused, as it would make every .NET reader of the list fail.
// Add never fails with fs.ErrExist.
func (s *Store) Add(ctx context.Context, e dataprotection.Element, ifVersion dataprotection.Version) error {
	line, err := keyxml.OneLine(e.XML)
	if err != nil {
		return fmt.Errorf("redisstore: add: not an element: %w", err)
	}
	state := stateOf(ifVersion)
	if ifVersion != "" && state == "" {
		return dataprotection.ErrConflict // not a version of a redisstore
	}
	return s.change(ctx, "add", addScript, line, state)
}

// Replace puts new in the place of the item that old.Ref names. Of equal items it
// is the first.
func (s *Store) Replace(ctx context.Context, old, new dataprotection.Element) error {
	sum, err := sumOf(old.Ref)
	if err != nil {
		return err
	}
	line, err := keyxml.OneLine(new.XML)
	if err != nil {
		return fmt.Errorf("redisstore: replace: not an element: %w", err)
	}
	return s.change(ctx, "replace", replaceScript, sum, line)
}

// Remove removes the items that the elements' Ref names, all of them at one
// moment. Of equal items it removes as many as are named.
func (s *Store) Remove(ctx context.Context, elements ...dataprotection.Element) error {
	var sums []any
	for _, e := range elements {
		sum, err := sumOf(e.Ref)
		if err != nil {
			return err
		}
		sums = append(sums, sum)
	}
	return s.change(ctx, "remove", removeScript, sums...)
}

// change runs a script that changes the list and answers 0 for a conflict.
func (s *Store) change(ctx context.Context, op string, script *redis.Script, args ...any) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	done, err := script.Run(ctx, s.client, []string{s.key}, append([]any{channel(s.key)}, args...)...).Bool()
	switch {
	case err != nil:
		return s.failed(op, err)
	case !done:
		return dataprotection.ErrConflict
	}
	return nil
}

// ready reports what keeps a call from being made.
func (s *Store) ready(ctx context.Context) error {
	if s.client == nil {
		return errors.New("redisstore: a Store is made with New")
	}
	return ctx.Err()
}

// sumOf returns the hash in a Ref.
func sumOf(ref string) (string, error) {
	_, sum, ok := strings.Cut(ref, refSeparator)
	if !ok || len(sum) != sumLength {
		return "", errors.New("redisstore: the element was not loaded from a Redis list")
	}
	return sum, nil
}
