package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/hostpolicy"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

const (
	hour = time.Hour
	days = 24 * time.Hour
)

// key makes a key with its dates as distances from noon.
func key(n byte, created, expires time.Duration, change ...func(*dataprotection.KeyInfo)) dataprotection.KeyInfo {
	k := dataprotection.KeyInfo{
		ID: dataprotection.KeyID{15: n}, Created: noon.Add(created), Activates: noon.Add(created), Expires: noon.Add(expires),
		Algorithm: "AES_256_CBC, HMACSHA256", SealedBy: []string{"CertificateXmlEncryptor"},
	}
	for _, do := range change {
		do(&k)
	}
	return k
}

func revoked(k *dataprotection.KeyInfo) { k.Revoked = true }
func later(k *dataprotection.KeyInfo)   { k.Activates = noon.Add(2 * days) }
func inClear(k *dataprotection.KeyInfo) { k.SealedBy = nil }
func lost(k *dataprotection.KeyInfo)    { k.Unusable, k.Algorithm = errors.New("no certificate"), "" }
func gcm(k *dataprotection.KeyInfo)     { k.Algorithm = "AES_256_GCM" }

func TestChecks(t *testing.T) {
	good := key(1, -10*days, 80*days)
	tests := []struct {
		name     string
		keys     []dataprotection.KeyInfo
		problems int
		warnings []string
		want     string // severity and check, joined
	}{
		{"well", []dataprotection.KeyInfo{good}, 0, nil, ""},
		{"empty", nil, 0, nil, "note keys"},
		{"expired", []dataprotection.KeyInfo{key(1, -90*days, -hour)}, 0, nil, "critical sealing"},
		{"waits", []dataprotection.KeyInfo{key(1, -hour, 90*days, later)}, 0, nil, "critical sealing"},
		{"expires now", []dataprotection.KeyInfo{key(1, -90*days, 0)}, 0, nil, "critical sealing"},
		{"revoked", []dataprotection.KeyInfo{key(1, -10*days, 80*days, revoked)}, 0, nil, "critical sealing"},
		{"ends today", []dataprotection.KeyInfo{key(1, -90*days, 23*hour)}, 0, nil, "critical rotation"},
		{"overdue", []dataprotection.KeyInfo{key(1, -88*days, 2*days)}, 0, nil, "warning rotation"},
		{"has a successor", []dataprotection.KeyInfo{key(1, -88*days, 2*days), key(2, -hour, 92*days)}, 0, nil, ""},
		{"key that seals cannot be opened", []dataprotection.KeyInfo{key(1, -10*days, 80*days, lost)}, 0, nil, "critical opening"},
		{"old key cannot be opened", []dataprotection.KeyInfo{key(2, -95*days, -5*days, lost), good}, 0, nil, "warning opening"},
		{"in clear", []dataprotection.KeyInfo{key(1, -10*days, 80*days, inClear)}, 0, nil, "warning at rest"},
		{"in clear and revoked", []dataprotection.KeyInfo{key(2, -20*days, 70*days, inClear, revoked), good}, 0, nil, ""},
		{"mixed", []dataprotection.KeyInfo{key(2, -20*days, 70*days, inClear, gcm), good}, 0, nil, "warning at rest, note mixture, note mixture"},
		{"from the future", []dataprotection.KeyInfo{good, key(2, 10*hour, 90*days)}, 0, nil, "warning clock"},
		{"a clock within reason", []dataprotection.KeyInfo{good, key(2, 4*time.Minute, 90*days)}, 0, nil, ""},
		{"raced", []dataprotection.KeyInfo{good, key(2, -10*days+30*time.Second, 80*days)}, 0, nil, "note races"},
		{"left over", []dataprotection.KeyInfo{key(2, -300*days, -210*days), good}, 0, nil, "note leftovers"},
		{"unreadable", []dataprotection.KeyInfo{good}, 1, nil, "critical unreadable"},
		{"store's own", []dataprotection.KeyInfo{good}, 0, []string{"it is open; run: chmod 700 x"}, "warning store"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := &examination{now: noon, storeURL: "file:keys", opens: true}
			x.listing.Keys, x.snapshot.Warnings = tt.keys, tt.warnings
			for range tt.problems {
				x.listing.Problems = append(x.listing.Problems, &dataprotection.RingError{Op: "parse", Element: "a.xml", Err: errors.New("cut")})
			}
			var got []string
			for _, check := range checks {
				for _, f := range check(x) {
					got = append(got, fmt.Sprintf("%s %s", f.Severity, f.Check))
					if f.What == "" || f.Why == "" || f.Severity > note && f.Mend == "" {
						t.Errorf("the finding does not say everything: %+v", f)
					}
				}
			}
			if joined := strings.Join(got, ", "); joined != tt.want {
				t.Errorf("found %q, want %q", joined, tt.want)
			}
		})
	}
}

