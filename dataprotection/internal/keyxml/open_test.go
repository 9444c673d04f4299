package keyxml_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

const (
	model    = "Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption.ConfigurationModel."
	portable = model + "AuthenticatedEncryptorDescriptorDeserializer"
	managed  = model + "ManagedAuthenticatedEncryptorDescriptorDeserializer"
	cngCBC   = model + "CngCbcAuthenticatedEncryptorDescriptorDeserializer"
	cngGCM   = model + "CngGcmAuthenticatedEncryptorDescriptorDeserializer"
	nullType = "Microsoft.AspNetCore.DataProtection.XmlEncryption.NullXmlDecryptor, Microsoft.AspNetCore.DataProtection"

	sealNS    = `xmlns:s="http://schemas.asp.net/2015/03/dataProtection"`
	masterKey = `<masterKey><value>bWFzdGVyIGtleQ==</value></masterKey>`
)

// keyWith is a key whose outer descriptor has this type and content.
func keyWith(deserializerType, content string) []byte {
	return []byte(keyElement(id1, "2015", "2016", "2017", `<descriptor deserializerType="`+deserializerType+`">`+content+`</descriptor>`))
}

func noOpener(string, []byte) ([]byte, error) { return nil, errors.New("nothing is to be opened") }

func TestOpenAlgorithms(t *testing.T) {
	const aesCore = "System.Security.Cryptography.Aes, System.Core, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089"
	const mscorlib = ", mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089"
	const crypto = "System.Security.Cryptography."
	cbcSuite := func(bits int, hash authenc.Hash) authenc.Suite { return authenc.Suite{KeyBits: bits, Hash: hash} }
	gcmSuite := func(bits int) authenc.Suite { return authenc.Suite{Mode: authenc.GCM, KeyBits: bits} }
	tripleDES := func(hash authenc.Hash) authenc.Suite {
		return authenc.Suite{Cipher: authenc.TripleDES, KeyBits: 192, Hash: hash}
	}
	for _, row := range []struct {
		name, kind, descriptor string
		want                   authenc.Suite
		text                   string
	}{
		{"DSC-6 any root, no value", portable, `<any version="1"><encryption algorithm="AES_192_CBC"/><validation algorithm="HMACSHA512"/><masterKey>bWFzdGVyIGtleQ==</masterKey></any>`, cbcSuite(192, authenc.SHA512), "AES_192_CBC, HMACSHA512"},
		{"other order", portable, `<d>` + masterKey + `<validation algorithm="HMACSHA256"/><encryption algorithm="AES_128_CBC"/></d>`, cbcSuite(128, authenc.SHA256), "AES_128_CBC, HMACSHA256"},
		{"GCM ignores a validation", portable, `<d><encryption algorithm="AES_256_GCM"/><validation algorithm="x"/>` + masterKey + `</d>`, gcmSuite(256), "AES_256_GCM"},
		{"blanks around names", portable, `<d><encryption algorithm=" AES_256_CBC&#9;"/><validation algorithm=" HMACSHA256 "/>` + masterKey + `</d>`, cbcSuite(256, authenc.SHA256), "AES_256_CBC, HMACSHA256"},
		{"numbers", portable, `<d><encryption algorithm="1"/><validation algorithm=" 01 "/>` + masterKey + `</d>`, cbcSuite(192, authenc.SHA512), "AES_192_CBC, HMACSHA512"},
		{"number of a GCM", portable, `<d><encryption algorithm="+3"/>` + masterKey + `</d>`, gcmSuite(128), "AES_128_GCM"},
		{"DSC-8 CNG CBC", cngCBC, `<d><encryption algorithm="AES" keyLength="192"/><hash algorithm="SHA512"/>` + masterKey + `</d>`, cbcSuite(192, authenc.SHA512), "AES-192, SHA512"},
		{"CNG CBC with providers", cngCBC, `<d><encryption algorithm="AES" keyLength=" 256 " provider="P"/><hash algorithm="SHA1" provider="P"/>` + masterKey + `</d>`, cbcSuite(256, authenc.SHA1), "AES-256, SHA1"},
		{"CNG 3DES", cngCBC, `<d><encryption algorithm="3DES" keyLength="192"/><hash algorithm="SHA384"/>` + masterKey + `</d>`, tripleDES(authenc.SHA384), "3DES-192, SHA384"},
		{"DSC-10 CNG GCM", cngGCM, `<d><encryption algorithm="AES" keyLength="192"/>` + masterKey + `</d>`, gcmSuite(192), "AES-192-GCM"},
		{"the first of two secrets", cngGCM, `<d><encryption algorithm="AES" keyLength="192"/>` + masterKey + `<masterKey/></d>`, gcmSuite(192), "AES-192-GCM"},
		{"DSC-13 managed HMACSHA1", managed, `<d><encryption algorithm="Aes" keyLength="192"/><validation algorithm="HMACSHA1"/>` + masterKey + `</d>`, cbcSuite(192, authenc.SHA1), "Aes-192, HMACSHA1"},
		{"DSC-13 managed HMACSHA256", managed, `<d><encryption algorithm="Aes" keyLength="192"/><validation algorithm="HMACSHA256"/>` + masterKey + `</d>`, cbcSuite(192, authenc.SHA256), "Aes-192, HMACSHA256"},
		{"DSC-13 managed HMACSHA384", managed, `<d><encryption algorithm="Aes" keyLength="192"/><validation algorithm="HMACSHA384"/>` + masterKey + `</d>`, cbcSuite(192, authenc.SHA384), "Aes-192, HMACSHA384"},
		{"DSC-13 managed HMACSHA512", managed, `<d><encryption algorithm="Aes" keyLength="192"/><validation algorithm="HMACSHA512"/>` + masterKey + `</d>`, cbcSuite(192, authenc.SHA512), "Aes-192, HMACSHA512"},
		{"DSC-14 managed, by type names", managed, `<d><encryption algorithm="` + aesCore + `" keyLength="192"/><validation algorithm="` + crypto + `HMACSHA384` + mscorlib + `"/>` + masterKey + `</d>`, cbcSuite(192, authenc.SHA384), ""},
		{"managed, AesManaged", managed, `<d><encryption algorithm="` + crypto + `AesManaged` + mscorlib + `" keyLength="256"/><validation algorithm="HMACSHA256"/>` + masterKey + `</d>`, cbcSuite(256, authenc.SHA256), ""},
		{"managed, AesCryptoServiceProvider", managed, `<d><encryption algorithm="` + crypto + `AesCryptoServiceProvider` + mscorlib + `" keyLength="256"/><validation algorithm="HMACSHA256"/>` + masterKey + `</d>`, cbcSuite(256, authenc.SHA256), ""},
		{"managed, AesCng", managed, `<d><encryption algorithm="` + crypto + `AesCng` + mscorlib + `" keyLength="256"/><validation algorithm="HMACSHA256"/>` + masterKey + `</d>`, cbcSuite(256, authenc.SHA256), ""},
		{"managed, RijndaelManaged", managed, `<d><encryption algorithm="` + crypto + `RijndaelManaged" keyLength="128"/><validation algorithm="HMACSHA256"/>` + masterKey + `</d>`, cbcSuite(128, authenc.SHA256), ""},
		{"managed, TripleDESCryptoServiceProvider", managed, `<d><encryption algorithm="` + crypto + `TripleDESCryptoServiceProvider` + mscorlib + `" keyLength="192"/><validation algorithm="HMACSHA1"/>` + masterKey + `</d>`, tripleDES(authenc.SHA1), ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			key := parseAs[*keyxml.Key](t, keyWith(row.kind, row.descriptor))
			algorithm, master, err := key.Open(noOpener)
			if err != nil || string(master) != "master key" {
				t.Fatalf("Open = %q, %v", master, err)
			}
			if suite, err := algorithm.Suite(); err != nil || suite != row.want {
				t.Errorf("Suite = %+v, %v, want %+v", suite, err, row.want)
			}
			if row.text != "" && algorithm.String() != row.text {
				t.Errorf("String = %q, want %q", algorithm, row.text)
			}
		})
	}
}

