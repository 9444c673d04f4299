// Chi shows the suite on a chi router: the whole of it in Use, demands of single
// routes in With, of groups of routes in Group and Route.
//
//	go run ./examples/chi
package main

import "github.com/sealring/sealring/examples/internal/demo"

func main() { demo.Run("chi", newRouter) }
