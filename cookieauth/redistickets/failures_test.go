package redistickets_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/redistickets"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/realtest"
)

// failing fails the test if err is not one that says that.
func failing(t *testing.T, what string, err error, text string) {
	t.Helper()
	if err == nil || errors.Is(err, cookieauth.ErrNoSession) || errors.Is(err, dataprotection.ErrNotModified) || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: got error %v, want one that says %q", what, err, text)
	}
}

// allFail fails the test if there is a method that does not fail so.
func allFail(t *testing.T, s *redistickets.Store, text string) {
	t.Helper()
	failing(t, "Create", s.Create(t.Context(), session("B", "u")), text)
	got, err := s.Load(t.Context(), "A")
	failing(t, "Load", err, text)
	if got != nil {
		t.Error("Load returned a session with an error")
	}
	failing(t, "Update", s.Update(t.Context(), session("A", "u")), text)
	failing(t, "End", s.End(t.Context(), "A", "B"), text)
	_, err = s.ByUser(t.Context(), "u")
	failing(t, "ByUser", err, text)
	_, _, err = s.LoadCutoffs(t.Context(), "")
	failing(t, "LoadCutoffs", err, text)
	failing(t, "AddCutoffs", s.AddCutoffs(t.Context(), cutoff("u")), text)
	failing(t, "Notify", s.Notify(t.Context(), func() {}), text)
	_, err = s.Warnings(t.Context())
	failing(t, "Warnings", err, text)
}

func TestServerAway(t *testing.T) {
	server := realtest.Redis(t, "--appendfsync", "always")
	client := use(t, redis.NewClient(&redis.Options{Addr: server.Address, MaxRetries: -1, DialerRetries: 1}))
	s := store(t, client, "")
	create(t, s, session("A", "u"))
	server.Kill()
	allFail(t, s, server.Address)
	server.Start(t) // it has forgotten the scripts
	within(t, "it can be updated after the restart", func() bool {
		return s.Update(t.Context(), session("A", "u")) == nil
	})
}

func TestNoPermission(t *testing.T) {
	server := realtest.Redis(t)
	if err := dial(t, server).Do(t.Context(), "ACL", "SETUSER", "app", "reset", "on", ">geheim", "resetchannels", "-@all").Err(); err != nil {
		t.Fatal(err)
	}
	s := store(t, use(t, redis.NewClient(&redis.Options{Addr: server.Address, Username: "app", Password: "geheim"})), "")
	allFail(t, s, "lacks permissions; docs/sessions.md")
}

// The permissions that docs/sessions.md names are enough.
func TestPermissions(t *testing.T) {
	server := realtest.Redis(t)
	rules := []any{
		"ACL", "SETUSER", "app", "reset", "on", ">geheim", "resetchannels", "&sealring:*", "~sealring:*", "-@all",
		"+eval", "+evalsha", "+exists", "+hmget", "+hget", "+hset", "+del", "+get", "+set", "+pexpire", "+pttl",
		"+zadd", "+zrem", "+zscore", "+zrange", "+zremrangebyscore", "+publish", "+subscribe", "+ping", "+info", "+config|get",
	}
	if err := dial(t, server).Do(t.Context(), rules...).Err(); err != nil {
		t.Fatal(err)
	}
	s := store(t, use(t, redis.NewClient(&redis.Options{Addr: server.Address, Username: "app", Password: "geheim"})), "")
	create(t, s, session("A", "u"))
	_, loadErr := s.Load(t.Context(), "A")
	_, listErr := s.ByUser(t.Context(), "u")
	_, warnErr := s.Warnings(t.Context())
	err := errors.Join(loadErr, listErr, warnErr, s.Update(t.Context(), session("A", "u")), s.End(t.Context(), "A"),
		s.AddCutoffs(t.Context(), cutoff("u")))
	if err != nil {
		t.Error(err)
	}
	if _, _, err := s.LoadCutoffs(t.Context(), ""); err != nil {
		t.Error(err)
	}
	told := make(chan struct{}, 10)
	go s.Notify(t.Context(), func() { told <- struct{}{} })
	<-told
	if err := s.AddCutoffs(t.Context(), cutoff("u")); err != nil {
		t.Error(err)
	}
	<-told
}

