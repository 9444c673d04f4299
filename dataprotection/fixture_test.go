package dataprotection_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
)

// Rings and payloads that other programs have made.

func TestFixtures(t *testing.T) {
	decode := func(s string) []byte {
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, tc := range []struct {
		name, key, secret, created, activates, expires, application, text, want string
	}{
		{
			"HST-14 ASP.NET Core 10.0.5, without creating keys", "ead9607a-7754-4369-a7f4-6696e5713ced",
			"iEQ2XFkBUwAnEotfX5b+ZWrqKdJFlxJ4bDuJqljdR6KNolzKxa/1hro1PZg4tsb6CJsOZ/fCA/8VKGX+bXHq4Q==",
			"2026-04-16T16:40:09.6237156Z", "2026-04-16T16:40:09.6237156Z", "2026-07-15T16:40:09.6237156Z", "repro-app",
			"CfDJ8Hpg2epUd2lDp_RmluVxPO1RuoXCtT528WJ_4cy3XD_uhLBk9GBkYOQF-iIWlloCb4CP7rX609LnU7BiXXgZU1fKvNGfjwau5YJRIXcvDyXDnvn1kyRDojEYPc5Ic4WQgzBnpZrf2qiI4JrX9nkqCew",
			"hello from 10.0.5",
		},
		{
			"ASP.NET Core 8, from a public test suite", "6417072d-bd2e-4737-8995-fd280fe00251",
			"4spzUFTZ6BOimQExKLSlcZmN7JmzsZP+8B7ynFMlwss5eCXWXDojqy+zq0ov1t0ImMgU5P5PqO3ZusXu5jPcvQ==",
			"2026-04-29T15:06:08.62851Z", "2026-04-29T15:06:08.549389Z", "2026-07-28T15:06:08.549389Z", "Bitwarden",
			"CfDJ8C0HF2QuvTdHiZX9KA_gAlGVSrFxAFk2m-WNRwn3MInU65VHLvlnNTKxpGKXDLSY3mgis0FninNa5hpRGIi5KS215GmhPnm-TvuikZr1N3-ib42KqADgmo1i5PTgZohmRA",
			"MyTestData",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			store := holding(fmt.Sprintf(`<key id="%s" version="1"><creationDate>%s</creationDate><activationDate>%s</activationDate><expirationDate>%s</expirationDate>%s</key>`,
				tc.key, tc.created, tc.activates, tc.expires, descriptor("", cbcNames, decode(tc.secret))))
			cfg := atNoon(store)
			cfg.Application, cfg.NoApplication, cfg.ReadOnly = tc.application, false, true
			purpose := map[string]string{"repro-app": "purpose", "Bitwarden": "Test"}[tc.application]
			textOpens(t, open(t, cfg).Protector(purpose), tc.text, tc.want)
			textRefused(t, open(t, cfg).Protector(strings.ToLower(purpose)+"s"), tc.text)
			cfg.Application = strings.ToUpper(tc.application)
			textRefused(t, open(t, cfg).Protector(purpose), tc.text)
		})
	}
	t.Run("HST-14 a read-only ring long after the key's expiry", func(t *testing.T) {
		cfg := atNoon(holding(keyXML(idA)))
		cfg.ReadOnly = true
		cfg.Now = func() time.Time { return at.AddDate(10, 0, 0) }
		if _, err := dataprotection.Open(t.Context(), cfg); !errors.Is(err, dataprotection.ErrNoDefaultKey) {
			t.Errorf("Open = %v, want ErrNoDefaultKey, as the reference has it", err)
		}
	})
}

func TestConfigDefaults(t *testing.T) {
	t.Run("HST-15 PRV-1 in clear, AES-256-CBC with HMAC-SHA-256, 90 days", func(t *testing.T) {
		store := &fakeStore{}
		open(t, atNoon(store))
		l := list(t, manage(t, atNoon(store)))
		k := l.Keys[0]
		if len(l.Keys) != 1 || k.Algorithm != "AES_256_CBC, HMACSHA256" || k.Expires.Sub(k.Activates) != 90*24*time.Hour || len(k.SealedBy) != 0 {
			t.Errorf("%+v", l)
		}
		if names := store.names("key-"); len(names) != 1 || !strings.Contains(string(store.elements[0].XML), "<!-- Warning: the key below is in an unencrypted form. -->") {
			t.Errorf("%q: %s", names, store.elements[0].XML)
		}
	})
	t.Run("PRV-5 PRV-8 openers", func(t *testing.T) {
		store := &fakeStore{}
		text := protect(t, open(t, sealed(store, &testSealer{name: "ours"})), "x")
		if xml := string(store.elements[0].XML); strings.Contains(xml, "Warning") {
			t.Errorf("a sealed key carries the warning: %s", xml)
		}
		cfg := config(store)
		if _, err := dataprotection.Open(t.Context(), cfg); !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(err.Error(), "none of the 0 configured openers") {
			t.Errorf("Open without openers = %v", err)
		}
		cfg.Openers = []dataprotection.Opener{&testSealer{name: "theirs"}, &testSealer{name: "ours"}}
		unprotect(t, open(t, cfg), text, "x")
	})
	t.Run("a configuration is copied", func(t *testing.T) {
		store := &fakeStore{}
		text := protect(t, open(t, sealed(store, &testSealer{name: "ours"})), "x")
		cfg := config(store)
		cfg.Openers = []dataprotection.Opener{&testSealer{name: "ours"}}
		ring := open(t, cfg)
		cfg.Openers[0] = nil
		unprotect(t, ring, text, "x")
	})
}
