package dataprotection

import (
	"bytes"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
)

// What a kept protector has derived from a key is dropped when the key has left the
// ring, at the latest with the next key.
func TestProtectorForgets(t *testing.T) {
	suite := authenc.Suite{Cipher: authenc.AES, KeyBits: 256, Mode: authenc.CBC, Hash: authenc.SHA256}
	var keys []*ringKey
	for i := range 3 {
		key, err := authenc.NewKey(suite, bytes.Repeat([]byte{byte(i)}, 64))
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, &ringKey{info: KeyInfo{ID: KeyID{byte(i)}}, key: key})
	}
	snapshotOf := func(keys ...*ringKey) *snapshot {
		snap := &snapshot{entries: map[KeyID]entry{}}
		for _, k := range keys {
			snap.entries[k.info.ID] = entry{key: k}
		}
		return snap
	}
	var p Protector
	known := func() (n int) {
		p.bound.Range(func(any, any) bool { n++; return true })
		return n
	}
	first := p.bind(snapshotOf(keys[0], keys[1]), keys[0])
	p.bind(snapshotOf(keys[0], keys[1]), keys[1])
	if known() != 2 {
		t.Fatalf("%d keys are known, want 2", known())
	}
	p.bind(snapshotOf(keys[1], keys[2]), keys[2])
	if _, ok := p.bound.Load(keys[0].key); ok || known() != 2 {
		t.Errorf("%d keys are known, want the two that are in the ring", known())
	}
	if again := p.bind(snapshotOf(keys[0]), keys[0]); again == first {
		t.Error("a key that comes back is not bound anew")
	}
}
