package aspnet_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
)

// Two programs on one host, ours and the reference's, share logins and forms:
// whoever renders a form, the other accepts it.
func TestLiveForms(t *testing.T) {
	keys := t.TempDir()
	app, ring := startApp(t, keys), openLive(t, keys)
	sites := map[string]string{"the reference": app.url, "we": startOurs(t, ring)}
	run := func(t *testing.T) {
		t.Helper()
		for _, who := range []struct {
			name   string
			signIn string // where
		}{
			{"nobody", ""},
			{"signed in by the reference", "the reference"},
			{"signed in by us", "we"},
		} {
			t.Run(who.name, func(t *testing.T) {
				for renders, rendering := range sites {
					for accepts, accepting := range sites {
						v := newVisitor(t)
						name := "nobody"
						if who.signIn != "" {
							name = "alice"
							v.get(sites[who.signIn] + "/signin?name=alice&role=editor")
						}
						v.reads(accepting+"/whoami", name)
						what := fmt.Sprintf("%s render, %s accept", renders, accepts)
						token := v.get(rendering + "/token")
						v.posts(what+", in a form", accepting, token, "", "valid")
						v.posts(what+", in the header", accepting, "", token, "valid")
						v.posts(what+", no token", accepting, "", "", "invalid")
						v.posts(what+", half a token", accepting, token[:len(token)-9], "", "invalid")
						v.get(accepting + "/signin?name=bob")
						v.posts(what+", another user by now", accepting, token, "", "invalid")
						v.get(rendering + "/signin?name=alice&role=editor")
						v.posts(what+", the same user again", accepting, token, "", map[bool]string{true: "invalid", false: "valid"}[name == "nobody"])
					}
				}
			})
		}
	}
	run(t)

	// Forms that are open stay good over a rotation, and later ones are under the new key.
	old := map[string]*visitor{}
	tokens := map[string]string{}
	for name, url := range sites {
		old[name] = newVisitor(t)
		old[name].get(app.url + "/signin?name=alice")
		tokens[name] = old[name].get(url + "/token")
	}
	id := app.post(t, "/keys")
	within(t, 2*pollInterval, "the new key seals here", func() bool { return ring.Status().SealingKey.String() == id })
	for renders, v := range old {
		for accepts, url := range sites {
			v.reads(url+"/whoami", "alice")
			v.posts(fmt.Sprintf("rendered by %s before a rotation, %s accept", renders, accepts), url, tokens[renders], "", "valid")
			var again string
			within(t, 2*pollInterval, accepts+" render under the new key", func() bool {
				again = v.get(url + "/token")
				info, err := ring.Protector("Microsoft.AspNetCore.Antiforgery.AntiforgeryToken.v1").Inspect(t.Context(), decode(t, again))
				return err == nil && info.KeyID.String() == id
			})
			v.posts(fmt.Sprintf("rendered by %s after a rotation, by the cookie of %s", accepts, renders), sites[renders], again, "", "valid")
		}
	}
	t.Run("after a rotation", run)
}

func startOurs(t *testing.T, ring *dataprotection.KeyRing) (url string) {
	t.Helper()
	site, err := ourSite(ring)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	return server.URL
}

// ourSite has what the reference's live application has to do with forms.
func ourSite(ring *dataprotection.KeyRing) (http.Handler, error) {
	quiet := slog.New(slog.DiscardHandler)
	auth, err := cookieauth.New(cookieauth.Config{KeyRing: ring, Profile: cookieauth.ASPNETCore, Logger: quiet})
	if err != nil {
		return nil, err
	}
	csrf, err := antiforgery.New(antiforgery.Config{
		KeyRing: ring, Profile: antiforgery.ASPNETCore, Cookie: antiforgery.Cookie{Name: "af"}, Logger: quiet,
		Refused: func(w http.ResponseWriter, _ *http.Request, err error) {
			var refusal *antiforgery.Error
			if !errors.As(err, &refusal) {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			fmt.Fprint(w, "invalid")
		},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /whoami", func(w http.ResponseWriter, r *http.Request) {
		if user := auth.User(r); user != nil {
			fmt.Fprint(w, user.Name())
			return
		}
		fmt.Fprint(w, "nobody")
	})
	mux.HandleFunc("GET /signin", func(w http.ResponseWriter, r *http.Request) {
		user := claims.NewPrincipal(claims.Identity{AuthenticationType: "Cookies", Claims: []claims.Claim{claims.Name(r.FormValue("name"))}})
		if role := r.FormValue("role"); role != "" {
			user.Identities()[0].Claims = append(user.Identities()[0].Claims, claims.Role(role))
		}
		if err := auth.SignIn(w, r, user, nil); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("GET /token", func(w http.ResponseWriter, r *http.Request) {
		token, err := csrf.Token(w, r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, token)
	})
	mux.HandleFunc("POST /check", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "valid")
	})
	return auth.Handler(csrf.Handler(mux)), nil
}

// A visitor is a browser, whose cookies are for a host, whatever the port.
type visitor struct {
	*testing.T
	client *http.Client
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, &http.Client{Jar: jar, Timeout: time.Minute}}
}

func (v *visitor) get(url string) string {
	v.Helper()
	r, err := http.NewRequestWithContext(v.Context(), "GET", url, nil)
	if err != nil {
		v.Fatal(err)
	}
	return v.send(r)
}

func (v *visitor) reads(url, want string) {
	v.Helper()
	if got := v.get(url); got != want {
		v.Errorf("%s: read %q, want %q", url, got, want)
	}
}

// posts sends a form with a token in a field or the header, where there is one.
func (v *visitor) posts(what, site, field, header, want string) {
	v.Helper()
	form := url.Values{"text": {"Käse & more"}}
	if field != "" {
		form.Set("__RequestVerificationToken", field)
	}
	r, err := http.NewRequestWithContext(v.Context(), "POST", site+"/check", strings.NewReader(form.Encode()))
	if err != nil {
		v.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if header != "" {
		r.Header.Set("RequestVerificationToken", header)
	}
	if got := v.send(r); got != want {
		v.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func (v *visitor) send(r *http.Request) string {
	v.Helper()
	answer, err := v.client.Do(r)
	if err != nil {
		v.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		v.Fatalf("%s %s: %d %s, %v", r.Method, r.URL, answer.StatusCode, body, err)
	}
	return string(body)
}