// TestSurroundings checks what is not in the keys.
func TestSurroundings(t *testing.T) {
	good := key(1, -10*days, 80*days)
	good.Element = "key-1.xml"
	at := func(d time.Duration) map[string]time.Time { return map[string]time.Time{"key-1.xml": noon.Add(d)} }
	tests := []struct {
		name   string
		change func(*examination)
		want   string
	}{
		{"well", func(x *examination) { x.written = at(-10 * days) }, ""},
		{"touched later", func(x *examination) { x.written = at(-hour) }, ""},
		{"clocks nearly agree", func(x *examination) { x.written = at(-10*days - 4*time.Minute) }, ""},
		{"file server behind", func(x *examination) { x.written = at(-10*days - hour) }, "warning clock: the file of key 00000000-0000-0000-0000-000000000001 was written 60 minutes before the key was made"},
		{"file server ahead", func(x *examination) { x.written = at(hour) }, "warning clock: the file of key 00000000-0000-0000-0000-000000000001 was written 60 minutes in the future"},
		{"server's clock nearly agrees", func(x *examination) { x.clock = serverClock{"Redis", -4 * time.Minute, nil} }, ""},
		{"server behind", func(x *examination) { x.clock = serverClock{"Redis", -hour, nil} }, "warning clock: the clock of the Redis server is 60 minutes behind this machine's"},
		{"server ahead", func(x *examination) { x.clock = serverClock{"MariaDB", 6 * time.Minute, nil} }, "warning clock: the clock of the MariaDB server is 6 minutes ahead of this machine's"},
		{"server that does not say", func(x *examination) { x.clock = serverClock{"Redis", 0, errors.New("NOPERM")} }, "note clock: the Redis server does not say what time it is: NOPERM"},
		{"certificate ends", func(x *examination) { x.sealer = warner{} }, "warning certificate: it ends tomorrow"},
		{"policy obeyed", func(x *examination) {
			x.policy = hostpolicy.Explanation{Source: "policy.toml", Algorithm: "AES_256_CBC, HMACSHA256", KeyLifetime: 90 * days}
		}, ""},
		{"another algorithm", func(x *examination) {
			x.policy = hostpolicy.Explanation{Source: "policy.toml", Algorithm: "AES-256-GCM"}
		}, "note policy: key 00000000-0000-0000-0000-000000000001, which seals, is for AES_256_CBC, HMACSHA256; policy.toml prescribes AES-256-GCM"},
		{"lives too long", func(x *examination) { x.policy = hostpolicy.Explanation{Source: "policy.toml", KeyLifetime: 30 * days} }, "note policy: key 00000000-0000-0000-0000-000000000001, which seals, lives for 90 days; policy.toml prescribes 30 days"},
		{"no directory", func(x *examination) { x.listing.Keys, x.missing, x.place = nil, true, "nowhere" }, "warning keys: there is no directory nowhere"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := &examination{now: noon, storeURL: "file:keys", opens: true}
			x.listing.Keys = []dataprotection.KeyInfo{good}
			tt.change(x)
			var got []string
			for _, check := range checks {
				for _, f := range check(x) {
					got = append(got, fmt.Sprintf("%s %s: %s", f.Severity, f.Check, f.What))
				}
			}
			if joined := strings.Join(got, "\n"); joined != tt.want {
				t.Errorf("found %q, want %q", joined, tt.want)
			}
		})
	}
}

