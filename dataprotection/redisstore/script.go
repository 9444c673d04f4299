package redisstore

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/dataprotection"
)

// The scripts. KEYS[1] is the list; ARGV[1] is the channel, in those that change it.
// The hash is SHA-1 because Redis has no other. It tells changes, not enemies:
// whoever can write to the list can forge logins without it.
const (
	prelude = `
local items = redis.call('LRANGE', KEYS[1], 0, -1)
local sums = {}
for i, item in ipairs(items) do sums[i] = redis.sha1hex(item) end
local state = redis.sha1hex(table.concat(sums))
local function find(list, value)
  for i, v in ipairs(list) do
    if v == value then return i end
  end
end
local function publish() redis.pcall('PUBLISH', ARGV[1], '') end
`
	// ARGV[1]: the state that is known.
	loadSource = prelude + `
if state == ARGV[1] then return {state} end
return {state, items}
`
	// ARGV[2]: the item. ARGV[3]: the state that is expected, or none. The item is
	// looked for first because the client may have sent the command before.
	addSource = prelude + `
if find(items, ARGV[2]) then return 1 end
if ARGV[3] ~= '' and ARGV[3] ~= state then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[2])
publish()
return 1
`
	// ARGV[2]: the old item's hash. ARGV[3]: the new item.
	replaceSource = prelude + `
local i = find(sums, ARGV[2])
if not i then return find(items, ARGV[3]) and 1 or 0 end
redis.call('LSET', KEYS[1], i - 1, ARGV[3])
publish()
return 1
`
	// ARGV[2] and following: the items' hashes.
	removeSource = prelude + `
local removed = 0
for n = 2, #ARGV do
  local i = find(sums, ARGV[n])
  if i then removed = removed + redis.call('LREM', KEYS[1], 1, items[i]) end
end
if removed > 0 then publish() end
return 1
`
)

var (
	loadScript    = redis.NewScript(loadSource)
	addScript     = redis.NewScript(addSource)
	replaceScript = redis.NewScript(replaceSource)
	removeScript  = redis.NewScript(removeSource)
)

const (
	sumLength    = 2 * sha1.Size
	refSeparator = " sha1 "
)

// A state is the list at one moment.
type state struct {
	sum       string // of the hashes of the items
	unchanged bool   // sum is the one that was known, and items have not been sent
	items     []any
}

// read asks for the list, unless its state is the known one.
func (s *Store) read(ctx context.Context, known string) (state, error) {
	if err := s.ready(ctx); err != nil {
		return state{}, err
	}
	reply, err := loadScript.Run(ctx, s.client, []string{s.key}, known).Slice()
	if err != nil {
		return state{}, err
	}
	if len(reply) == 1 {
		return state{sum: known, unchanged: true}, nil
	}
	if len(reply) == 2 {
		sum, isText := reply[0].(string)
		items, isList := reply[1].([]any)
		if isText && isList {
			return state{sum: sum, items: items}, nil
		}
	}
	return state{}, fmt.Errorf("the server answered the script with %d values of other kinds than expected", len(reply))
}

// elements turns the items into what the ring wants. What is no element the ring
// itself finds out, and takes for one that may be a revocation.
func (s state) elements() []dataprotection.Element {
	var elements []dataprotection.Element
	for i, item := range s.items {
		text, _ := item.(string)
		sum := sha1.Sum([]byte(text))
		elements = append(elements, dataprotection.Element{
			Ref: fmt.Sprintf("item %d%s%s", i, refSeparator, hex.EncodeToString(sum[:])),
			XML: []byte(text),
		})
	}
	return elements
}

// version has two parts, "{items}.{warnings}", so that a warning that comes or
// goes is news. Add compares the first.
func version(sum string, warnings []string) dataprotection.Version {
	about := sha1.Sum([]byte(strings.Join(warnings, "\x00")))
	return dataprotection.Version(sum + "." + hex.EncodeToString(about[:4]))
}

// stateOf returns the first part of a version. It is empty for what is none.
func stateOf(v dataprotection.Version) string {
	sum, _, ok := strings.Cut(string(v), ".")
	if !ok || len(sum) != sumLength {
		return ""
	}
	return sum
}