func TestSuiteRefuses(t *testing.T) {
	const qualified = "System.Security.Cryptography.%s, mscorlib"
	for _, row := range []struct {
		name      string
		algorithm keyxml.Algorithm
		unknown   string
	}{
		{"nothing", keyxml.Algorithm{}, ""},
		{"other case", keyxml.Algorithm{Encryption: "aes_256_cbc", Validation: "HMACSHA256"}, "aes_256_cbc"},
		{"number beyond the table", keyxml.Algorithm{Encryption: "6", Validation: "HMACSHA256"}, "6"},
		{"GCM of another size", keyxml.Algorithm{Encryption: "AES_512_GCM"}, "AES_512_GCM"},
		{"no validation", keyxml.Algorithm{Encryption: "AES_256_CBC"}, ""},
		{"portable HMACSHA384", keyxml.Algorithm{Encryption: "AES_256_CBC", Validation: "HMACSHA384"}, "HMACSHA384"},
		{"portable type name", keyxml.Algorithm{Encryption: "AES_256_CBC", Validation: "HMACSHA256, mscorlib"}, "HMACSHA256, mscorlib"},
		{"managed AES in capitals", keyxml.Algorithm{Kind: keyxml.Managed, Encryption: "AES", KeyBits: 256, Validation: "HMACSHA256"}, "AES"},
		{"managed in lower case", keyxml.Algorithm{Kind: keyxml.Managed, Encryption: "Aes", KeyBits: 256, Validation: "hmacsha256"}, "hmacsha256"},
		{"managed hash without HMAC", keyxml.Algorithm{Kind: keyxml.Managed, Encryption: "Aes", KeyBits: 256, Validation: "SHA256"}, "SHA256"},
		{"managed class by short name", keyxml.Algorithm{Kind: keyxml.Managed, Encryption: "AesManaged", KeyBits: 256, Validation: "HMACSHA256"}, "AesManaged"},
		{"managed short name with assembly", keyxml.Algorithm{Kind: keyxml.Managed, Encryption: "Aes, mscorlib", KeyBits: 256, Validation: "HMACSHA256"}, "Aes, mscorlib"},
		{"managed abstract 3DES", keyxml.Algorithm{Kind: keyxml.Managed, Encryption: fmt.Sprintf(qualified, "TripleDES"), KeyBits: 192, Validation: "HMACSHA256"}, fmt.Sprintf(qualified, "TripleDES")},
		{"managed class of others", keyxml.Algorithm{Kind: keyxml.Managed, Encryption: "Contoso.Aes, Contoso", KeyBits: 256, Validation: "HMACSHA256"}, "Contoso.Aes, Contoso"},
		{"managed HMAC of others", keyxml.Algorithm{Kind: keyxml.Managed, Encryption: "Aes", KeyBits: 256, Validation: fmt.Sprintf(qualified, "HMACMD5")}, fmt.Sprintf(qualified, "HMACMD5")},
		{"CNG name of another kind", keyxml.Algorithm{Kind: keyxml.CNGCBC, Encryption: "Aes", KeyBits: 256, Validation: "SHA256"}, "Aes"},
		{"CNG hash of another kind", keyxml.Algorithm{Kind: keyxml.CNGCBC, Encryption: "AES", KeyBits: 256, Validation: "HMACSHA256"}, "HMACSHA256"},
		{"3DES in GCM", keyxml.Algorithm{Kind: keyxml.CNGGCM, Encryption: "3DES", KeyBits: 192}, "3DES"},
	} {
		t.Run(row.name, func(t *testing.T) {
			suite, err := row.algorithm.Suite()
			if suite != (authenc.Suite{}) || err == nil || !strings.Contains(err.Error(), fmt.Sprintf("algorithm %q is not known", row.unknown)) {
				t.Errorf("Suite = %+v, %v, want an error that names %q", suite, err, row.unknown)
			}
		})
	}
}

