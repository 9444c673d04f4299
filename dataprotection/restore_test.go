package dataprotection_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/bubbletest"
)

// restored lists what became of each key, in order, as words.
func restored(r dataprotection.Restoration) (all []string) {
	for _, k := range r.Keys {
		word := string(k.Outcome)
		if k.Key.Revoked {
			word += ", revoked"
		}
		all = append(all, word)
	}
	return all
}

func TestRestore(t *testing.T) {
	lost := &testSealer{name: "lost"}
	older := datedKey(idB, at.AddDate(0, -2, 0), cbcDescriptor)
	other := datedKey(idA, at.AddDate(0, -1, 0), descriptor("", cbcNames, bytes.Repeat([]byte{7}, 64)))
	sealedAs := func(t *testing.T, s dataprotection.Sealer, elements ...string) *fakeStore {
		t.Helper()
		store := holding(elements...)
		cfg := atNoonFor(store, s)
		cfg.AllowUnsealed = true
		if _, err := manage(t, cfg).Reseal(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		return store
	}
	replace := &dataprotection.RestoreOptions{ReplaceUnopened: true}
	for _, tc := range []struct {
		name   string
		store  func(*testing.T) *fakeStore
		source []string
		opts   *dataprotection.RestoreOptions
		want   []string
		says   string // in the error; "" for none
		keys   int    // in the store afterwards
	}{
		{"an empty store", func(*testing.T) *fakeStore { return &fakeStore{} }, []string{keyXML(idA), older}, nil, []string{"restored", "restored"}, "", 2},
		{"one is there", func(t *testing.T) *fakeStore { return sealedAs(t, newSealer, keyXML(idA)) }, []string{keyXML(idA), older}, nil, []string{"present", "restored"}, "", 2},
		{"another key has the id", func(t *testing.T) *fakeStore { return sealedAs(t, newSealer, keyXML(idA)) }, []string{other, older}, nil, []string{"refused", "restored"}, "the store has another key of this id", 2},
		{"a revoked key", func(*testing.T) *fakeStore { return holding(revocationXML(idA, at)) }, []string{keyXML(idA), older}, nil, []string{"restored, revoked", "restored"}, "", 2},
		{"all are revoked", func(*testing.T) *fakeStore { return holding(revocationXML("*", at.AddDate(0, -1, -1))) }, []string{keyXML(idA), older}, nil, []string{"restored", "restored, revoked"}, "", 2},
		{"a revocation in the source, behind its key", func(*testing.T) *fakeStore { return &fakeStore{} }, []string{keyXML(idA), revocationXML(idA, at)}, nil, []string{"restored, revoked"}, "", 1},
		{"nothing opens what is there", func(t *testing.T) *fakeStore { return sealedAs(t, lost, keyXML(idA)) }, []string{keyXML(idA)}, nil, []string{"refused"}, "ReplaceUnopened", 1},
		{"nothing opens what is there, to be replaced", func(t *testing.T) *fakeStore { return sealedAs(t, lost, keyXML(idA), older) }, []string{keyXML(idA)}, replace, []string{"replaced"}, "", 2},
		{"nothing opens what is there, of other dates", func(t *testing.T) *fakeStore { return sealedAs(t, lost, datedKey(idA, at, cbcDescriptor)) }, []string{keyXML(idA)}, replace, []string{"refused"}, "another key of this id", 1},
		{"one to choose", func(*testing.T) *fakeStore { return &fakeStore{} }, []string{keyXML(idA), older}, &dataprotection.RestoreOptions{Choose: func(k dataprotection.KeyInfo) bool { return k.ID.String() == idB }}, []string{"restored"}, "", 1},
		{"only to look", func(*testing.T) *fakeStore { return &fakeStore{} }, []string{keyXML(idA), revocationXML(idB, at)}, &dataprotection.RestoreOptions{DryRun: true}, []string{"restored"}, "", 0},
		{"one twice", func(*testing.T) *fakeStore { return &fakeStore{} }, []string{keyXML(idA), keyXML(idA)}, nil, []string{"restored", "present"}, "", 1},
		{"two of one id", func(*testing.T) *fakeStore { return &fakeStore{} }, []string{keyXML(idA), other}, nil, []string{"refused", "refused", "refused"}, "the source has two different keys", 0},
		{"a cut element", func(*testing.T) *fakeStore { return &fakeStore{} }, []string{keyXML(idA)[:200], older}, nil, []string{"refused", "restored"}, "element-1", 1},
		{"a key without dates", func(*testing.T) *fakeStore { return &fakeStore{} }, []string{`<key id="` + idA + `" />`, older}, nil, []string{"refused", "restored"}, "element-1", 1},
		{"nothing to restore", func(*testing.T) *fakeStore { return &fakeStore{} }, nil, nil, nil, "holds no keys", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			store := tc.store(t)
			cfg := moving(store)
			r, err := manage(t, cfg).Restore(t.Context(), holding(tc.source...), tc.opts)
			if got := restored(r); !slices.Equal(got, tc.want) || (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Fatalf("Restore = %q, %v, want %q and %q; %+v", got, err, tc.want, tc.says, r)
			}
			l := list(t, manage(t, cfg))
			if len(l.Keys) != tc.keys {
				t.Errorf("the store has %d keys, want %d", len(l.Keys), tc.keys)
			}
			if n := bytes.Count(allXML(store), []byte("<value>")); n != 0 {
				t.Errorf("%d keys are in clear in the store", n)
			}
			if again, err := manage(t, cfg).Restore(t.Context(), holding(tc.source...), tc.opts); tc.says == "" && (err != nil || again.Revocations != 0 && (tc.opts == nil || !tc.opts.DryRun)) {
				t.Errorf("once more: %+v, %v", again, err)
			}
		})
	}
}

