package dataprotection

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// A problem is something that an operator should know while it lasts.
type problem struct {
	level slog.Level
	text  string
}

// health keeps what is to be told about a ring, and logs each problem when it
// begins and when it ends.
type health struct {
	log *slog.Logger

	mu       sync.Mutex
	lastGood time.Time
	lastBad  time.Time
	lastErr  error // of the last load that failed
	loadErr  error // of the last load; nil if it was good
	problems map[string]problem
}

// loaded notes how the load at now went.
func (h *health) loaded(now time.Time, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.loadErr = err
	if err == nil {
		h.lastGood = now
		return
	}
	h.lastBad, h.lastErr = now, err
}

func (h *health) loadError() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.loadErr
}

// report replaces the problems by those of today. What names a problem is its
// key in the map; its text may change without it being a new one.
func (h *health) report(now map[string]problem) {
	h.mu.Lock()
	before := h.problems
	h.problems = now
	h.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if _, old := before[name]; !old {
			h.log.Log(context.Background(), now[name].level, "dataprotection: "+now[name].text)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, still := now[name]; !still {
			h.log.Info("dataprotection: this problem has ended", "problem", name)
		}
	}
}

// problems lists what is wrong at the end of a turn.
func (r *refresher) problems(p plan, err error) map[string]problem {
	all := map[string]problem{}
	note := func(name string, level slog.Level, text string) { all[name] = problem{level, text} }
	switch {
	case err != nil && p.err == nil:
		note("store", slog.LevelError, "the key ring cannot be brought up to date, the keys known so far stay in use: "+trimmed(err))
	case p.err != nil:
		note("sealing", slog.LevelError, "the key that should seal cannot: "+trimmed(p.err))
	}
	if p.failed != nil {
		note("creation", slog.LevelError, "a new key is due but could not be stored: "+trimmed(p.failed))
	}
	if err := r.reader.renewals.err; err != nil {
		note("renewal", slog.LevelWarn, "what keys are sealed and opened with cannot be brought up to date, what was there stays in use: "+trimmed(err))
	}
	for _, e := range r.contents.skipped {
		note("skipped "+e.Element, slog.LevelWarn, "an element of the store is ignored: "+trimmed(e))
	}
	for _, k := range r.contents.keys {
		if k.key == nil {
			note("unusable "+k.info.ID.String(), slog.LevelWarn, "payloads of "+k.info.Element+" cannot be read: "+k.info.Unusable.Error())
		}
	}
	for id, k := range r.own {
		if time.Since(k.made) > unshownAfter {
			note("unshown "+id.String(), slog.LevelError, fmt.Sprintf("key %s was made here, and the store has taken it but does not show it: what it seals opens on no other instance, "+
				"nor here after a restart; if the store has lost it, as a server may that was replaced by its copy, restart this program", id))
		}
	}
	for _, text := range r.known.vanished {
		note(text, slog.LevelError, text)
	}
	for _, text := range r.contents.notes {
		note(text, slog.LevelWarn, text)
	}
	if w, ok := r.cfg.Sealer.(Warner); ok && !r.cfg.ReadOnly {
		for _, text := range w.Warnings(r.cfg.now()) {
			note(text, slog.LevelWarn, text)
		}
	}
	return all
}
