package cookieauth

import (
	"errors"
	"strings"

	"github.com/sealring/sealring/internal/confcheck"
)

// checkChanged refuses what an event has made of a cookie if it would make another
// Set-Cookie line than was meant, as New does with a configuration: an event may copy
// something that a visitor has sent. Secure says whether the cookie had the attribute
// before the event; without, there is no name with a prefix.
func (a *Authenticator) checkChanged(event, name string, secure bool, c CookieAttributes) error {
	var p confcheck.Problems
	c.line().Check(&p, name)
	if secure && !a.reference {
		c.line().CheckDropped(&p, name)
	}
	if len(p) == 0 {
		return nil
	}
	return errors.New("cookieauth: Events." + event + " made a cookie that cannot be sent: " + strings.Join(p, "; "))
}
