package middleware

import "strings"

// A contentPolicy is a Content-Security-Policy with room for nonces.
type contentPolicy struct {
	text   string
	nonces []int // where they go
}

func newContentPolicy(text string) (c contentPolicy) {
	room := strings.Repeat("-", len(passage{}.ownNonce))
	pieces := strings.Split(text, "{nonce}")
	for _, piece := range pieces[:len(pieces)-1] {
		c.text += piece
		c.nonces = append(c.nonces, len(c.text))
		c.text += room
	}
	c.text += pieces[len(pieces)-1]
	return c
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
