package sealtest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/beevik/etree"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

func foreignTypes(t reporter, h holders) {
	s := h.sealer()
	k := seal(t, s, secret(64, 1))
	name := keyxml.TypeName(k.decryptorType)
	for _, foreign := range []string{"", ",", name + "X", "X" + name, name[1:], "Contoso." + name + ", Some.Assembly", "Contoso.Decryptor, " + name} {
		for _, element := range [][]byte{k.element, []byte("<other />"), nil} {
			f := sealed{master: k.master, fragment: k.fragment, id: k.id, decryptorType: foreign, element: element}
			got, err := open(t, s, f)
			refused(t, k, "decryptor type "+foreign, got, err)
			if !errors.Is(err, dataprotection.ErrNotMine) {
				t.Fatalf("decryptor type %q: got error %v, want ErrNotMine", foreign, err)
			}
		}
	}
}

func anotherHolder(t reporter, h holders) {
	if h.OneHolder {
		t.Skip("there is one holder")
	}
	ours, theirs := h.sealer(), h.sealer()
	k := seal(t, theirs, secret(64, 1))
	got, err := open(t, ours, k)
	refused(t, k, "what another holder has sealed", got, err)
	if !errors.Is(err, dataprotection.ErrNotMine) {
		t.Fatalf("what another holder has sealed: got error %v, want ErrNotMine, so that the next opener is asked", err)
	}
	opens(t, theirs, k)
}

func garbage(t reporter, h holders) {
	s := h.sealer()
	k := seal(t, s, secret(64, 1))
	root, _, _ := strings.Cut(strings.TrimLeft(string(k.element), "<"), " ")
	root, _, _ = strings.Cut(root, ">")
	for _, text := range []string{
		"", " ", "<", "text", "\x00", "\xff\xfe", "<other />", "<" + root + " />", "<" + root + ">", "</" + root + ">",
		"<!DOCTYPE a [<!ENTITY b \"" + strings.Repeat("c", 1000) + "\">]><" + root + ">&b;</" + root + ">",
		strings.Repeat("<a>", 20000), strings.Repeat("<"+root+">", 5000), strings.Repeat("x", 1<<20),
		string(k.element[:1]) + strings.Repeat(" ", 1<<20), "<" + root + " a=\"" + strings.Repeat("A", 1<<20) + "\" />",
	} {
		g := k
		g.element = []byte(text)
		got, err := open(t, s, g)
		refused(t, k, fmt.Sprintf("garbage %.40q", text), got, err)
	}
}

// changedElements changes every byte, to one that may well stand in its place.
func changedElements(t reporter, h holders) {
	s := h.sealer()
	k := seal(t, s, secret(64, 1))
	for i, b := range k.element {
		changed := k
		changed.element = bytes.Clone(k.element)
		changed.element[i] = b ^ 1
		h.notAnother(t, s, changed, fmt.Sprintf("byte %d is %q and not %q", i, b^1, b))
	}
}

// cutElements leaves out the end, each byte, and the end of each value.
func cutElements(t reporter, h holders) {
	s := h.sealer()
	k := seal(t, s, secret(64, 1))
	for n := range k.element {
		for _, cut := range [][]byte{k.element[:n], append(bytes.Clone(k.element[:n]), k.element[n+1:]...)} {
			c := k
			c.element = cut
			h.notAnother(t, s, c, fmt.Sprintf("cut at byte %d, %d bytes are left", n, len(cut)))
		}
	}
	for i, value := range values(t, k.element) {
		for n := range len(value) {
			c := k
			c.element = withValue(t, k.element, i, value[:n])
			h.notAnother(t, s, c, fmt.Sprintf("value %d cut to %d of %d characters", i, n, len(value)))
		}
	}
}

// mixedElements puts each text and each attribute of one element into another one.
// If the whole secret is one value, the other key may come out, in whose name only
// a sealer that is told the key's id can refuse it.
func mixedElements(t reporter, h holders) {
	s := h.sealer()
	a, b := seal(t, s, secret(64, 1)), seal(t, s, secret(64, 2))
	theirs := values(t, b.element)
	if n := len(values(t, a.element)); n != len(theirs) {
		t.Fatalf("two sealed elements have %d and %d values", n, len(theirs))
	}
	for i, value := range theirs {
		mixed := a
		mixed.element = withValue(t, a.element, i, value)
		if got, err := open(t, s, mixed); err == nil && same(got, b.fragment) {
			if _, bound := s.(dataprotection.KeyOpener); bound {
				t.Fatalf("with value %d of another key it opens as that", i)
			}
			continue
		}
		h.notAnother(t, s, mixed, fmt.Sprintf("value %d is that of another key", i))
	}
}

// values returns every text and attribute of an element.
func values(t reporter, element []byte) (all []string) {
	t.Helper()
	for _, v := range valuesOf(parse(t, element)) {
		all = append(all, *v)
	}
	return all
}

// withValue returns the element with another value.
func withValue(t reporter, element []byte, i int, value string) []byte {
	t.Helper()
	root := parse(t, element)
	*valuesOf(root)[i] = value
	doc := etree.NewDocument()
	doc.SetRoot(root)
	changed, err := doc.WriteToBytes()
	if err != nil {
		t.Fatalf("the changed element: %v", err)
	}
	return changed
}

func parse(t reporter, element []byte) *etree.Element {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(element); err != nil {
		t.Fatalf("the sealed element: %v", err)
	}
	return doc.Root()
}

func valuesOf(e *etree.Element) (found []*string) {
	for i := range e.Attr {
		found = append(found, &e.Attr[i].Value)
	}
	for _, c := range e.Child {
		switch c := c.(type) {
		case *etree.CharData:
			found = append(found, &c.Data)
		case *etree.Element:
			found = append(found, valuesOf(c)...)
		}
	}
	return found
}

func inPlaceOfAnother(t reporter, h holders) {
	s := h.sealer()
	if _, ok := s.(dataprotection.KeyOpener); !ok {
		t.Skip("the format does not bind a key to its id")
	}
	k := seal(t, s, secret(64, 1))
	for bit := range 8 * len(k.id) {
		moved := k
		moved.id[bit/8] ^= 1 << (bit % 8)
		got, err := open(t, s, moved)
		refused(t, k, fmt.Sprintf("sealed as key %s, opened as %s", k.id, moved.id), got, err)
	}
}
