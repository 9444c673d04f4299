package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// checkLogin refuses a login that does not do its work: what it has signed in it
// must find again, and nobody in a cookie that was changed or that a stranger, the
// same with other keys, has made. Seen is where the pages of both put the id.
func checkLogin(l, stranger login, seen *string) error {
	visit := func(cookies string) string {
		*seen = "page not called"
		l.serve(newWriter(), newRequest(cookies))
		return *seen
	}
	w := newWriter()
	l.signIn(w, newRequest(otherCookies))
	lines := w.header["Set-Cookie"]
	if len(lines) != 1 {
		return fmt.Errorf("sign-in set %d cookies, want one", len(lines))
	}
	name, value, err := splitCookie(lines[0])
	if err != nil {
		return err
	}
	if id := visit(otherCookies + "; " + name + "=" + value); id != alice.ID {
		return fmt.Errorf("signed in as %q, want %q", id, alice.ID)
	}
	if id := visit(otherCookies); id != "" {
		return fmt.Errorf("without the cookie signed in as %q", id)
	}
	for _, damaged := range damages(value) {
		if id := visit(name + "=" + damaged); id != "" {
			return fmt.Errorf("with a damaged cookie signed in as %q", id)
		}
	}
	*seen = "page not called"
	stranger.serve(newWriter(), newRequest(name+"="+value))
	if *seen != "" {
		return fmt.Errorf("with other keys signed in as %q", *seen)
	}
	return nil
}

// splitCookie takes the line of a header apart. It wants what keeps a login from
// scripts and from other sites' requests, or is a choice of the peer.
func splitCookie(line string) (name, value string, err error) {
	c, err := http.ParseSetCookie(line)
	if err != nil {
		return "", "", err
	}
	if c.Value == "" || !c.Secure {
		return "", "", errors.New("the cookie has no value or is not Secure")
	}
	return c.Name, c.Value, nil
}

// checkSealer does for a sealer what checkLogin does for a login.
func checkSealer(s, stranger sealer) error {
	sealed := strings.Clone(s.seal(sampleText))
	if again := strings.Clone(s.seal(sampleText)); sealed == "" || sealed == again {
		return errors.New("sealed nothing, or the same twice")
	}
	if strings.Contains(sealed, sampleText[:16]) {
		return errors.New("the text is not encrypted")
	}
	if s.open(sealed) != sampleText {
		return errors.New("opened something else than was sealed")
	}
	for _, damaged := range damages(sealed) {
		if s.open(damaged) != "" {
			return errors.New("opened what was damaged")
		}
	}
	if stranger.open(sealed) != "" {
		return errors.New("opened what was sealed with other keys")
	}
	return nil
}

// damages returns text with each of its characters changed in turn, and cut after
// each. Changes at the very end are left out: some bits there may mean nothing.
func damages(text string) (all []string) {
	for i := range len(text) - 4 {
		other := byte('A')
		if text[i] == other {
			other = 'Z'
		}
		all = append(all, text[:i]+string(other)+text[i+1:], text[:i])
	}
	return all
}
