package hostpolicy_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection/hostpolicy"
)

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policy.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestExplain(t *testing.T) {
	root := filepath.VolumeName(t.TempDir()) // nothing but on Windows
	escrow := hostpolicy.Escrow{Directory: root + "/mnt/escrow", Certificate: root + "/etc/escrow.crt"}
	file := write(t, "EncryptionType = \"CNG-GCM\"\nDefaultKeyLifetime = 30\n[[KeyEscrowSinks]]\nDirectory = \""+escrow.Directory+"\"\nCertificate = \""+escrow.Certificate+"\"\n")
	t.Setenv("SEALRING_POLICY", file)
	e, err := hostpolicy.Explain()
	if err != nil {
		t.Fatal(err)
	}
	if e.Source != file || e.Algorithm != "AES-256-GCM" || e.KeyLifetime != 30*24*time.Hour ||
		!slices.Equal(e.Escrow, []hostpolicy.Escrow{escrow}) ||
		!slices.Equal(e.Looked, []string{"SEALRING_POLICY names " + file}) {
		t.Errorf("Explain = %+v", e)
	}
	if len(e.Settings) != 3 || e.Settings[1] != (hostpolicy.Setting{Name: "DefaultKeyLifetime", Value: "30", Where: file + ":2"}) {
		t.Errorf("the settings are %+v", e.Settings)
	}
	if text, err := json.Marshal(e); err != nil || !strings.Contains(string(text), `"algorithm":"AES-256-GCM"`) {
		t.Errorf("as JSON: %s, %v", text, err)
	}
	checked, err := hostpolicy.CheckFile(file)
	if err != nil || checked.Algorithm != e.Algorithm {
		t.Errorf("CheckFile = %+v, %v", checked, err)
	}
}

func TestExplainNothing(t *testing.T) {
	t.Setenv("SEALRING_POLICY", "")
	if e, err := hostpolicy.Explain(); err != nil || e.Source != "" || len(e.Looked) != 1 || !strings.Contains(e.Looked[0], "set and empty") {
		t.Errorf("Explain = %+v, %v", e, err)
	}
}

func TestExplainErrors(t *testing.T) {
	file := write(t, "\nEncryptionType = \"cng\"")
	t.Setenv("SEALRING_POLICY", file)
	want := file + `:2: EncryptionType: "cng" is not known`
	if e, err := hostpolicy.Explain(); err == nil || !strings.HasPrefix(err.Error(), "hostpolicy: ") || !strings.Contains(err.Error(), want) || len(e.Looked) != 1 {
		t.Errorf("Explain = %+v, %v", e, err)
	}
	if _, err := hostpolicy.CheckFile(file); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("CheckFile = %v", err)
	}
}

func Example() {
	e, err := hostpolicy.CheckFile("testdata/policy.toml")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("new keys are for", e.Algorithm)
	for _, s := range e.Settings {
		fmt.Printf("%s = %s (%s)\n", s.Name, s.Value, s.Where)
	}
	// Output:
	// new keys are for Aes-256, HMACSHA512
	// EncryptionType = Managed (testdata/policy.toml:3)
	// DefaultKeyLifetime = 30 (testdata/policy.toml:2)
	// ValidationAlgorithmType = HMACSHA512 (testdata/policy.toml:4)
}
