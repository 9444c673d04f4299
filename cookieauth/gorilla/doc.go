// Package gorilla is for programs that keep their sessions with gorilla/sessions
// or gorilla/securecookie. Its Codec is a securecookie.Codec whose keys come from
// a key ring: they rotate by themselves, are the same on all instances, and can
// be revoked.
//
// Every store that has Codecs can use it, and stays otherwise as it is:
//
//	store := sessions.NewCookieStore(hashKey, blockKey) // with all its settings, as before
//	codec, err := gorilla.New(gorilla.Config{
//		KeyRing:     ring,
//		Legacy:      store.Codecs,
//		AcceptUntil: time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC),
//	})
//	store.Codecs = []securecookie.Codec{codec}
//
// Values that the old keys have made are read until AcceptUntil, and each is
// sealed by the ring when it is next saved: nobody is logged out by the move.
// docs/migrate-gorilla.md goes through it step by step.
//
// Values are encrypted and authenticated, bound to the application and the
// cookie's name, and limited in age and length as gorilla limits them. Errors are
// of gorilla's three kinds, see Codec. What a Codec does not do: end a session
// whose cookie somebody has copied. For that the session has to be kept on the
// server, or to be one of package cookieauth.
package gorilla
