package machine

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows/registry"
)

// readRegistry reads all values of the reference's key.
func readRegistry() (map[string]any, error) {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, registryKey, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer key.Close()
	names, err := key.ReadValueNames(-1)
	if err != nil {
		return nil, err
	}
	values := map[string]any{}
	for _, name := range names {
		if values[name], err = readValue(key, name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return values, nil
}

// readValue returns a string, an int64, or a Kind if it is neither.
func readValue(key registry.Key, name string) (any, error) {
	_, kind, err := key.GetValue(name, nil)
	if err != nil {
		return nil, err
	}
	switch kind {
	case registry.SZ, registry.EXPAND_SZ:
		text, _, err := key.GetStringValue(name)
		return text, err
	case registry.DWORD, registry.QWORD:
		n, _, err := key.GetIntegerValue(name)
		return int64(n), err
	}
	if name, ok := otherTypes[kind]; ok {
		return name, nil
	}
	return Kind(fmt.Sprintf("of type %d", kind)), nil
}

// otherTypes are those that no policy has.
var otherTypes = map[uint32]Kind{
	registry.NONE: "REG_NONE", registry.BINARY: "REG_BINARY", registry.DWORD_BIG_ENDIAN: "REG_DWORD_BIG_ENDIAN",
	registry.LINK: "REG_LINK", registry.MULTI_SZ: "REG_MULTI_SZ",
}
