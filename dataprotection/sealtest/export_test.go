package sealtest

import (
	"context"

	"github.com/sealring/sealring/internal/contracttest"
)

// Failures runs the check of that name, or every one if there is no name, and
// returns the message of each that failed.
func Failures(ctx context.Context, name string, fresh func() func() Sealer, options Options) map[string]string {
	failures := make(map[string]string)
	for _, c := range checks {
		if name != "" && name != c.name {
			continue
		}
		failure := contracttest.Failure(ctx, func(t reporter) { c.run(t, holders{fresh: fresh, Options: options}) })
		if failure != "" {
			failures[c.name] = failure
		}
	}
	return failures
}
