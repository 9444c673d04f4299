package aspnet_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/internal/realtest"
)

// pollInterval is that of our rings in these tests. What another process does is
// to be seen within it and one read.
const pollInterval = time.Second

const (
	patience = 30 * time.Second // for a process to start
	slack    = 10 * time.Second // for a busy machine
)

func TestLivePayloadsBothWays(t *testing.T) {
	for _, tc := range []struct {
		name   string
		oursIs string // who makes the first key
	}{
		{"the reference makes the key", "second"},
		{"we make the key", "first"},
		{"both start at once", "together"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			keys := t.TempDir()
			var app *liveApp
			var ring *dataprotection.KeyRing
			switch tc.oursIs {
			case "first":
				ring, app = openLive(t, keys), startApp(t, keys, "ORACLE_READS_ONLY=1")
			case "second":
				app, ring = startApp(t, keys), openLive(t, keys)
			default:
				ready := launch(t, keys)
				ring, app = openLive(t, keys), ready()
			}
			bothWays(t, app, ring)
			// There is no way to agree on a directory with a reference that starts at the same moment.
			if n := len(app.keys(t)); n != 1 && tc.oursIs != "together" {
				t.Errorf("the ring has %d keys, want 1", n)
			}
		})
	}
}

func TestLiveNewKeys(t *testing.T) {
	keys := t.TempDir()
	app, ring := startApp(t, keys), openLive(t, keys)

	theirs := app.post(t, "/keys")
	within(t, 2*pollInterval, "the reference's new key seals here", func() bool { return ring.Status().SealingKey.String() == theirs })
	bothWays(t, app, ring)

	time.Sleep(10 * time.Millisecond) // the later activation wins
	ours, err := manage(t, keys).Create(t.Context(), &dataprotection.KeyDates{Activates: time.Now(), Expires: time.Now().Add(90 * 24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	within(t, 2*pollInterval, "our new key seals here", func() bool { return ring.Status().SealingKey == ours.ID })
	// The reference looks for unknown keys in its first two minutes.
	bothWays(t, app, ring)
	if !slices.ContainsFunc(app.keys(t), func(k liveKey) bool {
		return k.ID == ours.ID && k.Expires.Equal(ours.Expires) && k.Activates.Equal(ours.Activates) && !k.Revoked
	}) {
		t.Errorf("the reference lists %+v, without our %+v", app.keys(t), ours)
	}
}

func TestLiveRevocationByThem(t *testing.T) {
	for _, tc := range []struct{ name, id string }{{"one", ""}, {"all", "*"}} {
		t.Run(tc.name, func(t *testing.T) {
			keys := t.TempDir()
			app, ring := startApp(t, keys), openLive(t, keys)
			text := app.protect(t, "rev", "before")
			if got, err := ring.Protector("rev").UnprotectString(t.Context(), text); err != nil || got != "before" {
				t.Fatalf("got %q, %v", got, err)
			}
			old := ring.Status().SealingKey
			id := tc.id
			if id == "" {
				id = old.String()
			}
			app.post(t, "/revoke?id="+url.QueryEscape(id))
			within(t, 2*pollInterval, "the revoked key is refused", func() bool {
				_, err := ring.Protector("rev").UnprotectString(t.Context(), text)
				var revoked *dataprotection.KeyRevokedError
				return errors.As(err, &revoked) && revoked.KeyID == old
			})
			within(t, 2*pollInterval, "another key seals", func() bool {
				return ring.Status().SealingKey != old && ring.Status().SealingKey != dataprotection.KeyID{}
			})
			bothWays(t, app, ring)
		})
	}
}

// The reference reads revocations of others once a day, or when it is started.
func TestLiveRevocationByUs(t *testing.T) {
	for _, tc := range []struct {
		name   string
		revoke func(*testing.T, *dataprotection.Manager, dataprotection.KeyID) error
	}{
		{"one", func(t *testing.T, m *dataprotection.Manager, id dataprotection.KeyID) error {
			return m.Revoke(t.Context(), id, "lost <laptop>")
		}},
		{"all", func(t *testing.T, m *dataprotection.Manager, _ dataprotection.KeyID) error {
			return m.RevokeAll(t.Context(), time.Time{}, "breach")
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			keys := t.TempDir()
			app, ring := startApp(t, keys), openLive(t, keys)
			text := app.protect(t, "rev", "before")
			old := ring.Status().SealingKey
			if err := tc.revoke(t, manage(t, keys), old); err != nil {
				t.Fatal(err)
			}
			within(t, 2*pollInterval, "the revoked key is refused here", func() bool {
				_, err := ring.Protector("rev").UnprotectString(t.Context(), text)
				return errors.Is(err, dataprotection.ErrInvalidPayload)
			})
			app.stop()
			again := startApp(t, keys)
			if status, body := again.unprotect(t, "rev", text); status != http.StatusInternalServerError {
				t.Errorf("after a restart the reference answers %d %q to what the revoked key sealed, want 500", status, body)
			}
			bothWays(t, again, ring)
			sealed := decode(t, again.protect(t, "rev", "after"))
			info, err := ring.Protector("rev").Inspect(t.Context(), sealed)
			if err != nil || info.KeyID != ring.Status().SealingKey || info.Reprotect {
				t.Errorf("the reference seals with %+v, %v; want our successor %v", info, err, ring.Status().SealingKey)
			}
			if n := len(again.keys(t)); n != 2 {
				t.Errorf("the ring has %d keys, want the revoked one and its successor", n)
			}
		})
	}
}

func TestLiveLoginBothWays(t *testing.T) {
	keys := t.TempDir()
	app, ring := startApp(t, keys), openLive(t, keys)
	loginBothWays(t, app, ring)
}

// loginBothWays has us read a login of the reference, and the reference one of ours.
func loginBothWays(t *testing.T, app *liveApp, ring *dataprotection.KeyRing) {
	t.Helper()
	const name = ".AspNetCore.Cookies"
	p := ring.Protector(ticket.Purposes("Cookies")...)

	answer := app.do(t, "GET", "/signin?name=alice&role=admin&persistent=true", nil)
	var theirs *http.Cookie
	for _, c := range answer.cookies {
		if c.Name == name {
			theirs = c
		}
	}
	if theirs == nil {
		t.Fatalf("the reference set %v, want %s", answer.cookies, name)
	}
	data, err := p.Unprotect(t.Context(), decode(t, theirs.Value))
	if err != nil {
		t.Fatal(err)
	}
	var read ticket.Ticket
	if err := read.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	if got := read.Principal.Name(); got != "alice" || !read.Principal.HasRole("admin") || !read.Properties.Persistent() || read.Scheme != "Cookies" {
		t.Errorf("read %+v", describe(&read))
	}

	ours := &ticket.Ticket{Scheme: "Cookies", Principal: claims.New("42", claims.Name("Zoë 漢字"), claims.Role("admin")).Authenticated("Cookies")}
	ours.Properties.SetIssued(time.Now())
	ours.Properties.SetExpires(time.Now().Add(time.Hour))
	written, err := ours.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := p.Protect(written)
	if err != nil {
		t.Fatal(err)
	}
	cookie := &http.Cookie{Name: name, Value: base64.RawURLEncoding.EncodeToString(sealed)}
	if got := app.do(t, "GET", "/private", cookie); got.status != http.StatusOK || got.body != "hello Zoë 漢字" {
		t.Errorf("with our cookie the reference answers %d %q", got.status, got.body)
	}
	want := "http://schemas.microsoft.com/ws/2008/06/identity/claims/role=admin"
	if got := app.do(t, "GET", "/claims", cookie); !strings.Contains(got.body, want) {
		t.Errorf("with our cookie the reference sees %q, want %q among it", got.body, want)
	}
	cookie.Value = cookie.Value[:len(cookie.Value)-5]
	if got := app.do(t, "GET", "/whoami", cookie); got.body != "nobody" {
		t.Errorf("with our cookie, cut, the reference answers %q", got.body)
	}
}

// bothWays seals on either side and opens on the other.
func bothWays(t *testing.T, app *liveApp, ring *dataprotection.KeyRing) {
	t.Helper()
	const plaintext = "hello, ünïcødé 漢字"
	ours, err := ring.Protector("Käse", "v1").ProtectString(plaintext)
	if err != nil {
		t.Fatal(err)
	}
	q := url.Values{"purpose": {"Käse", "v1"}}
	if status, got := app.unprotect(t, q.Encode()[len("purpose="):], ours); status != http.StatusOK || got != plaintext {
		t.Errorf("the reference opened ours: %d %q, want %q", status, got, plaintext)
	}
	theirs := app.protect(t, q.Encode()[len("purpose="):], plaintext)
	if got, err := ring.Protector("Käse", "v1").UnprotectString(t.Context(), theirs); err != nil || got != plaintext {
		t.Errorf("we opened the reference's: %q, %v; want %q", got, err, plaintext)
	}
}

// openLive opens a ring of ours on a directory that the reference uses.
func openLive(t *testing.T, keys string) *dataprotection.KeyRing {
	t.Helper()
	ring, err := dataprotection.Open(t.Context(), liveConfig(keys))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ring.Close() })
	return ring
}

func manage(t *testing.T, keys string) *dataprotection.Manager {
	t.Helper()
	m, err := dataprotection.NewManager(t.Context(), liveConfig(keys))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func liveConfig(keys string) dataprotection.Config {
	return dataprotection.Config{
		Application: "vectors", Store: filestore.New(keys), PollInterval: pollInterval,
		Logger: slog.New(slog.DiscardHandler),
	}
}

// within waits until yes holds, and fails the test if that takes longer than limit.
func within(t *testing.T, limit time.Duration, what string, yes func() bool) {
	t.Helper()
	start := time.Now()
	for !yes() {
		if time.Since(start) > limit+slack {
			t.Fatalf("%s: not after %v", what, time.Since(start))
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Logf("%s: after %v", what, time.Since(start).Round(time.Millisecond))
}

// A liveApp is a running application of the reference system.
type liveApp struct {
	url  string
	stop func()
}

type liveKey struct {
	ID                 dataprotection.KeyID
	Activates, Expires quotedTime
	Revoked            bool
}

// quotedTime is a time in JSON in which some characters are escaped, which
// time.Time does not read.
type quotedTime struct{ time.Time }

func (q *quotedTime) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	return q.UnmarshalText([]byte(text))
}

// startApp starts an application on a directory of keys and waits until it answers.
func startApp(t *testing.T, keys string, env ...string) *liveApp {
	t.Helper()
	return launch(t, keys, env...)()
}

// launch starts an application; the function it returns waits until that answers.
func launch(t *testing.T, keys string, env ...string) (ready func() *liveApp) {
	t.Helper()
	return serve(t, []string{"dir:" + keys}, env...)
}

// serve is launch with the arguments that say where the keys are and how they are sealed.
func serve(t *testing.T, keys []string, env ...string) (ready func() *liveApp) {
	t.Helper()
	app := &liveApp{url: "http://" + realtest.Address(t)}
	cmd := reference(t, append([]string{"serve", app.url, "vectors"}, keys...)...)
	cmd.Env = append(os.Environ(), env...)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	app.stop = func() {
		_ = cmd.Process.Kill()
		<-ended
		_ = log.Close()
	}
	t.Cleanup(app.stop)
	return func() *liveApp {
		t.Helper()
		for start := time.Now(); ; time.Sleep(50 * time.Millisecond) {
			answer, err := http.Get(app.url + "/whoami")
			if err == nil {
				answer.Body.Close()
				return app
			}
			select {
			case <-ended:
			default:
				if time.Since(start) < patience {
					continue
				}
			}
			said, _ := os.ReadFile(log.Name())
			t.Fatalf("the reference does not answer: %v\n%s", err, said)
		}
	}
}

type liveAnswer struct {
	status  int
	body    string
	cookies []*http.Cookie
}

func (a *liveApp) do(t *testing.T, method, path string, cookie *http.Cookie) liveAnswer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, a.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if cookie != nil {
		r.AddCookie(cookie)
	}
	answer, err := http.DefaultTransport.RoundTrip(r) // follows no redirect
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return liveAnswer{answer.StatusCode, string(body), answer.Cookies()}
}

// protect has the reference seal. Purposes are in the form of a query, p or p&purpose=q.
func (a *liveApp) protect(t *testing.T, purposes, text string) string {
	t.Helper()
	answer := a.do(t, "GET", "/protect?purpose="+purposes+"&text="+url.QueryEscape(text), nil)
	if answer.status != http.StatusOK {
		t.Fatalf("the reference could not protect: %d %s", answer.status, answer.body)
	}
	return answer.body
}

func (a *liveApp) unprotect(t *testing.T, purposes, data string) (status int, text string) {
	t.Helper()
	answer := a.do(t, "GET", "/unprotect?purpose="+purposes+"&data="+url.QueryEscape(data), nil)
	return answer.status, answer.body
}

func (a *liveApp) post(t *testing.T, path string) string {
	t.Helper()
	answer := a.do(t, "POST", path, nil)
	if answer.status != http.StatusOK {
		t.Fatalf("POST %s: %d %s", path, answer.status, answer.body)
	}
	return answer.body
}

func (a *liveApp) keys(t *testing.T) (keys []liveKey) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.do(t, "GET", "/keys", nil).body), &keys); err != nil {
		t.Fatal(err)
	}
	return keys
}
