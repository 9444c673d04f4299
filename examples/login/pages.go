package main

import (
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/middleware"
)

//go:embed templates static
var files embed.FS

// parsePages returns each page with the layout around it.
func parsePages() (map[string]*template.Template, error) {
	funcs := antiforgery.Funcs()
	funcs["when"] = func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }
	funcs["machine"] = func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	funcs["browser"] = browserOf
	funcs["text"] = textField
	names, err := fs.Glob(files, "templates/pages/*.html")
	if err != nil {
		return nil, err
	}
	pages := map[string]*template.Template{}
	for _, name := range names {
		page, err := template.New("").Funcs(funcs).ParseFS(files, "templates/*.html", name)
		if err != nil {
			return nil, err
		}
		pages[name[len("templates/pages/"):]] = page
	}
	return pages, nil
}

// The pages that do without forms, and can be shown whatever is out of reach.
const homePage, noticePage = "home.html", "notice.html"

// A page is what the templates show.
type page struct {
	antiforgery.Tokens // for the forms; empty while there are none to be had
	Title              string
	User               *claims.Principal
	Flash              string
	Instance           string
	Form               form
	Data               any
}

// IsAdmin reports whether the page is shown to an admin.
func (p page) IsAdmin() bool { return p.User.HasRole(roleAdmin) }

// show answers with a page. Browsers keep none of them, so that going back after a
// logout shows nothing.
func (a *app) show(w http.ResponseWriter, r *http.Request, status int, name string, p page) {
	var err error
	if p.Tokens, err = a.csrf.Tokens(w, r); err != nil && name != homePage && name != noticePage {
		a.fail(w, r, err)
		return
	}
	p.User = claims.FromContext(r.Context())
	p.Flash, p.Instance = a.takeFlash(w, r), a.options.name
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := a.pages[name].ExecuteTemplate(w, "layout", p); err != nil {
		middleware.Logger(r.Context()).Error().Err(err).Str("page", name).Msg("render")
	}
}

func (a *app) home(w http.ResponseWriter, r *http.Request) {
	a.show(w, r, http.StatusOK, homePage, page{Title: "Welcome"})
}

// static serves the stylesheet and the like, which change with the program only.
func static() http.Handler {
	files := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") { // a list of what there is
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "max-age=300")
		files.ServeHTTP(w, r)
	})
}
