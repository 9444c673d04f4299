package journey

import "context"

// A Host is a request's context that takes in what a handler directly within finds
// out, so that the request needs neither another context for that nor a copy of
// itself.
type Host interface {
	context.Context
	// Around returns the context that the host asks for what it does not know itself,
	// or nil if it takes in nothing now.
	Around() context.Context
	// Mount has the host ask ctx, which goes on with what Around has returned.
	Mount(ctx context.Context)
}
