package dpapiseal

import (
	"bytes"
	"unsafe"

	"golang.org/x/sys/windows"
)

// entropy is what ASP.NET Core mixes in, so that other secrets of the account
// are not taken for keys.
func entropy() *windows.DataBlob { return blobOf([]byte("DPAPI-Protected Secret")) }

func protect(plain []byte, scope Scope) ([]byte, error) {
	flags := uint32(windows.CRYPTPROTECT_UI_FORBIDDEN)
	if scope == Machine {
		flags |= windows.CRYPTPROTECT_LOCAL_MACHINE
	}
	var out windows.DataBlob
	if err := windows.CryptProtectData(blobOf(plain), nil, entropy(), 0, nil, flags, &out); err != nil {
		return nil, err
	}
	return take(&out), nil
}

func unprotect(blob []byte) ([]byte, error) {
	var out windows.DataBlob
	if err := windows.CryptUnprotectData(blobOf(blob), nil, entropy(), 0, nil, windows.CRYPTPROTECT_UI_FORBIDDEN, &out); err != nil {
		return nil, err
	}
	return take(&out), nil
}

func blobOf(data []byte) *windows.DataBlob {
	if len(data) == 0 {
		return &windows.DataBlob{}
	}
	return &windows.DataBlob{Size: uint32(len(data)), Data: &data[0]}
}

// take copies what Windows has allocated, wipes it and gives it back.
func take(blob *windows.DataBlob) []byte {
	theirs := unsafe.Slice(blob.Data, blob.Size)
	ours := bytes.Clone(theirs)
	clear(theirs)
	_, _ = windows.LocalFree(windows.Handle(unsafe.Pointer(blob.Data))) // it was theirs to give
	return ours
}

// accountSID returns the SID of the account that the program runs as.
func accountSID() (string, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return "", err
	}
	return user.User.Sid.String(), nil
}
