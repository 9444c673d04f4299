package dataprotection

import (
	"cmp"
	"context"
	"log/slog"
	"time"
	"unicode/utf8"

	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/dataprotection/internal/machine"
)

// DefaultPollInterval is how often a ring asks its store for changes unless configured.
const DefaultPollInterval = 10 * time.Second

// Config configures a ring. It is copied; changing it later has no effect.
type Config struct {
	_ struct{}

	// Application isolates the payloads of one application from those of others
	// that share its keys. Instances of one application must use the same name, and
	// so must an ASP.NET Core peer (SetApplicationName there). It is compared
	// exactly. Required, unless NoApplication is set.
	Application string

	// NoApplication states that no application name is meant, as for a .NET peer
	// that uses DataProtectionProvider.Create with a directory and no name. Every
	// program with access to the keys can then read the payloads.
	NoApplication bool

	// Store keeps the keys. Required. There is no default: a ring in memory would
	// lose all logins with each restart.
	Store Store

	// Sealer encrypts new keys at rest. Nil stores them in clear, protected only by
	// the store's own permissions. A Sealer that is also an Opener opens what it has sealed.
	Sealer Sealer

	// Openers decrypt keys at rest that the Sealer cannot open, such as those that
	// its predecessor has sealed. They are asked in order.
	Openers []Opener

	// GoOnly states that no .NET program shares the store. It is needed for a
	// Sealer that .NET does not know: a .NET peer that cannot read the newest key
	// writes one of its own in clear.
	GoOnly bool

	// AllowUnsealed accepts keys in clear although a Sealer is set, as while moving
	// to sealed keys. Whoever can write to the store could else slip in a key in
	// clear; note that sealing is encryption, no signature.
	AllowUnsealed bool

	// Escrow receives each new key in clear, in order, before it is stored.
	Escrow []EscrowSink

	// Algorithm is what new keys are used with. The default is AES256CBC, with
	// HMAC-SHA-256, which every .NET peer reads.
	Algorithm Algorithm

	// KeyLifetime is the life of new keys. The default is 90 days, the least 7 days.
	KeyLifetime time.Duration

	// PropagationWindow is how long before it is needed a new key is made, besides
	// one day, so that every instance has it when it starts to seal. The default is
	// 2 days, the most a third of KeyLifetime. An instance that is off for longer
	// meets unknown keys, and re-reads the store then.
	PropagationWindow time.Duration

	// PollInterval is how often the store is asked for changes: the time within
	// which a revocation made elsewhere takes hold here. The default is 10 seconds,
	// the least 1 second.
	PollInterval time.Duration

	// OwnPolicy keeps the policy of the machine out: Algorithm, KeyLifetime and Escrow
	// count as they stand. Without it a policy of the machine, if there is one (package
	// hostpolicy says where), prescribes what of these is left at zero, and adds its
	// escrow. AES256CBC is the zero Algorithm: to insist on it, set OwnPolicy.
	OwnPolicy bool

	// ReadOnly never writes to the store. The ring seals with the default key, or
	// with the least bad other one, and another member has to make keys.
	ReadOnly bool

	// Logger receives what an operator should know: each problem once when it
	// begins and once when it ends, and once an hour at most that payloads do not fit
	// this Application, though their key is known. It never receives secrets. The
	// default is slog.Default().
	Logger *slog.Logger

	// Now is the clock that dates are taken from and compared with. The default is
	// time.Now. It is for tests; the polls go by real time.
	Now func() time.Time

	machine machinePolicy
}

// withDefaults returns the configuration completed, or a *ConfigError that names
// everything that is wrong with it.
func (c Config) withDefaults() (Config, error) {
	c.Escrow = append([]EscrowSink(nil), c.Escrow...)
	if err := c.applyMachinePolicy(machine.This()); err != nil {
		return Config{}, err
	}
	c.KeyLifetime = cmp.Or(c.KeyLifetime, DefaultKeyLifetime)
	c.PropagationWindow = cmp.Or(c.PropagationWindow, DefaultPropagationWindow)
	c.PollInterval = cmp.Or(c.PollInterval, DefaultPollInterval)
	if err := c.check(); err != nil {
		return Config{}, err
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Openers = openers(c.Sealer, c.Openers)
	return c, nil
}

// openers lists the configured openers, the sealer first where it can open.
func openers(s Sealer, others []Opener) []Opener {
	var all []Opener
	if o, ok := s.(Opener); ok {
		all = append(all, o)
	}
	return append(all, others...)
}

func (c *Config) check() error {
	var problems []FieldError
	wrong := func(bad bool, field, reason string) {
		if bad {
			problems = append(problems, FieldError{field, reason})
		}
	}
	wrong(c.Application == "" && !c.NoApplication, "Application",
		"a name is required, the same on all instances; NoApplication states that none is meant")
	wrong(c.Application != "" && c.NoApplication, "NoApplication", "set although Application is")
	wrong(!utf8.ValidString(c.Application), "Application", "not valid UTF-8")
	wrong(c.Store == nil, "Store", "required: filestore.New(directory) keeps the keys in a directory")
	for _, o := range c.Openers {
		wrong(o == nil, "Openers", "contains nil")
	}
	for _, e := range c.Escrow {
		wrong(e == nil, "Escrow", "contains nil")
	}
	wrong(!c.Algorithm.valid(), "Algorithm", "unknown")
	wrong(c.KeyLifetime < MinKeyLifetime, "KeyLifetime", "less than 7 days")
	wrong(c.KeyLifetime > 100*365*24*time.Hour, "KeyLifetime", "more than 100 years")
	wrong(c.PropagationWindow < 0, "PropagationWindow", "negative")
	wrong(c.KeyLifetime >= MinKeyLifetime && c.PropagationWindow > c.KeyLifetime/3, "PropagationWindow", "more than a third of KeyLifetime")
	wrong(c.PollInterval < time.Second, "PollInterval", "less than 1 second")
	if problems == nil {
		return nil
	}
	return &ConfigError{Problems: problems}
}

// checkSealer seals a sample, so that a sealer that cannot work, or that a .NET
// peer could not read, is found now and not at the next rotation.
func (c *Config) checkSealer(ctx context.Context) error {
	if c.Sealer == nil || c.ReadOnly {
		return nil
	}
	decryptorType, _, err := c.Sealer.Seal(ctx, KeyID{}, []byte("<sample />"))
	if err != nil {
		return &RingError{Op: "seal", Element: "a sample", Err: err}
	}
	if !c.GoOnly && !keyxml.KnownToDotNet(decryptorType) {
		return &ConfigError{Problems: []FieldError{{"GoOnly", "must be set for a Sealer that .NET does not know; a .NET program on the same store would write unsealed keys"}}}
	}
	return nil
}

// policy returns the key policy that the configuration asks for.
func (c *Config) policy() Policy {
	return Policy{KeyLifetime: c.KeyLifetime, PropagationWindow: c.PropagationWindow, ReadOnly: c.ReadOnly}
}

func (c *Config) now() time.Time { return toTick(c.Now()) }
