package x509seal_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/x509seal"
)

func config(dir string, sealer dataprotection.Sealer, openers ...dataprotection.Opener) dataprotection.Config {
	return dataprotection.Config{Application: "test", Store: filestore.New(dir), Sealer: sealer, Openers: openers, Logger: quiet}
}

// protect makes a ring and a payload.
func protect(t *testing.T, cfg dataprotection.Config) (sealed string) {
	t.Helper()
	sealed, err := open(t, cfg).Protector("p").ProtectString("hello")
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func opens(t *testing.T, cfg dataprotection.Config, sealed string) {
	t.Helper()
	if got, err := open(t, cfg).Protector("p").UnprotectString(t.Context(), sealed); err != nil || got != "hello" {
		t.Errorf("got %q, %v, want hello", got, err)
	}
}

func fails(t *testing.T, cfg dataprotection.Config) {
	t.Helper()
	if _, err := dataprotection.Open(t.Context(), cfg); !errors.Is(err, dataprotection.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
}

// onlyFile returns the name and content of the one file of a directory.
func onlyFile(t *testing.T, dir string) (name, text string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.xml"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files, %v, want 1", len(files), err)
	}
	return filepath.Base(files[0]), string(readFile(t, files[0]))
}

func TestRing(t *testing.T) {
	certA := issue(t, "a", keyA(), "2026-01-01")
	a, withoutKey := with(t, certA, keyA()), with(t, certA, nil)
	b := certificate(t, "b", keyB(), "2026-01-01")
	dir := t.TempDir()
	sealed := protect(t, config(dir, a))

	t.Run("PRV-4 a copy without private key opens nothing, and no store of the system is searched", func(t *testing.T) {
		fails(t, config(dir, withoutKey))
	})
	t.Run("PRV-5 no certificate", func(t *testing.T) {
		fails(t, config(dir, nil))
	})
	t.Run("PRV-5 copies without and with private key", func(t *testing.T) {
		opens(t, config(dir, nil, x509seal.Certificates{withoutKey, a}), sealed)
		opens(t, config(dir, nil, withoutKey, a), sealed)
		opens(t, config(dir, withoutKey, a), sealed)
	})
	t.Run("PRV-6 the file holds the certificate and no warning", func(t *testing.T) {
		name, text := onlyFile(t, dir)
		if !strings.HasPrefix(name, "key-") || !strings.Contains(text, "X509Certificate") || strings.Contains(text, "Warning") || strings.Contains(text, "masterKey") {
			t.Errorf("%s is %s", name, text)
		}
		opens(t, config(dir, a), sealed)
	})
	t.Run("PRV-7 no key in another directory", func(t *testing.T) {
		other := t.TempDir()
		protect(t, config(other, a))
		theirs, _ := onlyFile(t, other)
		if ours, _ := onlyFile(t, dir); ours == theirs {
			t.Errorf("both directories hold %s", ours)
		}
	})
	t.Run("PRV-8 a second system with any certificate", func(t *testing.T) {
		opens(t, config(dir, nil, x509seal.Certificates{b, a}), sealed)
		opens(t, config(dir, b, a), sealed)
	})
	t.Run("another certificate makes no new key", func(t *testing.T) {
		_, err := dataprotection.Open(t.Context(), config(dir, b))
		for _, want := range []string{"open ", ".xml", a.String(), "not among those configured (" + b.Thumbprint() + ")"} {
			if !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want ErrUnavailable with %q", err, want)
			}
		}
		onlyFile(t, dir)
	})
	t.Run("what the certificate warns of is logged once and in Status", func(t *testing.T) {
		var log bytes.Buffer
		cfg := config(dir, a)
		cfg.Logger, cfg.Now = slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return date(t, "2027-02-01") }
		st := open(t, cfg).Status()
		want := a.Warnings(cfg.Now())
		if len(want) != 1 || !slices.Contains(st.Problems, want[0]) || strings.Count(log.String(), "expired on 2027-01-01") != 1 {
			t.Errorf("got problems %q and the log\n%s\nwant %q", st.Problems, &log, want)
		}
	})
}

// TestRenewal rehearses what docs/certificates.md says: from one certificate to the
// next while three instances run, each of them with the configuration of its time.
func TestRenewal(t *testing.T) {
	const day = 24 * time.Hour
	dir := t.TempDir()
	old, renewed := certificate(t, "old", keyA(), "2026-01-01"), certificate(t, "renewed", keyB(), "2026-12-01")
	onlyOld, both, afterwards := old, x509seal.Certificates{old, renewed}, x509seal.Certificates{renewed, old}
	at := date(t, "2026-10-15")
	ring := func(sealer dataprotection.Sealer) *dataprotection.KeyRing {
		cfg := config(dir, sealer)
		cfg.Now = func() time.Time { return at }
		return open(t, cfg)
	}
	var sealed []string
	check := func(rings ...*dataprotection.KeyRing) {
		t.Helper()
		for _, r := range rings {
			text, err := r.Protector("p").ProtectString("hello")
			if err != nil {
				t.Fatalf("on %s: %v", at.Format(time.DateOnly), err)
			}
			sealed = append(sealed, text)
		}
		for _, r := range rings {
			for i, text := range sealed {
				if got, err := r.Protector("p").UnprotectString(t.Context(), text); err != nil || got != "hello" {
					t.Fatalf("on %s payload %d: got %q, %v", at.Format(time.DateOnly), i, got, err)
				}
			}
		}
	}
	check(ring(onlyOld), ring(onlyOld), ring(onlyOld))
	check(ring(both), ring(onlyOld), ring(onlyOld)) // one after another
	check(ring(both), ring(both), ring(both))
	at = at.Add(88 * day) // past the end of the old one, and time for a new key
	check(ring(afterwards), ring(both), ring(both))
	check(ring(afterwards), ring(afterwards), ring(afterwards))
	at = at.Add(365 * day)
	check(ring(afterwards), ring(afterwards))
	if got, want := ring(afterwards).Status().AtRest, "sealed by "+renewed.String(); got != want {
		t.Errorf("Status says %q, want %q", got, want)
	}

	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 3 {
		t.Errorf("%d keys, %v, want at least three", len(files), err)
	}
}
