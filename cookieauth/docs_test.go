package cookieauth_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/sealring/sealring/cookieauth"
)

// TestEveryOptionIsExplained compares Config with docs/cookies.md.
func TestEveryOptionIsExplained(t *testing.T) {
	page, err := os.ReadFile("../docs/cookies.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, options := range []reflect.Type{reflect.TypeFor[cookieauth.Config](), reflect.TypeFor[cookieauth.Cookie](), reflect.TypeFor[cookieauth.Events](), reflect.TypeFor[cookieauth.CutoffsConfig](), reflect.TypeFor[cookieauth.Revalidation]()} {
		for _, f := range reflect.VisibleFields(options) {
			group := f.Type.Kind() == reflect.Struct // explained field by field
			if !f.IsExported() || group || strings.Contains(string(page), "`"+f.Name+"`") || strings.Contains(string(page), "."+f.Name+"`") {
				continue
			}
			t.Errorf("docs/cookies.md does not explain %s.%s", options.Name(), f.Name)
		}
	}
}
