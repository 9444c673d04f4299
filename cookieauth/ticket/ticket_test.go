package ticket_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
)

// identity is the form in which the vectors describe an identity.
type identity struct {
	AuthenticationType string    `json:"authenticationType"`
	NameClaimType      string    `json:"nameClaimType"`
	RoleClaimType      string    `json:"roleClaimType"`
	Name               *string   `json:"name"`
	BootstrapContext   string    `json:"bootstrapContext"`
	Actor              *identity `json:"actor"`
	Claims             []struct {
		Type           string            `json:"type"`
		Value          string            `json:"value"`
		ValueType      string            `json:"valueType"`
		Issuer         string            `json:"issuer"`
		OriginalIssuer string            `json:"originalIssuer"`
		Properties     map[string]string `json:"properties"`
	} `json:"claims"`
}

func (want *identity) compare(t *testing.T, got *claims.Identity) {
	t.Helper()
	if got.AuthenticationType != want.AuthenticationType || got.NameClaimType != want.NameClaimType || got.RoleClaimType != want.RoleClaimType ||
		got.BootstrapContext != want.BootstrapContext || len(got.Claims) != len(want.Claims) || (got.Actor == nil) != (want.Actor == nil) {
		t.Fatalf("got identity %q %q %q %q with %d claims, want %+v", got.AuthenticationType, got.NameClaimType, got.RoleClaimType, got.BootstrapContext, len(got.Claims), want)
	}
	if want.Name != nil && got.Name() != *want.Name {
		t.Errorf("Name is %q, want %q", got.Name(), *want.Name)
	}
	for k, w := range want.Claims {
		c := got.Claims[k]
		properties := map[string]string{}
		for _, p := range c.Properties {
			properties[p.Key] = p.Value
		}
		if c.Type != w.Type || c.Value != w.Value || c.ValueType != w.ValueType || c.Issuer != w.Issuer || c.OriginalIssuer != w.OriginalIssuer || !reflect.DeepEqual(properties, w.Properties) {
			t.Errorf("claim %d is %+v, want %+v", k, c, w)
		}
	}
	if want.Actor != nil {
		want.Actor.compare(t, got.Actor)
	}
}

func TestVectors(t *testing.T) {
	file, err := os.ReadFile("testdata/tickets.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Items []struct {
			Name       string
			Serialized []byte
			Ticket     struct {
				Scheme     string
				Identities []*identity
				Properties map[string]string
			}
		}
	}
	if err := json.Unmarshal(file, &all); err != nil {
		t.Fatal(err)
	}
	for _, item := range all.Items {
		t.Run(item.Name, func(t *testing.T) {
			got := read(t, item.Serialized)
			if got.Scheme != item.Ticket.Scheme || len(got.Principal.Identities()) != len(item.Ticket.Identities) {
				t.Fatalf("got scheme %q, %d identities", got.Scheme, len(got.Principal.Identities()))
			}
			for k, want := range item.Ticket.Identities {
				want.compare(t, &got.Principal.Identities()[k])
			}
			properties := map[string]string{}
			for key, value := range got.Properties.All() {
				properties[key] = value
			}
			if !reflect.DeepEqual(properties, item.Ticket.Properties) {
				t.Errorf("properties are %v, want %v", properties, item.Ticket.Properties)
			}
			writes(t, got, item.Serialized)
		})
	}
}

func read(t *testing.T, data []byte) *ticket.Ticket {
	t.Helper()
	var got ticket.Ticket
	if err := got.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	var buffer ticket.Buffer
	for range 2 { // the second time over what was there
		if err := buffer.UnmarshalBinary(data); err != nil {
			t.Fatalf("into a buffer: %v", err)
		}
		isSame(t, &buffer.Ticket, &got)
	}
	return &got
}

func writes(t *testing.T, tk *ticket.Ticket, want []byte) {
	t.Helper()
	got, err := tk.MarshalBinary()
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("written as %s, %v\nwant %s", base64.StdEncoding.EncodeToString(got), err, base64.StdEncoding.EncodeToString(want))
	}
}

// examples reads testdata/examples.txt: names, each followed by lines of hex.
func examples(t testing.TB) map[string][]byte {
	t.Helper()
	file, err := os.ReadFile("testdata/examples.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for block := range strings.SplitSeq(strings.SplitN(string(file), "\n", 2)[1], "\n\n") {
		name, digits, _ := strings.Cut(strings.TrimSpace(block), "\n")
		data, err := hex.DecodeString(strings.ReplaceAll(digits, "\n", ""))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = data
	}
	return all
}

func sessionReference(authenticationType string) *ticket.Ticket {
	return &ticket.Ticket{Scheme: "Cookies", Principal: claims.NewPrincipal(claims.Identity{
		AuthenticationType: authenticationType,
		Claims:             []claims.Claim{{Type: "Microsoft.AspNetCore.Authentication.Cookies-SessionId", Value: "3f8a1c"}},
	})}
}

