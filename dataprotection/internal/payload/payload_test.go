package payload_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/payload"
)

func TestHeader(t *testing.T) {
	for _, tt := range []struct{ name, id, wire string }{
		{"guid-bytes 1", "00112233-4455-6677-8899-aabbccddeeff", "33221100554477668899aabbccddeeff"},
		{"guid-bytes 2, payload-sample-header", "0c819c80-6619-4019-9536-53f8aaffee57", "809c810c19661940953653f8aaffee57"},
		{"guid-bytes 3", "9c15d488-4417-49ab-ae39-ed2f36a9ebe3", "88d4159c1744ab49ae39ed2f36a9ebe3"},
		{"guid-bytes 4", "ba73c9ce-d322-4e45-af90-341307e11c38", "cec973ba22d3454eaf90341307e11c38"},
		{"magic-header", "00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id := keyID(t, tt.id)
			got := payload.AppendHeader([]byte("front"), id)
			if want := "front" + unhex(t, "09f0c9f0"+tt.wire); string(got) != want {
				t.Errorf("AppendHeader: got %x, want %x", got, want)
			}
			parsed, body, err := payload.ParseHeader(append(got[len("front"):], "body"...))
			if err != nil || parsed != id || string(body) != "body" {
				t.Errorf("ParseHeader: got %x, %q, %v, want %x, \"body\"", parsed, body, err, id)
			}
		})
	}
}

func TestParseHeaderRefuses(t *testing.T) {
	good := unhex(t, "09f0c9f0809c810c19661940953653f8aaffee57")
	for _, tt := range []struct {
		name, in string
		want     error
	}{
		{"nothing", "", payload.ErrTooShort},
		{"a magic without an id", good[:4], payload.ErrTooShort},
		{"19 bytes", good[:19], payload.ErrTooShort},
		{"19 bytes of something else", strings.Repeat("x", 19), payload.ErrTooShort},
		{"first bit", "\x89" + good[1:], payload.ErrMagic},
		{"last bit of the magic", good[:3] + "\xe0" + good[4:], payload.ErrMagic},
		{"another magic with a version", good[:3] + "\xe1" + good[4:], payload.ErrMagic},
		{"version 1", good[:3] + "\xf1" + good[4:], payload.ErrVersion},
		{"version 15", good[:3] + "\xff" + good[4:], payload.ErrVersion},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id, body, err := payload.ParseHeader([]byte(tt.in))
			if !errors.Is(err, tt.want) || id != [16]byte{} || body != nil {
				t.Errorf("ParseHeader(%x): got %x, %x, %v, want %v and zero values", tt.in, id, body, err, tt.want)
			}
		})
	}
	if _, body, err := payload.ParseHeader([]byte(good)); err != nil || len(body) != 0 {
		t.Errorf("ParseHeader(%x): got %x, %v, want an empty body", good, body, err)
	}
}

