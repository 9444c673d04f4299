package hosting

import (
	"slices"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dpapiseal"
)

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

// Means stand for the real system's.
type Means struct {
	MakeDir  func(dir string) error
	Seal     func(dpapiseal.Scope) (dataprotection.Sealer, error)
	Registry func() (dataprotection.Store, error)
}

func (e Environment) Default(m Means) (dataprotection.Store, dataprotection.Sealer, string, error) {
	return e.internal().defaults(means{m.MakeDir, m.Seal, m.Registry})
}
