package gorilla_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"github.com/sealring/sealring/cookieauth/gorilla"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
)

// stores are the two of gorilla/sessions, each as a function that makes one
// anew, as a restart would. The second result is where its codecs are.
var stores = []struct {
	name string
	make func(dir string, keys ...[]byte) (sessions.Store, *[]securecookie.Codec)
}{
	{"CookieStore", func(_ string, keys ...[]byte) (sessions.Store, *[]securecookie.Codec) {
		s := sessions.NewCookieStore(keys...)
		return s, &s.Codecs
	}},
	{"FilesystemStore", func(dir string, keys ...[]byte) (sessions.Store, *[]securecookie.Codec) {
		s := sessions.NewFilesystemStore(dir, keys...)
		s.Options.Secure = true
		return s, &s.Codecs
	}},
}

func TestSessions(t *testing.T) {
	for _, tt := range stores {
		t.Run(tt.name, func(t *testing.T) {
			store, codecs := tt.make(t.TempDir())
			fleet := newFleet()
			ring := fleet.ring(t)
			*codecs = []securecookie.Codec{newCodec(t, gorilla.Config{KeyRing: ring})}
			site := serve(t, app(store))
			alice := newBrowser(t, site)

			alice.expect("/", 200, "nobody")
			alice.expect("/login?user=alice", 200, "welcome")
			alice.expect("/", 200, "alice")

			alice.tamper(func(value string) string { return value[:len(value)-1] })
			alice.expect("/", 200, "nobody")

			alice.expect("/login?user=alice", 200, "welcome")
			fleet.revoke(t, ring.Status().SealingKey)
			waitFor(t, func() bool { return ring.Status().Revoked == 1 })
			alice.expect("/", 200, "nobody")
			alice.expect("/login?user=alice", 200, "welcome")
			alice.expect("/", 200, "alice")

			fleet.down.Store(true) // and a cookie of an instance that has a newer key
			other := newCodec(t, gorilla.Config{KeyRing: dataprotectiontest.NewKeyRing(t)})
			alice.tamper(func(string) string { return encode(t, other, "session", "an id") })
			alice.expect("/", 503, "try again soon")
		})
	}
}

// The files of a FilesystemStore are as good as cookies: nobody can change them.
func TestSessionFilesAreSealed(t *testing.T) {
	dir := t.TempDir()
	store := sessions.NewFilesystemStore(dir)
	store.Codecs = []securecookie.Codec{newCodec(t, gorilla.Config{MaxLength: 1 << 20})}
	store.Options.Secure = true
	alice := newBrowser(t, serve(t, app(store)))
	alice.expect("/login?user="+strings.Repeat("a", 9000), 200, "welcome")
	alice.expect("/", 200, strings.Repeat("a", 9000))

	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files, %v; want 1", len(files), err)
	}
	name := dir + "/" + files[0].Name()
	data, err := os.ReadFile(name)
	if err != nil || bytes.Contains(data, bytes.Repeat([]byte{'a'}, 20)) {
		t.Fatalf("the file holds the session in clear, or %v", err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	alice.expect("/", 200, "nobody")
}

// app is a program that uses gorilla/sessions as most do.
func app(store sessions.Store) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		session, _ := store.Get(r, "session")
		session.Values["user"] = r.FormValue("user")
		if err := session.Save(r, w); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, "welcome")
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		session, err := store.Get(r, "session")
		var e securecookie.Error
		if errors.As(err, &e) && e.IsInternal() {
			http.Error(w, "try again soon", http.StatusServiceUnavailable)
			return
		}
		if session.IsNew {
			fmt.Fprint(w, "nobody")
			return
		}
		fmt.Fprint(w, session.Values["user"])
	})
	return mux
}

func serve(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	site := httptest.NewTLSServer(h)
	t.Cleanup(site.Close)
	return site
}

// A browser keeps cookies, for all sites of a test alike: they have one host.
type browser struct {
	t      *testing.T
	client *http.Client
	site   *url.URL
}

func newBrowser(t *testing.T, site *httptest.Server) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, client: &http.Client{Jar: jar, Transport: site.Client().Transport}}
	b.goTo(site)
	return b
}

func (b *browser) goTo(site *httptest.Server) {
	b.t.Helper()
	var err error
	if b.site, err = url.Parse(site.URL); err != nil {
		b.t.Fatal(err)
	}
}

// expect gets path and compares the answer.
func (b *browser) expect(path string, status int, body string) {
	b.t.Helper()
	resp, err := b.client.Get(b.site.String() + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status || strings.TrimSpace(string(got)) != body {
		b.t.Errorf("GET %.20s = %d %.40q, %v; want %d %.40q", path, resp.StatusCode, got, err, status, body)
	}
}

// cookie returns the value of the session cookie.
func (b *browser) cookie() string {
	b.t.Helper()
	for _, c := range b.client.Jar.Cookies(b.site) {
		if c.Name == "session" {
			return c.Value
		}
	}
	b.t.Fatal("no session cookie")
	return ""
}

func (b *browser) tamper(change func(value string) string) {
	b.t.Helper()
	b.client.Jar.SetCookies(b.site, []*http.Cookie{{Name: "session", Value: change(b.cookie()), Path: "/", Secure: true}})
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen within 20 seconds")
		}
	}
}
