package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/examples/internal/exampletest"
	"github.com/sealring/sealring/internal/realtest"
)

func TestMain(m *testing.M) { exampletest.Main(m, main) }

var (
	siteURL  = regexp.MustCompile(`the site is (http://[^ \n]+)`)
	answerer = regexp.MustCompile(`Answered by <b>(instance \d)</b>`)
)

// An operator has the control page before them, and is a user of the site.
type operator struct {
	*exampletest.Visitor
	t             *testing.T
	control, site string
}

func start(t *testing.T, proxy string) *operator {
	t.Helper()
	app := exampletest.Start(t, "-site", "localhost:0", "-proxy", proxy, "-data", filepath.Join(t.TempDir(), "data"))
	return &operator{exampletest.NewVisitor(t), t, app.URL, siteURL.FindStringSubmatch(app.Output())[1]}
}

// press posts a form of the control page.
func (o *operator) press(path, name, value string) {
	o.t.Helper()
	if a := o.Submit(o.control, o.control+path, url.Values{name: {value}}); a.Status != 200 || a.Path != "/" {
		o.t.Fatalf("%s: %d at %s\n%s", path, a.Status, a.Path, a.Body)
	}
}

// visit opens the account many times, and returns which instances answered. All of
// them must know who it is, or nobody.
func (o *operator) visit(when, wantPath string) map[string]bool {
	o.t.Helper()
	seen := map[string]bool{}
	for range 12 {
		a := o.Get(o.site + "/account")
		by := answerer.FindStringSubmatch(a.Body)
		if a.Status != 200 || a.Path != wantPath || by == nil {
			o.t.Fatalf("%s: %d at %s, want %s\n%s", when, a.Status, a.Path, wantPath, a.Body)
		}
		seen[by[1]] = true
	}
	return seen
}

// await is for what the instances find out at their next look.
func (o *operator) await(what string, yes func() bool) {
	o.t.Helper()
	begin := time.Now()
	for !yes() {
		if time.Since(begin) > 30*time.Second {
			o.t.Fatalf("%s: not after %v\n%s", what, time.Since(begin), o.Get(o.control).Body)
		}
		time.Sleep(100 * time.Millisecond)
	}
	o.t.Logf("%s: after %v", what, time.Since(begin).Round(time.Millisecond))
}

func (o *operator) reads(text string) bool { return strings.Contains(o.Get(o.control).Body, text) }

const (
	private = "/account"
	login   = "/login?ReturnUrl=%2Faccount"
	agreed  = "All instances know the same keys and revocations."
)

// Through the life of an installation, behind each of the proxies.
func TestLoadBalanced(t *testing.T) {
	for _, proxy := range []struct{ name, debianPackage string }{{"go", ""}, {"haproxy", "haproxy"}, {"nginx", "nginx-light"}, {"caddy", "caddy"}} {
		t.Run(proxy.name, func(t *testing.T) {
			if proxy.name != "go" {
				if !realtest.All() {
					t.Skip("only with SEALRING_REQUIRE=all")
				}
				realtest.Program(t, proxy.name, proxy.debianPackage, "/usr/sbin", "/usr/local/sbin")
			}
			t.Parallel() // most of it is waiting for the next look at the keys
			o := start(t, proxy.name)
			form := url.Values{"name": {"Ada"}, "email": {"ada@example.org"}, "password": {"correct horse battery"}}
			if a := o.Submit(o.site+"/register", o.site+"/register", form); a.Path != private {
				t.Fatalf("register: %d at %s\n%s", a.Status, a.Path, a.Body)
			}
			if seen := o.visit("logged in", private); len(seen) != 2 {
				t.Errorf("%v answered, want both", seen)
			}

			o.press("/kill", "number", "0")
			if seen := o.visit("with one killed", private); len(seen) != 1 || !seen["instance 2"] {
				t.Errorf("%v answered, want the second alone", seen)
			}
			o.await("the other one is on the page alone", func() bool { return !o.reads("instance 1") && o.reads("instance 2") })
			o.press("/add", "", "")
			o.press("/add", "", "")
			o.await("all three answer", func() bool { return len(o.visit("with two added", private)) == 3 })

			o.press("/rotate", "", "")
			o.await("all have the new key", func() bool {
				return o.reads(agreed) && strings.Count(o.Get(o.control).Body, "<dd>2, 0 revoked</dd>") == 3
			})
			o.visit("after a rotation", private)
			o.press("/revoke", "key", "all")
			o.await("all know the revocation", func() bool {
				return o.reads(agreed) && strings.Count(o.Get(o.control).Body, "<dd>3, 2 revoked</dd>") == 3
			})
			o.visit("after the revocation", login)
		})
	}
}

