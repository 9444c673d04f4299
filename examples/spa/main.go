// Spa shows a page that never loads anew: a script talks to a JSON API with the
// login cookie, and copies the antiforgery token from a cookie to a header.
//
//	go run ./examples/spa
package main

import "github.com/sealring/sealring/examples/internal/demo"

func main() { demo.Run("spa", newSite) }
