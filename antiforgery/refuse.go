package antiforgery

import (
	"errors"
	"html/template"
	"net/http"
	"strings"

	"github.com/sealring/sealring/dataprotection"
)

// retryAfter is in how many seconds to try again when the key ring is out of
// reach. A ring re-reads its store every ten seconds.
const retryAfter = "10"

// Refuse is the default of Config.Refused. For an *Error it answers 403 with a page
// that says what to do, in HTML for those who accept that, else in plain text; 503
// for what Is dataprotection.ErrUnavailable; 500 for anything else.
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	var refusal *Error
	switch {
	case errors.As(err, &refusal):
		answer(w, r, http.StatusForbidden, page{"This request was not carried out", refusal.Reason.advice()})
	case errors.Is(err, dataprotection.ErrUnavailable):
		w.Header().Set("Retry-After", retryAfter)
		answer(w, r, http.StatusServiceUnavailable, page{"Please try again in a moment", "Something that is needed to check your request is out of reach. Nothing has been changed."})
	default:
		answer(w, r, http.StatusInternalServerError, page{"Something went wrong", "Your request could not be checked. Nothing has been changed."})
	}
}

func (r Reason) advice() string { return r.words().advice }

type page struct{ Title, Text string }

var pageTemplate = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{{.Title}}</title>
<main>
<h1>{{.Title}}</h1>
<p>{{.Text}}</p>
</main>
</html>
`))

func answer(w http.ResponseWriter, r *http.Request, status int, p page) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Error(w, p.Title+". "+p.Text, status)
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Del("Content-Length")
	w.WriteHeader(status)
	_ = pageTemplate.Execute(w, p) // a visitor who has gone does not miss it
}
