package dataprotection_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
)

func TestText(t *testing.T) {
	p := ringOfKeys(t, keyXML(idA)).Protector("p")
	t.Run("CMN-7 a plaintext that is not UTF-8", func(t *testing.T) {
		for _, s := range []string{"Hello\xed\xa0\x80", "\xff", "cut \xc3"} {
			text, err := p.ProtectString(s)
			if text != "" || err == nil || !strings.Contains(err.Error(), "not valid UTF-8") || strings.Contains(err.Error(), "Hello") {
				t.Errorf("ProtectString(%q) = %q, %v; want an error about UTF-8 without the plaintext", s, text, err)
			}
		}
	})
	t.Run("CMN-8 UTF-8, then base64url without padding", func(t *testing.T) {
		for n := range 50 { // payloads of all lengths modulo 3
			plaintext := strings.Repeat("ä€", n)
			text, err := p.ProtectString(plaintext)
			if err != nil || !strings.HasPrefix(text, "CfDJ8") {
				t.Fatalf("ProtectString = %q, %v", text, err)
			}
			sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			opens(t, p, sealed, []byte(plaintext))
		}
	})
	t.Run("CMN-9 a single character", func(t *testing.T) { textRefused(t, p, "A") })
	t.Run("CMN-10 bytes that are no text", func(t *testing.T) {
		for _, plaintext := range []string{"\xff", "Hello\xed\xa0\x80"} {
			textRefused(t, p, encode(sealBytes(t, p, []byte(plaintext))))
		}
	})
	t.Run("CMN-11 decoded, then opened", func(t *testing.T) { textOpens(t, p, encode(sealBytes(t, p, []byte("Hello"))), "Hello") })
	t.Run("a byte order mark is kept", func(t *testing.T) {
		text, _ := p.ProtectString("\ufeffx")
		textOpens(t, p, text, "\ufeffx")
	})
	t.Run("AAD-11 an antiforgery token", func(t *testing.T) {
		const token = "CfDJ8H5oH_fp1QNBmvs-OWXxsVoV30hrXeI4-PI4p1VZytjsgd0DTstMdtTZbFtm2dKHvsBlDCv7TiEWKztZf8fb48pUgBgUE2SeYV3eOUXvSfNWU0D8SmHLy5KEnwKKkZKqudDhCnjQSIU7mhDliJJN1e4"
		text, err := p.ProtectString(token)
		if err != nil || len(token) != 155 {
			t.Fatal(len(token), err)
		}
		textOpens(t, p, text, token)
	})
	t.Run("empty", func(t *testing.T) {
		text, err := p.ProtectString("")
		if err != nil {
			t.Fatal(err)
		}
		textOpens(t, p, text, "")
		textRefused(t, p, "")
	})
	t.Run("64 KiB", func(t *testing.T) { // more than is kept for reuse
		long := strings.Repeat("x", 64<<10)
		text, err := p.ProtectString(long)
		if err != nil {
			t.Fatal(err)
		}
		textOpens(t, p, text, long)
	})
}

var encode = base64.RawURLEncoding.EncodeToString

func textOpens(t *testing.T, p *dataprotection.Protector, text, want string) {
	t.Helper()
	if got, err := p.UnprotectString(t.Context(), text); err != nil || got != want {
		t.Errorf("UnprotectString(%.60q) = %.60q, %v; want %.60q", text, got, err, want)
	}
}

func textRefused(t *testing.T, p *dataprotection.Protector, text string) {
	t.Helper()
	if got, err := p.UnprotectString(t.Context(), text); got != "" || err != dataprotection.ErrInvalidPayload {
		t.Errorf("UnprotectString(%.60q) = %.60q, %v; want ErrInvalidPayload itself", text, got, err)
	}
}

// One payload has one text, but for its padding.
func TestTextForms(t *testing.T) {
	p := ringOfKeys(t, keyXML(idA)).Protector("p")
	var sealed []byte // one whose text has a character of the URL alphabet
	for !bytes.ContainsAny([]byte(encode(sealed)), "-_") {
		sealed = sealBytes(t, p, []byte("x"))
	}
	if len(sealed)%3 != 1 {
		t.Fatalf("%d bytes, want text that needs two characters of padding", len(sealed))
	}
	text := encode(sealed)
	for _, tc := range []struct {
		name, text string
		good       bool
	}{
		{"no padding", text, true},
		{"full padding", text + "==", true},
		{"half of the padding", text + "=", false},
		{"more than full padding", text + "===", false},
		{"padding alone", "==", false},
		{"padding inside", text[:8] + "==" + text[8:], false},
		{"text behind the padding", text + "==" + text, false},
		{"standard alphabet", base64.StdEncoding.EncodeToString(sealed), false},
		{"standard alphabet without padding", base64.RawStdEncoding.EncodeToString(sealed), false},
		{"both alphabets", "/" + text[1:], false},
		{"CR LF at the end", text + "\r\n", false},
		{"LF inside", text[:4] + "\n" + text[4:], false},
		{"CR inside", text[:4] + "\r" + text[4:], false},
		{"four line ends", text[:4] + "\n\n\n\n" + text[4:], false},
		{"a line end in the padding", text + "=\n=", false},
		{"a blank in front", " " + text, false},
		{"a blank at the end", text + " ", false},
		{"a tab inside", text[:4] + "\t" + text[4:], false},
		{"NUL at the end", text + "\x00", false},
		{"percent encoding", text + "%3D%3D", false},
		{"letters outside ASCII", text[:4] + "é" + text[4:], false},
		{"invalid UTF-8", text[:4] + "\xff" + text[4:], false},
		{"a quote around it", `"` + text + `"`, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.good {
				textOpens(t, p, tc.text, "x")
			} else {
				textRefused(t, p, tc.text)
			}
		})
	}
	t.Run("unused bits of the last character", func(t *testing.T) {
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		last := strings.IndexByte(alphabet, text[len(text)-1])
		for i := range len(alphabet) {
			if i != last {
				textRefused(t, p, text[:len(text)-1]+alphabet[i:i+1])
			}
		}
	})
	t.Run("one character of padding", func(t *testing.T) {
		cfg := config(&fakeStore{})
		cfg.Algorithm = dataprotection.AES256GCM
		p := open(t, cfg).Protector("p")
		sealed := sealBytes(t, p, []byte("x")) // 65 bytes
		textOpens(t, p, base64.URLEncoding.EncodeToString(sealed), "x")
		textRefused(t, p, encode(sealed)+"==")
	})
}

func TestEveryFlipAndCutOfText(t *testing.T) {
	p := ringOfKeys(t, keyXML(idA)).Protector("p")
	text, err := p.ProtectString("some plaintext")
	if err != nil {
		t.Fatal(err)
	}
	const header = 28 // characters that hold magic and key id, whose change may name another key
	for n := header; n < len(text); n++ {
		textRefused(t, p, text[:n])
		for bit := range 8 {
			bad := []byte(text)
			bad[n] ^= 1 << bit
			textRefused(t, p, string(bad))
		}
	}
	for n := range header {
		textRefused(t, p, text[:n])
	}
}
