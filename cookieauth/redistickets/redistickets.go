package redistickets

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/internal/confcheck"
	"github.com/sealring/sealring/internal/redisserver"
)

// DefaultPrefix is what keys begin with if nothing else is said.
const DefaultPrefix = "sealring:"

// Config says where sessions and cut-offs are. It is copied.
type Config struct {
	_ struct{}

	// Client reaches the server. Required. It must read and write masters; its time
	// limits and repetitions are those of every call.
	Client redis.UniversalClient

	// Prefix is what every key begins with. Several applications on one server need
	// one each: with the same, they would share their sessions. The default is
	// DefaultPrefix.
	Prefix string

	// Now is the time by which what expires gets its time to live. If it is nil, it is
	// time.Now. It should be that of the Authenticator.
	Now func() time.Time
}

// A Store keeps sessions and cut-offs in Redis. It implements
// cookieauth.TicketStore, cookieauth.CutoffStore and dataprotection.Notifier, and
// is safe for concurrent use.
type Store struct {
	client redis.UniversalClient
	prefix string
	now    func() time.Time
}

// New returns a store. It does not talk to the server.
func New(cfg Config) (*Store, error) {
	var problems confcheck.Problems
	problems.Add(cfg.Client == nil, "Client", "required: redis.NewClient, NewFailoverClient or NewClusterClient makes one")
	if err := problems.Err("redistickets"); err != nil {
		return nil, err
	}
	if cfg.Prefix == "" {
		cfg.Prefix = DefaultPrefix
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Store{client: cfg.Client, prefix: cfg.Prefix, now: cfg.Now}, nil
}

// String names the keys and, where it is one, the server, for logs.
func (s *Store) String() string {
	name := "Redis keys " + s.prefix + "*"
	if c, ok := s.client.(*redis.Client); ok {
		return fmt.Sprintf("%s at %s, database %d", name, c.Options().Addr, c.Options().DB)
	}
	return name
}

func (s *Store) sessionKey(id string) string { return s.prefix + "session:" + id }

// userKey hashes the user, who may be called anything.
func (s *Store) userKey(user string) string {
	sum := sha256.Sum256([]byte(user))
	return s.prefix + "user:" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// Create stores a session with one script, after one that puts it into the list of
// its user.
func (s *Store) Create(ctx context.Context, session *cookieauth.StoredSession) error {
	if err := s.list(ctx, session); err != nil {
		return s.failed("create", err)
	}
	nonce := rand.Text() // the client repeats a command whose answer got lost
	args := append([]any{s.life(session), nonce}, fields(session)...)
	created, err := createScript.Run(ctx, s.client, []string{s.sessionKey(session.ID)}, args...).Bool()
	if err != nil {
		return s.failed("create", err)
	}
	if !created {
		return s.taken(ctx, session)
	}
	return nil
}

// taken takes a session out of the list of a user that is not the one who has it.
func (s *Store) taken(ctx context.Context, session *cookieauth.StoredSession) error {
	if there, err := s.load(ctx, session.ID); err == nil && there.User != session.User {
		s.client.ZRem(ctx, s.userKey(session.User), session.ID) // if that fails, the list is too long
	}
	return fmt.Errorf("redistickets: session %s: %w", session.ID, fs.ErrExist)
}

// life is for how many milliseconds a session is kept from now on.
func (s *Store) life(session *cookieauth.StoredSession) int64 {
	return session.Expires.Sub(s.now()).Milliseconds()
}

// slack is how much longer a session stays in the list of its user, and a cut-off
// than its Until.
const slack = time.Hour

// list puts a session into the list of its user, until it expires.
func (s *Store) list(ctx context.Context, session *cookieauth.StoredSession) error {
	return listScript.Run(ctx, s.client, []string{s.userKey(session.User)},
		session.ID, session.Expires.UnixMilli(), s.now().Add(-slack).UnixMilli(), s.life(session)+slack.Milliseconds()).Err()
}

// Load returns a session with one command.
func (s *Store) Load(ctx context.Context, id string) (*cookieauth.StoredSession, error) {
	session, err := s.load(ctx, id)
	if err != nil && !errors.Is(err, cookieauth.ErrNoSession) {
		return nil, s.failed("load", err)
	}
	return session, err
}

func (s *Store) load(ctx context.Context, id string) (*cookieauth.StoredSession, error) {
	values, err := s.client.HMGet(ctx, s.sessionKey(id), fieldNames...).Result()
	if err != nil {
		return nil, err
	}
	return parseSession(id, values)
}

// Update changes a session with one script, after one that keeps it in the list of
// its user for longer.
func (s *Store) Update(ctx context.Context, session *cookieauth.StoredSession) error {
	if err := s.list(ctx, session); err != nil {
		return s.failed("update", err)
	}
	args := append([]any{s.life(session)}, changing(session)...)
	updated, err := updateScript.Run(ctx, s.client, []string{s.sessionKey(session.ID)}, args...).Bool()
	if err != nil {
		return s.failed("update", err)
	}
	if !updated {
		s.client.ZRem(ctx, s.userKey(session.User), session.ID) // if that fails, the list is too long
		return cookieauth.ErrNoSession
	}
	return nil
}

// atOnce is how many sessions are asked for or removed in one round trip.
const atOnce = 200

// End removes sessions, and then takes them out of the lists of their users.
func (s *Store) End(ctx context.Context, ids ...string) error {
	for some := range slices.Chunk(ids, atOnce) {
		if err := s.end(ctx, some); err != nil {
			return s.failed("end", err)
		}
	}
	return ctx.Err()
}

func (s *Store) end(ctx context.Context, ids []string) error {
	users := make([]*redis.StringCmd, len(ids))
	err := s.pipelined(ctx, ids, func(p redis.Pipeliner, i int) redis.Cmder {
		users[i] = p.HGet(ctx, s.sessionKey(ids[i]), "user")
		return users[i]
	})
	if err != nil {
		return err
	}
	err = s.pipelined(ctx, ids, func(p redis.Pipeliner, i int) redis.Cmder {
		return p.Del(ctx, s.sessionKey(ids[i]))
	})
	if err != nil {
		return err
	}
	return s.pipelined(ctx, ids, func(p redis.Pipeliner, i int) redis.Cmder {
		if users[i].Err() != nil {
			return users[i] // it was not there
		}
		return p.ZRem(ctx, s.userKey(users[i].Val()), ids[i])
	})
}

// pipelined sends a command for each id. That something is not there is no error.
func (s *Store) pipelined(ctx context.Context, ids []string, command func(p redis.Pipeliner, i int) redis.Cmder) error {
	commands := make([]redis.Cmder, len(ids))
	_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range ids {
			commands[i] = command(p, i)
		}
		return nil
	})
	if err == nil || !errors.Is(err, redis.Nil) {
		return err
	}
	for _, c := range commands { // the first error is one of these, and may not be the only one
		if err := c.Err(); err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
	}
	return nil
}

