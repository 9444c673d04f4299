package certstore_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/certstore"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/memstore"
	"github.com/sealring/sealring/dataprotection/secretseal"
	"github.com/sealring/sealring/dataprotection/x509seal"
	"github.com/sealring/sealring/internal/bubbletest"
)

var (
	_ dataprotection.Sealer     = (*certstore.Store)(nil)
	_ dataprotection.KeyOpener  = (*certstore.Store)(nil)
	_ dataprotection.Recognizer = (*certstore.Store)(nil)
	_ dataprotection.Warner     = (*certstore.Store)(nil)
	_ dataprotection.Renewer    = (*certstore.Store)(nil)

	quiet = slog.New(slog.DiscardHandler)
	keyA  = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })
	keyB  = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })
)

func newKey(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

// today is in the year that the clock of package synctest begins with.
var today = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func clock() time.Time { return today }

// issue makes a certificate that is valid for a year around a date, signed by itself unless there is a parent.
func issue(t testing.TB, name string, key crypto.Signer, parent *x509.Certificate, parentKey crypto.Signer, change ...func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<60))
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: today.AddDate(0, -6, 0), NotAfter: today.AddDate(0, 6, 0),
	}
	for _, f := range change {
		f(c)
	}
	if parent == nil {
		parent, parentKey = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func pfx(t testing.TB, key any, cert *x509.Certificate, chain ...*x509.Certificate) []byte {
	t.Helper()
	data, err := pkcs12.Modern.Encode(key, cert, chain, "secret")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func pemOf(t testing.TB, key any, certs ...*x509.Certificate) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, c := range certs {
		pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	if key != nil {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	}
	return b.Bytes()
}

var rootKey = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })

