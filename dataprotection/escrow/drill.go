package escrow

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/memstore"
)

// DrillOptions say what a drill tries out.
type DrillOptions struct {
	_ struct{}

	// Openers open what lies in escrow: the certificate with its private key.
	Openers []dataprotection.Opener

	// Check, if it is set, is given the ring that was restored, to open payloads that
	// have been kept, and says if that did not work.
	Check func(ctx context.Context, restored *dataprotection.KeyRing) error
}

// A Report tells what a drill has found.
type Report struct {
	// Covered are the keys of the ring whose copy in escrow is the very same key.
	Covered []dataprotection.KeyID
	// Missing are the keys of the ring that are not in escrow, such as those that
	// are older than it. Manager.EscrowAll brings them there.
	Missing []dataprotection.KeyID
	// Refused are the copies that a restore could not use, with the reason.
	Refused []dataprotection.RestoredKey
	// Extra are the keys in escrow that the ring has not: they were deleted there, or
	// were never stored because another instance was faster to make one. They do no
	// harm; a restore puts them into the ring unless RestoreOptions.Choose leaves them out.
	Extra []dataprotection.KeyID
}

// Drill rehearses a restore without changing anything: it restores all that is in
// escrow into a ring in memory, with nothing but opts.Openers, compares each key with
// that of the real ring, and has the restored ring open what the real one has sealed
// a moment ago. Cfg is the configuration of the real ring, which is only read.
//
// The error is nil if the ring could be lost today without loss: every key of it is
// in escrow, can be opened and is the same, and payloads open. Else it says
// what is wrong; the report is complete as far as the drill came.
func Drill(ctx context.Context, cfg dataprotection.Config, from dataprotection.Store, opts DrillOptions) (Report, error) {
	cfg.ReadOnly, cfg.Escrow = true, nil
	var report Report
	restored, err := report.restore(ctx, cfg, from, opts)
	if err != nil {
		return report, fmt.Errorf("escrow: drill: %w", err)
	}
	if err := report.compare(ctx, cfg, restored); err != nil {
		return report, fmt.Errorf("escrow: drill: %w", err)
	}
	err = report.err()
	if len(report.Covered) > 0 {
		err = errors.Join(err, rehearse(ctx, cfg, restored, opts))
	}
	if err != nil {
		return report, fmt.Errorf("escrow: drill: %w", err)
	}
	return report, nil
}

// inMemory is the ring in a store that is lost after the drill, in clear. Nothing of
// the real ring is at hand there, as it would not be in a disaster.
func inMemory(cfg dataprotection.Config, store dataprotection.Store) dataprotection.Config {
	cfg.Store, cfg.Sealer, cfg.Openers = store, nil, nil
	cfg.Logger = slog.New(slog.DiscardHandler)
	return cfg
}

// restore puts what lies in escrow into memory.
func (r *Report) restore(ctx context.Context, cfg dataprotection.Config, from dataprotection.Store, opts DrillOptions) (dataprotection.Store, error) {
	cfg = inMemory(cfg, memstore.New())
	cfg.ReadOnly = false
	m, err := dataprotection.NewManager(ctx, cfg)
	if err != nil {
		return nil, err
	}
	result, err := m.Restore(ctx, from, &dataprotection.RestoreOptions{Openers: opts.Openers})
	if len(result.Keys) == 0 && err != nil {
		return nil, err
	}
	r.refused(result)
	return cfg.Store, nil
}

// refused takes over what was refused.
func (r *Report) refused(result dataprotection.Restoration) {
	for _, k := range result.Keys {
		if k.Outcome == dataprotection.Refused {
			r.Refused = append(r.Refused, k)
		}
	}
}

// compare sets what the ring has against what was restored.
func (r *Report) compare(ctx context.Context, cfg dataprotection.Config, restored dataprotection.Store) error {
	m, err := dataprotection.NewManager(ctx, cfg)
	if err != nil {
		return err
	}
	live, err := m.List(ctx)
	if err != nil {
		return err
	}
	// The errors are in the result, if anything was restored.
	dry, _ := m.Restore(ctx, restored, &dataprotection.RestoreOptions{DryRun: true})
	r.refused(dry)
	covered := map[dataprotection.KeyID]bool{}
	for _, k := range dry.Keys {
		covered[k.Key.ID] = k.Outcome == dataprotection.Present
		if k.Outcome == dataprotection.Restored {
			r.Extra = append(r.Extra, k.Key.ID)
		}
	}
	for _, k := range live.Keys {
		if covered[k.ID] {
			r.Covered = append(r.Covered, k.ID)
		} else {
			r.Missing = append(r.Missing, k.ID)
		}
	}
	return nil
}

func (r *Report) err() error {
	var errs []error
	for _, k := range r.Refused {
		errs = append(errs, fmt.Errorf("%s: %w", k.Key.Element, k.Err))
	}
	for _, id := range r.Missing {
		errs = append(errs, fmt.Errorf("key %s could not be restored from escrow", id))
	}
	return errors.Join(errs...)
}

// rehearse opens with the restored ring what the real one seals.
func rehearse(ctx context.Context, cfg dataprotection.Config, store dataprotection.Store, opts DrillOptions) error {
	live, err := dataprotection.Open(ctx, cfg)
	if err != nil {
		return fmt.Errorf("the real ring: %w", err)
	}
	defer live.Close()
	restored, err := dataprotection.Open(ctx, inMemory(cfg, store))
	if err != nil {
		return fmt.Errorf("the restored ring: %w", err)
	}
	defer restored.Close()
	purpose, text := "Sealring.Escrow.Drill", rand.Text()
	sealed, err := live.Protector(purpose).ProtectString(text)
	if err != nil {
		return fmt.Errorf("the real ring: %w", err)
	}
	if got, err := restored.Protector(purpose).UnprotectString(ctx, sealed); err != nil {
		return fmt.Errorf("the restored ring does not open what the real one has sealed: %w", err)
	} else if got != text {
		return errors.New("the restored ring opens another text than the real one has sealed")
	}
	if opts.Check == nil {
		return nil
	}
	return opts.Check(ctx, restored)
}
