package main

import (
	"fmt"
	"net/http"
	"strings"
)

// A guard keeps forged requests off. It need not be safe for concurrent use.
type guard interface {
	// serve has next answer the request, or refuses it with a status of 400 or more.
	serve(w http.ResponseWriter, r *http.Request)
	// token returns a token for the page that is being answered, "" if it knows none.
	token(w http.ResponseWriter, r *http.Request) string
}

type namedGuard struct {
	name   string
	header string // where a token is sent
	make   func(next http.Handler) (guard, error)
}

// A form is what a page does: it asks for a token or not, and notes that it was reached.
type form struct {
	guard   guard
	asks    bool
	text    string
	reached bool
}

func (f *form) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.reached = true
	if f.asks {
		f.text = f.guard.token(w, r)
	}
}

// A site is a guard, the form behind it, and a visitor who has been there.
type site struct {
	namedGuard
	form    *form
	writer  writer
	cookies string // the visitor's
	text    string // the visitor's token
}

func newSite(g namedGuard) (*site, error) {
	s := &site{namedGuard: g, form: new(form), writer: newWriter()}
	var err error
	if s.form.guard, err = g.make(s.form); err != nil {
		return nil, fmt.Errorf("%s: %w", g.name, err)
	}
	s.form.asks = true
	s.cookies = otherCookies
	s.do(s.request("GET"))
	s.form.asks = false
	s.text = strings.Clone(s.form.text)
	for _, line := range s.writer.header["Set-Cookie"] {
		cookie, _, _ := strings.Cut(line, ";")
		s.cookies += "; " + cookie
	}
	return s, nil
}

// request makes one from the visitor's browser, with headers "Name: value".
func (s *site) request(method string, headers ...string) *http.Request {
	r := newRequest(s.cookies)
	r.Method = method
	r.Header.Set("Referer", "https://app.example/form")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	return r
}

// posts returns requests of so many pages, each with its own token.
func (s *site) posts(pages int) (all []*http.Request) {
	s.form.asks = true
	for range pages {
		s.do(s.request("GET"))
		all = append(all, s.request("POST", s.withToken(strings.Clone(s.form.text))))
	}
	return all
}

// do reports whether the form was reached.
func (s *site) do(r *http.Request) bool {
	s.form.reached = false
	clear(s.writer.header)
	s.form.guard.serve(s.writer, r)
	return s.form.reached
}

// tokenHeader is the header with the visitor's token, if the guard has any.
func (s *site) tokenHeader() []string {
	if s.header == "" {
		return nil
	}
	return []string{s.withToken(s.text)}
}

// withToken is a header with a token.
func (s *site) withToken(text string) string { return s.header + ": " + text }

const (
	sameOrigin = "Sec-Fetch-Site: same-origin"
	crossSite  = "Sec-Fetch-Site: cross-site"
)

// check refuses a guard that lets forged requests pass, or honest ones not.
// Stranger is another visitor of the same guard with other keys.
func (s *site) check(stranger *site) error {
	if !s.do(s.request("GET")) {
		return fmt.Errorf("%s: refused a GET", s.name)
	}
	if s.header == "" {
		return s.checkBrowser()
	}
	if s.text == "" || !s.do(s.request("POST", s.withToken(s.text))) {
		return fmt.Errorf("%s: refused a POST with its token, or made none", s.name)
	}
	if s.do(s.request("POST")) || s.do(s.request("POST", s.withToken(stranger.text))) {
		return fmt.Errorf("%s: accepted a POST without a token, or with a stranger's", s.name)
	}
	for _, damaged := range damages(s.text) {
		if s.do(s.request("POST", s.withToken(damaged))) {
			return fmt.Errorf("%s: accepted a damaged token", s.name)
		}
	}
	return nil
}

// checkBrowser is for guards that go by what the browser says.
func (s *site) checkBrowser() error {
	if !s.do(s.request("POST", sameOrigin)) {
		return fmt.Errorf("%s: refused a POST from its own page", s.name)
	}
	if s.do(s.request("POST", crossSite)) {
		return fmt.Errorf("%s: accepted a POST from elsewhere", s.name)
	}
	return nil
}

// guardWorks checks all guards and returns what they have to do.
func guardWorks() ([]work, error) {
	works := []work{
		{name: "A form that comes back with its token"},
		{name: "A form of which the browser says where it comes from"},
		{name: "A page that asks for a token, in a browser that has the cookie"},
		{name: "A page that does not"},
	}
	guards, err := newGuards()
	if err != nil {
		return nil, err
	}
	for _, g := range guards {
		s, err := newSite(g)
		if err != nil {
			return nil, err
		}
		stranger, err := newSite(g)
		if err != nil {
			return nil, err
		}
		if err := s.check(stranger); err != nil {
			return nil, err
		}
		page := s.request("GET")
		add := func(k int, asks bool, requests ...*http.Request) {
			next := 0
			works[k].contenders = append(works[k].contenders, contender{
				name: g.name, ready: func() { s.form.asks = asks }, do: func() bool {
					next = (next + 1) % len(requests)
					return s.do(requests[next])
				},
			})
		}
		if g.header != "" {
			add(0, false, s.posts(many)...)
			add(2, true, page)
		}
		add(1, false, s.request("POST", append(s.tokenHeader(), sameOrigin)...))
		add(3, false, page)
	}
	return works, nil
}
