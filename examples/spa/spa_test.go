package main

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sealring/sealring/examples/internal/exampletest"
)

func TestMain(m *testing.M) { exampletest.Main(m, main) }

// A script does what static/app.js does. Here it looks at the headers of answers,
// because the cookie with the token is not for plain HTTP.
type script struct {
	*exampletest.Visitor
	t     *testing.T
	home  string
	token string
}

func start(t *testing.T) *script {
	app := exampletest.Start(t, "-keys", filepath.Join(t.TempDir(), "keys"))
	return &script{Visitor: exampletest.NewVisitor(t), t: t, home: app.URL}
}

// call returns the answer, and remembers the token that came with it.
func (s *script) call(method, path, body string) exampletest.Answer {
	s.t.Helper()
	r, err := http.NewRequest(method, s.home+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Mode", "cors")
	r.Header.Set("X-XSRF-TOKEN", s.token)
	a := s.Do(r)
	for _, c := range (&http.Response{Header: a.Header}).Cookies() {
		if c.Name == "XSRF-TOKEN" {
			s.token = c.Value
		}
	}
	return a
}

func (s *script) want(method, path, body string, status int, text string) {
	s.t.Helper()
	if a := s.call(method, path, body); a.Status != status || !strings.Contains(a.Body, text) || a.Path != path {
		s.t.Fatalf("%s %s: %d at %s, want %d with %q\n%s", method, path, a.Status, a.Path, status, text, a.Body)
	}
}

func TestSite(t *testing.T) {
	s := start(t)
	s.want("GET", "/api/me", "", 401, "Unauthorized")
	s.want("POST", "/api/login", `{"name":"ada"}`, 403, "") // no token yet
	s.want("GET", "/", "", 200, "<title>Notes</title>")
	s.want("GET", "/static/app.js", "", 200, "XSRF-TOKEN")
	s.want("POST", "/api/login", `{"name":"ada"}`, 200, `"name":"ada"`)
	s.want("GET", "/api/me", "", 200, `"name":"ada"`)
	s.want("GET", "/api/notes", "", 200, "[]")
	s.want("POST", "/api/notes", `{"text":"<b>milk</b>"}`, 201, "")
	s.want("GET", "/api/notes", "", 200, `milk`)
	s.want("POST", "/api/logout", "", 200, `"name":""`)
	s.want("GET", "/api/notes", "", 401, "")
	s.want("POST", "/api/login", `{"name":"bob"}`, 200, `"name":"bob"`) // by the token that the logout brought
	s.want("GET", "/api/notes", "", 200, "[]")
}

// A token of somebody else is no good, and the endpoint has another.
func TestTokenEndpoint(t *testing.T) {
	s := start(t)
	s.want("GET", "/", "", 200, "")
	anonymous := s.token
	s.want("POST", "/api/login", `{"name":"ada"}`, 200, "")
	s.token = anonymous
	s.want("POST", "/api/notes", `{"text":"milk"}`, 403, "")
	var fetched struct{ Token, Header string }
	if err := json.Unmarshal([]byte(s.call("GET", "/api/antiforgery", "").Body), &fetched); err != nil || fetched.Header != "X-XSRF-TOKEN" {
		t.Fatalf("%+v, %v", fetched, err)
	}
	s.token = fetched.Token
	s.want("POST", "/api/notes", `{"text":"milk"}`, 201, "")
}

func TestBadBodies(t *testing.T) {
	s := start(t)
	s.want("GET", "/", "", 200, "")
	s.want("POST", "/api/login", `{"name":" "}`, 422, "A name is needed")
	s.want("POST", "/api/login", `{"name":`, 400, "not the JSON")
	s.want("POST", "/api/login", `{"name":"`+strings.Repeat("x", 1<<20)+`"}`, 400, "not the JSON")
	r, _ := http.NewRequest("POST", s.home+"/api/login", strings.NewReader("name=ada"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-XSRF-TOKEN", s.token)
	if a := s.Do(r); a.Status != http.StatusUnsupportedMediaType {
		t.Errorf("a form: %d, want 415\n%s", a.Status, a.Body)
	}
}
