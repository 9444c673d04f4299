package hosting_test

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/hosting"
)

// A .NET application that configures nothing keeps its keys below the home
// directory of its account, or where LOCALAPPDATA points.
func ExampleDefaultDirectory() {
	os.Setenv("LOCALAPPDATA", "/var/lib/shop")
	defer os.Unsetenv("LOCALAPPDATA")

	dir, why, err := hosting.DefaultDirectory()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("keys are in", dir)
	fmt.Println("because of", why)
}

// A .NET application that sets no name is called after its content root.
func ExampleApplicationFromContentRoot() {
	fmt.Println(hosting.ApplicationFromContentRoot("/srv/shop/"))
	// Output: /srv/shop/
}

// A program under IIS takes what ASP.NET Core would take.
func ExampleDefault() {
	store, sealer, why, err := hosting.Default()
	if err != nil {
		slog.Error("name a store in the settings", "error", err)
		return
	}
	slog.Info(why)
	_ = dataprotection.Config{Application: "shop", Store: store, Sealer: sealer}
}
