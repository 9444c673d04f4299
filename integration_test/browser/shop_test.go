package browser_test

import (
	"context"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/cookieauthtest"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/memstore"
	"github.com/sealring/sealring/middleware"
)

// serve serves a site over TLS, at a host whose name only our browser knows.
func serve(t *testing.T, host string, site http.Handler) (address string) {
	t.Helper()
	server := httptest.NewUnstartedServer(site)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // of what browsers try in vain
	server.StartTLS()
	t.Cleanup(server.Close)
	own, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return "https://" + net.JoinHostPort(host, own.Port())
}

// A shop is a site in which a logged-in user orders with one click. Its clock is a
// variable, and it counts the orders that were carried out.
type shop struct {
	url    string
	clock  *cookieauthtest.Clock
	ring   *dataprotection.KeyRing
	rotate func() // makes another key the one that seals, and waits for that
	auth   *cookieauth.Authenticator
	csrf   *antiforgery.Protection
	orders atomic.Int64
	claims []claims.Claim // of who logs in
}

// A shopConfig is what the shops of the tests differ in.
type shopConfig struct {
	host        string
	auth        cookieauth.Config
	csrf        antiforgery.Config
	unprotected bool // as if there were no such package as antiforgery
	framed      bool // can be shown in a frame
	claims      []claims.Claim
}

func newShop(t *testing.T, cfg shopConfig) *shop {
	t.Helper()
	s := &shop{clock: cookieauthtest.NewClock(time.Now()), claims: cfg.claims}
	s.openRing(t)
	quiet := slog.New(slog.DiscardHandler)
	cfg.auth.KeyRing, cfg.auth.LoginPath, cfg.auth.Now, cfg.auth.Logger = s.ring, "/login", s.clock.Now, quiet
	cfg.csrf.KeyRing, cfg.csrf.Logger, cfg.csrf.NoFrameOptions = s.ring, quiet, cfg.framed
	var err error
	if s.auth, err = cookieauth.New(cfg.auth); err != nil {
		t.Fatal(err)
	}
	if s.csrf, err = antiforgery.New(cfg.csrf); err != nil {
		t.Fatal(err)
	}
	site := http.Handler(s.routes())
	if !cfg.unprotected {
		site = s.csrf.Handler(site)
	}
	site = s.auth.Handler(site)
	if !cfg.framed {
		headers, err := middleware.SecurityHeaders(middleware.HeadersConfig{Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		site = headers(site)
	}
	s.url = serve(t, cfg.host, site)
	return s
}

func (s *shop) openRing(t *testing.T) {
	t.Helper()
	cfg := dataprotection.Config{Application: t.Name(), Store: memstore.New(), PollInterval: time.Second, Now: s.clock.Now, Logger: slog.New(slog.DiscardHandler)}
	ring, err := dataprotection.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ring.Close() })
	manager, err := dataprotection.NewManager(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.ring, s.rotate = ring, func() {
		t.Helper()
		before := ring.Status().SealingKey
		s.clock.Advance(time.Hour) // of two keys of the same age, either may seal
		now := s.clock.Now()
		if _, err := manager.Create(context.Background(), &dataprotection.KeyDates{Activates: now, Expires: now.Add(90 * 24 * time.Hour)}); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(patience); ring.Status().SealingKey == before; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the new key does not seal")
			}
		}
	}
}

func (s *shop) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page("Shop"))
	mux.HandleFunc("GET /login", s.page("Login"))
	mux.HandleFunc("POST /login", s.logIn)
	mux.HandleFunc("POST /logout", s.logOut)
	mux.Handle("GET /private", s.auth.RequireUser(s.page("Private")))
	mux.Handle("POST /order", s.auth.RequireUser(http.HandlerFunc(s.order)))
	mux.HandleFunc("GET /shown.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `if (parent !== self) addEventListener("DOMContentLoaded", () => parent.postMessage(document.querySelector("h1").textContent, "*"))`)
	})
	mux.Handle("GET /live", s.auth.RequireUser(http.HandlerFunc(s.live)))
	return mux
}

var shopPage = template.Must(template.New("").Parse(`<!DOCTYPE html><html lang="en"><title>{{.Title}}</title>
<script src="/shown.js"></script>
<h1>{{.Title}} of {{.Who}}</h1>
<form id="login" method="post" action="/login">{{.AntiforgeryField}}<button>Log in</button></form>
<form id="order" method="post" action="/order">{{.AntiforgeryField}}<input name="item" value="book"><button>Order</button></form>
<form id="logout" method="post" action="/logout">{{.AntiforgeryField}}<button>Log out</button></form>
</html>`))

func (s *shop) page(title string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		tokens, err := s.csrf.Tokens(w, r)
		if err != nil {
			antiforgery.Refuse(w, r, err)
			return
		}
		_ = shopPage.Execute(w, struct {
			antiforgery.Tokens
			Title, Who string
		}{tokens, title, who(r)})
	}
}

func who(r *http.Request) string {
	if name := claims.FromContext(r.Context()).Name(); name != "" {
		return name
	}
	return "nobody"
}

func (s *shop) logIn(w http.ResponseWriter, r *http.Request) {
	says := append([]claims.Claim{claims.Name("Ada")}, s.claims...)
	if err := s.auth.SignIn(w, r, claims.New("1", says...), nil); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/private", http.StatusSeeOther)
}

func (s *shop) logOut(w http.ResponseWriter, r *http.Request) {
	if err := s.auth.SignOut(w, r); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *shop) order(w http.ResponseWriter, r *http.Request) {
	item := r.PostFormValue("item")
	s.orders.Add(1)
	fmt.Fprintf(w, "Ordered %s for %s", item, who(r))
}

// live counts as an order, because whoever can open it can say what they like.
func (s *shop) live(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // that is for antiforgery to see to
	if err != nil {
		return
	}
	s.orders.Add(1)
	conn.Close(websocket.StatusNormalClosure, "")
}

// refusals returns how many requests were refused, for whatever reason.
func (s *shop) refusals() (n uint64) {
	for _, count := range s.csrf.Refusals() {
		n += count
	}
	return n
}

// logInAt logs somebody in at a shop.
func (b *tab) logInAt(s *shop) {
	b.t.Helper()
	b.open(s.url + "/login")
	if status := b.click("#login button"); status != 200 {
		b.t.Fatalf("login: %d at %s", status, b.url())
	}
	b.want("Private of Ada")
}

// framePage is a page of another site with one of the shop in a frame. What that
// shows comes out of the promise shown, or "" if it is not allowed in there.
const framePage = `<script>
	const shown = new Promise(done => {
		addEventListener("message", e => done(e.data));
		addEventListener("load", () => setTimeout(() => done(""), 300));
	});
</script><iframe src="{shop}/private"></iframe>`

// newPages serves pages that are nothing but their text. {shop} stands for another address.
func newPages(t *testing.T, host, shop string, pages map[string]string) (address string) {
	t.Helper()
	return serve(t, host, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		page := `<!DOCTYPE html><html lang="en"><title>Elsewhere</title>` + pages[r.URL.Path]
		_, _ = io.WriteString(w, strings.ReplaceAll(page, "{shop}", shop))
	}))
}
