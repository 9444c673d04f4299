package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/middleware"
)

// login takes everybody at their word; the example login shows how to check
// passwords. The page goes on with the token of the new user, which comes along.
func (s *site) login(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Name string }
	if !readJSON(w, r, &asked) {
		return
	}
	name := strings.TrimSpace(asked.Name)
	if name == "" {
		problem(w, http.StatusUnprocessableEntity, "A name is needed.")
		return
	}
	user := claims.New(name, claims.Name(name))
	if err := s.auth.SignIn(w, r, user, nil); err != nil {
		fail(w, r, err)
		return
	}
	s.answerAs(w, r, user)
}

func (s *site) logout(w http.ResponseWriter, r *http.Request) {
	if err := s.auth.SignOut(w, r); err != nil {
		fail(w, r, err)
		return
	}
	s.answerAs(w, r, nil)
}

// answerAs ends a request that has changed who the user is.
func (s *site) answerAs(w http.ResponseWriter, r *http.Request, user *claims.Principal) {
	if err := s.giveToken(w, r, user); err != nil {
		fail(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"name": user.Name()})
}

func (s *site) me(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"name": s.auth.User(r).Name()})
}

// notes are kept in memory, for each user. They may be used concurrently.
type notes struct {
	mu     sync.Mutex
	byUser map[string][]string
}

func (n *notes) list(user string) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.byUser[user])
}

func (n *notes) add(user, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.byUser == nil {
		n.byUser = map[string][]string{}
	}
	n.byUser[user] = append(n.byUser[user], text)
}

func (s *site) listNotes(w http.ResponseWriter, r *http.Request) {
	list := s.notes.list(s.auth.User(r).ID())
	writeJSON(w, http.StatusOK, append([]string{}, list...)) // never null
}

func (s *site) addNote(w http.ResponseWriter, r *http.Request) {
	var note struct{ Text string }
	if !readJSON(w, r, &note) {
		return
	}
	s.notes.add(s.auth.User(r).ID(), note.Text)
	writeJSON(w, http.StatusCreated, note)
}

// readJSON answers the request and returns false if its body is not what it should be.
func readJSON(w http.ResponseWriter, r *http.Request, value any) bool {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/json" {
		problem(w, http.StatusUnsupportedMediaType, "JSON is wanted.")
		return false
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(value); err != nil {
		problem(w, http.StatusBadRequest, "That is not the JSON that is wanted.")
		return false
	}
	return true
}

// writeJSON keeps answers out of caches: they are for one user.
func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // a visitor who has gone does not miss it
}

func problem(w http.ResponseWriter, status int, text string) {
	writeJSON(w, status, map[string]string{"error": text})
}

func fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, dataprotection.ErrUnavailable) {
		w.Header().Set("Retry-After", "10")
		problem(w, http.StatusServiceUnavailable, "Please try again in a moment.")
		return
	}
	middleware.Logger(r.Context()).Error().Err(err).Msg("request failed")
	problem(w, http.StatusInternalServerError, "Something went wrong on our side.")
}
