package antiforgery_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/dataprotection/memstore"
)

// A case that ASP.NET Core 10.0.12 wrote: pairs of tokens and the users that they
// are for.
type referenceCase struct {
	ApplicationName string
	Items           []referenceItem
}

type referenceItem struct {
	Name                      string
	Identities                []referenceIdentity
	CookieToken, RequestToken string
}

type referenceIdentity struct {
	AuthenticationType, NameClaimType, RoleClaimType string
	Claims                                           []struct{ Type, Value, ValueType, Issuer, OriginalIssuer string }
}

func (i referenceItem) user() *claims.Principal {
	var identities []claims.Identity
	for _, from := range i.Identities {
		to := claims.Identity{AuthenticationType: from.AuthenticationType, NameClaimType: from.NameClaimType, RoleClaimType: from.RoleClaimType}
		for _, c := range from.Claims {
			to.Claims = append(to.Claims, claims.Claim{Type: c.Type, Value: c.Value, ValueType: c.ValueType, Issuer: c.Issuer, OriginalIssuer: c.OriginalIssuer})
		}
		identities = append(identities, to)
	}
	return claims.NewPrincipal(identities...)
}

// reference returns the case, and a Protection on its key ring.
func reference(t testing.TB) (c referenceCase, p *antiforgery.Protection) {
	t.Helper()
	data, err := os.ReadFile("testdata/aspnet/case.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/aspnet/keys/*.xml")
	if err != nil || len(files) == 0 || len(c.Items) == 0 {
		t.Fatalf("%d keys and %d items, %v", len(files), len(c.Items), err)
	}
	store := memstore.New()
	for _, file := range files {
		xml, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Add(context.Background(), dataprotection.Element{Name: filepath.Base(file), XML: xml}, ""); err != nil {
			t.Fatal(err)
		}
	}
	ring := dataprotectiontest.Open(t, dataprotection.Config{Application: c.ApplicationName, Store: store, ReadOnly: true})
	return c, protect(t, antiforgery.Config{KeyRing: ring, Profile: antiforgery.ASPNETCore, Cookie: antiforgery.Cookie{Name: "af"}})
}

func check(p *antiforgery.Protection, cookie, token string, who *claims.Principal) error {
	return p.Check(as(request("POST", "/", nil, "Cookie: af="+cookie, header+": "+token), who))
}

func TestReference(t *testing.T) {
	c, p := reference(t)
	for _, item := range c.Items {
		t.Run(item.Name, func(t *testing.T) {
			for _, other := range c.Items {
				want := antiforgery.OtherUserID
				if other.Name == item.Name {
					want = passed
				}
				if err := check(p, item.CookieToken, item.RequestToken, other.user()); reasonOf(t, err) != want {
					t.Errorf("the tokens of %s, used by %s: %v", item.Name, other.Name, err)
				}
				if other.Name != item.Name {
					wantReason(t, check(p, other.CookieToken, item.RequestToken, item.user()), antiforgery.OtherCookie)
				}
			}
			wantReason(t, check(p, item.RequestToken, item.CookieToken, item.user()), antiforgery.Swapped)
			wantReason(t, check(p, item.CookieToken, item.CookieToken, item.user()), antiforgery.Swapped)
			wantReason(t, check(p, item.RequestToken, item.RequestToken, item.user()), antiforgery.Swapped)
		})
	}
}

// TestReferenceChanged changes each bit and cuts at each place, in both tokens.
func TestReferenceChanged(t *testing.T) {
	c, p := reference(t)
	for _, item := range []referenceItem{c.Items[0], c.Items[5]} {
		who := item.user()
		refused := func(what string, cookie, token string) {
			t.Helper()
			if err := check(p, cookie, token, who); reasonOf(t, err) != antiforgery.Unreadable {
				t.Fatalf("%s, %s: %v", item.Name, what, err)
			}
		}
		changed(t, item.CookieToken, func(what, text string) { refused("cookie "+what, text, item.RequestToken) })
		changed(t, item.RequestToken, func(what, text string) { refused("token "+what, item.CookieToken, text) })
		refused("token empty", item.CookieToken, "")
		refused("token of another alphabet", item.CookieToken, item.RequestToken[:20]+"+/"+item.RequestToken[22:])
		refused("two tokens", item.CookieToken, item.RequestToken+","+item.RequestToken)
	}
}

func changed(t *testing.T, text string, try func(what, changed string)) {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(data) * 8 {
		data[bit/8] ^= 1 << (bit % 8)
		try("with a bit changed", base64.RawURLEncoding.EncodeToString(data))
		data[bit/8] ^= 1 << (bit % 8)
	}
	for n := 1; n < len(data); n++ {
		try("cut short", base64.RawURLEncoding.EncodeToString(data[:n]))
	}
	for n := 1; n < len(text); n++ {
		try("cut short as text", text[:n])
	}
	try("with more behind", base64.RawURLEncoding.EncodeToString(append(data, 0)))
}

func TestTokenText(t *testing.T) {
	c, p := reference(t)
	item := c.Items[0]
	for _, row := range []struct {
		name, text string
		want       antiforgery.Reason
	}{
		{"as written", item.RequestToken, passed},
		{"AFS-5 padding in place", pad(item.RequestToken), passed},
		{"AFS-5 padding in excess", pad(item.RequestToken) + "=", antiforgery.Unreadable},
		{"AFS-5 a=", "a=", antiforgery.Unreadable},
		{"AFS-5 ab==", "ab==", antiforgery.Unreadable},
		{"AFS-5 abc=", "abc=", antiforgery.Unreadable},
		{"AFS-5 ab+d", "ab+d", antiforgery.Unreadable},
		{"AFS-5 ab/d", "ab/d", antiforgery.Unreadable},
		{"AFS-5 !", "!", antiforgery.Unreadable},
		{"AFS-5 a b", "a b", antiforgery.Unreadable},
		{"AFS-5 empty", "", antiforgery.Unreadable},
		{"a blank within", item.RequestToken[:9] + " " + item.RequestToken[9:], antiforgery.Unreadable},
		{"a line break within", item.RequestToken[:9] + "\n" + item.RequestToken[9:], antiforgery.Unreadable},
		{"very long", string(make([]byte, 1<<20)), antiforgery.Unreadable},
	} {
		t.Run(row.name, func(t *testing.T) {
			wantReason(t, check(p, item.CookieToken, row.text, item.user()), row.want)
		})
	}
}

func pad(text string) string {
	for len(text)%4 != 0 {
		text += "="
	}
	return text
}
