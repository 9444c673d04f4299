package ticket_test

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
)

// The ticket begins with its version and its scheme, so a scheme is all it takes
// to try lengths and texts.
func withScheme(scheme string) []byte {
	return append([]byte{5, 0, 0, 0}, scheme...)
}

const noIdentity = "\x00\x00\x00\x00" + "\x01\x00\x00\x00\x00\x00\x00\x00"

func TestLengths(t *testing.T) {
	for _, c := range []struct {
		prefix string
		length int
	}{
		{"00", 0},
		{"01", 1},
		{"7F", 127},
		{"8001", 128},
		{"FF01", 255},
		{"8002", 256},
		{"FF7F", 16383},
		{"808001", 16384},
		{"FFFF7F", 2097151},
		{"C801", 200},
		{"8000", 0},
		{"8180808000", 1},
	} {
		t.Run("AAD-3 "+c.prefix, func(t *testing.T) {
			prefix, _ := hex.DecodeString(c.prefix)
			got := read(t, withScheme(string(prefix)+strings.Repeat("x", c.length)+noIdentity))
			if len(got.Scheme) != c.length {
				t.Errorf("read %d characters, want %d", len(got.Scheme), c.length)
			}
		})
	}
	for _, prefix := range []string{"80808001", "FFFFFF7F", "8080808001", "FFFFFFFF07"} {
		t.Run("AAD-3 too long to be there "+prefix, func(t *testing.T) {
			data, _ := hex.DecodeString(prefix)
			refuses(t, withScheme(string(data)+noIdentity))
		})
	}
	for _, n := range []int{0, 1, 127, 128, 200, 255, 256, 16383, 16384, 2097151, 2097152} {
		t.Run(fmt.Sprintf("AAD-4 %d", n), func(t *testing.T) {
			data, err := (&ticket.Ticket{Scheme: strings.Repeat("x", n)}).MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if got := read(t, data); len(got.Scheme) != n {
				t.Errorf("read back %d characters, want %d", len(got.Scheme), n)
			}
			want := binary.AppendUvarint(nil, uint64(n))
			if got := data[4 : 4+len(want)]; string(got) != string(want) {
				t.Errorf("length written as % x, want % x", got, want)
			}
		})
	}
	for name, prefix := range map[string]string{
		"AAD-5 nothing": "", "AAD-5 80 alone": "80", "AAD-5 six bytes": "808080808001", "AAD-8 longer than the data": "0A414243", "AAD-8 prefix cut": "8080",
		"negative": "FFFFFFFF0F", "beyond 32 bits": "FFFFFFFF7F",
	} {
		t.Run(name, func(t *testing.T) {
			data, _ := hex.DecodeString(prefix)
			refuses(t, withScheme(string(data)))
		})
	}
	t.Run("AAD-6 stops behind the value", func(t *testing.T) {
		if got := read(t, withScheme("\x7f"+strings.Repeat("\xc3\xbf", 63)+"x"+noIdentity)); got.Scheme != strings.Repeat("ÿ", 63)+"x" {
			t.Errorf("read %q", got.Scheme)
		}
	})
	for _, s := range []string{"", "A", "Hello", "Hello, World!", "áéíóú", "äöü", strings.Repeat("a", 200)} {
		for _, row := range []string{"AAD-7", "AAD-9", "AAD-10"} {
			t.Run(row+" "+s, func(t *testing.T) {
				data, err := (&ticket.Ticket{Scheme: s}).MarshalBinary()
				if err != nil {
					t.Fatal(err)
				}
				size := map[string]int{"": 1, "A": 2, "Hello": 6, "Hello, World!": 14, "áéíóú": 11, "äöü": 7}[s]
				if size == 0 {
					size = 202
				}
				if got := len(data) - len(withScheme(noIdentity)); got != size {
					t.Errorf("takes %d bytes, want %d", got, size)
				}
				if got := read(t, data); got.Scheme != s {
					t.Errorf("read back %q", got.Scheme)
				}
			})
		}
	}
}

