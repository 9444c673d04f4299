package authenc

import (
	"crypto/cipher"
	"crypto/sha512"
	"encoding/binary"
	"sync/atomic"
)

// A browser brings the same cookie with every request. Deriving the subkeys of a
// payload and scheduling them takes half the time of opening it, so a Bound remembers
// those of payloads that come again and again. Everything else is done each time:
// whether the key counts is asked before, and the MAC is checked.
//
// That gives nobody more than there is: whoever could read the remembered subkeys
// could read the states that all subkeys follow from, which lie in the same memory
// and go when these go. Only payloads that are authentic are remembered, so strangers
// cannot fill the places.

// places is how many payloads are remembered at most. One takes some 600 bytes in CBC
// mode and 1400 in GCM mode.
const places = 256

// recent has a place for each first byte of a modifier, which is random.
type recent struct {
	used  atomic.Bool // something was opened
	table atomic.Pointer[[places]place]
}

// A place remembers a payload once that has been there twice with no other between:
// keeping one that does not come again costs a quarter of what opening it does.
type place struct {
	last atomic.Uint64 // a part of the last modifier that was not remembered
	keys atomic.Pointer[opened]
}

// An opened is what the key modifier of an authentic payload leads to.
type opened struct {
	modifier [modifierSize]byte
	block    cipher.Block // and mac: CBC mode
	mac      []byte
	aead     cipher.AEAD // GCM mode
}

func (r *recent) find(modifier []byte) *opened {
	if table := r.table.Load(); table != nil {
		if o := table[modifier[0]].keys.Load(); o != nil && string(o.modifier[:]) == string(modifier) {
			return o
		}
	}
	return nil
}

// cbc returns what was remembered of a payload with this modifier.
func (r *recent) cbc(modifier []byte) (block cipher.Block, mac []byte, known bool) {
	if o := r.find(modifier); o != nil {
		return o.block, o.mac, true
	}
	return nil, nil, false
}

func (r *recent) gcm(modifier []byte) (aead cipher.AEAD, known bool) {
	if o := r.find(modifier); o != nil {
		return o.aead, true
	}
	return nil, false
}

func (r *recent) rememberCBC(modifier []byte, block cipher.Block, mac []byte) {
	if p := r.place(modifier); p != nil {
		o := &struct {
			opened
			room [sha512.Size]byte
		}{opened: opened{modifier: [modifierSize]byte(modifier), block: block}}
		o.mac = append(o.room[:0], mac...)
		p.keys.Store(&o.opened)
	}
}

func (r *recent) rememberGCM(modifier []byte, aead cipher.AEAD) {
	if p := r.place(modifier); p != nil {
		p.keys.Store(&opened{modifier: [modifierSize]byte(modifier), aead: aead})
	}
}

// place returns where to remember an authentic payload, or nil if it is not to be
// remembered. The first of a Bound finds no table: who makes a protector for each call
// would make a table for each.
func (r *recent) place(modifier []byte) *place {
	table := r.table.Load()
	if table == nil {
		if r.used.Swap(true) {
			r.table.CompareAndSwap(nil, new([places]place))
		}
		return nil
	}
	p := &table[modifier[0]]
	if part := binary.LittleEndian.Uint64(modifier); p.last.Swap(part) != part {
		return nil
	}
	return p
}
