package keyxml_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

const (
	id1 = "3d6d01fd-c0e7-44ae-82dd-013b996b4093"
	id2 = "a11f35fc-1fed-4bd4-b727-056a63b70932"
)

// keyElement is a key with these dates and this content besides.
func keyElement(id, created, activates, expires, content string) string {
	return `<key id="` + id + `"><creationDate>` + created + `</creationDate><activationDate>` + activates +
		`</activationDate><expirationDate>` + expires + `</expirationDate>` + content + `</key>`
}

var goodKey = keyElement(id1, "2015-01-01T00:00:00Z", "2015-02-01T00:00:00Z", "2015-03-01T00:00:00Z", "")

func TestParseKey(t *testing.T) {
	localZone(t)
	for _, row := range []struct{ name, element string }{
		{"XKM-7 a key", goodKey},
		{"other order", `<key id="` + id1 + `"><expirationDate>2015-03-01Z</expirationDate><x/><activationDate>2015-02-01Z</activationDate><creationDate>2015-01-01Z</creationDate></key>`},
		{"local time", keyElement(id1, "2014-12-31T19:00:00", "2015-01-31T19:00:00", "2015-02-28T19:00:00", "")},
		{"version is not looked at", strings.Replace(goodKey, "<key", `<key version="9"`, 1)},
		{"id in another form", strings.Replace(goodKey, id1, " {"+strings.ToUpper(id1)+"}\n", 1)},
		{"the first of two dates", strings.Replace(goodKey, "</key>", "<creationDate>x</creationDate></key>", 1)},
		{"comments in a date", strings.Replace(goodKey, "2015-01-01", "<!-- c -->2015<!-- c -->-01-01", 1)},
		{"CDATA in a date", strings.Replace(goodKey, "2015-01-01T", "<![CDATA[2015-01-01T]]>", 1)},
		{"elements in a date", strings.Replace(goodKey, "2015-01-01T", "<b>2015-01-01T</b>", 1)},
		{"a date in another namespace before it", strings.Replace(goodKey, "<creationDate>", "<creationDate xmlns='u'>x</creationDate><creationDate>", 1)},
		{"an id in another namespace before it", strings.Replace(goodKey, "<key", "<key x:id='x' xmlns:x='u'", 1)},
		{"processing instructions and comments", "<?a b?><!-- c -->" + strings.Replace(goodKey, "<creationDate>", "<?a b?><!-- c --><creationDate>", 1) + "<?a b?><!-- c -->"},
		{"declaration", `<?xml version="1.0" encoding="utf-8"?>` + goodKey},
		{"declaration of UTF-16 by a database", `<?xml version="1.0" encoding="utf-16"?>` + goodKey},
		{"declaration of a part of ASCII", `<?xml version="1.0" encoding="iso-8859-1"?>` + goodKey},
		{"byte order mark", "\ufeff" + goodKey},
		{"line ends of Windows", "\ufeff<?xml version=\"1.0\"?>\r\n" + strings.ReplaceAll(goodKey, "><", ">\r\n  <") + "\r\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			key := parseAs[*keyxml.Key](t, []byte(row.element))
			if keyxml.FormatGUID(key.ID) != id1 || !key.Created.Equal(day(2015, 1, 1)) || !key.Activates.Equal(day(2015, 2, 1)) || !key.Expires.Equal(day(2015, 3, 1)) {
				t.Errorf("Parse = %+v", key)
			}
		})
	}
	t.Run("dates in any order of time", func(t *testing.T) {
		key := parseAs[*keyxml.Key](t, []byte(keyElement(id1, "2017", "2016", "2015", "")))
		if !key.Created.After(key.Activates) || !key.Activates.After(key.Expires) {
			t.Errorf("Parse = %+v", key)
		}
	})
}

