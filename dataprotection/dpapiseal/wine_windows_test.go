package dpapiseal_test

import "golang.org/x/sys/windows"

// ngMissing reports whether a call of DPAPI-NG would end the program: Wine has its
// functions by name only.
func ngMissing() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}
