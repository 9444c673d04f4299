package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"hash"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/sqlserver"
)

// A querier is a database or one connection of it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// load asks for hashes first, as long as the caller knows some version.
func (s *Store) load(ctx context.Context, since dataprotection.Version) (dataprotection.Snapshot, error) {
	snap := dataprotection.Snapshot{}
	if since != "" && s.sql.summary != s.sql.all {
		version, err := s.version(ctx, s.cfg.DB, s.sql.summary)
		if err == nil && version == since {
			return snap, dataprotection.ErrNotModified
		}
		if err != nil && !s.mayBeMade(err) {
			return snap, err
		}
	}
	elements, err := readElements(ctx, s.cfg.DB, s.sql.all)
	if err != nil && !s.mayBeMade(err) {
		return snap, err
	}
	snap.Elements, snap.Version = elements, versionOf(elements)
	if snap.Version == since {
		return dataprotection.Snapshot{}, dataprotection.ErrNotModified
	}
	return snap, nil
}

// mayBeMade reports whether err is about a table that is missing and may be made.
func (s *Store) mayBeMade(err error) bool { return s.cfg.CreateTable && sqlserver.IsMissing(err) }

// version asks for a summary and tells the version it stands for.
func (s *Store) version(ctx context.Context, q querier, summary string) (dataprotection.Version, error) {
	if summary == s.sql.all {
		elements, err := readElements(ctx, q, summary)
		return versionOf(elements), err
	}
	rows, err := q.QueryContext(ctx, summary)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	h := newVersion()
	for rows.Next() {
		var id int64
		var sum string
		if err := rows.Scan(&id, &sum); err != nil {
			return "", err
		}
		h.add(refOf(id), sum)
	}
	return h.version(), rows.Err()
}

func readElements(ctx context.Context, q querier, query string) ([]dataprotection.Element, error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var elements []dataprotection.Element
	for rows.Next() {
		var id int64
		var name sql.NullString
		var xml []byte
		if err := rows.Scan(&id, &name, &xml); err != nil {
			return nil, err
		}
		elements = append(elements, dataprotection.Element{Name: name.String, Ref: refOf(id), XML: xml})
	}
	return elements, rows.Err()
}

// versionOf is made from ids and texts, as the database's own summary is.
func versionOf(elements []dataprotection.Element) dataprotection.Version {
	h := newVersion()
	for _, e := range elements {
		sum := sha256.Sum256(e.XML)
		h.add(e.Ref, hex.EncodeToString(sum[:]))
	}
	return h.version()
}

// A versionHash takes elements in the order of their ids.
type versionHash struct{ hash.Hash }

func newVersion() versionHash { return versionHash{sha256.New()} }

func (h versionHash) add(ref, sum string) { fmt.Fprintf(h, "%s %s\n", ref, sum) }

func (h versionHash) version() dataprotection.Version {
	return dataprotection.Version(hex.EncodeToString(h.Sum(nil)[:16]))
}
