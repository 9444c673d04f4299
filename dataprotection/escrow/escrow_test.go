package escrow_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/escrow"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/memstore"
	"github.com/sealring/sealring/dataprotection/secretseal"
	"github.com/sealring/sealring/dataprotection/x509seal"
)

var key = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// owner makes an escrow certificate: what machines have of it, and what lies in the safe.
func owner(t testing.TB) (public, private *x509seal.Certificate) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes([]byte(rand.Text()[:16])), Subject: pkix.Name{CommonName: "escrow"},
		NotBefore: time.Now(), NotAfter: time.Now().AddDate(10, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key().Public(), key())
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if public, err = x509seal.New(cert, nil); err != nil {
		t.Fatal(err)
	}
	if private, err = x509seal.New(cert, key()); err != nil {
		t.Fatal(err)
	}
	return public, private
}

func config(store dataprotection.Store) dataprotection.Config {
	return dataprotection.Config{Application: "shop", Store: store, Logger: slog.New(slog.DiscardHandler)}
}

func open(t testing.TB, cfg dataprotection.Config) *dataprotection.KeyRing {
	t.Helper()
	ring, err := dataprotection.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ring.Close() })
	return ring
}

// escrowed is a ring of three keys, sealed with a secret, whose keys are in escrow,
// and a payload of each of them.
func escrowed(t testing.TB, dir string, sealer dataprotection.Sealer) (cfg dataprotection.Config, payloads []string) {
	t.Helper()
	sink, err := escrow.Directory(dir, sealer)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := secretseal.New(rand.Text())
	if err != nil {
		t.Fatal(err)
	}
	cfg = config(memstore.New())
	cfg.Sealer, cfg.GoOnly, cfg.Escrow = secret, true, []dataprotection.EscrowSink{sink}
	m, err := dataprotection.NewManager(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		activates := time.Now().Add(time.Duration(n-10) * time.Hour)
		if _, err := m.Create(t.Context(), &dataprotection.KeyDates{Activates: activates, Expires: activates.AddDate(0, 3, 0)}); err != nil {
			t.Fatal(err)
		}
		sealed, err := open(t, cfg).Protector("p").ProtectString(fmt.Sprint(n))
		if err != nil {
			t.Fatal(err)
		}
		payloads = append(payloads, sealed)
	}
	return cfg, payloads
}

func opensAll(t testing.TB, ring *dataprotection.KeyRing, payloads []string) {
	t.Helper()
	for n, sealed := range payloads {
		if got, err := ring.Protector("p").UnprotectString(t.Context(), sealed); err != nil || got != fmt.Sprint(n) {
			t.Errorf("payload %d opens to %q, %v", n, got, err)
		}
	}
}

// The ring is lost, and with it the secret that sealed it.
func TestRingFromEscrow(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "escrow")
	public, private := owner(t)
	_, payloads := escrowed(t, dir, public)

	anew := config(filestore.New(filepath.Join(t.TempDir(), "keys")))
	anew.Sealer = private
	m, err := dataprotection.NewManager(t.Context(), anew)
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.Restore(t.Context(), filestore.New(dir), nil)
	if err != nil || len(r.Keys) != 3 {
		t.Fatalf("Restore = %+v, %v", r, err)
	}
	ring := open(t, anew)
	opensAll(t, ring, payloads)
	if st := ring.Status(); st.Keys != 3 || st.Unsealed != 0 || st.Unusable != 0 {
		t.Errorf("Status = %+v", st)
	}
}

// The escrow is a ring sealed for its owner: ASP.NET Core could open it as well.
func TestEscrowIsARing(t *testing.T) {
	dir := t.TempDir()
	public, private := owner(t)
	_, payloads := escrowed(t, dir, public)
	cfg := config(filestore.New(dir))
	cfg.Openers, cfg.ReadOnly = []dataprotection.Opener{private}, true
	opensAll(t, open(t, cfg), payloads)
	cfg.Openers = []dataprotection.Opener{public}
	if _, err := dataprotection.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "private key is missing") {
		t.Errorf("without the private key: %v", err)
	}
}

