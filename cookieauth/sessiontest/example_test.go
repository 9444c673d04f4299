package sessiontest_test

import (
	"testing"

	"github.com/sealring/sealring/cookieauth/memtickets"
	"github.com/sealring/sealring/cookieauth/sessiontest"
)

func ExampleRun() {
	// In the tests of a store this is func TestContract(t *testing.T).
	_ = func(t *testing.T) {
		sessiontest.Run(t, func(*testing.T) func() sessiontest.Store {
			s := memtickets.New(memtickets.Config{})
			return func() sessiontest.Store { return s }
		}, sessiontest.Options{})
	}
}
