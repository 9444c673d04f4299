package sqltickets

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/internal/record"
	"github.com/sealring/sealring/dataprotection"
)

// nothing is the version of the list where there has never been a cut-off.
const nothing dataprotection.Version = "none"

// LoadCutoffs selects all cut-offs, if the version is not the one that is known.
func (s *Store) LoadCutoffs(ctx context.Context, since dataprotection.Version) (cutoffs []cookieauth.Cutoff, version dataprotection.Version, err error) {
	err = s.patiently(ctx, "load cut-offs", func() (err error) {
		// The version comes first: a list that is newer than its version is loaded once
		// more than it must be, and one that is older would miss something.
		if version, err = s.version(ctx); err != nil || version == since && version != nothing {
			return err
		}
		cutoffs, err = s.allCutoffs(ctx)
		return err
	})
	switch {
	case err != nil:
		return nil, "", err
	case version == since && len(cutoffs) == 0:
		return nil, "", dataprotection.ErrNotModified
	}
	return cutoffs, version, nil
}

func (s *Store) version(ctx context.Context) (version dataprotection.Version, err error) {
	err = s.cfg.DB.QueryRowContext(ctx, s.sql.version).Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		return nothing, nil
	}
	return version, err
}

func (s *Store) allCutoffs(ctx context.Context) (cutoffs []cookieauth.Cutoff, err error) {
	err = scan(ctx, s.cfg.DB, s.sql.cutoffs, nil, func(rows *sql.Rows) error {
		var c cookieauth.Cutoff
		var before, until int64
		err := rows.Scan(&c.Session, &c.User, &before, &c.Except, &until)
		c.Before, c.Until = record.Time(before), record.Time(until)
		cutoffs = append(cutoffs, c)
		return err
	})
	return cutoffs, err
}

// AddCutoffs adds cut-offs in one transaction: all of them or none.
func (s *Store) AddCutoffs(ctx context.Context, cutoffs ...cookieauth.Cutoff) error {
	if len(cutoffs) == 0 {
		return ctx.Err()
	}
	return s.patiently(ctx, "add cut-offs", func() error {
		tx, err := s.cfg.DB.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if err := s.addCutoffs(ctx, tx, cutoffs); err != nil {
			return err
		}
		return tx.Commit()
	})
}

// addCutoffs writes the version first, for whose row all who add wait.
func (s *Store) addCutoffs(ctx context.Context, tx *sql.Tx, cutoffs []cookieauth.Cutoff) error {
	if _, err := tx.ExecContext(ctx, s.sql.setVersion, rand.Text()); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, s.sql.forget, record.Micros(s.cfg.Now().Add(-slack))); err != nil {
		return err
	}
	for _, c := range cutoffs {
		if _, err := tx.ExecContext(ctx, s.sql.addCutoff, c.Session, c.User, record.Micros(c.Before), c.Except, record.Micros(c.Until)); err != nil {
			return err
		}
	}
	if s.sql.announce == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, s.sql.announce)
	return err
}

// Notify listens with Config.Listen. Without it the error Is errors.ErrUnsupported.
func (s *Store) Notify(ctx context.Context, changed func()) error {
	if s.cfg.Listen == nil {
		return fmt.Errorf("sqltickets: Config.Listen is not set: %w", errors.ErrUnsupported)
	}
	return s.patiently(ctx, "listen", func() error {
		err := s.cfg.Listen(ctx, Channel, changed)
		if err == nil {
			err = errors.New("Config.Listen returned")
		}
		return err
	})
}
