package dpapiseal_test

import (
	"fmt"
	"runtime"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dpapiseal"
	"github.com/sealring/sealring/dataprotection/filestore"
)

// A program that runs on Windows seals its keys for its account.
func Example() {
	cfg := dataprotection.Config{Application: "shop", Store: filestore.New("keys")}
	if runtime.GOOS == "windows" {
		sealer, err := dpapiseal.New(dpapiseal.User)
		if err != nil {
			fmt.Println(err)
			return
		}
		cfg.Sealer = sealer
	}
	fmt.Println(cfg.Application)
	// Output: shop
}

// A program on another system that shares a ring with Windows machines says which
// keys it cannot open, and why.
func ExampleOpener() {
	cfg := dataprotection.Config{
		Application: "shop",
		Store:       filestore.New("keys"),
		Openers:     []dataprotection.Opener{dpapiseal.Opener{}},
	}
	fmt.Println(len(cfg.Openers))
	// Output: 1
}
