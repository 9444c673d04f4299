package main

import (
	"net/http"
	"time"
)

// deviceLife is how long a browser is known that somebody has logged in with.
const deviceLife = 180 * 24 * time.Hour

// A device cookie says that an account was logged in to with this browser before.
// Attempts from there have a limit of their own, so that strangers who guess at an
// account do not keep its owner out. It proves nothing else.

// knowDevice has the browser known for an account from now on.
func (a *app) knowDevice(w http.ResponseWriter, email string) {
	if sealed, err := a.devices.ProtectString(canonical(email), time.Now().Add(deviceLife)); err == nil {
		http.SetCookie(w, a.cookie("device", sealed, deviceLife))
	}
}

// isKnownDevice reports whether an account was logged in to with this browser, and
// what the browser is called.
func (a *app) isKnownDevice(r *http.Request, email string) (device string, known bool) {
	sent, err := r.Cookie(a.cookie("device", "", 0).Name)
	if err != nil {
		return "", false
	}
	account, _, err := a.devices.UnprotectString(r.Context(), sent.Value)
	return sent.Value, err == nil && account == canonical(email)
}

// loginTry is how an attempt to log in counts.
func (a *app) loginTry(r *http.Request, email string) try {
	t := try{}
	if device, known := a.isKnownDevice(r, email); known {
		t["device "+device] = perDevice
	} else {
		account := canonical(email)
		t["account "+account[:min(len(account), maxEmail)]] = perAccount
	}
	a.addAddress(t, r)
	return t
}

// addAddress counts an attempt by where it comes from, unless all come from a proxy
// that does not say where they come from.
func (a *app) addAddress(t try, r *http.Request) {
	if a.options.origin == "" || a.options.proxies != "" {
		t["address "+clientAddress(r)] = perAddress
	}
}
