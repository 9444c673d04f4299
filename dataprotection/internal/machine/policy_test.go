package machine_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/dataprotection/internal/machine"
)

// A windows machine with these values in its registry.
func windows(values map[string]any) machine.System {
	return machine.System{GOOS: "windows", LookupEnv: unset, Registry: func() (map[string]any, error) { return values, nil }}
}

func unset(string) (string, bool) { return "", false }

// toml writes the same values as a file, for a machine of another kind.
func toml(t *testing.T, values map[string]any) machine.System {
	t.Helper()
	text := "# a policy\n"
	for name, value := range values {
		if s, ok := value.(string); ok {
			value = fmt.Sprintf("%q", s)
		}
		text += fmt.Sprintf("%s = %v\n", name, value)
	}
	return linux(policyFile(t, text))
}

func linux(file string) machine.System {
	return machine.System{GOOS: "linux", LookupEnv: unset, DefaultFile: file}
}

func policyFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policy.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// The rows of the reference's own tests, from the registry and from a file.
func TestReferencePolicies(t *testing.T) {
	for _, tc := range []struct {
		name   string
		values map[string]any
		want   *keyxml.Algorithm
		days   int
	}{
		{"POL-1 nothing", map[string]any{}, nil, 0},
		{"POL-4 DefaultKeyLifetime", map[string]any{"DefaultKeyLifetime": int64(1024)}, nil, 1024},
		{"POL-5 cng-cbc alone", map[string]any{"EncryptionType": "cng-cbc"}, &keyxml.Algorithm{Kind: keyxml.CNGCBC, Encryption: "AES", KeyBits: 256, Validation: "SHA256"}, 0},
		{
			"POL-6 cng-cbc with everything",
			map[string]any{"EncryptionType": "CNG-CBC", "EncryptionAlgorithm": "AES", "EncryptionAlgorithmKeySize": int64(128), "EncryptionAlgorithmProvider": "my enc provider", "HashAlgorithm": "SHA512", "HashAlgorithmProvider": "my hash provider"},
			&keyxml.Algorithm{Kind: keyxml.CNGCBC, Encryption: "AES", KeyBits: 128, Validation: "SHA512", EncryptionProvider: "my enc provider", ValidationProvider: "my hash provider"}, 0,
		},
		{"POL-7 cng-gcm alone", map[string]any{"EncryptionType": "CNG-gcm"}, &keyxml.Algorithm{Kind: keyxml.CNGGCM, Encryption: "AES", KeyBits: 256}, 0},
		{
			"POL-8 cng-gcm with everything",
			map[string]any{"EncryptionType": "CNG-GCM", "EncryptionAlgorithm": "AES", "EncryptionAlgorithmKeySize": int64(192), "EncryptionAlgorithmProvider": "my enc provider"},
			&keyxml.Algorithm{Kind: keyxml.CNGGCM, Encryption: "AES", KeyBits: 192, EncryptionProvider: "my enc provider"}, 0,
		},
		{"POL-9 managed alone", map[string]any{"EncryptionType": "Managed"}, &keyxml.Algorithm{Kind: keyxml.Managed, Encryption: "Aes", KeyBits: 256, Validation: "HMACSHA256"}, 0},
		{
			"POL-10 managed with types",
			map[string]any{
				"EncryptionType": "managed", "EncryptionAlgorithmKeySize": int64(192),
				"EncryptionAlgorithmType": "System.Security.Cryptography.Aes, System.Security.Cryptography, Version=10.0.0.0, Culture=neutral", "ValidationAlgorithmType": "System.Security.Cryptography.HMACSHA1, System.Security.Cryptography",
			},
			&keyxml.Algorithm{Kind: keyxml.Managed, Encryption: "Aes", KeyBits: 192, Validation: "HMACSHA1"}, 0,
		},
		{
			"HST-16 all at once",
			map[string]any{"EncryptionType": "managed", "DefaultKeyLifetime": int64(1024)},
			&keyxml.Algorithm{Kind: keyxml.Managed, Encryption: "Aes", KeyBits: 256, Validation: "HMACSHA256"}, 1024,
		},
	} {
		for from, system := range map[string]machine.System{"registry": windows(tc.values), "file": toml(t, tc.values)} {
			t.Run(tc.name+"/"+from, func(t *testing.T) {
				p, looked, err := system.Load()
				if err != nil || len(looked) == 0 {
					t.Fatalf("Load = %v, %q, %v", p, looked, err)
				}
				if len(tc.values) == 0 {
					if p != nil || len(looked) != 2 {
						t.Errorf("got %+v, having looked at %q", p, looked)
					}
					return
				}
				if p.KeyLifetime != time.Duration(tc.days)*24*time.Hour || (p.Algorithm == nil) != (tc.want == nil) || tc.want != nil && *p.Algorithm != *tc.want {
					t.Errorf("got %+v %+v, want %+v and %d days", p, p.Algorithm, tc.want, tc.days)
				}
				if len(p.Settings) != len(tc.values) || p.Source == "" {
					t.Errorf("it says %+v from %q", p.Settings, p.Source)
				}
			})
		}
	}
}

