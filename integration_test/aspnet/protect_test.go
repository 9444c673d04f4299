package aspnet_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/realtest"
)

// An item is one payload of the kinds protect, rotation, time-limited and revocation.
type item struct {
	Name      string   `json:"name"`
	KeyID     string   `json:"keyId,omitempty"`
	Revoked   *bool    `json:"revoked,omitempty"`
	Purposes  []string `json:"purposes"`
	Plaintext []byte   `json:"plaintext"`
	Expires   string   `json:"expires,omitempty"`
	Expired   *bool    `json:"expired,omitempty"`
	Protected string   `json:"protected"`
}

// runProtect is for the kinds protect, rotation and x509.
func runProtect(t *testing.T, v *vector) {
	ring := v.open(t)
	otherName := "another application"
	other := openReadOnly(t, v.dir+"/keys", &otherName, v.openers(t)...)
	each(t, v, func(t *testing.T, i item) {
		p, sealed := ring.Protector(i.Purposes...), decode(t, i.Protected)
		opens(t, p, sealed, i.Plaintext)
		opensAsText(t, p, i.Protected, i.Plaintext)
		info, err := p.Inspect(t.Context(), sealed)
		if err != nil || info.Revoked || info.Expired || i.KeyID != "" && info.KeyID.String() != i.KeyID {
			t.Errorf("inspect: got %+v, %v; want key %s in good order", info, err, i.KeyID)
		}
		for _, wrong := range otherPurposes(i.Purposes) {
			refused(t, ring.Protector(wrong...), sealed, "purposes other than its own")
		}
		refused(t, other.Protector(i.Purposes...), sealed, "another application")
		refusedWhenChanged(t, sealed, func(changed []byte) error {
			_, err := p.Unprotect(t.Context(), changed)
			return err
		})
	})
}

func runTimeLimited(t *testing.T, v *vector) {
	ring := v.open(t)
	each(t, v, func(t *testing.T, i item) {
		p, sealed := ring.Protector(i.Purposes...).TimeLimited(), decode(t, i.Protected)
		want, err := time.Parse(time.RFC3339Nano, i.Expires)
		if err != nil {
			t.Fatal(err)
		}
		plaintext, expires, err := p.Unprotect(t.Context(), sealed)
		if *i.Expired {
			if !errors.Is(err, dataprotection.ErrExpired) || !errors.Is(err, dataprotection.ErrInvalidPayload) || plaintext != nil || !expires.IsZero() {
				t.Errorf("got %q, %v, %v; want ErrExpired alone", plaintext, expires, err)
			}
		} else if err != nil || !bytes.Equal(plaintext, i.Plaintext) || !expires.Equal(want) {
			t.Errorf("got %q, %v, %v; want %q, %v", plaintext, expires, err, i.Plaintext, want)
		}
		info, err := p.Inspect(t.Context(), sealed)
		if err != nil || info.Expired != *i.Expired || !info.Expires.Equal(want) {
			t.Errorf("inspect: got %+v, %v; want expired %v, expires %v", info, err, *i.Expired, want)
		}
		refused(t, ring.Protector(i.Purposes...), sealed, "a protector without limit")
		refusedWhenChanged(t, sealed, func(changed []byte) error {
			_, _, err := p.Unprotect(t.Context(), changed)
			if errors.Is(err, dataprotection.ErrExpired) {
				t.Errorf("a changed payload was told from others: %v", err)
			}
			return err
		})
	})
}

func runRevocation(t *testing.T, v *vector) {
	ring := v.open(t)
	each(t, v, func(t *testing.T, i item) {
		p, sealed := ring.Protector(i.Purposes...), decode(t, i.Protected)
		if *i.Revoked {
			var revoked *dataprotection.KeyRevokedError
			if err := refused(t, p, sealed, "a revoked key"); !errors.As(err, &revoked) || revoked.KeyID.String() != i.KeyID {
				t.Errorf("got %v, want a KeyRevokedError for %s", err, i.KeyID)
			}
		} else {
			opens(t, p, sealed, i.Plaintext)
		}
		plaintext, err := p.DangerousUnprotect(t.Context(), sealed)
		if err != nil || !bytes.Equal(plaintext, i.Plaintext) {
			t.Errorf("DangerousUnprotect: got %q, %v; want %q", plaintext, err, i.Plaintext)
		}
		info, err := p.Inspect(t.Context(), sealed)
		if err != nil || info.Revoked != *i.Revoked || info.Reprotect != *i.Revoked {
			t.Errorf("inspect: got %+v, %v; want revoked and to be re-protected %v", info, err, *i.Revoked)
		}
		refusedWhenChanged(t, sealed, func(changed []byte) error {
			_, err := p.DangerousUnprotect(t.Context(), changed)
			return err
		})
	})
}

