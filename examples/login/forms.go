package main

import (
	"net/http"
	"strings"
	"unicode/utf8"
)

// A form is what was typed and what is wrong with it.
type form struct {
	typed    func(string) string
	Problems []problem // in the order of the fields
}

// A problem is shown above the form, with a link to the field, and at the field.
type problem struct{ Field, Text string }

// formOf returns the form that a request has posted.
func formOf(r *http.Request) form { return form{typed: r.PostFormValue} }

// Value is what was typed into a field.
func (f form) Value(field string) string {
	if f.typed == nil {
		return ""
	}
	return f.typed(field)
}

// Problem is what is wrong with a field, or "".
func (f form) Problem(field string) string {
	for _, p := range f.Problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

// check notes a problem unless a field is good.
func (f *form) check(good bool, field, text string) {
	if !good && f.Problem(field) == "" {
		f.Problems = append(f.Problems, problem{field, text})
	}
}

func (f *form) ok() bool { return len(f.Problems) == 0 }

// A field is an input with its label, and what is wrong with it.
type field struct{ ID, Label, Type, Autocomplete, Hint, Value, Problem string }

// textField is the template function text. What was typed as a password is not shown again.
func textField(f form, id, label, kind, autocomplete, hint string) field {
	made := field{id, label, kind, autocomplete, hint, f.Value(id), f.Problem(id)}
	if kind == "password" {
		made.Value = ""
	}
	return made
}

// Described is the ids of what explains the field.
func (f field) Described() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.Problem != "" {
		ids = append(ids, f.ID+"-problem")
	}
	return strings.Join(ids, " ")
}

const (
	maxName     = 60
	maxEmail    = 254 // RFC 5321, section 4.5.3.1
	minPassword = 10
	maxPassword = 200
)

func (f *form) checkName(id string) {
	name := strings.TrimSpace(f.Value(id))
	f.check(name != "", id, "Enter a name")
	f.check(utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxName && !strings.ContainsAny(name, "\x00\r\n"), id, "Enter a name of at most 60 characters")
}

func (f *form) checkEmail(id string) {
	email := canonical(f.Value(id))
	local, domain, found := strings.Cut(email, "@")
	f.check(found && local != "" && strings.Contains(domain, ".") && len(email) <= maxEmail && !strings.ContainsAny(email, " \x00\r\n") && utf8.ValidString(email),
		id, "Enter an e-mail address, such as name@example.com")
}

// checkNewPassword asks for length and for nothing else, except that it is no name
// that stands beside it.
func (f *form) checkNewPassword(id string, known ...string) {
	password := f.Value(id)
	f.check(utf8.RuneCountInString(password) >= minPassword, id, "Enter a password of at least 10 characters")
	f.check(len(password) <= maxPassword, id, "Enter a shorter password")
	for _, k := range known {
		f.check(!strings.EqualFold(password, strings.TrimSpace(k)), id, "Enter a password that is not your name or address")
	}
}
