package keyxml

import "errors"

// Reseal returns a key element sealed anew, or in clear if seal is nil, in the form
// of a file. Unseal may be nil for a key in clear.
func Reseal(data []byte, unseal func(decryptorType string, element []byte) ([]byte, error), seal Seal) ([]byte, error) {
	k, err := ParseKey(data)
	if err != nil {
		return nil, err
	}
	a, master, err := k.Open(unseal)
	if err != nil {
		return nil, err
	}
	defer clear(master)
	return MarshalKey(*k, a, master, seal)
}

// ParseKey is Parse for an element that has to be a key.
func ParseKey(data []byte) (*Key, error) {
	parsed, err := Parse(data)
	if err != nil {
		return nil, err
	}
	k, ok := parsed.(*Key)
	if !ok {
		return nil, errors.New("it is no key")
	}
	return k, nil
}
