package gorilla_test

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"

	"github.com/sealring/sealring/cookieauth/gorilla"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/bubbletest"
)

// The values in testdata were made at the moment at which a bubble begins.
var fixtures = []struct {
	name   string
	legacy *securecookie.SecureCookie
	want   any
	dst    func() any
}{
	{"signed-gob", securecookie.New(hashKey, nil), map[any]any{"user": "42", "n": 7}, func() any { return new(map[any]any) }},
	{"encrypted-gob", securecookie.New(hashKey, blockKey), map[any]any{"user": "42", "n": 7}, func() any { return new(map[any]any) }},
	{"encrypted-gob-aes128", securecookie.New(hashKey, blockKey[:16]), map[any]any{"user": "42", "n": 7}, func() any { return new(map[any]any) }},
	{"encrypted-json", securecookie.New(hashKey, blockKey).SetSerializer(securecookie.JSONEncoder{}), map[string]string{"user": "42"}, func() any { return new(map[string]string) }},
	{"encrypted-nop", securecookie.New(hashKey, blockKey).SetSerializer(securecookie.NopEncoder{}), []byte("\x00\xffbytes"), func() any { return new([]byte) }},
	{"sha512-gob", securecookie.New(hashKey, blockKey).HashFunc(sha512.New), "42", func() any { return new(string) }},
}

func TestLegacyFixtures(t *testing.T) {
	values := readFixtures(t)
	for _, tt := range fixtures {
		t.Run(tt.name, func(t *testing.T) {
			bubbletest.Run(t, func(t *testing.T) {
				text := values[tt.name]
				opened := 0
				codec := newCodec(t, gorilla.Config{
					Legacy:      []securecookie.Codec{securecookie.New([]byte("another key"), nil), tt.legacy},
					AcceptUntil: time.Now().Add(365 * 24 * time.Hour),
					OnLegacy:    func(name string) { opened++ },
				})
				dst := tt.dst()
				if err := codec.Decode("session", text, dst); err != nil {
					t.Fatal(err)
				}
				if got := reflect.ValueOf(dst).Elem().Interface(); !reflect.DeepEqual(got, tt.want) {
					t.Errorf("decoded %v, want %v", got, tt.want)
				}
				if opened != 1 || !codec.WantsReissue("session", text) {
					t.Errorf("OnLegacy was called %d times, WantsReissue = %v; want 1, true", opened, codec.WantsReissue("session", text))
				}
				refusedAs(t, codec, "sessions", text, tt.dst())
				for i := range text {
					flipped := []byte(text)
					flipped[i] ^= 1
					if !sameBytes(string(flipped), text) {
						refusedAs(t, codec, "session", string(flipped), tt.dst())
					}
					refusedAs(t, codec, "session", text[:i], tt.dst())
				}
				time.Sleep(30 * 24 * time.Hour) // gorilla's default
				if err := codec.Decode("session", text, tt.dst()); err != nil {
					t.Errorf("in its last second: %v", err)
				}
				time.Sleep(time.Second)
				refusedAs(t, codec, "session", text, tt.dst())
			})
		})
	}
}

func TestLegacyEndsAtItsDate(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		old := securecookie.New(hashKey, blockKey)
		text := encode(t, old, "session", "42")
		codec := newCodec(t, gorilla.Config{Legacy: []securecookie.Codec{old}, AcceptUntil: time.Now().Add(time.Hour)})
		time.Sleep(time.Hour)
		accepted(t, codec, "session", text, "42")
		time.Sleep(time.Nanosecond)
		refused(t, codec, "session", text)
		if codec.WantsReissue("session", text) {
			t.Error("a value that is no longer accepted wants to be made again")
		}
		accepted(t, old, "session", text, "42") // it is the date that has ended it
	})
}

func TestReissueIsSealedByTheRing(t *testing.T) {
	ring := dataprotection.Ephemeral("test")
	old := securecookie.New(hashKey, blockKey)
	moving := newCodec(t, gorilla.Config{KeyRing: ring, Legacy: []securecookie.Codec{old}, AcceptUntil: time.Now().Add(time.Hour)})
	accepted(t, moving, "session", encode(t, old, "session", "42"), "42")

	text := encode(t, moving, "session", "42")
	accepted(t, newCodec(t, gorilla.Config{KeyRing: ring}), "session", text, "42")
	refusedByGorilla := old.Decode("session", text, new(string))
	if refusedByGorilla == nil || moving.WantsReissue("session", text) {
		t.Errorf("gorilla says %v, WantsReissue = %v; want a value of the ring", refusedByGorilla, moving.WantsReissue("session", text))
	}
}

