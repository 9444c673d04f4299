package ticket_test

import (
	"reflect"
	"testing"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
)

// Well-known names are read as what was written, and so is what differs from one in
// its last character.
func TestKnownNames(t *testing.T) {
	names := []string{
		"Cookies", ".issued", ".expires", ".persistent", ".refresh", ".redirect",
		claims.TypeEmail, claims.TypeGivenName, claims.TypeName, claims.TypeNameIdentifier, claims.TypeSID, claims.TypeSurname, claims.TypeUPN,
		claims.TypeAuthenticationInstant, claims.TypeAuthenticationMethod, claims.TypeGroupSID, claims.TypePrimaryGroupSID, claims.TypePrimarySID,
		claims.TypeRole, claims.TypeUserData, claims.TypeSubject,
	}
	for _, name := range names {
		for _, name := range []string{name, name[:len(name)-1] + "?", name + "s"} {
			want := ticket.Ticket{Scheme: name, Principal: claims.NewPrincipal(claims.Identity{
				AuthenticationType: name, NameClaimType: name, RoleClaimType: name, Claims: []claims.Claim{claims.Claim{Type: name, Value: name}.Normalized()},
			})}
			want.Properties.Set(name, name)
			data, err := want.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if got := read(t, data); !reflect.DeepEqual(*got, want) {
				t.Errorf("read %+v, want %+v", *got, want)
			}
		}
	}
}

// Whoever has read a ticket may wipe the bytes.
func TestKeepsNoPartOfTheData(t *testing.T) {
	for _, data := range examples(t) {
		want := read(t, data)
		var got ticket.Buffer
		wiped := append([]byte(nil), data...)
		if err := got.UnmarshalBinary(wiped); err != nil {
			t.Fatal(err)
		}
		clear(wiped)
		isSame(t, &got.Ticket, want)
	}
}
