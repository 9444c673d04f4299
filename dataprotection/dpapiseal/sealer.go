package dpapiseal

import (
	"context"
	"fmt"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

// A Scope says for whom DPAPI seals.
type Scope int

const (
	// User is the account that the program runs as.
	User Scope = iota
	// Machine is every account of this machine.
	Machine
)

func (s Scope) String() string {
	if s == Machine {
		return "Windows DPAPI for this machine"
	}
	return "Windows DPAPI for this account"
}

// A Sealer seals keys with DPAPI, and opens what DPAPI and DPAPI-NG have sealed for
// this account or machine. It is immutable and safe for concurrent use. Make one
// with New; a zero Sealer is that of User.
type Sealer struct {
	Opener
	scope Scope
}

// New returns a sealer for a scope. The error says so if this is not Windows, or
// if DPAPI does not work here, as for an account without a profile: then User
// fails, and Machine may work.
func New(scope Scope) (*Sealer, error) {
	if scope != User && scope != Machine {
		return nil, fmt.Errorf("dpapiseal: unknown scope %d", scope)
	}
	s := &Sealer{scope: scope}
	blob, err := protect([]byte("sample"), scope)
	if err == nil {
		_, err = unprotect(blob)
	}
	if err != nil {
		return nil, fmt.Errorf("dpapiseal: %v does not work: %w", scope, err)
	}
	return s, nil
}

// String names the mechanism, for logs.
func (s *Sealer) String() string { return s.scope.String() }

// Seal encrypts an element (docs/formats.md, Encrypted keys).
func (s *Sealer) Seal(_ context.Context, _ dataprotection.KeyID, fragment []byte) (decryptorType string, element []byte, err error) {
	document, err := keyxml.File(fragment)
	if err != nil {
		return "", nil, fmt.Errorf("dpapiseal: %w", err)
	}
	defer clear(document)
	blob, err := protect(document, s.scope)
	if err != nil {
		return "", nil, fmt.Errorf("dpapiseal: %w", err)
	}
	return decryptorDPAPI + assembly, marshal(blob, " This key is encrypted with Windows DPAPI. "), nil
}

// An NGSealer seals keys with DPAPI-NG for whom a rule names, and opens what
// DPAPI and DPAPI-NG have sealed for this account or machine. It is immutable and safe
// for concurrent use. Make one with NewNG.
type NGSealer struct {
	Opener
	rule  string
	flags uint32
}

// NGFlags say how a rule is meant.
type NGFlags uint32

const (
	// NamedDescriptor says that the rule is the name of one in the registry.
	NamedDescriptor NGFlags = 0x1
	// MachineKey looks for names in the machine's part of the registry.
	MachineKey NGFlags = 0x20
)

// NewNG returns a sealer for a rule of Windows' protection descriptors, such as
// "SID=S-1-5-21-…" for a user or group or "CERTIFICATE=HashId:…" for a certificate.
// An empty rule stands for the account that the program runs as. The error says so
// if this is not Windows, or if Windows refuses the rule or cannot reach who it names.
func NewNG(rule string, flags NGFlags) (*NGSealer, error) {
	if rule == "" {
		sid, err := accountSID()
		if err != nil {
			return nil, fmt.Errorf("dpapiseal: the account's SID: %w", err)
		}
		rule = "SID=" + sid
	}
	s := &NGSealer{rule: rule, flags: uint32(flags)}
	if _, err := protectNG([]byte("sample"), s.rule, s.flags); err != nil {
		return nil, fmt.Errorf("dpapiseal: DPAPI-NG with the rule %q does not work: %w", rule, err)
	}
	return s, nil
}

// String names the mechanism and the rule, for logs.
func (s *NGSealer) String() string { return fmt.Sprintf("Windows DPAPI-NG with the rule %q", s.rule) }

// Seal encrypts an element (docs/formats.md, Encrypted keys).
func (s *NGSealer) Seal(_ context.Context, _ dataprotection.KeyID, fragment []byte) (decryptorType string, element []byte, err error) {
	document, err := keyxml.File(fragment)
	if err != nil {
		return "", nil, fmt.Errorf("dpapiseal: %w", err)
	}
	defer clear(document)
	blob, err := protectNG(document, s.rule, s.flags)
	if err != nil {
		return "", nil, fmt.Errorf("dpapiseal: %w", err)
	}
	return decryptorNG + assembly, marshal(blob, " This key is encrypted with Windows DPAPI-NG. ", " Rule: "+s.rule+" "), nil
}
