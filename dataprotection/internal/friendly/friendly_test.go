package friendly_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/friendly"
)

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// TestName covers FS-5 and MEM-8.
func TestName(t *testing.T) {
	for _, name := range []string{"key-1", "A_b-C", "revocation-00112233-4455-6677-8899-aabbccddeeff", strings.Repeat("a", 200)} {
		if got := friendly.Name(name); got != name {
			t.Errorf("Name(%q) = %q, want it kept", name, got)
		}
	}
	for _, name := range []string{"", " ", ".", "..", "not*friendly", "a/b", `a\b`, "ä", "a\n", "a\x00", strings.Repeat("a", 201)} {
		if got := friendly.Name(name); !guid.MatchString(got) {
			t.Errorf("Name(%q) = %q, want a GUID", name, got)
		}
	}
	if a, b := friendly.Random(), friendly.Random(); a == b {
		t.Errorf("two random names are %q", a)
	}
}
