package gorilla

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/securecookie"

	"github.com/sealring/sealring/dataprotection"
)

// The limits of gorilla/securecookie, which hold unless configured otherwise.
const (
	DefaultMaxLength = 4096
	DefaultMaxAge    = 30 * 24 * time.Hour
)

// Config configures a Codec. It is copied; changing it later has no effect.
type Config struct {
	_ struct{}

	// KeyRing seals the values. Required.
	KeyRing *dataprotection.KeyRing

	// MaxLength is how long an encoded value may be, in bytes, both when it is made
	// and when it is read. The default is DefaultMaxLength, what browsers are sure
	// to keep. A store that has its values on the server can afford more. The
	// MaxLength method of such a store does not reach this codec.
	MaxLength int

	// MaxAge is how long a value is good for. The default is DefaultMaxAge. Making
	// it shorter also shortens the life of values that are already out; making it
	// longer does not lengthen it. It is kept to the second. The MaxAge method of a
	// store sets the cookie's attribute, but does not reach this codec.
	MaxAge time.Duration

	// MinAge is how old a value must be to be good, to the second. The default is
	// zero: good at once.
	MinAge time.Duration

	// Serializer turns values into bytes. The default is securecookie.GobEncoder.
	Serializer securecookie.Serializer

	// Legacy codecs read, until AcceptUntil, what the ring has not made, each within
	// its own limits. They are asked in order and never encode. Whoever knows their
	// keys can forge sessions until then.
	Legacy []securecookie.Codec

	// AcceptUntil is when Legacy ends. Required with Legacy. Once the longest life
	// of a legacy value has passed since the last one was made, there is nothing
	// left to accept.
	AcceptUntil time.Time

	// OnLegacy is called with the cookie's name for each value that a Legacy codec
	// has decoded, as to count how many there still are. It must be safe for
	// concurrent use. Nil means nobody wants to know.
	OnLegacy func(name string)

	// Now is the clock that ages and AcceptUntil are measured with. The default is
	// time.Now. It is for tests, as is the one of the ring, which ends values too.
	Now func() time.Time
}

// withDefaults returns the configuration completed, or an error that names
// everything that is wrong with it.
func (c Config) withDefaults() (Config, error) {
	if err := c.check(); err != nil {
		return Config{}, err
	}
	c.MaxLength = cmp.Or(c.MaxLength, DefaultMaxLength)
	c.MaxAge = cmp.Or(c.MaxAge, DefaultMaxAge)
	if c.Serializer == nil {
		c.Serializer = securecookie.GobEncoder{}
	}
	c.Legacy = slices.Clone(c.Legacy)
	if c.OnLegacy == nil {
		c.OnLegacy = func(string) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}

func (c *Config) check() error {
	var problems []string
	wrong := func(bad bool, problem string) {
		if bad {
			problems = append(problems, problem)
		}
	}
	wrong(c.KeyRing == nil, "KeyRing: required")
	wrong(c.MaxLength < 0, "MaxLength: negative")
	wrong(c.MaxAge < 0 || 0 < c.MaxAge && c.MaxAge < time.Second, "MaxAge: less than 1 second")
	wrong(c.MinAge < 0, "MinAge: negative")
	wrong(slices.Contains(c.Legacy, nil), "Legacy: contains nil")
	wrong(len(c.Legacy) > 0 && c.AcceptUntil.IsZero(), "AcceptUntil: required with Legacy, which has to end some day")
	if problems == nil {
		return nil
	}
	return errors.New("gorilla: invalid configuration: " + strings.Join(problems, "; "))
}
