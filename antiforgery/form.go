package antiforgery

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

// formText returns the value of the token's field in a form. A form that somebody
// has parsed already is not read again.
func (p *Protection) formText(r *http.Request, k kind, boundary string) (text string, found bool, err error) {
	switch {
	case k == multiPart && r.MultipartForm != nil:
		return p.field(r.MultipartForm.Value)
	case k == urlEncoded && r.PostForm != nil && parsesBody(r.Method):
		return p.field(r.PostForm)
	case r.Body == nil || r.Body == http.NoBody:
		return "", false, nil
	case k == multiPart:
		return p.readMultipart(r, boundary)
	}
	return p.readURLEncoded(r)
}

// parsesBody reports whether ParseForm, for requests of a method, reads the body.
func parsesBody(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
}

// field looks the field up in any case. Several values are joined, so that they
// make no token.
func (p *Protection) field(form map[string][]string) (text string, found bool, err error) {
	if values, ok := form[p.cfg.FormField]; ok {
		return only(values), true, nil
	}
	for name, values := range form {
		if strings.EqualFold(name, p.cfg.FormField) {
			return only(values), true, nil
		}
	}
	return "", false, nil
}

// readURLEncoded reads the whole form, since the field may stand at its end.
func (p *Protection) readURLEncoded(r *http.Request) (text string, found bool, err error) {
	body := keep(r, p.cfg.MaxFormBytes)
	defer body.replay()
	if _, err := io.Copy(io.Discard, body.asKeeper()); err != nil {
		return "", false, formError(err)
	}
	text, found = p.findURLEncoded(body.kept)
	return text, found, nil
}

// findURLEncoded goes through the pairs and takes none apart but the one.
func (p *Protection) findURLEncoded(form []byte) (text string, found bool) {
	for len(form) > 0 {
		var pair []byte
		pair, form, _ = bytes.Cut(form, []byte("&"))
		name, value, _ := bytes.Cut(pair, []byte("="))
		if !p.isField(name) {
			continue
		}
		if found {
			return text + ",", true // several are joined with commas, which no token has
		}
		text, found = unescape(string(value)), true
	}
	return text, found
}

func (p *Protection) isField(name []byte) bool {
	if bytes.IndexByte(name, '%') < 0 {
		return len(name) == len(p.cfg.FormField) && strings.EqualFold(string(name), p.cfg.FormField)
	}
	return strings.EqualFold(unescape(string(name)), p.cfg.FormField)
}

// unescape leaves alone what is wrongly encoded.
func unescape(s string) string {
	if decoded, err := url.QueryUnescape(s); err == nil {
		return decoded
	}
	return s
}

// readMultipart reads as far as the field, so that files behind it can be as large
// as they like and still be streamed.
func (p *Protection) readMultipart(r *http.Request, boundary string) (text string, found bool, err error) {
	if boundary == "" {
		return "", false, formError(errors.New("multipart form without boundary"))
	}
	body := keep(r, p.cfg.MaxFormBytes)
	defer body.replay()
	form := multipart.NewReader(body.asKeeper(), boundary)
	for {
		part, err := form.NextRawPart()
		if err == io.EOF && bytes.Contains(body.kept, []byte("--"+boundary+"--")) {
			return "", false, nil
		} else if err != nil {
			return "", false, formError(body.cause()) // EOF too, if it came too early
		}
		if part.FileName() != "" || !strings.EqualFold(part.FormName(), p.cfg.FormField) {
			continue
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return "", false, formError(body.cause())
		}
		return string(value), true, nil
	}
}

func formError(err error) *Error {
	var tooLarge *http.MaxBytesError // set by somebody before us
	if errors.Is(err, errNoRoom) || errors.As(err, &tooLarge) {
		return &Error{FormTooLarge, err}
	}
	return &Error{UnreadableForm, err}
}
