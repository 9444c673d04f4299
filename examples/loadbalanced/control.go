package main

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"net/http"
	"path/filepath"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/middleware"
)

//go:embed page
var files embed.FS

// keyLifetime is that of keys made by hand.
const keyLifetime = 90 * 24 * time.Hour

// The control page shows instances and keys, and has the buttons for them. Whoever
// can reach it can log everybody out, so it is for this machine alone.
type control struct {
	fleet   *fleet
	manager *dataprotection.Manager
	csrf    *antiforgery.Protection
	pages   *template.Template
	proxy   string
	site    string
}

func newControl(ctx context.Context, log zerolog.Logger, f *fleet, proxy, site, data string) (http.Handler, error) {
	logger := middleware.Slog(log)
	manager, err := dataprotection.NewManager(ctx, dataprotection.Config{
		Application: "login", Store: filestore.New(filepath.Join(data, "keys")), Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	// Its tokens are not the site's, though browsers send both hosts the same cookies.
	csrf, err := antiforgery.New(antiforgery.Config{
		KeyRing: dataprotection.Ephemeral("control"), Cookie: antiforgery.Cookie{Name: "control"}, Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	stack, err := middleware.Stack(middleware.Config{Log: middleware.LogConfig{Logger: log.Level(zerolog.WarnLevel)}, Antiforgery: csrf})
	if err != nil {
		return nil, err
	}
	pages, err := template.New("").Funcs(antiforgery.Funcs()).ParseFS(files, "page/*.html")
	if err != nil {
		return nil, err
	}
	c := &control{fleet: f, manager: manager, csrf: csrf, pages: pages, proxy: proxy, site: site}
	return stack(c.routes()), nil
}

func (c *control) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /page/", http.FileServerFS(files))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { c.show(w, r, "whole") })
	mux.HandleFunc("GET /watch", func(w http.ResponseWriter, r *http.Request) { c.show(w, r, "watch") })
	mux.HandleFunc("POST /add", c.does(func(r *http.Request) error { return c.fleet.add(r.Context()) }))
	mux.HandleFunc("POST /kill", c.does(c.kill))
	mux.HandleFunc("POST /rotate", c.does(c.rotate))
	mux.HandleFunc("POST /revoke", c.does(c.revoke))
	return mux
}

// does is a handler that does something and shows the page again.
func (c *control) does(do func(*http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := do(r); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func (c *control) kill(r *http.Request) error {
	i, err := strconv.Atoi(r.PostFormValue("number"))
	if err != nil {
		return err
	}
	return c.fleet.kill(i)
}

// rotate makes a key that seals as soon as the instances have seen it. By itself a
// ring makes its keys days before they seal.
func (c *control) rotate(r *http.Request) error {
	now := time.Now()
	_, err := c.manager.Create(r.Context(), &dataprotection.KeyDates{Activates: now, Expires: now.Add(keyLifetime)})
	return err
}

// revoke revokes one key, or all of them.
func (c *control) revoke(r *http.Request) error {
	const reason = "by hand, on the control page"
	if r.PostFormValue("key") == "all" {
		return c.manager.RevokeAll(r.Context(), time.Time{}, reason)
	}
	id, err := dataprotection.ParseKeyID(r.PostFormValue("key"))
	if err != nil {
		return err
	}
	return c.manager.Revoke(r.Context(), id, reason)
}

// A scene is what the page shows.
type scene struct {
	antiforgery.Tokens
	Proxy, Site string
	Instances   []view
	Full        bool
	Listing     dataprotection.Listing
}

// Summary says in a sentence whether the instances agree.
func (s scene) Summary() string {
	if len(s.Instances) == 0 {
		return "No instance runs: the site is down. Logins are kept, and hold again when one is added."
	}
	for _, v := range s.Instances {
		switch {
		case v.Ring == nil:
			return v.Name + " does not answer yet."
		case s.Instances[0].Ring != nil && v.Ring.Fingerprint != s.Instances[0].Ring.Fingerprint:
			return "The instances do not all know the same keys yet. Each looks every ten seconds."
		}
	}
	return "All instances know the same keys and revocations."
}

func (c *control) show(w http.ResponseWriter, r *http.Request, name string) {
	s := scene{Proxy: c.proxy, Site: c.site, Instances: c.fleet.look(r.Context())}
	s.Full = len(s.Instances) == maxInstances
	var err error
	if s.Listing, err = c.manager.List(r.Context()); err == nil {
		s.Tokens, err = c.csrf.Tokens(w, r)
	}
	var page bytes.Buffer
	if err == nil {
		err = c.pages.ExecuteTemplate(&page, name, s)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(page.Bytes())
}
