package cookieauthtest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/cookieauthtest"
)

// newShop stands for the program under test.
func newShop(auth *cookieauth.Authenticator) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /orders", auth.RequireRole("sales")(http.NotFoundHandler()))
	return auth.Handler(mux)
}

func Example() {
	_ = func(t *testing.T) { // a test of yours
		auth := cookieauthtest.New(t, cookieauth.Config{})
		alice := claims.New("42", claims.Name("alice"), claims.Role("support"))

		r := cookieauthtest.Request(t, auth, httptest.NewRequest("GET", "/orders", nil), alice)
		w := httptest.NewRecorder()
		newShop(auth).ServeHTTP(w, r)
		if w.Code != http.StatusForbidden {
			t.Errorf("support sees orders: status %d", w.Code)
		}
	}
}

func ExampleClient() {
	_ = func(t *testing.T) {
		clock := cookieauthtest.NewClock(time.Now())
		auth := cookieauthtest.New(t, cookieauth.Config{Lifetime: time.Hour, Now: clock.Now})
		server := httptest.NewTLSServer(newShop(auth))
		defer server.Close()
		client := cookieauthtest.Client(t, auth, server, claims.New("42"))

		clock.Advance(61 * time.Minute)
		resp, err := client.Get(server.URL + "/orders")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("after an hour: status %d", resp.StatusCode)
		}
	}
}
