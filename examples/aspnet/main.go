// Aspnet is a shop of two halves, one in Go and one in ASP.NET Core, that share one
// key directory, and with it the login and the tokens of the forms. It starts both, and
// a proxy before them.
//
//	go run ./examples/aspnet
package main

import (
	"flag"
	"net/http"
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/examples/internal/demo"
)

func main() {
	dotnet := flag.String("dotnet", "dotnet", "the command `dotnet` of the SDK, release 10 or later")
	project := flag.String("project", "examples/aspnet/orders", "the `directory` of the ASP.NET Core half")
	keys := func() string { return flag.Lookup("keys").Value.String() }
	demo.Run("shop", func(ring *dataprotection.KeyRing, log zerolog.Logger) (http.Handler, error) {
		dir, err := filepath.Abs(keys())
		if err != nil {
			return nil, err
		}
		orders, err := startOrders(log, *dotnet, *project, dir)
		if err != nil {
			return nil, err
		}
		return newSite(ring, log, orders)
	})
}
