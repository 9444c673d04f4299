package keyxml_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

// parseAs parses an element that must be a T.
func parseAs[T any](t *testing.T, element []byte) T {
	t.Helper()
	parsed, err := keyxml.Parse(element)
	if err != nil {
		t.Fatalf("Parse: %v\n%s", err, element)
	}
	result, ok := parsed.(T)
	if !ok {
		t.Fatalf("Parse = %T, want %T\n%s", parsed, result, element)
	}
	return result
}

// Read and written again, a file of the reference is what it was.
func TestMarshalKeyAsReference(t *testing.T) {
	referenceFiles(t, "key-*.xml", func(t *testing.T, file []byte) {
		key := parseAs[*keyxml.Key](t, file)
		if name := keyxml.KeyName(key.ID); !strings.HasSuffix(t.Name(), "/"+name+".xml") {
			t.Errorf("KeyName = %s", name)
		}
		var seal keyxml.Seal
		algorithm, master, err := key.Open(func(decryptorType string, element []byte) ([]byte, error) {
			seal = func([]byte) (string, []byte, error) { return decryptorType, element, nil }
			return []byte("<masterKey>c2VjcmV0</masterKey>"), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if sealed := strings.Contains(t.Name(), "x509"); sealed != (seal != nil) || sealed != (len(key.SealedBy()) == 1) {
			t.Errorf("sealed: %t, opener called: %t, SealedBy = %q", sealed, seal != nil, key.SealedBy())
		}
		if _, err := algorithm.Suite(); err != nil {
			t.Errorf("Suite: %v", err)
		}
		got, err := keyxml.MarshalKey(*key, algorithm, master, seal)
		if err != nil {
			t.Fatal(err)
		}
		sameBut(t, got, file)
	})
}

func TestMarshalRevocationAsReference(t *testing.T) {
	parseTime := func(s string) time.Time {
		date, err := keyxml.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return date
	}
	t.Run("one", func(t *testing.T) {
		referenceFiles(t, "revocation-cddba5ba-*.xml", func(t *testing.T, file []byte) {
			id := parseAs[*keyxml.Revocation](t, file).KeyID
			got := keyxml.MarshalRevocation(id, parseTime("2026-11-23T17:14:56.6707731Z"), `lost laptop <reason> & "quotes"`)
			sameBut(t, got, file)
			if name := keyxml.RevocationName(id); !strings.HasSuffix(t.Name(), "/"+name+".xml") {
				t.Errorf("RevocationName = %s", name)
			}
		})
	})
	t.Run("all", func(t *testing.T) {
		referenceFiles(t, "revocation-2026*.xml", func(t *testing.T, file []byte) {
			before := parseAs[*keyxml.RevocationOfAll](t, file).Before
			sameBut(t, keyxml.MarshalRevocationOfAll(before, "breach"), file)
			if name := keyxml.RevocationOfAllName(before); !strings.HasSuffix(t.Name(), "/"+name+".xml") {
				t.Errorf("RevocationOfAllName = %s", name)
			}
		})
	})
}

// published is one of the values that the reference's own tests print.
type published struct {
	ID             string
	MasterKey      []byte `json:"master_key_base64"`
	ExpectedXML    string `json:"expected_xml"`
	KeyID          string `json:"key_id"`
	FriendlyName   string `json:"friendly_name"`
	RevocationDate string `json:"revocation_date"`
	Reason         string
	DatesWritten   []string `json:"dates_written"`
	Cases          []struct{ Input, Output string }
}

func publishedValue(t *testing.T, id string) published {
	t.Helper()
	file, err := os.ReadFile("testdata/published.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []published
	if err := json.Unmarshal(file, &all); err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		if v.ID == id {
			return v
		}
	}
	t.Fatalf("no value %s", id)
	return published{}
}

func mustGUID(t *testing.T, s string) [16]byte {
	t.Helper()
	id, err := keyxml.ParseGUID(s)
	if err != nil {
		t.Fatalf("ParseGUID(%q): %v", s, err)
	}
	return id
}

func day(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// aKey is the key of XKM-3.
func aKey(t *testing.T) keyxml.Key {
	t.Helper()
	return keyxml.Key{
		ID:        mustGUID(t, "3d6d01fd-c0e7-44ae-82dd-013b996b4093"),
		Created:   day(2014, 1, 1),
		Activates: day(2014, 2, 1),
		Expires:   day(2014, 3, 1),
	}
}

var (
	comment = regexp.MustCompile(`<!--.*?-->`)
	cbc     = keyxml.Algorithm{Encryption: "AES_256_CBC", Validation: "HMACSHA256"}
)

// descriptorOf returns the inner descriptor of a key on one line, without
// comments and with the prefix of the published values.
func descriptorOf(t *testing.T, key []byte) string {
	t.Helper()
	line, err := keyxml.OneLine(key)
	if err != nil {
		t.Fatal(err)
	}
	text := comment.ReplaceAllString(string(line), "")
	begin, end := strings.Index(text, "<descriptor>"), strings.Index(text, "</descriptor>")
	if begin < 0 || end < begin {
		t.Fatalf("no inner descriptor in %s", line)
	}
	return strings.NewReplacer("p4:", "enc:", "xmlns:p4", "xmlns:enc").Replace(text[begin : end+len("</descriptor>")])
}

func TestMarshalKeyAsPublished(t *testing.T) {
	managed := func(validation string) keyxml.Algorithm {
		return keyxml.Algorithm{Kind: keyxml.Managed, Encryption: "Aes", KeyBits: 2048, Validation: validation}
	}
	for _, row := range []struct {
		name, value, comment string
		algorithm            keyxml.Algorithm
	}{
		{"DSC-4 AES_192_CBC", "descriptor-default-cbc", "", keyxml.Algorithm{Encryption: "AES_192_CBC", Validation: "HMACSHA512"}},
		{"DSC-5 AES_192_GCM", "descriptor-default-gcm", "<!-- AES-GCM includes a 128-bit authentication tag, no extra validation algorithm required. -->", keyxml.Algorithm{Encryption: "AES_192_GCM"}},
		{"DSC-7 CNG CBC with providers", "descriptor-cngcbc-providers", "<!-- Algorithms provided by Windows CNG, using CBC-mode encryption with HMAC validation -->", keyxml.Algorithm{Kind: keyxml.CNGCBC, Encryption: "enc-alg", KeyBits: 2048, EncryptionProvider: "enc-alg-prov", Validation: "hash-alg", ValidationProvider: "hash-alg-prov"}},
		{"DSC-7 CNG CBC without providers", "descriptor-cngcbc-noproviders", "<!-- Algorithms provided by Windows CNG, using CBC-mode encryption with HMAC validation -->", keyxml.Algorithm{Kind: keyxml.CNGCBC, Encryption: "enc-alg", KeyBits: 2048, Validation: "hash-alg"}},
		{"DSC-9 CNG GCM with provider", "descriptor-cnggcm-provider", "<!-- Algorithms provided by Windows CNG, using Galois/Counter Mode encryption and validation -->", keyxml.Algorithm{Kind: keyxml.CNGGCM, Encryption: "enc-alg", KeyBits: 2048, EncryptionProvider: "enc-alg-prov"}},
		{"DSC-12 managed HMACSHA1", "descriptor-managed-builtin", "<!-- Algorithms provided by specified SymmetricAlgorithm and KeyedHashAlgorithm -->", managed("HMACSHA1")},
		{"DSC-12 managed HMACSHA256", "descriptor-managed-builtin", "<!-- Algorithms provided by specified SymmetricAlgorithm and KeyedHashAlgorithm -->", managed("HMACSHA256")},
		{"DSC-12 managed HMACSHA384", "descriptor-managed-builtin", "<!-- Algorithms provided by specified SymmetricAlgorithm and KeyedHashAlgorithm -->", managed("HMACSHA384")},
		{"DSC-12 managed HMACSHA512", "descriptor-managed-builtin", "<!-- Algorithms provided by specified SymmetricAlgorithm and KeyedHashAlgorithm -->", managed("HMACSHA512")},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := publishedValue(t, row.value)
			element, err := keyxml.MarshalKey(aKey(t), row.algorithm, v.MasterKey, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := comment.ReplaceAllString(v.ExpectedXML, "")
			if row.algorithm.Kind == keyxml.Managed {
				want = strings.Replace(want, "HMACSHA256", row.algorithm.Validation, 1)
			}
			if got := descriptorOf(t, element); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if !bytes.Contains(element, []byte(row.comment)) {
				t.Errorf("the comment is missing in\n%s", element)
			}
			algorithm, master, err := parseAs[*keyxml.Key](t, element).Open(nil)
			if err != nil || algorithm != row.algorithm || !bytes.Equal(master, v.MasterKey) {
				t.Errorf("Open = %+v, %x, %v, want %+v", algorithm, master, err, row.algorithm)
			}
		})
	}
}

func TestMarshalKey(t *testing.T) {
	master := bytes.Repeat([]byte{7}, 64)
	inClear, err := keyxml.MarshalKey(aKey(t), cbc, master, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("XKM-3 in clear", func(t *testing.T) {
		want := "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + `<key id="3d6d01fd-c0e7-44ae-82dd-013b996b4093" version="1">
  <creationDate>2014-01-01T00:00:00Z</creationDate>
  <activationDate>2014-02-01T00:00:00Z</activationDate>
  <expirationDate>2014-03-01T00:00:00Z</expirationDate>
  <descriptor deserializerType="Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption.ConfigurationModel.AuthenticatedEncryptorDescriptorDeserializer, Microsoft.AspNetCore.DataProtection, Version=8.0.0.0, Culture=neutral, PublicKeyToken=adb9793829ddae60">
    <descriptor>
      <encryption algorithm="AES_256_CBC" />
      <validation algorithm="HMACSHA256" />
      <masterKey p4:requiresEncryption="true" xmlns:p4="http://schemas.asp.net/2015/03/dataProtection">
        <!-- Warning: the key below is in an unencrypted form. -->
        <value>` + base64.StdEncoding.EncodeToString(master) + `</value>
      </masterKey>
    </descriptor>
  </descriptor>
</key>`
		if string(inClear) != want {
			t.Errorf("got\n%s\nwant\n%s", inClear, want)
		}
		v := publishedValue(t, "key-friendly-name")
		if got := keyxml.KeyName(mustGUID(t, v.KeyID)); got != v.FriendlyName {
			t.Errorf("KeyName = %s, want %s", got, v.FriendlyName)
		}
		for _, date := range v.DatesWritten {
			if !strings.Contains(string(inClear), date) {
				t.Errorf("the date %s is missing", date)
			}
		}
	})
	t.Run("XKM-4 X509-7 null mechanism", func(t *testing.T) {
		const nullType = "Microsoft.AspNetCore.DataProtection.XmlEncryption.NullXmlDecryptor, Microsoft.AspNetCore.DataProtection, Version=8.0.0.0, Culture=neutral, PublicKeyToken=adb9793829ddae60"
		got, err := keyxml.MarshalKey(aKey(t), cbc, master, func(fragment []byte) (string, []byte, error) {
			inside := strings.ReplaceAll(string(fragment), "d1p1", "p6")
			return nullType, []byte("<unencryptedKey><!-- This key is not encrypted. -->" + inside + "</unencryptedKey>"), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		begin := bytes.Index(inClear, []byte("      <masterKey"))
		want := string(inClear[:begin]) + `      <encryptedSecret decryptorType="` + nullType + `" xmlns="http://schemas.asp.net/2015/03/dataProtection">
        <unencryptedKey xmlns="">
          <!-- This key is not encrypted. -->
          <masterKey p6:requiresEncryption="true" xmlns:p6="http://schemas.asp.net/2015/03/dataProtection">
            <!-- Warning: the key below is in an unencrypted form. -->
            <value>` + base64.StdEncoding.EncodeToString(master) + `</value>
          </masterKey>
        </unencryptedKey>
      </encryptedSecret>
    </descriptor>
  </descriptor>
</key>`
		if string(got) != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		if by := parseAs[*keyxml.Key](t, got).SealedBy(); len(by) != 0 {
			t.Errorf("SealedBy = %q, want nothing: the key is in clear", by)
		}
	})
	t.Run("XML-8 sealed", func(t *testing.T) {
		var fragment string
		got, err := keyxml.MarshalKey(aKey(t), cbc, master, func(f []byte) (string, []byte, error) {
			fragment = string(f)
			return "Contoso.Decryptor, Contoso", []byte("\ufeff<?xml version='1.0'?>\n<box> <value>abc</value>\n</box>"), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		wantFragment := `<masterKey d1p1:requiresEncryption="true" xmlns:d1p1="http://schemas.asp.net/2015/03/dataProtection">` +
			`<!-- Warning: the key below is in an unencrypted form. --><value>` + base64.StdEncoding.EncodeToString(master) + `</value></masterKey>`
		if fragment != wantFragment {
			t.Errorf("fragment\n%s\nwant\n%s", fragment, wantFragment)
		}
		want := `      <encryptedSecret decryptorType="Contoso.Decryptor, Contoso" xmlns="http://schemas.asp.net/2015/03/dataProtection">
        <box xmlns="">
          <value>abc</value>
        </box>
      </encryptedSecret>
`
		if !strings.Contains(string(got), want) || strings.Contains(string(got), "masterKey") {
			t.Errorf("got\n%s\nwant in it\n%s", got, want)
		}
	})
	t.Run("dates keep their offset", func(t *testing.T) {
		k := aKey(t)
		k.Created = k.Created.In(time.FixedZone("", -8*3600))
		got, err := keyxml.MarshalKey(k, cbc, master, nil)
		if err != nil || !strings.Contains(string(got), "<creationDate>2013-12-31T16:00:00-08:00</creationDate>") {
			t.Errorf("got %v\n%s", err, got)
		}
	})
}

func TestMarshalKeyRefuses(t *testing.T) {
	errSeal := errors.New("no certificate")
	far := aKey(t)
	far.Expires = day(10000, 1, 1)
	zoned := aKey(t)
	zoned.Created = zoned.Created.In(time.FixedZone("", 15*3600))
	huge := []byte("<a>" + strings.Repeat("x", keyxml.MaxSize-100) + "</a>")
	for _, row := range []struct {
		name string
		key  keyxml.Key
		seal keyxml.Seal
		want string
	}{
		{"year 10000", far, nil, "a date of the key is not within the years 1 to 9999"},
		{"offset that .NET does not have", zoned, nil, "a date of the key is not within the years 1 to 9999"},
		{"sealer fails", aKey(t), func([]byte) (string, []byte, error) { return "", nil, errSeal }, "no certificate"},
		{"sealer returns no XML", aKey(t), func([]byte) (string, []byte, error) { return "T", []byte("1A2B3C4D"), nil }, "what the sealer returned: it has text outside of its root element"},
		{"sealer returns nothing", aKey(t), func([]byte) (string, []byte, error) { return "T", nil, nil }, "what the sealer returned: it has 0 root elements where one belongs; an empty or cut file?"},
		{"too large together", aKey(t), func([]byte) (string, []byte, error) { return "T", huge, nil }, "it would have"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := keyxml.MarshalKey(row.key, cbc, []byte("master key"), row.seal)
			if err == nil || got != nil || !strings.HasPrefix(err.Error(), row.want) {
				t.Errorf("MarshalKey = %d bytes, %v, want the error %q", len(got), err, row.want)
			}
		})
	}
}

func TestMarshalRevocationAsPublished(t *testing.T) {
	onOneLine := func(t *testing.T, element []byte) string {
		line, err := keyxml.OneLine(element)
		if err != nil {
			t.Fatal(err)
		}
		return string(line)
	}
	t.Run("XKM-14 all", func(t *testing.T) {
		v := publishedValue(t, "revoke-all")
		before, err := keyxml.ParseDate(v.RevocationDate)
		if err != nil {
			t.Fatal(err)
		}
		if got := onOneLine(t, keyxml.MarshalRevocationOfAll(before, v.Reason)); got != v.ExpectedXML {
			t.Errorf("got\n%s\nwant\n%s", got, v.ExpectedXML)
		}
		if got := keyxml.RevocationOfAllName(before); got != v.FriendlyName {
			t.Errorf("RevocationOfAllName = %s, want %s", got, v.FriendlyName)
		}
	})
	t.Run("XKM-15 one", func(t *testing.T) {
		v := publishedValue(t, "revoke-one")
		id := mustGUID(t, v.KeyID)
		if got := onOneLine(t, keyxml.MarshalRevocation(id, day(2014, 1, 1), "Here's some reason text.")); got != v.ExpectedXML {
			t.Errorf("got\n%s\nwant\n%s", got, v.ExpectedXML)
		}
		if got := keyxml.RevocationName(id); got != v.FriendlyName {
			t.Errorf("RevocationName = %s, want %s", got, v.FriendlyName)
		}
	})
}

func TestRevocationOfAllName(t *testing.T) {
	for _, row := range []struct {
		name string
		date time.Time
		want string
	}{
		{"no fraction", day(2015, 3, 2), "revocation-20150302T000000Z"},
		{"zeros trimmed", day(2015, 3, 2).Add(120 * time.Millisecond), "revocation-20150302T00000012Z"},
		{"in UTC", day(2015, 3, 2).In(time.FixedZone("", 3600)), "revocation-20150302T000000Z"},
	} {
		if got := keyxml.RevocationOfAllName(row.date); got != row.want {
			t.Errorf("%s: RevocationOfAllName(%v) = %s, want %s", row.name, row.date, got, row.want)
		}
	}
}

// Whatever the reason is, the revocation can be read: one that cannot stops the ring.
func TestReasons(t *testing.T) {
	for _, row := range []struct{ name, reason, want string }{
		{"none", "", "<reason />"},
		{"plain", "Suspected leak.", "<reason>Suspected leak.</reason>"},
		{"white space", "  ", "<reason>  </reason>"},
		{"markup", `</reason> & ]]> <!-- "'`, `<reason>&lt;/reason&gt; &amp; ]]&gt; &lt;!-- "'</reason>`},
		{"line breaks", "a\nb\r\nc\rd", "<reason>a\nb\nc\nd</reason>"},
		{"control characters", "a\x00b\x1bc", "<reason>a\ufffdb\ufffdc</reason>"},
		{"long", strings.Repeat("&", 1<<20), "&amp;</reason>"},
		{"no UTF-8", "a\xffb", "<reason>a\ufffdb</reason>"},
		{"no characters", "a\ufffeb\uffffc", "<reason>a\ufffdb\ufffdc</reason>"},
	} {
		t.Run(row.name, func(t *testing.T) {
			id := aKey(t).ID
			one := keyxml.MarshalRevocation(id, day(2015, 3, 2), row.reason)
			if got := parseAs[*keyxml.Revocation](t, one).KeyID; got != id {
				t.Errorf("KeyID = %x, want %x", got, id)
			}
			all := keyxml.MarshalRevocationOfAll(day(2015, 3, 2), row.reason)
			if got := parseAs[*keyxml.RevocationOfAll](t, all).Before; !got.Equal(day(2015, 3, 2)) {
				t.Errorf("Before = %v", got)
			}
			for _, element := range [][]byte{one, all} {
				if !strings.Contains(string(element), row.want) {
					t.Errorf("got\n%s\nwant in it %s", element, row.want)
				}
			}
		})
	}
}

// A date that .NET does not have must not make a revocation unreadable either.
func TestMarshalRevocationDates(t *testing.T) {
	for _, row := range []struct {
		name string
		date time.Time
		want string
	}{
		{"year 10000", day(10000, 1, 1), "9999-12-31T23:59:59.9999999Z"},
		{"year 0", day(0, 12, 31), "0001-01-01T00:00:00Z"},
		{"long ago", day(-974, 1, 1), "0001-01-01T00:00:00Z"},
		{"beginning of the calendar elsewhere", time.Date(1, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600)), "0001-01-01T00:00:00Z"},
		{"offset of 15 hours", day(2015, 3, 2).In(time.FixedZone("", 15*3600)), "2015-03-02T00:00:00Z"},
		{"end of the calendar elsewhere", time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -3600)), "9999-12-31T23:59:59.9999999Z"},
	} {
		element := keyxml.MarshalRevocationOfAll(row.date, "")
		before := parseAs[*keyxml.RevocationOfAll](t, element).Before
		if got := keyxml.FormatDate(before); got != row.want {
			t.Errorf("%s: Before = %s, want %s", row.name, got, row.want)
		}
	}
}