// opener returns the text of each element it is given, which is XML once more.
func opener(opened map[string]string) func(string, []byte) ([]byte, error) {
	return func(decryptorType string, element []byte) ([]byte, error) {
		return []byte(opened[decryptorType+" "+string(element)]), nil
	}
}

func TestOpenSealed(t *testing.T) {
	const algorithms = `<encryption algorithm="AES_256_CBC"/><validation algorithm="HMACSHA256"/>`
	whole := "<descriptor>" + algorithms + masterKey + "</descriptor>"
	sealed := func(decryptorType, content string) string {
		return `<s:encryptedSecret ` + sealNS + ` decryptorType="` + decryptorType + `">` + content + `</s:encryptedSecret>`
	}
	for _, row := range []struct {
		name, descriptor string
		opened           map[string]string
		by               string
	}{
		{"XML-1 nothing sealed", whole, nil, "[]"},
		{"XML-2 XKM-9 the descriptor itself", sealed("T, A", "<x/>"), map[string]string{`T, A <x xmlns:s="http://schemas.asp.net/2015/03/dataProtection" />`: whole}, "[T]"},
		{"default namespace", `<d>` + algorithms + `<encryptedSecret decryptorType="T" xmlns="http://schemas.asp.net/2015/03/dataProtection"><x xmlns=""><y/></x></encryptedSecret></d>`, map[string]string{`T <x xmlns=""><y /></x>`: masterKey}, "[T]"},
		{"a child in the wrapper's namespace", `<d>` + algorithms + `<encryptedSecret decryptorType="T" xmlns="http://schemas.asp.net/2015/03/dataProtection"><x/></encryptedSecret></d>`, map[string]string{`T <x xmlns="http://schemas.asp.net/2015/03/dataProtection" />`: masterKey}, "[T]"},
		{"prefixes declared further out", `<d xmlns:p="u">` + algorithms + sealed("T", "<p:x p:a='b'> <!--c--></p:x>") + `</d>`, map[string]string{`T <p:x p:a="b" xmlns:s="http://schemas.asp.net/2015/03/dataProtection" xmlns:p="u"><!--c--></p:x>`: masterKey}, "[T]"},
		{"comments beside the child", `<d>` + algorithms + sealed("T", "<!--c--> <x/> <?p i?>") + `</d>`, map[string]string{`T <x xmlns:s="http://schemas.asp.net/2015/03/dataProtection" />`: masterKey}, "[T]"},
		{"a descriptor in a namespace", `<d xmlns="u"><encryption algorithm="AES_256_GCM" xmlns=""/>` + sealed("T", "<x/>") + `</d>`, map[string]string{`T <x xmlns:s="http://schemas.asp.net/2015/03/dataProtection" xmlns="u" />`: masterKey}, "[T]"},
		{"a whole document comes back", `<d>` + algorithms + sealed("T", "<x xmlns=''/>") + `</d>`, map[string]string{`T <x xmlns="" xmlns:s="http://schemas.asp.net/2015/03/dataProtection" />`: "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<!-- c -->\r\n" + masterKey + "\r\n"}, "[T]"},
		{"XML-6 two at different depths", `<d>` + sealed("A", "<x/>") + `<validation algorithm="HMACSHA256"/><masterKey s:requiresEncryption="false" ` + sealNS + `>` + sealed("B", "<y/>") + `</masterKey></d>`, map[string]string{`A <x xmlns:s="http://schemas.asp.net/2015/03/dataProtection" />`: `<encryption algorithm="AES_256_CBC"/>`, `B <y xmlns:s="http://schemas.asp.net/2015/03/dataProtection" />`: `<value>bWFzdGVyIGtleQ==</value>`}, "[]"},
		{"XML-4 X509-7 0.6 null wrapper of any name", `<d>` + algorithms + sealed(nullType, "<node><!--c-->"+masterKey+"</node>") + `</d>`, nil, "[]"},
		{"0.6 null wrapper of the descriptor", sealed(nullType, "<node>"+whole+"</node>"), nil, "[]"},
		{"null wrapper by its old name", `<d>` + algorithms + sealed(strings.ReplaceAll(nullType, "AspNetCore", "AspNet"), "<node>"+masterKey+"</node>") + `</d>`, nil, "[]"},
		{"a secret in clear beside a sealed one", `<d>` + algorithms + masterKey + sealed("T", "<x/>") + `</d>`, map[string]string{`T <x xmlns:s="http://schemas.asp.net/2015/03/dataProtection" />`: "<other/>"}, "[]"},
		{"not a wrapper: no namespace", `<d>` + algorithms + `<encryptedSecret decryptorType="T"/>` + masterKey + `</d>`, nil, "[]"},
	} {
		t.Run(row.name, func(t *testing.T) {
			key := parseAs[*keyxml.Key](t, keyWith(portable, row.descriptor))
			for range 2 { // opening does not change the key
				if by := fmt.Sprint(key.SealedBy()); by != row.by {
					t.Errorf("SealedBy = %s, want %s", by, row.by)
				}
				algorithm, master, err := key.Open(opener(row.opened))
				if err != nil || string(master) != "master key" || !strings.HasPrefix(algorithm.Encryption, "AES_256_") {
					t.Errorf("Open = %+v, %q, %v", algorithm, master, err)
				}
			}
		})
	}
}

