package exampletest

import (
	"net/http"
	"net/url"
	"strings"
)

// FormRequest returns the request by which a browser posts a form. The address must
// be a good one.
func FormRequest(address string, form url.Values) *http.Request {
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		panic("exampletest: " + err.Error())
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}
