package cookieauth

import "net/http"

// Outage returns why it cannot be told now who a request comes from, or nil: the
// key ring or something that Events.Validate needs is out of reach. Like User it
// works behind Handler or one of the Require methods only.
func (a *Authenticator) Outage(r *http.Request) error {
	if v := a.visit(r); v != nil {
		return v.outage()
	}
	return nil
}
