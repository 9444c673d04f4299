package journey_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/sealring/sealring/internal/journey"
)

type user string

func (u user) ID() string            { return string(u) }
func (u user) IsAuthenticated() bool { return u != "" }

func TestNobodyListens(t *testing.T) {
	j := journey.From(t.Context())
	if j != nil {
		t.Fatalf("From = %v, want nil", j)
	}
	j.Pass(journey.Antiforgery)
	j.Identified(user("1"), "Cookies")
	j.Unidentified(errors.New("store is away"))
	j.Routed("/")
	if j.Findings() != (journey.Findings{}) || j.Outage() != nil || j.Answered() || j.Misplaced() != nil {
		t.Errorf("a journey that is nil knows %v, answered %v, misplaced %v", j.Findings(), j.Answered(), j.Misplaced())
	}
}

func TestJourney(t *testing.T) {
	want := new(journey.Journey)
	j := journey.From(context.WithValue(t.Context(), journey.Key{}, want))
	if j != want {
		t.Fatalf("From = %p, want %p", j, want)
	}
	j.Identified(user("1"), "Cookies")
	j.Identified(user(""), "Nobody")
	j.Identified(user("1+2"), "Bearer")
	if found := j.Findings(); found.User != user("1+2") || found.Scheme != "Cookies,Bearer" {
		t.Errorf("user %v by %q, want 1+2 by Cookies,Bearer", found.User, found.Scheme)
	}
	if j.Outage() != nil {
		t.Errorf("an outage that nobody has met with: %v", j.Outage())
	}
	first := errors.New("store is away")
	j.Unidentified(first)
	j.Unidentified(errors.New("still"))
	if j.Outage() != first {
		t.Errorf("outage %v, want the first", j.Outage())
	}
	j.Routed("")
	j.Routed("GET /a")
	j.Routed("/")
	if got := j.Findings().Route; got != "GET /a" {
		t.Errorf("route %q, want GET /a", got)
	}
	if j.Answered() {
		t.Error("answered before anybody said so")
	}
	if j.Answer(); !j.Answered() {
		t.Error("not answered")
	}
}

func TestOrder(t *testing.T) {
	const (
		o = journey.PublicOrigin
		l = journey.RequestLog
		s = journey.RedirectHTTPS
		h = journey.SecurityHeaders
		a = journey.Authenticate
		f = journey.Antiforgery
	)
	for _, c := range []struct {
		name  string
		order []journey.Stage
		want  string // how the finding begins
	}{
		{"nothing", nil, ""},
		{"the lot", []journey.Stage{o, l, s, h, a, f}, ""},
		{"harmless exchanges", []journey.Stage{l, o, h, s, a, f}, ""},
		{"only some", []journey.Stage{l, f}, ""},
		{"two authenticators", []journey.Stage{a, a, f}, ""},
		{"a route that asks again", []journey.Stage{o, l, s, h, a, f, a}, ""},
		{"all the wrong way round", []journey.Stage{f, a, h, s, l, o}, "the authenticator's Handler must stand outside of the antiforgery Handler"},
		{"log too far in", []journey.Stage{s, l}, "RequestLog must stand outside of RedirectHTTPS"},
		{"origin too far in", []journey.Stage{l, a, o}, "PublicOrigin must stand outside of the authenticator's Handler"},
		{"redirect too far in", []journey.Stage{l, a, s}, "RedirectHTTPS must stand outside of the authenticator's Handler"},
		{"headers too far in", []journey.Stage{a, f, h}, "SecurityHeaders must stand outside of the antiforgery Handler"},
		{"the first finding stays", []journey.Stage{f, h, o}, "SecurityHeaders must stand outside of the antiforgery Handler"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var j journey.Journey
			for _, stage := range c.order {
				j.Pass(stage)
			}
			got := ""
			if rule := j.Misplaced(); rule != nil {
				got = rule.String()
			}
			if (got == "") != (c.want == "") || !strings.HasPrefix(got, c.want) {
				t.Errorf("%v: got %q, want %q…", c.order, got, c.want)
			}
		})
	}
}

// Where a journey has begun late, the authenticator of a route says nothing about
// where else it stands, as long as it finds nobody.
func TestLate(t *testing.T) {
	j := journey.Late()
	j.Pass(journey.Antiforgery)
	j.Pass(journey.Authenticate)
	j.Identified(user(""), "Cookies")
	if j.Misplaced() != nil {
		t.Errorf("nobody was found, and still %v", j.Misplaced())
	}
	j.Identified(user("1"), "Cookies")
	if rule := j.Misplaced(); rule == nil || rule.Outer != journey.Authenticate {
		t.Errorf("somebody was found behind the antiforgery Handler: %v", rule)
	}
}

// A journey that begins within another one knows which handlers have been passed.
func TestFollow(t *testing.T) {
	var outer, inner journey.Journey
	outer.Pass(journey.Antiforgery)
	inner.Follow(nil)
	inner.Follow(&outer)
	inner.Pass(journey.PublicOrigin)
	var log strings.Builder
	outer.Report(t.Context(), slog.New(slog.NewTextHandler(&log, nil)))
	if outer.Misplaced() != nil || log.Len() > 0 {
		t.Errorf("the outer one has %v, and reports %s", outer.Misplaced(), &log)
	}
	inner.Report(t.Context(), slog.New(slog.NewTextHandler(&log, nil)))
	for _, want := range []string{"level=ERROR", "middleware in the wrong order: PublicOrigin must stand outside of the antiforgery Handler", `order="PublicOrigin, RequestLog,`, "middleware.Stack"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%s is missing in %s", want, &log)
		}
	}
}

// A handler under http.TimeoutHandler goes on when the answer has been given.
func TestConcurrentUse(t *testing.T) {
	var j journey.Journey
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			j.Pass(journey.Authenticate)
			j.Identified(user("1"), "")
			j.Routed("/")
			j.Findings()
			j.Unidentified(nil)
			j.Outage()
			j.Answer()
			j.Answered()
			j.Misplaced()
		})
	}
	wg.Wait()
}

// teller is a writer that tells what was sent; wrapper is one around another.
type teller struct {
	http.ResponseWriter
	status int
}

func (w teller) Status() int { return w.status }

type wrapper struct{ http.ResponseWriter }

func (w wrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestBegun(t *testing.T) {
	answered := new(journey.Journey)
	answered.Answer()
	plain := httptest.NewRecorder()
	for _, c := range []struct {
		name string
		w    http.ResponseWriter
		j    *journey.Journey
		want bool
	}{
		{"nobody tells", plain, nil, false},
		{"the journey says no", plain, new(journey.Journey), false},
		{"the journey says yes", plain, answered, true},
		{"a writer says no", teller{plain, 0}, nil, false},
		{"a writer says yes", teller{plain, 200}, nil, true},
		{"a writer within others says yes", wrapper{wrapper{teller{plain, 404}}}, nil, true},
		{"a writer around one that cannot tell", wrapper{plain}, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			if c.j != nil {
				r = r.WithContext(context.WithValue(r.Context(), journey.Key{}, c.j))
			}
			if got := journey.Begun(c.w, r); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
