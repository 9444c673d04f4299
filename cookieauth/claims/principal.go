package claims

import (
	"fmt"
	"iter"
	"slices"
)

// A Principal is a user. Every method may be called on nil, which is nobody.
//
// It may be used concurrently as long as nobody modifies it.
type Principal struct {
	// Identities are kept in their order. The first is the primary one.
	Identities []Identity `json:"identities"`
}

// New returns a principal with one identity, whose first claim is the user's id
// (TypeNameIdentifier), followed by the given ones. The id should be one that
// never changes and is never given to somebody else; an e-mail address is not.
//
// The identity has no authentication type yet: the sign-in that it is handed to
// fills in the name of its scheme.
func New(id string, others ...Claim) *Principal {
	list := make([]Claim, 0, 1+len(others))
	list = append(list, Claim{Type: TypeNameIdentifier, Value: id}.Normalized())
	for _, c := range others {
		list = append(list, c.Clone().Normalized())
	}
	return &Principal{Identities: []Identity{{Claims: list, open: true}}}
}

// Authenticated returns the principal that a sign-in under a scheme makes of p:
// identities that New has made get the authentication type, others stay as they
// are. It returns p itself if there is nothing to fill in.
func (p *Principal) Authenticated(authenticationType string) *Principal {
	if p == nil || !slices.ContainsFunc(p.Identities, isOpen) {
		return p
	}
	filled := &struct { // in one piece for one identity, which most have
		Principal
		room [1]Identity
	}{}
	filled.Identities = append(filled.room[:0], p.Identities...)
	for k := range filled.Identities {
		if i := &filled.Identities[k]; isOpen(*i) {
			i.AuthenticationType = authenticationType
		}
	}
	return &filled.Principal
}

func isOpen(i Identity) bool { return i.open && i.AuthenticationType == "" }

// Primary returns the first identity, or nil.
func (p *Principal) Primary() *Identity {
	if p == nil || len(p.Identities) == 0 {
		return nil
	}
	return &p.Identities[0]
}

// IsAuthenticated reports whether any of the identities is authenticated.
func (p *Principal) IsAuthenticated() bool {
	if p == nil {
		return false
	}
	for k := range p.Identities {
		if p.Identities[k].IsAuthenticated() {
			return true
		}
	}
	return false
}

// Name returns the name of the primary identity, or "".
func (p *Principal) Name() string { return p.Primary().Name() }

// ID returns the user's id: the value of the first claim of TypeNameIdentifier,
// else of TypeSubject, else "".
func (p *Principal) ID() string {
	if c := p.first(TypeNameIdentifier); c != nil {
		return c.Value
	}
	return p.Value(TypeSubject)
}

// HasRole reports whether one of the identities has the role. Roles are compared exactly.
func (p *Principal) HasRole(role string) bool {
	return p != nil && slices.ContainsFunc(p.Identities, func(i Identity) bool { return i.HasRole(role) })
}

// Has reports whether there is a claim of this type with exactly this value.
func (p *Principal) Has(claimType, value string) bool {
	return p != nil && slices.ContainsFunc(p.Identities, func(i Identity) bool { return i.Has(claimType, value) })
}

// Find returns the first claim of a type.
func (p *Principal) Find(claimType string) (Claim, bool) {
	if c := p.first(claimType); c != nil {
		return *c, true
	}
	return Claim{}, false
}

// Value returns the value of the first claim of a type, or "".
func (p *Principal) Value(claimType string) string {
	if c := p.first(claimType); c != nil {
		return c.Value
	}
	return ""
}

// first returns the first claim of a type, or nil.
func (p *Principal) first(claimType string) *Claim {
	if p == nil {
		return nil
	}
	for k := range p.Identities {
		if c := p.Identities[k].first(claimType); c != nil {
			return c
		}
	}
	return nil
}

// FindAll lists the claims of a type, in the order of the identities.
func (p *Principal) FindAll(claimType string) iter.Seq[Claim] {
	return func(yield func(Claim) bool) {
		for c := range p.All() {
			if sameType(c.Type, claimType) && !yield(c) {
				return
			}
		}
	}
}

// All lists all claims, in the order of the identities.
func (p *Principal) All() iter.Seq[Claim] {
	return func(yield func(Claim) bool) {
		if p == nil {
			return
		}
		for i := range p.Identities {
			for _, c := range p.Identities[i].Claims {
				if !yield(c) {
					return
				}
			}
		}
	}
}

// Clone returns a copy that shares nothing that can be modified.
func (p *Principal) Clone() *Principal {
	if p == nil {
		return nil
	}
	clone := &Principal{Identities: make([]Identity, len(p.Identities))}
	for k := range p.Identities {
		clone.Identities[k] = *p.Identities[k].Clone()
	}
	return clone
}

// Merge returns a principal with the identities of p followed by those of older
// that are authenticated or claim anything, as ASP.NET Core merges what several
// schemes have found. It modifies neither.
func (p *Principal) Merge(older *Principal) *Principal {
	if older == nil {
		return p
	}
	if p == nil {
		return older
	}
	merged := &Principal{Identities: slices.Clone(p.Identities)}
	for _, i := range older.Identities {
		if i.IsAuthenticated() || len(i.Claims) > 0 {
			merged.Identities = append(merged.Identities, i)
		}
	}
	return merged
}

// String tells the principal apart in a log by its id and shows nothing else.
func (p *Principal) String() string {
	if p == nil || !p.IsAuthenticated() {
		return "nobody"
	}
	return fmt.Sprintf("user %q", p.ID())
}

// GoString is String, so that %#v shows no secrets either.
func (p *Principal) GoString() string { return p.String() }