func TestSealedBy(t *testing.T) {
	sealed := func(decryptorType string) string {
		return `<s:encryptedSecret ` + sealNS + ` decryptorType="` + decryptorType + `"><x/></s:encryptedSecret>`
	}
	for _, row := range []struct{ name, content, want string }{
		{"two mechanisms", `<d>` + sealed("A.B, C") + `<e>` + sealed("D") + sealed("A.B") + `</e></d>`, `["A.B" "D"]`},
		{"no type", `<d><s:encryptedSecret ` + sealNS + `/></d>`, `[""]`},
		{"null and another", `<d>` + sealed(nullType) + sealed("T") + `</d>`, `["T"]`},
		{"nothing", ``, `[]`},
	} {
		if by := fmt.Sprintf("%q", parseAs[*keyxml.Key](t, keyWith(portable, row.content)).SealedBy()); by != row.want {
			t.Errorf("%s: SealedBy = %s, want %s", row.name, by, row.want)
		}
	}
	// What is sealed outside of the descriptor is never opened, and seals nothing.
	decoy := keyElement(id1, "2015", "2016", "2017", sealed("T")+`<descriptor deserializerType="`+portable+`"><d>`+masterKey+`</d></descriptor>`)
	if by := parseAs[*keyxml.Key](t, []byte(decoy)).SealedBy(); len(by) != 0 {
		t.Errorf("SealedBy = %q, want nothing", by)
	}
}

