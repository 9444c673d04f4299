package claims

import (
	"fmt"
	"iter"

	"github.com/sealring/sealring/internal/ordinal"
)

// An Identity is what one authority says about a user.
type Identity struct {
	// AuthenticationType names the way in which the user was authenticated. An
	// identity in which it is empty is anonymous, whatever it claims, except that a
	// sign-in fills in its scheme for an identity that New has made.
	AuthenticationType string `json:"authenticationType"`
	// NameClaimType is the type of the claim that Name returns. Empty means TypeName.
	NameClaimType string `json:"nameClaimType,omitempty"`
	// RoleClaimType is the type of the claims that HasRole looks at. Empty means TypeRole.
	RoleClaimType string `json:"roleClaimType,omitempty"`
	// Claims are kept in their order. Look-ups return the first that fits.
	Claims []Claim `json:"claims"`
	// BootstrapContext is the token that the identity was made from, where it was
	// kept. It is a secret.
	BootstrapContext string `json:"-"`
	// Actor is who acts on behalf of this identity, or nil.
	Actor *Identity `json:"actor,omitempty"`

	open bool // made by New: the sign-in says what the authentication type is
}

// IsAuthenticated reports whether the identity has an authentication type.
func (i *Identity) IsAuthenticated() bool { return i != nil && i.AuthenticationType != "" }

// AuthenticatedBy returns the authentication type that the identity has after a
// sign-in under a scheme: its own, or the scheme if New has made it.
func (i *Identity) AuthenticatedBy(scheme string) string {
	switch {
	case i == nil:
		return ""
	case i.open && i.AuthenticationType == "":
		return scheme
	}
	return i.AuthenticationType
}

// Name returns the value of the first claim of the identity's name type, or "".
func (i *Identity) Name() string {
	if i == nil {
		return ""
	}
	if c := i.first(i.nameType()); c != nil {
		return c.Value
	}
	return ""
}

// HasRole reports whether the identity has a claim of its role type with
// exactly this value.
func (i *Identity) HasRole(role string) bool { return i != nil && i.Has(i.roleType(), role) }

// Find returns the first claim of a type.
func (i *Identity) Find(claimType string) (Claim, bool) {
	if c := i.first(claimType); c != nil {
		return *c, true
	}
	return Claim{}, false
}

// first returns the first claim of a type, or nil.
func (i *Identity) first(claimType string) *Claim {
	if i == nil {
		return nil
	}
	for k := range i.Claims {
		if sameType(i.Claims[k].Type, claimType) {
			return &i.Claims[k]
		}
	}
	return nil
}

// FindAll lists the claims of a type.
func (i *Identity) FindAll(claimType string) iter.Seq[Claim] {
	return func(yield func(Claim) bool) {
		if i == nil {
			return
		}
		for k := range i.Claims {
			if sameType(i.Claims[k].Type, claimType) && !yield(i.Claims[k]) {
				return
			}
		}
	}
}

// Has reports whether the identity has a claim of this type with exactly this value.
func (i *Identity) Has(claimType, value string) bool {
	if i == nil {
		return false
	}
	for k := range i.Claims {
		if c := &i.Claims[k]; c.Value == value && sameType(c.Type, claimType) {
			return true
		}
	}
	return false
}

// Clone returns a copy that shares nothing that can be modified.
func (i *Identity) Clone() *Identity {
	if i == nil {
		return nil
	}
	clone := *i
	clone.Claims = make([]Claim, len(i.Claims))
	for k, c := range i.Claims {
		clone.Claims[k] = c.Clone()
	}
	clone.Actor = i.Actor.Clone()
	return &clone
}

// String tells the identity apart in a log without showing what it claims.
func (i *Identity) String() string {
	if i == nil {
		return "no identity"
	}
	kind := i.AuthenticationType
	if kind == "" {
		kind = "anonymous"
	}
	return fmt.Sprintf("%s identity with %d claims", kind, len(i.Claims))
}

// GoString is String, so that %#v shows no secrets either.
func (i *Identity) GoString() string { return i.String() }

func (i *Identity) nameType() string {
	if i.NameClaimType == "" {
		return TypeName
	}
	return i.NameClaimType
}

func (i *Identity) roleType() string {
	if i.RoleClaimType == "" {
		return TypeRole
	}
	return i.RoleClaimType
}

// sameType compares claim types. Those that are equal mostly are so exactly.
func sameType(a, b string) bool { return a == b || ordinal.EqualFold(a, b) }
