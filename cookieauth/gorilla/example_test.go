package gorilla_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"github.com/sealring/sealring/cookieauth/gorilla"
	"github.com/sealring/sealring/dataprotection"
)

// A store of gorilla/sessions moves to a ring. A session from before goes on.
func Example() {
	store := sessions.NewCookieStore([]byte("the hash key of before"))
	before := httptest.NewRecorder()
	session, _ := store.Get(httptest.NewRequest("GET", "/", nil), "session")
	session.Values["user"] = "alice"
	fmt.Println(session.Save(nil, before))

	ring := dataprotection.Ephemeral("shop") // yours comes from dataprotection.Open
	codec, err := gorilla.New(gorilla.Config{
		KeyRing:     ring,
		Legacy:      store.Codecs,
		AcceptUntil: time.Now().Add(30 * 24 * time.Hour),
	})
	fmt.Println(err)
	store.Codecs = []securecookie.Codec{codec}

	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", before.Header().Get("Set-Cookie"))
	session, err = store.Get(r, "session")
	fmt.Println(session.Values["user"], err)
	// Output:
	// <nil>
	// <nil>
	// alice <nil>
}

func ExampleCodec() {
	codec, _ := gorilla.New(gorilla.Config{
		KeyRing:    dataprotection.Ephemeral("shop"),
		MaxAge:     time.Hour,
		Serializer: securecookie.JSONEncoder{},
	})
	text, err := codec.Encode("basket", []string{"tea", "milk"})
	fmt.Println(err)

	var basket []string
	fmt.Println(codec.Decode("basket", text, &basket), basket)
	fmt.Println(codec.Decode("wishes", text, &basket)) // another cookie
	// Output:
	// <nil>
	// <nil> [tea milk]
	// gorilla: dataprotection: the payload is not valid
}

// A program without gorilla/sessions re-issues what comes with an old value.
func ExampleCodec_WantsReissue() {
	codec, _ := gorilla.New(gorilla.Config{
		KeyRing:     dataprotection.Ephemeral("shop"),
		Legacy:      securecookie.CodecsFromPairs([]byte("the hash key of before")),
		AcceptUntil: time.Now().Add(30 * 24 * time.Hour),
	})
	_ = func(w http.ResponseWriter, r *http.Request) {
		var user string
		cookie, err := r.Cookie("user")
		if err != nil || codec.Decode("user", cookie.Value, &user) != nil {
			return // nobody
		}
		if codec.WantsReissue("user", cookie.Value) {
			if text, err := codec.Encode("user", user); err == nil {
				http.SetCookie(w, &http.Cookie{Name: "user", Value: text, Path: "/", Secure: true, HttpOnly: true})
			}
		}
	}
}