func TestParseUTF16(t *testing.T) {
	encode := func(order binary.AppendByteOrder, s string) []byte {
		var b []byte
		for _, u := range utf16.Encode([]rune(s)) {
			b = order.AppendUint16(b, u)
		}
		return b
	}
	element := strings.Replace(goodKey, "</key>", "<!-- é😀 --></key>", 1)
	for _, row := range []struct{ name, text string }{
		{"byte order mark", "\ufeff" + element},
		{"byte order mark and declaration", "\ufeff<?xml version='1.0' encoding='utf-16'?>" + element},
		{"neither", element},
		{"declaration", "<?xml version='1.0' encoding='utf-16'?>" + element},
	} {
		for name, order := range map[string]binary.AppendByteOrder{"LE": binary.LittleEndian, "BE": binary.BigEndian} {
			t.Run(row.name+" "+name, func(t *testing.T) {
				data := encode(order, row.text)
				if key := parseAs[*keyxml.Key](t, data); keyxml.FormatGUID(key.ID) != id1 {
					t.Errorf("Parse = %+v", key)
				}
				for _, cut := range []int{1, 2, len(data) / 2} {
					if got, err := keyxml.Parse(data[:len(data)-cut]); err == nil || got != nil {
						t.Errorf("cut by %d: Parse = %v, %v, want an error", cut, got, err)
					}
				}
			})
		}
	}
	half := append(encode(binary.LittleEndian, "\ufeff<a>"), 0x00, 0xd8)
	half = append(half, encode(binary.LittleEndian, "</a>")...)
	if got, err := keyxml.Parse(half); err == nil || got != nil {
		t.Errorf("half a surrogate pair: Parse = %v, %v, want an error", got, err)
	}
}

// A key that cannot be read is told from all that may be a revocation, is named
// where it has a name, and shows nothing of its content.
func TestParseKeyRefuses(t *testing.T) {
	for _, row := range []struct{ name, element, want string }{
		{"XKM-10 XKM-11 unreadable date", keyElement(id1, "2015", "2015", "1A2B3C4D", "<!-- 1A2B3C4D -->"), "the key cannot be read: " + id1 + ": element expirationDate: not a date and time"},
		{"no creationDate", strings.ReplaceAll(goodKey, "creationDate", "created"), "the key cannot be read: " + id1 + ": element creationDate is missing"},
		{"no activationDate", strings.ReplaceAll(goodKey, "activationDate", "activates"), "the key cannot be read: " + id1 + ": element activationDate is missing"},
		{"empty date", keyElement(id1, "2015", "", "2015", ""), "the key cannot be read: " + id1 + ": element activationDate: not a date and time"},
		{"date in a namespace", strings.Replace(goodKey, "<creationDate>", "<creationDate xmlns='u'>", 1), "the key cannot be read: " + id1 + ": element creationDate is missing"},
		{"no id", strings.Replace(goodKey, "id=", "key=", 1), "the key cannot be read: attribute id: not a GUID"},
		{"malformed id", strings.Replace(goodKey, id1, "1A2B3C4D", 1), "the key cannot be read: attribute id: not a GUID"},
		{"id in a namespace", strings.Replace(goodKey, "id=", "xmlns:x='u' x:id=", 1), "the key cannot be read: attribute id: not a GUID"},
		{"empty", "<key/>", "the key cannot be read: attribute id: not a GUID"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := keyxml.Parse([]byte(row.element))
			if got != nil || !errors.Is(err, keyxml.ErrKey) || err.Error() != row.want {
				t.Errorf("Parse = %v, %v, want %s", got, err, row.want)
			}
		})
	}
}

func revocationOf(id, date string) string {
	return `<revocation version="1"><revocationDate>` + date + `</revocationDate><key id="` + id + `" /><reason>r</reason></revocation>`
}

func TestParseRevocation(t *testing.T) {
	for _, row := range []struct{ name, element string }{
		{"XKM-8 of one key", revocationOf(id1, "2020-01-01T00:00:00Z")},
		{"malformed date", revocationOf(id1, "x")},
		{"no date, no reason", `<revocation><key id="` + id1 + `"/></revocation>`},
		{"the first of two keys", `<revocation><key id="` + id1 + `"/><key id="*"/></revocation>`},
		{"id in another form", `<revocation><key id="{` + id1 + `}"/></revocation>`},
		{"a key in a namespace before it", `<revocation><key xmlns="u" id="*"/><key id="` + id1 + `"/></revocation>`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if r := parseAs[*keyxml.Revocation](t, []byte(row.element)); keyxml.FormatGUID(r.KeyID) != id1 {
				t.Errorf("Parse = %+v, want %s", r, id1)
			}
		})
	}
	t.Run("XKM-8 of all keys", func(t *testing.T) {
		for date, want := range map[string]time.Time{"2014-01-01T00:00:00Z": day(2014, 1, 1), "2017Z": day(2017, 1, 1)} {
			if r := parseAs[*keyxml.RevocationOfAll](t, []byte(revocationOf("*", date))); !r.Before.Equal(want) {
				t.Errorf("Before = %v, want %v", r.Before, want)
			}
		}
	})
}

