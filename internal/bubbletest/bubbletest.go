// Package bubbletest runs tests in bubbles of testing/synctest that need random
// numbers, in FIPS 140-3 mode as well.
package bubbletest

import (
	"crypto/fips140"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
)

// Run is synctest.Test. In FIPS 140-3 mode the standard library draws entropy from
// how long things take, and panics where the clock stands still; so there, random
// numbers are those of a generator of the test's own.
func Run(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	if fips140.Enabled() {
		cryptotest.SetGlobalRandom(t, 1)
	}
	synctest.Test(t, test)
}
