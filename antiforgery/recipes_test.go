package antiforgery_test

import (
	"encoding/json"
	"html"
	"html/template"
	"regexp"
	"strings"
	"testing"

	"github.com/sealring/sealring/antiforgery"
)

var bodyHeaders = regexp.MustCompile(`<body hx-headers='([^']*)'>`)

// The recipe for htmx in docs/antiforgery.md: the attribute is JSON once a browser
// has read it, whatever html/template makes of it, and the header does.
func TestRecipeForHTMX(t *testing.T) {
	p := protect(t, antiforgery.Config{Mode: antiforgery.TokensOnly, Header: "X-Token"})
	tokens, cookie := visit(t, p, user("1"))
	var page strings.Builder
	recipe := template.Must(template.New("").Parse(`<body hx-headers='{"{{.Header}}": "{{.Request}}"}'>`))
	if err := recipe.Execute(&page, tokens); err != nil {
		t.Fatal(err)
	}
	attribute := bodyHeaders.FindStringSubmatch(page.String())
	if attribute == nil {
		t.Fatalf("no attribute in %s", &page)
	}
	var headers map[string]string
	if err := json.Unmarshal([]byte(html.UnescapeString(attribute[1])), &headers); err != nil || headers["X-Token"] != tokens.Request {
		t.Fatalf("%v, %v from %s", headers, err, &page)
	}
	r := as(request("DELETE", "https://shop.example/items/1", nil, cookie, "X-Token: "+headers["X-Token"]), user("1"))
	if err := p.Check(r); err != nil {
		t.Error(err)
	}
}
