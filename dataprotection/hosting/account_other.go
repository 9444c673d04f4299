//go:build !windows

package hosting

import "os/user"

// accountDirectories returns the home directory that the user database names,
// empty if the account is not in it, as is usual in containers.
func accountDirectories() (localAppData, profile string) {
	account, err := user.Current()
	if err != nil {
		return "", ""
	}
	return "", account.HomeDir
}
