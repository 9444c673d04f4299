package ticket_test

import (
	"errors"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
)

// A draft writes what the ticket would that it stands for.
func TestDraft(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 678, time.FixedZone("", 3600))
	alice := claims.New("42", claims.Name("alice"), claims.Role("admin"))
	for name, d := range map[string]ticket.Draft{
		"a sign-in":                  {Scheme: "Cookies", Principal: alice, Issued: now, Expires: now.Add(time.Hour)},
		"a persistent one":           {Scheme: "Cookies", Principal: alice, Issued: now, Expires: now.Add(time.Hour), Persistent: true},
		"of one who is known":        {Scheme: "Cookies", Principal: alice.Authenticated("other"), Issued: now, Expires: now},
		"of two identities":          {Scheme: "Cookies", Principal: alice.Merge(claims.New("43").Authenticated("other")), Issued: now},
		"of nobody":                  {Scheme: "Cookies", Expires: now},
		"at no time":                 {Scheme: "Cookies", Principal: alice},
		"beyond the last date":       {Principal: alice, Issued: now, Expires: now.AddDate(8000, 0, 0)},
		"not ASCII":                  {Scheme: "Cookies", Principal: claims.New("42", claims.Name("Zoë")), Issued: now},
		"not UTF-8":                  {Scheme: "Cookies", Principal: claims.New("42", claims.Name("Zo\xeb")), Issued: now},
		"with a long claim":          {Scheme: "Cookies", Principal: claims.New("42", claims.Name(string(make([]byte, 300)))), Issued: now},
		"with an actor without type": {Scheme: "Cookies", Principal: claims.NewPrincipal(claims.Identity{Actor: &claims.Identity{}})},
	} {
		t.Run(name, func(t *testing.T) {
			same := ticket.Ticket{Scheme: d.Scheme, Principal: d.Principal.Authenticated(d.Scheme)}
			same.Properties.SetPersistent(d.Persistent)
			same.Properties.SetIssued(d.Issued)
			same.Properties.SetExpires(d.Expires)
			got, err := d.AppendBinary([]byte("before"))
			if err != nil {
				t.Fatal(err)
			}
			if string(got[:6]) != "before" {
				t.Errorf("what was there became %q", got[:6])
			}
			writes(t, &same, got[6:])
		})
	}
	t.Run("that cannot be written", func(t *testing.T) {
		twice := claims.Claim{Type: "t", Properties: []claims.Property{{Key: "k"}, {Key: "k"}}}
		d := ticket.Draft{Scheme: "Cookies", Principal: claims.New("42", twice)}
		if got, err := d.AppendBinary(nil); got != nil || !errors.Is(err, ticket.ErrInvalid) {
			t.Errorf("%q, %v", got, err)
		}
	})
}
