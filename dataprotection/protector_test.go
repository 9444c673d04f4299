package dataprotection_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/authenc"
	"github.com/sealring/sealring/internal/bubbletest"
)

func TestPayloadLayout(t *testing.T) {
	ring := ringOfKeys(t, keyXML(idA))
	const (
		magic = "09f0c9f0"
		guid  = "cec973ba22d3454eaf90341307e11c38"
	)
	for _, tc := range []struct {
		name     string
		purposes []string
		list     string
	}{
		{"PRO-2 three purposes", []string{"purpose1", "purpose2", "yet another purpose"}, "00000003" + "08707572706f736531" + "08707572706f736532" + "1379657420616e6f7468657220707572706f7365"},
		{"PRO-3 one purpose", []string{"purpose1"}, "00000001" + "08707572706f736531"},
		{"an empty purpose counts", []string{""}, "00000001" + "00"},
		{"no purpose", nil, "00000000"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sealed := sealBytes(t, ring.Protector(tc.purposes...), []byte("plaintext"))
			if got := hex.EncodeToString(sealed[:20]); got != magic+guid {
				t.Errorf("header %s, want %s", got, magic+guid)
			}
			aad, _ := hex.DecodeString(magic + guid + tc.list)
			key, err := authenc.NewKey(authenc.Suite{KeyBits: 256}, master)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := key.Bind(aad).AppendOpen(nil, sealed[20:]); err != nil || string(got) != "plaintext" {
				t.Errorf("under the additional data %x the body opens as %q, %v", aad, got, err)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	ring := ringOfKeys(t, keyXML(idA))
	p := ring.Protector("p")
	good := sealBytes(t, p, []byte("plaintext"))
	change := func(offset int, delta byte) []byte {
		bad := slices.Clone(good)
		bad[offset] += delta
		return bad
	}
	for _, tc := range []struct {
		name   string
		sealed []byte
	}{
		{"PRO-5 nothing", nil},
		{"PRO-6 19 bytes", good[:19]},
		{"PRO-7 first byte changed", change(0, 1)},
		{"PRO-8 newer version", change(3, 1)},
		{"PRO-22 10 bytes", good[:10]},
		{"PRO-23 10 zero bytes", make([]byte, 10)},
		{"a header alone", good[:20]},
		{"a byte more", append(slices.Clone(good), 0)},
		{"twice", append(slices.Clone(good), good...)},
		{"other purpose", sealBytes(t, ring.Protector("P"), []byte("plaintext"))},
		{"the text form", []byte("CfDJ8M7Jc7oi00VOr5A0Ewfh")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := []byte("kept")
			calls := map[string]func() ([]byte, error){
				"Unprotect":                     func() ([]byte, error) { return p.Unprotect(t.Context(), tc.sealed) },
				"AppendUnprotect":               func() ([]byte, error) { return p.AppendUnprotect(t.Context(), nil, tc.sealed) },
				"AppendUnprotect behind others": func() ([]byte, error) { return p.AppendUnprotect(t.Context(), before, tc.sealed) },
				"DangerousUnprotect":            func() ([]byte, error) { return p.DangerousUnprotect(t.Context(), tc.sealed) },
				"Inspect":                       func() ([]byte, error) { _, err := p.Inspect(t.Context(), tc.sealed); return nil, err },
			}
			for name, call := range calls {
				got, err := call()
				if got != nil || err != dataprotection.ErrInvalidPayload {
					t.Errorf("%s = %q, %v; want ErrInvalidPayload itself, which tells nothing of the reason", name, got, err)
				}
			}
			if string(before) != "kept" {
				t.Errorf("what was in front has become %q", before)
			}
		})
	}
}

// Whatever is changed, the payload is refused with one and the same error, unless
// it then names another key.
func TestEveryFlipAndCut(t *testing.T) {
	for _, a := range []dataprotection.Algorithm{dataprotection.AES256CBC, dataprotection.AES128CBCHMACSHA512, dataprotection.AES256GCM} {
		t.Run(a.String(), func(t *testing.T) {
			bubbletest.Run(t, func(t *testing.T) {
				cfg := config(&fakeStore{})
				cfg.Algorithm = a
				ring := open(t, cfg)
				defer ring.Close()
				p := ring.Protector("p")
				sealed := sealBytes(t, p, []byte("some plaintext"))
				dst := make([]byte, 0, 100)
				refused := func(what string, at int, bad []byte) {
					got, err := p.AppendUnprotect(t.Context(), dst, bad)
					var unknown *dataprotection.KeyNotFoundError
					switch {
					case got != nil, !errors.Is(err, dataprotection.ErrInvalidPayload):
						t.Fatalf("%s at %d: %q, %v; want ErrInvalidPayload", what, at, got, err)
					case errors.As(err, &unknown) && what == "flip" && at/8 >= 4 && at/8 < 20:
					case err != dataprotection.ErrInvalidPayload:
						t.Fatalf("%s at %d: the error tells more than it should: %v", what, at, err)
					}
				}
				for bit := range 8 * len(sealed) {
					bad := slices.Clone(sealed)
					bad[bit/8] ^= 1 << (bit % 8)
					refused("flip", bit, bad)
				}
				for n := range sealed {
					refused("cut", n, sealed[:n])
					refused("cut in front", n, sealed[n+1:])
				}
				if bytes.Contains(dst[:cap(dst)], []byte("some plain")) {
					t.Error("a refused payload left plaintext in the buffer")
				}
				opens(t, p, sealed, []byte("some plaintext"))
			})
		})
	}
}

func TestUnknownKeys(t *testing.T) {
	t.Run("PRO-9 names the id", func(t *testing.T) {
		sealed := sealBytes(t, ringOfKeys(t, keyXML(idC)).Protector("p"), nil)
		_, err := ringOfKeys(t, keyXML(idA)).Protector("p").Unprotect(t.Context(), sealed)
		var unknown *dataprotection.KeyNotFoundError
		if !errors.As(err, &unknown) || !errors.Is(err, dataprotection.ErrInvalidPayload) || unknown.KeyID != parseID(t, idC) {
			t.Fatalf("%v, want *KeyNotFoundError for %s", err, idC)
		}
		if not := missing(err.Error(), idC, "1 keys", "another key directory"); not != nil {
			t.Errorf("the error does not say %q: %v", not, err)
		}
	})
	t.Run("PRO-10 one reload, then not found", func(t *testing.T) {
		bubbletest.Run(t, func(t *testing.T) {
			store := holding(keyXML(idA))
			ring := open(t, atNoon(store))
			defer ring.Close()
			sealed := sealBytes(t, ringOfKeys(t, keyXML(idC)).Protector("p"), nil)
			_, before, _ := store.counts()
			_, err := ring.Protector("p").Unprotect(t.Context(), sealed)
			if _, polls, _ := store.counts(); !errors.Is(err, dataprotection.ErrInvalidPayload) || polls != before+1 {
				t.Errorf("%v after %d reloads, want not found after one", err, polls-before)
			}
		})
	})
	for _, tc := range []struct {
		name string
		age  time.Duration
	}{
		{"PRO-11 found by a reload, however old the ring is", 6 * time.Second},
		{"PRO-12 found by a reload", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubbletest.Run(t, func(t *testing.T) {
				store := holding(keyXML(idA))
				cfg := atNoon(store)
				cfg.PollInterval = time.Hour
				ring := open(t, cfg)
				defer ring.Close()
				sealed := sealBytes(t, ringOfKeys(t, keyXML(idC)).Protector("p"), []byte("x"))
				time.Sleep(tc.age)
				store.put("new", keyXML(idC))
				opens(t, ring.Protector("p"), sealed, []byte("x"))
			})
		})
	}
	t.Run("requests that come while the store is being read wait for it", func(t *testing.T) {
		bubbletest.Run(t, func(t *testing.T) {
			store := holding(keyXML(idA))
			ring := open(t, atNoon(store))
			defer ring.Close()
			sealed := sealBytes(t, ringOfKeys(t, keyXML(idC)).Protector("p"), []byte("x"))
			release := make(chan struct{})
			store.put("new", keyXML(idC))
			store.set(func(s *fakeStore) { s.hang = release })
			done := make(chan struct{})
			for range 2 {
				go func() {
					opens(t, ring.Protector("p"), sealed, []byte("x"))
					done <- struct{}{}
				}()
				time.Sleep(100 * time.Millisecond)
			}
			close(release)
			<-done
			<-done
		})
	})
}

func TestRevokedAndOtherKeys(t *testing.T) {
	older := datedKey(idA, at.AddDate(0, -2, 0), cbcDescriptor)
	newer := keyXML(idB)
	p := ringOfKeys(t, older).Protector("p")
	sealed := sealBytes(t, p, []byte("x"))
	for _, tc := range []struct {
		name     string
		elements []string
		want     dataprotection.Inspection
	}{
		{"PRO-13 PRO-14 revoked, and the default once", []string{older, revocationXML(idA, at)}, dataprotection.Inspection{Revoked: true, Reprotect: true}},
		{"PRO-14 revoked, another is the default", []string{older, newer, revocationXML(idA, at)}, dataprotection.Inspection{Revoked: true, Reprotect: true}},
		{"PRO-15 the default key", []string{older}, dataprotection.Inspection{}},
		{"PRO-16 another key", []string{older, newer}, dataprotection.Inspection{Reprotect: true}},
		{"an expired key", []string{datedKey(idA, at.AddDate(-1, 0, 0), cbcDescriptor), newer}, dataprotection.Inspection{Reprotect: true}},
		{"a key that is not active yet", []string{datedKey(idA, at.AddDate(0, 1, 0), cbcDescriptor), newer}, dataprotection.Inspection{Reprotect: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := ringOfKeys(t, tc.elements...).Protector("p")
			tc.want.KeyID = parseID(t, idA)
			if got, err := p.Inspect(t.Context(), sealed); err != nil || got != tc.want {
				t.Errorf("Inspect = %+v, %v; want %+v", got, err, tc.want)
			}
			if got, err := p.DangerousUnprotect(t.Context(), sealed); err != nil || string(got) != "x" {
				t.Errorf("DangerousUnprotect = %q, %v", got, err)
			}
			if !tc.want.Revoked {
				opens(t, p, sealed, []byte("x"))
				return
			}
			got, err := p.Unprotect(t.Context(), sealed)
			var revoked *dataprotection.KeyRevokedError
			if got != nil || !errors.As(err, &revoked) || revoked.KeyID != tc.want.KeyID || !errors.Is(err, dataprotection.ErrInvalidPayload) {
				t.Errorf("Unprotect = %q, %v; want *KeyRevokedError for %s", got, err, idA)
			}
		})
	}
	t.Run("a changed payload of a revoked key", func(t *testing.T) {
		bad := slices.Clone(sealed)
		bad[30] ^= 1
		p := ringOfKeys(t, older, revocationXML(idA, at)).Protector("p")
		if got, err := p.DangerousUnprotect(t.Context(), bad); got != nil || err != dataprotection.ErrInvalidPayload {
			t.Errorf("DangerousUnprotect = %q, %v; want ErrInvalidPayload", got, err)
		}
		if got, err := p.Inspect(t.Context(), bad); got != (dataprotection.Inspection{}) || err != dataprotection.ErrInvalidPayload {
			t.Errorf("Inspect = %+v, %v; want ErrInvalidPayload", got, err)
		}
	})
}

func TestRoundTrips(t *testing.T) {
	t.Run("PRO-17 five bytes", func(t *testing.T) {
		p := ringOfKeys(t, keyXML(idA)).Protector("p")
		opens(t, p, sealBytes(t, p, []byte{1, 2, 3, 4, 5}), []byte{1, 2, 3, 4, 5})
	})
	lengths := map[string][]int{
		"PRO-19": {0, 5, 41, 171},
		"PRO-20": {16, 32, 64, 128, 256, 512, 1024, 4096},
	}
	for _, a := range []dataprotection.Algorithm{
		dataprotection.AES128CBC, dataprotection.AES256CBC, dataprotection.AES256CBCHMACSHA512,
		dataprotection.AES128GCM, dataprotection.AES256GCM,
	} {
		cfg := config(&fakeStore{})
		cfg.Algorithm = a
		p := open(t, cfg).Protector("p")
		for row, sizes := range lengths {
			t.Run(row+" PRO-21 "+a.String(), func(t *testing.T) {
				for _, n := range sizes {
					appendForms(t, p, bytes.Repeat([]byte{'x'}, n))
				}
			})
		}
	}
}

// appendForms checks that the append forms do what the plain ones do, behind what
// is there already, and without moving it where there is room.
func appendForms(t *testing.T, p *dataprotection.Protector, plaintext []byte) {
	t.Helper()
	for _, room := range []int{0, len(plaintext) + 300} {
		front := append(make([]byte, 0, 5+room), "front"...)
		sealed, err := p.AppendProtect(front, plaintext)
		if err != nil || !bytes.HasPrefix(sealed, front) {
			t.Fatalf("AppendProtect = %.40q, %v", sealed, err)
		}
		if room > 0 && &sealed[0] != &front[0] {
			t.Errorf("AppendProtect moved a slice of %d spare bytes", room)
		}
		if same := sealBytes(t, p, plaintext); len(sealed)-5 != len(same) {
			t.Errorf("AppendProtect appended %d bytes, Protect makes %d", len(sealed)-5, len(same))
		}
		opens(t, p, sealed[5:], plaintext)

		front = append(make([]byte, 0, 5+room), "front"...)
		opened, err := p.AppendUnprotect(t.Context(), front, sealed[5:])
		if err != nil || !bytes.Equal(opened, append([]byte("front"), plaintext...)) {
			t.Fatalf("AppendUnprotect = %.40q, %v", opened, err)
		}
		if room > 0 && &opened[0] != &front[0] {
			t.Errorf("AppendUnprotect moved a slice of %d spare bytes", room)
		}
	}
	front := append(make([]byte, 0, 5+len(plaintext)), "front"...)
	sealed := sealBytes(t, p, plaintext)
	if opened, err := p.AppendUnprotect(t.Context(), front, sealed); err != nil || &opened[0] != &front[0] {
		t.Errorf("AppendUnprotect moved a slice with room for exactly %d bytes of plaintext, %v", len(plaintext), err)
	}
}

func TestPurposes(t *testing.T) {
	ring := ringOfKeys(t, keyXML(idA))
	chains := map[string]*dataprotection.Protector{
		"none":                 ring.Protector(),
		"one empty":            ring.Protector(""),
		"two empty":            ring.Protector("", ""),
		"a":                    ring.Protector("a"),
		"A":                    ring.Protector("A"),
		"a and a blank":        ring.Protector("a "),
		"a, b":                 ring.Protector("a", "b"),
		"b, a":                 ring.Protector("b", "a"),
		"ab":                   ring.Protector("ab"),
		"a, empty, b":          ring.Protector("a", "", "b"),
		"a, b, empty":          ring.Protector("a", "b", ""),
		"composed accent":      ring.Protector("\u00e9"),
		"decomposed accent":    ring.Protector("e\u0301"),
		"a, NUL and length, b": ring.Protector("a\x01b"),
		"long":                 ring.Protector(strings.Repeat("a", 128)),
		"longer":               ring.Protector(strings.Repeat("a", 129)),
	}
	for one, p := range chains {
		sealed := sealBytes(t, p, []byte(one))
		for other, q := range chains {
			got, err := q.Unprotect(t.Context(), sealed)
			if one == other && (err != nil || string(got) != one) {
				t.Errorf("%s: %q, %v", one, got, err)
			}
			if one != other && (got != nil || err != dataprotection.ErrInvalidPayload) {
				t.Errorf("%s opened by %s: %q, %v; want ErrInvalidPayload", one, other, got, err)
			}
		}
	}
}

func TestPurposeChains(t *testing.T) {
	ring := ringOfKeys(t, keyXML(idA))
	sealed := sealBytes(t, ring.Protector("a", "b", "c"), []byte("x"))
	for _, tc := range []struct {
		name string
		p    *dataprotection.Protector
	}{
		{"PRO-18 one after the other", ring.Protector("a").Protector("b").Protector("c")},
		{"CMN-3 a list, in order", ring.Protector([]string{"a", "b", "c"}...)},
		{"CMN-4 variadic, in order", ring.Protector("a").Protector("b", "c")},
		{"from nothing", ring.Protector().Protector("a", "b").Protector("c")},
		{"with nothing", ring.Protector("a", "b", "c").Protector()},
	} {
		t.Run(tc.name, func(t *testing.T) { opens(t, tc.p, sealed, []byte("x")) })
	}
	t.Run("CMN-5 one and no further ones", func(t *testing.T) {
		opens(t, ring.Protector("a").Protector(), sealBytes(t, ring.Protector("a"), []byte("x")), []byte("x"))
	})
	t.Run("children of one parent do not share memory", func(t *testing.T) {
		parent := ring.Protector("a")
		one, two := parent.Protector("one"), parent.Protector("two")
		opens(t, ring.Protector("a", "one"), sealBytes(t, one, []byte("1")), []byte("1"))
		opens(t, ring.Protector("a", "two"), sealBytes(t, two, []byte("2")), []byte("2"))
	})
	t.Run("the caller's list is not kept", func(t *testing.T) {
		list := []string{"a", "b", "c"}
		p := ring.Protector(list...)
		list[0] = "changed"
		opens(t, p, sealed, []byte("x"))
	})
}

func TestPurposeIsNotUTF8(t *testing.T) {
	ring := ringOfKeys(t, keyXML(idA))
	sealed := sealBytes(t, ring.Protector("p"), nil)
	for name, p := range map[string]*dataprotection.Protector{
		"itself":              ring.Protector("\xff"),
		"among others":        ring.Protector("a", "\xed\xa0\x80", "b"),
		"its parent":          ring.Protector("\xff").Protector("p"),
		"added later":         ring.Protector("p").Protector("\xff"),
		"that of application": dataprotection.Ephemeral("\xff").Protector("p"),
	} {
		calls := map[string]error{}
		_, calls["Protect"] = p.Protect(nil)
		_, calls["AppendProtect"] = p.AppendProtect([]byte("x"), nil)
		_, calls["ProtectString"] = p.ProtectString("")
		_, calls["Unprotect"] = p.Unprotect(t.Context(), sealed)
		_, calls["UnprotectString"] = p.UnprotectString(t.Context(), "CfDJ8")
		_, calls["DangerousUnprotect"] = p.DangerousUnprotect(t.Context(), sealed)
		_, calls["Inspect"] = p.Inspect(t.Context(), sealed)
		_, calls["TimeLimited"] = p.TimeLimited().Protect(nil, at)
		for call, err := range calls {
			if err == nil || !strings.Contains(err.Error(), "not valid UTF-8") || errors.Is(err, dataprotection.ErrInvalidPayload) {
				t.Errorf("%s: %s = %v, want an error about UTF-8 that blames no payload", name, call, err)
			}
		}
	}
}

func TestApplications(t *testing.T) {
	ringOf := func(application string) *dataprotection.KeyRing {
		cfg := atNoon(holding(keyXML(idA)))
		cfg.Application, cfg.NoApplication = application, application == ""
		return open(t, cfg)
	}
	one := ringOf("one")
	sealed := sealBytes(t, one.Protector("p"), []byte("x"))
	opens(t, ringOf("one").Protector("p"), sealed, []byte("x"))
	for _, other := range []string{"two", "One", "one ", "onep", ""} {
		if got, err := ringOf(other).Protector("p").Unprotect(t.Context(), sealed); got != nil || err != dataprotection.ErrInvalidPayload {
			t.Errorf("opened by application %q: %q, %v; want ErrInvalidPayload", other, got, err)
		}
	}
	opens(t, ringOf("").Protector("one", "p"), sealed, []byte("x")) // the name is the first purpose
}

func TestEphemeral(t *testing.T) {
	one, two := dataprotection.Ephemeral(""), dataprotection.Ephemeral("")
	p := one.Protector("p")
	sealed := sealBytes(t, p, []byte("x"))
	t.Run("AAD-12 another ring", func(t *testing.T) {
		if got, err := two.Protector("p").Unprotect(t.Context(), sealed); got != nil || err != dataprotection.ErrInvalidPayload {
			t.Errorf("%q, %v; want ErrInvalidPayload", got, err)
		}
	})
	t.Run("AAD-13 another purpose", func(t *testing.T) {
		if got, err := one.Protector("q").Unprotect(t.Context(), sealed); got != nil || err != dataprotection.ErrInvalidPayload {
			t.Errorf("%q, %v; want ErrInvalidPayload", got, err)
		}
	})
	t.Run("AAD-14 the same purpose", func(t *testing.T) { opens(t, one.Protector("p"), sealed, []byte("x")) })
	t.Run("the key id is zero", func(t *testing.T) {
		if !bytes.Equal(sealed[4:20], make([]byte, 16)) {
			t.Errorf("key id %x", sealed[4:20])
		}
		if info, err := p.Inspect(t.Context(), sealed); err != nil || info != (dataprotection.Inspection{}) {
			t.Errorf("Inspect = %+v, %v", info, err)
		}
	})
	t.Run("another key id", func(t *testing.T) {
		foreign := sealBytes(t, ringOfKeys(t, keyXML(idA)).Protector("p"), nil)
		var unknown *dataprotection.KeyNotFoundError
		if _, err := p.Unprotect(t.Context(), foreign); !errors.As(err, &unknown) {
			t.Errorf("%v, want *KeyNotFoundError", err)
		}
	})
	t.Run("applications", func(t *testing.T) {
		sealed := sealBytes(t, dataprotection.Ephemeral("app").Protector("p"), nil)
		if _, err := p.Unprotect(t.Context(), sealed); err != dataprotection.ErrInvalidPayload {
			t.Errorf("%v, want ErrInvalidPayload", err)
		}
	})
	t.Run("status and close", func(t *testing.T) {
		if st := one.Status(); !st.Healthy || st.Keys != 1 || st.SealingKey != (dataprotection.KeyID{}) || st.Expired != 0 {
			t.Errorf("Status = %+v", st)
		}
		if err := one.Close(); err != nil {
			t.Error(err)
		}
		opens(t, p, sealed, []byte("x"))
	})
}

// What cannot be opened or sealed for a fault of the key says nothing about the payload.
func TestKeysThatFail(t *testing.T) {
	t.Run("PRO-4 no key", func(t *testing.T) {
		var ring dataprotection.KeyRing
		if _, err := ring.Protector("p").Protect(nil); !errors.Is(err, dataprotection.ErrUnavailable) || errors.Is(err, dataprotection.ErrInvalidPayload) {
			t.Errorf("Protect = %v, want ErrUnavailable", err)
		}
	})
	t.Run("3DES, which only opens", func(t *testing.T) {
		p := ringOfKeys(t, datedKey(idA, at.AddDate(0, -1, 0), descriptor("CngCbc", `<encryption algorithm="3DES" keyLength="192" /><hash algorithm="SHA1" />`, master))).Protector("p")
		got, err := p.Protect([]byte("x"))
		if got != nil || !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(err.Error(), "element-1") {
			t.Errorf("Protect = %q, %v; want ErrUnavailable that names the element", got, err)
		}
	})
	t.Run("an empty secret", func(t *testing.T) {
		sealed := sealBytes(t, ringOfKeys(t, keyXML(idA)).Protector("p"), nil)
		empty := datedKey(idA, at.AddDate(0, -2, 0), descriptor("", cbcNames, nil))
		_, err := ringOfKeys(t, empty, keyXML(idB)).Protector("p").Unprotect(t.Context(), sealed)
		if !errors.Is(err, dataprotection.ErrUnavailable) || errors.Is(err, dataprotection.ErrInvalidPayload) {
			t.Errorf("Unprotect = %v, want ErrUnavailable", err)
		}
	})
}

func TestNilAndZero(t *testing.T) {
	var p *dataprotection.Protector
	if _, err := p.Protector("x").TimeLimited().Protector("y").ProtectString("", at); err == nil {
		t.Error("a nil Protector made a payload")
	}
	var tl dataprotection.TimeLimited
	if _, err := tl.Protector("x").Protect(nil, at); err == nil {
		t.Error("a zero TimeLimited made a payload")
	}
	if _, _, err := tl.Protector("x").Unprotect(t.Context(), nil); err == nil {
		t.Error("a zero TimeLimited opened a payload")
	}
	if _, err := (*dataprotection.TimeLimited)(nil).Protector("x").Inspect(t.Context(), nil); err == nil {
		t.Error("a nil TimeLimited inspected a payload")
	}
	var typed dataprotection.Typed[int]
	if _, err := typed.Protect(1, at); err == nil {
		t.Error("a zero Typed made a payload")
	}
	var none *dataprotection.Typed[int]
	if _, err := none.Protect(1, at); err == nil {
		t.Error("a nil Typed made a payload")
	}
	if _, err := none.Unprotect(t.Context(), "CfDJ8"); err == nil {
		t.Error("a nil Typed opened a payload")
	}
}
