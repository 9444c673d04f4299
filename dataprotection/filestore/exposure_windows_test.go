package filestore_test

import (
	"strings"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/internal/sddl"
)

// The warning of a directory says what its descriptor says.
func TestDirectoryOpenToOthers(t *testing.T) {
	dir := t.TempDir()
	descriptor, err := windows.GetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	_, accounts, ok := sddl.WhoElse(descriptor.String(), user.User.Sid.String())
	if !ok {
		t.Fatalf("not understood: %s", descriptor)
	}
	warnings := strings.Join(load(t, filestore.OnHost(filestore.New(dir))).Warnings, "\n")
	if len(accounts) == 0 && warnings != "" {
		t.Errorf("%s: got %q, want no warning", descriptor, warnings)
	}
	for _, account := range accounts {
		if !strings.Contains(warnings, account) {
			t.Errorf("%s: got %q, want a warning of %s", descriptor, warnings, account)
		}
	}
	t.Logf("%s: open to %q", descriptor, accounts)
}