// The limits of a legacy codec are its own.
func TestLegacyLimits(t *testing.T) {
	large, value := securecookie.New(hashKey, nil).MaxLength(0), strings.Repeat("x", 9000)
	text := encode(t, large, "session", value)
	until := time.Now().Add(time.Hour)
	accepted(t, newCodec(t, gorilla.Config{Legacy: []securecookie.Codec{large}, AcceptUntil: until}), "session", text, value)
	refused(t, newCodec(t, gorilla.Config{Legacy: securecookie.CodecsFromPairs(hashKey), AcceptUntil: until}), "session", text)

	brief := securecookie.New(hashKey, nil).MaxAge(60)
	bubbletest.Run(t, func(t *testing.T) {
		codec := newCodec(t, gorilla.Config{Legacy: []securecookie.Codec{brief}, AcceptUntil: time.Now().Add(time.Hour)})
		text := encode(t, brief, "session", "42")
		time.Sleep(time.Minute)
		accepted(t, codec, "session", text, "42")
		time.Sleep(time.Second)
		refused(t, codec, "session", text)
	})
}

func TestLegacyErrors(t *testing.T) {
	down := newCodec(t, gorilla.Config{KeyRing: new(dataprotection.KeyRing)})
	ringValue := encode(t, newCodec(t, gorilla.Config{}), "session", "42")
	gorillaValue := encode(t, securecookie.New(hashKey, nil), "session", "42")
	good, foreign, keyless := securecookie.New(hashKey, nil), securecookie.New(blockKey, nil), securecookie.New(nil, nil)
	tests := []struct {
		name   string
		legacy []securecookie.Codec
		text   string
		want   string // the error's kind
	}{
		{"all refuse", []securecookie.Codec{foreign, foreign}, gorillaValue, "decode"},
		{"no key, the next accepts", []securecookie.Codec{keyless, good}, gorillaValue, "none"},
		{"no key, the next refuses", []securecookie.Codec{keyless, foreign}, gorillaValue, "usage"},
		{"refuses, the next has no key", []securecookie.Codec{foreign, keyless}, gorillaValue, "usage"},
		{"a ring of before that is down", []securecookie.Codec{foreign, down}, ringValue, "internal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			codec := newCodec(t, gorilla.Config{Legacy: tt.legacy, AcceptUntil: time.Now().Add(time.Hour)})
			err := codec.Decode("session", tt.text, new(string))
			if kinds(err) != tt.want || errors.Is(err, dataprotection.ErrInvalidPayload) != (tt.want == "decode") {
				t.Errorf("Decode = %v, of kind %q; want %q", err, kinds(err), tt.want)
			}
			if err != nil && strings.Contains(err.Error(), tt.text[:20]) {
				t.Errorf("the error holds the value: %v", err)
			}
		})
	}
}

// A value of the ring that has expired is still said to be just that.
func TestExpiredWithLegacy(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		codec := newCodec(t, gorilla.Config{
			MaxAge: time.Minute, Legacy: securecookie.CodecsFromPairs(hashKey), AcceptUntil: time.Now().Add(time.Hour),
		})
		text := encode(t, codec, "session", "42")
		time.Sleep(2 * time.Minute)
		if err := refused(t, codec, "session", text); !errors.Is(err, dataprotection.ErrExpired) {
			t.Errorf("%v, want ErrExpired", err)
		}
	})
}

func refusedAs(t *testing.T, codec securecookie.Codec, name, text string, dst any) {
	t.Helper()
	if err := codec.Decode(name, text, dst); kinds(err) != "decode" {
		t.Errorf("Decode(%q, %q) = %v, of kind %q; want a decode error", name, text, err, kinds(err))
	}
}

// sameBytes reports whether two values of gorilla hold the same bytes: its
// base64 is lenient, so that several texts stand for one value.
func sameBytes(a, b string) bool {
	x, errX := base64.URLEncoding.DecodeString(a)
	y, errY := base64.URLEncoding.DecodeString(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// readFixtures returns the values in testdata by their names.
func readFixtures(t testing.TB) map[string]string {
	t.Helper()
	data, err := os.ReadFile("testdata/securecookie-1.1.2.txt")
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if name, text, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name != "#" {
			values[name] = text
		}
	}
	return values
}
