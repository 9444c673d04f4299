package main

import (
	"errors"
	"net/http"
	"strings"
)

func (s *site) home(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "home.html", page{Title: "Links by e-mail"})
}

func (s *site) showOutbox(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "outbox.html", page{Title: "What was sent", Mails: s.outbox.list()})
}

// register does not tell whether there is an account with that address, which is
// nobody's business. Its owner is told, by mail.
func (s *site) register(w http.ResponseWriter, r *http.Request) {
	email, password := r.PostFormValue("email"), r.PostFormValue("password")
	if !strings.Contains(email, "@") || !goodPassword(password) {
		s.show(w, r, http.StatusUnprocessableEntity, "message.html", page{Title: "Not yet", Text: "An e-mail address and a password of 8 to 72 bytes are needed."})
		return
	}
	switch a, err := s.accounts.create(email, password); {
	case errors.Is(err, errTaken):
		s.outbox.send(mail{To: email, Text: "Somebody wanted to register with your address. You have an account already."})
	case err != nil:
		s.fail(w, r, err)
		return
	default:
		link, err := s.links.forConfirmation(a)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		s.outbox.send(mail{a.email, "Confirm your address:", link})
	}
	s.show(w, r, http.StatusOK, "message.html", page{Title: "Look into your mail", Text: "We have sent you a link that confirms your address."})
}

// goodPassword knows that bcrypt takes no more than 72 bytes.
func goodPassword(password string) bool { return 8 <= len(password) && len(password) <= 72 }

func (s *site) login(w http.ResponseWriter, r *http.Request) {
	a, ok := s.accounts.verify(r.PostFormValue("email"), r.PostFormValue("password"))
	switch {
	case !ok:
		s.show(w, r, http.StatusUnauthorized, "message.html", page{Title: "Not logged in", Text: "This address and password do not belong together."})
	case !a.confirmed:
		s.show(w, r, http.StatusForbidden, "message.html", page{Title: "Not yet", Text: "Please confirm your address first."})
	default:
		s.show(w, r, http.StatusOK, "message.html", page{Title: "Welcome, " + a.email, Text: "What comes now is in the example login."})
	}
}

// forgot answers the same, whether there is such an account or not.
func (s *site) forgot(w http.ResponseWriter, r *http.Request) {
	if a, ok := s.accounts.find(r.PostFormValue("email")); ok {
		link, err := s.links.forReset(a)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		s.outbox.send(mail{a.email, "Set a new password:", link})
	}
	s.show(w, r, http.StatusOK, "message.html", page{Title: "Look into your mail", Text: "If there is an account with that address, we have sent a link to it."})
}

// confirmPage only shows a button. Mail scanners and previews open every link of a
// mail, some of them in a real browser; what GET did, they would have done.
func (s *site) confirmPage(w http.ResponseWriter, r *http.Request) {
	link := r.URL.Query().Get("link")
	said, err := s.links.confirmations.Unprotect(r.Context(), link)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.show(w, r, http.StatusOK, "confirm.html", page{Title: "Confirm your address", Email: said.Email, Link: link})
}

func (s *site) confirm(w http.ResponseWriter, r *http.Request) {
	said, err := s.links.confirmations.Unprotect(r.Context(), r.PostFormValue("link"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.accounts.confirm(said.Email)
	s.show(w, r, http.StatusOK, "message.html", page{Title: "Thank you", Text: "Your address is confirmed."})
}

func (s *site) resetPage(w http.ResponseWriter, r *http.Request) {
	link := r.URL.Query().Get("link")
	a, err := s.links.openReset(r.Context(), link, s.accounts)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.show(w, r, http.StatusOK, "reset.html", page{Title: "Set a new password", Email: a.email, Link: link})
}

func (s *site) reset(w http.ResponseWriter, r *http.Request) {
	link, password := r.PostFormValue("link"), r.PostFormValue("password")
	a, err := s.links.openReset(r.Context(), link, s.accounts)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if !goodPassword(password) {
		s.show(w, r, http.StatusUnprocessableEntity, "reset.html", page{Title: "Set a new password", Text: "It must have 8 to 72 bytes.", Email: a.email, Link: link})
		return
	}
	if err := s.accounts.setPassword(a.email, a.version, password); err != nil {
		s.fail(w, r, err)
		return
	}
	// A site with logins ends all sessions of the user here.
	s.show(w, r, http.StatusOK, "message.html", page{Title: "Done", Text: "You have a new password."})
}
