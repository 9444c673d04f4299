package storetest_test

import (
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/memstore"
	"github.com/sealring/sealring/dataprotection/storetest"
)

func ExampleRun() {
	// In the tests of a store this is func TestContract(t *testing.T).
	_ = func(t *testing.T) {
		storetest.Run(t, func(*testing.T) func() dataprotection.Store {
			store := memstore.New() // what lies on a server or disk is made empty here
			return func() dataprotection.Store { return store }
		}, storetest.Options{RepeatedNames: true})
	}
}
