package main

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/internal/realtest"
)

// TestAskClock asks real servers.
func TestAskClock(t *testing.T) {
	for name, start := range map[string]func(t *testing.T) (url string){
		"Redis":      func(t *testing.T) string { return "redis://" + realtest.Redis(t).Address + "/0" },
		"PostgreSQL": func(t *testing.T) string { return realtest.PostgreSQL(t).DSN },
		"MariaDB":    func(t *testing.T) string { return "mariadb://root@" + realtest.MariaDB(t).Address + "/mysql" },
	} {
		t.Run(name, func(t *testing.T) {
			url := start(t)
			if c := askClock(t.Context(), url); c.server != name || c.ahead.Abs() > clockTolerance || c.err != nil {
				t.Errorf("got %+v", c)
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			if c := askClock(ended, url); c.server != name || c.err == nil {
				t.Errorf("of who does not answer: got %+v", c)
			}
		})
	}
	for _, url := range []string{"file:keys", "sqlite:" + filepath.ToSlash(filepath.Join(t.TempDir(), "shop.db")), `registry:HKCU\Software\Shop`} {
		if c := askClock(t.Context(), url); c != (serverClock{}) {
			t.Errorf("%s: got %+v of a store without a server", url, c)
		}
	}
}

// doctorOf examines a store with a key.
func doctorOf(t *testing.T, url string) (printed string) {
	t.Helper()
	t.Setenv("SEALRING_POLICY", "")
	var out, errOut bytes.Buffer
	if status := execute(t.Context(), []string{"sealring", "-s", url, "keys", "create"}, strings.NewReader(""), io.Discard, &errOut); status != 0 {
		t.Fatal(errOut.String())
	}
	execute(t.Context(), []string{"sealring", "-s", url, "doctor"}, strings.NewReader(""), &out, &errOut)
	return out.String() + errOut.String()
}

// MariaDB lets a connection have a time of its own.
func TestDoctorOfAServerInThePast(t *testing.T) {
	url := "mariadb://root@" + realtest.MariaDB(t).Address + "/mysql?create&timestamp="
	got := doctorOf(t, url+strconv.FormatInt(time.Now().Add(-3*time.Hour).Unix(), 10))
	if want := "WARNING: the clock of the MariaDB server is 3 hours behind this machine's\n  why:  the clock of this machine or of the server is wrong; logins expire too early or too late\n  mend: compare the clocks"; !strings.Contains(got, want) {
		t.Errorf("doctor printed %s", got)
	}
}

// An account of Redis that may only do what the store needs gets a note.
func TestDoctorOfAServerThatMayNotBeAsked(t *testing.T) {
	server := realtest.Redis(t)
	client := redis.NewClient(&redis.Options{Addr: server.Address})
	defer client.Close()
	if err := client.Do(t.Context(), "ACL", "SETUSER", "app", "on", ">s3cret", "~*", "&*", "+@all", "-time").Err(); err != nil {
		t.Fatal(err)
	}
	got := doctorOf(t, "redis://app:s3cret@"+server.Address+"/0")
	if !strings.Contains(got, "NOTE: the Redis server does not say what time it is: NOPERM") || strings.Contains(got, "s3cret") {
		t.Errorf("doctor printed %s", got)
	}
}