// A key without a usable descriptor is listed, and says why it cannot be used. The
// text 1A2B3C4D stands for what an error must never show.
func TestOpenRefuses(t *testing.T) {
	const cbc = `<encryption algorithm="AES_256_CBC"/><validation algorithm="HMACSHA256"/>`
	sealed := func(content string) string {
		return `<d>` + cbc + `<s:encryptedSecret ` + sealNS + ` decryptorType="T">` + content + `</s:encryptedSecret></d>`
	}
	null := func(content string) string {
		return strings.Replace(sealed(content), `"T"`, `"`+nullType+`"`, 1)
	}
	for _, row := range []struct{ name, kind, content, want string }{
		{"DSC-18 unknown kind", "Contoso.Deserializer, Contoso", `<d/>`, `its descriptor is of an unknown kind, "Contoso.Deserializer, Contoso"`},
		{"TYP-2 a class that never was", "Microsoft.AspNet.DataProtection.Nothing, Microsoft.AspNet.DataProtection", `<d/>`, `its descriptor is of an unknown kind, "Microsoft.AspNet.DataProtection.Nothing, Microsoft.AspNet.DataProtection"`},
		{"kind in another case", strings.ToLower(portable), `<d/>`, `its descriptor is of an unknown kind, "` + strings.ToLower(portable) + `"`},
		{"no kind", "", `<d>` + cbc + masterKey + `</d>`, `its descriptor is of an unknown kind, ""`},
		{"empty descriptor", portable, ``, `its "descriptor" has 0 child elements where one belongs`},
		{"two descriptors", portable, `<d/><d/>`, `its "descriptor" has 2 child elements where one belongs`},
		{"no encryption", portable, `<d>` + masterKey + `</d>`, `its descriptor has no element encryption`},
		{"encryption in a namespace", portable, `<d xmlns="u">` + cbc + masterKey + `</d>`, `its descriptor has no element encryption`},
		{"no validation", portable, `<d><encryption algorithm="AES_256_CBC"/>` + masterKey + `</d>`, `its descriptor has no element validation`},
		{"number beyond the table, no validation", portable, `<d><encryption algorithm="6"/>` + masterKey + `</d>`, `its descriptor has no element validation`},
		{"CNG without hash", cngCBC, `<d><encryption algorithm="AES" keyLength="256"/><validation algorithm="HMACSHA256"/>` + masterKey + `</d>`, `its descriptor has no element hash`},
		{"managed without keyLength", managed, `<d><encryption algorithm="Aes"/><validation algorithm="HMACSHA256"/>` + masterKey + `</d>`, `its descriptor has no keyLength`},
		{"keyLength is no number", managed, `<d><encryption algorithm="Aes" keyLength="1A2B3C4D"/><validation algorithm="HMACSHA256"/>` + masterKey + `</d>`, `its descriptor has no keyLength`},
		{"no masterKey", portable, `<d>` + cbc + `</d>`, `its descriptor has 0 elements masterKey where one belongs`},
		{"two masterKeys", portable, `<d>` + cbc + masterKey + masterKey + `</d>`, `its descriptor has 2 elements masterKey where one belongs`},
		{"masterKey in a namespace", portable, `<d>` + cbc + `<masterKey xmlns="u">AAAA</masterKey></d>`, `its descriptor has 0 elements masterKey where one belongs`},
		{"empty masterKey", portable, `<d>` + cbc + `<masterKey><value/></masterKey></d>`, `its masterKey is empty`},
		{"no base64", portable, `<d>` + cbc + `<masterKey><value>1A2B3C4D!</value></masterKey></d>`, `its masterKey is not base64`},
		{"no padding", portable, `<d>` + cbc + `<masterKey><value>1A2B3C4D1A</value></masterKey></d>`, `its masterKey is not base64`},
		{"base64 for URLs", portable, `<d>` + cbc + `<masterKey><value>1A2B3C4_</value></masterKey></d>`, `its masterKey is not base64`},
		{"no-break space", portable, `<d>` + cbc + "<masterKey><value>1A2B\u00a03C4D</value></masterKey></d>", `its masterKey is not base64`},
		{"no decryptorType", portable, strings.Replace(sealed("<x/>"), `decryptorType="T"`, "", 1), `its encryptedSecret names no decryptorType`},
		{"decryptorType in the namespace", portable, strings.Replace(sealed("<x/>"), `decryptorType`, "s:decryptorType", 1), `its encryptedSecret names no decryptorType`},
		{"nothing in encryptedSecret", portable, sealed("1A2B3C4D"), `its "encryptedSecret" has 0 child elements where one belongs`},
		{"two in encryptedSecret", portable, sealed("<x/><x/>"), `its "encryptedSecret" has 2 child elements where one belongs`},
		{"0.6 nothing in the null wrapper", portable, null("<x>1A2B3C4D</x>"), `its "x" has 0 child elements where one belongs`},
		{"0.6 two in the null wrapper", portable, null("<x>" + masterKey + masterKey + "</x>"), `its "x" has 2 child elements where one belongs`},
		{"0.6 XML-6 sealed within the result", portable, null("<x>" + `<s:encryptedSecret ` + sealNS + ` decryptorType="T"><y/></s:encryptedSecret>` + "</x>"), `its descriptor has 0 elements masterKey where one belongs`},
		{"opened to something else", portable, sealed("<other/>"), `its descriptor has 0 elements masterKey where one belongs`},
		{"opened to no XML", portable, sealed("<text/>"), `what the opener returned: it has text outside of its root element`},
		{"opened to nothing", portable, sealed("<nothing/>"), `what the opener returned: it has 0 root elements where one belongs; an empty or cut file?`},
		{"opened to a document type", portable, sealed("<doctype/>"), `what the opener returned: it has a document type declaration, which is refused`},
		{"not opened", portable, sealed("<failing/>"), `wrong key`},
	} {
		t.Run(row.name, func(t *testing.T) {
			key := parseAs[*keyxml.Key](t, keyWith(row.kind, row.content))
			algorithm, master, err := key.Open(func(_ string, element []byte) ([]byte, error) {
				switch name, _, _ := strings.Cut(string(element[1:]), " "); name {
				case "text":
					return []byte("1A2B3C4D"), nil
				case "nothing":
					return nil, nil
				case "doctype":
					return []byte("<!DOCTYPE masterKey>" + masterKey), nil
				case "failing":
					return nil, errors.New("wrong key")
				}
				return element, nil
			})
			if algorithm != (keyxml.Algorithm{}) || master != nil || err == nil || err.Error() != row.want {
				t.Errorf("Open = %+v, %q, %v, want %s", algorithm, master, err, row.want)
			}
		})
	}
	t.Run("no descriptor", func(t *testing.T) {
		if _, _, err := parseAs[*keyxml.Key](t, []byte(goodKey)).Open(nil); err == nil || err.Error() != "it has no descriptor" {
			t.Errorf("Open: %v", err)
		}
	})
	t.Run("no opener", func(t *testing.T) {
		const want = `it was sealed by "T", and nothing is given to open it with`
		if _, _, err := parseAs[*keyxml.Key](t, keyWith(portable, sealed("<x/>"))).Open(nil); err == nil || err.Error() != want {
			t.Errorf("Open: %v, want %s", err, want)
		}
	})
	t.Run("the opener's error is kept", func(t *testing.T) {
		errNotMine := errors.New("not mine")
		_, _, err := parseAs[*keyxml.Key](t, keyWith(portable, sealed("<x/>"))).Open(func(string, []byte) ([]byte, error) { return nil, errNotMine })
		if !errors.Is(err, errNotMine) {
			t.Errorf("Open: %v, want %v", err, errNotMine)
		}
	})
}

