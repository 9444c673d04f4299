package main

import (
	"net/http"
	"testing"

	"github.com/sealring/sealring/examples/internal/exampletest"
	"github.com/sealring/sealring/internal/realtest"
)

func TestTwoInstances(t *testing.T) {
	server := realtest.PostgreSQL(t)
	exampletest.OneLoginOnTwo(t, func() http.Handler {
		site, err := newSite(t.Context(), server.DSN)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(site.close)
		return site
	})
}

func TestServerMissing(t *testing.T) {
	if site, err := newSite(t.Context(), "postgres://127.0.0.1:1/none"); err == nil {
		site.close()
		t.Error("a site opened without its key store")
	}
}
