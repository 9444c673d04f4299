package authenc_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// INT-2: secrets are compared in constant time. No test of times could hold this
// on a machine with other things to do, so the source is looked at: there is
// hmac.Equal, and no other comparison of bytes.
func TestINT2ConstantTimeComparison(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	careless := regexp.MustCompile(`bytes\.(Equal|Compare|HasSuffix|HasPrefix)|slices\.(Equal|Compare)|reflect\.`)
	careful := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := careless.Find(source); found != nil {
			t.Errorf("%s uses %s", name, found)
		}
		careful += strings.Count(string(source), "hmac.Equal(") + strings.Count(string(source), "subtle.ConstantTimeCompare(")
	}
	if careful == 0 {
		t.Error("nothing is compared in constant time")
	}
}
