package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/examples/internal/exampletest"
	"github.com/sealring/sealring/internal/realtest"
)

func TestStatus(t *testing.T) {
	operators := realtest.Address(t)
	i := exampletest.Start(t, "-data", newData(t), "-status", operators, "-name", "the first")
	p := newPerson(t)
	a := p.Get("http://" + operators)
	var st dataprotection.Status
	if err := json.Unmarshal([]byte(a.Body), &st); err != nil || a.Status != 200 || st.Keys != 1 || st.Application != "login" {
		t.Errorf("%d %s, %v; want the state of a ring with one key", a.Status, a.Body, err)
	}
	if a := p.Get(i.URL); !strings.Contains(a.Body, "Answered by <b>the first</b>") || strings.Contains(a.Body, st.Fingerprint) {
		t.Errorf("the page does not say who answers:\n%s", a.Body)
	}
}
