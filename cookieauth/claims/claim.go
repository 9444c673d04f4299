package claims

import "slices"

// What the fields of a Claim mean where they are empty.
const (
	// DefaultValueType is the value type of ordinary text.
	DefaultValueType = ValueTypeString
	// DefaultIssuer is the issuer of a claim that the program itself has made.
	DefaultIssuer = "LOCAL AUTHORITY"
)

// A Claim is one statement about a user.
type Claim struct {
	// Type says what the statement is about. It is often a URI, such as TypeName,
	// and compared without regard to case.
	Type string `json:"type"`
	// Value is what is stated.
	Value string `json:"value"`
	// ValueType says how Value is to be read. Empty means DefaultValueType.
	ValueType string `json:"valueType,omitempty"`
	// Issuer is who states it. Empty means DefaultIssuer.
	Issuer string `json:"issuer,omitempty"`
	// OriginalIssuer is who stated it first, where Issuer passes it on. Empty means Issuer.
	OriginalIssuer string `json:"originalIssuer,omitempty"`
	// Properties are further details, kept in their order. Keys must not repeat.
	Properties []Property `json:"properties,omitempty"`
}

// A Property is one detail of a claim.
type Property struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Name is a claim of TypeName: the name that the user is shown and known by.
func Name(value string) Claim { return Claim{Type: TypeName, Value: value} }

// Role is a claim of TypeRole.
func Role(value string) Claim { return Claim{Type: TypeRole, Value: value} }

// Email is a claim of TypeEmail.
func Email(value string) Claim { return Claim{Type: TypeEmail, Value: value} }

// Normalized returns the claim with its empty fields filled in.
func (c Claim) Normalized() Claim {
	if c.ValueType == "" {
		c.ValueType = DefaultValueType
	}
	if c.Issuer == "" {
		c.Issuer = DefaultIssuer
	}
	if c.OriginalIssuer == "" {
		c.OriginalIssuer = c.Issuer
	}
	return c
}

// Property returns the value of a property, or "".
func (c Claim) Property(key string) string {
	for _, p := range c.Properties {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}

// Clone returns a copy that shares nothing that can be modified.
func (c Claim) Clone() Claim {
	c.Properties = slices.Clone(c.Properties)
	return c
}
