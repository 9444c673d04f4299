package claims

import (
	"context"

	"github.com/sealring/sealring/internal/contextkey"
)

// NewContext returns a context in which FromContext finds p.
func NewContext(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, contextkey.User{}, p)
}

// FromContext returns the user of the request that ctx belongs to. It is nil,
// which all methods understand, if nobody is signed in.
func FromContext(ctx context.Context) *Principal {
	p, _ := ctx.Value(contextkey.User{}).(*Principal)
	return p
}
