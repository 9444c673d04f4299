package dataprotection

import (
	"context"
	"errors"
	"fmt"
)

// renewals keeps the sealer and the openers up to date, and what came of it.
type renewals struct {
	versions map[int]string // by the opener's place
	err      error          // of the last time
}

// renew has everything renewed that can be, and reports whether anything has changed.
func (n *renewals) renew(ctx context.Context, cfg *Config) (changed bool) {
	bounded, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	if n.versions == nil {
		n.versions = map[int]string{}
	}
	var errs []error
	for i, r := range cfg.renewers() {
		version, err := r.Renew(bounded)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", storeName(r), patienceOver(ctx, bounded, err)))
			continue
		}
		changed = changed || version != n.versions[i]
		n.versions[i] = version
	}
	n.err = errors.Join(errs...)
	return changed
}

// renewers are the openers that can be renewed, and the sealer if it does not open.
func (c *Config) renewers() (all []Renewer) {
	if _, opens := c.Sealer.(Opener); !opens {
		if r, ok := c.Sealer.(Renewer); ok {
			all = append(all, r)
		}
	}
	for _, o := range c.Openers {
		if r, ok := o.(Renewer); ok {
			all = append(all, r)
		}
	}
	return all
}
