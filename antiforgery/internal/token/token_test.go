package token_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/sealring/sealring/antiforgery/internal/token"
)

const (
	security = "000102030405060708090a0b0c0d0e0f"
	uid42    = "7d073e728b85ef96e93811811e6d022f489179eed166000a9b0853fde75fe0ec"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func securityToken(t testing.TB, s string) (out [16]byte) {
	t.Helper()
	copy(out[:], unhex(t, s))
	return out
}

func byClaims(t testing.TB, uid string) token.User {
	u := token.User{ByClaims: true}
	copy(u.UID[:], unhex(t, uid))
	return u
}

func TestBytes(t *testing.T) {
	for _, c := range []struct {
		name, security, rest string
		user                 token.User
		additional           string
		isCookie             bool
	}{
		{"cookie", security, "01", token.User{}, "", true},
		{"nobody", security, "00 00 00 00", token.User{}, "", false},
		{"name", security, "00 00 08 4ac3a972c3b46d65 00", token.User{Name: "Jérôme"}, "", false},
		{"claims and data", security, "00 01" + uid42 + "03616263", byClaims(t, uid42), "abc", false},
		{"AFS-2 claims", "705EEDCC7D42F1D6B3B98A593625BB4C", "00 01" + uid42 + "05 E282AC3437", byClaims(t, uid42), "€47", false},
		{"AFS-3 name", "705EEDCC7D42F1D6B3B98A593625BB4C", "00 00 08 4AC3A972C3B46D65 05 E282AC3437", token.User{Name: "Jérôme"}, "€47", false},
		{"AFS-4 cookie", "705EEDCC7D42F1D6B3B98A593625BB4C", "01", token.User{}, "", true},
		{"long data", security, "00 00 00 80 01" + strings.Repeat("78", 128), token.User{}, strings.Repeat("x", 128), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := unhex(t, "01"+c.security+c.rest)
			in := token.Token{Security: securityToken(t, c.security), IsCookie: c.isCookie, User: c.user, Additional: c.additional}
			if got := in.Append(nil); !bytes.Equal(got, want) {
				t.Errorf("written:\n got %x\nwant %x", got, want)
			}
			out, err := token.Parse(want)
			if err != nil || out != in {
				t.Errorf("read %+v, %v, want %+v", out, err, in)
			}
			for n := range want {
				if out, err := token.Parse(want[:n]); !errors.Is(err, token.ErrMalformed) || out != (token.Token{}) {
					t.Errorf("cut to %d bytes: read %+v, %v", n, out, err)
				}
			}
			if _, err := token.Parse(append(want, 0)); !errors.Is(err, token.ErrMalformed) {
				t.Errorf("with a byte behind it: %v", err)
			}
		})
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, rest string
		ok         bool
	}{
		{"any true is true, cookie", "ff", true},
		{"any true is true, claims", "00 80" + uid42 + "00", true},
		{"length in more bytes than needed", "00 00 8000 80808000", true},
		{"length in six bytes", "00 00 808080808000 00", false},
		{"length beyond all", "00 00 ffffffff0f 00", false},
		{"length without end", "00 00 ff", false},
	} {
		_, err := token.Parse(unhex(t, "01"+security+c.rest))
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for name, data := range map[string]string{
		"AFS-1 cut short":                   "01" + "00112233445566778899",
		"AFS-1 a byte behind a cookie":      "01" + security + "01" + "00",
		"AFS-1 version 2":                   "02" + security + "01",
		"AFS-1 name longer than what there": "01" + security + "00 00 05 0000",
		"nothing":                           "",
		"version 0":                         "00" + security + "01",
	} {
		if _, err := token.Parse(unhex(t, data)); !errors.Is(err, token.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, err := token.Parse(unhex(t, "01"+security+"00 00 02 61ff 01 fe"))
	if err != nil || got.User.Name != "a\uFFFD" || got.Additional != "\uFFFD" {
		t.Errorf("what is no UTF-8 is read as %q and %q, %v", got.User.Name, got.Additional, err)
	}
	broken := token.Token{User: token.User{Name: "a\xff"}}
	if got := broken.Append(nil); !bytes.HasSuffix(got, []byte("\x04a\xef\xbf\xbd\x00")) {
		t.Errorf("what is no UTF-8 is written as %x", got)
	}
}

func TestNewCookie(t *testing.T) {
	a, b := token.NewCookie(), token.NewCookie()
	t.Run("AFG-1 is a cookie token", func(t *testing.T) {
		if !a.IsCookie || len(a.Append(nil)) != token.CookieSize {
			t.Errorf("got %+v", a)
		}
	})
	t.Run("AFT-2 AFT-3 128 random bits that stay", func(t *testing.T) {
		if a.Security == b.Security || a.Security == [16]byte{} || len(a.Security) != 16 {
			t.Errorf("got %x and %x", a.Security, b.Security)
		}
		r, err := a.ForRequest(token.User{}, "")
		if err != nil || r.Security != a.Security {
			t.Errorf("request token has %x, %v, want %x", r.Security, err, a.Security)
		}
	})
}

func TestForRequest(t *testing.T) {
	cookie := token.NewCookie()
	someone := token.User{Authenticated: true}
	for _, c := range []struct {
		name       string
		user       token.User
		additional string
		err        error
	}{
		{"AFG-3 nobody", token.User{}, "", nil},
		{"AFG-4 a user without anything", someone, "", token.ErrUnidentified},
		{"AFG-5 a user with data only", someone, "additional-data", nil},
		{"AFG-6 by claims", token.User{Authenticated: true, ByClaims: true, UID: [32]byte{1}}, "", nil},
		{"AFG-7 by name", token.User{Authenticated: true, Name: "my-username"}, "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := cookie.ForRequest(c.user, c.additional)
			want := token.Token{Security: cookie.Security, User: c.user, Additional: c.additional}
			if err != nil {
				want = token.Token{}
			}
			if !errors.Is(err, c.err) || got != want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	t.Run("AFG-2 AFG-8 only from a cookie token", func(t *testing.T) {
		request, _ := cookie.ForRequest(token.User{}, "")
		if got, err := request.ForRequest(token.User{}, ""); err == nil || got != (token.Token{}) {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestMatch(t *testing.T) {
	cookie, other := token.NewCookie(), token.NewCookie()
	for _, c := range []struct {
		name    string
		cookie  token.Token
		for_    token.User
		current token.User
		want    token.Fault
	}{
		{"AFG-16 nobody", cookie, token.User{}, token.User{}, token.None},
		{"AFG-16 name in another case", cookie, token.User{Name: "the-user"}, token.User{Name: "THE-USER"}, token.None},
		{"AFG-16 equal claims", cookie, byClaims(t, uid42), byClaims(t, uid42), token.None},
		{"AFG-11 another cookie", other, token.User{}, token.User{}, token.OtherCookie},
		{"AFG-12 another name", cookie, token.User{Name: "the-user"}, token.User{Name: "the-other-user"}, token.OtherUser},
		{"AFG-12 http address in another case", cookie, token.User{Name: "http://example.com/uri-casing"}, token.User{Name: "http://example.com/URI-casing"}, token.OtherUser},
		{"AFG-12 https address in another case", cookie, token.User{Name: "https://example.com/secure-uri-casing"}, token.User{Name: "https://example.com/secure-URI-casing"}, token.OtherUser},
		{"address with a scheme in capitals", cookie, token.User{Name: "HTTP://a"}, token.User{Name: "HTTP://A"}, token.OtherUser},
		{"what only begins like a scheme", cookie, token.User{Name: "https:/A"}, token.User{Name: "https:/a"}, token.None},
		{"AFG-13 other claims", cookie, byClaims(t, uid42), token.User{ByClaims: true}, token.OtherUserID},
		{"AFG-14 claims, and nobody is there", cookie, byClaims(t, uid42), token.User{}, token.OtherUserID},
		{"AFG-14 name, and nobody is there", cookie, token.User{Name: "the-user"}, token.User{}, token.OtherUser},
		{"nobody's, and somebody is there by claims", cookie, token.User{}, byClaims(t, uid42), token.OtherUserID},
		{"nobody's, and somebody without claims or name is there", cookie, token.User{}, token.User{Authenticated: true}, token.None},
		{"nobody's, and the claims are of zeros", cookie, token.User{}, token.User{ByClaims: true}, token.OtherUserID},
	} {
		t.Run(c.name, func(t *testing.T) {
			request := token.Token{Security: cookie.Security, User: c.for_}
			if got := token.Match(&c.cookie, &request, &c.current); got != c.want {
				t.Errorf("for %+v, used by %+v: got fault %d, want %d", c.for_, c.current, got, c.want)
			}
		})
	}
	t.Run("AFG-10 swapped", func(t *testing.T) {
		request := token.Token{Security: cookie.Security}
		for _, pair := range [][2]token.Token{{cookie, cookie}, {request, request}, {request, cookie}} {
			if got := token.Match(&pair[0], &pair[1], &token.User{}); got != token.Swapped {
				t.Errorf("%+v: got fault %d", pair, got)
			}
		}
	})
	t.Run("every bit of the security token counts", func(t *testing.T) {
		for bit := range 128 {
			request := token.Token{Security: cookie.Security}
			request.Security[bit/8] ^= 1 << (bit % 8)
			if got := token.Match(&cookie, &request, &token.User{}); got != token.OtherCookie {
				t.Errorf("bit %d: got fault %d", bit, got)
			}
		}
	})
	t.Run("every bit of the claim UID counts", func(t *testing.T) {
		current := byClaims(t, uid42)
		for bit := range 256 {
			request := token.Token{Security: cookie.Security, User: current}
			request.User.UID[bit/8] ^= 1 << (bit % 8)
			if got := token.Match(&cookie, &request, &current); got != token.OtherUserID {
				t.Errorf("bit %d: got fault %d", bit, got)
			}
		}
	})
}

func TestCookieName(t *testing.T) {
	for application, want := range map[string]string{
		"":                "47DEQpj8HBQ",
		"SharedCookieApp": "qKMI6Lrj50Q",
		"MyApp":           "TeM5zmpk18g",
		"/app/":           "VyLW6ORzMgk",
		"/app":            "9TtSrW0hzOs",
		"HelloWorldApp":   "tGmK82_ckDw",
		"TodoCalendar":    "7mK1hBEBwYs",
	} {
		t.Run("AFO-1 "+application, func(t *testing.T) {
			if got := token.CookieName(application); got != ".AspNetCore.Antiforgery."+want {
				t.Errorf("got %s, want …%s", got, want)
			}
		})
	}
}

// FuzzParse checks that what is read is written so that it reads the same, and
// that errors come with nothing else.
func FuzzParse(f *testing.F) {
	for _, rest := range []string{"01", "00000000", "0000084ac3a972c3b46d6500", "0001" + uid42 + "03616263", "00000261ff01fe", "0000808000"} {
		f.Add(unhex(f, "01"+security+rest))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := token.Parse(data)
		if err != nil {
			if first != (token.Token{}) {
				t.Fatalf("an error comes with %+v", first)
			}
			return
		}
		again, err := token.Parse(first.Append(nil))
		if err != nil || again != first {
			t.Fatalf("%+v is written so that it reads %+v, %v", first, again, err)
		}
	})
}
