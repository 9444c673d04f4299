package middleware_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/certstore"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/dataprotection/memstore"
	"github.com/sealring/sealring/dataprotection/secretseal"
	"github.com/sealring/sealring/middleware"
)

// aCertificate is one with its private key, as PEM, and its name.
func aCertificate(t *testing.T, name string) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
}

// A certificateSite is a page of certificates and a browser without scripts.
type certificateSite struct {
	t       *testing.T
	url     string
	browser *http.Client
	store   *memstore.Store
	certs   *certstore.Store
	fails   error // of the page's Store
	nobody  bool
}

func newCertificateSite(t *testing.T) *certificateSite {
	t.Helper()
	root, err := secretseal.New("the hoster's secret, long enough")
	if err != nil {
		t.Fatal(err)
	}
	s := &certificateSite{t: t, store: memstore.New()}
	if s.certs, err = certstore.Open(t.Context(), certstore.Config{Store: s.store, Owner: "alice", Root: root}); err != nil {
		t.Fatal(err)
	}
	csrf, err := antiforgery.New(antiforgery.Config{KeyRing: dataprotectiontest.NewKeyRing(t)})
	if err != nil {
		t.Fatal(err)
	}
	page, err := middleware.Certificates(middleware.CertificatesConfig{
		Antiforgery: csrf, Logger: slog.New(slog.DiscardHandler),
		Store: func(*http.Request) (*certstore.Store, error) {
			if s.nobody {
				return nil, nil
			}
			return s.certs, s.fails
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", page)
	mux.Handle("/customers/", http.StripPrefix("/customers", page))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.url, s.browser = server.URL+"/certificates", &http.Client{Jar: jar}
	return s
}

func (s *certificateSite) do(method, contentType string, body io.Reader) (status int, text string, h http.Header) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url, body)
	if err != nil {
		s.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	answer, err := s.browser.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, string(data), answer.Header
}

var tokenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]+)">`)

// token is what the form of the page has.
func (s *certificateSite) token() (name, value string) {
	s.t.Helper()
	_, page, _ := s.do("GET", "", nil)
	found := tokenField.FindStringSubmatch(page)
	if found == nil {
		s.t.Fatalf("there is no token in\n%s", page)
	}
	return found[1], found[2]
}

// bring sends the form with a file; a nil one was not chosen.
func (s *certificateSite) bring(file []byte, password string) (status int, text string) {
	s.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	name, value := s.token()
	w.WriteField(name, value)
	if file != nil {
		part, err := w.CreateFormFile("file", "site.pem")
		if err != nil {
			s.t.Fatal(err)
		}
		part.Write(file)
	}
	w.WriteField("password", password)
	w.Close()
	status, text, _ = s.do("POST", w.FormDataContentType(), &body)
	return status, text
}

func (s *certificateSite) remove(thumbprint string) (status int, text string) {
	s.t.Helper()
	name, value := s.token()
	status, text, _ = s.do("POST", "application/x-www-form-urlencoded", strings.NewReader(url.Values{name: {value}, "remove": {thumbprint}}.Encode()))
	return status, text
}