// TestExamples writes the worked examples from nothing, with every default left open.
func TestExamples(t *testing.T) {
	a := &ticket.Ticket{Scheme: "Cookies", Principal: claims.NewPrincipal(claims.Identity{
		AuthenticationType: "Cookies",
		Claims: []claims.Claim{
			claims.Name("alice"),
			{Type: claims.TypeNameIdentifier, Value: "42"},
			claims.Role("Admin"),
			{
				Type: "age", Value: "33", ValueType: claims.ValueTypeInteger, Issuer: "https://idp.example", OriginalIssuer: "upstream",
				Properties: []claims.Property{{Key: "k", Value: "v"}},
			},
		},
	})}
	a.Properties.SetPersistent(true)
	a.Properties.SetIssued(date("2026-01-02 03:04:05").Add(999_999_999))
	a.Properties.SetExpires(date("2026-01-16 03:04:05"))

	c := &ticket.Ticket{Scheme: "Identity.Application", Principal: claims.NewPrincipal(claims.Identity{
		AuthenticationType: "Identity.Application", NameClaimType: "name", RoleClaimType: "role", BootstrapContext: "tok",
		Claims: []claims.Claim{{Type: "name", Value: "bob"}, claims.Name("Bob B")}, Actor: &claims.Identity{AuthenticationType: "Act"},
	},
		claims.Identity{AuthenticationType: "second"})}
	c.Properties.SetAllowRefresh(false)

	made := map[string]*ticket.Ticket{
		"A sign-in": a,
		"B session reference as sign-in writes it":      sessionReference(""),
		"B session reference as renewal writes it":      sessionReference("Cookies"),
		"C name type, bootstrap, actor, two identities": c,
	}
	for name, want := range examples(t) {
		t.Run(name, func(t *testing.T) {
			writes(t, made[name], want)
			writes(t, read(t, want), want)
		})
	}
}

func TestRoundTrips(t *testing.T) {
	for _, c := range []struct {
		name string
		t    *ticket.Ticket
		look func(*ticket.Ticket) string
		want string
	}{
		{"TKT-1 no identity", withRedirect(&ticket.Ticket{Scheme: "Hello"}), func(t *ticket.Ticket) string {
			return fmt.Sprint(t.Scheme, len(t.Principal.Identities()), t.Properties.RedirectURI())
		}, "Hello0bye"},
		{"TKT-2 bootstrap context", one(claims.Identity{AuthenticationType: "misc", BootstrapContext: "bootstrap"}), func(t *ticket.Ticket) string {
			return t.Principal.Identities()[0].AuthenticationType + " " + t.Principal.Identities()[0].BootstrapContext
		}, "misc bootstrap"},
		{"TKT-3 actor with its own bootstrap context", one(claims.Identity{Actor: &claims.Identity{AuthenticationType: "actor", BootstrapContext: "b"}}), func(t *ticket.Ticket) string {
			return t.Principal.Identities()[0].Actor.AuthenticationType + " " + t.Principal.Identities()[0].Actor.BootstrapContext
		}, "actor b"},
		{"TKT-4 claim properties", one(claims.Identity{Claims: []claims.Claim{{Properties: []claims.Property{{Key: "custom-name", Value: "custom-value"}, {Key: "null"}}}}}), func(t *ticket.Ticket) string {
			c := t.Principal.Identities()[0].Claims[0]
			return fmt.Sprintf("%v %q", c.Properties, c.Property("custom-name"))
		}, `[{custom-name custom-value} {null }] "custom-value"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, err := c.t.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if got := c.look(read(t, data)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func withRedirect(t *ticket.Ticket) *ticket.Ticket {
	t.Properties.SetRedirectURI("bye")
	return t
}

func one(i claims.Identity) *ticket.Ticket {
	return &ticket.Ticket{Principal: claims.NewPrincipal(i)}
}

func TestWriteErrors(t *testing.T) {
	circle := &claims.Identity{}
	circle.Actor = circle
	for _, c := range []struct {
		name, want string
		t          *ticket.Ticket
	}{
		{"actors in a circle", "ticket: cannot be written: actors are nested more than 16 deep", one(*circle)},
		{"claim property twice", "ticket: cannot be written: a claim has a property twice", one(claims.Identity{Claims: []claims.Claim{{Properties: []claims.Property{{Key: "k"}, {Key: "k"}}}}})},
	} {
		data, err := c.t.MarshalBinary()
		if !errors.Is(err, ticket.ErrInvalid) || err.Error() != c.want || data != nil {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

func TestCloneASP5(t *testing.T) {
	t.Run("ASP-5 a clone is deep", func(t *testing.T) {
		tk := one(claims.Identity{AuthenticationType: "a", Claims: []claims.Claim{claims.Name("alice")}})
		tk.Properties.Set("k", "v")
		clone := tk.Clone()
		tk.Principal.Identities()[0].Claims[0].Value = "mallory"
		tk.Properties.Set("k", "changed")
		if v, _ := clone.Properties.Get("k"); clone.Principal.Name() != "alice" || v != "v" {
			t.Errorf("the clone says %q, %q", clone.Principal.Name(), v)
		}
	})
}

func TestNothingPrintsSecrets(t *testing.T) {
	tk := one(claims.Identity{BootstrapContext: "raw-token"})
	tk.Properties.Set(".Token.access_token", "raw-token")
	if out := fmt.Sprintf("%v %+v %#v", tk, tk, tk); strings.Contains(out, "raw-token") {
		t.Errorf("a token shows in %s", out)
	}
}
