package dataprotection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sealring/sealring/dataprotection/internal/escrowfile"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/dataprotection/internal/machine"
)

// A machinePolicy is what the machine prescribes to a configuration.
type machinePolicy struct {
	said      string // for people
	algorithm *keyxml.Algorithm
}

// applyMachinePolicy completes a configuration from the policy of the machine. As in
// the reference, what the configuration says itself wins, and escrow adds up.
func (c *Config) applyMachinePolicy(system machine.System) error {
	if c.OwnPolicy {
		c.machine.said = "its own"
		return nil
	}
	p, _, err := system.Load()
	if err != nil {
		return asPolicyError(err)
	}
	if p == nil {
		c.machine.said = "none of the machine"
		return nil
	}
	sinks, err := policySinks(p)
	if err != nil {
		return asPolicyError(err)
	}
	c.Escrow = append(sinks, c.Escrow...)
	c.machine.said = "of the machine, from " + p.Source + ": " + c.prescribed(p)
	if c.Algorithm == AES256CBC {
		c.machine.algorithm = p.Algorithm
	}
	c.KeyLifetime = cmp.Or(c.KeyLifetime, p.KeyLifetime)
	return nil
}

// prescribed says what of a policy applies, and what the configuration overrules.
func (c *Config) prescribed(p *machine.Policy) string {
	var parts []string
	if p.Algorithm != nil {
		parts = append(parts, "algorithm "+p.Algorithm.String()+overruled(c.Algorithm != AES256CBC))
	}
	if p.KeyLifetime != 0 {
		parts = append(parts, fmt.Sprintf("key lifetime %d days", int(p.KeyLifetime.Hours()/24))+overruled(c.KeyLifetime != 0))
	}
	for _, s := range p.Sinks {
		parts = append(parts, "escrow in "+s.String())
	}
	return strings.Join(parts, ", ")
}

func overruled(yes bool) string {
	if yes {
		return " (overruled by the configuration)"
	}
	return ""
}

func asPolicyError(err error) error {
	return &ConfigError{Problems: []FieldError{{Field: "policy of the machine", Reason: err.Error()}}}
}

// policySinks opens the sinks of a policy.
func policySinks(p *machine.Policy) (sinks []EscrowSink, err error) {
	var errs []error
	for _, s := range p.Sinks {
		sink, err := escrowfile.Open(s.Directory, s.Certificate)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: escrow: %w", p.Source, err))
			continue
		}
		sinks = append(sinks, policySink{sink})
	}
	return sinks, errors.Join(errs...)
}

type policySink struct{ *escrowfile.Sink }

func (s policySink) Escrow(ctx context.Context, id KeyID, element []byte) error {
	return s.Add(ctx, id, element)
}

// algorithm is what new keys are made for.
func (c *Config) algorithm() keyxml.Algorithm {
	if c.machine.algorithm != nil {
		return *c.machine.algorithm
	}
	return c.Algorithm.xml()
}
