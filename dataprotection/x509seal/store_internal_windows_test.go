package x509seal

import (
	"errors"
	"testing"

	"golang.org/x/sys/windows"
)

// An account that never had a certificate has no store of them.
func TestNoStore(t *testing.T) {
	for _, place := range places {
		context, err := find(place.flag, "Sealring has no such store", make([]byte, 20))
		if context != nil || err != errNotThere {
			t.Errorf("%s: got %v, %v; want %v", place.name, context, err, errNotThere)
		}
	}
	if _, err := find(windows.CERT_SYSTEM_STORE_CURRENT_USER, "My\x00", make([]byte, 20)); err == nil || errors.Is(err, errNotThere) {
		t.Errorf("a store that cannot be asked for: got %v", err)
	}
}
