package antiforgery

import (
	"errors"
	"mime"
	"net/http"
	"strings"

	"github.com/sealring/sealring/antiforgery/internal/token"
)

// openPair finds and opens both tokens of a request.
func (p *Protection) openPair(r *http.Request) (cookie, request token.Token, err error) {
	name, _, err := p.transport(r)
	if err != nil {
		return cookie, request, err
	}
	cookieText := p.cookieText(r, name)
	if cookieText == "" {
		return cookie, request, &Error{CookieMissing, errors.New(name)}
	}
	requestText, err := p.requestText(r)
	if err != nil {
		return cookie, request, err
	}
	if cookie, err = p.open(r.Context(), cookieText); err != nil {
		return cookie, request, err
	}
	request, err = p.open(r.Context(), requestText)
	return cookie, request, err
}

// requestText returns the text of the request token. A header that is there counts
// even if it is empty, and the form is not looked at then. The query never counts:
// addresses end up in logs and in other sites' hands.
func (p *Protection) requestText(r *http.Request) (string, error) {
	if !p.cfg.NoHeader {
		if values, ok := r.Header[p.headerKey]; ok {
			return only(values), nil
		}
	}
	kind, boundary := formKind(r)
	if kind == noForm || p.cfg.NoForm {
		return "", p.missing("no form")
	}
	text, found, err := p.formText(r, kind, boundary)
	if err != nil {
		return "", err
	}
	if !found {
		return "", p.missing("form without field " + p.cfg.FormField)
	}
	return text, nil
}

func (p *Protection) missing(body string) *Error {
	if !p.cfg.NoHeader {
		body = "no header " + p.cfg.Header + ", " + body
	}
	return &Error{TokenMissing, errors.New(body)}
}

type kind int

const (
	noForm kind = iota
	urlEncoded
	multiPart
)

// formKind says what kind of form a body is. Parameters do not matter, except for
// the boundary of a multipart form.
func formKind(r *http.Request) (k kind, boundary string) {
	contentType := r.Header.Get("Content-Type")
	mediaType, _, _ := strings.Cut(contentType, ";")
	switch mediaType = strings.TrimSpace(mediaType); {
	case strings.EqualFold(mediaType, "application/x-www-form-urlencoded"):
		return urlEncoded, ""
	case strings.EqualFold(mediaType, "multipart/form-data"):
		_, parameters, _ := mime.ParseMediaType(contentType)
		return multiPart, parameters["boundary"]
	}
	return noForm, ""
}
