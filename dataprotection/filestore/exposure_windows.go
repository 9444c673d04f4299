package filestore

import (
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/sys/windows"

	"github.com/sealring/sealring/internal/sddl"
)

// judgeable reports that access control lists always mean something.
func (s *Store) judgeable() bool { return true }

// exposureOf judges the directory by its owner and its access control list. Files are
// not judged one by one: they inherit the directory's list.
func (s *Store) exposureOf(name string, _ fs.FileInfo) (e exposure) {
	if name != "" {
		return exposure{}
	}
	self, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return exposure{}
	}
	descriptor, err := windows.GetNamedSecurityInfo(s.dir, windows.SE_FILE_OBJECT,
		windows.OWNER_SECURITY_INFORMATION|windows.GROUP_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return exposure{} // a server that does not tell
	}
	own := self.User.Sid.String()
	owner, accounts, ok := sddl.WhoElse(descriptor.String(), own)
	if !ok {
		return exposure{}
	}
	if owner != "" {
		e.findings = append(e.findings, fmt.Sprintf("belongs to %s while this program runs as %s", owner, own))
	}
	if len(accounts) > 0 {
		e.findings = append(e.findings, "is open to "+strings.Join(accounts, ", "))
	}
	e.remedy = closing(s.dir, own)
	return e
}

// closing is a command that leaves the directory to an account, SYSTEM and administrators.
func closing(dir, own string) string {
	grant := ""
	for _, account := range []string{own, "S-1-5-18", "S-1-5-32-544"} {
		grant += fmt.Sprintf(" /grant:r *%s:(OI)(CI)F", account)
	}
	return fmt.Sprintf(`icacls "%s" /setowner *%s && icacls "%[1]s" /inheritance:r%[3]s`, dir, own, grant)
}
