package antiforgery

import (
	"encoding/json"
	"net/http"
)

// TokenEndpoint answers with the tokens of a visitor in JSON, for pages that are
// not rendered here:
//
//	{"token":"CfDJ8…","header":"RequestVerificationToken","field":"__RequestVerificationToken"}
//
// Mount it for GET. Where there are no tokens to be had, Config.Refused answers. Pages
// of other origins cannot read the answer unless they are allowed to by CORS; they must
// not be.
func (p *Protection) TokenEndpoint() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, err := p.Tokens(w, r)
		if err != nil {
			p.note(r, err)
			p.cfg.Refused(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(struct { // a visitor who has gone does not miss it
			Token  string `json:"token"`
			Header string `json:"header,omitempty"`
			Field  string `json:"field"`
		}{t.Request, t.Header, t.FormField})
	})
}