// A warner is a sealer with something to say.
type warner struct{ dataprotection.Sealer }

func (warner) Warnings(time.Time) []string { return []string{"it ends tomorrow"} }

// TestHugeRing groups what is the matter with many keys.
func TestHugeRing(t *testing.T) {
	x := &examination{now: noon, storeURL: "file:keys", opens: true}
	for i := range 1000 {
		k := key(byte(i), -10*days, 80*days, lost)
		k.ID[0] = byte(i >> 8)
		x.listing.Keys = append(x.listing.Keys, k)
	}
	var got []string
	for _, check := range checks {
		for _, f := range check(x) {
			got = append(got, f.Check)
			if len(f.What) > 300 {
				t.Errorf("%s is too long: %s", f.Check, f.What)
			}
		}
	}
	if joined := strings.Join(got, ", "); joined != "opening, opening, races" { // the key that seals, the others, and that they were made together
		t.Errorf("found %s", joined)
	}
}

// TestManyFindings prints a few of each kind.
func TestManyFindings(t *testing.T) {
	d := diagnosis{Store: "file:keys", Keys: 2000}
	for i := range 2000 {
		d.Findings = append(d.Findings, finding{warning, "store", fmt.Sprintf("file %d is open to others", i), "bad", "chmod"})
	}
	d.Findings = append(d.Findings, finding{note, "leftovers", "old keys", "no good", ""})
	var b bytes.Buffer
	d.write(&b)
	got := b.String()
	if n := strings.Count(got, "is open to others"); n != 5 || !strings.Contains(got, "NOTE: old keys") || !strings.HasSuffix(got, "\n1995 more findings of the same kinds; --json has all of them.\n") {
		t.Errorf("printed %d of 2000:\n%s", n, got)
	}
	x := &examination{now: noon, storeURL: "file:keys"}
	for i := range 2000 {
		x.listing.Keys = append(x.listing.Keys, key(byte(i), -300*days, -210*days))
	}
	if f := checkLeftovers(x); len(f) != 1 || f[0].What != "2000 keys expired long ago" || f[0].Mend != "sealring --store file:keys keys delete KEY..." {
		t.Errorf("found %+v", f)
	}
}

func TestWithoutPassword(t *testing.T) {
	tests := []struct{ url, want string }{
		{"file:keys", "file:keys"},
		{"redis://localhost:6379/0", "redis://localhost:6379/0"},
		{"redis://u:geheim@localhost/0?key=k", "redis://u:xxxxx@localhost/0?key=k"},
		{"redis://:geheim@localhost/0", "redis://:xxxxx@localhost/0"},
		{"postgres://u@localhost/db", "postgres://u@localhost/db"},
		{"postgres://u:geh%eim@localhost/db", "postgres://u:xxxxx@localhost/db"},
		{"postgres://u:ge@heim@localhost/db", "postgres://u:xxxxx@localhost/db"},
		{"postgres://u@localhost/db?sslmode=verify-full&password=geheim&table=t", "postgres://u@localhost/db?sslmode=verify-full&password=xxxxx&table=t"},
		{"postgres://localhost/db?sslPassword=geheim", "postgres://localhost/db?sslPassword=xxxxx"},
	}
	for _, tt := range tests {
		if got := withoutPassword(tt.url); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.url, got, tt.want)
		}
	}
}

// TestFilesThatAreTooLarge names a file of 1 GB where a small one belongs.
func TestFilesThatAreTooLarge(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.pem")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 1<<30); err != nil { // takes no space
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--cert", large, "keys", "list"},
		{"--cert", "x.pfx", "--cert-password-file", large, "keys", "list"},
		{"--secret-file", large, "keys", "list"},
		{"policy", "check", large},
	} {
		var errOut bytes.Buffer
		args = append([]string{"sealring", "-s", "file:" + filepath.ToSlash(dir)}, args...)
		if status := execute(t.Context(), args, strings.NewReader(""), io.Discard, &errOut); status != exitFailed || !strings.Contains(errOut.String(), "more than") || !strings.Contains(errOut.String(), "large.pem") {
			t.Errorf("%s: exit status %d, %q", args, status, errOut.String())
		}
	}
}

