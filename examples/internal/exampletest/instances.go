package exampletest

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
)

// OneLoginOnTwo starts two instances of the README's program. Who logs in at one of
// them is known at the other.
func OneLoginOnTwo(t *testing.T, instance func() http.Handler) {
	first, second := httptest.NewServer(instance()), httptest.NewServer(instance())
	defer first.Close()
	defer second.Close()
	jar, err := cookiejar.New(nil) // which takes the port for no part of a site, as browsers do
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	says := func(method, address, want string) {
		t.Helper()
		if got := visit(t, client, method, address); !strings.Contains(got, want) {
			t.Errorf("%s %s: got %q, want %q in it", method, address, got, want)
		}
	}
	says(http.MethodGet, second.URL+"/", "Log in as Alice")
	says(http.MethodPost, first.URL+"/login?ReturnUrl=%2F", "Hello, Alice.")
	says(http.MethodPost, first.URL+"/login", "Hello, Alice.")
	says(http.MethodGet, second.URL+"/", "Hello, Alice.")
}

func visit(t *testing.T, client *http.Client, method, address string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s, %v", method, address, answer.Status, err)
	}
	if kind := answer.Header.Get("Content-Type"); strings.Contains(string(body), "<") && !strings.HasPrefix(kind, "text/html") {
		t.Errorf("%s %s: browsers show tags, since %q has the type %q", method, address, body, kind)
	}
	return string(body)
}
