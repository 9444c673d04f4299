package sessions_test

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/dataprotection"
)

// A store is what the instances share.
type store interface {
	cookieauth.TicketStore
	cookieauth.CutoffStore
}

var errCutOff = errors.New("no route to host")

// faulty is a store that can be cut off. Before and after a call: one that is under
// way when the line breaks may have done its work and fail all the same.
type faulty struct {
	store
	down atomic.Bool
}

func (f *faulty) guard(call func() error) error {
	if f.down.Load() {
		return errCutOff
	}
	err := call()
	if f.down.Load() {
		return errCutOff
	}
	return err
}

func (f *faulty) Create(ctx context.Context, s *cookieauth.StoredSession) error {
	return f.guard(func() error { return f.store.Create(ctx, s) })
}

func (f *faulty) Load(ctx context.Context, id string) (s *cookieauth.StoredSession, err error) {
	err = f.guard(func() error { s, err = f.store.Load(ctx, id); return err })
	return s, err
}

func (f *faulty) Update(ctx context.Context, s *cookieauth.StoredSession) error {
	return f.guard(func() error { return f.store.Update(ctx, s) })
}

func (f *faulty) End(ctx context.Context, ids ...string) error {
	return f.guard(func() error { return f.store.End(ctx, ids...) })
}

func (f *faulty) ByUser(ctx context.Context, user string) (list []*cookieauth.StoredSession, err error) {
	err = f.guard(func() error { list, err = f.store.ByUser(ctx, user); return err })
	return list, err
}

func (f *faulty) LoadCutoffs(ctx context.Context, since dataprotection.Version) (list []cookieauth.Cutoff, version dataprotection.Version, err error) {
	err = f.guard(func() error { list, version, err = f.store.LoadCutoffs(ctx, since); return err })
	return list, version, err
}

func (f *faulty) AddCutoffs(ctx context.Context, cutoffs ...cookieauth.Cutoff) error {
	return f.guard(func() error { return f.store.AddCutoffs(ctx, cutoffs...) })
}
