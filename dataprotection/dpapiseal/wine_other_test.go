//go:build !windows

package dpapiseal_test

func ngMissing() bool { return false }
