package main

import (
	"fmt"
	"strings"

	"github.com/sealring/sealring/dataprotection"
)

// A sealer seals and opens text. Both return "" when they fail.
type sealer interface {
	seal(text string) string
	open(sealed string) string
}

type namedSealer struct {
	name   string
	sealer sealer
}

// sample text of 256 bytes.
var sampleText = strings.Repeat("Sealring", 32)

// textWorks returns the work of sealing and that of opening.
func textWorks() (seal, open work, err error) {
	sealers, err := newSealers()
	if err != nil {
		return work{}, work{}, err
	}
	strangers, err := newSealers()
	if err != nil {
		return work{}, work{}, err
	}
	seal.name, open.name = "Sealing 256 bytes as text", "Opening thousands of such texts, in turn"
	for i, s := range sealers {
		if err := checkSealer(s.sealer, strangers[i].sealer); err != nil {
			return work{}, work{}, fmt.Errorf("%s: %w", s.name, err)
		}
		seal.contenders = append(seal.contenders, sealing(s))
		open.contenders = append(open.contenders, opening(s))
	}
	return seal, open, nil
}

// newSealers returns every sealer there is, with new keys.
func newSealers() ([]namedSealer, error) {
	cbc, cbcKey, err := newRing(dataprotection.AES256CBC)
	if err != nil {
		return nil, err
	}
	gcm, gcmKey, err := newRing(dataprotection.AES256GCM)
	if err != nil {
		return nil, err
	}
	cbcFloor, err := newFloorText(cbcKey, false)
	if err != nil {
		return nil, err
	}
	gcmFloor, err := newFloorText(gcmKey, true)
	if err != nil {
		return nil, err
	}
	tink, err := newTinkText()
	if err != nil {
		return nil, err
	}
	return []namedSealer{
		{"floor, CBC", cbcFloor},
		{"floor, GCM", gcmFloor},
		{"Sealring, CBC", sealringText{cbc.Protector(textPurpose)}},
		{"Sealring, GCM", sealringText{gcm.Protector(textPurpose)}},
		{"Tink AES-GCM", tink},
		{"securecookie + JSON", securecookieText{newSecureCookie()}},
	}, nil
}

func sealing(s namedSealer) contender {
	return contender{name: s.name, do: func() bool { return s.sealer.seal(sampleText) != "" }}
}

func opening(s namedSealer) contender {
	sealed, next := make([]string, many), 0
	for i := range sealed {
		sealed[i] = strings.Clone(s.sealer.seal(sampleText)) // a floor's is good until its next call
	}
	return contender{name: s.name, do: func() bool {
		next = (next + 1) % many
		return s.sealer.open(sealed[next]) == sampleText
	}}
}
