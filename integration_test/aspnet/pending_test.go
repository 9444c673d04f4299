package aspnet_test

import "testing"

// runFlows is to run each flow of a case of that kind as a subtest of its name.
func runFlows(t *testing.T, dir string, raw []byte) {
	t.Skip("kind flows is not supported yet")
}
