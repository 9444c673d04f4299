package claims

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"

	"github.com/sealring/sealring/cookieauth/internal/packed"
)

// A Principal is a user. It is immutable and safe for concurrent use. Every method
// may be called on nil, which is nobody.
type Principal struct {
	identities []Identity // unless packed has the only one
	packed     packed.Identity
	unpacked   atomic.Pointer[unpacked]
}

// unpacked is what is made of a packed identity, in one piece.
type unpacked struct{ identities [1]Identity }

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
	return NewPrincipal(Identity{Claims: list, open: true})
}

// NewPrincipal returns a principal with these identities, in their order, of which
// the first is the primary one. It keeps them: they must not be modified any more.
func NewPrincipal(identities ...Identity) *Principal { return &Principal{identities: identities} }

// Pack makes p, which must be new, the principal with this one identity, which is
// taken apart only when somebody wants more than to look up a claim. It is for
// package ticket: nobody else can have a packed.Identity.
func (p *Principal) Pack(identity packed.Identity) { p.packed = identity }

// isPacked reports whether the only identity is packed, taken apart or not.
func (p *Principal) isPacked() bool { return p != nil && !p.packed.IsZero() }

// Len returns the number of identities.
func (p *Principal) Len() int {
	if p.isPacked() {
		return 1
	}
	return len(p.Identities())
}

// Identities returns the identities in their order, of which the first is the
// primary one. They must not be modified.
func (p *Principal) Identities() []Identity {
	switch {
	case p == nil:
		return nil
	case !p.isPacked():
		return slices.Clip(p.identities)
	case p.unpacked.Load() == nil:
		p.unpacked.CompareAndSwap(nil, unpack(&p.packed)) // all are to see the same
	}
	return p.unpacked.Load().identities[:]
}

func unpack(i *packed.Identity) *unpacked {
	var list []Claim
	if i.Len() > 0 {
		list = make([]Claim, 0, i.Len())
	}
	for claimType, value := range i.All {
		list = append(list, ordinary(claimType, value))
	}
	return &unpacked{[1]Identity{{
		AuthenticationType: i.AuthenticationType(), NameClaimType: i.NameType(), RoleClaimType: i.RoleType(), Claims: list,
	}}}
}

// ordinary returns a claim of which a ticket says no more than this.
func ordinary(claimType, value string) Claim {
	return Claim{Type: claimType, Value: value, ValueType: DefaultValueType, Issuer: DefaultIssuer, OriginalIssuer: DefaultIssuer}
}

// Authenticated returns the principal that a sign-in under a scheme makes of p:
// identities that New has made get the authentication type, others stay as they
// are. It returns p itself if there is nothing to fill in.
func (p *Principal) Authenticated(authenticationType string) *Principal {
	if p == nil || !slices.ContainsFunc(p.identities, isOpen) {
		return p
	}
	filled := &struct { // in one piece for one identity, which most have
		Principal
		room [1]Identity
	}{}
	filled.identities = append(filled.room[:0], p.identities...)
	for k := range filled.identities {
		i := &filled.identities[k]
		i.AuthenticationType = i.AuthenticatedBy(authenticationType)
	}
	return &filled.Principal
}

func isOpen(i Identity) bool { return i.open && i.AuthenticationType == "" }

// Primary returns the first identity, or nil.
func (p *Principal) Primary() *Identity {
	if all := p.Identities(); len(all) > 0 {
		return &all[0]
	}
	return nil
}

// IsAuthenticated reports whether any of the identities is authenticated.
func (p *Principal) IsAuthenticated() bool {
	if p.isPacked() {
		return p.packed.AuthenticationType() != ""
	}
	return p != nil && slices.ContainsFunc(p.identities, isAuthenticated)
}

func isAuthenticated(i Identity) bool { return i.IsAuthenticated() }

// Name returns the name of the primary identity, or "".
func (p *Principal) Name() string {
	if p.isPacked() {
		_, name, _ := p.packed.Find(p.packed.NameType())
		return name
	}
	return p.Primary().Name()
}

// ID returns the user's id: the value of the first claim of TypeNameIdentifier,
// else of TypeSubject, else "".
func (p *Principal) ID() string {
	if c, ok := p.Find(TypeNameIdentifier); ok {
		return c.Value
	}
	return p.Value(TypeSubject)
}

// HasRole reports whether one of the identities has the role. Roles are compared exactly.
func (p *Principal) HasRole(role string) bool {
	if p.isPacked() {
		return p.packed.Has(p.packed.RoleType(), role)
	}
	return p != nil && slices.ContainsFunc(p.identities, func(i Identity) bool { return i.HasRole(role) })
}

// Has reports whether there is a claim of this type with exactly this value.
func (p *Principal) Has(claimType, value string) bool {
	if p.isPacked() {
		return p.packed.Has(claimType, value)
	}
	return p != nil && slices.ContainsFunc(p.identities, func(i Identity) bool { return i.Has(claimType, value) })
}

// Find returns the first claim of a type.
func (p *Principal) Find(claimType string) (Claim, bool) {
	if p.isPacked() {
		found, value, ok := p.packed.Find(claimType)
		if !ok {
			return Claim{}, false
		}
		return ordinary(found, value), true
	}
	if c := p.first(claimType); c != nil {
		return *c, true
	}
	return Claim{}, false
}

// Value returns the value of the first claim of a type, or "".
func (p *Principal) Value(claimType string) string {
	c, _ := p.Find(claimType)
	return c.Value
}

// first returns the first claim of a type, or nil.
func (p *Principal) first(claimType string) *Claim {
	for k := range p.Identities() {
		if c := p.Identities()[k].first(claimType); c != nil {
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
		if p.isPacked() {
			p.packed.All(func(claimType, value string) bool { return yield(ordinary(claimType, value)) })
			return
		}
		for _, i := range p.Identities() {
			for _, c := range i.Claims {
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
	clone := make([]Identity, len(p.Identities()))
	for k := range clone {
		clone[k] = *p.Identities()[k].Clone()
	}
	return NewPrincipal(clone...)
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
	merged := slices.Clone(p.Identities())
	for _, i := range older.Identities() {
		if i.IsAuthenticated() || len(i.Claims) > 0 {
			merged = append(merged, i)
		}
	}
	return NewPrincipal(merged...)
}

// principalJSON is a principal in JSON.
type principalJSON struct {
	Identities []Identity `json:"identities"`
}

// MarshalJSON shows the identities without what is secret.
func (p *Principal) MarshalJSON() ([]byte, error) { return json.Marshal(principalJSON{p.Identities()}) }

// UnmarshalJSON makes p, which must be new, the principal that MarshalJSON has shown.
func (p *Principal) UnmarshalJSON(text []byte) error {
	var read principalJSON
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	p.identities = read.Identities
	return nil
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
