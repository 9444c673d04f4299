//go:build !windows

package x509seal

import (
	"errors"
	"fmt"
	"runtime"
)

func fromWindowsStore(hash []byte) (*Certificate, error) {
	return nil, fmt.Errorf("x509seal: certificate %X of the Windows certificate store: %s has no such store; use a PFX or PEM file: %w", hash, runtime.GOOS, errors.ErrUnsupported)
}
