package redisstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/internal/realtest"
)

func TestWarnings(t *testing.T) {
	for _, row := range []struct {
		name     string
		settings []string
		want     string // in the only warning; none if empty
	}{
		{"persistent", nil, ""},
		{"nothing is kept", []string{"--appendonly", "no"}, "keeps nothing on disk"},
		{"snapshots", []string{"--appendonly", "no", "--save", "900 1"}, ""},
		{"evicts", []string{"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"}, "maxmemory-policy allkeys-lru; set it to noeviction"},
		{"would evict without a limit", []string{"--maxmemory-policy", "allkeys-lru"}, ""},
		{"evicts what may expire", []string{"--maxmemory", "100mb", "--maxmemory-policy", "volatile-lru"}, ""},
		{"never evicts", []string{"--maxmemory", "100mb", "--maxmemory-policy", "noeviction"}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := strings.Join(load(t, store(t, dial(t, realtest.Redis(t, row.settings...)), "")).Warnings, "; ")
			if (got == "") != (row.want == "") || !strings.Contains(got, row.want) || strings.Contains(got, "; the") {
				t.Errorf("got warnings %q, want one with %q", got, row.want)
			}
		})
	}
}

func TestWarningOfExpiry(t *testing.T) {
	client := dial(t, realtest.Redis(t))
	push(t, client, "DataProtection-Keys", "<a />")
	client.Expire(t.Context(), "DataProtection-Keys", time.Hour)
	got := load(t, store(t, client, "")).Warnings
	if len(got) != 1 || !strings.Contains(got[0], "run: PERSIST DataProtection-Keys") {
		t.Errorf("got %q", got)
	}
}