func TestTypeName(t *testing.T) {
	const xmlStem = "Microsoft.AspNetCore.DataProtection.XmlEncryption."
	for _, row := range []struct{ name, in, want string }{
		{"bare", "A.B", "A.B"},
		{"qualified", " A.B , C, Version=1.0.0.0", "A.B"},
		{"TYP-1 name from before 1.0", "Microsoft.AspNet.DataProtection.XmlEncryption.NullXmlDecryptor, Microsoft.AspNet.DataProtection, Version=1.0.0.0, Culture=neutral", xmlStem + "NullXmlDecryptor"},
		{"empty", "", ""},
	} {
		if got := keyxml.TypeName(row.in); got != row.want {
			t.Errorf("%s: TypeName(%q) = %q, want %q", row.name, row.in, got, row.want)
		}
	}
	for i, c := range publishedValue(t, "type-name-version-strip").Cases {
		if in, out := keyxml.TypeName(c.Input), keyxml.TypeName(c.Output); in != out {
			t.Errorf("TYP-4 case %d: TypeName tells %q from %q, which differ in versions only", i, in, out)
		}
	}
	for _, version := range []string{"7.0.0.0", "9.0.0.0", "8.1.0.0", "8.0.1.0"} {
		in := portable + ", Microsoft.AspNetCore.DataProtection, Version=" + version + ", Culture=neutral, PublicKeyToken=adb9793829ddae60"
		if got := keyxml.TypeName(in); got != portable {
			t.Errorf("TYP-6 version %s: TypeName = %q, want %q", version, got, portable)
		}
	}
}

func TestKnownToDotNet(t *testing.T) {
	const stem = "Microsoft.AspNetCore.DataProtection."
	for name, want := range map[string]bool{
		stem + "XmlEncryption.NullXmlDecryptor": true,
		stem + "XmlEncryption.EncryptedXmlDecryptor, Microsoft.AspNetCore.DataProtection, Version=8.0.0.0":            true,
		stem + "XmlEncryption.DpapiXmlDecryptor":                                                                      true,
		stem + "XmlEncryption.DpapiNGXmlDecryptor":                                                                    true,
		stem + "AzureKeyVault.AzureKeyVaultXmlDecryptor, Microsoft.AspNetCore.DataProtection.AzureKeyVault":           true,
		"Azure.Extensions.AspNetCore.DataProtection.Keys.AzureKeyVaultXmlDecryptor, Azure.Extensions.AspNetCore, V=1": true,
		stem + "XmlEncryption.encryptedxmldecryptor":                                                                  false,
		"Sealring.Secret": false,
		"":                false,
	} {
		if got := keyxml.KnownToDotNet(name); got != want {
			t.Errorf("KnownToDotNet(%q) = %t, want %t", name, got, want)
		}
	}
}
