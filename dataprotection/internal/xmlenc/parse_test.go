package xmlenc_test

import (
	"crypto/aes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/xmlenc"
)

func TestParseReads(t *testing.T) {
	good := encrypt(t, "aes256-cbc", "rsa-1_5", aes.NewCipher, random(32), pad(fragment, iso10126))
	element := good.element()
	wrapped, content := base64.StdEncoding.EncodeToString(good.wrapped), base64.StdEncoding.EncodeToString(good.content)
	other := base64.StdEncoding.EncodeToString(random(48))
	encryptedKey := element[strings.Index(element, "<EncryptedKey"):strings.Index(element, "</KeyInfo><CipherData><CipherValue>"+content)]
	for _, row := range []struct{ name, element string }{
		{"declaration", `<?xml version="1.0" encoding="utf-8"?>` + "\n" + element},
		{"comments", replaced(t, element, "<KeyInfo", "<!-- a --><KeyInfo")},
		{"comment in base64", replaced(t, element, content, content[:8]+"<!-- a -->"+content[8:])},
		{"white space in base64", replaced(t, element, content, " \t\r\n"+content[:9]+"\n  "+content[9:]+"\n")},
		{"white space in the wrapped key", replaced(t, element, wrapped, wrapped[:60]+"\r\n"+wrapped[60:])},
		{"prefix", strings.NewReplacer(
			`<EncryptedData xmlns=`, `<x:EncryptedData xmlns:x=`, `</EncryptedData`, `</x:EncryptedData`,
			`<EncryptionMethod`, `<x:EncryptionMethod`, `<EncryptedKey xmlns=`, `<x:EncryptedKey xmlns:y=`, `</EncryptedKey`, `</x:EncryptedKey`,
			`<CipherData`, `<x:CipherData`, `</CipherData`, `</x:CipherData`, `<CipherValue`, `<x:CipherValue`, `</CipherValue`, `</x:CipherValue`,
		).Replace(element)},
		{"type", replaced(t, element, "<EncryptedData", `<EncryptedData Type="`+space+`Element"`)},
		{"second CipherValue", replaced(t, element, content+"</CipherValue>", content+"</CipherValue><CipherValue>"+other+"</CipherValue>")},
		{"second CipherData", replaced(t, element, "</EncryptedData>", "<CipherData><CipherValue>"+other+"</CipherValue></CipherData></EncryptedData>")},
		{"second EncryptedKey", replaced(t, element, encryptedKey, encryptedKey+strings.Replace(encryptedKey, wrapped, other, 1))},
		{"unknown elements", replaced(t, element, "<KeyInfo", "<Contoso xmlns='urn:contoso'><CipherData /></Contoso><KeyInfo")},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got, err := decrypt(t, row.element, testKey()); err != nil || string(got) != fragment {
				t.Errorf("got %q, %v, want %q\n%s", got, err, fragment, row.element)
			}
		})
	}
}

func TestCertificates(t *testing.T) {
	element := encrypt(t, "aes256-cbc", "rsa-1_5", aes.NewCipher, random(32), pad(fragment, iso10126)).element()
	const one = "<X509Data><X509Certificate>AQID</X509Certificate></X509Data>"
	for _, row := range []struct{ name, data, want string }{
		{"one", one, "\x01\x02\x03"},
		{"none", "", ""},
		{"without certificate", "<X509Data><X509SubjectName>CN=a</X509SubjectName></X509Data>", ""},
		{"two in one", "<X509Data><X509Certificate>AQ==</X509Certificate><X509Certificate>Ag==</X509Certificate></X509Data>", "\x01|\x02"},
		{"two in two", "<X509Data><X509Certificate>AQ==</X509Certificate></X509Data><KeyName>b</KeyName><X509Data><X509Certificate>\n Ag==\n</X509Certificate></X509Data>", "\x01|\x02"},
		{"of another namespace", "<X509Data xmlns='urn:other'><X509Certificate>AQ==</X509Certificate></X509Data>", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			d, err := xmlenc.Parse([]byte(replaced(t, element, one, row.data)))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, der := range d.Certificates() {
				got = append(got, string(der))
			}
			if strings.Join(got, "|") != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	good := encrypt(t, "aes256-cbc", "rsa-1_5", aes.NewCipher, random(32), pad(fragment, iso10126))
	element := good.element()
	content := base64.StdEncoding.EncodeToString(good.content)
	for _, row := range []struct{ name, element, want string }{
		{"nothing", "", "well-formed"},
		{"text", "hello", "well-formed"},
		{"cut", element[:len(element)-10], "well-formed"},
		{"entity", replaced(t, element, content, "&bomb;"), "well-formed"},
		{"another element", "<a />", "no EncryptedData"},
		{"no namespace", "<EncryptedData />", "no EncryptedData"},
		{"another namespace", replaced(t, element, space, "urn:other"), "no EncryptedData"},
		{"empty", `<EncryptedData xmlns="` + space + `" />`, "no EncryptedKey"},
		{"key elsewhere", strings.NewReplacer(`<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><EncryptedKey`, `<Info><EncryptedKey`, `</EncryptedKey></KeyInfo>`, `</EncryptedKey></Info>`).Replace(element), "no EncryptedKey"},
		{"no content", replaced(t, element, content, ""), "EncryptedData has no CipherValue"},
		{"content elsewhere", replaced(t, element, "<CipherValue>"+content+"</CipherValue>", `<CipherReference URI="file:///etc/passwd" />`), "EncryptedData has no CipherValue"},
		{"content not base64", replaced(t, element, content, "?"+content), "EncryptedData is not base64"},
		{"key not base64", replaced(t, element, "<CipherValue>", "<CipherValue>?"), "EncryptedKey is not base64"},
		{"no key value", replaced(t, element, base64.StdEncoding.EncodeToString(good.wrapped), ""), "EncryptedKey has no CipherValue"},
		{"certificate not base64", replaced(t, element, "AQID", "A"), "X509Certificate"},
		{"too large", replaced(t, element, "<KeyInfo", strings.Repeat(" ", 64<<10)+"<KeyInfo"), "the limit"},
		{"deep", strings.Repeat("<a>", 20000), "well-formed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d, err := xmlenc.Parse([]byte(row.element))
			if err == nil || d != nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, %v, want an error with %q", d, err, row.want)
			}
			if err != nil && len(err.Error()) > 200 {
				t.Errorf("the error quotes too much: %v", err)
			}
		})
	}
}

func FuzzDecrypt(f *testing.F) {
	element, key := reference(f)
	f.Add(element)
	f.Add(replaced(f, element, "rsa-1_5", "rsa-oaep-mgf1p"))
	f.Add(replaced(f, element, "aes256-cbc", "tripledes-cbc"))
	f.Add(`<EncryptedData xmlns="` + space + `" />`)
	f.Fuzz(func(t *testing.T, element string) {
		d, err := xmlenc.Parse([]byte(element))
		if err != nil {
			if d != nil {
				t.Fatalf("Parse returned something beside %v", err)
			}
			return
		}
		got, err := d.Decrypt(key)
		if err != nil && got != nil {
			t.Fatalf("Decrypt returned %d bytes beside %v", len(got), err)
		}
		if err == nil && (len(got) < 2 || got[0] != '<') {
			t.Fatalf("Decrypt returned %q, which is no fragment", got)
		}
	})
}
