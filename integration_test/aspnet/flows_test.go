package aspnet_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/dataprotection"
)

// flowCase is a case of the kind flows: what the reference answered to requests on
// a clock that the flow moves.
type flowCase struct {
	ApplicationName string    `json:"applicationName"`
	T0              time.Time `json:"t0"`
	Flows           []flow    `json:"flows"`
}

type flow struct {
	Name        string                     `json:"name"`
	Scheme      string                     `json:"scheme"`
	PathBase    string                     `json:"pathBase"`
	Cookie      map[string]json.RawMessage `json:"cookie"`
	Antiforgery map[string]json.RawMessage `json:"antiforgery"`
	Steps       []flowStep                 `json:"steps"`
}

type flowStep struct {
	Wait    float64            `json:"wait"` // seconds
	Jar     map[string]*string `json:"jar"`
	Method  string             `json:"method"`
	Path    string             `json:"path"`
	HTTPS   bool               `json:"https"`
	Headers map[string]string  `json:"headers"`
	Form    map[string]string  `json:"form"`
	Save    map[string]string  `json:"save"` // by variable, the field of the answer
	Keep    *bool              `json:"keep"`
	Expect  flowAnswer         `json:"expect"`
}

type flowAnswer struct {
	Status           int               `json:"status"`
	Headers          map[string]string `json:"headers"`
	Body             *string           `json:"body"` // nil if it is tokens
	SetCookies       []flowCookie      `json:"setCookies"`
	Ticket           *ticketText       `json:"ticket"`
	CookieTokenIsNew *bool             `json:"cookieTokenIsNew"`
}

type flowCookie struct {
	Name       string  `json:"name"`
	Length     int     `json:"length"`
	Text       *string `json:"text"`
	Attributes string  `json:"attributes"`
	Value      string  `json:"value"`
}

// Where we differ from the reference on purpose and no option restores parity:
// flow and step, and why. Steps are counted from 1.
var flowDeviations = map[string]string{}

// runFlows runs each flow of a case as a subtest of its name.
func runFlows(t *testing.T, dir string, raw []byte) {
	var c flowCase
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	ring := openReadOnly(t, filepath.Join(dir, "keys"), &c.ApplicationName)
	for _, f := range c.Flows {
		t.Run(f.Name, func(t *testing.T) {
			b := newBrowser(t, &f, ring, c.T0)
			for i, step := range f.Steps {
				where := fmt.Sprintf("step %d, %s %s", i+1, step.Method, step.Path)
				if reason, ok := flowDeviations[fmt.Sprintf("%s %d", f.Name, i+1)]; ok {
					t.Logf("%s: differs, %s", where, reason)
					answer, body := b.send(t, &step)
					b.take(t, answer, body, &step)
					continue
				}
				b.run(t, where, &step)
			}
		})
	}
}

// A flowBrowser is the client of a flow. It has one flat jar of cookies.
type flowBrowser struct {
	site      *flowSite
	clock     time.Time
	jar       map[string]string
	variables map[string]string
}

func newBrowser(t *testing.T, f *flow, ring *dataprotection.KeyRing, t0 time.Time) *flowBrowser {
	t.Helper()
	b := &flowBrowser{clock: t0, jar: map[string]string{}, variables: map[string]string{}}
	b.site = newFlowSite(t, f, ring, t0, func() time.Time { return b.clock })
	return b
}

func (b *flowBrowser) run(t *testing.T, where string, step *flowStep) {
	t.Helper()
	answer, body := b.send(t, step)
	b.compare(t, where, step, answer, body)
	b.take(t, answer, body, step)
}

func (b *flowBrowser) send(t *testing.T, step *flowStep) (answer *http.Response, body string) {
	t.Helper()
	b.clock = b.clock.Add(time.Duration(step.Wait * float64(time.Second)))
	for name, value := range step.Jar {
		if value == nil {
			delete(b.jar, b.cookieName(name))
		} else {
			b.jar[b.cookieName(name)] = b.expand(*value)
		}
	}
	r := b.request(step)
	w := httptest.NewRecorder()
	b.site.handler.ServeHTTP(w, r)
	answer = w.Result()
	answer.Request = r // an answer to HEAD is written without its body
	var text strings.Builder
	if err := answer.Write(&text); err != nil {
		t.Fatal(err)
	}
	_, body, _ = strings.Cut(text.String(), "\r\n\r\n")
	return answer, body
}

