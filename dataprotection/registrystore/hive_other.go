//go:build !windows

package registrystore

import "errors"

var errNotWindows = errors.New("there is a registry on Windows only")

func openHive(string) (hive, error) { return nil, errNotWindows }

func accountSID() (string, error) { return "", errNotWindows }
