package token_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/sealring/sealring/antiforgery/internal/token"
	"github.com/sealring/sealring/cookieauth/claims"
)

// identity makes an authenticated identity of "type=value" texts.
func identity(list ...string) claims.Identity {
	i := claims.Identity{AuthenticationType: "Cookies"}
	for _, s := range list {
		claimType, value, _ := strings.Cut(s, "=")
		if long, ok := shortTypes[claimType]; ok {
			claimType = long
		}
		i.Claims = append(i.Claims, claims.Claim{Type: claimType, Value: value}.Normalized())
	}
	return i
}

func anonymous(list ...string) claims.Identity {
	i := identity(list...)
	i.AuthenticationType = ""
	return i
}

var shortTypes = map[string]string{
	"id": claims.TypeNameIdentifier, "upn": claims.TypeUPN, "name": claims.TypeName, "role": claims.TypeRole, "email": claims.TypeEmail,
	"given": claims.TypeGivenName, "surname": claims.TypeSurname, "country": claims.TypeCountry,
}

func principal(identities ...claims.Identity) *claims.Principal {
	return claims.NewPrincipal(identities...)
}

// hashOf is the claim UID of "type=value" claims by the default issuer, in this order.
func hashOf(list ...string) string {
	var text []byte
	for _, c := range identity(list...).Claims {
		for _, s := range []string{c.Type, c.Value, c.Issuer} {
			text = append(binary.AppendUvarint(text, uint64(len(s))), s...)
		}
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func TestUserOf(t *testing.T) {
	someName, err := base64.StdEncoding.DecodeString("yhXE+2v4zSXHtRHmzm4cmrhZca2J0g7yTUwtUerdeF4=")
	if err != nil {
		t.Fatal(err)
	}
	otherIssuer := identity()
	otherIssuer.Claims = []claims.Claim{{Type: "sub", Value: "user-1", Issuer: "https://idp.example", OriginalIssuer: "x"}}
	noIssuer := identity()
	noIssuer.Claims = []claims.Claim{{Type: claims.TypeNameIdentifier, Value: "42"}}
	eighteen := make([]string, 18)
	for i := range eighteen {
		eighteen[i] = fmt.Sprintf("t%d=%d", i%3, i)
	}
	for _, c := range []struct {
		name string
		user *claims.Principal
		want string // "" for none
	}{
		{"AFU-1 nobody", nil, ""},
		{"AFU-1 anonymous", principal(anonymous("sub=1")), ""},
		{"no claims", principal(identity()), ""},
		{"name identifier", principal(identity("id=42")), uid42},
		{"empty issuer is the default one", principal(noIssuer), uid42},
		{"issuer counts, original issuer does not", principal(otherIssuer), "9b1a94f4e717729d7229ec8ea3dde00ebb5bb519990f24e08a053bac1f6df31d"},
		{"all claims", principal(identity("role=Admin", "dept=x", "name=alice")), "936da975332ea303167f516b1b36b9752f6ffbc13415ca641cb4e6f0e3171822"},
		{"equal types change places", principal(identity("role=A", "role=B", "dept=x")), "30d5cb7b6ac87989cf40c035dae5ec0e8fea8c1f36d804aec8cf02ee7816c3a6"},
		{"eighteen of three types", principal(identity(eighteen...)), "e3a3d539252f5d092a67afe92250491883b4d93481f84ad3592c613dddabb02c"},
		{"AFU-2 single name", principal(identity("name=someName")), hex.EncodeToString(someName)},
		{"AFU-3 empty name identifier", principal(identity("id=", "email=a@b", "given=g", "surname=s")), hashOf("email=a@b", "given=g", "id=", "surname=s")},
		{"AFU-4 name identifier alone", principal(identity("fooClaim=x", "id=42")), uid42},
		{"AFU-5 sub first", principal(identity("upn=3", "id=2", "sub=1")), hashOf("sub=1")},
		{"AFU-5 in any order", principal(identity("sub=1", "upn=3", "id=2")), hashOf("sub=1")},
		{"AFU-6 name identifier before UPN", principal(identity("upn=3", "id=2")), hashOf("id=2")},
		{"AFU-6 UPN alone", principal(identity("name=n", "upn=3")), hashOf("upn=3")},
		{"AFU-7 anonymous identities do not count", principal(anonymous("sub=1"), identity("id=2")), hashOf("id=2")},
		{"AFU-8 all of several", principal(anonymous("sub=1"), identity("email=e"), identity("country=c"), identity("name=n")), hashOf("country=c", "email=e", "name=n")},
		{"AFU-9 the first identity wins", principal(identity("id=1"), identity("sub=2")), hashOf("id=1")},
		{"AFU-9 the first identity wins, UPN", principal(identity("upn=1"), identity("id=2")), hashOf("upn=1")},
		{"an identity without them is passed over", principal(identity("name=n"), identity("id=2")), hashOf("id=2")},
		{"types in another case are others", principal(identity("Sub=1", "id=2")), hashOf("id=2")},
		{"the first of a type is empty", principal(identity("sub=", "sub=1", "id=2")), hashOf("id=2")},
		{"what is no text", principal(identity("id=\xff")), hashOf("id=\uFFFD")},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := token.UserOf(c.user)
			got := ""
			if u.ByClaims {
				got = hex.EncodeToString(u.UID[:])
			} else if u.UID != [32]byte{} {
				t.Errorf("no claims, but the UID is %x", u.UID)
			}
			if got != c.want || u.Authenticated != c.user.IsAuthenticated() || u.Name != "" {
				t.Errorf("got %q, authenticated %v, name %q, want %q", got, u.Authenticated, u.Name, c.want)
			}
		})
	}
}

func TestLongClaims(t *testing.T) {
	long := "id=" + strings.Repeat("x", 10_000)
	if u := token.UserOf(principal(identity(long))); hex.EncodeToString(u.UID[:]) != hashOf(long) {
		t.Error("a long value is hashed differently")
	}
}

// The order of equal types was read off List<T>.Sort of .NET 10.0.12.
func TestSortLikeDotNet(t *testing.T) {
	for _, c := range sortCases() {
		t.Run(c.name, func(t *testing.T) {
			sorted := c.claims()
			token.SortByType(sorted)
			if !slices.IsSortedFunc(sorted, func(a, b *claims.Claim) int { return token.CompareUTF16(a.Type, b.Type) }) {
				t.Fatal("not sorted")
			}
			if got := orderHash(sorted); got != c.want {
				t.Errorf("the order of %d claims has the hash %s, want %s", len(sorted), got, c.want)
			}
		})
	}
}

func orderHash(sorted []*claims.Claim) string {
	var order strings.Builder
	for _, c := range sorted {
		order.WriteString(c.Value + " ")
	}
	sum := sha256.Sum256([]byte(order.String()))
	return hex.EncodeToString(sum[:8])
}

func TestCompareUTF16(t *testing.T) {
	alphabet := []rune("aA~\u00e9\u0800\ud7ff\ue000\ufffd\uffff\U00010000\U0001F511\U0010FFFF")
	random := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		var s []rune
		for range random.IntN(4) {
			s = append(s, alphabet[random.IntN(len(alphabet))])
		}
		return string(s)
	}
	for range 20_000 {
		a, b := text(), text()
		want := slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
		if got := token.CompareUTF16(a, b); got != want {
			t.Fatalf("compare %+q, %+q: got %d, want %d", a, b, got, want)
		}
	}
}
