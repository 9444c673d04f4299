package gorilla_test

import (
	"bytes"
	"crypto/sha512"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"

	"github.com/sealring/sealring/cookieauth/gorilla"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/internal/bubbletest"
)

func TestRoundTrip(t *testing.T) {
	type basket struct{ Items []string }
	tests := []struct {
		name       string
		serializer securecookie.Serializer
		value      any
		dst        any // a pointer to a zero value of the same type
	}{
		{"default", nil, map[any]any{"user": "42", 7: true}, new(map[any]any)},
		{"gob", securecookie.GobEncoder{}, basket{[]string{"tea"}}, new(basket)},
		{"json", securecookie.JSONEncoder{}, basket{[]string{"tea"}}, new(basket)},
		{"nop", securecookie.NopEncoder{}, []byte("\x00\xff"), new([]byte)},
		{"nop, empty", securecookie.NopEncoder{}, []byte{}, new([]byte)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			codec := newCodec(t, gorilla.Config{Serializer: tt.serializer})
			text := encode(t, codec, "session", tt.value)
			if err := codec.Decode("session", text, tt.dst); err != nil {
				t.Fatal(err)
			}
			if got := reflect.ValueOf(tt.dst).Elem().Interface(); !reflect.DeepEqual(got, tt.value) {
				t.Errorf("decoded %v, want %v", got, tt.value)
			}
			if codec.WantsReissue("session", text) {
				t.Error("a fresh value wants to be made again")
			}
		})
	}
}

// What a cookie may hold (RFC 6265, 4.1.1) includes all of base64url.
func TestValueIsBase64URL(t *testing.T) {
	text := encode(t, newCodec(t, gorilla.Config{}), "session", strings.Repeat("x", 999))
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	if strings.Trim(text, alphabet) != "" {
		t.Errorf("%q is not base64url without padding", text)
	}
}

func TestDamagedValues(t *testing.T) {
	codec := newCodec(t, gorilla.Config{})
	text := encode(t, codec, "session", "42")
	accepted(t, codec, "session", text, "42")
	for i := range text {
		flipped := []byte(text)
		flipped[i] ^= 1 // not always base64, which is as well
		refused(t, codec, "session", string(flipped))
		refused(t, codec, "session", text[:i])
		refused(t, codec, "session", text[i+1:])
	}
	for _, tt := range []struct{ name, cookie, text string }{
		{"other cookie", "sessions", text},
		{"name of another case", "Session", text},
		{"empty name", "", text},
		{"longer", "session", text + "A"},
		{"padded", "session", text + "="},
		{"line break", "session", text[:4] + "\n" + text[4:]},
		{"space", "session", text + " "},
		{"quoted", "session", `"` + text + `"`},
		{"twice", "session", text + text},
		{"no base64", "session", "!!!!"},
		{"made by gorilla", "session", encode(t, securecookie.New(hashKey, blockKey), "session", "42")},
	} {
		t.Run(tt.name, func(t *testing.T) { refused(t, codec, tt.cookie, tt.text) })
	}
}

func TestForeignValues(t *testing.T) {
	fleet := newFleet()
	ring := fleet.ring(t)
	codec := newCodec(t, gorilla.Config{KeyRing: ring})
	text := encode(t, codec, "session", "42")
	accepted(t, newCodec(t, gorilla.Config{KeyRing: fleet.ring(t)}), "session", text, "42")

	other := dataprotectiontest.Open(t, dataprotection.Config{Store: fleet, Application: "other"})
	refused(t, newCodec(t, gorilla.Config{KeyRing: other}), "session", text)
	err := refused(t, newCodec(t, gorilla.Config{KeyRing: dataprotectiontest.NewKeyRing(t)}), "session", text)
	var unknown *dataprotection.KeyNotFoundError
	if !errors.As(err, &unknown) {
		t.Errorf("%v, want a *KeyNotFoundError for the log", err)
	}

	// Other uses of the same ring, the nearest ones there are.
	p := ring.Protector("github.com/sealring/sealring/cookieauth/gorilla", "v1", "session")
	plain, err := p.ProtectString("\x00\x00\x00\x00\x7f\x00\x00\x0042")
	if err != nil {
		t.Fatal(err)
	}
	refused(t, codec, "session", plain)
	short, err := p.TimeLimited().ProtectString("1234567", time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	refused(t, codec, "session", short)
}

func TestSealedValueOfAnotherType(t *testing.T) {
	codec := newCodec(t, gorilla.Config{})
	refused(t, codec, "session", encode(t, codec, "session", 42))
}

func TestMaxAge(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		name   string
		maxAge time.Duration
		reader time.Duration // MaxAge of the codec that reads
		age    time.Duration
		want   bool
	}{
		{"default, last second", 0, 0, 30 * day, true},
		{"default, over", 0, 0, 30*day + time.Second, false},
		{"hour, last second", time.Hour, time.Hour, time.Hour, true},
		{"hour, over", time.Hour, time.Hour, time.Hour + time.Second, false},
		{"made shorter, within", 30 * day, time.Hour, time.Hour, true},
		{"made shorter, over", 30 * day, time.Hour, time.Hour + time.Second, false},
		{"made longer, within", time.Hour, 30 * day, time.Hour, true},
		{"made longer, over", time.Hour, 30 * day, time.Hour + time.Second, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubbletest.Run(t, func(t *testing.T) {
				ring := dataprotection.Ephemeral("test")
				text := encode(t, newCodec(t, gorilla.Config{KeyRing: ring, MaxAge: tt.maxAge}), "session", "42")
				time.Sleep(tt.age)
				reader := newCodec(t, gorilla.Config{KeyRing: ring, MaxAge: tt.reader})
				if tt.want {
					accepted(t, reader, "session", text, "42")
				} else if err := refused(t, reader, "session", text); !errors.Is(err, dataprotection.ErrExpired) {
					t.Errorf("%v, want ErrExpired for the log", err)
				}
			})
		})
	}
}

