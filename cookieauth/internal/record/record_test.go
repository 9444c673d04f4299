package record_test

import (
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/internal/record"
)

func TestCutoff(t *testing.T) {
	before := time.Date(2025, 1, 15, 0, 0, 0, 1000, time.UTC)
	until := time.Date(2025, 2, 15, 0, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		cutoff cookieauth.Cutoff
		want   string
	}{
		{cookieauth.Cutoff{Session: "ABC", Until: until}, `{"session":"ABC"}`},
		{cookieauth.Cutoff{User: "ü <&>", Before: before, Until: until}, `{"user":"ü \u003c\u0026\u003e","before":1736899200000001}`},
		{cookieauth.Cutoff{User: "u", Before: before, Except: "X", Until: until}, `{"user":"u","before":1736899200000001,"except":"X"}`},
		{cookieauth.Cutoff{Before: before, Until: until}, `{"before":1736899200000001}`},
		{cookieauth.Cutoff{Before: time.Unix(0, 0).UTC(), Until: until}, `{"before":0}`},
		{cookieauth.Cutoff{Until: until}, `{}`},
	} {
		text, err := record.Identity(row.cutoff)
		if err != nil || text != row.want {
			t.Errorf("%+v: got %s and error %v, want %s", row.cutoff, text, err, row.want)
		}
		got, err := record.Cutoff(text, record.Micros(until))
		if err != nil || got != row.cutoff {
			t.Errorf("%s: got %+v and error %v, want %+v", text, got, err, row.cutoff)
		}
	}
	if _, err := record.Cutoff("{", 0); err == nil {
		t.Error("no error for half a cut-off")
	}
}
