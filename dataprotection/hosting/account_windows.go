package hosting

import "golang.org/x/sys/windows"

// accountDirectories returns the known folders of the account. Those that it does
// not have are empty: a service may run without a loaded profile.
func accountDirectories() (localAppData, profile string) {
	localAppData, _ = windows.KnownFolderPath(windows.FOLDERID_LocalAppData, windows.KF_FLAG_DEFAULT)
	profile, _ = windows.KnownFolderPath(windows.FOLDERID_Profile, windows.KF_FLAG_DEFAULT)
	return localAppData, profile
}