// TestInterrupted ends a question and a wait for input that nobody answers.
func TestInterrupted(t *testing.T) {
	store := "file:" + filepath.ToSlash(t.TempDir())
	if status := execute(t.Context(), []string{"sealring", "-s", store, "keys", "create"}, strings.NewReader(""), io.Discard, io.Discard); status != 0 {
		t.Fatalf("keys create: exit status %d", status)
	}
	for _, args := range [][]string{{"explain"}, {"-s", store, "keys", "revoke", "--all"}} {
		ctx, cancel := context.WithCancel(t.Context())
		in, out := io.Pipe()
		defer out.Close()
		var errOut bytes.Buffer
		time.AfterFunc(100*time.Millisecond, cancel)
		status := execute(ctx, append([]string{"sealring"}, args...), in, io.Discard, &errOut)
		if status != exitInterrupted || !strings.HasSuffix(errOut.String(), "sealring: interrupted\n") {
			t.Errorf("%s: exit status %d, %q", args, status, errOut.String())
		}
	}
}

// A store that does not answer, as a server that hangs or a dead mount, is found out.
func TestDoctorOfASilentStore(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	store := "postgres://" + silent.Addr().String() + "/shop"
	var out bytes.Buffer
	status := execute(t.Context(), []string{"sealring", "-s", store, "doctor", "--timeout", "1s"}, strings.NewReader(""), &out, io.Discard)
	if status != int(critical) || !strings.Contains(out.String(), "CRITICAL: the store cannot be read: it has not answered within 1 second") {
		t.Errorf("exit status %d, %q", status, out.String())
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	if status := execute(ctx, []string{"sealring", "-s", store, "doctor"}, strings.NewReader(""), io.Discard, io.Discard); status != exitInterrupted {
		t.Errorf("interrupted: exit status %d, want %d", status, exitInterrupted)
	}
}

func TestDiagnosis(t *testing.T) {
	var b bytes.Buffer
	diagnosis{Store: "file:keys", Keys: 2}.write(&b)
	if got, want := b.String(), "All is well with file:keys and its 2 keys.\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

// TestPrintable keeps what a store holds from writing to the terminal.
func TestPrintable(t *testing.T) {
	if got, want := printable("a\x1b[2Jb\u009bc\x7f"), "a?[2Jb?c?"; got != want {
		t.Errorf("printable is %q, want %q", got, want)
	}
}

func TestSamples(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"value", "CfDJ8abc", "=CfDJ8abc"},
		{"quoted", `"CfDJ8abc"`, "=CfDJ8abc"},
		{"padded value", "CfDJ8abc==", "=CfDJ8abc=="},
		{"pair", "login=CfDJ8abc", "login=CfDJ8abc"},
		{"header", "Cookie: a=1; login=CfDJ8abc; b=CfDJ8x", "login=CfDJ8abc b=CfDJ8x"},
		{"header in another case", "cookie:login=CfDJ8abc", "login=CfDJ8abc"},
		{"answer's header", "Set-Cookie: login=CfDJ8abc; path=/; secure", "login=CfDJ8abc"},
		{"chunks", "login=chunks-2; loginC1=CfDJ8a; loginC2=bc; other=1", "login=CfDJ8abc"},
		{"chunk missing", "login=chunks-2; loginC2=CfDJ8bc", "loginC2=CfDJ8bc"},
	}
	for _, tt := range tests {
		samples, err := findSamples(tt.text)
		var got []string
		for _, s := range samples {
			got = append(got, s.name+"="+s.value)
		}
		if joined := strings.Join(got, " "); err != nil || joined != tt.want {
			t.Errorf("%s: %q gives %q, %v, want %q", tt.name, tt.text, joined, err, tt.want)
		}
	}
}
