package sealtest_test

import (
	"testing"

	"github.com/sealring/sealring/dataprotection/sealtest"
)

func ExampleRun() {
	_ = func(t *testing.T) { // a test of your sealer
		sealtest.Run(t, func(t *testing.T) func() sealtest.Sealer {
			holder := newGood() // yours
			return func() sealtest.Sealer { return holder }
		}, sealtest.Options{})
	}
}
