package cookieauth

import (
	"bytes"
	"cmp"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
)

// TestNothingPlainIsLeft looks at memory that goes back to the pool after a long
// ticket, then a short one, and after one that cannot be written.
func TestNothingPlainIsLeft(t *testing.T) {
	a, err := New(Config{KeyRing: dataprotectiontest.NewKeyRing(t)})
	if err != nil {
		t.Fatal(err)
	}
	make := func(size int) *ticket.Ticket {
		k := &ticket.Ticket{Scheme: "Cookies", Principal: claims.New("1", claims.Name(strings.Repeat("secret", size))).Authenticated("Cookies")}
		k.Properties.SetIssued(time.Now())
		k.Properties.SetExpires(time.Now().Add(time.Hour))
		return k
	}
	text := func(k *ticket.Ticket) string {
		s := new(scratch)
		if err := cmp.Or(a.setPlain(s, k), a.seal(s)); err != nil {
			t.Fatal(err)
		}
		return string(s.text)
	}
	long, short := text(make(100)), text(make(1))
	// isClean gives it back, so it belongs to others from then on.
	isClean := func(s *scratch, when string) {
		t.Helper()
		s.release()
		if bytes.Contains(s.plain[:cap(s.plain)], []byte("secret")) {
			t.Errorf("%s there is a plaintext left", when)
		}
	}
	s := new(scratch)
	for _, one := range []string{long, short} {
		var into ticket.Buffer
		if _, err := a.open(httptest.NewRequest("GET", "/", nil).Context(), one, s, time.Now(), &into); err != nil {
			t.Fatal(err)
		}
	}
	isClean(s, "after two tickets")
	s = &scratch{plain: slices.Grow([]byte(nil), 4096)}
	broken := make(10)
	c := &broken.Principal.Identities()[0].Claims[1]
	c.Properties = []claims.Property{{Key: "k"}, {Key: "k"}}
	if err := a.setPlain(s, broken); err == nil {
		t.Error("a ticket with a property twice was written")
	}
	isClean(s, "after a ticket that could not be written")
}
