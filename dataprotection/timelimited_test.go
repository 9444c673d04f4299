package dataprotection_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
)

const timeLimitedPurpose = "Microsoft.AspNetCore.DataProtection.TimeLimitedDataProtector.v1"

// clocked is a ring whose clock stands at now.
func clocked(t testing.TB, now *time.Time) *dataprotection.KeyRing {
	cfg := atNoon(holding(keyXML(idA)))
	cfg.Now = func() time.Time { return *now }
	return open(t, cfg)
}

func TestTimeLimitedFormat(t *testing.T) {
	now := at
	ring := clocked(t, &now)
	year2000 := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name    string
		expires time.Time
		want    string
	}{
		{"TLP-1 an end", year2000, "08c1220247e44000"},
		{"TLP-1 in another zone", year2000.In(time.FixedZone("", -8*3600)), "08c1220247e44000"},
		{"TLP-2 no end", dataprotection.NoExpiry(), "2bca2875f4373fff"},
		{"the zero time", time.Time{}, "0000000000000000"},
		{"to 100 ns, cut off", year2000.Add(199), "08c1220247e44001"},
		{"the last moment that the format has", time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), "2bca2875f4373fff"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sealed, err := ring.Protector("a").TimeLimited().Protector("new purpose").Protect([]byte{1, 2, 3, 4, 5}, tc.expires)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := hex.DecodeString(tc.want + "0102030405")
			opens(t, ring.Protector("a", "new purpose", timeLimitedPurpose), sealed, want)
		})
	}
}

