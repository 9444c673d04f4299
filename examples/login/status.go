package main

import (
	"encoding/json"
	"net/http"

	"github.com/sealring/sealring/dataprotection"
)

// status tells operators, at an address that is not the public one, what this
// instance knows about the key ring, which has no secrets in it. It is 503 while the
// instance cannot seal, for load balancers that ask here.
func (a *app) status(w http.ResponseWriter, _ *http.Request) {
	st := a.ring.Status()
	w.Header().Set("Content-Type", "application/json")
	if (st.SealingKey == dataprotection.KeyID{}) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(st)
}
