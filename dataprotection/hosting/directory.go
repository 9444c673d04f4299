package hosting

import (
	"errors"
	"strings"
)

// DefaultDirectory returns the directory in which an ASP.NET Core application,
// run by this account on this machine, keeps its keys if it configures no store.
// Why says in a few words what the choice rests on, for a log. The directory may
// not exist yet.
//
// The first that applies is taken:
//
//	Azure App Service            $HOME/ASP.NET/DataProtection-Keys
//	Windows                      %LocalAppData%\ASP.NET\DataProtection-Keys
//	LOCALAPPDATA, on any system  $LOCALAPPDATA/ASP.NET/DataProtection-Keys
//	the account's home           ~/.aspnet/DataProtection-Keys
//	                             (Windows: AppData\Local\ASP.NET\DataProtection-Keys)
//	XDG_DATA_HOME, on Linux      $XDG_DATA_HOME/ASP.NET/DataProtection-Keys
//
// A variable that is empty or holds a relative path, and a home that does not
// exist, are passed over. The reference takes them and puts the keys below the
// working directory; a Go program that is to find such keys must name the
// directory. Where nothing applies the reference keeps its keys in memory or in
// the Windows registry; DefaultDirectory returns an error.
func DefaultDirectory() (dir, why string, err error) {
	return system().defaultDirectory()
}

// A place is where keys might be kept: a directory that the system names, and a
// path below it.
type place struct {
	base  string // empty if it does not apply
	below string // with slashes
	why   string
}

const (
	keysBelowData = "ASP.NET/DataProtection-Keys"
	keysBelowHome = ".aspnet/DataProtection-Keys"
)

func (e environment) defaultDirectory() (dir, why string, err error) {
	for _, p := range e.places() {
		if e.isAbsolute(p.base) {
			return e.join(p.base, p.below), p.why, nil
		}
	}
	return "", "", errors.New("hosting: no default directory for keys: the account has no home directory, and neither LOCALAPPDATA nor another variable names one; name the directory yourself")
}

func (e environment) places() []place {
	var places []place
	if e.get("WEBSITE_INSTANCE_ID") != "" {
		places = append(places, place{e.get("HOME"), keysBelowData, "HOME on Azure App Service"})
	}
	if e.goos == "windows" {
		return append(
			places,
			place{e.localAppData, keysBelowData, "the local application data of the account"},
			place{e.get("LOCALAPPDATA"), keysBelowData, "LOCALAPPDATA"},
			place{e.profile, "AppData/Local/" + keysBelowData, "the profile of the account"},
		)
	}
	places = append(
		places,
		place{e.get("LOCALAPPDATA"), keysBelowData, "LOCALAPPDATA"},
		place{e.home(), keysBelowHome, "the home directory of the account"},
	)
	if e.goos == "linux" {
		places = append(places, place{e.get("XDG_DATA_HOME"), keysBelowData, "XDG_DATA_HOME"})
	}
	return places
}

// home returns the home directory if there is one: what HOME says, else what the
// user database says.
func (e environment) home() string {
	home := e.get("HOME")
	if home == "" {
		home = e.profile
	}
	if !e.isDir(home) {
		return ""
	}
	return home
}

// isAbsolute is filepath.IsAbs for the environment's system.
func (e environment) isAbsolute(dir string) bool {
	if e.goos != "windows" {
		return strings.HasPrefix(dir, "/")
	}
	drive := len(dir) > 2 && dir[1] == ':' && strings.ContainsRune(`\/`, rune(dir[2]))
	return drive || strings.HasPrefix(dir, `\\`)
}

// join puts below under base with the separator of the environment's system.
func (e environment) join(base, below string) string {
	if e.goos == "windows" {
		return strings.TrimRight(base, `\/`) + `\` + strings.ReplaceAll(below, "/", `\`)
	}
	return strings.TrimRight(base, "/") + "/" + below
}