func TestTimeLimited(t *testing.T) {
	now := at
	ring := clocked(t, &now)
	p := ring.Protector("p")
	tl := p.TimeLimited()
	end := at.Add(48 * time.Hour)
	sealed, err := tl.Protect([]byte("data"), end)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		now  time.Time
		good bool
	}{
		{"TLP-3 before its end", end.Add(-time.Hour), true},
		{"TLP-9 48 hours later", at.Add(48 * time.Hour), true},
		{"exactly at its end", end, true},
		{"TLP-4 100 ns after its end", end.Add(100), false},
		{"TLP-4 long after its end", end.AddDate(10, 0, 0), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			now = tc.now
			got, expires, err := tl.Unprotect(t.Context(), sealed)
			if tc.good {
				if err != nil || string(got) != "data" || !expires.Equal(end) || expires.Location() != time.UTC {
					t.Errorf("Unprotect = %q, %v, %v; want the data and %v", got, expires, err, end)
				}
			} else if got != nil || !expires.IsZero() || !errors.Is(err, dataprotection.ErrExpired) || !errors.Is(err, dataprotection.ErrInvalidPayload) || !strings.Contains(err.Error(), "2026-06-17T12:00:00Z") {
				t.Errorf("Unprotect = %q, %v, %v; want ErrExpired that names the end", got, expires, err)
			}
			info, err := tl.Inspect(t.Context(), sealed)
			if err != nil || info.Expired == tc.good || !info.Expires.Equal(end) || info.KeyID != parseID(t, idA) {
				t.Errorf("Inspect = %+v, %v", info, err)
			}
		})
	}
	now = at
	t.Run("TLP-5 seven bytes inside", func(t *testing.T) {
		for _, inner := range []string{"", "1234567", "\x2b\xca\x28\x75\xf4\x37\x40\x00data", "\xff\xff\xff\xff\xff\xff\xff\xffdata"} {
			sealed := sealBytes(t, ring.Protector("p", timeLimitedPurpose), []byte(inner))
			got, expires, err := tl.Unprotect(t.Context(), sealed)
			if got != nil || !expires.IsZero() || err != dataprotection.ErrInvalidPayload {
				t.Errorf("%q inside: %q, %v, %v; want ErrInvalidPayload", inner, got, expires, err)
			}
			if info, err := tl.Inspect(t.Context(), sealed); info != (dataprotection.Inspection{}) || err != dataprotection.ErrInvalidPayload {
				t.Errorf("%q inside: Inspect = %+v, %v; want ErrInvalidPayload", inner, info, err)
			}
		}
	})
	t.Run("TLP-6 errors keep their kind", func(t *testing.T) {
		_, _, err := dataprotection.Ephemeral("").Protector("p").TimeLimited().Unprotect(t.Context(), sealed)
		var unknown *dataprotection.KeyNotFoundError
		if !errors.As(err, &unknown) {
			t.Errorf("of an unknown key: %v", err)
		}
		var zero dataprotection.KeyRing
		if _, _, err := zero.Protector("p").TimeLimited().Unprotect(t.Context(), sealed); !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("of a ring that is not open: %v", err)
		}
		if _, err := zero.Protector("p").TimeLimited().Protect(nil, end); !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("of a ring that is not open: %v", err)
		}
		bad := append([]byte(nil), sealed...)
		bad[40] ^= 1
		if _, _, err := tl.Unprotect(t.Context(), bad); err != dataprotection.ErrInvalidPayload {
			t.Errorf("of a changed payload: %v", err)
		}
		now = end.Add(time.Hour)
		if _, _, err := tl.Unprotect(t.Context(), bad); err != dataprotection.ErrInvalidPayload || errors.Is(err, dataprotection.ErrExpired) {
			t.Errorf("of a changed payload that would be expired: %v", err)
		}
		now = at
	})
	t.Run("TLP-7 round trip", func(t *testing.T) {
		got, expires, err := tl.Unprotect(t.Context(), sealed)
		if err != nil || string(got) != "data" || !expires.Equal(end) {
			t.Errorf("%q, %v, %v", got, expires, err)
		}
	})
	for name, past := range map[string]time.Time{"a year ago": at.AddDate(-1, 0, 0), "year 1": time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), "forgotten": {}} {
		t.Run("TLP-7 a past end is accepted: "+name, func(t *testing.T) {
			sealed, err := tl.Protect([]byte("data"), past)
			if err != nil {
				t.Fatal(err)
			}
			if got, _, err := tl.Unprotect(t.Context(), sealed); got != nil || !errors.Is(err, dataprotection.ErrExpired) {
				t.Errorf("%q, %v; want ErrExpired", got, err)
			}
		})
	}
	t.Run("TLP-7 with and without end do not open each other", func(t *testing.T) {
		if got, err := p.Unprotect(t.Context(), sealed); got != nil || err != dataprotection.ErrInvalidPayload {
			t.Errorf("without: %q, %v", got, err)
		}
		if got, _, err := tl.Unprotect(t.Context(), sealBytes(t, p, []byte("12345678data"))); got != nil || err != dataprotection.ErrInvalidPayload {
			t.Errorf("with: %q, %v", got, err)
		}
	})
	t.Run("ends outside the format", func(t *testing.T) {
		for _, end := range []time.Time{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC), time.Unix(1<<60, 0), time.Date(9999, 12, 31, 23, 30, 0, 0, time.FixedZone("", -3600))} {
			if sealed, err := tl.Protect(nil, end); sealed != nil || err == nil || errors.Is(err, dataprotection.ErrInvalidPayload) {
				t.Errorf("Protect until %v = %q, %v; want an error of the argument", end, sealed, err)
			}
			if text, err := tl.ProtectString("", end); text != "" || err == nil {
				t.Errorf("ProtectString until %v = %q, %v", end, text, err)
			}
		}
	})
	t.Run("no end", func(t *testing.T) {
		sealed, err := tl.Protect([]byte("data"), dataprotection.NoExpiry())
		if err != nil {
			t.Fatal(err)
		}
		if got, expires, err := tl.Unprotect(t.Context(), sealed); err != nil || string(got) != "data" || !expires.Equal(dataprotection.NoExpiry()) {
			t.Errorf("%q, %v, %v", got, expires, err)
		}
	})
}

