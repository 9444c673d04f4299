//go:build !windows

package machine

func readRegistry() (map[string]any, error) { return nil, nil }