// What else a policy can get wrong, line by line.
func TestMalformedFiles(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"a typo in a name", "\nEncryptionTyp = \"CNG-CBC\"", ":2: EncryptionTyp is not known"},
		{"a typo in a value", "# x\n\nEncryptionType = \"CNGCBC\"", `:3: EncryptionType: "CNGCBC" is not known; CNG-CBC, CNG-GCM or Managed`},
		{"a table that is not known", "[Policy]\nEncryptionType = \"CNG-CBC\"", ":1: Policy is not known"},
		{"no TOML", "EncryptionType: CNG-CBC", ":1: "},
		{"a text that does not end", "a = 1\nEncryptionType = \"CNG", ":2: "},
		{"a text for a number", "\nDefaultKeyLifetime = \"90\"", ":2: DefaultKeyLifetime: it has to be an integer, and is a string"},
		{"a number for a text", "EncryptionType = 1", ":1: EncryptionType: it has to be a string, and is an integer"},
		{"a fraction", "DefaultKeyLifetime = 90.5", "it has to be an integer, and is a float"},
		{"a yes", "EncryptionType = true", "it has to be a string, and is a boolean"},
		{"a day", "DefaultKeyLifetime = 2026-01-01", "it has to be an integer, and is a date or a time"},
		{"a list", "EncryptionType = \"Managed\"\nValidationAlgorithmType = [\"HMACSHA256\"]", ":2: ValidationAlgorithmType: it has to be a string, and is an array"},
		{"a table", "[DefaultKeyLifetime]\ndays = 90", ":1: DefaultKeyLifetime: it has to be an integer, and is a table"},
		{"a number that no integer is", "DefaultKeyLifetime = 99999999999999999999", ":1: "},
		{"six days", "\n\nDefaultKeyLifetime = 6", ":3: DefaultKeyLifetime: 6 days; 7 to 36500 can be set"},
		{"a negative life", "DefaultKeyLifetime = -90", ":1: DefaultKeyLifetime: -90 days"},
		{"no life at all", "DefaultKeyLifetime = 0", ":1: DefaultKeyLifetime: 0 days"},
		{"a name twice", "DefaultKeyLifetime = 90\nDefaultKeyLifetime = 91", ":2: "},
		{"a name twice, in another spelling", "DefaultKeyLifetime = 90\ndefaultkeylifetime = 91", "defaultkeylifetime: it is set twice"},
		{"a name twice in a sink", "[[KeyEscrowSinks]]\nDirectory = \"/a\"\ndirectory = \"/b\"\nCertificate = \"/c\"", "directory: it is set twice"},
		{"a text that says nothing", "\nEncryptionType = \" \"", ":2: EncryptionType: it is empty"},
		{"a key size that is none", "EncryptionType = \"Managed\"\nEncryptionAlgorithmKeySize = 2048", ":1: EncryptionType: Managed (Aes-2048, HMACSHA256) cannot be used"},
		{"an algorithm that is old", "EncryptionType = \"CNG-CBC\"\nEncryptionAlgorithm = \"3DES\"\nEncryptionAlgorithmKeySize = 192", "keys are no longer made for it"},
		{"an algorithm that is none", "EncryptionType = \"CNG-CBC\"\nEncryptionAlgorithm = \"ROT13\"", "ROT13"},
		{"a hash that is none", "EncryptionType = \"CNG-CBC\"\nHashAlgorithm = \"MD5\"", "MD5"},
		{"no type", "\nHashAlgorithm = \"SHA512\"", ":2: HashAlgorithm: it has no effect without EncryptionType"},
		{"of another type", "EncryptionType = \"CNG-GCM\"\nHashAlgorithm = \"SHA512\"", ":2: HashAlgorithm: it has no effect with EncryptionType CNG-GCM"},
		{"classes of .NET", "KeyEscrowSinks = \"My.Sink, My.Assembly\"", ":1: KeyEscrowSinks: these are classes of .NET"},
		{"a sink that is no table", "KeyEscrowSinks = [\"/mnt/escrow\"]", ":1: KeyEscrowSinks: number 1 has to be a table, and is a string"},
		{"sinks that are no array", "\n[KeyEscrowSinks]\nDirectory = \"/mnt/escrow\"", ":2: KeyEscrowSinks: it is a table; nothing can be escrowed there"},
		{"a sink with a number", "[[KeyEscrowSinks]]\nDirectory = 1\nCertificate = \"/etc/escrow.crt\"", ":2: Directory: it has to be a string, and is an integer"},
		{"a relative directory", "\n[[KeyEscrowSinks]]\nDirectory = \"escrow\"\nCertificate = \"/etc/escrow.crt\"", ":2: KeyEscrowSinks: number 1: Directory and Certificate have to be absolute paths"},
		{"a sink without certificate", "[[KeyEscrowSinks]]\nDirectory = \"/escrow\"", ":1: KeyEscrowSinks: number 1"},
		{"a typo in a sink", "[[KeyEscrowSinks]]\nDirectory = \"/escrow\"\nCertificat = \"/etc/escrow.crt\"", ":3: KeyEscrowSinks.Certificat is not known"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := policyFile(t, tc.text)
			p, err := machine.ReadFile(file)
			if p != nil || err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), file) {
				t.Errorf("got %+v, %v, want %q and the file", p, err, tc.want)
			}
			for _, ofGo := range []string{"int64", "[]", "map", "interface", "document"} {
				if err != nil && strings.Contains(strings.ReplaceAll(err.Error(), file, ""), ofGo) {
					t.Errorf("%v has %q, which only programmers know", err, ofGo)
				}
			}
		})
	}
	t.Run("all at once", func(t *testing.T) {
		_, err := machine.ReadFile(policyFile(t, "EncryptionType = \"x\"\nDefaultKeyLifetime = 1"))
		if err == nil || !strings.Contains(err.Error(), ":1: ") || !strings.Contains(err.Error(), ":2: ") {
			t.Errorf("got %v", err)
		}
		_, err = machine.ReadFile(policyFile(t, "One = \"x\"\nTwo = 1"))
		if err == nil || !strings.Contains(err.Error(), ":1: One") || !strings.Contains(err.Error(), ":2: Two") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("1 GB", func(t *testing.T) {
		file := policyFile(t, "")
		if err := os.Truncate(file, 1<<30); err != nil { // takes no space
			t.Fatal(err)
		}
		if _, err := machine.ReadFile(file); err == nil || !strings.Contains(err.Error(), "more than 65536 bytes") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a directory", func(t *testing.T) {
		dir := t.TempDir()
		if _, err := machine.ReadFile(dir); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("got %v", err)
		}
	})
}