func TestMinAge(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		codec := newCodec(t, gorilla.Config{MinAge: 10 * time.Second})
		text := encode(t, codec, "session", "42")
		time.Sleep(9 * time.Second)
		refused(t, codec, "session", text)
		time.Sleep(time.Second)
		accepted(t, codec, "session", text, "42")
	})
}

func TestOwnClock(t *testing.T) {
	now := time.Now()
	codec := newCodec(t, gorilla.Config{Now: func() time.Time { return now }})
	text := encode(t, codec, "session", "42")
	now = now.Add(31 * 24 * time.Hour)
	refused(t, codec, "session", text)
}

func TestMaxLength(t *testing.T) {
	nop := securecookie.NopEncoder{}
	large := newCodec(t, gorilla.Config{Serializer: nop, MaxLength: 1 << 20})
	fits, value := 0, []byte(nil)
	for text := ""; len(text) <= gorilla.DefaultMaxLength; fits++ { // find the largest that fits
		value = bytes.Repeat([]byte("x"), 2800+fits)
		text = encode(t, large, "session", value)
	}
	ring := dataprotection.Ephemeral("test")
	codec := newCodec(t, gorilla.Config{KeyRing: ring, Serializer: nop})
	var got []byte
	if err := codec.Decode("session", encode(t, codec, "session", value[1:]), &got); err != nil || len(got) != len(value)-1 {
		t.Errorf("decoded %d bytes, %v; want %d", len(got), err, len(value)-1)
	}
	if text, err := codec.Encode("session", value); text != "" || kinds(err) != "usage" {
		t.Errorf("Encode of %d bytes = %.20q…, %v; want a usage error", len(value), text, err)
	}
	tooLong := encode(t, newCodec(t, gorilla.Config{KeyRing: ring, Serializer: nop, MaxLength: 1 << 20}), "session", value)
	if err := codec.Decode("session", tooLong, &got); kinds(err) != "decode" || !strings.Contains(err.Error(), "too long") {
		t.Errorf("Decode of %d bytes = %v, want a decode error that says why", len(tooLong), err)
	}
}

// A session that gorilla could keep in a cookie must not outgrow it by the move.
func TestNoLongerThanGorillaAtTheLimit(t *testing.T) {
	ours, theirs := newCodec(t, gorilla.Config{}), securecookie.New(hashKey, nil)
	value := ""
	for {
		if _, err := theirs.Encode("session", value+"x"); err != nil {
			break
		}
		value += "x"
	}
	if text := encode(t, ours, "session", value); len(text) > 4000 {
		t.Errorf("%d bytes, want room to spare under 4096", len(text))
	}
}

func TestUsageErrors(t *testing.T) {
	codec := newCodec(t, gorilla.Config{})
	var zero, none *gorilla.Codec = new(gorilla.Codec), nil
	tests := []struct {
		name   string
		codec  *gorilla.Codec
		cookie string
		value  any
		want   string // in the text
	}{
		{"not serializable", codec, "session", func() {}, "gorilla: the value cannot be serialized: "},
		{"name not UTF-8", codec, "s\xff", "42", "gorilla: dataprotection: a purpose is not valid UTF-8"},
		{"zero codec", zero, "session", "42", "gorilla: the codec was not made by New"},
		{"nil codec", none, "session", "42", "gorilla: the codec was not made by New"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, err := tt.codec.Encode(tt.cookie, tt.value)
			if text != "" || kinds(err) != "usage" || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("Encode = %q, %v; want a usage error %q", text, err, tt.want)
			}
		})
	}
	good, got := encode(t, codec, "session", "42"), ""
	for _, codec := range []*gorilla.Codec{zero, none} {
		if err := codec.Decode("session", good, &got); kinds(err) != "usage" || codec.WantsReissue("session", good) {
			t.Errorf("Decode = %v, want a usage error", err)
		}
	}
	if err := codec.Decode("s\xff", good, &got); kinds(err) != "usage" {
		t.Errorf("Decode = %v, want a usage error", err)
	}
}