func TestTimeLimitedText(t *testing.T) {
	now := at
	tl := clocked(t, &now).Protector("p").TimeLimited()
	end := at.Add(time.Hour)
	t.Run("TLP-8 UTF-8, then base64url without padding", func(t *testing.T) {
		text, err := tl.ProtectString("ä", end)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, expires, err := tl.Unprotect(t.Context(), sealed); err != nil || string(got) != "ä" || !expires.Equal(end) {
			t.Errorf("%q, %v, %v", got, expires, err)
		}
	})
	t.Run("TLP-10 back, with its end", func(t *testing.T) {
		text, _ := tl.ProtectString("hello", end)
		if got, expires, err := tl.UnprotectString(t.Context(), text); err != nil || got != "hello" || !expires.Equal(end) {
			t.Errorf("%q, %v, %v", got, expires, err)
		}
		now = end.Add(time.Second)
		if got, expires, err := tl.UnprotectString(t.Context(), text); got != "" || !expires.IsZero() || !errors.Is(err, dataprotection.ErrExpired) {
			t.Errorf("%q, %v, %v; want ErrExpired", got, expires, err)
		}
		now = at
	})
	t.Run("no text", func(t *testing.T) {
		if text, err := tl.ProtectString("\xff", end); text != "" || err == nil {
			t.Errorf("ProtectString = %q, %v", text, err)
		}
		sealed, _ := tl.Protect([]byte("\xff"), end)
		for _, text := range []string{"", "A", "no base64!", encode(sealed)} {
			if got, expires, err := tl.UnprotectString(t.Context(), text); got != "" || !expires.IsZero() || err != dataprotection.ErrInvalidPayload {
				t.Errorf("UnprotectString(%q) = %q, %v, %v; want ErrInvalidPayload", text, got, expires, err)
			}
		}
	})
}

// The fixed purpose is the last one, however a chain was made.
func TestTimeLimitedPurposes(t *testing.T) {
	ring := ringOfKeys(t, keyXML(idA))
	sealed, err := ring.Protector("a", "b").TimeLimited().Protect([]byte("x"), dataprotection.NoExpiry())
	if err != nil {
		t.Fatal(err)
	}
	for name, tl := range map[string]*dataprotection.TimeLimited{
		"below it":    ring.Protector("a").TimeLimited().Protector("b"),
		"from none":   ring.Protector().TimeLimited().Protector("a").Protector("b"),
		"two at once": ring.Protector().TimeLimited().Protector("a", "b"),
	} {
		if got, _, err := tl.Unprotect(t.Context(), sealed); err != nil || string(got) != "x" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for name, tl := range map[string]*dataprotection.TimeLimited{
		"another order": ring.Protector("b").TimeLimited().Protector("a"),
		"one less":      ring.Protector("a").TimeLimited(),
		"one more":      ring.Protector("a", "b").TimeLimited().Protector(""),
		"not UTF-8":     ring.Protector("a").TimeLimited().Protector("\xff"),
	} {
		if got, _, err := tl.Unprotect(t.Context(), sealed); got != nil || err == nil {
			t.Errorf("%s: %q, %v; want an error", name, got, err)
		}
	}
}

func TestTimeLimitedOfARevokedKey(t *testing.T) {
	now := at
	sealed, err := clocked(t, &now).Protector("p").TimeLimited().Protect([]byte("x"), at)
	if err != nil {
		t.Fatal(err)
	}
	tl := ringOfKeys(t, keyXML(idA), revocationXML(idA, at)).Protector("p").TimeLimited()
	var revoked *dataprotection.KeyRevokedError
	if _, _, err := tl.Unprotect(t.Context(), sealed); !errors.As(err, &revoked) {
		t.Errorf("Unprotect: %v, want *KeyRevokedError", err)
	}
	if info, err := tl.Inspect(t.Context(), sealed); err != nil || !info.Revoked || !info.Reprotect || info.Expired {
		t.Errorf("Inspect = %+v, %v", info, err)
	}
}
