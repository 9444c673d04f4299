package ticket_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
)

// isSame fails unless got, which may not have been taken apart yet, is in every way
// what want is.
func isSame(t *testing.T, got, want *ticket.Ticket) {
	t.Helper()
	hasSameAnswers(t, got.Principal, want.Principal)
	if got.Scheme != want.Scheme || !reflect.DeepEqual(got.Principal.Identities(), want.Principal.Identities()) {
		t.Fatalf("scheme %q, identities %+v\nwant %q, %+v", got.Scheme, got.Principal.Identities(), want.Scheme, want.Principal.Identities())
	}
	hasSameAnswers(t, got.Principal, want.Principal) // taken apart
	if got, want := listed(got.Properties), listed(want.Properties); !slices.Equal(got, want) {
		t.Fatalf("properties %q, want %q", got, want)
	}
}

func listed(p ticket.Properties) (list []string) {
	for key, value := range p.All() {
		list = append(list, key, value)
	}
	return list
}

// hasSameAnswers asks two principals all that can be asked.
func hasSameAnswers(t *testing.T, got, want *claims.Principal) {
	t.Helper()
	types := []string{"", "\x00", "?", claims.TypeName, claims.TypeRole, strings.ToUpper(claims.TypeRole), claims.TypeRole[1:], "ſ"}
	values := []string{"", "?"}
	for _, i := range want.Identities() {
		types = append(types, i.NameClaimType, i.RoleClaimType)
	}
	for c := range want.All() {
		types = append(types, c.Type, strings.ToUpper(c.Type), strings.ToLower(c.Type), c.Type+"?")
		values = append(values, c.Value)
	}
	same := func(question string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: %v, want %v", question, got, want)
		}
	}
	same("String", got.String(), want.String())
	same("ID", got.ID(), want.ID())
	same("Name", got.Name(), want.Name())
	same("IsAuthenticated", got.IsAuthenticated(), want.IsAuthenticated())
	same("All", slices.Collect(got.All()), slices.Collect(want.All()))
	for _, claimType := range types[:min(len(types), 100)] {
		same("Value "+claimType, got.Value(claimType), want.Value(claimType))
		gotClaim, gotOK := got.Find(claimType)
		wantClaim, wantOK := want.Find(claimType)
		same("Find "+claimType, gotClaim, wantClaim)
		same("Find "+claimType, gotOK, wantOK)
		same("FindAll "+claimType, slices.Collect(got.FindAll(claimType)), slices.Collect(want.FindAll(claimType)))
		for _, value := range values[:min(len(values), 20)] {
			same("Has "+claimType+" "+value, got.Has(claimType, value), want.Has(claimType, value))
		}
	}
	for _, value := range values {
		same("HasRole "+value, got.HasRole(value), want.HasRole(value))
	}
	for c := range got.All() {
		same("All, left at the first", c, slices.Collect(want.All())[0])
		break
	}
}

