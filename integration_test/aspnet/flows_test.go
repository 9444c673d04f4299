package aspnet_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
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
	Name     string                     `json:"name"`
	Scheme   string                     `json:"scheme"`
	PathBase string                     `json:"pathBase"`
	Cookie   map[string]json.RawMessage `json:"cookie"`
	Steps    []flowStep                 `json:"steps"`
}

type flowStep struct {
	Wait    float64            `json:"wait"` // seconds
	Jar     map[string]*string `json:"jar"`
	Method  string             `json:"method"`
	Path    string             `json:"path"`
	HTTPS   bool               `json:"https"`
	Headers map[string]string  `json:"headers"`
	Keep    *bool              `json:"keep"`
	Expect  flowAnswer         `json:"expect"`
}

type flowAnswer struct {
	Status     int               `json:"status"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
	SetCookies []flowCookie      `json:"setCookies"`
	Ticket     *ticketText       `json:"ticket"`
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
					b.take(b.send(&step), &step)
					continue
				}
				b.run(t, where, &step)
			}
		})
	}
}

// A flowBrowser is the client of a flow. It has one flat jar of cookies.
type flowBrowser struct {
	site  *flowSite
	clock time.Time
	jar   map[string]string
}

func newBrowser(t *testing.T, f *flow, ring *dataprotection.KeyRing, t0 time.Time) *flowBrowser {
	t.Helper()
	b := &flowBrowser{clock: t0, jar: map[string]string{}}
	b.site = newFlowSite(t, f, ring, t0, func() time.Time { return b.clock })
	return b
}

func (b *flowBrowser) run(t *testing.T, where string, step *flowStep) {
	t.Helper()
	answer := b.send(step)
	b.take(answer, step)
	if antiforgeryPaths[step.route(b.site.pathBase)] {
		b.compareLogin(t, where, step, answer)
		return
	}
	b.compare(t, where, step, answer)
}

func (b *flowBrowser) send(step *flowStep) *http.Response {
	b.clock = b.clock.Add(time.Duration(step.Wait * float64(time.Second)))
	for name, value := range step.Jar {
		if value == nil {
			delete(b.jar, b.cookieName(name))
		} else {
			b.jar[b.cookieName(name)] = b.expand(*value)
		}
	}
	r := httptest.NewRequest(step.Method, step.Path, nil)
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
	w := httptest.NewRecorder()
	b.site.handler.ServeHTTP(w, r)
	return w.Result()
}

// take keeps the cookies of an answer, as the reference's client does: whatever
// their path and domain.
func (b *flowBrowser) take(answer *http.Response, step *flowStep) {
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

// cookieName replaces the stand-in for the configured name.
func (b *flowBrowser) cookieName(name string) string {
	if suffix, ok := strings.CutPrefix(name, "auth"); ok {
		return b.site.cookieName + suffix
	}
	return name
}

// expand replaces {cookie:NAME} and {cookie:NAME|upto:60} in a value.
func (b *flowBrowser) expand(text string) string {
	before, rest, ok := strings.Cut(text, "{")
	if !ok {
		return text
	}
	what, after, _ := strings.Cut(rest, "}")
	key, change, _ := strings.Cut(what, "|")
	value := ""
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

func (b *flowBrowser) compare(t *testing.T, where string, step *flowStep, answer *http.Response) {
	t.Helper()
	want := step.Expect
	var body strings.Builder
	if err := answer.Write(&body); err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(body.String(), "\r\n\r\n")
	if answer.StatusCode != want.Status || text != want.Body {
		t.Errorf("%s: answered %d %q, want %d %q", where, answer.StatusCode, text, want.Status, want.Body)
	}
	for _, name := range []string{"Cache-Control", "Pragma", "Expires", "Location", "X-Frame-Options", "WWW-Authenticate"} {
		if got := strings.Join(answer.Header.Values(name), ", "); got != want.Headers[name] {
			t.Errorf("%s: %s is %q, want %q", where, name, got, want.Headers[name])
		}
	}
	b.compareLogin(t, where, step, answer)
}

// compareLogin compares what an answer says about the login cookie.
func (b *flowBrowser) compareLogin(t *testing.T, where string, step *flowStep, answer *http.Response) {
	t.Helper()
	got, want := b.loginCookies(setCookies(answer)), b.loginCookies(step.Expect.SetCookies)
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
	if step.Expect.Ticket == nil {
		return
	}
	wantTicket := toJSON(t, step.Expect.Ticket)
	for who, cookies := range map[string][]flowCookie{"we": got, "the reference": want} {
		text, err := b.site.openLogin(t, cookies)
		if err != nil {
			t.Errorf("%s: what %s sent does not open: %v", where, who, err)
		} else if gotTicket := toJSON(t, text); gotTicket != wantTicket {
			t.Errorf("%s: %s sent the ticket\n%s, want\n%s", where, who, gotTicket, wantTicket)
		}
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
