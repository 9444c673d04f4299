package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/contracttest"
)

// Options tells what a store does not promise. The zero value asks for everything.
type Options struct {
	_ struct{}

	// NoAtomicCompare says that of several writers that believe in the same
	// version at the same moment more than one may succeed. A version that was
	// out of date before Add was called must be found out all the same.
	NoAtomicCompare bool

	// NoNames says that Element.Name is not kept.
	NoNames bool

	// RepeatedNames says that several elements may have the same name.
	RepeatedNames bool

	// TextOnly says that text is kept, not bytes: a byte order mark, an XML
	// declaration and blanks around the element may get lost, and UTF-16 is not tried.
	TextOnly bool

	// Form says that elements are brought into a form of the store's own before
	// they are kept: what it returns for an element. Texts are compared after it,
	// so that a store may drop what its form drops and nothing else. It includes TextOnly.
	Form func(xml []byte) ([]byte, error)
}

// Run checks a store. For each check fresh is called once and makes a new, empty
// storage; the function that it returns opens one more handle on that storage, as
// another process would. Handles are used concurrently; what they need to be
// closed is for t.Cleanup.
func Run(t *testing.T, fresh func(t *testing.T) (open func() dataprotection.Store), options Options) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			c.run(t, storage{open: fresh(t), Options: options})
		})
	}
}

// A check is one part of the contract.
type check struct {
	name string
	run  func(t reporter, s storage)
}

var checks = []check{
	{"an empty store", emptyStore},
	{"bytes come back", roundTrip},
	{"another handle sees what was added", otherHandle},
	{"names and handles", names},
	{"unusual names", unusualNames},
	{"a name that is taken", takenName},
	{"many elements", manyElements},
	{"no aliasing", noAliasing},
	{"an ended context", endedContext},
	{"versions", versions},
	{"versions of another handle", foreignVersions},
	{"compare and append", compareAndAppend},
	{"one of many conditional adds", oneOfMany},
	{"all of many adds", allOfMany},
	{"reading while writing", readingWhileWriting},
	{"abandoned calls", abandonedCalls},
	{"removing", removing},
	{"removing what is gone", removingTheGone},
	{"replacing", replacing},
	{"replacing what has changed", replacingTheChanged},
	{"replacing by the same", replacingByTheSame},
	{"texts that are nearly equal", nearlyEqual},
	{"notifying", notifying},
}

// A reporter is *testing.T, or what tests of this package watch a check fail with.
type reporter = contracttest.T

// patience bounds a check that a broken store would hang. Tests of this package have less.
var patience = 30 * time.Second

// A storage is what one check works on.
type storage struct {
	Options
	open func() dataprotection.Store
}

// element returns a revocation unlike that of any other number.
func element(number int) dataprotection.Element {
	return dataprotection.Element{
		Name: fmt.Sprintf("revocation-%08d", number),
		XML:  fmt.Appendf(nil, `<revocation version="1"><revocationDate>2025-02-03T04:05:06Z</revocationDate><key id="%08d-0000-4000-8000-000000000000" /><reason>check</reason></revocation>`, number),
	}
}

// load loads everything and fails the check if that does not work.
func load(t reporter, s dataprotection.Store) dataprotection.Snapshot {
	t.Helper()
	snap, err := s.Load(t.Context(), "")
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	if snap.Version == "" {
		t.Fatalf("Load returned an empty version")
	}
	if len(snap.Unreadable) > 0 {
		t.Fatalf("Load says that it cannot read %v", snap.Unreadable)
	}
	return snap
}

// add adds unconditionally and fails the check if that does not work.
func add(t reporter, s dataprotection.Store, elements ...dataprotection.Element) {
	t.Helper()
	for _, e := range elements {
		if err := s.Add(t.Context(), e, ""); err != nil {
			t.Fatalf("Add %q: %v", e.Name, err)
		}
	}
}

// holds fails the check unless s holds exactly these elements, in any order.
func (o Options) holds(t reporter, s dataprotection.Store, want ...dataprotection.Element) dataprotection.Snapshot {
	t.Helper()
	snap := load(t, s)
	got, wanted := o.texts(snap.Elements), o.texts(want)
	if missing, extra := minus(wanted, got), minus(got, wanted); len(missing)+len(extra) > 0 {
		t.Fatalf("of %d elements %d are missing: %s\nand %d are there that should not be: %s", len(want), len(missing), brief(missing), len(extra), brief(extra))
	}
	return snap
}

// texts returns what elements hold.
func (o Options) texts(elements []dataprotection.Element) []string {
	texts := make([]string, len(elements))
	for i, e := range elements {
		texts[i] = string(o.text(e.XML))
	}
	return texts
}

// minus returns what is in a and, as often, not in b.
func minus(a, b []string) []string {
	b = slices.Clone(b)
	var rest []string
	for _, text := range a {
		if i := slices.Index(b, text); i >= 0 {
			b = slices.Delete(b, i, i+1)
		} else {
			rest = append(rest, text)
		}
	}
	return rest
}

// text returns xml without what the store need not keep.
func (o Options) text(xml []byte) []byte {
	if o.Form != nil {
		if formed, err := o.Form(xml); err == nil {
			return formed
		}
		return xml
	}
	if !o.TextOnly {
		return xml
	}
	xml = bytes.TrimPrefix(xml, []byte("\ufeff"))
	if bytes.HasPrefix(xml, []byte("<?xml")) {
		_, xml, _ = bytes.Cut(xml, []byte("?>"))
	}
	return bytes.TrimSpace(xml)
}

// brief shortens texts for a message.
func brief(texts []string) string {
	const most = 3
	if len(texts) > most {
		return fmt.Sprintf("%.200q …", texts[:most])
	}
	return fmt.Sprintf("%.200q", texts)
}

// long is text of n bytes.
func long(n int) string { return strings.Repeat("0123456789abcde\n", n/16+1)[:n] }
