package ticket

import (
	"iter"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/sealring/sealring/cookieauth/internal/packed"
	"github.com/sealring/sealring/internal/ordinal"
)

// Names of properties with a meaning to everyone who reads tickets.
const (
	keyIssued     = ".issued"
	keyExpires    = ".expires"
	keyPersistent = ".persistent"
	keyRefresh    = ".refresh"
	keyRedirect   = ".redirect"
)

// Properties are the properties of a sign-in, a map from text to text that keeps
// its order. Properties with unknown names are kept through all renewals, here and
// in ASP.NET Core. The zero value is empty and ready for use.
//
// Copies share their content; Clone gives one that does not.
type Properties struct {
	items []item
	// packed is what items would be made of: keys and values as an ordinary ticket has
	// them. Most requests look up two of them and change none.
	packed string
}

type item struct{ key, value string }

// Len returns the number of properties.
func (p Properties) Len() (n int) {
	for range p.All() {
		n++
	}
	return n
}

// All lists the properties in their order.
func (p Properties) All() iter.Seq2[string, string] {
	return func(yield func(key, value string) bool) {
		for rest := p.packed; rest != ""; {
			var i item
			if i, rest = unpackItem(rest); !yield(i.key, i.value) {
				return
			}
		}
		for _, i := range p.items {
			if !yield(i.key, i.value) {
				return
			}
		}
	}
}

// Get returns the value of a property, and whether it is there.
func (p Properties) Get(key string) (string, bool) {
	for rest := p.packed; rest != ""; {
		var i item
		if i, rest = unpackItem(rest); i.key == key {
			return i.value, true
		}
	}
	if k := p.index(key); k >= 0 {
		return p.items[k].value, true
	}
	return "", false
}

func unpackItem(text string) (i item, rest string) {
	key, at := packed.Take(text, 0)
	value, at := packed.Take(text, at)
	return item{key, value}, text[at:]
}

// unpack makes the items, before one of them is changed.
func (p *Properties) unpack() {
	if p.packed != "" {
		*p = p.Clone()
	}
}

// Set gives a property its value, in its place or at the end.
func (p *Properties) Set(key, value string) {
	p.unpack()
	if k := p.index(key); k >= 0 {
		p.items[k].value = value
		return
	}
	if p.items == nil {
		p.items = make([]item, 0, 4) // what a sign-in usually has
	}
	p.items = append(p.items, item{key, value})
}

// Delete removes a property. Removing one that is not there does nothing.
func (p *Properties) Delete(key string) {
	p.unpack()
	if k := p.index(key); k >= 0 {
		p.items = slices.Delete(p.items, k, k+1)
	}
}

// Clone returns a copy with content of its own.
func (p Properties) Clone() Properties {
	if p.packed == "" {
		return Properties{items: slices.Clone(p.items)}
	}
	items := make([]item, 0, 6) // with room for what a renewal may add
	for key, value := range p.All() {
		items = append(items, item{key, value})
	}
	return Properties{items: items}
}

func (p Properties) index(key string) int {
	for k := range p.items {
		if p.items[k].key == key {
			return k
		}
	}
	return -1
}

// Issued returns when the ticket was issued or last renewed. It is false if there
// is no readable date.
func (p Properties) Issued() (time.Time, bool) { return p.date(keyIssued) }

// SetIssued sets when the ticket was issued, to the second. The zero time removes the date.
func (p *Properties) SetIssued(t time.Time) { p.setDate(keyIssued, t) }

// Expires returns when the ticket stops being valid. It is false if there is no
// readable date.
func (p Properties) Expires() (time.Time, bool) { return p.date(keyExpires) }

// SetExpires sets when the ticket stops being valid, to the second. The zero time
// removes the date.
func (p *Properties) SetExpires(t time.Time) { p.setDate(keyExpires, t) }

// Persistent reports whether the cookie outlives the browser's session.
func (p Properties) Persistent() bool {
	_, ok := p.Get(keyPersistent)
	return ok
}

// SetPersistent says whether the cookie outlives the browser's session.
func (p *Properties) SetPersistent(persistent bool) {
	if persistent {
		p.Set(keyPersistent, "")
	} else {
		p.Delete(keyPersistent)
	}
}

// AllowRefresh returns whether the ticket may be renewed while it is used. It is
// true if nothing is said.
func (p Properties) AllowRefresh() bool {
	value, _ := p.Get(keyRefresh)
	return !ordinal.EqualFold(strings.TrimFunc(value, isBlank), "False")
}

// isBlank tells what .NET takes off a truth value before it looks at it.
func isBlank(r rune) bool { return r == 0 || unicode.IsSpace(r) }

// SetAllowRefresh says whether the ticket may be renewed while it is used.
func (p *Properties) SetAllowRefresh(allow bool) {
	if allow {
		p.Set(keyRefresh, "True")
	} else {
		p.Set(keyRefresh, "False")
	}
}

// RedirectURI returns where the browser was sent after the sign-in, or "".
func (p Properties) RedirectURI() string {
	value, _ := p.Get(keyRedirect)
	return value
}

// SetRedirectURI says where the browser is sent after the sign-in.
func (p *Properties) SetRedirectURI(uri string) { p.Set(keyRedirect, uri) }

func (p Properties) date(key string) (time.Time, bool) {
	value, ok := p.Get(key)
	if !ok {
		return time.Time{}, false
	}
	return parseDate(value)
}

func (p *Properties) setDate(key string, t time.Time) {
	if t.IsZero() {
		p.Delete(key)
		return
	}
	p.Set(key, formatDate(t))
}
