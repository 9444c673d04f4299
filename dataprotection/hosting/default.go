package hosting

import (
	"errors"
	"fmt"
	"os"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dpapiseal"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/registrystore"
)

// Default returns the store and the sealer that an ASP.NET Core application, run
// by this account on this machine, has if it configures neither, so that a program
// under IIS, or beside a .NET one, works without settings. Why says in a sentence
// what the choice rests on, for a log. The sealer is nil where keys are stored in clear.
//
// The first that applies is taken:
//
//	Azure App Service                       the directory of DefaultDirectory, in clear
//	the account has a directory of its own  that of DefaultDirectory, which is created;
//	                                        on Windows sealed by DPAPI for the account,
//	                                        or for the machine if that does not work
//	Windows, and a key was provided         the registry (registrystore.AutoGenKeys),
//	                                        sealed by DPAPI for the machine
//
// Where nothing applies the reference keeps its keys in memory, and loses every
// login with each restart; Default returns an error that says what was tried.
func Default() (store dataprotection.Store, sealer dataprotection.Sealer, why string, err error) {
	return system().defaults(realMeans())
}

// means are what a choice needs of the system. They are replaced in tests.
type means struct {
	makeDir  func(dir string) error
	seal     func(dpapiseal.Scope) (dataprotection.Sealer, error)
	registry func() (dataprotection.Store, error)
}

func realMeans() means {
	return means{
		makeDir: func(dir string) error { return os.MkdirAll(dir, 0o700) },
		seal: func(scope dpapiseal.Scope) (dataprotection.Sealer, error) {
			s, err := dpapiseal.New(scope)
			if err != nil {
				return nil, err
			}
			return s, nil
		},
		registry: func() (dataprotection.Store, error) {
			s, err := registrystore.AutoGenKeys()
			if err == nil {
				err = s.Available()
			}
			if err != nil {
				return nil, err
			}
			return s, nil
		},
	}
}

func (e environment) defaults(m means) (store dataprotection.Store, sealer dataprotection.Sealer, why string, err error) {
	dir, because, err := e.defaultDirectory()
	if err == nil {
		err = m.makeDir(dir)
	}
	if err == nil {
		sealer, how, err := e.directorySealer(m)
		if err != nil {
			return nil, nil, "", fmt.Errorf("hosting: no default for keys: the directory %s is there, but %w", dir, err)
		}
		return filestore.New(dir), sealer, fmt.Sprintf("keys are in %s (%s), %s", dir, because, how), nil
	}
	if e.goos != "windows" {
		return nil, nil, "", fmt.Errorf("hosting: no default for keys: %w", err)
	}
	return e.registryDefaults(m, err)
}

// directorySealer returns what seals keys in a directory.
func (e environment) directorySealer(m means) (sealer dataprotection.Sealer, how string, err error) {
	if e.goos != "windows" || e.get("WEBSITE_INSTANCE_ID") != "" {
		return nil, "in clear", nil
	}
	sealer, err = m.seal(dpapiseal.User)
	if err == nil {
		return sealer, "sealed by DPAPI for the account", nil
	}
	sealer, machineErr := m.seal(dpapiseal.Machine)
	if machineErr == nil {
		return sealer, "sealed by DPAPI for the machine, since for the account it does not work", nil
	}
	return nil, "", errors.Join(err, machineErr)
}

// registryDefaults is the choice for an account without a directory, for the
// reason given.
func (e environment) registryDefaults(m means, noDirectory error) (dataprotection.Store, dataprotection.Sealer, string, error) {
	store, err := m.registry()
	if err == nil {
		var sealer dataprotection.Sealer
		if sealer, err = m.seal(dpapiseal.Machine); err == nil {
			return store, sealer, "keys are in the registry (the account has no directory of its own, and a key was provided for it), sealed by DPAPI for the machine", nil
		}
	}
	return nil, nil, "", fmt.Errorf("hosting: no default for keys: %w; and %w", noDirectory, err)
}
