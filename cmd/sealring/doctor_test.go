package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
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
