package exampletest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// VisitSite finds out who may see what on a site of package demo.
func VisitSite(t *testing.T, app *App) {
	for _, tt := range []struct {
		who, page  string
		wantStatus int
		wantPath   string
		wantText   string
	}{
		{"", "/", 200, "/", "Everybody can see this page"},
		{"", "/", 200, "/", `<a href="/login">Log in</a>`},
		{"carol", "/", 200, "/", "<button>Log out</button>"},
		{"", "/account", 200, "/login?ReturnUrl=%2Faccount", "Who are you?"},
		{"", "/admin", 200, "/login?ReturnUrl=%2Fadmin", "Who are you?"},
		{"", "/admin/users/x", 200, "/login?ReturnUrl=%2Fadmin%2Fusers%2Fx", "Who are you?"},
		{"", "/nowhere", 404, "/nowhere", ""},
		{"carol", "/account", 200, "/account", "You are carol"},
		{"carol", "/admin", 403, "/denied?ReturnUrl=%2Fadmin", "You may not see that page"},
		{"bob", "/admin/users/x", 403, "/denied?ReturnUrl=%2Fadmin%2Fusers%2Fx", "You may not see that page"},
		{"alice", "/admin", 200, "/admin", "This page is for admins"},
		{"alice", "/admin/users/x", 200, "/admin/users/x", "This page is for admins"},
	} {
		t.Run(tt.who+tt.page, func(t *testing.T) {
			v := NewVisitor(t)
			if tt.who != "" {
				v.logIn(app, tt.who)
			}
			if a := v.Get(app.URL + tt.page); a.Status != tt.wantStatus || a.Path != tt.wantPath || !strings.Contains(a.Body, tt.wantText) {
				t.Errorf("%d at %s, want %d at %s, with %q:\n%s", a.Status, a.Path, tt.wantStatus, tt.wantPath, tt.wantText, a.Body)
			}
		})
	}
	t.Run("login and back", func(t *testing.T) { visitLogin(t, app) })
	t.Run("forged", func(t *testing.T) { forge(t, app) })
}

func (v *Visitor) logIn(app *App, who string) {
	v.t.Helper()
	if a := v.Submit(app.URL+"/login", app.URL+"/login", url.Values{"name": {who}}); a.Path != "/account" {
		v.t.Fatalf("login as %s: %d at %s\n%s", who, a.Status, a.Path, a.Body)
	}
}

func visitLogin(t *testing.T, app *App) {
	v := NewVisitor(t)
	if a := v.Submit(app.URL+"/login", app.URL+"/login", url.Values{"name": {"mallory"}}); a.Status != 401 {
		t.Errorf("somebody without an account: %d, want 401", a.Status)
	}
	login := app.URL + "/login?ReturnUrl=%2Fadmin"
	if a := v.Submit(login, login, url.Values{"name": {"alice"}}); a.Path != "/admin" || a.Status != 200 {
		t.Errorf("after the login: %d at %s, want the page that asked for it", a.Status, a.Path)
	}
	if a := v.Submit(app.URL+"/", app.URL+"/logout", nil); !strings.Contains(a.Body, "You are nobody") {
		t.Errorf("after the logout: %d at %s\n%s", a.Status, a.Path, a.Body)
	}
	if a := v.Get(app.URL + "/account"); a.Path != "/login?ReturnUrl=%2Faccount" {
		t.Errorf("the account after the logout: %d at %s", a.Status, a.Path)
	}
}

func forge(t *testing.T, app *App) {
	for name, header := range map[string]http.Header{
		"from another site": {"Sec-Fetch-Site": {"cross-site"}},
		"without a token":   {},
	} {
		r := FormRequest(app.URL+"/login", url.Values{"name": {"alice"}})
		for key, values := range header {
			r.Header[key] = values
		}
		if a := NewVisitor(t).Do(r); a.Status != http.StatusForbidden {
			t.Errorf("%s: %d, want 403\n%s", name, a.Status, a.Body)
		}
	}
	r := FormRequest(app.URL+"/login", url.Values{"name": {"alice"}})
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if a := NewVisitor(t).Do(r); a.Path != "/account" {
		t.Errorf("of this site, as browsers say today: %d at %s, want the account", a.Status, a.Path)
	}
}