func (b *flowBrowser) request(step *flowStep) *http.Request {
	form := url.Values{}
	for field, value := range step.Form {
		form.Set(field, b.expand(value))
	}
	r := httptest.NewRequest(step.Method, b.expand(step.Path), strings.NewReader(form.Encode()))
	if step.Form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Host = "app.test"
	if step.HTTPS {
		r.TLS = httptest.NewRequest("GET", "https://app.test/", nil).TLS
	}
	for name, value := range step.Headers {
		r.Header.Set(name, b.expand(value))
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(b.jar)) {
		pairs = append(pairs, name+"="+b.jar[name])
	}
	if len(pairs) > 0 {
		r.Header.Set("Cookie", strings.Join(pairs, "; "))
	}
	return r
}

// take keeps what later steps send: fields of the body, and the cookies, as the
// reference's client does, whatever their path and domain.
func (b *flowBrowser) take(t *testing.T, answer *http.Response, body string, step *flowStep) {
	t.Helper()
	if step.Expect.CookieTokenIsNew != nil {
		for variable, field := range step.Save {
			b.variables[variable] = fieldsOf(t, body)[field]
		}
	}
	if step.Keep != nil && !*step.Keep {
		return
	}
	for _, c := range setCookies(answer) {
		if c.Value == "" || strings.Contains(c.Attributes, "expires=Thu, 01 Jan 1970") {
			delete(b.jar, c.Name)
		} else {
			b.jar[c.Name] = c.Value
		}
	}
}

func fieldsOf(t *testing.T, body string) (fields map[string]string) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &fields); err != nil {
		t.Fatalf("the body %q: %v", body, err)
	}
	return fields
}

// cookieName replaces the stand-in for a configured name.
func (b *flowBrowser) cookieName(name string) string {
	if suffix, ok := strings.CutPrefix(name, "auth"); ok {
		return b.site.cookieName + suffix
	}
	if name == "af" {
		return b.site.tokenName
	}
	return name
}

// expand replaces {variable}, {cookie:NAME} and {cookie:NAME|upto:60} in a value.
func (b *flowBrowser) expand(text string) string {
	before, rest, ok := strings.Cut(text, "{")
	if !ok {
		return text
	}
	what, after, _ := strings.Cut(rest, "}")
	key, change, _ := strings.Cut(what, "|")
	value := b.variables[key]
	if name, ok := strings.CutPrefix(key, "cookie:"); ok {
		value = b.jar[b.cookieName(name)]
	}
	return before + changed(value, change) + b.expand(after)
}

func changed(value, change string) string {
	var n int
	verb, number, _ := strings.Cut(change, ":")
	fmt.Sscan(number, &n)
	switch {
	case value == "" || verb == "":
		return value
	case verb == "cut":
		return value[:max(0, len(value)-n)]
	case verb == "upto":
		return value[:min(n, len(value))]
	case verb == "flip":
		n = (n%len(value) + len(value)) % len(value)
		other := "A"
		if value[n] == 'A' {
			other = "B"
		}
		return value[:n] + other + value[n+1:]
	}
	panic("unknown change " + change)
}

