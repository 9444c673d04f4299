package browser_test

import (
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/dataprotection"
)

// The recipe for htmx in docs/antiforgery.md, with the real htmx.
func TestHTMX(t *testing.T) {
	browser := startBrowser(t)
	for _, tt := range []struct{ file, attribute, event string }{
		{"htmx2/dist/htmx.min.js", "hx-headers", "htmx:responseError"},
		{"htmx4/dist/htmx.min.js", "hx-headers:inherited", "htmx:response:error"},
	} {
		t.Run(tt.file, func(t *testing.T) {
			site := newHTMXSite(t, nodeModule(t, tt.file), tt.attribute)
			p := newPerson(t, browser)
			p.open(site)
			p.do(chromedp.Click(chromedp.CSS("button")), chromedp.WaitVisible(`//p[.="Ordered"]`))
			p.open(site + "/?without")
			p.do(chromedp.Evaluate[chromedp.Void](`document.addEventListener("`+tt.event+`", () => document.title = "refused")`),
				chromedp.Click(chromedp.CSS("button")), chromedp.WaitReady(`//title[.="refused"]`))
			if evaluate[string](p.tab, `document.getElementById("answer").textContent`) == "Ordered" {
				t.Error("ordered without a token")
			}
		})
	}
}

// newHTMXSite returns a site in which tokens alone count. At /?without its page has none.
func newHTMXSite(t *testing.T, htmx, attribute string) (address string) {
	t.Helper()
	page := template.Must(template.New("").Parse(`<!DOCTYPE html><html lang="en"><title>Order</title><script src="/htmx.js"></script>
<body ` + attribute + `='{"{{.Header}}": "{{.Request}}"}'><button hx-post="/order" hx-target="#answer">Order</button><p id="answer"></p></body></html>`))
	csrf, err := antiforgery.New(antiforgery.Config{
		KeyRing: dataprotection.Ephemeral("htmx"), Mode: antiforgery.TokensOnly, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /htmx.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, htmx)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		tokens, err := csrf.Tokens(w, r)
		if err != nil {
			antiforgery.Refuse(w, r, err)
			return
		}
		if r.URL.Query().Has("without") {
			tokens.Request = ""
		}
		_ = page.Execute(w, tokens)
	})
	mux.HandleFunc("POST /order", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "Ordered") })
	return serve(t, "shop.test", csrf.Handler(mux))
}
