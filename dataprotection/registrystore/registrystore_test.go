package registrystore_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/registrystore"
)

var (
	_ dataprotection.Store    = (*registrystore.Store)(nil)
	_ dataprotection.Replacer = (*registrystore.Store)(nil)
	_ dataprotection.Remover  = (*registrystore.Store)(nil)
	_ dataprotection.Notifier = (*registrystore.Store)(nil)
)

func TestElsewhere(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("this is Windows")
	}
	if s, err := registrystore.New(`HKCU\Software\Keys`); s != nil || err == nil || !strings.Contains(err.Error(), "on Windows only") {
		t.Errorf("New = %v, %v", s, err)
	}
	if s, err := registrystore.AutoGenKeys(); s != nil || err == nil || !strings.Contains(err.Error(), "on Windows only") {
		t.Errorf("AutoGenKeys = %v, %v", s, err)
	}
}

// TestZero shows that a store that was not made returns errors.
func TestZero(t *testing.T) {
	for _, s := range []*registrystore.Store{nil, new(registrystore.Store)} {
		_, loadErr := s.Load(t.Context(), "")
		e := dataprotection.Element{Ref: "a", XML: []byte("<a />")}
		for _, err := range []error{loadErr, s.Add(t.Context(), e, ""), s.Replace(t.Context(), e, e), s.Remove(t.Context(), e), s.Notify(t.Context(), func() {}), s.Available()} {
			if err == nil || errors.Is(err, dataprotection.ErrConflict) {
				t.Errorf("a store that was not made returns %v", err)
			}
		}
	}
}

func TestAutoGenKeysPath(t *testing.T) {
	want := `HKLM\SOFTWARE\Microsoft\ASP.NET\4.0.30319.0\AutoGenKeys\S-1-5-18`
	if got := registrystore.AutoGenKeysPath("S-1-5-18"); got != want {
		t.Errorf("the path is %s, want %s", got, want)
	}
}