func (b *flowBrowser) compare(t *testing.T, where string, step *flowStep, answer *http.Response, body string) {
	t.Helper()
	want := step.Expect
	if answer.StatusCode != want.Status {
		t.Errorf("%s: answered %d, want %d", where, answer.StatusCode, want.Status)
	}
	if want.Body != nil && body != *want.Body {
		t.Errorf("%s: answered %q, want %q", where, body, *want.Body)
	}
	if want.CookieTokenIsNew != nil {
		if _, isNew := fieldsOf(t, body)["cookie"]; isNew != *want.CookieTokenIsNew {
			t.Errorf("%s: the cookie token is new %v, want %v", where, isNew, *want.CookieTokenIsNew)
		}
	}
	for _, name := range []string{"Cache-Control", "Pragma", "Expires", "Location", "X-Frame-Options", "WWW-Authenticate"} {
		if got := strings.Join(answer.Header.Values(name), ", "); got != want.Headers[name] {
			t.Errorf("%s: %s is %q, want %q", where, name, got, want.Headers[name])
		}
	}
	sent := setCookies(answer)
	compareCookies(t, where, sent, want.SetCookies)
	if want.Ticket != nil {
		b.compareTicket(t, where, "we", sent, want.Ticket)
		b.compareTicket(t, where, "the reference", want.SetCookies, want.Ticket)
	}
}

func compareCookies(t *testing.T, where string, got, want []flowCookie) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("%s: cookie %d is missing: %s of %d characters; %s", where, i+1, want[i].Name, want[i].Length, want[i].Attributes)
		case i >= len(want):
			t.Errorf("%s: cookie %d is too many: %s of %d characters; %s", where, i+1, got[i].Name, got[i].Length, got[i].Attributes)
		case got[i].Name != want[i].Name || got[i].Length != want[i].Length || got[i].Attributes != want[i].Attributes || want[i].Text != nil && got[i].Value != *want[i].Text:
			t.Errorf("%s: cookie %d is %s of %d characters; %s\nwant %s of %d characters; %s", where, i+1,
				got[i].Name, got[i].Length, got[i].Attributes, want[i].Name, want[i].Length, want[i].Attributes)
		}
	}
}

// compareTicket compares what is in the login cookie that who sent.
func (b *flowBrowser) compareTicket(t *testing.T, where, who string, cookies []flowCookie, want *ticketText) {
	t.Helper()
	got, err := b.site.openLogin(t, b.loginCookies(cookies))
	if err != nil {
		t.Errorf("%s: what %s sent does not open: %v", where, who, err)
	} else if got, want := toJSON(t, got), toJSON(t, want); got != want {
		t.Errorf("%s: %s sent the ticket\n%s, want\n%s", where, who, got, want)
	}
}

// loginCookies leaves out what is not the login cookie or a chunk of it.
func (b *flowBrowser) loginCookies(all []flowCookie) []flowCookie {
	return slices.DeleteFunc(slices.Clone(all), func(c flowCookie) bool {
		suffix, ok := strings.CutPrefix(c.Name, b.site.cookieName)
		return !ok || strings.Trim(suffix, "C0123456789") != ""
	})
}

func setCookies(answer *http.Response) (all []flowCookie) {
	for _, line := range answer.Header.Values("Set-Cookie") {
		pair, attributes, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		all = append(all, flowCookie{Name: name, Value: value, Length: len(value), Attributes: strings.TrimLeft(attributes, " ")})
	}
	return all
}

// openLogin puts the chunks of a login cookie together and opens it.
func (s *flowSite) openLogin(t *testing.T, cookies []flowCookie) (*ticketText, error) {
	t.Helper()
	values := map[string]string{}
	for _, c := range cookies {
		if c.Value != "" {
			values[c.Name] = c.Value
		}
	}
	text := values[s.cookieName]
	if _, chunked := strings.CutPrefix(text, "chunks-"); chunked {
		text = ""
		for i := 1; values[fmt.Sprintf("%sC%d", s.cookieName, i)] != ""; i++ {
			text += values[fmt.Sprintf("%sC%d", s.cookieName, i)]
		}
	}
	plain, err := s.protector.Unprotect(t.Context(), decode(t, text))
	if err != nil {
		return nil, err
	}
	var opened ticket.Ticket
	if err := opened.UnmarshalBinary(plain); err != nil {
		return nil, err
	}
	described := describe(&opened)
	for i := range described.Identities {
		for k, c := range described.Identities[i].Claims {
			if len(c.Value) > 100 {
				described.Identities[i].Claims[k].Value = fmt.Sprintf("%d characters", len(c.Value))
			}
		}
	}
	return &described, nil
}