func refuses(t *testing.T, data []byte) {
	t.Helper()
	got := ticket.Ticket{Scheme: "before"}
	if err := got.UnmarshalBinary(data); !errors.Is(err, ticket.ErrMalformed) {
		t.Errorf("% x: got %v, want ErrMalformed", data[:min(len(data), 40)], err)
	}
	if !reflect.DeepEqual(got, ticket.Ticket{Scheme: "before"}) {
		t.Error("the ticket was changed by an error")
	}
	var buffer ticket.Buffer
	if err := buffer.UnmarshalBinary(data); !errors.Is(err, ticket.ErrMalformed) || buffer.Principal != nil {
		t.Errorf("% x: into a buffer: got %v, want ErrMalformed", data[:min(len(data), 40)], err)
	}
}

func TestCutAnywhere(t *testing.T) {
	for name, whole := range examples(t) {
		for n := range whole {
			var got ticket.Ticket
			if err := got.UnmarshalBinary(whole[:n]); !errors.Is(err, ticket.ErrMalformed) {
				t.Errorf("%s cut after %d bytes: got %v, want ErrMalformed", name, n, err)
			}
		}
	}
}

func TestReadRules(t *testing.T) {
	a := examples(t)["A sign-in"]
	replace := func(offset int, bytes string) []byte { return append(append([]byte{}, a[:offset]...), bytes...) }

	t.Run("another version", func(t *testing.T) {
		for _, v := range []byte{0, 3, 4, 6} {
			refuses(t, append([]byte{v}, a[1:]...))
		}
	})
	t.Run("negative counts", func(t *testing.T) {
		for _, offset := range []int{0x0C, 0x1C, 0x2E, 0x12C} {
			refuses(t, append(replace(offset, "\xff\xff\xff\xff"), a[offset+4:]...))
		}
	})
	t.Run("counts larger than the data", func(t *testing.T) {
		for _, offset := range []int{0x0C, 0x1C, 0x2E, 0x12C} {
			refuses(t, append(replace(offset, "\xff\xff\xff\x7f"), a[offset+4:]...))
		}
	})
	t.Run("properties of another version are empty", func(t *testing.T) {
		got := read(t, append(replace(0x128, "\x02"), a[0x129:]...))
		if got.Properties.Len() != 0 || got.Principal.Name() != "alice" {
			t.Errorf("got %d properties, name %q", got.Properties.Len(), got.Principal.Name())
		}
	})
	t.Run("bytes after the ticket are ignored", func(t *testing.T) {
		writes(t, read(t, append(append([]byte{}, a...), "more"...)), a)
	})
	t.Run("any byte but zero is true", func(t *testing.T) {
		c := examples(t)["C name type, bootstrap, actor, two identities"]
		changed := append([]byte{}, c...)
		changed[0x9B], changed[0xA0] = 0x80, 0xFF
		writes(t, read(t, changed), c)
	})
	t.Run("empty fields get their defaults", func(t *testing.T) {
		got := read(t, []byte("\x05\x00\x00\x00\x00\x01\x00\x00\x00"+"\x01t\x00\x00"+"\x01\x00\x00\x00"+"\x00\x00\x00\x00\x00\x00\x00\x00\x00"+"\x00\x00"+"\x01\x00\x00\x00\x00\x00\x00\x00"))
		i := got.Principal.Identities()[0]
		if c := i.Claims[0]; i.NameClaimType != claims.TypeName || i.RoleClaimType != claims.TypeRole || c.ValueType != claims.DefaultValueType || c.Issuer != "LOCAL AUTHORITY" || c.OriginalIssuer != "LOCAL AUTHORITY" {
			t.Errorf("got %q %q %+v", i.NameClaimType, i.RoleClaimType, c)
		}
	})
	t.Run("a default may have a longer length than it needs", func(t *testing.T) {
		const long = "\x81\x80\x00\x00"
		got := read(t, []byte("\x05\x00\x00\x00\x00\x01\x00\x00\x00"+"\x01t"+long+long+"\x01\x00\x00\x00"+long+"\x01v"+long+long+long+"\x00\x00\x00\x00"+"\x00\x00"+"\x01\x00\x00\x00\x00\x00\x00\x00"))
		i, want := got.Principal.Identities()[0], claims.Name("v").Normalized()
		if i.NameClaimType != claims.TypeName || i.RoleClaimType != claims.TypeRole || !reflect.DeepEqual(i.Claims, []claims.Claim{want}) {
			t.Errorf("got %q %q %+v", i.NameClaimType, i.RoleClaimType, i.Claims)
		}
	})
	for _, n := range []int{2, 40} {
		t.Run(fmt.Sprintf("a property twice among %d", n), func(t *testing.T) {
			var properties strings.Builder
			for k := range n - 1 {
				fmt.Fprintf(&properties, "\x02%02d\x00", k)
			}
			properties.WriteString("\x0200\x01x")
			refuses(t, []byte("\x05\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00"+string(rune(n))+"\x00\x00\x00"+properties.String()))
		})
	}
	t.Run("actors nested too deeply", func(t *testing.T) {
		nested := func(n int) []byte {
			i := &claims.Identity{AuthenticationType: "last"}
			for range n {
				i = &claims.Identity{Actor: i}
			}
			data, err := one(*i).MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			return data
		}
		deepest := nested(16)
		read(t, deepest)
		// One more around it: everything up to the flag of the actor stands again.
		refuses(t, append(append(deepest[:9:9], "\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00\x01"...), deepest[9:]...))
	})
}

