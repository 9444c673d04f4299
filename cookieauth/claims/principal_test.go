package claims_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sealring/sealring/cookieauth/claims"
)

func TestNew(t *testing.T) {
	p := claims.New("42", claims.Name("alice"), claims.Email("a@example.com"), claims.Role("admin"))
	if p.ID() != "42" || p.Name() != "alice" || p.Value(claims.TypeEmail) != "a@example.com" || !p.HasRole("admin") {
		t.Errorf("got %+v", p.Identities()[0].Claims)
	}
	want := claims.Claim{
		Type: claims.TypeNameIdentifier, Value: "42", ValueType: "http://www.w3.org/2001/XMLSchema#string",
		Issuer: "LOCAL AUTHORITY", OriginalIssuer: "LOCAL AUTHORITY",
	}
	if got := p.Identities()[0].Claims[0]; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("first claim is %v, want %v", got, want)
	}
	if p.IsAuthenticated() {
		t.Error("a principal is authenticated before any sign-in")
	}
}

func TestAuthenticated(t *testing.T) {
	p := claims.New("42")
	filled := p.Authenticated("Cookies")
	if got := filled.Identities()[0].AuthenticationType; got != "Cookies" || !filled.IsAuthenticated() {
		t.Errorf("authentication type is %q, want Cookies", got)
	}
	if p.Identities()[0].AuthenticationType != "" {
		t.Error("the original was modified")
	}
	if filled.Authenticated("Other") != filled {
		t.Error("an identity was given a second authentication type")
	}
	anonymous := claims.NewPrincipal(claims.Identity{Claims: []claims.Claim{claims.Name("mallory")}})
	if anonymous.Authenticated("Cookies").IsAuthenticated() {
		t.Error("an anonymous identity became an authenticated one")
	}
}

func TestRules(t *testing.T) {
	p := claims.NewPrincipal(claims.Identity{
		AuthenticationType: "oidc", NameClaimType: "preferred_username", RoleClaimType: "groups",
		Claims: []claims.Claim{claims.Name("long name"), {Type: "Preferred_Username", Value: "dora"}, {Type: "GROUPS", Value: "ops"}, claims.Role("admin")},
	},
		claims.Identity{AuthenticationType: "Cookies", Claims: []claims.Claim{claims.Role("Editor"), {Type: "groups", Value: "dev"}, {Type: "sub", Value: "s1"}}})
	for _, c := range []struct {
		what string
		got  any
		want any
	}{
		{"the name is of the identity's own name type, in any case", p.Name(), "dora"},
		{"a role is of the identity's own role type", p.HasRole("ops"), true},
		{"a role of another type is none", p.HasRole("admin"), false},
		{"any identity may have the role", p.HasRole("Editor"), true},
		{"roles are compared exactly", p.HasRole("editor"), false},
		{"a claim of one identity's role type in another is no role", p.HasRole("dev"), false},
		{"values are compared exactly", p.Has("groups", "OPS"), false},
		{"types are not", p.Has("Groups", "ops"), true},
		{"the first of a type", p.Value("groups"), "ops"},
		{"no such claim", p.Value("nothing"), ""},
		{"all of a type", len(slices.Collect(p.FindAll("groups"))), 2},
		{"all", len(slices.Collect(p.All())), 7},
		{"the id falls back to sub", p.ID(), "s1"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %v, want %v", c.what, c.got, c.want)
		}
	}
}

func TestNobody(t *testing.T) {
	var p *claims.Principal
	if p.IsAuthenticated() || p.Name() != "" || p.ID() != "" || p.HasRole("") || p.Has("a", "") || p.Primary().IsAuthenticated() ||
		p.Clone() != nil || p.Authenticated("x") != nil || p.Value("a") != "" || p.Primary().HasRole("") || p.Primary().Clone() != nil {
		t.Error("nil is somebody")
	}
	if got := p.String(); got != "nobody" {
		t.Errorf("String is %q", got)
	}
	if got := claims.FromContext(context.Background()); got != nil {
		t.Errorf("an empty context has %v", got)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	p := claims.NewPrincipal(claims.Identity{
		AuthenticationType: "a",
		Claims:             []claims.Claim{{Type: "t", Value: "v", Properties: []claims.Property{{Key: "k", Value: "v"}}}},
		Actor:              &claims.Identity{AuthenticationType: "actor"},
	})
	before, _ := json.Marshal(p)
	clone := p.Clone()
	clone.Identities()[0].AuthenticationType = "x"
	clone.Identities()[0].Claims[0].Value = "x"
	clone.Identities()[0].Claims[0].Properties[0].Value = "x"
	clone.Identities()[0].Actor.AuthenticationType = "x"
	if after, _ := json.Marshal(p); string(after) != string(before) {
		t.Errorf("the original became %s", after)
	}
}

func TestMerge(t *testing.T) {
	one := func(types ...string) *claims.Principal {
		var identities []claims.Identity
		for _, x := range types {
			identities = append(identities, claims.Identity{AuthenticationType: x})
		}
		return claims.NewPrincipal(identities...)
	}
	for _, c := range []struct {
		name       string
		newer, old *claims.Principal
		want       string
	}{
		{"OTH-1 an empty anonymous one is dropped", one("a"), one(""), "a"},
		{"OTH-1 the new identities come first", one("a"), one("b"), "a b"},
		{"OTH-1 several keep their order", one("a", "b"), one("c", "", "d"), "a b c d"},
		{"nobody before", one("a"), nil, "a"},
		{"nobody now", nil, one("b"), "b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, i := range c.newer.Merge(c.old).Identities() {
				got = append(got, i.AuthenticationType)
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got %q, want %q", s, c.want)
			}
		})
	}
}

func TestNothingPrintsSecrets(t *testing.T) {
	p := claims.New("42", claims.Name("alice")).Authenticated("Cookies")
	p.Identities()[0].BootstrapContext = "raw-token"
	p.Identities()[0].Actor = &claims.Identity{BootstrapContext: "raw-token"}
	asJSON, _ := json.Marshal(p)
	for _, out := range []string{
		fmt.Sprintf("%v %+v %#v %s %q", p, p, p, p, p), fmt.Sprintf("%v %+v %#v", p.Primary(), p.Primary(), p.Primary()), string(asJSON),
	} {
		if strings.Contains(out, "raw-token") {
			t.Errorf("the bootstrap context shows in %s", out)
		}
	}
}
