//go:build !windows

package dpapiseal

import "errors"

var errNotWindows = errors.New("this is not Windows")

func protect([]byte, Scope) ([]byte, error)            { return nil, errNotWindows }
func unprotect([]byte) ([]byte, error)                 { return nil, errNotWindows }
func protectNG([]byte, string, uint32) ([]byte, error) { return nil, errNotWindows }
func unprotectNG([]byte) ([]byte, error)               { return nil, errNotWindows }
func accountSID() (string, error)                      { return "", errNotWindows }
