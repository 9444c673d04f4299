package dataprotection_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
)

type invitation struct {
	User  int    `json:"user"`
	Email string `json:"email"`
}

func TestTyped(t *testing.T) {
	now := at
	ring := clocked(t, &now)
	links := dataprotection.NewTyped[invitation](ring.Protector("invitations").TimeLimited())
	want := invitation{42, "ä@example.org"}
	text, err := links.Protect(want, at.Add(time.Hour))
	if err != nil || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		t.Fatalf("Protect = %q, %v; want text that can stand in a URL", text, err)
	}
	if got, err := links.Unprotect(t.Context(), text); err != nil || got != want {
		t.Errorf("Unprotect = %+v, %v; want %+v", got, err, want)
	}
	other := dataprotection.NewTyped[invitation](ring.Protector("resets").TimeLimited())
	if got, err := other.Unprotect(t.Context(), text); got != (invitation{}) || err != dataprotection.ErrInvalidPayload {
		t.Errorf("for another purpose: %+v, %v; want ErrInvalidPayload", got, err)
	}
	now = at.Add(2 * time.Hour)
	if got, err := links.Unprotect(t.Context(), text); got != (invitation{}) || !errors.Is(err, dataprotection.ErrExpired) {
		t.Errorf("later: %+v, %v; want ErrExpired", got, err)
	}
}

func TestTypedMismatch(t *testing.T) {
	tl := ringOfKeys(t, keyXML(idA)).Protector("p").TimeLimited()
	for _, json := range []string{"", "{", `{"user":"no number"}`, `{"user":1} {}`, "[]", "\"text\""} {
		text, err := tl.ProtectString(json, dataprotection.NoExpiry())
		if err != nil {
			t.Fatal(err)
		}
		got, err := dataprotection.NewTyped[invitation](tl).Unprotect(t.Context(), text)
		if got != (invitation{}) || err != dataprotection.ErrInvalidPayload {
			t.Errorf("%s: %+v, %v; want ErrInvalidPayload and nothing of it", json, got, err)
		}
	}
	if text, err := dataprotection.NewTyped[float64](tl).Protect(math.NaN(), at); text != "" || err == nil || !strings.Contains(err.Error(), "float64") {
		t.Errorf("Protect of what JSON cannot hold = %q, %v", text, err)
	}
}