func TestSinkWritesOnly(t *testing.T) {
	dir := t.TempDir()
	public, _ := owner(t)
	escrowed(t, dir, public)
	files, err := filepath.Glob(filepath.Join(dir, "key-*.xml"))
	if err != nil || len(files) != 3 {
		t.Fatalf("the escrow has %q, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte("<masterKey")) || !bytes.Contains(data, []byte("EncryptedXmlDecryptor")) {
			t.Errorf("%s is not sealed:\n%s", file, data)
		}
		info, err := os.Stat(file)
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
}

func TestSinkErrors(t *testing.T) {
	public, _ := owner(t)
	for _, tc := range []struct {
		name string
		make func() error
		want string
	}{
		{"no store", func() error { _, err := escrow.New(nil, public); return err }, "no store"},
		{"no sealer", func() error { _, err := escrow.New(memstore.New(), nil); return err }, "in clear"},
		{"no directory", func() error { _, err := escrow.Directory("", public); return err }, "no directory"},
		{"an empty sink", func() error { return new(escrow.Sink).Escrow(t.Context(), dataprotection.KeyID{}, nil) }, "New or Directory"},
		{"no key", func() error {
			sink, _ := escrow.New(memstore.New(), public)
			return sink.Escrow(t.Context(), dataprotection.KeyID{}, []byte("<revocation/>"))
		}, "escrow: seal key"},
		{"another key", func() error {
			_, private := owner(t)
			store := memstore.New()
			sink, _ := escrow.New(store, private)
			cfg := config(memstore.New())
			cfg.Escrow = []dataprotection.EscrowSink{mislabelling{sink}}
			_, err := dataprotection.Open(t.Context(), cfg)
			return err
		}, "not that key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := tc.make(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
	t.Run("a directory that cannot be written", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		sink, err := escrow.Directory(filepath.Join(file, "escrow"), public)
		if err != nil {
			t.Fatal(err)
		}
		cfg := config(memstore.New())
		cfg.Escrow = []dataprotection.EscrowSink{sink}
		if _, err := dataprotection.Open(t.Context(), cfg); !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(err.Error(), file) {
			t.Errorf("Open = %v, want no key without escrow", err)
		}
	})
}

// mislabelling gives keys to escrow under another id.
type mislabelling struct{ dataprotection.EscrowSink }

func (m mislabelling) Escrow(ctx context.Context, id dataprotection.KeyID, element []byte) error {
	id[0]++
	return m.EscrowSink.Escrow(ctx, id, element)
}

func TestDrill(t *testing.T) {
	public, private := owner(t)
	_, stranger := owner(t)
	opts := escrow.DrillOptions{Openers: []dataprotection.Opener{private}}
	drill := func(t *testing.T, spoil func(t *testing.T, dir string, cfg *dataprotection.Config, opts *escrow.DrillOptions)) (escrow.Report, error) {
		t.Helper()
		dir := t.TempDir()
		cfg, payloads := escrowed(t, dir, public)
		before, err := cfg.Store.Load(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		opts := opts
		opts.Check = func(_ context.Context, ring *dataprotection.KeyRing) error {
			opensAll(t, ring, payloads)
			return nil
		}
		if spoil != nil {
			spoil(t, dir, &cfg, &opts)
		}
		report, err := escrow.Drill(t.Context(), cfg, filestore.New(dir), opts)
		if _, unchanged := cfg.Store.Load(t.Context(), before.Version); spoil == nil && !errors.Is(unchanged, dataprotection.ErrNotModified) {
			t.Error("the drill has changed the ring")
		}
		return report, err
	}
	remove := func(t *testing.T, dir string) {
		files, _ := filepath.Glob(filepath.Join(dir, "*.xml"))
		if err := os.Remove(files[0]); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("all is well", func(t *testing.T) {
		report, err := drill(t, nil)
		if err != nil || len(report.Covered) != 3 || report.Missing != nil || report.Refused != nil {
			t.Errorf("Drill = %+v, %v", report, err)
		}
	})
	t.Run("a key is not in escrow", func(t *testing.T) {
		report, err := drill(t, func(t *testing.T, dir string, _ *dataprotection.Config, opts *escrow.DrillOptions) {
			remove(t, dir)
			opts.Check = nil
		})
		if err == nil || len(report.Covered) != 2 || len(report.Missing) != 1 {
			t.Errorf("Drill = %+v, %v", report, err)
		}
	})
	t.Run("and is brought there", func(t *testing.T) {
		report, err := drill(t, func(t *testing.T, dir string, cfg *dataprotection.Config, _ *escrow.DrillOptions) {
			remove(t, dir)
			m, err := dataprotection.NewManager(t.Context(), *cfg)
			if err != nil {
				t.Fatal(err)
			}
			if given, err := m.EscrowAll(t.Context()); err != nil || len(given) != 3 {
				t.Fatalf("EscrowAll = %v, %v", given, err)
			}
		})
		if err != nil || len(report.Covered) != 3 {
			t.Errorf("Drill = %+v, %v", report, err)
		}
	})
	t.Run("a damaged file", func(t *testing.T) {
		report, err := drill(t, func(t *testing.T, dir string, _ *dataprotection.Config, opts *escrow.DrillOptions) {
			files, _ := filepath.Glob(filepath.Join(dir, "*.xml"))
			if err := os.Truncate(files[0], 700); err != nil {
				t.Fatal(err)
			}
			opts.Check = nil
		})
		if err == nil || len(report.Refused) != 1 || len(report.Missing) != 1 || !strings.Contains(err.Error(), "key-") {
			t.Errorf("Drill = %+v, %v", report, err)
		}
	})
	t.Run("the wrong private key", func(t *testing.T) {
		report, err := drill(t, func(_ *testing.T, _ string, _ *dataprotection.Config, opts *escrow.DrillOptions) {
			opts.Openers = []dataprotection.Opener{stranger}
		})
		if err == nil || len(report.Covered) != 0 || !strings.Contains(err.Error(), public.Thumbprint()) {
			t.Errorf("Drill = %+v, %v", report, err)
		}
	})
	t.Run("a copy that only the ring itself can open", func(t *testing.T) {
		report, err := drill(t, func(t *testing.T, dir string, cfg *dataprotection.Config, opts *escrow.DrillOptions) {
			files, err := filepath.Glob(filepath.Join(dir, "*.xml"))
			if err != nil {
				t.Fatal(err)
			}
			snap, err := cfg.Store.Load(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			oldest := snap.Elements[0] // not the one that seals
			file := filepath.Join(dir, oldest.Name+".xml")
			if !slices.Contains(files, file) {
				t.Fatalf("%s is not among %q", file, files)
			}
			if err := os.WriteFile(file, oldest.XML, 0o600); err != nil {
				t.Fatal(err)
			}
			opts.Check = nil
		})
		if err == nil || len(report.Covered) != 2 || len(report.Missing) != 1 || len(report.Refused) != 1 {
			t.Errorf("Drill = %+v, %v", report, err)
		}
	})
	t.Run("an empty escrow", func(t *testing.T) {
		cfg, _ := escrowed(t, t.TempDir(), public)
		if _, err := escrow.Drill(t.Context(), cfg, filestore.New(t.TempDir()), opts); err == nil || !strings.Contains(err.Error(), "holds no keys") {
			t.Errorf("Drill = %v", err)
		}
	})
	t.Run("what was kept does not open", func(t *testing.T) {
		_, err := drill(t, func(_ *testing.T, _ string, _ *dataprotection.Config, opts *escrow.DrillOptions) {
			opts.Check = func(ctx context.Context, ring *dataprotection.KeyRing) error {
				_, err := ring.Protector("p").UnprotectString(ctx, "CfDJ8")
				return err
			}
		})
		if !errors.Is(err, dataprotection.ErrInvalidPayload) {
			t.Errorf("Drill = %v", err)
		}
	})
}

// together has all of several instances hand a key to escrow before any can store it.
type together struct {
	dataprotection.EscrowSink
	first *sync.WaitGroup
	once  *sync.Once // of one instance
}

func (s together) Escrow(ctx context.Context, id dataprotection.KeyID, element []byte) error {
	err := s.EscrowSink.Escrow(ctx, id, element)
	s.once.Do(func() { s.first.Done(); s.first.Wait() })
	return err
}

// Of instances that want a key at once one stores its own. The copies of the others are
// named, and do no harm.
func TestDrillAfterARace(t *testing.T) {
	const instances = 4
	public, private := owner(t)
	dir := t.TempDir()
	sink, err := escrow.Directory(dir, public)
	if err != nil {
		t.Fatal(err)
	}
	cfg := config(memstore.New())
	var first, opened sync.WaitGroup
	first.Add(instances)
	for range instances {
		cfg := cfg
		cfg.Escrow = []dataprotection.EscrowSink{together{sink, &first, new(sync.Once)}}
		opened.Go(func() {
			ring, err := dataprotection.Open(t.Context(), cfg)
			if err != nil {
				t.Error(err)
				return
			}
			ring.Close()
		})
	}
	opened.Wait()
	report, err := escrow.Drill(t.Context(), cfg, filestore.New(dir), escrow.DrillOptions{Openers: []dataprotection.Opener{private}})
	if err != nil || len(report.Covered) != 1 || len(report.Extra) != instances-1 || report.Missing != nil || report.Refused != nil {
		t.Errorf("Drill = %+v, %v", report, err)
	}
}
