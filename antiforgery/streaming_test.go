package antiforgery_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sealring/sealring/antiforgery"
)

// A large upload is handed on while it is still being sent, if the token is in the
// header or before the file.
func TestStreaming(t *testing.T) {
	p := protect(t, antiforgery.Config{MaxFormBytes: 4 << 10})
	tokens, cookie := visit(t, p, nil)
	for _, c := range []struct {
		name, headerToken, field string
	}{
		{"token in the header", tokens.Request, ""},
		{"token before the file", "", tokens.Request},
	} {
		t.Run(c.name, func(t *testing.T) {
			arrived := make(chan struct{})
			handler := p.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				form, err := r.MultipartReader()
				if err != nil {
					t.Error(err)
					return
				}
				var size int64
				for {
					part, err := form.NextPart()
					if errors.Is(err, io.EOF) {
						break
					} else if err != nil {
						t.Error(err)
						return
					}
					if part.FileName() != "" {
						first := make([]byte, 100)
						if _, err := io.ReadFull(part, first); err != nil {
							t.Error(err)
						}
						size = 100
						close(arrived) // before the rest is sent
					}
					n, err := io.Copy(io.Discard, part)
					if err != nil {
						t.Error(err)
					}
					size += n
				}
				fmt.Fprint(w, size)
			}))
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
			defer server.Close()

			body, send := io.Pipe()
			go func() {
				parts := "--b\r\nContent-Disposition: form-data; name=\"" + field + "\"\r\n\r\n" + c.field + "\r\n" +
					"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n"
				_, _ = io.WriteString(send, parts+strings.Repeat("x", 100<<10))
				<-arrived
				_, _ = io.WriteString(send, strings.Repeat("x", 100<<10)+"\r\n--b--\r\n")
				send.Close()
			}()
			r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL, body)
			if err != nil {
				t.Fatal(err)
			}
			set(r, cookie, "Content-Type: multipart/form-data; boundary=b")
			if c.headerToken != "" {
				set(r, header+": "+c.headerToken)
			}
			resp, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if got, err := io.ReadAll(resp.Body); string(got) != fmt.Sprint(200<<10) || err != nil {
				t.Errorf("the handler read %q bytes, %v, status %d", got, err, resp.StatusCode)
			}
		})
	}
}