// root is the hoster's root sealer, the same in all of a test.
func root(t testing.TB) *x509seal.Certificate {
	t.Helper()
	c, err := x509seal.New(issue(t, "root", rootKey(), nil, nil), rootKey())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func open(t testing.TB, cfg certstore.Config) *certstore.Store {
	t.Helper()
	if cfg.Now == nil {
		cfg.Now = clock
	}
	s, err := certstore.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func add(t testing.TB, s *certstore.Store, data []byte) certstore.Info {
	t.Helper()
	info, err := s.Add(t.Context(), data, "secret")
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func list(t testing.TB, s *certstore.Store) []certstore.Info {
	t.Helper()
	all, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAdd(t *testing.T) {
	cert := issue(t, "alice", keyA(), nil, nil)
	for _, tc := range []struct {
		name string
		data []byte
	}{
		{"PFX", pfx(t, keyA(), cert)},
		{"PEM", pemOf(t, keyA(), cert)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			store, root := filestore.New(t.TempDir()), root(t)
			cfg := certstore.Config{Store: store, Owner: "alice", Root: root}
			s := open(t, cfg)
			info := add(t, s, tc.data)
			want := certstore.Info{Thumbprint: info.Thumbprint, Subject: "CN=alice", NotBefore: cert.NotBefore, NotAfter: cert.NotAfter, Added: today, Seals: true}
			if info != want || len(info.Thumbprint) != 40 {
				t.Errorf("Add = %+v, want %+v", info, want)
			}
			snap, err := store.Load(t.Context(), "")
			if err != nil || len(snap.Elements) != 1 || snap.Elements[0].Ref != "certificate-"+strings.ToLower(info.Thumbprint)+".xml" {
				t.Fatalf("the store has %v, %v", snap.Elements, err)
			}
			if bytes.Contains(snap.Elements[0].XML, []byte("pkcs8")) {
				t.Error("the private key is in clear")
			}
			if all := list(t, open(t, cfg)); !slices.Equal(all, []certstore.Info{want}) {
				t.Errorf("another process lists %+v", all)
			}
			if w := s.Warnings(today); w != nil {
				t.Errorf("warnings %q", w)
			}
		})
	}
}

func TestAddRefuses(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	isCA := func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	}
	ca := issue(t, "ca", keyB(), nil, nil, isCA)
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	between := newKey(2048)
	intermediate := issue(t, "intermediate", between, ca, keyB(), isCA)
	alice := issue(t, "alice", keyA(), nil, nil)
	known := issue(t, "known", keyA(), nil, nil)
	good := pfx(t, keyA(), alice)
	chained := issue(t, "chained", keyA(), ca, keyB())
	deep := issue(t, "deep", keyA(), intermediate, between)
	dated := func(from, until time.Time) *x509.Certificate {
		return issue(t, "dated", keyA(), nil, nil, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = from, until })
	}
	signing := issue(t, "signing", small, nil, nil, func(c *x509.Certificate) {
		c.KeyUsage, c.NotAfter = x509.KeyUsageDigitalSignature, today.AddDate(0, 0, -1)
	})
	pinned := issue(t, "pinned", keyA(), nil, nil)
	for _, tc := range []struct {
		name  string
		data  []byte
		roots *x509.CertPool
		want  []string // nil if it is taken
	}{
		{"nothing", nil, nil, []string{"the PFX cannot be read"}},
		{"cut", good[:len(good)/2], nil, []string{"the PFX cannot be read"}},
		{"too long", make([]byte, certstore.MaxUpload+1), nil, []string{"more than 262144 bytes"}},
		{"another password", func() []byte { d, _ := pkcs12.Modern.Encode(keyA(), alice, nil, "other"); return d }(), nil, []string{"the password does not open the PFX"}},
		{"a PFX that would keep us busy", func() []byte {
			d, _ := pkcs12.Modern.WithIterations(300_001).Encode(keyA(), alice, nil, "secret")
			return d
		}(), nil, []string{"asks for too much work"}},
		{"no private key", pemOf(t, nil, alice), nil, []string{"there is no PRIVATE KEY"}},
		{"another's private key", pfx(t, keyB(), alice), nil, []string{`does not belong to certificate "CN=alice"`}},
		{"EC", pfx(t, ec, issue(t, "ec", ec, nil, nil)), nil, []string{"only RSA"}},
		{"expired", pfx(t, keyA(), dated(today.AddDate(-1, 0, 0), today.AddDate(0, 0, -1))), nil, []string{"it expired on 1999-12-31"}},
		{"not yet valid", pfx(t, keyA(), dated(today.AddDate(0, 0, 1), today.AddDate(1, 0, 0))), nil, []string{"it is not valid before 2000-01-02"}},
		{"several things at once", pemOf(t, small, signing), roots, []string{"1024 bits", "it expired", "encipherment", "does not chain"}},
		{"signed by itself, with roots", good, roots, []string{"does not chain to an issuer"}},
		{"pinned, with roots", pfx(t, keyA(), pinned), roots, nil},
		{"of a root", pfx(t, keyA(), chained), roots, nil},
		{"of a root, with its chain, in PFX", pfx(t, keyA(), deep, intermediate), roots, nil},
		{"of a root, with its chain, in PEM", pemOf(t, keyA(), deep, intermediate), roots, nil},
		{"of a root, without its chain", pfx(t, keyA(), deep), roots, []string{"does not chain to an issuer"}},
		{"known", pfx(t, keyA(), known), nil, []string{"it is here already"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			store := memstore.New()
			thumbprint := strings.ToLower(x509Thumbprint(t, pinned))
			s := open(t, certstore.Config{Store: store, Owner: "alice", Root: root(t), Roots: tc.roots, Pinned: []string{thumbprint}})
			before := 0
			if tc.name == "known" {
				add(t, s, pfx(t, keyA(), known))
				before = 1
			}
			_, err := s.Add(t.Context(), tc.data, "secret")
			var refused *certstore.RefusedError
			if (err == nil) != (tc.want == nil) || err != nil && (!errors.As(err, &refused) || len(refused.Reasons) != len(tc.want)) {
				t.Fatalf("Add = %v, want %q", err, tc.want)
			}
			for i, want := range tc.want {
				if !strings.Contains(refused.Reasons[i], want) {
					t.Errorf("reason %q, want %q", refused.Reasons[i], want)
				}
			}
			if n := len(list(t, s)); tc.want != nil && n != before {
				t.Errorf("%d certificates are stored", n)
			}
		})
	}
}

func x509Thumbprint(t testing.TB, cert *x509.Certificate) string {
	t.Helper()
	c, err := x509seal.New(cert, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.Thumbprint()
}

func ringConfig(store dataprotection.Store, s *certstore.Store) dataprotection.Config {
	return dataprotection.Config{Application: "shop", Store: store, Sealer: s, Logger: quiet}
}

// Two machines run an application of a user. A certificate is uploaded on one of them,
// then another one, and the first is removed in the end.
func TestLifeOfCertificates(t *testing.T) {
	first := issue(t, "first", keyA(), nil, nil)
	second := issue(t, "second", keyB(), nil, nil, func(c *x509.Certificate) { c.NotBefore = today.AddDate(0, -1, 0) })
	root := root(t)
	bubbletest.Run(t, func(t *testing.T) {
		store := memstore.New()
		cfg := certstore.Config{Store: store, Owner: "alice", Root: root, Now: time.Now}
		here, there := open(t, cfg), open(t, cfg)
		ring, err := dataprotection.Open(t.Context(), ringConfig(store, there))
		if err != nil {
			t.Fatal(err)
		}
		defer ring.Close()
		m, err := dataprotection.NewManager(t.Context(), ringConfig(store, here))
		if err != nil {
			t.Fatal(err)
		}
		var payloads []string
		keepsOpening := func(what string) {
			t.Helper()
			time.Sleep(dataprotection.DefaultPollInterval + time.Second)
			sealed, err := ring.Protector("p").ProtectString("x")
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			payloads = append(payloads, sealed)
			for _, p := range payloads {
				if got, err := ring.Protector("p").UnprotectString(t.Context(), p); err != nil || got != "x" {
					t.Errorf("%s: %q, %v", what, got, err)
				}
			}
			if st := ring.Status(); !st.Healthy {
				t.Errorf("%s: %q", what, st.Problems)
			}
		}
		create := func() {
			t.Helper()
			if _, err := m.Create(t.Context(), &dataprotection.KeyDates{Activates: time.Now(), Expires: time.Now().AddDate(0, 1, 0)}); err != nil {
				t.Fatal(err)
			}
		}
		keepsOpening("sealed by the root")
		a := add(t, here, pfx(t, keyA(), first))
		create()
		keepsOpening("sealed with the first")
		b := add(t, here, pfx(t, keyB(), second))
		create()
		keepsOpening("sealed with the second")
		if all := list(t, there); len(all) != 2 || all[0].Thumbprint != b.Thumbprint || !all[0].Seals || all[1].Seals {
			t.Errorf("the other machine lists %+v", all)
		}

		var inUse *certstore.InUseError
		if err := there.Remove(t.Context(), strings.ToLower(a.Thumbprint)); !errors.As(err, &inUse) || len(inUse.Keys) != 1 || !strings.Contains(err.Error(), inUse.Keys[0].String()) {
			t.Errorf("Remove of what is needed = %v", err)
		}
		keys, err := m.Reseal(t.Context(), nil)
		if err != nil || len(keys) != 3 {
			t.Fatalf("Reseal = %+v, %v", keys, err)
		}
		if err := there.Remove(t.Context(), a.Thumbprint); err != nil {
			t.Errorf("Remove = %v", err)
		}
		keepsOpening("sealed anew")
		if all := list(t, here); len(all) != 1 || all[0].Thumbprint != b.Thumbprint {
			t.Errorf("listed are %+v", all)
		}
		if err := there.Remove(t.Context(), a.Thumbprint); !errors.Is(err, certstore.ErrNotFound) {
			t.Errorf("Remove once more = %v", err)
		}
	})
}

func TestBoundToOwner(t *testing.T) {
	secret, err := secretseal.New("the secret of the hoster, long enough")
	if err != nil {
		t.Fatal(err)
	}
	for name, root := range map[string]certstore.Root{"certificate": root(t), "secret": secret} {
		t.Run("root is a "+name, func(t *testing.T) {
			alices, mallorys := memstore.New(), memstore.New()
			info := add(t, open(t, certstore.Config{Store: alices, Owner: "alice", Root: root}), pfx(t, keyA(), issue(t, "alice", keyA(), nil, nil)))
			snap, err := alices.Load(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			if err := mallorys.Add(t.Context(), snap.Elements[0], ""); err != nil {
				t.Fatal(err)
			}
			s := open(t, certstore.Config{Store: mallorys, Owner: "mallory", Root: root})
			all := list(t, s)
			if len(all) != 1 || all[0].Unusable == "" || all[0].Seals || all[0].Thumbprint != info.Thumbprint {
				t.Errorf("the other owner's list is %+v", all)
			}
			if w := s.Warnings(today); len(w) != 1 || !strings.Contains(w[0], "is not used") {
				t.Errorf("warnings %q", w)
			}
			if err := s.Remove(t.Context(), info.Thumbprint); err != nil {
				t.Errorf("Remove = %v", err)
			}
		})
	}
}

func TestElementsThatCannotBeUsed(t *testing.T) {
	store, right := memstore.New(), root(t)
	add(t, open(t, certstore.Config{Store: store, Owner: "alice", Root: right}), pfx(t, keyA(), issue(t, "alice", keyA(), nil, nil)))
	snap, err := store.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	good := string(snap.Elements[0].XML)
	keyEnd := strings.Index(good, "</privateKey>")
	certificate := good[strings.Index(good, "<certificate>")+13 : strings.Index(good, "</certificate>")]
	for _, tc := range []struct {
		name, xml string
		root      certstore.Root
		want      string
	}{
		{"another root", good, root(t), "the root does not open its private key"},
		{"a later version", strings.Replace(good, `version="1"`, `version="2"`, 1), right, "none that this release reads"},
		{"no base64", strings.Replace(good, "<certificate>", "<certificate>!", 1), right, "not base64"},
		{"no certificate", strings.Replace(good, certificate, "AAAA", 1), right, "cannot be read"},
		{"a private key that is cut", good[:keyEnd-40] + good[keyEnd:], right, "private key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			store := memstore.New()
			if err := store.Add(t.Context(), dataprotection.Element{XML: []byte(tc.xml)}, ""); err != nil {
				t.Fatal(err)
			}
			s := open(t, certstore.Config{Store: store, Owner: "alice", Root: tc.root})
			if all := list(t, s); len(all) != 1 || !strings.Contains(all[0].Unusable, tc.want) {
				t.Errorf("listed are %+v, want %q", all, tc.want)
			}
			if _, _, err := s.Seal(t.Context(), dataprotection.KeyID{}, []byte("<masterKey />")); err != nil { // by the root
				t.Errorf("Seal = %v", err)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	_, err := certstore.Open(t.Context(), certstore.Config{Owner: " alice"})
	for _, field := range []string{"Store: ", "Owner: ", "Root: "} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("Open = %v, want %s in it", err, field)
		}
	}
	for _, s := range []*certstore.Store{nil, {}} {
		if _, err := s.Add(t.Context(), nil, ""); err == nil {
			t.Error("Add to no store succeeded")
		}
		if err := s.Remove(t.Context(), ""); err == nil {
			t.Error("Remove from no store succeeded")
		}
		if _, err := s.List(t.Context()); err == nil {
			t.Error("List of no store succeeded")
		}
		if _, _, err := s.Seal(t.Context(), dataprotection.KeyID{}, nil); err == nil || s.Sealed("", nil) || s.Warnings(today) != nil {
			t.Error("no store seals")
		}
		if text := fmt.Sprint(s); text != "no store of certificates" {
			t.Error(text)
		}
	}
	t.Run("the store fails", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := open(t, certstore.Config{Store: memstore.New(), Owner: "alice", Root: root(t)})
		cancel()
		if _, err := s.Add(ctx, pfx(t, keyA(), issue(t, "alice", keyA(), nil, nil)), "secret"); !errors.Is(err, context.Canceled) {
			t.Errorf("Add = %v", err)
		}
	})
	t.Run("nothing of the password shows", func(t *testing.T) {
		s := open(t, certstore.Config{Store: memstore.New(), Owner: "alice", Root: root(t)})
		_, err := s.Add(t.Context(), pfx(t, keyA(), issue(t, "alice", keyA(), nil, nil)), "hunter2-hunter2")
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Add = %v", err)
		}
	})
}
