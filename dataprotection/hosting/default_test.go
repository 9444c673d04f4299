package hosting_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dpapiseal"
	"github.com/sealring/sealring/dataprotection/hosting"
	"github.com/sealring/sealring/dataprotection/memstore"
)

// fakeSealer is a sealer that only has a name.
type fakeSealer string

func (s fakeSealer) Seal(context.Context, dataprotection.KeyID, []byte) (string, []byte, error) {
	return "", nil, errors.New("not called")
}

// TestDefault goes through the automatic choice (docs/windows.md, What a program gets by default).
func TestDefault(t *testing.T) {
	account := hosting.Environment{OS: "windows", LocalAppData: `C:\Users\shop\AppData\Local`}
	pool := hosting.Environment{OS: "windows"}
	unix := hosting.Environment{OS: "linux", Variables: variables{"HOME": "/home/shop"}, Directories: []string{"/home/shop"}}
	azure := hosting.Environment{OS: "windows", Variables: variables{"WEBSITE_INSTANCE_ID": "1", "HOME": `C:\home`}}
	tests := []struct {
		name          string
		env           hosting.Environment
		can           string // what works: dir, user, machine, registry
		store, sealer string
		why           string // or what the error says
	}{
		{"account on Windows", account, "dir user machine registry", `directory`, "user", `(the local application data of the account), sealed by DPAPI for the account`},
		{"account without a profile key", account, "dir machine registry", "directory", "machine", "sealed by DPAPI for the machine, since for the account it does not work"},
		{"directory, but no DPAPI", account, "dir registry", "", "", "DPAPI of user; DPAPI of machine"},
		{"directory cannot be made", account, "user machine registry", "memory", "machine", "keys are in the registry"},
		{"pool with a key", pool, "user machine registry", "memory", "machine", "a key was provided for it), sealed by DPAPI for the machine"},
		{"pool without a key", pool, "user machine", "", "", "the account has no home directory"},
		{"pool without a key, registry", pool, "user machine", "", "", "no registry key"},
		{"pool with a key, but no DPAPI", pool, "registry", "", "", "DPAPI of machine"},
		{"home on Unix", unix, "dir user machine registry", "directory", "", "keys are in /home/shop/.aspnet/DataProtection-Keys (the home directory of the account), in clear"},
		{"home on Unix cannot be used", unix, "", "", "", "hosting: no default for keys: no directory"},
		{"no home on Unix", hosting.Environment{OS: "linux"}, "dir", "", "", "name the directory yourself"},
		{"Azure App Service", azure, "dir user machine registry", "directory", "", `(HOME on Azure App Service), in clear`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			can := func(what string) error {
				if strings.Contains(tt.can, what) {
					return nil
				}
				return errors.New(map[string]string{"dir": "no directory", "user": "DPAPI of user", "machine": "DPAPI of machine", "registry": "no registry key"}[what])
			}
			store, sealer, why, err := tt.env.Default(hosting.Means{
				MakeDir: func(string) error { return can("dir") },
				Seal: func(scope dpapiseal.Scope) (dataprotection.Sealer, error) {
					name := map[dpapiseal.Scope]string{dpapiseal.User: "user", dpapiseal.Machine: "machine"}[scope]
					return fakeSealer(name), can(name)
				},
				Registry: func() (dataprotection.Store, error) { return memstore.New(), can("registry") },
			})
			if tt.store == "" {
				if err == nil || store != nil || sealer != nil || why != "" || !strings.Contains(strings.ReplaceAll(err.Error(), "\n", "; "), tt.why) {
					t.Fatalf("Default() = %v, %v, %q, %v; want an error with %q", store, sealer, why, err, tt.why)
				}
				return
			}
			name := ""
			if s, ok := sealer.(fakeSealer); ok {
				name = string(s)
			}
			if err != nil || !strings.HasPrefix(store.(interface{ String() string }).String(), tt.store) || name != tt.sealer || !strings.Contains(why, tt.why) {
				t.Errorf("Default() = %v, %q, %q, %v; want %s, %q, %q", store, name, why, err, tt.store, tt.sealer, tt.why)
			}
		})
	}
}

// TestDefaultHere opens a ring with what the real system gives. On Windows that is
// in the account's own profile, which variables do not move.
func TestDefaultHere(t *testing.T) {
	t.Setenv("WEBSITE_INSTANCE_ID", "")
	t.Setenv("LOCALAPPDATA", t.TempDir())
	dir, _, err := hosting.DefaultDirectory()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Skipf("somebody's keys are in %s", dir)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	store, sealer, why, err := hosting.Default()
	if err != nil {
		t.Fatal(err)
	}
	ring, err := dataprotection.Open(t.Context(), dataprotection.Config{Application: "shop", Store: store, Sealer: sealer})
	if err != nil {
		t.Fatalf("%s: %v", why, err)
	}
	if err := ring.Close(); err != nil {
		t.Error(err)
	}
}
