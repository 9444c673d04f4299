package confcheck_test

import (
	"testing"

	"github.com/sealring/sealring/internal/confcheck"
)

func TestProblems(t *testing.T) {
	var p confcheck.Problems
	p.Add(false, "A", "fine")
	if err := p.Err("pkg"); err != nil {
		t.Errorf("got %v of nothing", err)
	}
	p.Add(true, "B", "is wrong")
	p.Add(true, "C", "is wrong, too")
	if err := p.Err("pkg"); err == nil || err.Error() != "pkg: invalid configuration: B: is wrong; C: is wrong, too" {
		t.Errorf("got %v", err)
	}
}
