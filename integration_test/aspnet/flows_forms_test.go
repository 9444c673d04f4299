package aspnet_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/dataprotection"
)

// defaultTokenName is what the reference makes of the application name "vectors".
const defaultTokenName = ".AspNetCore.Antiforgery.Kaal48OYYnY"

// protectForms sets the site up to make and check form tokens.
func (s *flowSite) protectForms(t *testing.T, f *flow, ring *dataprotection.KeyRing) {
	t.Helper()
	cfg := antiforgery.Config{
		KeyRing: ring, Profile: antiforgery.ASPNETCore, PathBase: f.PathBase,
		Logger: slog.New(slog.DiscardHandler),
	}
	for name, value := range f.Antiforgery {
		configureForms(t, &cfg, name, readOption(value))
	}
	csrf, err := antiforgery.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.csrf, s.tokenName = csrf, cmp.Or(cfg.Cookie.Name, defaultTokenName)
}

func configureForms(t *testing.T, cfg *antiforgery.Config, name string, value option) {
	t.Helper()
	switch name {
	case "name":
		cfg.Cookie.Name = value.text
	case "path":
		cfg.Cookie.Path = value.text
	case "domain":
		cfg.Cookie.Domain = value.text
	case "sameSite":
		cfg.Cookie.SameSite = sameSites[value.text]
	case "securePolicy":
		cfg.Cookie.Secure = map[string]antiforgery.SecurePolicy{"sameAsRequest": antiforgery.SecureSameAsRequest, "always": antiforgery.SecureAlways, "none": antiforgery.DangerouslyInsecure}[value.text]
	case "httpOnly":
		cfg.Cookie.DangerouslyExposeToScripts = !value.yes
	case "formFieldName":
		cfg.FormField = value.text
	case "headerName":
		cfg.Header, cfg.NoHeader = value.text, value.null
	case "suppressXFrameOptions":
		cfg.NoFrameOptions = value.yes
	default:
		t.Fatalf("unknown antiforgery option %s", name)
	}
}

func (s *flowSite) answerForms(w http.ResponseWriter, r *http.Request, path string) {
	switch path {
	case "/tokens":
		s.sendTokens(w, r)
	case "/peek":
		tokens, err := s.csrf.Peek(r)
		if !s.try(w, err) {
			return
		}
		if tokens.Cookie != "" {
			fmt.Fprint(w, "cookie new")
		} else {
			fmt.Fprint(w, "cookie kept")
		}
	case "/check":
		refusal, err := judged(s.csrf.CheckTokens(r))
		switch {
		case !s.try(w, err):
		case refusal == nil:
			fmt.Fprint(w, "valid")
		default:
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, reasonTexts[refusal.Reason])
		}
	case "/isvalid":
		refusal, err := judged(s.csrf.Check(r))
		if s.try(w, err) {
			fmt.Fprint(w, refusal == nil)
		}
	}
}

func (s *flowSite) sendTokens(w http.ResponseWriter, r *http.Request) {
	tokens, err := s.csrf.Tokens(w, r)
	if !s.try(w, err) {
		return
	}
	answer := map[string]string{"request": tokens.Request, "field": tokens.FormField, "header": tokens.Header}
	if tokens.Cookie != "" {
		answer["cookie"] = tokens.Cookie
	}
	_ = json.NewEncoder(w).Encode(answer) // strings into memory
}

// judged tells a refusal from an error that kept the site from judging.
func judged(err error) (refusal *antiforgery.Error, failure error) {
	if errors.As(err, &refusal) {
		return refusal, nil
	}
	return nil, err
}

// reasonTexts are the reference site's words for why tokens are refused.
var reasonTexts = map[antiforgery.Reason]string{
	antiforgery.CookieMissing: "cookie missing",
	antiforgery.TokenMissing:  "token missing",
	antiforgery.Unreadable:    "unreadable",
	antiforgery.Swapped:       "swapped",
	antiforgery.OtherCookie:   "other cookie",
	antiforgery.OtherUser:     "other user",
	antiforgery.OtherUserID:   "other user id",
}
