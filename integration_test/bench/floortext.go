package main

import (
	"unsafe"

	"github.com/sealring/sealring/internal/base64url"
)

const textPurpose = "bench.text"

// A floorText seals text. Results are good until the next call.
type floorText struct {
	floor            *floor
	plain, raw, text []byte
}

func newFloorText(key floorKey, gcm bool) (*floorText, error) {
	f, err := newFloor(key, gcm, textPurpose)
	return &floorText{floor: f}, err
}

func (f *floorText) seal(text string) string {
	f.plain = append(f.plain[:0], text...)
	f.text = base64url.AppendEncode(f.text[:0], f.floor.seal(f.plain))
	return unsafe.String(unsafe.SliceData(f.text), len(f.text))
}

func (f *floorText) open(sealed string) string {
	if len(sealed) > maxPayload {
		return ""
	}
	var err error
	if f.raw, err = base64url.AppendDecode(f.raw[:0], sealed); err != nil {
		f.raw = nil
		return ""
	}
	plain := f.floor.open(f.raw)
	return unsafe.String(unsafe.SliceData(plain), len(plain))
}