// Reading an ordinary ticket takes one allocation, for its text. Whatever else a
// ticket has makes no difference to what is read.
func TestBuffer(t *testing.T) {
	changed := func(change func(i *claims.Identity)) *ticket.Ticket {
		i := claims.New("42", claims.Name("alice"), claims.Role("admin"), claims.Claim{Type: "Department", Value: ""}).Authenticated("Cookies").Identities()[0]
		change(&i)
		return &ticket.Ticket{Scheme: "Cookies", Principal: claims.NewPrincipal(i)}
	}
	with := func(t *ticket.Ticket, properties ...string) *ticket.Ticket {
		for _, key := range properties {
			t.Properties.Set(key, "x")
		}
		return t
	}
	unchanged := func(*claims.Identity) {}
	for name, tt := range map[string]struct {
		ticket   *ticket.Ticket
		ordinary bool
	}{
		"an ordinary one":   {changed(unchanged), true},
		"of another scheme": {with(&ticket.Ticket{Scheme: "other", Principal: ticketOf("42").Principal}, ".issued"), true},
		"eight properties":  {with(changed(unchanged), "a", "b", "c", "d", "e", "f", "g", "h"), true},
		"nine properties":   {with(changed(unchanged), "a", "b", "c", "d", "e", "f", "g", "h", "i"), false},
		"own types":         {changed(func(i *claims.Identity) { i.NameClaimType, i.RoleClaimType = "department", "ROLE" }), true},
		"anonymous":         {changed(func(i *claims.Identity) { i.AuthenticationType = "" }), true},
		"no claims":         {changed(func(i *claims.Identity) { i.Claims = nil }), true},
		"128 characters":    {changed(func(i *claims.Identity) { i.Claims[1].Value = strings.Repeat("x", 0x80) }), true},
		"more":              {changed(func(i *claims.Identity) { i.Claims[1].Value = strings.Repeat("x", 0x4000) }), true},
		"a lot":             {changed(func(i *claims.Identity) { i.Claims[1].Value = strings.Repeat("x", 0x1fffff) }), true},
		"too many":          {changed(func(i *claims.Identity) { i.Claims[1].Value = strings.Repeat("x", 0x200000) }), false},
		"300 claims":        {changed(func(i *claims.Identity) { i.Claims = slices.Repeat(i.Claims, 75) }), true},
		"other names":       {changed(func(i *claims.Identity) { i.Claims[0].Value, i.Claims[1].Value = "田中", "José Łukasz" }), true},
		"other roles": {changed(func(i *claims.Identity) {
			i.RoleClaimType, i.Claims[1].Type, i.Claims[2].Type = "rôle", "RÔLE", "role"
		}), true},
		"another name's type": {changed(func(i *claims.Identity) { i.NameClaimType, i.Claims[1].Type, i.Claims[3].Type = "Ɐ", "ɐ", "Ɐ" }), true}, // of 2 and 3 bytes
		"a long type":         {changed(func(i *claims.Identity) { i.NameClaimType = strings.Repeat("é", 100) }), true},
		"other properties":    {with(changed(unchanged), "größe", strings.Repeat("x", 200)), true},
		"a value type":        {changed(func(i *claims.Identity) { i.Claims[1].ValueType = "x" }), false},
		"an issuer":           {changed(func(i *claims.Identity) { i.Claims[1].Issuer = "x" }), false},
		"an original issuer":  {changed(func(i *claims.Identity) { i.Claims[1].OriginalIssuer = "x" }), false},
		"a claim's property":  {changed(func(i *claims.Identity) { i.Claims[3].Properties = []claims.Property{{Key: "k"}} }), false},
		"a bootstrap context": {changed(func(i *claims.Identity) { i.BootstrapContext = "x" }), false},
		"an actor":            {changed(func(i *claims.Identity) { i.Actor = &claims.Identity{} }), false},
		"two identities":      {&ticket.Ticket{Principal: ticketOf("1").Principal.Merge(ticketOf("2").Principal)}, false},
		"none":                {&ticket.Ticket{}, true}, // there is nothing to take apart
	} {
		t.Run(name, func(t *testing.T) {
			data, err := tt.ticket.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			writes(t, read(t, data), data) // which compares with what is in a buffer
			isOrdinary(t, data, tt.ordinary)
		})
	}
}

func TestOrdinaryButForAProperty(t *testing.T) {
	one := spelled()["as all write it"].data
	const property = "\x01k\x01v"
	before := strings.TrimSuffix(one, "\x01\x00\x00\x00"+property)
	refuses(t, []byte(before+"\x02\x00\x00\x00"+property+property))
	refuses(t, []byte(before+"\x03\x00\x00\x00"+property+"\x01l\x01v"+property))
	refuses(t, []byte(before+"\x02\x00\x00\x00"+property))
	refuses(t, []byte(before+"\xff\xff\xff\xff"))
}

// isOrdinary fails unless reading a ticket takes one allocation, or more where it has
// to be taken apart.
func isOrdinary(t *testing.T, data []byte, want bool) {
	t.Helper()
	buffers, next := make([]ticket.Buffer, 11), 0
	allocations := testing.AllocsPerRun(10, func() {
		if err := buffers[next].UnmarshalBinary(data); err != nil {
			t.Fatal(err)
		}
		next++
	})
	if want != (allocations == 1) {
		t.Errorf("read with %v allocations", allocations)
	}
}

type spelling struct {
	data     string
	ordinary bool
}

