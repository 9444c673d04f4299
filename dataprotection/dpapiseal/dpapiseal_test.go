package dpapiseal_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dpapiseal"
)

var (
	_ dataprotection.Sealer = (*dpapiseal.Sealer)(nil)
	_ dataprotection.Opener = (*dpapiseal.Sealer)(nil)
	_ dataprotection.Sealer = (*dpapiseal.NGSealer)(nil)
	_ dataprotection.Opener = (*dpapiseal.NGSealer)(nil)
)

const (
	assembly = ", Microsoft.AspNetCore.DataProtection, Version=10.0.0.0, Culture=neutral, PublicKeyToken=adb9793829ddae60"
	dpapi    = "Microsoft.AspNetCore.DataProtection.XmlEncryption.DpapiXmlDecryptor" + assembly
	dpapiNG  = "Microsoft.AspNetCore.DataProtection.XmlEncryption.DpapiNGXmlDecryptor" + assembly
)

// blob is the beginning of what CryptProtectData makes, with its flags.
func blob(flags string) string {
	data, err := hex.DecodeString("01000000" + "d08c9ddf0115d1118c7a00c04fc297eb" + "01000000" + strings.Repeat("7", 32) + flags + "0000000010660000")
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(data)
}

// TestOpenElsewhere has somebody who is not on the machine told where the key can
// be opened.
func TestOpenElsewhere(t *testing.T) {
	tests := []struct{ name, decryptor, element, want string }{
		{"account", dpapi, `<encryptedKey><!-- x --><value>` + blob("00000000") + `</value></encryptedKey>`, "sealed by Windows DPAPI for one account, and only there can it be opened: "},
		{"machine", dpapi, `<encryptedKey><value>` + blob("04000000") + `</value></encryptedKey>`, "sealed by Windows DPAPI for one machine, and only there can it be opened: "},
		{"unknown blob", dpapi, `<encryptedKey><value>AAAA</value></encryptedKey>`, "sealed by Windows DPAPI, and only there can it be opened: "},
		{"in lines", dpapi, "<encryptedKey>\n  <value>\n" + blob("00000000") + "\n</value>\n</encryptedKey>", "Windows DPAPI for one account"},
		{"rule", dpapiNG, `<encryptedKey><!-- This key is encrypted with Windows DPAPI-NG. --><!-- Rule: SID=S-1-5-21-1-2-3-1001 --><value>AAAA</value></encryptedKey>`, `sealed by Windows DPAPI-NG with the rule "SID=S-1-5-21-1-2-3-1001", and only there`},
		{"no rule", dpapiNG, `<encryptedKey><value>AAAA</value></encryptedKey>`, "Windows DPAPI-NG for an account or group of a domain"},
		{"other element", dpapi, `<unencryptedKey><value>AAAA</value></unencryptedKey>`, "it is no encryptedKey with one value"},
		{"two values", dpapi, `<encryptedKey><value>AAAA</value><value>AAAA</value></encryptedKey>`, "it is no encryptedKey with one value"},
		{"no value", dpapi, `<encryptedKey></encryptedKey>`, "it is no encryptedKey with one value"},
		{"cut", dpapi, `<encryptedKey><value>AAAA`, "it is no encryptedKey with one value"},
		{"empty value", dpapi, `<encryptedKey><value> </value></encryptedKey>`, "its value is not base64"},
		{"no base64", dpapi, `<encryptedKey><value>!</value></encryptedKey>`, "its value is not base64"},
		{"huge", dpapi, `<encryptedKey><value>` + strings.Repeat("A", 64<<10) + `</value></encryptedKey>`, "is the limit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.decryptor == dpapiNG && ngMissing() {
				t.Skip("there is no DPAPI-NG here")
			}
			out, err := dpapiseal.Opener{}.Open(t.Context(), tt.decryptor, []byte(tt.element))
			if out != nil || err == nil || errors.Is(err, dataprotection.ErrNotMine) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open gives %q, %v; want an error with %q", out, err, tt.want)
			}
		})
	}
}

func TestNotMine(t *testing.T) {
	for _, decryptor := range []string{"", "Microsoft.AspNetCore.DataProtection.XmlEncryption.EncryptedXmlDecryptor", "X." + dpapi} {
		if _, err := (dpapiseal.Opener{}).Open(t.Context(), decryptor, []byte(`<encryptedKey/>`)); !errors.Is(err, dataprotection.ErrNotMine) {
			t.Errorf("Open of %q gives %v, want ErrNotMine", decryptor, err)
		}
	}
}

func TestNewElsewhere(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("this is Windows")
	}
	for _, scope := range []dpapiseal.Scope{dpapiseal.User, dpapiseal.Machine} {
		if s, err := dpapiseal.New(scope); s != nil || err == nil || !strings.Contains(err.Error(), "this is not Windows") {
			t.Errorf("New(%d) = %v, %v; want an error that says that this is not Windows", scope, s, err)
		}
	}
	if s, err := dpapiseal.NewNG("", 0); s != nil || err == nil || !strings.Contains(err.Error(), "this is not Windows") {
		t.Errorf("NewNG = %v, %v; want an error that says that this is not Windows", s, err)
	}
}

func TestUnknownScope(t *testing.T) {
	if s, err := dpapiseal.New(7); s != nil || err == nil {
		t.Errorf("New(7) = %v, %v; want an error", s, err)
	}
}
