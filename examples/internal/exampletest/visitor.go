package exampletest

import (
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"testing"
	"time"
)

// A Visitor has a browser of their own, an old one that says nothing of where a
// request comes from, so that forms need their tokens.
type Visitor struct {
	t       testing.TB
	client  http.Client
	visited map[string]*url.URL // by host
}

// NewVisitor returns somebody who has never been here.
func NewVisitor(t testing.TB) *Visitor {
	jar, _ := cookiejar.New(nil) // cannot fail without options
	return &Visitor{t, http.Client{Jar: jar, Timeout: 30 * time.Second}, map[string]*url.URL{}}
}

// An Answer is what came in the end, after all redirects.
type Answer struct {
	Status int
	Path   string // with the query
	Header http.Header
	Body   string
}

// Do sends a request.
func (v *Visitor) Do(r *http.Request) Answer {
	v.t.Helper()
	res, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	v.visited[r.URL.Hostname()] = r.URL
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return Answer{res.StatusCode, res.Request.URL.RequestURI(), res.Header, string(body)}
}

// Get opens a page.
func (v *Visitor) Get(address string) Answer {
	v.t.Helper()
	return v.Do(v.request(http.MethodGet, address))
}

func (v *Visitor) request(method, address string) *http.Request {
	v.t.Helper()
	r, err := http.NewRequest(method, address, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	return r
}

// Post sends a form.
func (v *Visitor) Post(address string, form url.Values) Answer {
	v.t.Helper()
	r := FormRequest(address, form)
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	return v.Do(r)
}

var hiddenField = regexp.MustCompile(`<input name="([^"]+)" type="hidden" value="([^"]+)"`)

// Submit opens a page, fills in a form of it and posts that to an address.
func (v *Visitor) Submit(page, address string, fields url.Values) Answer {
	v.t.Helper()
	opened := v.Get(page)
	token := hiddenField.FindStringSubmatch(opened.Body)
	if token == nil {
		v.t.Fatalf("%s has no form with a token: %d\n%s", page, opened.Status, opened.Body)
	}
	form := url.Values{token[1]: {token[2]}}
	maps.Copy(form, fields)
	return v.Post(address, form)
}

// Copy returns somebody who has got hold of the cookies that v has now.
func (v *Visitor) Copy() *Visitor {
	thief := NewVisitor(v.t)
	for _, at := range v.visited {
		thief.client.Jar.SetCookies(at, v.client.Jar.Cookies(at))
	}
	return thief
}
