package main

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/sealring/sealring/dataprotection"
)

// A floorKey is the key of a ring, read by hand.
type floorKey struct {
	id          [16]byte // as it is on the wire
	master      []byte
	application string
}

// readKey returns the only key of a store, which is kept in clear.
func readKey(ctx context.Context, store dataprotection.Store, application string) (floorKey, error) {
	snap, err := store.Load(ctx, "")
	if err != nil {
		return floorKey{}, err
	}
	if len(snap.Elements) != 1 {
		return floorKey{}, fmt.Errorf("%d elements in the store, want one key", len(snap.Elements))
	}
	var element struct {
		ID     string `xml:"id,attr"`
		Secret string `xml:"descriptor>descriptor>masterKey>value"`
	}
	if err := xml.Unmarshal(snap.Elements[0].XML, &element); err != nil {
		return floorKey{}, err
	}
	key := floorKey{application: application}
	if key.master, err = base64.StdEncoding.DecodeString(element.Secret); err != nil {
		return floorKey{}, err
	}
	key.id, err = wireID(element.ID)
	return key, err
}

// wireID turns the first three groups of an id around.
func wireID(text string) (id [16]byte, err error) {
	raw, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(raw) != len(id) {
		return id, fmt.Errorf("%q is no key id", text)
	}
	copy(id[:], raw)
	binary.LittleEndian.PutUint32(id[0:], binary.BigEndian.Uint32(raw[0:]))
	binary.LittleEndian.PutUint16(id[4:], binary.BigEndian.Uint16(raw[4:]))
	binary.LittleEndian.PutUint16(id[6:], binary.BigEndian.Uint16(raw[6:]))
	return id, nil
}

// prefix is what each payload of the key begins with.
func (k floorKey) prefix() []byte {
	return append([]byte{0x09, 0xf0, 0xc9, 0xf0}, k.id[:]...)
}

// additionalData is what each payload for these purposes is bound to.
func (k floorKey) additionalData(purposes []string) []byte {
	data := binary.BigEndian.AppendUint32(k.prefix(), uint32(1+len(purposes)))
	for _, p := range append([]string{k.application}, purposes...) {
		data = append(binary.AppendUvarint(data, uint64(len(p))), p...)
	}
	return data
}
