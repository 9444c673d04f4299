package bubbletest_test

import (
	"crypto/fips140"
	"crypto/rand"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"

	"github.com/sealring/sealring/internal/bubbletest"
)

// TestRun draws random numbers in a bubble, more at a time than the standard library
// has generators at hand.
func TestRun(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		runtime.GC()
		runtime.GC() // which empties the pool of generators
		var drawing sync.WaitGroup
		for range 8 {
			drawing.Go(func() {
				for range 100 {
					rand.Read(make([]byte, 16))
				}
			})
		}
		drawing.Wait()
	})
}

// TestFIPS runs it again in FIPS 140-3 mode, which a process cannot enter later.
func TestFIPS(t *testing.T) {
	if fips140.Enabled() {
		t.Skip("this is the run in FIPS 140-3 mode")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestRun$")
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=on")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
