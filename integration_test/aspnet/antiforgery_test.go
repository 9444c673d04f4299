package aspnet_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
)

// An antiforgeryItem is one item of the kind antiforgery: a pair of tokens, and the
// user whom it is for.
type antiforgeryItem struct {
	Name         string         `json:"name"`
	Identities   []identityText `json:"identities"`
	CookieToken  string         `json:"cookieToken"`
	RequestToken string         `json:"requestToken"`
}

func (i *antiforgeryItem) user() *claims.Principal {
	return principal(i.Identities)
}

func runAntiforgery(t *testing.T, v *vector) {
	csrf := newCSRF(t, v.open(t))
	var all []antiforgeryItem
	for _, raw := range v.Items {
		var i antiforgeryItem
		if err := json.Unmarshal(raw, &i); err != nil {
			t.Fatal(err)
		}
		all = append(all, i)
	}
	each(t, v, func(t *testing.T, i antiforgeryItem) {
		for _, other := range all {
			want := antiforgery.Reason(0)
			if other.Name != i.Name {
				want = antiforgery.OtherUserID
			}
			wantReason(t, "used by "+other.Name, checkPair(csrf, i.CookieToken, i.RequestToken, other.user()), want)
		}
		user := i.user()
		wantReason(t, "swapped", checkPair(csrf, i.RequestToken, i.CookieToken, user), antiforgery.Swapped)
		everyBit(t, i.CookieToken, func(what, changed string) {
			wantReason(t, "cookie token, "+what, checkPair(csrf, changed, i.RequestToken, user), antiforgery.Unreadable)
		})
		everyBit(t, i.RequestToken, func(what, changed string) {
			wantReason(t, "request token, "+what, checkPair(csrf, i.CookieToken, changed, user), antiforgery.Unreadable)
		})
	})
}

func newCSRF(t *testing.T, ring *dataprotection.KeyRing) *antiforgery.Protection {
	t.Helper()
	csrf, err := antiforgery.New(antiforgery.Config{
		KeyRing: ring, Profile: antiforgery.ASPNETCore, Cookie: antiforgery.Cookie{Name: "af"}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return csrf
}

func checkPair(csrf *antiforgery.Protection, cookie, request string, user *claims.Principal) error {
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("Cookie", "af="+cookie)
	r.Header.Set("RequestVerificationToken", request)
	return csrf.CheckTokens(r.WithContext(claims.NewContext(r.Context(), user)))
}

// wantReason checks why a pair was refused; 0 is for a pair that is good.
func wantReason(t *testing.T, what string, err error, want antiforgery.Reason) {
	t.Helper()
	var refusal *antiforgery.Error
	if want == 0 && err != nil || want != 0 && (!errors.As(err, &refusal) || refusal.Reason != want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

// everyBit flips each bit of a token in turn.
func everyBit(t *testing.T, token string, try func(what, changed string)) {
	t.Helper()
	data := decode(t, token)
	for bit := range 8 * len(data) {
		data[bit/8] ^= 1 << (bit % 8)
		try(fmt.Sprintf("bit %d of byte %d flipped", bit%8, bit/8), base64.RawURLEncoding.EncodeToString(data))
		data[bit/8] ^= 1 << (bit % 8)
	}
}

// antiforgery writes pairs for the users of testdata, whom the reference knows by name.
func (w *writer) antiforgery(t *testing.T) {
	t.Helper()
	const folder = "antiforgery"
	raw, err := os.ReadFile("testdata/antiforgery/case.json")
	if err != nil {
		t.Fatal(err)
	}
	var theirs struct{ Items []antiforgeryItem }
	if err := json.Unmarshal(raw, &theirs); err != nil {
		t.Fatal(err)
	}
	csrf := newCSRF(t, w.open(t, folder, dataprotection.Config{}))
	for n := range theirs.Items {
		i := &theirs.Items[n]
		r := httptest.NewRequest("GET", "/", nil)
		tokens, err := csrf.Peek(r.WithContext(claims.NewContext(r.Context(), i.user())))
		if err != nil {
			t.Fatalf("%s: %v", i.Name, err)
		}
		i.CookieToken, i.RequestToken = tokens.Cookie, tokens.Request
	}
	save(t, w, folder, "antiforgery", "vectors", theirs.Items)
}
