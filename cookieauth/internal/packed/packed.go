// Package packed looks into the identity of a ticket without taking it apart.
//
// Most requests ask for the user's id, the name or a role, and for nothing else.
// Making every claim of a ticket for that takes longer, and more memory, than
// looking through what the ticket says (docs/formats.md, Ticket).
package packed

import "github.com/sealring/sealring/internal/ordinal"

const (
	// Placeholder stands in a ticket for the default of a field, which is shorter.
	Placeholder = "\x00"
	// PlaceholderText is the placeholder with its length.
	PlaceholderText = "\x01" + Placeholder
	// Ordinary is how most claims end: three defaults and no properties.
	Ordinary = PlaceholderText + PlaceholderText + PlaceholderText + "\x00\x00\x00\x00"
)

// The types that the placeholder stands for.
const (
	DefaultNameType = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"
	DefaultRoleType = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
)

// An Identity is one whose claims are all ordinary, as a ticket has it. It is
// immutable and safe for concurrent use. The zero Identity is none.
type Identity struct {
	text  string // from the authentication type on
	first uint32 // where in text the first claim is
	count uint32 // of claims
	ascii bool   // all of text is
}

// In returns the identity that a Reader has found at a part of a ticket, whose text is
// now there.
func (i Identity) In(text string, at Span) Identity {
	i.text = at.In(text)
	return i
}

// IsZero reports whether there is no identity.
func (i *Identity) IsZero() bool { return i.text == "" }

// Len returns the number of claims.
func (i *Identity) Len() int { return int(i.count) }

// AuthenticationType returns the way in which the user was authenticated, "" if
// the identity is anonymous.
func (i *Identity) AuthenticationType() string { return i.header(0) }

// NameType returns the type of the claims that say the name.
func (i *Identity) NameType() string { return orDefault(i.header(1), DefaultNameType) }

// RoleType returns the type of the claims that are roles.
func (i *Identity) RoleType() string { return orDefault(i.header(2), DefaultRoleType) }

func (i *Identity) header(field int) string {
	text, at := Take(i.text, 0)
	for range field {
		text, at = Take(i.text, at)
	}
	return text
}

func orDefault(text, standard string) string {
	if text == Placeholder {
		return standard
	}
	return text
}

// All calls yield with type and value of each claim, until it returns false.
func (i *Identity) All(yield func(claimType, value string) bool) {
	nameType, text, at := i.NameType(), i.text, int(i.first)
	for range i.count {
		claimType, end := Take(text, at)
		value, next := Take(text, end)
		if !yield(orDefault(claimType, nameType), value) {
			return
		}
		at = next + len(Ordinary)
	}
}

// Find returns the first claim of a type, compared without regard to case.
func (i *Identity) Find(claimType string) (found, value string, ok bool) {
	nameType, text, at := i.NameType(), i.text, int(i.first)
	for range i.count {
		found, end := Take(text, at)
		value, next := Take(text, end)
		if found = orDefault(found, nameType); i.sameType(found, claimType) {
			return found, value, true
		}
		at = next + len(Ordinary)
	}
	return "", "", false
}

// Has reports whether there is a claim of this type with exactly this value.
func (i *Identity) Has(claimType, value string) bool {
	nameType, text, at := i.NameType(), i.text, int(i.first)
	for range i.count {
		found, end := Take(text, at)
		its, next := Take(text, end)
		if its == value && i.sameType(orDefault(found, nameType), claimType) {
			return true
		}
		at = next + len(Ordinary)
	}
	return false
}

// sameType compares a type that i has with another. No other letter equals one of
// ASCII, so only texts of one length can be equal where one of them is ASCII.
func (i *Identity) sameType(its, other string) bool {
	return its == other || (len(its) == len(other) || !i.ascii) && ordinal.EqualFold(its, other)
}
