package antiforgery_test

import (
	"context"
	"html/template"
	"strings"
	"testing"

	"github.com/sealring/sealring/antiforgery"
)

func TestField(t *testing.T) {
	tokens := antiforgery.Tokens{Request: `a"b`, FormField: "<f>"}
	const want = `<input name="&lt;f&gt;" type="hidden" value="a&#34;b" />`
	type page struct {
		antiforgery.Tokens
		Title string
	}
	for name, text := range map[string]string{
		"method":           `{{.AntiforgeryField}}`,
		"function":         `{{antiforgeryField .}}`,
		"function, inside": `{{with .Title}}{{antiforgeryField $}}{{end}}`,
		"function, tokens": `{{antiforgeryField .Tokens}}`,
	} {
		for _, data := range []any{page{tokens, "x"}, &page{tokens, "x"}} {
			var out strings.Builder
			if err := template.Must(template.New("").Funcs(antiforgery.Funcs()).Parse(text)).Execute(&out, data); err != nil || out.String() != want {
				t.Errorf("%s: got %s, %v", name, &out, err)
			}
		}
	}
	var out strings.Builder
	if err := tokens.Render(context.Background(), &out); err != nil || out.String() != want {
		t.Errorf("templ: got %s, %v", &out, err)
	}
}
