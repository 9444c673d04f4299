package middleware

import "strings"

// A contentPolicy is a Content-Security-Policy with room for nonces.
type contentPolicy struct {
	parts  []string // between each two of them there is a nonce
	length int      // of the whole
}

func newContentPolicy(text string) (c contentPolicy) {
	const place = "{nonce}"
	c.parts = strings.Split(text, place)
	c.length = len(text) + (len(c.parts)-1)*(len(passage{}.ownNonce)-len(place))
	return c
}

// of returns the policy with the nonce of a request.
func (c *contentPolicy) of(p *passage) string {
	if len(c.parts) == 1 {
		return c.parts[0]
	}
	p.draw()
	p.hasNonce = true
	var text strings.Builder
	text.Grow(c.length)
	for k, part := range c.parts {
		if k > 0 {
			text.Write(p.ownNonce[:])
		}
		text.WriteString(part)
	}
	return text.String()
}
