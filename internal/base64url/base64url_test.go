package base64url_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/sealring/sealring/internal/base64url"
)

var (
	standard = base64.RawURLEncoding
	strict   = base64.RawURLEncoding.Strict()
)

func TestSameAsStandardLibrary(t *testing.T) {
	for n := range 50 {
		src := make([]byte, n)
		rand.Read(src)
		text := standard.EncodeToString(src)
		if got := base64url.AppendEncode([]byte("front"), src); string(got) != "front"+text {
			t.Fatalf("AppendEncode(%x) = %q, want front%s", src, got, text)
		}
		got, err := base64url.AppendDecode([]byte("front"), text)
		if err != nil || !bytes.Equal(got, slices.Concat([]byte("front"), src)) {
			t.Fatalf("AppendDecode(%q) = %x, %v; want %x", text, got, err, src)
		}
		checkEveryCharacter(t, text)
	}
}

// checkEveryCharacter puts every byte into every place.
func checkEveryCharacter(t *testing.T, text string) {
	t.Helper()
	for i := range text {
		for c := range 256 {
			changed := []byte(text)
			changed[i] = byte(c)
			sameDecoding(t, string(changed))
		}
	}
}

// sameDecoding compares with encoding/base64, which skips line breaks.
func sameDecoding(t *testing.T, text string) {
	t.Helper()
	want, err := strict.DecodeString(text)
	bad := err != nil || strings.ContainsAny(text, "\r\n")
	got, err := base64url.AppendDecode(nil, text)
	switch {
	case bad && (err != base64url.ErrCorrupt || got != nil):
		t.Fatalf("AppendDecode(%q) = %x, %v; want ErrCorrupt", text, got, err)
	case !bad && (err != nil || !bytes.Equal(got, want)):
		t.Fatalf("AppendDecode(%q) = %x, %v; want %x", text, got, err, want)
	}
}

// TestKnownTexts has what the reference's own tests have.
func TestKnownTexts(t *testing.T) {
	for n := range 256 {
		src := bytes.Repeat([]byte{byte(n)}, n)
		if got, err := base64url.AppendDecode(nil, string(base64url.AppendEncode(nil, src))); err != nil || !bytes.Equal(got, src) {
			t.Errorf("SDF-3: %d bytes come back as %x, %v", n, got, err)
		}
	}
	for _, text := range []string{"x", "(x)"} {
		if got, err := base64url.AppendDecode(nil, text); err == nil {
			t.Errorf("OTH-3: %q is read as %x", text, got)
		}
	}
	for text, src := range map[string]string{"": "", "AQIDBA": "\x01\x02\x03\x04", "-_8": "\xfb\xff", "SGVsbG8": "Hello"} {
		back, err := base64url.AppendDecode(nil, text)
		if got := string(base64url.AppendEncode(nil, []byte(src))); got != text || string(back) != src || err != nil {
			t.Errorf("OTH-4: %x is written %q, want %q, and read as %x, %v", src, got, text, back, err)
		}
	}
}

func TestNothingIsMovedOrOverwritten(t *testing.T) {
	src := make([]byte, 100)
	room := bytes.Repeat([]byte{'.'}, 200)
	text := base64url.AppendEncode(room[:0], src)
	if &text[0] != &room[0] || room[len(text)] != '.' {
		t.Error("AppendEncode left its room")
	}
	kept := string(text)
	room = bytes.Repeat([]byte{'.'}, 200)
	back, err := base64url.AppendDecode(room[:0], kept)
	if err != nil || &back[0] != &room[0] || len(back) != 100 || room[100] != '.' {
		t.Errorf("AppendDecode left its room, %v", err)
	}
}

func TestAllocations(t *testing.T) {
	src, room := make([]byte, 300), make([]byte, 0, 400)
	text := standard.EncodeToString(src)
	if n := testing.AllocsPerRun(100, func() {
		base64url.AppendEncode(room, src)
		base64url.AppendDecode(room, text)
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range []string{"", "A", "AA", "AB", "AAA", "AAAA", "AAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAA-_\n", "AA==", "AAAAAAAAAAA=", "AAAA/AAAAAAA", "é"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sameDecoding(t, text)
		src := []byte(text)
		if got := base64url.AppendEncode(nil, src); string(got) != standard.EncodeToString(src) {
			t.Errorf("AppendEncode(%x) = %q", src, got)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	src, room := make([]byte, 356), make([]byte, 0, 500)
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			base64url.AppendEncode(room, src)
		}
	})
	b.Run("standard", func(b *testing.B) {
		for b.Loop() {
			standard.AppendEncode(room, src)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	text, room := standard.EncodeToString(make([]byte, 356)), make([]byte, 0, 400)
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			base64url.AppendDecode(room, text)
		}
	})
	b.Run("standard", func(b *testing.B) {
		for b.Loop() {
			strict.AppendDecode(room, []byte(text))
		}
	})
}