// The same keys open the same payloads, whatever they were sealed with.
func TestRestoredKeysOpen(t *testing.T) {
	source, payload := ringSealedBy(t, oldSealer, 3)
	store := &fakeStore{}
	cfg := atNoonFor(store, newSealer)
	r, err := manage(t, cfg).Restore(t.Context(), source, &dataprotection.RestoreOptions{Openers: []dataprotection.Opener{oldSealer}})
	if err != nil || len(r.Keys) != 3 || hiddenBy(store, "new") != 3 {
		t.Fatalf("Restore = %+v, %v", r, err)
	}
	unprotect(t, open(t, cfg), payload, "x")
	cfg.Sealer, cfg.GoOnly = nil, false
	cfg.Store = &fakeStore{}
	if _, err := manage(t, cfg).Restore(t.Context(), source, &dataprotection.RestoreOptions{Openers: []dataprotection.Opener{oldSealer}}); err != nil {
		t.Fatal(err)
	}
	unprotect(t, open(t, cfg), payload, "x")
}

// A revocation is there before the key that it hits, so that no moment is without it.
func TestRestoreRevokesFirst(t *testing.T) {
	store := &fakeStore{}
	source := holding(keyXML(idA), revocationXML(idA, at), revocationXML("*", at.AddDate(-1, 0, 0)))
	r, err := manage(t, atNoon(store)).Restore(t.Context(), source, nil)
	if err != nil || r.Revocations != 2 {
		t.Fatalf("Restore = %+v, %v", r, err)
	}
	if names := store.names(""); len(names) != 3 || names[0] != "revocation-"+idA || names[2] != "key-"+idA {
		t.Errorf("stored %q", names)
	}
}

