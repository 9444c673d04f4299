package dataprotectiontest_test

import (
	"context"
	"testing"

	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
)

func ExampleNewKeyRing() {
	_ = func(t *testing.T) { // a test of yours
		ring := dataprotectiontest.NewKeyRing(t)
		links := ring.Protector("links")
		sealed, err := links.ProtectString("user 42")
		if err != nil {
			t.Fatal(err)
		}
		if opened, err := links.UnprotectString(context.Background(), sealed); err != nil || opened != "user 42" {
			t.Errorf("opened %q, %v", opened, err)
		}
	}
}