func TestMalformedRegistry(t *testing.T) {
	for _, tc := range []struct {
		name   string
		values map[string]any
		want   string
	}{
		{"a name that is not known", map[string]any{"EncryptionTyp": "CNG-CBC"}, "EncryptionTyp: the name is not known"},
		{"a number for a text", map[string]any{"EncryptionType": int64(1)}, "EncryptionType: it has to be REG_SZ, and is REG_DWORD"},
		{"a text for a number", map[string]any{"DefaultKeyLifetime": "90"}, "DefaultKeyLifetime: it has to be REG_DWORD, and is REG_SZ"},
		{"bytes for a number", map[string]any{"DefaultKeyLifetime": machine.Kind("REG_BINARY")}, "DefaultKeyLifetime: it has to be REG_DWORD, and is REG_BINARY"},
		{"something else", map[string]any{"KeyEscrowSinks": machine.Kind("REG_MULTI_SZ")}, "KeyEscrowSinks: it is REG_MULTI_SZ; nothing can be escrowed there"},
		{"POL-2 POL-3 classes of .NET", map[string]any{"KeyEscrowSinks": "My.Sink, My.Assembly ;; ; My.Other"}, "no Go program can load: My.Sink, My.Assembly"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, _, err := windows(tc.values).Load()
			if p != nil || err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "HKLM") {
				t.Errorf("got %+v, %v, want %q", p, err, tc.want)
			}
		})
	}
	t.Run("what the reference passes over", func(t *testing.T) {
		p, _, err := windows(map[string]any{"": "default", "encryptiontype": "", "KeyEscrowSinks": " ; ", "HashAlgorithm": "SHA512", "DefaultKeyLifetime": int64(30)}).Load()
		if err != nil || p.Algorithm != nil || p.Sinks != nil || p.KeyLifetime != 30*24*time.Hour {
			t.Errorf("got %+v, %v", p, err)
		}
	})
	t.Run("cannot be read", func(t *testing.T) {
		s := windows(nil)
		s.Registry = func() (map[string]any, error) { return nil, fs.ErrPermission }
		if _, _, err := s.Load(); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "HKLM") {
			t.Errorf("got %v", err)
		}
	})
}