func TestAAD(t *testing.T) {
	t.Run("AAD-1 five purposes, empty key id", func(t *testing.T) {
		purposes := []string{
			"my sample string", "©®±µ¶", "my other sample string",
			"CfDJ8H5oH_fp1QNBmvs-OWXxsVoV30hrXeI4-PI4p1VZytjsgd0DTstMdtTZbFtm2dKHvsBlDCv7TiEWKztZf8fb48pUgBgUE2SeYV3eOUXvSfNWU0D8SmHLy5KEnwKKkZKqudDhCnjQSIU7mhDliJJN1e4",
			".",
		}
		const want = "CfDJ8AAAAAAAAAAAAAAAAAAAAAAAAAAFEG15IHNhbXBsZSBzdHJpbmcKwqnCrsKxwrXCthZteSBvdGhlciBzYW1wbGUgc3RyaW5nmwFDZkRKOEg1b0hfZnAxUU5CbXZzLU9XWHhzVm9WMzBoclhlSTQtUEk0cDFWWnl0anNnZDBEVHN0TWR0VFpiRnRtMmRLSHZzQmxEQ3Y3VGlFV0t6dFpmOGZiNDhwVWdCZ1VFMlNlWVYzZU9VWHZTZk5XVTBEOFNtSEx5NUtFbndLS2taS3F1ZERoQ25qUVNJVTdtaERsaUpKTjFlNAEu"
		aad := payload.AAD([16]byte{}, payload.AppendPurposes(nil, purposes))
		if got := base64.StdEncoding.EncodeToString(aad); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	t.Run("the id is in wire order", func(t *testing.T) {
		aad := payload.AAD(keyID(t, "00112233-4455-6677-8899-aabbccddeeff"), payload.AppendPurposes(nil, []string{"MyApp", "Purpose.v1"}))
		const want = "09f0c9f033221100554477668899aabbccddeeff00000002054d794170700a507572706f73652e7631"
		if got := hex.EncodeToString(aad); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestAppendPurposes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		chains [][]string // one call each
		want   string
	}{
		{"none", [][]string{{}}, "00000000"},
		{"none twice", [][]string{{}, {}}, "00000000"},
		{"the empty purpose counts", [][]string{{""}}, "0000000100"},
		{"two", [][]string{{"a", "bc"}}, "000000020161026263"},
		{"two in two steps", [][]string{{"a"}, {"bc"}}, "000000020161026263"},
		{"a step of none between", [][]string{{"a"}, {}, {"bc"}}, "000000020161026263"},
		{"not the same as one", [][]string{{"abc"}}, "0000000103616263"},
		{"bytes count, not letters", [][]string{{"é"}}, "0000000102c3a9"},
		{"not looked at", [][]string{{"\xff"}}, "0000000101ff"},
		{"127 bytes", [][]string{{strings.Repeat("a", 127)}}, "000000017f" + strings.Repeat("61", 127)},
		{"128 bytes", [][]string{{strings.Repeat("a", 128)}}, "000000018001" + strings.Repeat("61", 128)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var list []byte
			for _, purposes := range tt.chains {
				list = payload.AppendPurposes(list, purposes)
			}
			if got := hex.EncodeToString(list); got != tt.want {
				t.Errorf("%q: got %s, want %s", tt.chains, got, tt.want)
			}
		})
	}
}

// Children of one parent must not write into each other's list, nor into the parent's.
func TestAppendPurposesLeavesTheParentAlone(t *testing.T) {
	parent := payload.AppendPurposes(nil, []string{"parent"})
	roomy := append(make([]byte, 0, 100), parent...)
	first := payload.AppendPurposes(roomy, []string{"first"})
	second := payload.AppendPurposes(roomy, []string{"2"})
	same := payload.AppendPurposes(roomy, nil)
	same[0] = 0xff
	if !bytes.Equal(roomy, parent) {
		t.Errorf("parent: got %x, want %x", roomy, parent)
	}
	if want := payload.AppendPurposes(nil, []string{"parent", "first"}); !bytes.Equal(first, want) {
		t.Errorf("first child: got %x, want %x", first, want)
	}
	if want := payload.AppendPurposes(nil, []string{"parent", "2"}); !bytes.Equal(second, want) {
		t.Errorf("second child: got %x, want %x", second, want)
	}
}

func TestAppendLength(t *testing.T) {
	for _, tt := range []struct {
		n    int
		want string
	}{
		{0, "00"},
		{1, "01"},
		{127, "7f"},
		{128, "8001"},
		{255, "ff01"},
		{16383, "ff7f"},
		{16384, "808001"},
		{2097151, "ffff7f"},
		{2097152, "80808001"},
		{268435455, "ffffff7f"},
		{268435456, "8080808001"},
		{2147483647, "ffffffff07"},
	} {
		t.Run("AAD-2 seven-bit-lengths "+tt.want, func(t *testing.T) {
			if got := hex.EncodeToString(payload.AppendLength(nil, tt.n)); got != tt.want {
				t.Errorf("%d: got %s, want %s", tt.n, got, tt.want)
			}
		})
	}
}

func BenchmarkAAD(b *testing.B) {
	list := payload.AppendPurposes(nil, []string{"application", "Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationMiddleware", "Cookies", "v2"})
	b.ReportAllocs()
	for b.Loop() {
		payload.AAD([16]byte{}, list)
	}
}

func BenchmarkAppendPurposes(b *testing.B) {
	parent := payload.AppendPurposes(nil, []string{"application", "Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationMiddleware"})
	purposes := []string{"Cookies", "v2"}
	b.ReportAllocs()
	for b.Loop() {
		payload.AppendPurposes(parent, purposes)
	}
}

func unhex(t *testing.T, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// keyID reads the text form of a key id.
func keyID(t *testing.T, s string) [16]byte {
	t.Helper()
	return [16]byte([]byte(unhex(t, strings.ReplaceAll(s, "-", ""))))
}
