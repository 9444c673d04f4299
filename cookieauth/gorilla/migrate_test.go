package gorilla_test

import (
	"context"
	"log"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"github.com/sealring/sealring/cookieauth/gorilla"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
)

// The code of docs/migrate-gorilla.md, as it stands there, which
// TestMigrationGuideIsThisCode checks; the handling of errors is in app. The steps take and return the codecs of a
// store, whichever it is.

type codecs struct{ Codecs []securecookie.Codec }

func atFirst() *sessions.CookieStore {
	store := sessions.NewCookieStore(hashKey, blockKey)
	store.MaxAge(30 * 24 * 60 * 60)
	return store
}

func openRing(ctx context.Context) (*dataprotection.KeyRing, error) {
	ring, err := dataprotection.Open(ctx, dataprotection.Config{
		Application: "shop",
		Store:       filestore.New("./keys"),
	})
	return ring, err
}

func step1(store codecs, ring *dataprotection.KeyRing) ([]securecookie.Codec, error) {
	codec, err := gorilla.New(gorilla.Config{KeyRing: ring})
	if err != nil {
		return nil, err
	}
	store.Codecs = append(store.Codecs, codec) // the first codec writes, all read
	return store.Codecs, nil
}

func step2(store codecs, ring *dataprotection.KeyRing, acceptUntil time.Time) ([]securecookie.Codec, error) {
	codec, err := gorilla.New(gorilla.Config{
		KeyRing:     ring,
		Legacy:      store.Codecs,
		AcceptUntil: acceptUntil,
	})
	if err != nil {
		return nil, err
	}
	store.Codecs = []securecookie.Codec{codec}
	return store.Codecs, nil
}

func reissue(store sessions.Store, codec *gorilla.Codec, name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, err := store.Get(r, name)
		if cookie, noCookie := r.Cookie(name); err == nil && noCookie == nil && codec.WantsReissue(name, cookie.Value) {
			if err := session.Save(r, w); err != nil {
				log.Printf("re-issue: %v", err) // the old value goes on working
			}
		}
		next.ServeHTTP(w, r)
	})
}

func step4(store codecs, ring *dataprotection.KeyRing) ([]securecookie.Codec, error) {
	codec, err := gorilla.New(gorilla.Config{KeyRing: ring})
	if err != nil {
		return nil, err
	}
	store.Codecs = []securecookie.Codec{codec}
	return store.Codecs, nil
}

func logEverybodyOut(ctx context.Context, cfg dataprotection.Config) error {
	manager, err := dataprotection.NewManager(ctx, cfg)
	if err != nil {
		return err
	}
	return manager.RevokeAll(ctx, time.Time{}, "the backup was stolen")
}

// TestMigrationGuide follows the guide. Alice and Bob logged in before it, Carol
// did and then stayed away.
func TestMigrationGuide(t *testing.T) {
	for _, tt := range stores {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			files := t.TempDir()
			ring, err := openRing(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { ring.Close() })

			store, _ := tt.make(files, hashKey, blockKey)
			if tt.name == "CookieStore" {
				store = atFirst()
			}
			before := serve(t, app(store))
			alice, bob, carol := newBrowser(t, before), newBrowser(t, before), newBrowser(t, before)
			alice.expect("/login?user=alice", 200, "welcome")
			bob.expect("/login?user=bob", 200, "welcome")
			carol.expect("/login?user=carol", 200, "welcome")
			alicesOld := alice.cookie()

			store, c := tt.make(files, hashKey, blockKey)
			if *c, err = step1(codecs{*c}, ring); err != nil {
				t.Fatal(err)
			}
			reading := serve(t, app(store))
			for _, b := range []*browser{alice, bob, carol} {
				b.goTo(reading)
			}
			alice.expect("/", 200, "alice")
			bob.expect("/", 200, "bob")
			if alice.cookie() != alicesOld {
				t.Error("step 1 has re-issued a cookie")
			}

			// Step 2 goes out while instances of step 1 are still there.
			store, c = tt.make(files, hashKey, blockKey)
			if *c, err = step2(codecs{*c}, ring, time.Now().Add(30*24*time.Hour)); err != nil {
				t.Fatal(err)
			}
			writing := serve(t, reissue(store, (*c)[0].(*gorilla.Codec), "session", app(store)))
			alice.goTo(writing)
			alice.expect("/", 200, "alice")
			alicesNew := alice.cookie()
			if securecookie.New(hashKey, blockKey).Decode("session", alicesNew, new(any)) == nil || alicesNew == alicesOld {
				t.Error("step 3 has not re-issued Alice's cookie")
			}
			alice.goTo(reading)
			alice.expect("/", 200, "alice")
			alice.goTo(writing)
			alice.expect("/", 200, "alice")
			if alice.cookie() != alicesNew {
				t.Error("a cookie of the ring was issued again")
			}
			bob.goTo(writing)
			bob.expect("/login?user=bob", 200, "welcome") // an ordinary Save moves him, too
			bob.expect("/", 200, "bob")

			// The date passes, with Legacy still there, and then without.
			store, c = tt.make(files, hashKey, blockKey)
			if *c, err = step2(codecs{*c}, ring, time.Now().Add(-time.Second)); err != nil {
				t.Fatal(err)
			}
			over := serve(t, app(store))
			store, c = tt.make(files)
			if *c, err = step4(codecs{*c}, ring); err != nil {
				t.Fatal(err)
			}
			after := serve(t, app(store))
			for _, b := range []*browser{alice, bob, carol} {
				b.goTo(over)
			}
			alice.expect("/", 200, "alice")
			bob.expect("/", 200, "bob")
			carol.expect("/", 200, "nobody")
			for _, b := range []*browser{alice, bob, carol} {
				b.goTo(after)
			}
			alice.expect("/", 200, "alice")
			bob.expect("/", 200, "bob")
			carol.expect("/", 200, "nobody")
			alice.tamper(func(string) string { return alicesOld })
			alice.expect("/", 200, "nobody")

			if err := logEverybodyOut(t.Context(), dataprotection.Config{Application: "shop", Store: filestore.New("./keys")}); err != nil {
				t.Fatal(err)
			}
			if ring, err = openRing(t.Context()); err != nil { // a restart, for those who cannot wait for the poll
				t.Fatal(err)
			}
			t.Cleanup(func() { ring.Close() })
			if *c, err = step4(codecs{*c}, ring); err != nil {
				t.Fatal(err)
			}
			bob.expect("/", 200, "nobody")
			bob.expect("/login?user=bob", 200, "welcome")
			bob.expect("/", 200, "bob")
		})
	}
}

func TestMigrationGuideIsThisCode(t *testing.T) {
	guide, err := os.ReadFile("../../docs/migrate-gorilla.md")
	if err != nil {
		t.Fatal(err)
	}
	have := ""
	for _, name := range []string{"migrate_test.go", "sessions_test.go"} {
		code, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		have += trimLines(string(code))
	}
	blocks := strings.Split(string(guide), "```go\n")[1:]
	if len(blocks) < 7 {
		t.Errorf("%d blocks of code in the guide, want at least 7", len(blocks))
	}
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		if !strings.Contains(have, trimLines(block)) {
			t.Errorf("this code of the guide is not in the tests:\n%s", block)
		}
	}
}

// trimLines removes the indentation.
func trimLines(text string) string {
	lines := slices.Collect(strings.Lines(text))
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}
