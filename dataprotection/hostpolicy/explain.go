package hostpolicy

import (
	"fmt"
	"time"

	"github.com/sealring/sealring/dataprotection/internal/machine"
)

// An Explanation says which policy applies and why. It is made to be shown, as
// text or JSON.
type Explanation struct {
	// Source is the file or the registry key that the policy is from; empty if there is none.
	Source string `json:"source,omitempty"`
	// Looked says in sentences where a policy was looked for.
	Looked []string `json:"looked"`
	// Algorithm names what new keys are made for; empty if that is not prescribed.
	Algorithm string `json:"algorithm,omitempty"`
	// KeyLifetime is that of new keys; zero if it is not prescribed.
	KeyLifetime time.Duration `json:"keyLifetime,omitempty"`
	// Escrow are the places that new keys are put into.
	Escrow []Escrow `json:"escrow,omitempty"`
	// Settings are the values as they stand, and where.
	Settings []Setting `json:"settings,omitempty"`
}

// An Escrow is a directory that new keys are put into, sealed for a certificate.
type Escrow struct {
	Directory   string `json:"directory"`
	Certificate string `json:"certificate"`
}

// A Setting is one value of a policy. Where is a file with its line, or a registry key.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Where string `json:"where"`
}

// Explain returns the policy that holds on this machine, for programs that run as
// this one does. The error is the one that Open would return.
func Explain() (Explanation, error) { return explain(machine.This()) }

// CheckFile explains what a file would prescribe, before it is put in place.
func CheckFile(file string) (Explanation, error) {
	p, err := machine.ReadFile(file)
	return explanation(p, []string{file + " was named"}, err)
}

func explain(system machine.System) (Explanation, error) {
	p, looked, err := system.Load()
	return explanation(p, looked, err)
}

func explanation(p *machine.Policy, looked []string, err error) (Explanation, error) {
	e := Explanation{Looked: looked}
	if err != nil {
		return e, fmt.Errorf("hostpolicy: %w", err)
	}
	if p == nil {
		return e, nil
	}
	e.Source, e.KeyLifetime = p.Source, p.KeyLifetime
	if p.Algorithm != nil {
		e.Algorithm = p.Algorithm.String()
	}
	for _, s := range p.Sinks {
		e.Escrow = append(e.Escrow, Escrow(s))
	}
	for _, s := range p.Settings {
		e.Settings = append(e.Settings, Setting(s))
	}
	return e, nil
}
