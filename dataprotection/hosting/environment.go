package hosting

import (
	"os"
	"runtime"
)

// environment is what the answers of this package depend on. It is a value so
// that the rules of every system are tested on every system.
type environment struct {
	goos         string
	lookup       func(name string) (value string, set bool)
	isDir        func(dir string) bool
	localAppData string // the known folder of that name; Windows only
	profile      string // the home directory, by the system rather than by a variable
}

// system returns the environment that the program runs in.
func system() environment {
	localAppData, profile := accountDirectories()
	return environment{
		goos:         runtime.GOOS,
		lookup:       os.LookupEnv,
		isDir:        func(dir string) bool { info, err := os.Stat(dir); return err == nil && info.IsDir() },
		localAppData: localAppData,
		profile:      profile,
	}
}

// get returns the value of a variable, empty if it is not set.
func (e environment) get(name string) string {
	value, _ := e.lookup(name)
	return value
}
