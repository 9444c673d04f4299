package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/chunk"
)

// An explainer explains values with what the ring knows, if there is one.
type explainer struct {
	now         time.Time
	ring        *dataprotection.KeyRing // nil if it could not be opened
	listing     *dataprotection.Listing // nil without a ring
	ringErr     error                   // why ring is nil although there is a store
	application string
	scheme      string
	purposes    []string
	showValues  bool
}

func newExplainer(ctx context.Context, c *cli.Command) (*explainer, error) {
	e := &explainer{
		now: now(), application: c.String("application"), scheme: c.String("scheme"),
		purposes: c.StringSlice("purpose"), showValues: c.Bool("show-values"),
	}
	if c.String("store") == "" {
		return e, nil
	}
	m, err := openManager(ctx, c, true)
	if err != nil {
		return nil, err
	}
	listing, err := m.List(ctx)
	if err != nil {
		return nil, err
	}
	e.listing = &listing
	cfg, err := ringConfig(c)
	if err != nil {
		return nil, err
	}
	cfg.ReadOnly = true
	e.ring, e.ringErr = dataprotection.Open(ctx, cfg)
	return e, nil
}

func (e *explainer) close() {
	if e.ring != nil {
		_ = e.ring.Close()
	}
}

func (e *explainer) explain(ctx context.Context, s sample) *report {
	r := &report{Name: s.name, Size: len(s.value)}
	if chunk.Count(s.value) > 0 {
		r.Kind = "the head of a cookie in chunks; give the whole Cookie header"
		r.refuse("chunks are missing")
		return r
	}
	sealed, ok := decode(s.value)
	if !ok {
		r.Kind = "no base64, so nothing of Data Protection's"
		r.refuse("it does not decode")
		return r
	}
	id, ok := keyIDOf(sealed)
	if !ok {
		r.Kind = "base64, but no payload of Data Protection (those begin with CfDJ8)"
		r.refuse("it was made by something else, or its beginning is lost")
		return r
	}
	r.Kind = fmt.Sprintf("a payload of ASP.NET Core Data Protection, %d bytes", len(sealed))
	r.KeyID = id
	if e.judgeKey(r, id) {
		e.open(ctx, r, s.name, sealed)
	}
	return r
}

// decode reads base64url or base64, with or without padding, and what a cookie
// writer may have percent-encoded.
func decode(text string) ([]byte, bool) {
	if unescaped, err := url.PathUnescape(text); err == nil {
		text = unescaped
	}
	text = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(text, "="))
	data, err := base64.RawURLEncoding.DecodeString(text)
	return data, err == nil && len(data) > 0
}

// keyIDOf reads the header of a payload (docs/formats.md, Payload).
func keyIDOf(sealed []byte) (id dataprotection.KeyID, ok bool) {
	if len(sealed) < 20 || string(sealed[:4]) != "\x09\xf0\xc9\xf0" {
		return id, false
	}
	wire := sealed[4:20]
	for i, k := range []int{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15} {
		id[i] = wire[k]
	}
	return id, true
}

// judgeKey says what the ring knows of the key. It reports whether there is a ring
// to open the payload with.
func (e *explainer) judgeKey(r *report, id dataprotection.KeyID) bool {
	if e.listing == nil {
		r.doubt("no ring was named; give --store")
		return false
	}
	for _, k := range e.listing.Keys {
		if k.ID != id {
			continue
		}
		row := newKeyRow(k, k.ID == e.listing.Default, e.now)
		r.Key = &row
		if k.Revoked {
			r.refuse("its key is revoked")
		}
		if k.Unusable != nil {
			r.doubt("its key cannot be opened here: %v", k.Unusable)
			return false
		}
	}
	if r.Key == nil {
		if len(e.listing.Problems) > 0 {
			r.doubt("its key is not among the %d of the ring, but the ring has elements that cannot be read", len(e.listing.Keys))
		} else {
			r.refuse("its key is not among the %d of the ring: it was made with another ring, or the key has been deleted", len(e.listing.Keys))
		}
		return false
	}
	if e.ring == nil {
		r.doubt("the ring cannot be opened: %v", e.ringErr)
		return false
	}
	return true
}

// An attempt is something that a value may have been sealed for.
type attempt struct {
	what     string
	purposes []string
	read     func(e *explainer, r *report, plain []byte)
}

func (e *explainer) attempts(name string) (all []attempt) {
	if len(e.purposes) > 0 {
		all = append(all,
			attempt{"the purposes given", e.purposes, readAny},
			attempt{"the purposes given, with an end", append(slices.Clone(e.purposes), timeLimitedPurpose), readLimited(readAny)},
		)
	}
	for _, scheme := range e.schemes(name) {
		all = append(all, attempt{fmt.Sprintf("a login of scheme %q", scheme), ticket.Purposes(scheme), readTicket})
		all = append(all, attempt{fmt.Sprintf("a session of scheme %q that is in a store", scheme), []string{sessionPurpose, scheme, "v1"}, readStored})
	}
	if name != "" {
		all = append(all, attempt{"gorilla/sessions", []string{gorillaPurpose, "v1", name, timeLimitedPurpose}, readLimited(readGorilla)})
	}
	return append(all,
		attempt{"antiforgery", []string{"Microsoft.AspNetCore.Antiforgery.AntiforgeryToken.v1"}, readToken},
		attempt{"a session of ASP.NET Core", []string{"SessionMiddleware"}, readAny},
		attempt{"TempData of ASP.NET Core", []string{"Microsoft.AspNetCore.Mvc.CookieTempDataProviderToken.v1"}, readAny},
	)
}

// schemes guesses the scheme of a login.
func (e *explainer) schemes(name string) (all []string) {
	if e.scheme != "" {
		return []string{e.scheme}
	}
	for _, prefix := range []string{".AspNetCore.", "__Host-sealring-", "__Secure-sealring-", "sealring-"} {
		if scheme, ok := strings.CutPrefix(name, prefix); ok {
			if unescaped, err := url.PathUnescape(scheme); err == nil {
				scheme = unescaped
			}
			all = append(all, scheme)
		}
	}
	return append(all, "Cookies", "Identity.Application")
}

// open tries what the value may have been sealed for. A revoked key opens it too:
// that is for looking, and the verdict says what a server does.
func (e *explainer) open(ctx context.Context, r *report, name string, sealed []byte) {
	for _, a := range e.attempts(name) {
		plain, err := e.ring.Protector(a.purposes...).DangerousUnprotect(ctx, sealed)
		switch {
		case err == nil:
			r.Sealed = a.what
			a.read(e, r, plain)
			clear(plain)
			return
		case errors.Is(err, dataprotection.ErrUnavailable):
			r.doubt("it cannot be judged now: %v", err)
			return
		}
	}
	r.refuse("%s", e.unopened(name))
}

// unopened says what may be wrong if the key is there and nothing opens the value.
func (e *explainer) unopened(name string) string {
	tried := "--scheme, --purpose"
	if name == "" {
		tried += ", or NAME=VALUE, as a cookie's name may matter"
	}
	application := fmt.Sprintf("was made under another application name than %q", e.application)
	if e.application == "" {
		application = "was made under an application name (--application)"
	}
	return fmt.Sprintf("it was changed or cut, or it %s, or for something that was not tried (%s)", application, tried)
}
