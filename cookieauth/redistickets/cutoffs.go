package redistickets

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/internal/record"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/redisserver"
)

// The scripts on the cut-offs. KEYS: the sorted set and its version. The version is
// random, so that a server that has lost some of it never has that of another list.
var (
	// ARGV: the known version, a new one. There is a version without a list only
	// after an eviction, as each add leaves at least one cut-off.
	loadScript = redis.NewScript(`
local version = redis.call('GET', KEYS[2])
if version and version == ARGV[1] then return {version} end
local items = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
if #items == 0 then return {version or '', items} end
if not version then
  version = ARGV[2]
  redis.call('SET', KEYS[2], version)
end
return {version, items}
`)

	// ARGV: the channel, a new version, before when the expired are removed, scores
	// and members.
	addScript = redis.NewScript(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[3])
local changed = false
for n = 4, #ARGV, 2 do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[n + 1])
  if not score or tonumber(score) < tonumber(ARGV[n]) then
    redis.call('ZADD', KEYS[1], ARGV[n], ARGV[n + 1])
    changed = true
  end
end
if changed then
  redis.call('SET', KEYS[2], ARGV[2])
  redis.pcall('PUBLISH', ARGV[1], '')
end
return 1
`)
)

// nothing is the version of the list where there has never been a cut-off.
const nothing dataprotection.Version = "none"

func (s *Store) cutoffKey() string { return s.prefix + "{cutoffs}" }

func (s *Store) cutoffKeys() []string { return []string{s.cutoffKey(), s.cutoffKey() + ":version"} }

// LoadCutoffs returns all cut-offs, or learns with one script that nothing has changed.
func (s *Store) LoadCutoffs(ctx context.Context, since dataprotection.Version) ([]cookieauth.Cutoff, dataprotection.Version, error) {
	reply, err := loadScript.Run(ctx, s.client, s.cutoffKeys(), string(since), rand.Text()).Slice()
	if err != nil {
		return nil, "", s.failed("load cut-offs", err)
	}
	if len(reply) == 1 {
		return nil, "", dataprotection.ErrNotModified
	}
	cutoffs, version, err := parseCutoffs(reply)
	switch {
	case err != nil:
		return nil, "", s.failed("load cut-offs", err)
	case version == "" && since == nothing:
		return nil, "", dataprotection.ErrNotModified
	case version == "":
		return cutoffs, nothing, nil
	case len(cutoffs) == 0:
		return nil, "", s.failed("load cut-offs", fmt.Errorf("the server has lost them, probably by eviction; set maxmemory-policy noeviction and, to go on without them, run: DEL %s:version", s.cutoffKey()))
	}
	return cutoffs, version, nil
}

func parseCutoffs(reply []any) (cutoffs []cookieauth.Cutoff, version dataprotection.Version, err error) {
	if len(reply) != 2 {
		return nil, "", errors.New("the server answered the script with something else than expected")
	}
	text, isText := reply[0].(string)
	items, isList := reply[1].([]any)
	if !isText || !isList {
		return nil, "", errors.New("the server answered the script with something else than expected")
	}
	for pair := range slices.Chunk(items, 2) {
		member, _ := pair[0].(string)
		score, _ := pair[len(pair)-1].(string)
		until, err := strconv.ParseFloat(score, 64)
		if err != nil {
			return nil, "", errors.New("a score of a cut-off is no number")
		}
		c, err := record.Cutoff(member, int64(until))
		if err != nil {
			return nil, "", err
		}
		cutoffs = append(cutoffs, c)
	}
	return cutoffs, dataprotection.Version(text), nil
}

// maxUntil is as far as microseconds are whole numbers in a score: the year 2255.
const maxUntil = 1 << 53

// AddCutoffs adds cut-offs, some hundreds with each script, and tells who listens.
// An Until after the year 2255 is refused.
func (s *Store) AddCutoffs(ctx context.Context, cutoffs ...cookieauth.Cutoff) error {
	var pairs []any
	for _, c := range cutoffs {
		member, err := record.Identity(c)
		if err != nil {
			return fmt.Errorf("redistickets: add cut-offs: %w", err)
		}
		until := record.Micros(c.Until)
		if until > maxUntil {
			return fmt.Errorf("redistickets: add cut-offs: Until is %s, later than can be kept", c.Until)
		}
		pairs = append(pairs, until, member)
	}
	for some := range slices.Chunk(pairs, 2*atOnce) {
		args := append([]any{s.cutoffKey(), rand.Text(), record.Micros(s.now().Add(-slack))}, some...)
		if err := addScript.Run(ctx, s.client, s.cutoffKeys(), args...).Err(); err != nil {
			return s.failed("add cut-offs", err)
		}
	}
	return ctx.Err()
}

// Notify calls changed once it listens and after each change of the cut-offs, until
// ctx ends or the connection cannot go on.
func (s *Store) Notify(ctx context.Context, changed func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := redisserver.Listen(ctx, s.client, s.cutoffKey(), "", changed)
	if ctx.Err() != nil {
		return err
	}
	return s.failed("listen", err)
}