// ByUser returns the sessions in the list of a user that are there.
func (s *Store) ByUser(ctx context.Context, user string) ([]*cookieauth.StoredSession, error) {
	ids, err := s.client.ZRange(ctx, s.userKey(user), 0, -1).Result()
	if err != nil {
		return nil, s.failed("list", err)
	}
	var sessions []*cookieauth.StoredSession
	for some := range slices.Chunk(ids, atOnce) {
		found, err := s.loadMany(ctx, some)
		if err != nil {
			return nil, s.failed("list", err)
		}
		sessions = append(sessions, found...)
	}
	return slices.DeleteFunc(sessions, func(session *cookieauth.StoredSession) bool { return session.User != user }), nil
}

// loadMany returns those that are there.
func (s *Store) loadMany(ctx context.Context, ids []string) (sessions []*cookieauth.StoredSession, err error) {
	commands := make([]*redis.SliceCmd, len(ids))
	err = s.pipelined(ctx, ids, func(p redis.Pipeliner, i int) redis.Cmder {
		commands[i] = p.HMGet(ctx, s.sessionKey(ids[i]), fieldNames...)
		return commands[i]
	})
	if err != nil {
		return nil, err
	}
	for i, command := range commands {
		session, err := parseSession(ids[i], command.Val())
		switch {
		case err == nil:
			sessions = append(sessions, session)
		case !errors.Is(err, cookieauth.ErrNoSession):
			return nil, err
		}
	}
	return sessions, nil
}

// failed says what failed. An end of the context is the caller's own doing and
// stays as it is.
func (s *Store) failed(op string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("redistickets: %s: %s: %w", op, s, redisserver.Explain(err, "docs/sessions.md"))
}