func TestCertificatesPage(t *testing.T) {
	s := newCertificateSite(t)
	status, page, h := s.do("GET", "", nil)
	if status != http.StatusOK || !strings.Contains(page, "There are none yet") || h.Get("Cache-Control") != "no-store" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("at first: %d %v\n%s", status, h, page)
	}
	for _, want := range []string{`<html lang="en">`, `<label for="file">`, `<label for="password">`, `autocomplete="off"`, `method="post"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	status, page = s.bring(aCertificate(t, "<b>alice</b>"), "")
	if status != http.StatusOK || !strings.Contains(page, "CN=\\&lt;b\\&gt;alice\\&lt;/b\\&gt;") || !strings.Contains(page, "seals new keys") || strings.Contains(page, "<b>") {
		t.Errorf("after it was brought: %d\n%s", status, page)
	}
	all, err := s.certs.List(t.Context())
	if err != nil || len(all) != 1 || !strings.Contains(page, all[0].Thumbprint) {
		t.Fatalf("stored are %+v, %v", all, err)
	}

	m, err := dataprotection.NewManager(t.Context(), dataprotection.Config{Application: "shop", Store: s.store, Sealer: s.certs, GoOnly: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	key, err := m.Create(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, page := s.remove(all[0].Thumbprint); status != http.StatusConflict || !strings.Contains(page, key.ID.String()) || !strings.Contains(page, `role="alert"`) {
		t.Errorf("removed while it is in use: %d\n%s", status, page)
	}
	if err := m.Delete(t.Context(), []dataprotection.KeyID{key.ID}, &dataprotection.DeleteOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	if status, page := s.remove(all[0].Thumbprint); status != http.StatusOK || !strings.Contains(page, "There are none yet") {
		t.Errorf("removed: %d\n%s", status, page)
	}
	if status, _ := s.remove(all[0].Thumbprint); status != http.StatusNotFound {
		t.Errorf("removed once more: %d", status)
	}
}

// The page is mounted below another path, and the forms and the answer to them lead
// back to it: a path that a visitor was lured to, as //elsewhere, is not in them.
func TestCertificatesPageLeadsNowhereElse(t *testing.T) {
	s := newCertificateSite(t)
	root := strings.TrimSuffix(s.url, "/certificates")
	for _, path := range []string{"/customers/certificates", "/certificates?from=mail"} {
		s.url = root + path
		if _, page, _ := s.do("GET", "", nil); strings.Contains(page, "action=") {
			t.Errorf("a form of %s leads elsewhere:\n%s", path, page)
		}
		if status, page := s.bring(aCertificate(t, "alice"), ""); status != http.StatusOK || !strings.Contains(page, "seals new keys") {
			t.Errorf("%s: after it was brought: %d\n%s", path, status, page)
		}
	}
	s.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	name, value := s.token()
	all, err := s.certs.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, _, h := s.do("POST", "application/x-www-form-urlencoded", strings.NewReader(url.Values{name: {value}, "remove": {all[0].Thumbprint}}.Encode()))
	if got := h.Get("Location"); got != "?" {
		t.Errorf("Location = %q", got)
	}
}

func TestCertificatesPageRefuses(t *testing.T) {
	s := newCertificateSite(t)
	for _, tc := range []struct {
		name string
		file []byte
		code int
		want string
	}{
		{"no file", nil, http.StatusUnprocessableEntity, "no file was chosen"},
		{"an empty file", []byte{}, http.StatusUnprocessableEntity, "the PFX cannot be read"},
		{"junk", []byte("junk"), http.StatusUnprocessableEntity, "the PFX cannot be read"},
		{"a file that is too long for a certificate", make([]byte, certstore.MaxUpload+1), http.StatusUnprocessableEntity, "more than 262144 bytes"},
	} {
		if status, page := s.bring(tc.file, "hunter2-hunter2"); status != tc.code || !strings.Contains(page, tc.want) || strings.Contains(page, "hunter2") {
			t.Errorf("%s: %d, want %d and %q\n%s", tc.name, status, tc.code, tc.want, page)
		}
	}
	if status, _ := s.bring(make([]byte, 1<<20), ""); status < 400 || status >= 500 {
		t.Errorf("a request that is too long: %d", status)
	}
	if status, _, _ := s.do("POST", "application/x-www-form-urlencoded", strings.NewReader("remove=x")); status != http.StatusForbidden && status != http.StatusBadRequest {
		t.Errorf("without a token: %d", status)
	}
	if status, _, h := s.do("DELETE", "", nil); status < 400 || status >= 500 {
		t.Errorf("another method: %d %v", status, h)
	}
	if all, err := s.certs.List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("stored are %+v, %v", all, err)
	}
	s.nobody = true
	if status, _, _ := s.do("GET", "", nil); status != http.StatusForbidden {
		t.Errorf("for nobody: %d", status)
	}
	s.nobody, s.fails = false, errors.New("the database is at lunch")
	if status, page, _ := s.do("GET", "", nil); status != http.StatusServiceUnavailable || strings.Contains(page, "lunch") {
		t.Errorf("when the store fails: %d %s", status, page)
	}
}

func TestCertificatesConfig(t *testing.T) {
	_, err := middleware.Certificates(middleware.CertificatesConfig{})
	if err == nil || !strings.Contains(err.Error(), "Store: ") || !strings.Contains(err.Error(), "Antiforgery: ") {
		t.Errorf("Certificates = %v", err)
	}
}
