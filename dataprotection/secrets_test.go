package dataprotection_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/bubbletest"
)

// showings are all ways in which a value gets into texts and logs.
func showings(v any) map[string]string {
	shown := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d"} {
		shown[verb] = fmt.Sprintf(verb, v)
	}
	if data, err := json.Marshal(v); err == nil {
		shown["JSON"] = string(data)
	}
	for name, handler := range map[string]func(*logBook) slog.Handler{
		"slog text": func(l *logBook) slog.Handler { return slog.NewTextHandler(l, nil) },
		"slog JSON": func(l *logBook) slog.Handler { return slog.NewJSONHandler(l, nil) },
	} {
		log := &logBook{}
		slog.New(handler(log)).Info("value", "value", v)
		shown[name] = log.String()
	}
	return shown
}

// shapes are the ways in which some bytes of a secret can show, as they are or in
// base64 as in the XML.
func shapes(secret []byte) map[string]string {
	piece := secret[9:24] // in the middle, and in step with base64
	all := map[string]string{}
	for name, b := range map[string][]byte{"the secret": piece, "its base64": []byte(base64.StdEncoding.EncodeToString(piece))} {
		decimal := strings.Trim(fmt.Sprint(b), "[]")
		all[name] = string(b)
		all[name+", quoted"] = strings.Trim(strconv.Quote(string(b)), `"`)
		all[name+" in hex"] = hex.EncodeToString(b)
		all[name+" in capital hex"] = strings.ToUpper(hex.EncodeToString(b))
		all[name+" in decimal"] = decimal
		all[name+" in decimal, with commas"] = strings.ReplaceAll(decimal, " ", ",")
		all[name+" in Go"] = strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", b), "[]byte{"), "}")
		for i := range 3 { // wherever it stands in what is encoded
			all[fmt.Sprintf("%s in base64 from %d", name, i)] = base64.RawStdEncoding.EncodeToString(b[i : i+9])
		}
	}
	return all
}

func TestNoSecretIsShown(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		log, store := &logBook{}, &fakeStore{}
		cfg := config(store)
		cfg.Logger = log.logger()
		ring := open(t, cfg)
		defer ring.Close()
		_, secret := secretOf(t, store.elements[0].XML)
		p := ring.Protector("p")
		sealed := sealBytes(t, p, []byte("plaintext"))
		opens(t, p, sealed, []byte("plaintext"))
		tl := p.TimeLimited()
		m := manage(t, cfg)
		listing := list(t, m)
		info, err := p.Inspect(t.Context(), sealed)
		if err != nil {
			t.Fatal(err)
		}
		snapshot, err := store.Load(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		// The same key once more, spoiled in several ways, each of which is an error.
		var spoiled []error
		for _, edit := range []func(string) string{
			func(s string) string { return strings.Replace(s, "</value>", "</valu", 1) },
			func(s string) string { return strings.Replace(s, "</value>", "!</value>", 1) },
			func(s string) string { return strings.Replace(s, "</value>", "</value><value>AAAA", 1) },
			func(s string) string { return strings.Replace(s, "AES_256_CBC", "AES_256_XTS", 1) },
			func(s string) string { return strings.Replace(s, "<creationDate>", "<creationDate>x", 1) },
			func(s string) string { return strings.Replace(s, "<key id=\"", "<key id=\"x", 1) },
			func(s string) string { return s[:len(s)-60] },
			func(s string) string { return strings.Replace(s, "expirationDate>2", "expirationDate>3", 1) },
		} {
			xml := edit(string(store.elements[0].XML))
			if xml == string(store.elements[0].XML) {
				t.Fatal("an edit did nothing")
			}
			broken := holding(string(store.elements[0].XML), xml)
			brokenCfg := config(broken)
			brokenCfg.Logger = log.logger()
			other, err := dataprotection.Open(t.Context(), brokenCfg)
			if err == nil {
				other.Close() // a copy, or a key that is not needed
			} else {
				spoiled = append(spoiled, err)
			}
			l := list(t, manage(t, brokenCfg))
			for _, k := range l.Keys {
				spoiled = append(spoiled, k.Unusable)
			}
			for _, problem := range l.Problems {
				spoiled = append(spoiled, problem)
			}
		}
		_, notOpened := p.Unprotect(t.Context(), sealed[1:])
		values := map[string]any{
			"KeyRing": ring, "Protector": p, "TimeLimited": tl, "Typed": dataprotection.NewTyped[int](tl), "Manager": m,
			"Status": ring.Status(), "Listing": listing, "KeyInfo": listing.Keys[0], "Inspection": info, "Config": cfg,
			"Snapshot": snapshot, "Element": snapshot.Elements[0], "*Element": &snapshot.Elements[0], "elements": snapshot.Elements,
			"Protector of Ephemeral": dataprotection.Ephemeral("").Protector("p"),
			"errors":                 errors.Join(spoiled...), "error": notOpened, "log": log.String(),
		}
		for i, err := range spoiled {
			values[fmt.Sprintf("error %d", i)] = err
		}
		if len(spoiled) < 8 {
			t.Errorf("only %d errors", len(spoiled))
		}
		for name, value := range values {
			for how, shown := range showings(value) {
				for shape, text := range shapes(secret) {
					if strings.Contains(shown, text) {
						t.Errorf("%s as %s shows the secret as %s: %.300s", name, how, shape, shown)
					}
				}
			}
		}
	})
}

// TestShapes makes sure that the test above would find what it looks for.
func TestShapes(t *testing.T) {
	element := struct{ XML []byte }{[]byte(keyXML(idA))}
	_, secret := secretOf(t, element.XML)
	for name, v := range map[string]any{"the element": element, "its text": string(element.XML), "the secret": secret, "an array": [64]byte(secret)} {
		for how, shown := range showings(v) {
			found := false
			for _, text := range shapes(secret) {
				found = found || strings.Contains(shown, text)
			}
			if !found {
				t.Errorf("%s as %s is not recognized: %.300s", name, how, shown)
			}
		}
	}
}