func TestConfigErrorListsEverything(t *testing.T) {
	_, err := gorilla.New(gorilla.Config{MaxLength: -1, MaxAge: time.Millisecond, MinAge: -1, Legacy: []securecookie.Codec{nil}})
	for _, field := range []string{"KeyRing", "MaxLength", "MaxAge", "MinAge", "Legacy", "AcceptUntil"} {
		if err == nil || !strings.Contains(err.Error(), " "+field+": ") {
			t.Errorf("New = %v, want it to name %s", err, field)
		}
	}
}

func TestRotationAndRevocation(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		fleet := newFleet()
		ring := fleet.ring(t)
		codec := newCodec(t, gorilla.Config{KeyRing: ring})
		first := ring.Status().SealingKey
		text := encode(t, codec, "session", "42")

		time.Sleep(time.Minute)
		fleet.rotate(t)
		if ring.Status().SealingKey == first {
			t.Fatal("the ring has not rotated")
		}
		accepted(t, codec, "session", text, "42")
		if !codec.WantsReissue("session", text) {
			t.Error("a value of the key before does not want to be made again")
		}
		again := encode(t, codec, "session", "42")
		if codec.WantsReissue("session", again) {
			t.Error("a value of the new key wants to be made again")
		}

		fleet.revoke(t, first)
		poll()
		err := refused(t, codec, "session", text)
		var revoked *dataprotection.KeyRevokedError
		if !errors.As(err, &revoked) || revoked.KeyID != first {
			t.Errorf("%v, want a *KeyRevokedError for the log", err)
		}
		if codec.WantsReissue("session", text) {
			t.Error("a value of a revoked key wants to be made again")
		}
		accepted(t, codec, "session", again, "42")
	})
}

// A value that names a key this instance has not seen may be good.
func TestOutageIsNoDecodeError(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		fleet := newFleet()
		here := newCodec(t, gorilla.Config{
			KeyRing: fleet.ring(t), Legacy: securecookie.CodecsFromPairs(hashKey), AcceptUntil: time.Now().Add(time.Hour),
		})
		legacy := encode(t, securecookie.New(hashKey, nil), "session", "42")
		fleet.down.Store(true)
		there := encode(t, newCodec(t, gorilla.Config{KeyRing: dataprotectiontest.NewKeyRing(t)}), "session", "42")

		var got string
		err := here.Decode("session", there, &got)
		if kinds(err) != "internal" || !errors.Is(err, dataprotection.ErrUnavailable) || errors.Is(err, dataprotection.ErrInvalidPayload) {
			t.Errorf("Decode = %v, of kind %q; want an internal error that is ErrUnavailable", err, kinds(err))
		}
		if kinds(securecookie.DecodeMulti("session", there, &got, here)) != "internal" {
			t.Error("in a MultiError it is no internal error")
		}
		if here.WantsReissue("session", there) {
			t.Error("a value that cannot be judged wants to be made again")
		}
		accepted(t, here, "session", legacy, "42") // needs no store
		accepted(t, here, "session", encode(t, here, "session", "42"), "42")
	})
}

func TestNoKeyToSealWith(t *testing.T) {
	codec := newCodec(t, gorilla.Config{KeyRing: new(dataprotection.KeyRing)})
	text, err := codec.Encode("session", "42")
	if text != "" || kinds(err) != "internal" || !errors.Is(err, dataprotection.ErrUnavailable) {
		t.Errorf("Encode = %q, %v, of kind %q; want an internal error that is ErrUnavailable", text, err, kinds(err))
	}
}

// FuzzDecode: nothing opens but what was sealed, with or without old keys.
func FuzzDecode(f *testing.F) {
	ring := dataprotection.Ephemeral("test")
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	legacy := securecookie.New(hashKey, blockKey).HashFunc(sha512.New).MaxAge(0)
	codec := newCodec(f, gorilla.Config{
		KeyRing: ring, Legacy: []securecookie.Codec{legacy}, AcceptUntil: now.Add(time.Hour),
		Now: func() time.Time { return now },
	})
	ours := encode(f, codec, "session", "42")
	theirs := readFixtures(f)["sha512-gob"] // each process of the fuzzer must have the same
	for _, seed := range []string{ours, theirs, "", "CfDJ8", ours[:40], theirs + "=", ours + theirs} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got string
		err := codec.Decode("session", text, &got)
		if err == nil && text != ours && !sameBytes(text, theirs) || err != nil && kinds(err) != "decode" {
			t.Errorf("Decode(%q) = %q, %v", text, got, err)
		}
	})
}
