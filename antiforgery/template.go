package antiforgery

import (
	"context"
	"html/template"
	"io"
)

// AntiforgeryField returns the hidden field for a form.
func (t Tokens) AntiforgeryField() template.HTML {
	return template.HTML(`<input name="` + template.HTMLEscapeString(t.FormField) +
		`" type="hidden" value="` + template.HTMLEscapeString(t.Request) + `" />`)
}

// Render writes the hidden field, which makes Tokens a component of templ:
//
//	<form method="post">@tokens …</form>
func (t Tokens) Render(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, string(t.AntiforgeryField()))
	return err
}

// Funcs returns the function antiforgeryField for templates. It takes Tokens, or
// anything that they are embedded in, and returns the hidden field:
//
//	<form method="post">{{antiforgeryField .}} …</form>
func Funcs() template.FuncMap {
	return template.FuncMap{
		"antiforgeryField": func(page interface{ AntiforgeryField() template.HTML }) template.HTML {
			return page.AntiforgeryField()
		},
	}
}
