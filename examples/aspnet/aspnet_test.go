package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sealring/sealring/examples/internal/exampletest"
	"github.com/sealring/sealring/internal/realtest"
)

func TestMain(m *testing.M) { exampletest.Main(m, main) }

// start starts both halves, with the SDK that SEALRING_DOTNET names. What the SDK
// builds stays out of the source.
func start(t *testing.T) *exampletest.App {
	t.Helper()
	dotnet := os.Getenv("SEALRING_DOTNET")
	if dotnet == "" {
		realtest.Missing(t, "SEALRING_DOTNET does not name the command dotnet of a .NET SDK, release 10 or later")
	}
	dir := t.TempDir()
	project := filepath.Join(dir, "orders")
	if err := os.CopyFS(project, os.DirFS("orders")); err != nil {
		t.Fatal(err)
	}
	return exampletest.Start(t, "-dotnet", dotnet, "-project", project, "-keys", filepath.Join(dir, "keys"))
}

func TestOneLogin(t *testing.T) {
	app := start(t)
	v := exampletest.NewVisitor(t)
	at := func(path string) string { return app.URL + path }
	sees := func(what string, a exampletest.Answer, status int, path, text string) {
		t.Helper()
		if a.Status != status || a.Path != path || !strings.Contains(a.Body, text) {
			t.Fatalf("%s: %d at %s, want %d at %s with %q:\n%s", what, a.Status, a.Path, status, path, text, a.Body)
		}
	}

	sees("a visitor", v.Get(at("/orders")), 200, "/login?ReturnUrl=%2Forders", "Log in")
	login := at("/login?ReturnUrl=%2Forders")
	sees("after the login in Go", v.Submit(login, login, url.Values{"name": {"alice"}}), 200, "/orders", "ASP.NET Core. You are alice.")

	sees("a form of Go, posted there", v.Submit(at("/"), at("/notes"), url.Values{"text": {"hi"}}), 200, "/notes", "alice has left the note")
	sees("a form of Go, posted to .NET", v.Submit(at("/"), at("/orders"), url.Values{"what": {"tea"}}), 200, "/orders", "alice has ordered tea")
	sees("a form of .NET, posted there", v.Submit(at("/orders"), at("/orders"), url.Values{"what": {"jam"}}), 200, "/orders", "alice has ordered jam")
	sees("a form of .NET, posted to Go", v.Submit(at("/orders"), at("/notes"), url.Values{"text": {"ho"}}), 200, "/notes", "alice has left the note")

	sees("a form without a token, posted to Go", v.Post(at("/notes"), url.Values{"text": {"x"}}), 403, "/notes", "")
	sees("a form without a token, posted to .NET", v.Post(at("/orders"), url.Values{"what": {"x"}}), 400, "/orders", "")
	other := exampletest.NewVisitor(t)
	sees("another login", other.Submit(at("/login"), at("/login"), url.Values{"name": {"bob"}}), 200, "/", "You are bob")
	sees("another user's orders", other.Get(at("/orders")), 200, "/orders", "You are bob")

	sees("the logout in .NET", v.Submit(at("/orders"), at("/orders/logout"), nil), 200, "/", "You are nobody")
	sees("after the logout", v.Get(at("/orders")), 200, "/login?ReturnUrl=%2Forders", "Log in")
	sees("the logout in Go", other.Submit(at("/"), at("/logout"), nil), 200, "/", "You are nobody")
	sees("after that logout", other.Get(at("/orders")), 200, "/login?ReturnUrl=%2Forders", "Log in")
}
