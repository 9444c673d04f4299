package claims

import "context"

type contextKey struct{}

// NewContext returns a context in which FromContext finds p.
func NewContext(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// FromContext returns the user of the request that ctx belongs to. It is nil,
// which all methods understand, if nobody is signed in.
func FromContext(ctx context.Context) *Principal {
	p, _ := ctx.Value(contextKey{}).(*Principal)
	return p
}
