// Links shows links that are sent by e-mail: one confirms an address, one sets a new
// password. Their mails go to a page of the site, /outbox.
//
//	go run ./examples/links
package main

import "github.com/sealring/sealring/examples/internal/demo"

func main() { demo.Run("links", newSite) }
