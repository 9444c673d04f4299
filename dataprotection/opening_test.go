package dataprotection_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/bubbletest"
)

// A watchedSealer counts how often it opens, and how many of these at a time.
type watchedSealer struct {
	*testSealer
	wait func() // at the beginning of Open; may be nil

	mu                sync.Mutex
	opened, now, most int
}

func (s *watchedSealer) Open(ctx context.Context, decryptorType string, element []byte) ([]byte, error) {
	s.mu.Lock()
	s.opened++
	s.now++
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.now--
		s.mu.Unlock()
	}()
	if s.wait != nil {
		s.wait()
	}
	return s.testSealer.Open(ctx, decryptorType, element)
}

func TestKeysAreOpenedOnce(t *testing.T) {
	const n = 20
	store, _ := ringSealedBy(t, oldSealer, n)
	bubbletest.Run(t, func(t *testing.T) {
		counting := &watchedSealer{testSealer: oldSealer}
		cfg := atNoonFor(store, counting)
		ring := open(t, cfg)
		defer ring.Close()
		for i := range 5 {
			store.put(fmt.Sprint("revocation-", i), revocationXML(idA, at)) // so that all is read again
			time.Sleep(time.Minute)
		}
		unprotect(t, ring, protect(t, ring, "x"), "x")
		if counting.opened != n {
			t.Errorf("%d keys were opened %d times", n, counting.opened)
		}
		m := manage(t, cfg)
		for range 3 {
			list(t, m)
		}
		if counting.opened != 2*n {
			t.Errorf("a manager has opened %d keys %d times", n, counting.opened-n)
		}
	})
}

// As many keys are opened at a time as there are processors, and no more.
func TestKeysAreOpenedInParallel(t *testing.T) {
	const processors = 3
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
	store, payload := ringSealedBy(t, oldSealer, 20)
	bubbletest.Run(t, func(t *testing.T) {
		counting := &watchedSealer{testSealer: oldSealer, wait: func() { time.Sleep(time.Second) }}
		begin := time.Now()
		ring := open(t, atNoonFor(store, counting))
		defer ring.Close()
		if took := time.Since(begin); counting.most != processors || took != 7*time.Second {
			t.Errorf("%d at a time, in %v", counting.most, took)
		}
		unprotect(t, ring, payload, "x")
	})
}

// A read that is cut short makes no key look as if it could not be opened.
func TestOpeningIsCutShort(t *testing.T) {
	store, _ := ringSealedBy(t, oldSealer, 3)
	bubbletest.Run(t, func(t *testing.T) {
		counting := &watchedSealer{testSealer: oldSealer, wait: func() { time.Sleep(time.Minute) }}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := dataprotection.Open(ctx, atNoonFor(store, counting)); err == nil || err.Error() != "dataprotection: open: context deadline exceeded" {
			t.Errorf("Open = %v", err)
		}
	})
}

// A failingRenewer holds a secret and has no name.
type failingRenewer struct {
	*testSealer
	secret string
	fails  atomic.Bool
}

func (r *failingRenewer) Renew(context.Context) (string, error) {
	if r.fails.Load() {
		return "", errors.New("the folder is gone")
	}
	return "1", nil
}

func TestRenewalThatFails(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store, log := &fakeStore{}, &logBook{}
		renewer := &failingRenewer{testSealer: oldSealer, secret: "hunter2-hunter2"}
		cfg := sealed(store, oldSealer)
		cfg.Sealer, cfg.Logger = renewer, log.logger()
		ring := open(t, cfg)
		defer ring.Close()
		if st := ring.Status(); !st.Healthy {
			t.Errorf("at first: %q", st.Problems)
		}
		renewer.fails.Store(true)
		time.Sleep(time.Minute)
		unprotect(t, ring, protect(t, ring, "x"), "x")
		st := ring.Status()
		if said := fmt.Sprint(st.Problems); st.Healthy || !strings.Contains(said, "failingRenewer: the folder is gone") || strings.Contains(said+log.String(), "hunter2") {
			t.Errorf("said %s and logged %s", said, log)
		}
		if n := log.count("the folder is gone"); n != 1 {
			t.Errorf("logged %d times", n)
		}
		renewer.fails.Store(false)
		time.Sleep(time.Minute)
		if st := ring.Status(); !st.Healthy {
			t.Errorf("in the end: %q", st.Problems)
		}
	})
}
