package registrystore

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/sealring/sealring/internal/sddl"
)

// roots are the names of the registry's parts.
var roots = map[string]registry.Key{
	"HKLM": registry.LOCAL_MACHINE, "HKEY_LOCAL_MACHINE": registry.LOCAL_MACHINE,
	"HKCU": registry.CURRENT_USER, "HKEY_CURRENT_USER": registry.CURRENT_USER,
	"HKU": registry.USERS, "HKEY_USERS": registry.USERS,
}

// A windowsHive is a key of the registry.
type windowsHive struct {
	root registry.Key
	path string
	turn string // the name of the mutex
}

func openHive(path string) (hive, error) {
	name, rest, _ := strings.Cut(path, `\`)
	root, ok := roots[strings.ToUpper(name)]
	switch {
	case !ok:
		return nil, fmt.Errorf(`%q does not begin with HKLM\, HKCU\ or HKU\`, path)
	case rest == "" || strings.HasPrefix(rest, `\`) || strings.HasSuffix(rest, `\`) || strings.ContainsAny(rest, "\x00"):
		return nil, fmt.Errorf("%q names no key", path)
	}
	return &windowsHive{root: root, path: rest, turn: mutexName(path)}, nil
}

func accountSID() (string, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return "", err
	}
	return user.User.Sid.String(), nil
}

// checkAbove reports whether the key above is there, if it has to be.
func (h *windowsHive) checkAbove(above bool) error {
	if !above {
		return nil
	}
	parent := h.path[:strings.LastIndexByte(h.path, '\\')]
	k, err := registry.OpenKey(h.root, parent, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return errNotProvided
	}
	if err == nil {
		k.Close()
	}
	return err
}

func (h *windowsHive) values(above bool) ([]value, error) {
	if err := h.checkAbove(above); err != nil {
		return nil, err
	}
	k, err := registry.OpenKey(h.root, h.path, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer k.Close()
	names, err := k.ReadValueNames(-1)
	if err != nil {
		return nil, err
	}
	var found []value
	for _, name := range names {
		text, _, err := k.GetStringValue(name)
		switch {
		case errors.Is(err, registry.ErrUnexpectedType) || errors.Is(err, registry.ErrNotExist) || err == nil && text == "":
			continue // is no element, or has gone meanwhile
		case err != nil:
			return nil, fmt.Errorf("value %s: %w", name, err)
		}
		found = append(found, value{name, text})
	}
	return found, nil
}

// readers reads who owns the key, and its access control list.
func (h *windowsHive) readers() ([]string, error) {
	k, err := registry.OpenKey(h.root, h.path, registry.QUERY_VALUE|windows.READ_CONTROL)
	if err != nil {
		return nil, err
	}
	defer k.Close()
	d, err := windows.GetSecurityInfo(windows.Handle(k), windows.SE_REGISTRY_KEY,
		windows.OWNER_SECURITY_INFORMATION|windows.GROUP_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return nil, err
	}
	self, err := accountSID()
	if err != nil {
		return nil, err
	}
	owner, accounts, _ := sddl.WhoElse(d.String(), self)
	if owner != "" && !slices.Contains(accounts, owner) {
		accounts = append(accounts, owner)
	}
	return accounts, nil
}
