package dataprotection_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
)

// A sink keeps what it receives, as it receives it.
type sink struct {
	name  string
	calls *[]string
	id    dataprotection.KeyID
	xml   []byte
	err   error
}

func (s *sink) Escrow(_ context.Context, id dataprotection.KeyID, keyElement []byte) error {
	*s.calls = append(*s.calls, s.name)
	s.id, s.xml = id, keyElement
	return s.err
}

func TestEscrow(t *testing.T) {
	t.Run("KEY-9 one sink receives id and element", func(t *testing.T) {
		var calls []string
		store, one := &fakeStore{}, &sink{name: "one", calls: &calls}
		cfg := sealed(store, &testSealer{name: "ours"})
		cfg.Escrow = []dataprotection.EscrowSink{one}
		ring := open(t, cfg)
		payload := protect(t, ring, "x")
		if one.id != ring.Status().SealingKey || len(calls) != 1 {
			t.Errorf("got %v in %d calls", one.id, len(calls))
		}
		if bytes.Contains(store.elements[0].XML, []byte("<value>")) {
			t.Error("the stored key is in clear")
		}
		// What was escrowed is a whole key, which a ring without the sealer reads.
		unprotect(t, open(t, config(holding(string(one.xml)))), payload, "x")
	})
	t.Run("KEY-10 two sinks, in order", func(t *testing.T) {
		var calls []string
		one, two := &sink{name: "one", calls: &calls}, &sink{name: "two", calls: &calls}
		cfg := config(&fakeStore{})
		cfg.Escrow = []dataprotection.EscrowSink{one, two}
		open(t, cfg)
		if !slices.Equal(calls, []string{"one", "two"}) || one.id != two.id || !bytes.Equal(one.xml, two.xml) {
			t.Errorf("calls %v, ids %v and %v", calls, one.id, two.id)
		}
		clear(one.xml)
		if !bytes.Contains(two.xml, []byte("<value>")) {
			t.Error("the sinks share memory")
		}
	})
	t.Run("a sink that fails stops the creation", func(t *testing.T) {
		var calls []string
		store := &fakeStore{}
		cfg := config(store)
		cfg.Escrow = []dataprotection.EscrowSink{&sink{name: "one", calls: &calls, err: errors.New("vault is sealed")}, &sink{name: "two", calls: &calls}}
		_, err := dataprotection.Open(t.Context(), cfg)
		if !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(err.Error(), "vault is sealed") || store.adds != 0 || len(calls) != 1 {
			t.Errorf("Open = %v after the calls %v and %d additions", err, calls, store.adds)
		}
		if _, err := manage(t, cfg).Create(t.Context(), nil); !errors.Is(err, dataprotection.ErrUnavailable) || store.adds != 0 {
			t.Errorf("Create = %v after %d additions", err, store.adds)
		}
	})
	t.Run("keys that are read are not escrowed", func(t *testing.T) {
		var calls []string
		cfg := atNoon(holding(keyXML(idA)))
		cfg.Escrow = []dataprotection.EscrowSink{&sink{name: "one", calls: &calls}}
		open(t, cfg)
		if calls != nil {
			t.Errorf("calls %v", calls)
		}
	})
}

// A nullSealer is the reference's null encryptor, which wraps and does not encrypt.
type nullSealer struct{}

func (nullSealer) Seal(_ context.Context, _ dataprotection.KeyID, fragment []byte) (string, []byte, error) {
	return "Microsoft.AspNetCore.DataProtection.XmlEncryption.NullXmlDecryptor, Microsoft.AspNetCore.DataProtection",
		slices.Concat([]byte("<unencryptedKey>"), fragment, []byte("</unencryptedKey>")), nil
}

func TestNullWrappedKeys(t *testing.T) {
	t.Run("XKM-4 escrow in clear, the store wrapped", func(t *testing.T) {
		var calls []string
		store, one := &fakeStore{}, &sink{name: "one", calls: &calls}
		cfg := config(store)
		cfg.Sealer, cfg.AllowUnsealed, cfg.Escrow = nullSealer{}, true, []dataprotection.EscrowSink{one}
		text := protect(t, open(t, cfg), "x")
		if not := missing(string(store.elements[0].XML), "<encryptedSecret ", "NullXmlDecryptor", "<unencryptedKey", "<value>"); not != nil {
			t.Errorf("%q missing in\n%s", not, store.elements[0].XML)
		}
		if bytes.Contains(one.xml, []byte("encryptedSecret")) {
			t.Errorf("escrow received\n%s", one.xml)
		}
		unprotect(t, open(t, config(store)), text, "x")
	})
	t.Run("they count as unsealed", func(t *testing.T) {
		store := &fakeStore{}
		cfg := config(store)
		cfg.Sealer, cfg.AllowUnsealed = nullSealer{}, true
		if st := open(t, cfg).Status(); st.Unsealed != 1 {
			t.Errorf("Status = %+v, want one unsealed key", st)
		}
		cfg.AllowUnsealed = false
		if _, err := dataprotection.Open(t.Context(), cfg); !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(err.Error(), "AllowUnsealed") {
			t.Errorf("Open = %v, want an error that names AllowUnsealed", err)
		}
	})
	t.Run("XKM-9 a descriptor that is wrapped as a whole", func(t *testing.T) {
		whole := `<descriptor deserializerType="` + model + `AuthenticatedEncryptorDescriptorDeserializer"><encryptedSecret decryptorType="Sealring.Test.Decryptor" xmlns="http://schemas.asp.net/2015/03/dataProtection">%s</encryptedSecret></descriptor>`
		_, element, _ := (&testSealer{name: "ours"}).Seal(t.Context(), dataprotection.KeyID{}, []byte(`<descriptor>`+cbcNames+`<masterKey><value>AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==</value></masterKey></descriptor>`))
		cfg := atNoon(holding(datedKey(idA, at.AddDate(0, -1, 0), strings.Replace(whole, "%s", strings.Replace(string(element), "<hidden ", `<hidden xmlns="" `, 1), 1))))
		cfg.Openers = []dataprotection.Opener{&testSealer{name: "theirs"}, &testSealer{name: "ours"}}
		opens(t, open(t, cfg).Protector("p"), sealBytes(t, ringOfKeys(t, keyXML(idA)).Protector("p"), []byte("x")), []byte("x"))
	})
}