func TestControlPage(t *testing.T) {
	o := start(t, "go")
	for _, path := range []string{"/kill", "/revoke", "/add", "/rotate"} {
		if a := o.Post(o.control+path, url.Values{"number": {"0"}, "key": {"all"}}); a.Status != 403 {
			t.Errorf("%s from elsewhere: %d, want 403", path, a.Status)
		}
	}
	for _, tt := range []struct{ path, name, value string }{
		{"/kill", "number", "5"}, {"/kill", "number", "-1"}, {"/kill", "number", "x"}, {"/revoke", "key", "x"},
	} {
		if a := o.Submit(o.control, o.control+tt.path, url.Values{tt.name: {tt.value}}); a.Status != 409 {
			t.Errorf("%s %s=%s: %d, want 409", tt.path, tt.name, tt.value, a.Status)
		}
	}
	for i := range maxInstances - 2 {
		t.Log("instance", i+3)
		o.press("/add", "", "")
	}
	if a := o.Submit(o.control, o.control+"/add", nil); a.Status != 409 || !strings.Contains(a.Body, "6 instances already") {
		t.Errorf("one too many: %d %s", a.Status, a.Body)
	}
	for i := range maxInstances {
		o.press("/kill", "number", fmt.Sprint(i))
	}
	o.await("the page says that nothing runs", func() bool { return o.reads("No instance runs") })
	o.await("the proxy says it, too", func() bool {
		a := o.Get(o.site)
		return a.Status == 502 && strings.Contains(a.Body, "No instance is there")
	})
}

func TestUnknownProxy(t *testing.T) {
	if _, err := startProxy(t.Context(), zerolog.Nop(), "apache", "localhost:0", t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), "haproxy, nginx or caddy") {
		t.Errorf("%v, want to hear which there are", err)
	}
}

func TestSiteInUse(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	site := other.Listener.Addr().String()
	for _, proxy := range []string{"go", "haproxy"} {
		if _, err := startProxy(t.Context(), zerolog.Nop(), proxy, site, t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), "-site "+site) {
			t.Errorf("%s: %v, want to hear that somebody listens at -site %s", proxy, err, site)
		}
	}
}

// A site may be at a port that the configurations have for an instance.
func TestAdapted(t *testing.T) {
	instances := []string{"127.0.0.1:7001", "127.0.0.1:7002", "127.0.0.1:7003", "127.0.0.1:7004", "127.0.0.1:7005", "127.0.0.1:7006"}
	for name, site := range map[string]string{"haproxy": "bind 127.0.0.1:8102\n", "nginx": "listen 127.0.0.1:8102;", "caddy": "http://:8102 {"} {
		config := adapted(brands[name].config, t.TempDir(), "localhost:8102", instances)
		for _, want := range append(instances, site) {
			if strings.Count(config, want) != 1 {
				t.Errorf("%s: want %q once in\n%s", name, want, config)
			}
		}
		if strings.Contains(config, instanceThere+"1") {
			t.Errorf("%s: an instance that is not ours in\n%s", name, config)
		}
	}
}

// What may be sent to a second instance when the first one fails.
func TestRepeatable(t *testing.T) {
	dial := &net.OpError{Op: "dial", Err: errors.New("refused")}
	cut := &net.OpError{Op: "read", Err: errors.New("reset")}
	get := exampletest.FormRequest("http://x/", nil)
	get.Method, get.Body = "GET", nil
	post := exampletest.FormRequest("http://x/", url.Values{"a": {"b"}})
	for _, tt := range []struct {
		name string
		got  bool
		want bool
	}{
		{"a page, not connected", repeatable(get, dial), true},
		{"a page, cut off", repeatable(get, cut), true},
		{"a form, not connected", repeatable(post, dial), true},
		{"a form, cut off", repeatable(post, cut), false},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %v", tt.name, tt.got)
		}
	}
}
