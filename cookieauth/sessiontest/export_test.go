package sessiontest

import (
	"context"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/internal/contracttest"
)

func init() { patience = 2 * time.Second }

// Checks returns the names of all checks.
func Checks() (names []string) {
	for _, c := range ticketChecks {
		names = append(names, c.name)
	}
	for _, c := range cutoffChecks {
		names = append(names, c.name)
	}
	return names
}

// Failures runs the check of that name, or every one if there is no name, and
// returns the message of each that failed.
func Failures(ctx context.Context, name string, fresh func() func() Store, restart func()) map[string]string {
	failures := make(map[string]string)
	for _, c := range ticketChecks {
		watch(ctx, failures, name, c, restart, func() func() cookieauth.TicketStore {
			open := fresh()
			return func() cookieauth.TicketStore { return open() }
		})
	}
	for _, c := range cutoffChecks {
		watch(ctx, failures, name, c, restart, func() func() cookieauth.CutoffStore {
			open := fresh()
			return func() cookieauth.CutoffStore { return open() }
		})
	}
	return failures
}

func watch[S any](ctx context.Context, failures map[string]string, name string, c check[S], restart func(), fresh func() func() S) {
	if name != "" && name != c.name {
		return
	}
	failure := contracttest.Failure(ctx, func(t reporter) { c.run(t, storage[S]{open: fresh(), restart: restart}) })
	if failure != "" {
		failures[c.name] = failure
	}
}
