package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
)

// Variable names the environment variable that names the file. If it is set and
// empty, no policy applies.
const Variable = "SEALRING_POLICY"

// DefaultFile is where the file is looked for elsewhere than on Windows.
const DefaultFile = "/etc/sealring/policy.toml"

// registryKey is where the reference has its policy, below HKEY_LOCAL_MACHINE, in
// the view of the process.
const registryKey = `SOFTWARE\Microsoft\DotNetPackages\Microsoft.AspNetCore.DataProtection`

// A System is where a policy is looked for. Tests make their own.
type System struct {
	GOOS        string
	LookupEnv   func(string) (string, bool)
	DefaultFile string
	// Registry returns the values of the reference's key by name, each a string, an
	// int64 or a Kind. It is nil where there is no such key.
	Registry func() (map[string]any, error)
}

// This returns the system that the program runs on.
func This() System {
	return System{GOOS: runtime.GOOS, LookupEnv: os.LookupEnv, DefaultFile: DefaultFile, Registry: readRegistry}
}

// Load returns the policy of the machine, nil if it has none, and where it was
// looked for, in sentences.
func (s System) Load() (p *Policy, looked []string, err error) {
	file, set := s.LookupEnv(Variable)
	switch {
	case set && file == "":
		return nil, []string{Variable + " is set and empty, so no policy of the machine applies"}, nil
	case set:
		p, err = ReadFile(file)
		return p, []string{Variable + " names " + file}, err
	}
	looked = []string{Variable + " is not set"}
	if s.GOOS == "windows" {
		p, err = s.fromRegistry()
		if p == nil && err == nil {
			looked = append(looked, `HKLM\`+registryKey+" does not exist or has no values")
		}
		return p, looked, err
	}
	p, err = ReadFile(s.DefaultFile)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !isLink(s.DefaultFile):
		return nil, append(looked, s.DefaultFile+" does not exist"), nil
	case p == nil && err == nil:
		looked = append(looked, s.DefaultFile+" sets nothing")
	}
	return p, looked, err
}

// isLink tells a file that is not there from a link to one: somebody wants a policy.
func isLink(file string) bool {
	info, err := os.Lstat(file)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

func (s System) fromRegistry() (*Policy, error) {
	source := `HKLM\` + registryKey
	byName, err := s.Registry()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	v := &values{source: source, byName: map[string]any{}, kinds: kindsOfRegistry, where: func(string) string { return source }}
	for name, value := range byName {
		known := canonical(name)
		switch {
		case name == "": // the key's own
		case known == "":
			v.wrong(name, "the name is not known")
		case value != nil && value != "":
			v.byName[known] = value
		}
	}
	return v.policy()
}
