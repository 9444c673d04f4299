package setcookie

import (
	"net/http"
	"time"

	"github.com/sealring/sealring/internal/confcheck"
	"github.com/sealring/sealring/internal/grammar"
)

// Prefixes by which a browser knows how a cookie must have been set.
const (
	HostPrefix   = "__Host-"
	SecurePrefix = "__Secure-"
)

// Check notes what would make no Set-Cookie line, or another one than was meant.
func (a *Attributes) Check(p *confcheck.Problems, name string) {
	p.Add(!grammar.IsToken(name), "Cookie.Name", grammar.NotToken)
	p.Add(!grammar.IsAttribute(a.Domain), "Cookie.Domain", grammar.NotAttribute)
	p.Add(!grammar.IsAttribute(a.Path), "Cookie.Path", grammar.NotAttribute)
	p.Add(a.Path != "" && a.Path[0] != '/', "Cookie.Path", "must begin with a slash")
	for _, x := range a.Extensions {
		p.Add(x == "" || !grammar.IsAttribute(x), "Cookie.Extensions", grammar.NotAttribute)
	}
	p.Add(a.SameSite < 0 || a.SameSite > http.SameSiteNoneMode, "Cookie.SameSite", "unknown")
	p.Add(a.MaxAge < 0, "Cookie.MaxAge", "negative")
	p.Add(0 < a.MaxAge && a.MaxAge < time.Second, "Cookie.MaxAge", "less than a second, which removes the cookie")
}

// CheckDropped notes what a browser would drop without a word. Secure says whether
// the attribute is always there.
func (a *Attributes) CheckDropped(p *confcheck.Problems, name string) {
	host := grammar.HasPrefixFold(name, HostPrefix)
	p.Add((host || grammar.HasPrefixFold(name, SecurePrefix)) && !a.Secure, "Cookie.Name", "the prefix of "+name+" needs Cookie.Secure (in a Config SecureDefault or SecureAlways); without it, set a name that has no prefix")
	p.Add(host && (a.Domain != "" || a.Path != "/"), "Cookie.Name", "the prefix __Host- allows no Domain, and no Path but /")
	p.Add(grammar.IsAttribute(a.Domain) && !grammar.IsHost(a.Domain), "Cookie.Domain", grammar.NotHost)
	p.Add(a.SameSite == http.SameSiteNoneMode && !a.Secure, "Cookie.SameSite", "None needs Cookie.Secure (in a Config SecureDefault or SecureAlways)")
}
