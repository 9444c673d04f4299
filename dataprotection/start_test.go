package dataprotection_test

import (
	"errors"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/hosting"
)

// What the reference does when a program starts, and what is done here instead.
func TestStart(t *testing.T) {
	t.Run("HST-7 the keys are loaded when Open returns", func(t *testing.T) {
		store := &fakeStore{}
		ring := open(t, config(store))
		store.set(func(s *fakeStore) { s.loadErr = errors.New("gone") })
		unprotect(t, ring, protect(t, ring, "x"), "x")
	})
	t.Run("HST-8 a load that fails stops the start", func(t *testing.T) {
		_, err := dataprotection.Open(t.Context(), config(&fakeStore{loadErr: errors.New("gone")}))
		if !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("Open = %v, want ErrUnavailable", err)
		}
	})
	t.Run("HST-13 the variable for a read-only directory is nothing to a ring with a store", func(t *testing.T) {
		t.Setenv("ReadOnlyDataProtectionKeyDirectory", t.TempDir())
		if _, set := hosting.ReadOnlyDirectory(); !set {
			t.Fatal("the variable is not seen")
		}
		store := &fakeStore{}
		ring := open(t, config(store))
		if st := ring.Status(); st.ReadOnly || st.Keys != 1 {
			t.Errorf("Status = %+v, want a key that was made", st)
		}
	})
	for name, sealer := range map[string]*testSealer{
		"XKM-1 the default directory":                   nil,
		"XKM-2 the default directory with an encryptor": {name: "ours"},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("the directory is in the profile of the account, which holds its real keys")
			}
			base := t.TempDir()
			t.Setenv("LOCALAPPDATA", base)
			dir, why, err := hosting.DefaultDirectory()
			if err != nil || why == "" {
				t.Fatalf("DefaultDirectory = %q, %q, %v", dir, why, err)
			}
			cfg := config(filestore.New(dir))
			if sealer != nil {
				cfg = sealed(filestore.New(dir), sealer)
			}
			ring := open(t, cfg)
			if st := ring.Status(); st.Unsealed != one(sealer == nil) {
				t.Errorf("%d keys in clear with encryptor %v", st.Unsealed, sealer)
			}
			if keys, _ := filepath.Glob(filepath.Join(base, "*", "*", "key-*.xml")); len(keys) != 1 {
				t.Errorf("keys below %s: %q, want one", base, keys)
			}
		})
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
