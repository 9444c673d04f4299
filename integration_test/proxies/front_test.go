package proxies_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/internal/realtest"
)

// The hosts that the configurations in docs/proxies know, and what each stands for.
const (
	withXForwarded = "app.example"
	withForwarded  = "shop.example"
	withPath       = "www.example" // below /app, which is taken off
)

// backends are where the configurations expect the programs.
var backends = map[string]string{
	withXForwarded: "127.0.0.1:8080",
	withForwarded:  "127.0.0.1:8081",
	withPath:       "127.0.0.1:8082",
}

// A front is a running proxy.
type front struct {
	https, http string // ports
	roots       *x509.CertPool
}

// A brand is a proxy program, and how it is started with a configuration of
// docs/proxies.
type brand struct {
	name, program, debianPackage, config string
	// adapt turns the configuration into one for free ports. Certificate and backends
	// are of the test already.
	adapt   func(config string, f *front) string
	command func(program, config, dir string) *exec.Cmd
}

var brands = []brand{
	{
		"haproxy", "haproxy", "haproxy", "haproxy.cfg",
		func(config string, f *front) string {
			return listenOn(config, `bind :(\d+)(.*)`, "bind $address$2", f)
		},
		func(program, config, _ string) *exec.Cmd { return exec.Command(program, "-db", "-f", config) },
	},
	{
		"nginx", "nginx", "nginx-light", "nginx.conf",
		func(config string, f *front) string {
			config = strings.Replace(config, "http {", "http {\n"+
				"access_log off; client_body_temp_path t/b; proxy_temp_path t/p; fastcgi_temp_path t/f; uwsgi_temp_path t/u; scgi_temp_path t/s;", 1)
			return "daemon off; master_process off; pid t/pid; error_log stderr warn;\n" +
				listenOn(config, `listen (\d+)(.*)`, "listen $address$2", f)
		},
		func(program, config, dir string) *exec.Cmd {
			return exec.Command(program, "-p", dir, "-e", "stderr", "-c", config)
		},
	},
	{
		"caddy", "caddy", "caddy", "Caddyfile",
		func(config string, f *front) string {
			return "{\nadmin off\nhttp_port " + f.http + "\nhttps_port " + f.https + "\ndefault_bind " + strings.Join(loopbacks(), " ") + "\n}\n" + config
		},
		func(program, config, dir string) *exec.Cmd {
			cmd := exec.Command(program, "run", "--config", config, "--adapter", "caddyfile")
			cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
			return cmd
		},
	},
}

// listenOn replaces each line that listens by one for each address.
func listenOn(config, pattern, line string, f *front) string {
	listens := regexp.MustCompile(`(?m)^ *` + pattern + `$`)
	return listens.ReplaceAllStringFunc(config, func(found string) string {
		port := f.http
		if listens.FindStringSubmatch(found)[1] == "443" {
			port = f.https
		}
		var lines []string
		for _, host := range loopbacks() {
			address := net.JoinHostPort(host, port)
			lines = append(lines, listens.ReplaceAllString(found, strings.Replace(line, "$address", address, 1)))
		}
		return strings.Join(lines, "\n")
	})
}

// loopbacks are the addresses that proxies listen on.
func loopbacks() []string {
	if hasIPv6() {
		return []string{"127.0.0.1", "::1"}
	}
	return []string{"127.0.0.1"}
}

func hasIPv6() bool {
	l, err := net.Listen("tcp", "[::1]:0")
	if err == nil {
		l.Close()
	}
	return err == nil
}

// start starts a proxy in front of programs, of which the map has the addresses.
func (b *brand) start(t *testing.T, programs map[string]string) *front {
	t.Helper()
	program := realtest.Program(t, b.program, b.debianPackage, "/usr/sbin", "/usr/local/sbin")
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "t"), 0o700); err != nil { // temporary files of nginx
		t.Fatal(err)
	}
	f := &front{https: freePort(t), http: freePort(t), roots: x509.NewCertPool()}
	f.roots.AppendCertsFromPEM(writeCertificate(t, dir))

	raw, err := os.ReadFile("../../docs/proxies/" + b.config)
	if err != nil {
		t.Fatal(err)
	}
	config := string(raw)
	replace := func(old, replacement string) {
		if !strings.Contains(config, old) {
			t.Fatalf("%s has no %s", b.config, old)
		}
		config = strings.ReplaceAll(config, old, replacement)
	}
	for host, address := range programs {
		replace(backends[host], address)
	}
	if b.name == "haproxy" {
		replace("/etc/ssl/private/site.pem", dir+"/both.pem")
	} else {
		replace("/etc/ssl/certs/site.pem", dir+"/cert.pem")
		replace("/etc/ssl/private/site.key", dir+"/key.pem")
	}
	file := filepath.Join(dir, b.config)
	write(t, file, []byte(b.adapt(config, f)))

	p := realtest.Start(t, b.command(program, file, dir))
	p.AwaitTCP(t, "127.0.0.1:"+f.https)
	p.AwaitTCP(t, "127.0.0.1:"+f.http)
	return f
}

func freePort(t *testing.T) string {
	t.Helper()
	_, port, err := net.SplitHostPort(realtest.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// writeCertificate makes a certificate for all hosts that signs itself, and returns it.
func writeCertificate(t *testing.T, dir string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "proxy"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		DNSNames: []string{withXForwarded, withForwarded, withPath},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	write(t, filepath.Join(dir, "cert.pem"), certPEM)
	write(t, filepath.Join(dir, "key.pem"), keyPEM)
	write(t, filepath.Join(dir, "both.pem"), append(certPEM, keyPEM...))
	return certPEM
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
