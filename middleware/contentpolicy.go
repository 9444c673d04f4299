package middleware

import "strings"

// A contentPolicy is a Content-Security-Policy with room for nonces.
type contentPolicy struct {
	text   string
	nonces []int // where they go
}

func newContentPolicy(text string) (c contentPolicy) {
	room := strings.Repeat("-", len(passage{}.ownNonce))
	for {
		before, after, found := strings.Cut(text, "{nonce}")
		c.text += before
		if !found {
			return c
		}
		c.nonces = append(c.nonces, len(c.text))
		c.text += room
		text = after
	}
}

// of returns the policy with the nonce of a request.
func (c *contentPolicy) of(p *passage) string {
	if len(c.nonces) == 0 {
		return c.text
	}
	p.draw()
	p.hasNonce = true
	text := append(make([]byte, 0, 256), c.text...)
	for _, at := range c.nonces {
		copy(text[at:], p.ownNonce[:])
	}
	return string(text)
}
