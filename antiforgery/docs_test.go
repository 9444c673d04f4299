package antiforgery_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/sealring/sealring/antiforgery"
)

// TestTheGuideIsWhole compares docs/antiforgery.md with what there is.
func TestTheGuideIsWhole(t *testing.T) {
	text, err := os.ReadFile("../docs/antiforgery.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, options := range []reflect.Type{reflect.TypeFor[antiforgery.Config](), reflect.TypeFor[antiforgery.Cookie]()} {
		for _, f := range reflect.VisibleFields(options) {
			group := f.Type.Kind() == reflect.Struct // explained field by field
			if f.IsExported() && !group && !strings.Contains(page, f.Name+"`") && !strings.Contains(page, "`"+f.Name+":") {
				t.Errorf("docs/antiforgery.md does not explain %s.%s", options.Name(), f.Name)
			}
		}
	}
	for reason := range protect(t, antiforgery.Config{}).Refusals() {
		if !strings.Contains(page, "`"+reason.String()+"`") {
			t.Errorf("docs/antiforgery.md does not explain the reason %s", reason)
		}
	}
}
