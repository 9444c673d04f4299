package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/sealring/sealring/dataprotection"
)

// A work is what contenders are compared at.
type work struct {
	name       string
	contenders []contender // a floor comes first
}

// newWorks checks all contenders and returns what they have to do.
func newWorks() ([]work, error) {
	request, err := loginWork("A request of somebody who is signed in", newLogins, requests)
	if err != nil {
		return nil, err
	}
	many, err := loginWork("The same of thousands of users, in turn", newLogins, requestsOfMany)
	if err != nil {
		return nil, err
	}
	signIn, err := loginWork("A sign-in", newLogins, signIns)
	if err != nil {
		return nil, err
	}
	anonymous, err := loginWork("A request of nobody, with other cookies", newLogins, anonymousRequests)
	if err != nil {
		return nil, err
	}
	seal, open, err := textWorks()
	if err != nil {
		return nil, err
	}
	guards, err := guardWorks()
	if err != nil {
		return nil, err
	}
	stack, err := loginWork("The whole of Stack, for somebody who is signed in", newStacks, requests)
	if err != nil {
		return nil, err
	}
	return slices.Concat([]work{request, many, signIn, anonymous, seal, open}, guards, []work{stack}), nil
}

// loginWork makes contenders of a new set of logins, so that no work meets what
// another has left behind.
func loginWork(name string, newLogins func(page) ([]namedLogin, error), contend func(namedLogin, *string) contender) (work, error) {
	seen := new(string)
	logins, err := newLogins(func(id string) { *seen = id })
	if err != nil {
		return work{}, err
	}
	strangers, err := newLogins(func(id string) { *seen = id })
	if err != nil {
		return work{}, err
	}
	w := work{name: name}
	for i, l := range logins {
		if err := checkLogin(l.login, strangers[i].login, seen); err != nil {
			return work{}, fmt.Errorf("%s: %w", l.name, err)
		}
		w.contenders = append(w.contenders, contend(l, seen))
	}
	return w, nil
}

type namedLogin struct {
	name  string
	login login
}

// newLogins returns every login there is, with new keys.
func newLogins(p page) ([]namedLogin, error) {
	cbc, cbcKey, err := newRing(dataprotection.AES256CBC)
	if err != nil {
		return nil, err
	}
	gcm, gcmKey, err := newRing(dataprotection.AES256GCM)
	if err != nil {
		return nil, err
	}
	var all []namedLogin
	for _, l := range []struct {
		name string
		make func() (login, error)
	}{
		{"floor, CBC", func() (login, error) { return newFloorLogin(cbcKey, false, p) }},
		{"floor, GCM", func() (login, error) { return newFloorLogin(gcmKey, true, p) }},
		{"floor and context, CBC", func() (login, error) { return newContextLogin(cbcKey, p) }},
		{"Sealring, CBC", func() (login, error) { return newSealringLogin(cbc, p) }},
		{"Sealring, GCM", func() (login, error) { return newSealringLogin(gcm, p) }},
		{"Sealring, sessions", func() (login, error) { return newSealringSessions(cbc, p) }},
		{"Tink AES-GCM + JSON", func() (login, error) { return newTinkLogin(p) }},
		{"securecookie + JSON", func() (login, error) { return newSecurecookieLogin(p), nil }},
		{"sessions, CookieStore", func() (login, error) { return newSessionsLogin(p), nil }},
		{"scs, in memory", func() (login, error) { return newSCSLogin(p), nil }},
	} {
		made, err := l.make()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.name, err)
		}
		all = append(all, namedLogin{l.name, made})
	}
	return all, nil
}

func requests(l namedLogin, seen *string) contender { return requestsOf(1, l, seen) }

func requestsOfMany(l namedLogin, seen *string) contender { return requestsOf(many, l, seen) }

// many are so many that one comes again long after what somebody has remembered of it.
const many = 4096

func requestsOf(users int, l namedLogin, seen *string) contender {
	w, all, next := newWriter(), make([]*http.Request, users), 0
	for i := range all {
		clear(w.header)
		l.login.signIn(w, newRequest(otherCookies))
		cookie, _, _ := strings.Cut(w.header.Get("Set-Cookie"), ";")
		all[i] = newRequest(otherCookies + "; " + cookie)
	}
	return contender{name: l.name, do: func() bool {
		*seen = ""
		clear(w.header)
		l.login.serve(w, all[next])
		next = (next + 1) % users
		return *seen == alice.ID
	}}
}

func anonymousRequests(l namedLogin, seen *string) contender {
	w, r := newWriter(), newRequest(otherCookies)
	return contender{name: l.name, do: func() bool {
		*seen = "not called"
		clear(w.header)
		l.login.serve(w, r)
		return *seen == ""
	}}
}

func signIns(l namedLogin, _ *string) contender {
	w, r := newWriter(), newRequest(otherCookies)
	c := contender{name: l.name, do: func() bool {
		clear(w.header)
		l.login.signIn(w, r)
		return len(w.header["Set-Cookie"]) == 1
	}}
	if l, ok := l.login.(interface{ forget() }); ok {
		c.ready = l.forget // what a million sign-ins have left behind
	}
	return c
}