func opens(t *testing.T, p *dataprotection.Protector, sealed, want []byte) {
	t.Helper()
	got, err := p.Unprotect(t.Context(), sealed)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %.80q, %v; want %.80q", got, err, want)
	}
}

// opensAsText checks the form for text, which is for text only.
func opensAsText(t *testing.T, p *dataprotection.Protector, text string, want []byte) {
	t.Helper()
	got, err := p.UnprotectString(t.Context(), text)
	if !utf8.Valid(want) {
		if !errors.Is(err, dataprotection.ErrInvalidPayload) || got != "" {
			t.Errorf("as text: got %.80q, %v; want ErrInvalidPayload, since the plaintext is no text", got, err)
		}
		return
	}
	if err != nil || got != string(want) {
		t.Errorf("as text: got %.80q, %v; want %.80q", got, err, want)
	}
}

func refused(t *testing.T, p *dataprotection.Protector, sealed []byte, what string) error {
	t.Helper()
	got, err := p.Unprotect(t.Context(), sealed)
	if !errors.Is(err, dataprotection.ErrInvalidPayload) || got != nil {
		t.Errorf("%s: got %.80q, %v; want ErrInvalidPayload", what, got, err)
	}
	return err
}

// otherPurposes makes lists of purposes that are easily mistaken for the given one.
func otherPurposes(purposes []string) [][]string {
	reversed := slices.Clone(purposes)
	slices.Reverse(reversed)
	last := len(purposes) - 1
	candidates := [][]string{
		reversed,
		purposes[:last],
		purposes[1:],
		{strings.Join(purposes, "")},
		slices.Concat(purposes, []string{""}),
		slices.Concat([]string{""}, purposes),
		slices.Concat(purposes[:last], []string{purposes[last] + " "}),
		slices.Concat(purposes[:last], []string{strings.ToUpper(purposes[last] + "x")}),
	}
	return slices.DeleteFunc(candidates, func(c []string) bool { return slices.Equal(c, purposes) })
}

// longPayload is from where on a changed payload is judged for a sample of its
// changes only, as it takes a minute for all changes of 100 KiB.
const longPayload = 16 << 10

// refusedWhenChanged cuts the payload at every length, flips every bit of it and
// appends to it.
func refusedWhenChanged(t *testing.T, sealed []byte, open func(changed []byte) error) {
	t.Helper()
	step := 1
	if len(sealed) > longPayload && !realtest.All() {
		step = 101
	}
	for n := 0; n < len(sealed); n += step {
		if err := open(sealed[:n]); !errors.Is(err, dataprotection.ErrInvalidPayload) {
			t.Fatalf("cut to %d of %d bytes: got %v, want ErrInvalidPayload", n, len(sealed), err)
		}
	}
	changed := slices.Clone(sealed)
	for bit := 0; bit < 8*len(sealed); bit += step {
		changed[bit/8] ^= 1 << (bit % 8)
		if err := open(changed); !errors.Is(err, dataprotection.ErrInvalidPayload) {
			t.Fatalf("bit %d of byte %d flipped: got %v, want ErrInvalidPayload", bit%8, bit/8, err)
		}
		changed[bit/8] ^= 1 << (bit % 8)
	}
	for _, more := range []string{"\x00", "\x10", strings.Repeat("\x10", 16)} {
		if err := open(append(slices.Clip(changed), more...)); !errors.Is(err, dataprotection.ErrInvalidPayload) {
			t.Errorf("with %q appended: got %v, want ErrInvalidPayload", more, err)
		}
	}
}
