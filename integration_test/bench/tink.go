package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

const tinkCookie = "login"

var tinkEncoding = base64.RawURLEncoding.Strict()

func newAEAD() (tink.AEAD, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	return aead.New(handle)
}

// tinkText is Tink's AES-256-GCM and base64url.
type tinkText struct{ aead tink.AEAD }

func newTinkText() (tinkText, error) {
	primitive, err := newAEAD()
	return tinkText{primitive}, err
}

func (t tinkText) seal(text string) string {
	sealed, err := t.aead.Encrypt([]byte(text), []byte(tinkCookie))
	if err != nil {
		return ""
	}
	return tinkEncoding.EncodeToString(sealed)
}

func (t tinkText) open(sealed string) string {
	raw, err := tinkEncoding.DecodeString(sealed)
	if err != nil {
		return ""
	}
	text, err := t.aead.Decrypt(raw, []byte(tinkCookie))
	if err != nil {
		return ""
	}
	return string(text)
}

// tinkLogin is what somebody writes who has Tink, encoding/json and net/http.
type tinkLogin struct {
	aead tink.AEAD
	next http.Handler
}

func newTinkLogin(p page) (*tinkLogin, error) {
	primitive, err := newAEAD()
	return &tinkLogin{primitive, readRecord(p)}, err
}

func (l *tinkLogin) signIn(w http.ResponseWriter, _ *http.Request) {
	plain, err := json.Marshal(newRecord())
	if err != nil {
		return
	}
	if sealed, err := l.aead.Encrypt(plain, []byte(tinkCookie)); err == nil {
		setCookie(w, tinkCookie, tinkEncoding.EncodeToString(sealed))
	}
}

func (l *tinkLogin) serve(w http.ResponseWriter, r *http.Request) {
	if rec := l.read(r); rec != nil {
		r = r.WithContext(context.WithValue(r.Context(), recordKey{}, rec))
	}
	l.next.ServeHTTP(w, r)
}

func (l *tinkLogin) read(r *http.Request) *record {
	c, err := r.Cookie(tinkCookie)
	if err != nil {
		return nil
	}
	sealed, err := tinkEncoding.DecodeString(c.Value)
	if err != nil {
		return nil
	}
	plain, err := l.aead.Decrypt(sealed, []byte(tinkCookie))
	if err != nil {
		return nil
	}
	rec := new(record)
	if err := json.Unmarshal(plain, rec); err != nil || rec.Expires < time.Now().Unix() {
		return nil
	}
	return rec
}
