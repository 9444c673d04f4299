package sessiontest

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/internal/contracttest"
)

// A Store is both.
type Store interface {
	cookieauth.TicketStore
	cookieauth.CutoffStore
}

// Options tells what is to be checked beside the contract.
type Options struct {
	_ struct{}

	// Restart, if it is set, stops the medium as a crash would and starts it again,
	// with all handles still in use: a database server, say. What was stored before
	// must be there after. What it starts has to outlive the check that calls it.
	Restart func()
}

// Run checks a store that is both. For each check fresh is called once and makes
// new, empty storage; the function that it returns opens one more handle on that
// storage, as another process would. Handles are used concurrently; what they
// need to be closed is for t.Cleanup.
func Run(t *testing.T, fresh func(t *testing.T) (open func() Store), options Options) {
	RunTickets(t, func(t *testing.T) func() cookieauth.TicketStore {
		open := fresh(t)
		return func() cookieauth.TicketStore { return open() }
	}, options)
	RunCutoffs(t, func(t *testing.T) func() cookieauth.CutoffStore {
		open := fresh(t)
		return func() cookieauth.CutoffStore { return open() }
	}, options)
}

// RunTickets checks a TicketStore, as Run does.
func RunTickets(t *testing.T, fresh func(t *testing.T) (open func() cookieauth.TicketStore), options Options) {
	run(t, ticketChecks, fresh, options)
}

// RunCutoffs checks a CutoffStore, as Run does.
func RunCutoffs(t *testing.T, fresh func(t *testing.T) (open func() cookieauth.CutoffStore), options Options) {
	run(t, cutoffChecks, fresh, options)
}

func run[S any](t *testing.T, checks []check[S], fresh func(t *testing.T) func() S, options Options) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			c.run(t, storage[S]{open: fresh(t), restart: options.Restart})
		})
	}
}

// A check is one part of a contract.
type check[S any] struct {
	name string
	run  func(t reporter, s storage[S])
}

// A storage is what one check works on.
type storage[S any] struct {
	open    func() S
	restart func() // nil if it cannot be restarted
}

type (
	tickets = storage[cookieauth.TicketStore]
	cutoffs = storage[cookieauth.CutoffStore]
)

// A reporter is *testing.T, or what tests of this package watch a check fail with.
type reporter = contracttest.T

// patience bounds what a broken store would keep waiting. Tests of this package have less.
var patience = 30 * time.Second

// handles is how many work at the same time.
const handles = 8

// opened returns several handles.
func (s storage[S]) opened(n int) []S {
	stores := make([]S, n)
	for i := range stores {
		stores[i] = s.open()
	}
	return stores
}

// now is the time as stores keep it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// newID is a name such as sessions have.
func newID() string { return rand.Text() }

// oddTexts are strings that media are known to mistake for one another, or for
// something else than text.
var oddTexts = []string{
	"", " ", "  ", "\t", "\n", "\r\n", "a", "A", "a ", " a", "a\t", "a\x01", "aa", "á", "a\u0301", "Á", "å", "ａ", "ⓐ", "ª",
	"i", "I", "ı", "İ", "ss", "ß", "ẞ", "ſs", "K", "\u212a", "ﬀ", "\u200b", "a\u200b", "\ufeffa", "\ufffd", "\u0085", "\u2028",
	"0", "00", "1", "1.0", "1e0", "null", "NULL", "nil", "true", "[]", "{}", "{a}", "{a}b", "a*", "a?", "a%", "a_", "[a]",
	".", "..", "../a", "/", "/etc/passwd", `\`, `\0`, `\n`, `a\`, "con", "nul.txt", "a:b", "~", "-a", "--", "#", ";", "|", "$a",
	"'", `"`, "`", "''", "'; DROP TABLE sessions; --", "%s", "%00", "<a>", "&amp;", "\x7f",
	"ключ", "鍵", "🔑", "𝕒", "\U0010ffff", "user@example.org", "User@example.org", "CN=a,DC=b",
	"S-1-5-21-1004336348-1177238915-682003330-512",
}
