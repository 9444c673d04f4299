package storetest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/contracttest"
)

func emptyStore(t reporter, s storage) {
	s.holds(t, s.open())
	s.holds(t, s.open()) // and looking has not changed that
}

func roundTrip(t reporter, s storage) {
	const declared = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	texts := map[string]string{
		"plain":                    `<key id="1" />`,
		"declaration":              declared + `<key id="2" />`,
		"byte order mark":          "\ufeff" + declared + `<key id="3" />`,
		"CR LF":                    "<key id=\"4\">\r\n  <a />\r\n</key>",
		"final line break":         "<key id=\"5\" />\n",
		"beyond ASCII":             "<key id=\"6\"><reason>Ключ, 鍵, 🔑, e\u0301, \u0085\u2028</reason></key>",
		"quotes and entities":      `<key id="7" a='"' b="'">&lt;&amp;&#x1F511;%s\0$1?:;--</key>`,
		"60 KiB":                   `<key id="8">` + long(60<<10) + `</key>`,
		"60 KiB of three bytes":    `<key id="9">` + strings.Repeat("鍵", 20<<10) + `</key>`,
		"comment and CDATA at end": `<key id="10" /><!-- ` + "`" + ` --><?pi?>`,
	}
	if !s.TextOnly {
		texts["UTF-16"] = utf16LE("\ufeff<?xml version=\"1.0\" encoding=\"utf-16\"?><key id=\"11\">鍵</key>")
	}
	var want []dataprotection.Element
	store := s.open()
	for name, text := range texts {
		want = append(want, dataprotection.Element{Name: "key-" + strings.ReplaceAll(name, " ", "-"), XML: []byte(text)})
		add(t, store, want[len(want)-1])
		s.holds(t, store, want...)
	}
	s.holds(t, s.open(), want...)
}

func utf16LE(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		b.WriteByte(byte(unit))
		b.WriteByte(byte(unit >> 8))
	}
	return b.String()
}

func otherHandle(t reporter, s storage) {
	writer, reader := s.open(), s.open()
	s.holds(t, reader)
	var want []dataprotection.Element
	for i := range 3 {
		want = append(want, element(i))
		add(t, writer, element(i))
		s.holds(t, reader, want...)
	}
}

func names(t reporter, s storage) {
	store := s.open()
	add(t, store, element(1), element(2))
	refs := make(map[string]bool)
	for _, e := range load(t, store).Elements {
		number := 1
		if bytes.Equal(s.text(e.XML), s.text(element(2).XML)) {
			number = 2
		}
		if want := element(number).Name; !s.NoNames && e.Name != want {
			t.Fatalf("an element that was added as %q came back as %q", want, e.Name)
		}
		refs[e.Ref] = true
	}
	_, replaces := store.(dataprotection.Replacer)
	_, removes := store.(dataprotection.Remover)
	if (replaces || removes) && (refs[""] || len(refs) != 2) {
		t.Fatalf("the Ref of two elements of a store that can replace or remove: got %q, want two, none of them empty", slices.Sorted(maps.Keys(refs)))
	}
}

func unusualNames(t reporter, s storage) {
	store := s.open()
	var want []dataprotection.Element
	for i, name := range []string{
		"", " ", ".", "..", "../up", "/root", `back\slash`, "not*friendly", "a.xml", "nul", "CON", "new\nline",
		"ключ", "'; DROP TABLE keys; --", "%s", strings.Repeat("long", 100),
	} {
		e := element(i)
		e.Name = name
		add(t, store, e)
		want = append(want, e)
	}
	s.holds(t, store, want...)
	s.holds(t, s.open(), want...)
}

func takenName(t reporter, s storage) {
	store := s.open()
	first, second := element(1), element(2)
	second.Name = first.Name
	add(t, store, first)
	err := s.open().Add(t.Context(), second, "")
	if s.NoNames || s.RepeatedNames {
		if err != nil {
			t.Fatalf("Add of a second element with the name of the first: %v", err)
		}
		s.holds(t, store, first, second)
		return
	}
	contracttest.Must(t, "Add under a name that is taken", err, fs.ErrExist)
	if errors.Is(err, dataprotection.ErrConflict) {
		t.Fatalf("Add under a name that is taken: %v is an ErrConflict, for which a caller would try again", err)
	}
	s.holds(t, store, first)
}

func manyElements(t reporter, s storage) {
	store := s.open()
	var want []dataprotection.Element
	for i := range 100 {
		want = append(want, element(i))
	}
	add(t, store, want...)
	s.holds(t, store, want...)
	s.holds(t, s.open(), want...)
}

func noAliasing(t reporter, s storage) {
	store := s.open()
	given := element(1)
	given.XML = append([]byte(nil), given.XML...)
	add(t, store, given)
	clear(given.XML)
	for range 2 {
		snap := s.holds(t, store, element(1))
		clear(snap.Elements[0].XML)
	}

	replacer, ok := store.(dataprotection.Replacer)
	if !ok {
		return
	}
	given = element(2)
	if err := replacer.Replace(t.Context(), load(t, store).Elements[0], given); err != nil {
		t.Fatalf("Replace: %v", err)
	}
	clear(given.XML)
	s.holds(t, store, element(2))
}

func endedContext(t reporter, s storage) {
	store := s.open()
	add(t, store, element(1))
	loaded := load(t, store).Elements[0]
	ended, cancel := context.WithCancel(t.Context())
	cancel()

	_, err := store.Load(ended, "")
	contracttest.Must(t, "Load with a cancelled context", err, context.Canceled)
	contracttest.Must(t, "Add with a cancelled context", store.Add(ended, element(2), ""), context.Canceled)
	if r, ok := store.(dataprotection.Replacer); ok {
		contracttest.Must(t, "Replace with a cancelled context", r.Replace(ended, loaded, element(3)), context.Canceled)
	}
	if r, ok := store.(dataprotection.Remover); ok {
		contracttest.Must(t, "Remove with a cancelled context", r.Remove(ended, loaded), context.Canceled)
	}
	s.holds(t, store, element(1))
}