// Everything here may be a revocation, or is a broken one: no error Is ErrKey.
func TestParseRefuses(t *testing.T) {
	deep := strings.Repeat("<a>", 33) + strings.Repeat("</a>", 33)
	large := "<a>" + strings.Repeat("x", keyxml.MaxSize-7) + "</a>"
	for _, row := range []struct{ name, element, want string }{
		{"XKM-13 revocation of {invalid}", revocationOf("{invalid}", "2015"), "the revocation's attribute id: not a GUID"},
		{"revocation without key", `<revocation><revocationDate>2015</revocationDate></revocation>`, "the revocation has no element key"},
		{"revocation without id", `<revocation><key/></revocation>`, "the revocation's attribute id: not a GUID"},
		{"star with a blank", revocationOf(" *", "2015"), "the revocation's attribute id: not a GUID"},
		{"all without date", `<revocation><key id="*"/></revocation>`, "the revocation of all keys: element revocationDate is missing"},
		{"all with malformed date", revocationOf("*", "1A2B3C4D"), "the revocation of all keys: element revocationDate: not a date and time"},
		{"all with a time of day", revocationOf("*", "12:00:00Z"), "the revocation of all keys: element revocationDate: not a date and time"},

		{"nothing", "", "it has 0 root elements where one belongs; an empty or cut file?"},
		{"blanks", " \n", "it has 0 root elements where one belongs; an empty or cut file?"},
		{"zeros after a crash", strings.Repeat("\x00", 100), "it has a character that XML does not allow"},
		{"no XML", "1A2B3C4D", "it has text outside of its root element"},
		{"cut", goodKey[:len(goodKey)-1], "it is no well-formed XML, line 1; an empty or cut file?"},
		{"cut in the middle", "<key>\n<creationDate>1A2B3C4D", "it is no well-formed XML, line 2; an empty or cut file?"},
		{"conflict markers", "<<<<<<< HEAD\n" + goodKey, "it is no well-formed XML, line 1; an empty or cut file?"},
		{"two roots", goodKey + goodKey, "it has 2 root elements where one belongs; an empty or cut file?"},
		{"text after the root", goodKey + "x", "it has text outside of its root element"},
		{"document type", "<!DOCTYPE key>" + goodKey, "it has a document type declaration, which is refused"},
		{"entities", `<!DOCTYPE a [<!ENTITY e "1A2B3C4D">]><a>&e;</a>`, "it has a document type declaration, which is refused"},
		{"unknown entity", "<a>&SECRET1A2B3C4D;</a>", "it is no well-formed XML, line 1; an empty or cut file?"},
		{"too large", large + " ", "it has 65537 bytes, and 65536 is the limit"},
		{"too deep", deep, "it is nested deeper than 32 levels"},
		{"crossing elements", "<a><b></a></b>", "it is no well-formed XML, line 1; an empty or cut file?"},
		{"declaration after a blank", " <?xml version='1.0'?><a/>", "it has an XML declaration that is not at its beginning"},
		{"declaration inside", "<a><?xml version='1.0'?></a>", "it has an XML declaration that is not at its beginning"},
		{"declaration in capitals", "<?XML version='1.0'?><a/>", "it has an XML declaration that is not at its beginning"},
		{"version 1.1", "<?xml version='1.1'?><a/>", "it is no well-formed XML; an empty or cut file?"},
		{"encoding", "<?xml version='1.0' encoding='iso-8859-1'?><a>é</a>", "it is no well-formed XML; an empty or cut file?"},
		{"no UTF-8", "<a>\xe9</a>", "it is not text in UTF-8 or UTF-16"},
		{"no UTF-8 in a comment", "<a><!--\xe9--></a>", "it is not text in UTF-8 or UTF-16"},
		{"control character", "<a>\x01</a>", "it has a character that XML does not allow"},
		{"control character in a comment", "<a><!--\x01--></a>", "it has a character that XML does not allow"},
		{"reference to a control character", "<a>&#1;</a>", "it is no well-formed XML, line 1; an empty or cut file?"},
		{"end of CDATA", "<a>]]></a>", "it is no well-formed XML, line 1; an empty or cut file?"},
		{"hyphens in a comment", "<a><!-- -- --></a>", "it is no well-formed XML, line 1; an empty or cut file?"},
		{"second byte order mark", "\ufeff\ufeff<a/>", "it has text outside of its root element"},
		{"attribute twice", "<a b='1' b='2'/>", "it is no well-formed XML: an element has two attributes of one name"},
		{"attribute twice, by namespace", "<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>", "it is no well-formed XML: an element has two attributes of one name"},
		{"prefix not declared", "<p:key/>", "it is no well-formed XML: the name of an element has no declared prefix"},
		{"prefix not declared inside", "<a><p:b/></a>", "it is no well-formed XML: the name of an element has no declared prefix"},
		{"prefix of an attribute not declared", "<a p:b=''/>", "it is no well-formed XML: the name of an attribute has no declared prefix"},
		{"prefix xmlns", "<xmlns:a/>", "it is no well-formed XML: the name of an element has no declared prefix"},
		{"prefix undeclared", "<a xmlns:p=''/>", "it is no well-formed XML: the name of an attribute has no declared prefix"},
		{"prefix xml for another namespace", "<a xmlns:xml='u'/>", "it is no well-formed XML: the name of an attribute has no declared prefix"},
		{"prefix xmlns declared", "<a xmlns:xmlns='u'/>", "it is no well-formed XML: the name of an attribute has no declared prefix"},
		{"no prefix before the colon", "<:a/>", "it is no well-formed XML: the name of an element has no declared prefix"},
		{"two colons", "<a:b:c xmlns:a='u'/>", "it is no well-formed XML, line 1; an empty or cut file?"},
		{"attribute without quotes", "<a b=1/>", "it is no well-formed XML, line 1; an empty or cut file?"},
		{"attribute without value", "<a b/>", "it is no well-formed XML, line 1; an empty or cut file?"},
		{"less-than in an attribute", "<a b='<'/>", "it is no well-formed XML, line 1; an empty or cut file?"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := keyxml.Parse([]byte(row.element))
			if got != nil || err == nil || errors.Is(err, keyxml.ErrKey) || err.Error() != row.want {
				t.Errorf("Parse = %v, %v, want %s", got, err, row.want)
			}
		})
	}
	t.Run("the limits are read", func(t *testing.T) {
		for _, element := range []string{large, strings.Replace(deep, "<a></a>", "", 1)} {
			if _, err := keyxml.Parse([]byte(element)); err != nil {
				t.Errorf("Parse of %d bytes: %v", len(element), err)
			}
		}
	})
}

func TestParseUnknown(t *testing.T) {
	for _, row := range []struct{ name, element, want string }{
		{"XKM-7 another name", "<unknown/>", "unknown"},
		{"another case", "<Key/>", "Key"},
		{"a key in a namespace", `<key xmlns="u" id="` + id1 + `"/>`, "key"},
		{"a key with a prefix", `<p:key xmlns:p="u"/>`, "p:key"},
		{"a key in the namespace of XML", `<xml:key/>`, "xml:key"},
		{"a revocation in a namespace", `<revocation xmlns="http://schemas.asp.net/2015/03/dataProtection"/>`, "revocation"},
		{"the root of a blob", "<repository>" + goodKey + "</repository>", "repository"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := parseAs[*keyxml.Unknown](t, []byte(row.element)); got.Name != row.want {
				t.Errorf("Name = %q, want %q", got.Name, row.want)
			}
		})
	}
	t.Run("no namespace by an empty declaration", func(t *testing.T) {
		parseAs[*keyxml.Key](t, []byte(strings.Replace(goodKey, "<key", `<key xmlns=""`, 1)))
	})
}
