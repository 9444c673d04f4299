package main

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/middleware"
)

// A notice is a page that has nothing else to show.
type notice struct {
	Title, Text string
	Path, Link  string // where to go on, or ""
}

var (
	notFound    = notice{"There is no such page", "Perhaps the address was mistyped, or the page has gone.", "/", "Go to the start page"}
	denied      = notice{"This page is not for you", "You are logged in, but you may not see it. If you should, ask an admin.", "/account", "Go to your account"}
	unavailable = notice{"Please try again in a moment", "Something that we need to know you is out of reach. You are still logged in, and nothing has been changed.", "", ""}
	broken      = notice{"Something went wrong", "It is our fault, and we have taken note of it. Please try again.", "/", "Go to the start page"}
	tooLarge    = notice{"That is too much", "What you have sent is larger than anything that is asked for here. Nothing has been changed. Go back and send less.", "/", "Go to the start page"}
	elsewhere   = notice{"That came from another site", "A page elsewhere sent a request here in your name, and we have not carried it out. If you meant to do it, do it from here.", "/", "Go to the start page"}
	outdated    = notice{"The page was out of date", "You have logged in or out since you opened it, or it was open for very long. Nothing has been changed. Open it anew and send it again.", "/", "Go to the start page"}
)

func (a *app) notice(w http.ResponseWriter, r *http.Request, status int, n notice) {
	a.show(w, r, status, noticePage, page{Title: n.Title, Data: n})
}

// fail answers a request that has failed through no fault of the visitor.
func (a *app) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, dataprotection.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) || a.auth.Outage(r) != nil:
		w.Header().Set("Retry-After", "10")
		a.notice(w, r, http.StatusServiceUnavailable, unavailable)
	default:
		middleware.Logger(r.Context()).Error().Err(err).Msg("request failed")
		a.notice(w, r, http.StatusInternalServerError, broken)
	}
}

// tooMany answers somebody who has to wait. It holds for everybody alike, so it tells
// nothing about an account.
func (a *app) tooMany(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	seconds := int(wait/time.Second) + 1
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	a.notice(w, r, http.StatusTooManyRequests, notice{
		"Too many attempts", "Please wait " + strconv.Itoa(seconds) + " seconds, then try again.", "/login", "Go to the login page",
	})
}

// refused answers a request that package antiforgery does not let through. A form
// that can be shown again is, with what was typed.
func (a *app) refused(w http.ResponseWriter, r *http.Request, err error) {
	var refusal *antiforgery.Error
	if !errors.As(err, &refusal) {
		a.fail(w, r, err)
		return
	}
	switch refusal.Reason {
	case antiforgery.CrossSite, antiforgery.SameSite, antiforgery.OtherOrigin:
		a.notice(w, r, http.StatusForbidden, elsewhere)
		return
	case antiforgery.FormTooLarge:
		a.notice(w, r, http.StatusRequestEntityTooLarge, tooLarge)
		return
	}
	again := formOf(r)
	again.check(false, "", "The page was out of date. Please send it again.")
	switch r.URL.Path {
	case "/login":
		a.showLogin(w, r, http.StatusForbidden, again)
	case "/register":
		a.showRegister(w, r, http.StatusForbidden, again)
	default:
		a.notice(w, r, http.StatusForbidden, outdated)
	}
}