// spelled are tickets with one claim and one property, of which something is written
// as nobody writes it.
func spelled() map[string]spelling {
	write := func(scheme, nameType, claimType, value, key string) string {
		return "\x05\x00\x00\x00" + scheme + "\x01\x00\x00\x00" + "\x01a" + nameType + "\x01\x00" + "\x01\x00\x00\x00" +
			claimType + value + "\x01\x00\x01\x00\x01\x00\x00\x00\x00\x00" + "\x00\x00" + "\x01\x00\x00\x00\x01\x00\x00\x00" + key + "\x01v"
	}
	return map[string]spelling{
		"as all write it":                     {write("\x01s", "\x01\x00", "\x01t", "\x01v", "\x01k"), true},
		"a length of two bytes":               {write("\x81\x00s", "\x81\x00\x00", "\x81\x00t", "\x81\x00v", "\x81\x00k"), true},
		"a length of three":                   {write("\x81\x80\x00s", "\x81\x80\x00\x00", "\x81\x80\x00\x00", "\x80\x80\x00", "\x80\x80\x00"), true},
		"a length of four":                    {write("\x01s", "\x01\x00", "\x01t", "\x81\x80\x80\x00v", "\x01k"), false},
		"a length of five":                    {write("\x01s", "\x01\x00", "\x81\x80\x80\x80\x00\x00", "\x01v", "\x01k"), false},
		"a scheme that is no text":            {write("\x01\xc3", "\x81\x00\x00", "\x01t", "\x01v", "\x01k"), false}, // with what comes next it would be one
		"a name's type that is no text":       {write("\x01s", "\x02\xc3t", "\x01t", "\x01v", "\x01k"), false},
		"a claim's type that is no text":      {write("\x01s", "\x01\x00", "\x01\x80", "\x01v", "\x01k"), false},
		"a value that is no text":             {write("\x01s", "\x01\x00", "\x01t", "\x03\xed\xa0\x80", "\x01k"), false},
		"a property's name that is no text":   {write("\x01s", "\x01\x00", "\x01t", "\x01v", "\x01\xff"), false},
		"texts that become one another":       {write("\x01\xff", "\x03\xef\xbf\xbd", "\x01\xfe", "\x01\xfd", "\x01\xff"), false},
		"a default that is there by its name": {write("\x01s", "\x3a"+claims.TypeName, "\x3a"+claims.TypeName, "\x01v", "\x01k"), true},
	}
}

// A ticket is read as .NET reads it, and as an ordinary one where that is no other.
func TestSpelledOtherwise(t *testing.T) {
	for name, tt := range spelled() {
		t.Run(name, func(t *testing.T) {
			data := []byte(tt.data)
			got := read(t, data) // which compares with what is in a buffer
			if got.Principal.Len() != 1 || got.Properties.Len() != 1 {
				t.Errorf("%d identities, %d properties", got.Principal.Len(), got.Properties.Len())
			}
			isOrdinary(t, data, tt.ordinary)
		})
	}
}

// Who has a ticket keeps it, whatever is read next.
func TestBufferReadsTwice(t *testing.T) {
	var first ticket.Ticket
	for name, data := range examples(t) {
		want := read(t, data)
		var b ticket.Buffer
		if err := b.UnmarshalBinary(data); err != nil {
			t.Fatal(err)
		}
		first = b.Ticket
		other, err := ticketOf("another").MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if err := b.UnmarshalBinary(other); err != nil || b.Ticket.Principal.ID() != "another" {
			t.Fatalf("%s: then %v, %v", name, err, b.Ticket.Principal)
		}
		isSame(t, &first, want)
	}
}

func ticketOf(id string) *ticket.Ticket {
	return &ticket.Ticket{Scheme: "Cookies", Principal: claims.New(id, claims.Name("alice"), claims.Role("admin")).Authenticated("Cookies")}
}

// Everybody who takes a principal apart at the same moment gets the same parts.
func TestTakenApartOnce(t *testing.T) {
	var b ticket.Buffer
	if err := b.UnmarshalBinary(ordinary(t)); err != nil {
		t.Fatal(err)
	}
	parts := make(chan *claims.Identity)
	for range 8 {
		go func() { parts <- b.Principal.Primary() }()
	}
	first := <-parts
	for range 7 {
		if got := <-parts; got != first {
			t.Fatal("two have different parts")
		}
	}
}

func ordinary(t testing.TB) []byte {
	t.Helper()
	return dated(t, ticketOf("42"))
}

func dated(t testing.TB, u *ticket.Ticket) []byte {
	t.Helper()
	u.Properties.SetIssued(time.Now())
	u.Properties.SetExpires(time.Now().Add(time.Hour))
	data, err := u.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// BenchmarkBuffer reads a ticket and asks it what a request asks.
func BenchmarkBuffer(b *testing.B) {
	for name, others := range map[string][]claims.Claim{
		"ASCII":       {claims.Name("alice"), claims.Email("alice@example.com"), claims.Role("admin"), claims.Role("editor")},
		"other names": {claims.Name("José Łukasz"), claims.Email("jose@example.com"), claims.Role("admin"), claims.Role("éditeur")},
		"a long text": {claims.Name("alice"), claims.Email("alice@example.com"), claims.Role("admin"), {Type: "permissions", Value: strings.Repeat("read ", 40)}},
	} {
		b.Run(name, func(b *testing.B) {
			data := dated(b, &ticket.Ticket{Scheme: "Cookies", Principal: claims.New("42", others...).Authenticated("Cookies")})
			b.ReportAllocs()
			for b.Loop() {
				t := new(ticket.Buffer)
				if err := t.UnmarshalBinary(data); err != nil {
					b.Fatal(err)
				}
				if p := t.Principal; p.ID() != "42" || p.Name() == "" || !p.HasRole("admin") || p.Value("nothing") != "" {
					b.Fatal("not who it is")
				}
			}
		})
	}
}
