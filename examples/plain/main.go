// Plain shows the suite on an http.ServeMux, as a chain that is put together by hand
// in the right order. middleware.Stack does the same in one call.
//
//	go run ./examples/plain
package main

import "github.com/sealring/sealring/examples/internal/demo"

func main() { demo.Run("plain", newSite) }
