package dpapiseal

import (
	"context"
	"fmt"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

const (
	decryptorDPAPI = "Microsoft.AspNetCore.DataProtection.XmlEncryption.DpapiXmlDecryptor"
	decryptorNG    = "Microsoft.AspNetCore.DataProtection.XmlEncryption.DpapiNGXmlDecryptor"

	// assembly follows the name of a type. The version is that of the oldest release
	// in support, which readers of any age accept.
	assembly = ", Microsoft.AspNetCore.DataProtection, Version=8.0.0.0, Culture=neutral, PublicKeyToken=adb9793829ddae60"
)

// An Opener opens what DPAPI and DPAPI-NG have sealed for this account or machine.
// Elsewhere than on Windows it opens nothing and says where a key can be opened: put
// it into Config.Openers of a program that shares a ring with Windows machines. The
// zero value is ready for use, and safe for concurrent use.
type Opener struct{}

// Open decrypts an element. It returns dataprotection.ErrNotMine for one that
// another mechanism has sealed.
func (Opener) Open(_ context.Context, decryptorType string, element []byte) ([]byte, error) {
	name := keyxml.TypeName(decryptorType)
	if name != decryptorDPAPI && name != decryptorNG {
		return nil, dataprotection.ErrNotMine
	}
	e, err := parse(element)
	if err != nil {
		return nil, fmt.Errorf("dpapiseal: %w", err)
	}
	open, owner := unprotect, ownerOf(e.blob)
	if name == decryptorNG {
		open, owner = unprotectNG, e.ruleOwner()
	}
	document, err := open(e.blob)
	if err != nil {
		return nil, fmt.Errorf("dpapiseal: the key was sealed by %s, and only there can it be opened: %w", owner, err)
	}
	return document, nil
}
