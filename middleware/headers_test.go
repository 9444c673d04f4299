package middleware_test

import (
	"html/template"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/sealring/sealring/middleware"
)

func TestSecurityHeaders(t *testing.T) {
	h := must(t)(middleware.SecurityHeaders(middleware.HeadersConfig{}))
	page := template.Must(template.New("").Parse(`<script nonce="{{ . }}"></script>`))
	var nonces []string
	for range 2 {
		w := serve(h(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			page.Execute(w, middleware.Nonce(r.Context()))
		})), get("/"))
		m := regexp.MustCompile(`nonce="([A-Za-z0-9_-]{22})"`).FindStringSubmatch(w.Body.String())
		if m == nil {
			t.Fatalf("no nonce in %s", w.Body)
		}
		nonces = append(nonces, m[1])
		policy := w.Header().Get("Content-Security-Policy")
		if strings.Count(policy, "'nonce-"+m[1]+"'") != 1 || strings.Contains(policy, "{") || !strings.Contains(policy, "object-src 'none'") {
			t.Errorf("policy %q, nonce %s", policy, m[1])
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "strict-origin-when-cross-origin", "Cross-Origin-Opener-Policy": "same-origin"} {
			if got := w.Header().Values(name); len(got) != 1 || got[0] != want {
				t.Errorf("%s: %q, want %s", name, got, want)
			}
		}
	}
	if nonces[0] == nonces[1] {
		t.Error("a nonce was used twice")
	}
	if got := middleware.Nonce(t.Context()); got != "" {
		t.Errorf("nonce %q of no request", got)
	}
}

// A policy may have the nonce at several places, or at none, and may be long.
func TestNoncesInThePolicy(t *testing.T) {
	for _, policy := range []string{
		"{nonce}", "script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'", "img-src " + strings.Repeat("https://a.example ", 100) + "; script-src 'nonce-{nonce}'", "default-src 'none'",
	} {
		var nonce string
		h := must(t)(middleware.SecurityHeaders(middleware.HeadersConfig{ContentSecurityPolicy: policy}))
		w := serve(h(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { nonce = middleware.Nonce(r.Context()) })), get("/"))
		if got, want := w.Header().Get("Content-Security-Policy"), strings.ReplaceAll(policy, "{nonce}", nonce); got != want {
			t.Errorf("policy %q, want %q", got, want)
		}
		if (nonce != "") != strings.Contains(policy, "{nonce}") {
			t.Errorf("nonce %q for the policy %q", nonce, policy)
		}
	}
}

func TestSecurityHeadersConfigured(t *testing.T) {
	var nonce string
	h := must(t)(middleware.SecurityHeaders(middleware.HeadersConfig{
		ContentSecurityPolicy: "default-src 'none'", ReportOnly: true,
		Override: map[string]string{"x-frame-options": "", "Referrer-Policy": "same-origin", "Permissions-Policy": "camera=()"},
	}))
	w := serve(h(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { nonce = middleware.Nonce(r.Context()) })), get("/"))
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "", "Referrer-Policy": "same-origin", "Permissions-Policy": "camera=()", "Content-Security-Policy": "", "Content-Security-Policy-Report-Only": "default-src 'none'"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if nonce != "" {
		t.Errorf("nonce %q, of which the policy knows nothing", nonce)
	}
}

// A second one further in leaves the first one's values alone.
func TestSecurityHeadersTwice(t *testing.T) {
	outer := must(t)(middleware.SecurityHeaders(middleware.HeadersConfig{Override: map[string]string{"Referrer-Policy": "same-origin"}}))
	inner := must(t)(middleware.SecurityHeaders(middleware.HeadersConfig{
		ContentSecurityPolicy: "default-src 'none'", Override: map[string]string{"A-First": "1", "Referrer-Policy": "no-referrer"},
	}))
	w := serve(outer(inner(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))), get("/"))
	for name, want := range map[string]string{"A-First": "1", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'self'") {
		t.Errorf("policy %q, want the outer one", got)
	}
}

// What is set further out stays, and what is set further in counts. No two
// answers share anything.
func TestSecurityHeadersAndOthers(t *testing.T) {
	h := must(t)(middleware.SecurityHeaders(middleware.HeadersConfig{}))
	outer := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Frame-Options", "SAMEORIGIN")
			next.ServeHTTP(w, r)
		})
	}
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		w.Header()["X-Content-Type-Options"][0] += "!"
		w.Header()["Referrer-Policy"] = append(w.Header()["Referrer-Policy"], "more")
	})
	for range 2 {
		got := serve(outer(h(inner)), get("/")).Header()
		if got.Get("X-Frame-Options") != "SAMEORIGIN" || got.Get("Content-Security-Policy") != "default-src 'none'" || got.Get("X-Content-Type-Options") != "nosniff!" || len(got["X-Frame-Options"]) != 1 {
			t.Errorf("got %v", got)
		}
	}
}

// What somebody else of the suite has set stays, too, as does what is overridden.
func TestSecurityHeadersSetAlready(t *testing.T) {
	reportOnly := middleware.HeadersConfig{ReportOnly: true, Override: map[string]string{"content-security-policy-report-only": "default-src 'none'"}}
	for _, c := range []struct {
		name string
		cfg  middleware.Config
		want map[string]string
	}{
		{"by RedirectHTTPS", middleware.Config{Headers: middleware.HeadersConfig{Override: map[string]string{"strict-transport-security": "max-age=1"}}}, map[string]string{"Strict-Transport-Security": "max-age=31536000"}},
		{"by nobody", middleware.Config{HTTPS: middleware.HTTPSConfig{NoHSTS: true}, Headers: middleware.HeadersConfig{Override: map[string]string{"strict-transport-security": "max-age=1"}}}, map[string]string{"Strict-Transport-Security": "max-age=1"}},
		{"by RequestLog", middleware.Config{Log: middleware.LogConfig{IDHeader: "X-Id"}, Headers: middleware.HeadersConfig{Override: map[string]string{"X-Id": "y"}}}, map[string]string{"X-Id": "x", "X-Frame-Options": "DENY"}},
		{"as an override", middleware.Config{Headers: reportOnly}, map[string]string{"Content-Security-Policy-Report-Only": "default-src 'none'", "Content-Security-Policy": ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := get("/")
			r.Header.Set("X-Id", "x")
			got := serve(must(t)(middleware.Stack(c.cfg))(text("hello")), r).Header()
			for name, want := range c.want {
				if strings.Join(got[name], "|") != want {
					t.Errorf("%s: %q, want %q", name, got[name], want)
				}
			}
		})
	}
}

func TestHeadersConfig(t *testing.T) {
	_, err := middleware.SecurityHeaders(middleware.HeadersConfig{ContentSecurityPolicy: "a\r\nb", Override: map[string]string{"a b": "x"}})
	wantProblems(t, err, "middleware: SecurityHeaders: invalid configuration: ContentSecurityPolicy: must be of printable", "Override: a name")
	_, err = middleware.SecurityHeaders(middleware.HeadersConfig{Override: map[string]string{"X-A": "x\ny"}})
	wantProblems(t, err, "Override: the value of X-A must")
	_, err = middleware.SecurityHeaders(middleware.HeadersConfig{Override: map[string]string{"content-security-policy": "x"}})
	wantProblems(t, err, "Override: the policy goes into")
}
