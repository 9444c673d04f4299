package dpapiseal

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// silent keeps Windows from opening a window.
const silent = 0x40

// ncrypt are the functions of DPAPI-NG, which Windows has since 8 and Server 2012.
type ncrypt struct{ create, protect, unprotect, close *windows.LazyProc }

func loadNCrypt() (*ncrypt, error) {
	dll := windows.NewLazySystemDLL("ncrypt.dll")
	n := &ncrypt{
		create: dll.NewProc("NCryptCreateProtectionDescriptor"), protect: dll.NewProc("NCryptProtectSecret"),
		unprotect: dll.NewProc("NCryptUnprotectSecret"), close: dll.NewProc("NCryptCloseProtectionDescriptor"),
	}
	for _, p := range []*windows.LazyProc{n.create, n.protect, n.unprotect, n.close} {
		if err := p.Find(); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// status turns what such a function returns into an error.
func status(code uintptr) error {
	if code == 0 {
		return nil
	}
	return fmt.Errorf("%w (0x%08x)", windows.Errno(code), uint32(code))
}

func protectNG(plain []byte, rule string, flags uint32) ([]byte, error) {
	n, err := loadNCrypt()
	if err != nil {
		return nil, err
	}
	text, err := windows.UTF16PtrFromString(rule)
	if err != nil {
		return nil, err
	}
	var descriptor windows.Handle
	code, _, _ := n.create.Call(uintptr(unsafe.Pointer(text)), uintptr(flags), uintptr(unsafe.Pointer(&descriptor)))
	if err := status(code); err != nil {
		return nil, err
	}
	defer n.close.Call(uintptr(descriptor))
	in := blobOf(plain)
	var out windows.DataBlob
	code, _, _ = n.protect.Call(uintptr(descriptor), silent, uintptr(unsafe.Pointer(in.Data)), uintptr(in.Size), 0, 0,
		uintptr(unsafe.Pointer(&out.Data)), uintptr(unsafe.Pointer(&out.Size)))
	if err := status(code); err != nil {
		return nil, err
	}
	return take(&out), nil
}

func unprotectNG(blob []byte) ([]byte, error) {
	n, err := loadNCrypt()
	if err != nil {
		return nil, err
	}
	in := blobOf(blob)
	var out windows.DataBlob
	code, _, _ := n.unprotect.Call(0, silent, uintptr(unsafe.Pointer(in.Data)), uintptr(in.Size), 0, 0,
		uintptr(unsafe.Pointer(&out.Data)), uintptr(unsafe.Pointer(&out.Size)))
	if err := status(code); err != nil {
		return nil, err
	}
	return take(&out), nil
}