func TestWhereItIsLookedFor(t *testing.T) {
	good := policyFile(t, "DefaultKeyLifetime = 30")
	missing := filepath.Join(t.TempDir(), "missing.toml")
	named := func(s machine.System, file string) machine.System {
		s.LookupEnv = func(name string) (string, bool) { return file, name == "SEALRING_POLICY" }
		return s
	}
	for _, tc := range []struct {
		name   string
		system machine.System
		source string // "" for no policy
		says   string
		fails  bool
	}{
		{"the file of the system", linux(good), good, "is not set", false},
		{"no file", linux(missing), "", "does not exist", false},
		{"a file that sets nothing", linux(policyFile(t, "# nothing yet\n")), "", "sets nothing", false},
		{"a file that is named", named(linux(missing), good), good, "names " + good, false},
		{"a file that is named, on Windows", named(windows(map[string]any{"DefaultKeyLifetime": int64(8)}), good), good, "names " + good, false},
		{"a file that is named and missing", named(linux(good), missing), "", "names " + missing, true},
		{"none on purpose", named(linux(good), ""), "", "set and empty", false},
		{"none on purpose, on Windows", named(windows(map[string]any{"DefaultKeyLifetime": int64(8)}), ""), "", "set and empty", false},
		{"no key in the registry", windows(nil), "", "has no values", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, looked, err := tc.system.Load()
			if (err != nil) != tc.fails || (p != nil) != (tc.source != "") || p != nil && p.Source != tc.source || !strings.Contains(strings.Join(looked, "\n"), tc.says) {
				t.Errorf("Load = %+v, %q, %v", p, looked, err)
			}
		})
	}
	t.Run("what is there and cannot be reached", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("files are for Unix")
		}
		link := filepath.Join(t.TempDir(), "policy.toml")
		if err := os.Symlink(missing, link); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{link, filepath.Join(good, "policy.toml")} {
			if p, _, err := linux(file).Load(); p != nil || err == nil {
				t.Errorf("%s: Load = %+v, %v, want an error", file, p, err)
			}
		}
	})
	t.Run("this machine", func(t *testing.T) {
		t.Setenv("SEALRING_POLICY", good)
		if p, _, err := machine.This().Load(); err != nil || p.Source != good {
			t.Errorf("Load = %+v, %v", p, err)
		}
	})
}

func TestSinks(t *testing.T) {
	root := filepath.VolumeName(t.TempDir()) // nothing but on Windows
	file := policyFile(t, strings.ReplaceAll("[[KeyEscrowSinks]]\nDirectory = '/mnt/a'\nCertificate = '/etc/a.crt'\n[[KeyEscrowSinks]]\nDirectory = '/mnt/b'\nCertificate = '/etc/b.crt'\n", "'/", "'"+root+"/"))
	p, err := machine.ReadFile(file)
	if err != nil || len(p.Sinks) != 2 || p.Sinks[1] != (machine.Sink{Directory: root + "/mnt/b", Certificate: root + "/etc/b.crt"}) {
		t.Fatalf("got %+v, %v", p, err)
	}
	if s := p.Settings[0]; s.Where != file+":1" || s.Value != strings.ReplaceAll("@/mnt/a, sealed for @/etc/a.crt; @/mnt/b, sealed for @/etc/b.crt", "@", root) {
		t.Errorf("it says %+v", s)
	}
}
