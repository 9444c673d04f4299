package middleware

import (
	"bytes"
	_ "embed"
	"errors"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/dataprotection/certstore"
	"github.com/sealring/sealring/internal/confcheck"
)

// CertificatesConfig configures Certificates.
type CertificatesConfig struct {
	_ struct{}

	// Store returns the certificates of whoever has sent the request, nil for somebody
	// who has none to see. It decides who that is: put Require around the page. Required.
	Store func(r *http.Request) (*certstore.Store, error)

	// Antiforgery protects the forms. Required.
	Antiforgery *antiforgery.Protection

	// Logger receives what the visitor is not told. The default is slog.Default().
	Logger *slog.Logger
}

// maxCertificateForm leaves room for what a form has beside the file.
const maxCertificateForm = certstore.MaxUpload + 64<<10

//go:embed certificates.html
var certificatesHTML string

// Certificates returns a page on which the users of a hoster list, bring and remove
// the certificates that their keys are sealed with. Mount it at a path of its own, for
// GET and POST. It works without scripts. A request may have 320 KiB.
//
// A certificate that is refused is answered 422 with all reasons, one that is still in
// use 409 with the keys that need it, and a failure of the store 503.
func Certificates(cfg CertificatesConfig) (http.Handler, error) {
	var problems confcheck.Problems
	problems.Add(cfg.Store == nil, "Store", "required: it says whose certificates a request is about")
	problems.Add(cfg.Antiforgery == nil, "Antiforgery", "required: without it other sites could bring certificates")
	if err := problems.Err("middleware"); err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	page, err := template.New("").Funcs(template.FuncMap{
		"day": func(t time.Time) string { return t.UTC().Format("2006-01-02") },
		// parts lets a line break within a thumbprint, which a phone is too narrow for.
		"parts": func(thumbprint string) []string {
			var all []string
			for part := range slices.Chunk([]byte(thumbprint), 8) {
				all = append(all, string(part))
			}
			return all
		},
	}).Parse(certificatesHTML)
	if err != nil {
		return nil, err
	}
	c := &certificates{CertificatesConfig: cfg, page: page}
	inner := cfg.Antiforgery.Handler(http.HandlerFunc(c.serve))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxCertificateForm)
		inner.ServeHTTP(w, r)
	}), nil
}

type certificates struct {
	CertificatesConfig
	page *template.Template
}

// A certificatesView is what the page shows.
type certificatesView struct {
	Token        antiforgery.Tokens
	Certificates []certstore.Info
	Problems     []string
}

func (c *certificates) serve(w http.ResponseWriter, r *http.Request) {
	store, err := c.Store(r)
	switch {
	case err != nil:
		c.fails(w, r, err)
	case store == nil:
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
	case r.Method == http.MethodPost:
		c.change(w, r, store)
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		c.show(w, r, store, http.StatusOK, nil)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
	}
}

func (c *certificates) fails(w http.ResponseWriter, r *http.Request, err error) {
	c.Logger.ErrorContext(r.Context(), "middleware: the page of certificates", "err", err)
	unavailable(w)
}

// change does what a form asks for, and sends the browser back to the list.
func (c *certificates) change(w http.ResponseWriter, r *http.Request, store *certstore.Store) {
	err := r.ParseMultipartForm(maxCertificateForm)
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		c.show(w, r, store, http.StatusRequestEntityTooLarge, []string{"The file is too long to be a certificate."})
		return
	case err != nil && !errors.Is(err, http.ErrNotMultipart):
		c.show(w, r, store, http.StatusBadRequest, []string{"The form could not be read."})
		return
	}
	if r.PostFormValue("remove") != "" {
		err = store.Remove(r.Context(), r.PostFormValue("remove"))
	} else {
		err = c.add(r, store)
	}
	var refused *certstore.RefusedError
	var inUse *certstore.InUseError
	switch {
	case errors.As(err, &refused):
		c.show(w, r, store, http.StatusUnprocessableEntity, refused.Reasons)
	case errors.As(err, &inUse):
		c.show(w, r, store, http.StatusConflict, []string{strings.TrimPrefix(inUse.Error(), "certstore: ")})
	case errors.Is(err, certstore.ErrNotFound):
		c.show(w, r, store, http.StatusNotFound, []string{"There is no such certificate any more."})
	case err != nil:
		c.fails(w, r, err)
	default:
		w.Header().Set("Location", "?") // this page, wherever it is mounted and whatever was asked for
		w.WriteHeader(http.StatusSeeOther)
	}
}

func (c *certificates) add(r *http.Request, store *certstore.Store) error {
	file, _, err := r.FormFile("file")
	if err != nil {
		return &certstore.RefusedError{Reasons: []string{"no file was chosen"}}
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	defer clear(data)
	_, err = store.Add(r.Context(), data, r.PostFormValue("password"))
	return err
}

// show answers with the page.
func (c *certificates) show(w http.ResponseWriter, r *http.Request, store *certstore.Store, status int, problems []string) {
	list, err := store.List(r.Context())
	if err != nil {
		c.fails(w, r, err)
		return
	}
	token, err := c.Antiforgery.Tokens(w, r)
	if err != nil {
		c.fails(w, r, err)
		return
	}
	var page bytes.Buffer
	if err := c.page.Execute(&page, certificatesView{Token: token, Certificates: list, Problems: problems}); err != nil {
		c.fails(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes())
}
