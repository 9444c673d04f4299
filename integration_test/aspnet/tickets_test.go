package aspnet_test

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
)

// A ticketItem is one item of the kind tickets.
type ticketItem struct {
	Name       string     `json:"name"`
	Ticket     ticketText `json:"ticket"`
	Serialized []byte     `json:"serialized"`
	Cookie     string     `json:"cookie"`
}

// A ticketText is a ticket in words. The fields of these types are in the order of
// the reference's own description, which is compared as text.
type ticketText struct {
	Scheme     string            `json:"scheme"`
	Identities []identityText    `json:"identities"`
	Properties map[string]string `json:"properties"`
}

type identityText struct {
	AuthenticationType string        `json:"authenticationType"`
	NameClaimType      string        `json:"nameClaimType"`
	RoleClaimType      string        `json:"roleClaimType"`
	Name               *string       `json:"name"`
	BootstrapContext   *string       `json:"bootstrapContext"`
	Actor              *identityText `json:"actor"`
	Claims             []claimText   `json:"claims"`
}

type claimText struct {
	Type           string         `json:"type"`
	Value          string         `json:"value"`
	ValueType      string         `json:"valueType"`
	Issuer         string         `json:"issuer"`
	OriginalIssuer string         `json:"originalIssuer"`
	Properties     propertiesText `json:"properties"`
}

// propertiesText is a JSON object whose order counts.
type propertiesText []claims.Property

func (p *propertiesText) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	for {
		switch token, err := d.Token(); token := token.(type) {
		case json.Delim:
			if token == '}' {
				return nil
			}
		case string:
			var value string
			if err := d.Decode(&value); err != nil {
				return err
			}
			*p = append(*p, claims.Property{Key: token, Value: value})
		default:
			return err
		}
	}
}

func (p propertiesText) MarshalJSON() ([]byte, error) {
	text := []byte{'{'}
	for i, property := range p {
		if i > 0 {
			text = append(text, ',')
		}
		key, err := json.Marshal(property.Key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(property.Value)
		if err != nil {
			return nil, err
		}
		text = slices.Concat(text, key, []byte{':'}, value)
	}
	return append(text, '}'), nil
}

func runTickets(t *testing.T, v *vector) {
	ring := v.open(t)
	each(t, v, func(t *testing.T, i ticketItem) {
		p := ring.Protector(ticket.Purposes(i.Ticket.Scheme)...)
		opens(t, p, decode(t, i.Cookie), i.Serialized)
		var read ticket.Ticket
		if err := read.UnmarshalBinary(i.Serialized); err != nil {
			t.Fatal(err)
		}
		if got, want := toJSON(t, describe(&read)), toJSON(t, i.Ticket); got != want {
			t.Errorf("read\n%s, want\n%s", got, want)
		}
		for what, written := range map[string]*ticket.Ticket{"as read": &read, "from its description": i.Ticket.build(propertyOrder(&read))} {
			if got, err := written.MarshalBinary(); err != nil || !bytes.Equal(got, i.Serialized) {
				t.Errorf("written %s:\n%q, %v; want\n%q", what, got, err, i.Serialized)
			}
		}
		refused(t, ring.Protector(ticket.Purposes(i.Ticket.Scheme+"x")...), decode(t, i.Cookie), "another scheme")
	})
}

// describe puts a ticket into words.
func describe(t *ticket.Ticket) ticketText {
	text := ticketText{Scheme: t.Scheme, Identities: []identityText{}, Properties: maps.Collect(t.Properties.All())}
	for _, i := range t.Principal.Identities() {
		text.Identities = append(text.Identities, describeIdentity(&i))
	}
	return text
}

func describeIdentity(i *claims.Identity) identityText {
	text := identityText{
		AuthenticationType: i.AuthenticationType,
		NameClaimType:      cmp.Or(i.NameClaimType, claims.TypeName),
		RoleClaimType:      cmp.Or(i.RoleClaimType, claims.TypeRole),
		Claims:             []claimText{},
	}
	if c, ok := i.Find(text.NameClaimType); ok {
		text.Name = &c.Value
	}
	if i.BootstrapContext != "" {
		text.BootstrapContext = &i.BootstrapContext
	}
	if i.Actor != nil {
		actor := describeIdentity(i.Actor)
		text.Actor = &actor
	}
	for _, c := range i.Claims {
		c = c.Normalized()
		text.Claims = append(text.Claims, claimText{c.Type, c.Value, c.ValueType, c.Issuer, c.OriginalIssuer, c.Properties})
	}
	return text
}

// build makes the ticket that is described, with its properties in the given order.
func (text *ticketText) build(order []string) *ticket.Ticket {
	t := &ticket.Ticket{Scheme: text.Scheme, Principal: principal(text.Identities)}
	for _, name := range order {
		t.Properties.Set(name, text.Properties[name])
	}
	return t
}

func principal(texts []identityText) *claims.Principal {
	var identities []claims.Identity
	for i := range texts {
		identities = append(identities, texts[i].build())
	}
	return claims.NewPrincipal(identities...)
}

func (text *identityText) build() claims.Identity {
	i := claims.Identity{AuthenticationType: text.AuthenticationType, NameClaimType: text.NameClaimType, RoleClaimType: text.RoleClaimType}
	if text.BootstrapContext != nil {
		i.BootstrapContext = *text.BootstrapContext
	}
	if text.Actor != nil {
		actor := text.Actor.build()
		i.Actor = &actor
	}
	for _, c := range text.Claims {
		i.Claims = append(i.Claims, claims.Claim{Type: c.Type, Value: c.Value, ValueType: c.ValueType, Issuer: c.Issuer, OriginalIssuer: c.OriginalIssuer, Properties: c.Properties})
	}
	return i
}

func propertyOrder(t *ticket.Ticket) (names []string) {
	for name := range t.Properties.All() {
		names = append(names, name)
	}
	return names
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func decode(t *testing.T, base64url string) []byte {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(base64url)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