func TestRefusals(t *testing.T) {
	client := dial(t, realtest.Redis(t))
	s := store(t, client, "")
	if err := client.Set(t.Context(), "sealring:session:A", "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	_, err := s.Load(t.Context(), "A")
	failing(t, "Load of a key of another type", err, "something else than it should")

	for name, fields := range map[string][]any{
		"without a ticket":  {"user", "u", "created", 1, "seen", 1, "expires", 1, "scheme", "", "address", "", "agent", ""},
		"with another time": {"user", "u", "created", 1, "seen", "yesterday", "expires", 1, "scheme", "", "address", "", "agent", "", "ticket", ""},
	} {
		create(t, s, session("B", "u"))
		client.Del(t.Context(), "sealring:session:B")
		if err := client.HSet(t.Context(), "sealring:session:B", fields...).Err(); err != nil {
			t.Fatal(err)
		}
		_, err = s.Load(t.Context(), "B")
		failing(t, "Load of a hash "+name, err, "not what this package writes")
		_, err = s.ByUser(t.Context(), "u")
		failing(t, "ByUser with a hash "+name, err, "not what this package writes")
		client.Del(t.Context(), "sealring:session:B")
	}

	client.ConfigSet(t.Context(), "maxmemory", "1")
	failing(t, "Create without memory", s.Create(t.Context(), session("C", "u")), "reached maxmemory")
	client.ConfigSet(t.Context(), "maxmemory", "0")
	late := cutoff("u")
	late.Until = time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)
	failing(t, "AddCutoffs until 2300", s.AddCutoffs(t.Context(), late), "later than can be kept")
}

// A list of cut-offs is whole or an error.
func TestLostCutoffs(t *testing.T) {
	client := dial(t, realtest.Redis(t))
	s := store(t, client, "")
	one, two := cutoff("one"), cutoff("two")
	if err := s.AddCutoffs(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	_, before, err := s.LoadCutoffs(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}

	client.Del(t.Context(), "sealring:{cutoffs}:version")
	list, version, err := s.LoadCutoffs(t.Context(), before)
	if err != nil || version == before || !slices.Equal(list, []cookieauth.Cutoff{one}) {
		t.Errorf("without the version: got %v, the same version %v, error %v", list, version == before, err)
	}
	if _, _, err := s.LoadCutoffs(t.Context(), version); !errors.Is(err, dataprotection.ErrNotModified) {
		t.Errorf("since the new version: got error %v", err)
	}

	client.ZAdd(t.Context(), "sealring:{cutoffs}", redis.Z{Score: 1, Member: "half"})
	_, _, err = s.LoadCutoffs(t.Context(), "")
	failing(t, "LoadCutoffs of what is no cut-off", err, "not a cut-off")

	client.Del(t.Context(), "sealring:{cutoffs}")
	_, _, err = s.LoadCutoffs(t.Context(), "")
	failing(t, "LoadCutoffs without the list", err, "DEL sealring:{cutoffs}:version")
	client.Del(t.Context(), "sealring:{cutoffs}:version")
	if err := s.AddCutoffs(t.Context(), two); err != nil {
		t.Fatal(err)
	}
	list, _, err = s.LoadCutoffs(t.Context(), before)
	if err != nil || !slices.Equal(list, []cookieauth.Cutoff{two}) {
		t.Errorf("after another cut-off: got %v, error %v", list, err)
	}
}

func TestWarnings(t *testing.T) {
	for _, row := range []struct {
		name     string
		settings []string
		want     string // in the only warning; none if empty
	}{
		{"persistent", nil, ""},
		{"nothing is kept", []string{"--appendonly", "no"}, "keeps nothing on disk"},
		{"evicts", []string{"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"}, "maxmemory-policy allkeys-lru; set it to noeviction"},
		{"evicts what may expire", []string{"--maxmemory", "100mb", "--maxmemory-policy", "volatile-lru"}, "maxmemory-policy volatile-lru"},
		{"would evict without a limit", []string{"--maxmemory-policy", "allkeys-lru"}, ""},
		{"never evicts", []string{"--maxmemory", "100mb", "--maxmemory-policy", "noeviction"}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := store(t, dial(t, realtest.Redis(t, row.settings...)), "").Warnings(t.Context())
			if err != nil || len(got) > 1 || (len(got) == 0) != (row.want == "") || !strings.Contains(strings.Join(got, ""), row.want) {
				t.Errorf("got %q and error %v, want one with %q", got, err, row.want)
			}
		})
	}
}
