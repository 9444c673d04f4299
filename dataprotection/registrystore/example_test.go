package registrystore_test

import (
	"fmt"
	"runtime"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/registrystore"
)

// A program keeps its keys in the registry on Windows, and in a directory elsewhere.
func Example() {
	cfg := dataprotection.Config{Application: "shop", Store: filestore.New("keys")}
	if runtime.GOOS == "windows" {
		store, err := registrystore.New(`HKCU\Software\Contoso\Shop\Keys`)
		if err != nil {
			fmt.Println(err)
			return
		}
		cfg.Store = store
	}
	fmt.Println(cfg.Application)
	// Output: shop
}
