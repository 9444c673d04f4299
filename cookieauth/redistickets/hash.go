package redistickets

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/internal/record"
)

// The scripts on a session's hash and a user's list.
var (
	// ARGV: the time to live, a nonce, names and values. An earlier attempt of the
	// same call is told by its nonce.
	createScript = redis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 1 then
  return redis.call('HGET', KEYS[1], 'nonce') == ARGV[2] and 1 or 0
end
redis.call('HSET', KEYS[1], 'nonce', unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
`)

	// ARGV: the time to live, names and values.
	updateScript = redis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
`)

	// ARGV: an id, when it expires, before when the expired are removed, the time to
	// live of the list.
	listScript = redis.NewScript(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[3])
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not score or tonumber(score) < tonumber(ARGV[2]) then
  redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
end
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return 1
`)
)

// fieldNames are the fields that are read.
var fieldNames = []string{"scheme", "user", "created", "seen", "expires", "address", "agent", "ticket"}

// fields are all names and values of a session; those that do not change come first.
func fields(s *cookieauth.StoredSession) []any {
	return append([]any{"user", s.User, "created", record.Micros(s.Created)}, changing(s)...)
}

// changing are the names and values that an update writes.
func changing(s *cookieauth.StoredSession) []any {
	return []any{
		"scheme", s.Scheme, "seen", record.Micros(s.LastSeen), "expires", record.Micros(s.Expires),
		"address", s.Address, "agent", s.UserAgent, "ticket", s.Ticket,
	}
}

// parseSession is the reverse of fields, for the values of fieldNames.
func parseSession(id string, values []any) (*cookieauth.StoredSession, error) {
	text := make([]string, len(fieldNames))
	missing := 0
	for i := range fieldNames {
		var ok bool
		if text[i], ok = values[i].(string); !ok {
			missing++
		}
	}
	if missing == len(fieldNames) {
		return nil, cookieauth.ErrNoSession
	}
	times := make([]int64, 3)
	var errs []error
	for i := range times {
		var err error
		times[i], err = strconv.ParseInt(text[2+i], 10, 64)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); missing > 0 || err != nil {
		return nil, fmt.Errorf("the hash of session %s is not what this package writes", id)
	}
	return &cookieauth.StoredSession{
		ID: id, Scheme: text[0], User: text[1],
		Created: record.Time(times[0]), LastSeen: record.Time(times[1]), Expires: record.Time(times[2]),
		Address: text[5], UserAgent: text[6], Ticket: []byte(text[7]),
	}, nil
}
