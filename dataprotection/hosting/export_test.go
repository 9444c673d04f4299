package hosting

import "slices"

// Environment is a made-up environment.
type Environment struct {
	OS                    string
	Variables             map[string]string
	Directories           []string // that exist
	LocalAppData, Profile string
}

func (e Environment) internal() environment {
	return environment{
		goos:         e.OS,
		lookup:       func(name string) (string, bool) { value, set := e.Variables[name]; return value, set },
		isDir:        func(dir string) bool { return slices.Contains(e.Directories, dir) },
		localAppData: e.LocalAppData,
		profile:      e.Profile,
	}
}

func (e Environment) DefaultDirectory() (dir, why string, err error) {
	return e.internal().defaultDirectory()
}

func (e Environment) ReadOnlyDirectory() (dir string, ok bool) {
	return e.internal().readOnlyDirectory()
}

var ApplicationFromContentRootOn = applicationFromContentRoot