func TestRestoreRefuses(t *testing.T) {
	good := func() *fakeStore { return holding(keyXML(idA)) }
	for _, tc := range []struct {
		name string
		run  func(t *testing.T) error
		want string
	}{
		{"a read-only configuration", func(t *testing.T) error {
			cfg := atNoon(&fakeStore{})
			cfg.ReadOnly = true
			_, err := manage(t, cfg).Restore(t.Context(), good(), nil)
			return err
		}, "read-only"},
		{"no source", func(t *testing.T) error {
			_, err := manage(t, atNoon(&fakeStore{})).Restore(t.Context(), nil, nil)
			return err
		}, "no store to restore from"},
		{"a source that cannot be read", func(t *testing.T) error {
			_, err := manage(t, atNoon(&fakeStore{})).Restore(t.Context(), &fakeStore{loadErr: errors.New("no such share")}, nil)
			return err
		}, "no such share"},
		{"keys that nothing opens", func(t *testing.T) error {
			source, _ := ringSealedBy(t, oldSealer, 1)
			_, err := manage(t, atNoon(&fakeStore{})).Restore(t.Context(), source, nil)
			return err
		}, "none of the 0 configured openers"},
		{"a store that does not write", func(t *testing.T) error {
			_, err := manage(t, atNoon(&fakeStore{addErr: errors.New("disk full")})).Restore(t.Context(), good(), nil)
			return err
		}, "disk full"},
		{"a store that does not write revocations", func(t *testing.T) error {
			_, err := manage(t, atNoon(&fakeStore{addErr: errors.New("disk full")})).Restore(t.Context(), holding(keyXML(idA), revocationXML(idA, at)), nil)
			return err
		}, "add revocation-" + idA + ": disk full"},
		{"a store that cannot replace", func(t *testing.T) error {
			store, _ := ringSealedBy(t, &testSealer{name: "lost"}, 1)
			source := holding(store.elements[0].Name)
			source.elements[0].XML = store.elements[0].XML
			cfg := moving(onlyStore{store})
			_, err := manage(t, cfg).Restore(t.Context(), source, &dataprotection.RestoreOptions{ReplaceUnopened: true, Openers: []dataprotection.Opener{&testSealer{name: "lost"}}})
			return err
		}, "cannot replace"},
		{"a cancelled call", func(t *testing.T) error {
			ctx, cancel := context.WithCancel(t.Context())
			m := manage(t, atNoon(&fakeStore{}))
			cancel()
			_, err := m.Restore(ctx, good(), nil)
			return err
		}, "context canceled"},
		{"a zero manager", func(t *testing.T) error {
			_, err := new(dataprotection.Manager).Restore(t.Context(), good(), nil)
			return err
		}, "NewManager"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubbletest.Run(t, func(t *testing.T) {
				if err := tc.run(t); err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("Restore = %v, want %q", err, tc.want)
				}
			})
		})
	}
}

func TestEscrowAll(t *testing.T) {
	var calls []string
	store, payload := ringSealedBy(t, oldSealer, 2)
	one := &sink{name: "one", calls: &calls}
	cfg := moving(store)
	cfg.Escrow = []dataprotection.EscrowSink{one}
	given, err := manage(t, cfg).EscrowAll(t.Context())
	if err != nil || len(given) != 2 || len(calls) != 2 || one.id != given[1] {
		t.Fatalf("EscrowAll = %v, %v after %v", given, err, calls)
	}
	unprotect(t, open(t, atNoon(holding(string(one.xml)))), payload, "x")

	foreign, _ := ringSealedBy(t, &testSealer{name: "lost"}, 1)
	store.put("foreign", string(foreign.elements[0].XML))
	if given, err := manage(t, cfg).EscrowAll(t.Context()); err == nil || !errors.Is(err, dataprotection.ErrUnavailable) || len(given) != 2 || !strings.Contains(err.Error(), "foreign") {
		t.Errorf("with a key that nothing opens: %v, %v", given, err)
	}
	one.err = errors.New("vault is sealed")
	if given, err := manage(t, cfg).EscrowAll(t.Context()); given != nil || strings.Count(fmt.Sprint(err), "vault is sealed") != 2 {
		t.Errorf("with a sink that fails: %v, %v", given, err)
	}
	cfg.Escrow = nil
	if _, err := manage(t, cfg).EscrowAll(t.Context()); err == nil || !strings.Contains(err.Error(), "no sink") {
		t.Errorf("without a sink: %v", err)
	}
}