func TestInvalidUTF8(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"a lone continuation", "a\x80b", "a\uFFFDb"},
		{"each byte that begins nothing", "\xff\xfe", "\uFFFD\uFFFD"},
		{"a character cut short is one", "\xe2\x82", "\uFFFD"},
		{"cut short in the middle", "\xe2\x82x", "\uFFFDx"},
		{"four bytes cut after three", "\xf0\x9f\x94|", "\uFFFD|"},
		{"overlong", "\xc0\xaf", "\uFFFD\uFFFD"},
		{"a surrogate", "\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
		{"beyond the last character", "\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
		{"U+FFFD itself", "\uFFFD", "\uFFFD"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := read(t, withScheme(string(rune(len(c.raw)))+c.raw+noIdentity))
			if got.Scheme != c.want {
				t.Errorf("read % x as %q, want %q", c.raw, got.Scheme, c.want)
			}
			data, err := (&ticket.Ticket{Scheme: c.raw}).MarshalBinary()
			if err != nil || read(t, data).Scheme != c.want {
				t.Errorf("written % x, %v, want %q", data, err, c.want)
			}
		})
	}
}

func FuzzTicket(f *testing.F) {
	for _, data := range examples(f) {
		f.Add(data)
	}
	for _, s := range spelled() {
		f.Add([]byte(s.data))
	}
	for _, text := range []string{"José", "田中", "ɐⱯ", "Zo\xeb", strings.Repeat("x", 127), strings.Repeat("x", 128), strings.Repeat("é", 0x2000)} {
		t := &ticket.Ticket{Scheme: text, Principal: claims.New(text, claims.Name(text), claims.Claim{Type: text, Value: text}).Authenticated("Cookies")}
		t.Properties.Set(text, text)
		data, err := t.MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var first, second ticket.Ticket
		var buffer ticket.Buffer
		err := first.UnmarshalBinary(data)
		if inBuffer := buffer.UnmarshalBinary(data); (inBuffer == nil) != (err == nil) {
			t.Fatalf("into a buffer: %v, but elsewhere %v", inBuffer, err)
		}
		if err != nil {
			if !errors.Is(err, ticket.ErrMalformed) {
				t.Fatalf("got %v", err)
			}
			return
		}
		isSame(t, &buffer.Ticket, &first)
		written, err := first.MarshalBinary()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if err := second.UnmarshalBinary(written); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if again, err := second.MarshalBinary(); err != nil || string(again) != string(written) {
			t.Fatalf("written as % x, then as % x, %v", written, again, err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	data := examples(b)["A sign-in"]
	b.ReportAllocs()
	for b.Loop() {
		var t ticket.Ticket
		if err := t.UnmarshalBinary(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	var t ticket.Ticket
	if err := t.UnmarshalBinary(examples(b)["A sign-in"]); err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := t.AppendBinary(buf); err != nil {
			b.Fatal(err)
		}
	}
}
