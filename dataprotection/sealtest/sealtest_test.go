package sealtest_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/sealtest"
)

const goodType = "Sealring.Test.Good"

// A good sealer is what all broken ones are made from: each embeds it and does one
// thing wrong.
type good struct{ key []byte }

func newGood() *good {
	s := &good{make([]byte, 32)}
	rand.Read(s.key)
	return s
}

func (s *good) holder() string {
	sum := sha256.Sum256(s.key)
	return fmt.Sprintf("%x", sum[:4])
}

func (s *good) aead() cipher.AEAD {
	block, err := aes.NewCipher(s.key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func (s *good) Seal(_ context.Context, id dataprotection.KeyID, fragment []byte) (string, []byte, error) {
	return s.write(s.aead().Seal(nil, nil, fragment, nil))
}

func (s *good) write(value []byte) (string, []byte, error) {
	return goodType + ", Sealring", []byte(`<good by="` + s.holder() + `">` + base64.StdEncoding.EncodeToString(value) + "</good>"), nil
}

func (s *good) Open(_ context.Context, decryptorType string, element []byte) ([]byte, error) {
	value, err := s.read(decryptorType, element)
	if err != nil {
		return nil, err
	}
	return s.aead().Open(nil, nil, value, nil)
}

func (s *good) read(decryptorType string, element []byte) ([]byte, error) {
	if name, _, _ := strings.Cut(decryptorType, ","); name != goodType {
		return nil, dataprotection.ErrNotMine
	}
	if len(element) > 64<<10 {
		return nil, errors.New("too long")
	}
	var x struct {
		XMLName xml.Name `xml:"good"`
		By      string   `xml:"by,attr"`
		Value   string   `xml:",chardata"`
	}
	if err := xml.Unmarshal(element, &x); err != nil {
		return nil, errors.New("not well-formed")
	}
	if x.By != s.holder() {
		return nil, dataprotection.ErrNotMine
	}
	return base64.StdEncoding.DecodeString(x.Value)
}

// bound is a good sealer that tells keys apart.
type bound struct{ *good }

func (s bound) Seal(_ context.Context, id dataprotection.KeyID, fragment []byte) (string, []byte, error) {
	return s.write(append(id[:], s.aead().Seal(nil, nil, fragment, id[:])...))
}

func (s bound) Open(ctx context.Context, decryptorType string, element []byte) ([]byte, error) {
	value, err := s.read(decryptorType, element)
	if err != nil || len(value) < 16 {
		return nil, cmpErr(err)
	}
	return s.aead().Open(nil, nil, value[16:], value[:16])
}

func cmpErr(err error) error {
	if err == nil {
		err = errors.New("too short")
	}
	return err
}

func (s bound) OpenKey(_ context.Context, id dataprotection.KeyID, decryptorType string, element []byte) ([]byte, error) {
	value, err := s.read(decryptorType, element)
	if err != nil || len(value) < 16 {
		return nil, cmpErr(err)
	}
	return s.aead().Open(nil, nil, value[16:], id[:])
}

// credulous takes the element's word for which key it is.
type credulous struct{ bound }

func (s credulous) OpenKey(ctx context.Context, _ dataprotection.KeyID, decryptorType string, element []byte) ([]byte, error) {
	return s.Open(ctx, decryptorType, element)
}

// A broken sealer calls seal and open in place of the good one's methods.
type broken struct {
	*good
	seal func(s *good, fragment []byte) (string, []byte, error)
	open func(s *good, decryptorType string, element []byte) ([]byte, error)
}

func (s *broken) Seal(ctx context.Context, id dataprotection.KeyID, fragment []byte) (string, []byte, error) {
	if s.seal == nil {
		return s.good.Seal(ctx, id, fragment)
	}
	return s.seal(s.good, fragment)
}

func (s *broken) Open(ctx context.Context, decryptorType string, element []byte) ([]byte, error) {
	if s.open == nil {
		return s.good.Open(ctx, decryptorType, element)
	}
	return s.open(s.good, decryptorType, element)
}

func sealing(seal func(s *good, fragment []byte) (string, []byte, error)) func(*good) sealtest.Sealer {
	return func(s *good) sealtest.Sealer { return &broken{good: s, seal: seal} }
}

func opening(open func(s *good, decryptorType string, element []byte) ([]byte, error)) func(*good) sealtest.Sealer {
	return func(s *good) sealtest.Sealer { return &broken{good: s, open: open} }
}

func goodSeal(s *good, fragment []byte) (string, []byte, error) {
	return s.Seal(context.Background(), dataprotection.KeyID{}, fragment)
}

func goodOpen(s *good, decryptorType string, element []byte) ([]byte, error) {
	return s.Open(context.Background(), decryptorType, element)
}

// streaming encrypts without authentication.
func streaming(s *good) sealtest.Sealer {
	stream := func(iv, text []byte) []byte {
		block, err := aes.NewCipher(s.key)
		if err != nil {
			panic(err)
		}
		out := make([]byte, len(text))
		cipher.NewCTR(block, iv).XORKeyStream(out, text)
		return out
	}
	return &broken{
		good: s,
		seal: func(s *good, fragment []byte) (string, []byte, error) {
			iv := make([]byte, 16)
			rand.Read(iv)
			return s.write(append(iv, stream(iv, fragment)...))
		},
		open: func(s *good, decryptorType string, element []byte) ([]byte, error) {
			value, err := s.read(decryptorType, element)
			if err != nil || len(value) < 17 {
				return nil, cmpErr(err)
			}
			return stream(value[:16], value[16:]), nil
		},
	}
}

// recognizing is a good sealer that tells by looking what it has sealed.
type recognizing struct {
	*good
	sealed func(s *good, decryptorType string, element []byte) bool
}

func (r recognizing) Sealed(decryptorType string, element []byte) bool {
	return r.sealed(r.good, decryptorType, element)
}

func recognize(sealed func(s *good, decryptorType string, element []byte) bool) func(*good) sealtest.Sealer {
	return func(s *good) sealtest.Sealer { return recognizing{s, sealed} }
}

func goodSealed(s *good, decryptorType string, element []byte) bool {
	_, err := s.read(decryptorType, element)
	return err == nil
}

func TestBrokenSealersFail(t *testing.T) {
	for _, row := range []struct {
		name   string
		sealer func(*good) sealtest.Sealer
		check  string // one that has to fail
	}{
		{"forgets its key", func(s *good) sealtest.Sealer { return newGood() }, "another process opens"},
		{"cannot seal", sealing(func(*good, []byte) (string, []byte, error) { return "", nil, errors.New("no") }), "keys come back"},
		{"cuts what is long", sealing(func(s *good, f []byte) (string, []byte, error) { return goodSeal(s, f[:min(len(f), 1000)]) }), "keys come back"},
		{"returns something else", opening(func(s *good, dt string, e []byte) ([]byte, error) {
			got, err := goodOpen(s, dt, e)
			return bytes.Replace(got, []byte("A"), []byte("B"), 1), err
		}), "keys come back"},
		{"opens no key that a ring takes", opening(func(s *good, dt string, e []byte) ([]byte, error) {
			got, err := goodOpen(s, dt, e)
			return append(got, "& more"...), err
		}), "keys come back"},
		{"wants its element as it was", opening(func(s *good, dt string, e []byte) ([]byte, error) {
			if !bytes.HasPrefix(e, []byte("<good by=")) || bytes.Contains(e, []byte("xmlns")) {
				return nil, errors.New("not as it was")
			}
			return goodOpen(s, dt, e)
		}), "in a key file"},
		{"two elements", sealing(func(s *good, f []byte) (string, []byte, error) {
			dt, e, err := goodSeal(s, f)
			return dt, append(e, "<more />"...), err
		}), "one element"},
		{"declaration", sealing(func(s *good, f []byte) (string, []byte, error) {
			dt, e, err := goodSeal(s, f)
			return dt, append([]byte(`<?xml version="1.0"?>`), e...), err
		}), "one element"},
		{"no type", sealing(func(s *good, f []byte) (string, []byte, error) {
			_, e, err := goodSeal(s, f)
			return "", e, err
		}), "one element"},
		{"two types", sealing(func(s *good, f []byte) (string, []byte, error) {
			dt, e, err := goodSeal(s, f)
			return fmt.Sprint(dt, len(f)), e, err
		}), "one element"},
		{"does not encrypt", sealing(func(s *good, f []byte) (string, []byte, error) { return goodType, f, nil }), "nothing in clear"},
		{"encodes", sealing(func(s *good, f []byte) (string, []byte, error) { return s.write(f) }), "nothing in clear"},
		{"encodes, shifted", sealing(func(s *good, f []byte) (string, []byte, error) { return s.write(append([]byte("x"), f...)) }), "nothing in clear"},
		{"nothing random", sealing(func(s *good, f []byte) (string, []byte, error) {
			sum := sha256.Sum256(append(s.key, f...))
			return s.write(sum[:])
		}), "never twice the same"},
		{"changes the fragment", sealing(func(s *good, f []byte) (string, []byte, error) {
			defer clear(f)
			return goodSeal(s, f)
		}), "no aliasing"},
		{"changes the element", opening(func(s *good, dt string, e []byte) ([]byte, error) {
			got, err := goodOpen(s, dt, e)
			clear(e)
			return got, err
		}), "no aliasing"},
		{"gives out what it keeps", func(s *good) sealtest.Sealer {
			kept := map[string][]byte{}
			return &broken{good: s, open: func(s *good, dt string, e []byte) ([]byte, error) {
				if got, ok := kept[string(e)]; ok {
					return got, nil
				}
				got, err := goodOpen(s, dt, e)
				kept[string(e)] = got
				return got, err
			}}
		}, "no aliasing"},
		{"compares the whole type name", opening(func(s *good, dt string, e []byte) ([]byte, error) {
			if dt != goodType+", Sealring" {
				return nil, dataprotection.ErrNotMine
			}
			return goodOpen(s, dt, e)
		}), "the rest of the type name"},
		{"any type", opening(func(s *good, _ string, e []byte) ([]byte, error) { return goodOpen(s, goodType, e) }), "foreign types"},
		{"any type with that beginning", opening(func(s *good, dt string, e []byte) ([]byte, error) {
			if strings.HasPrefix(dt, goodType) {
				dt = goodType
			}
			return goodOpen(s, dt, e)
		}), "foreign types"},
		{"foreign types are an error", opening(func(s *good, dt string, e []byte) ([]byte, error) {
			got, err := goodOpen(s, dt, e)
			if errors.Is(err, dataprotection.ErrNotMine) {
				err = errors.New("never heard of it")
			}
			return got, err
		}), "foreign types"},
		{"other holders are an error", opening(func(s *good, dt string, e []byte) ([]byte, error) {
			got, err := goodOpen(s, dt, e)
			if errors.Is(err, dataprotection.ErrNotMine) && strings.HasPrefix(dt, goodType) {
				err = errors.New("another holder")
			}
			return got, err
		}), "another holder"},
		{"knows nothing", recognize(func(*good, string, []byte) bool { return false }), "knows its own"},
		{"knows everything", recognize(func(*good, string, []byte) bool { return true }), "knows its own"},
		{"knows the type alone", recognize(func(_ *good, dt string, _ []byte) bool { return strings.HasPrefix(dt, goodType) }), "knows its own"},
		{"knows the element alone", recognize(func(s *good, _ string, e []byte) bool { return goodSealed(s, goodType, e) }), "knows its own"},
		{"knows a cut element", recognize(func(s *good, dt string, e []byte) bool {
			return goodSealed(s, dt, e) || strings.HasPrefix(dt, goodType) && bytes.Contains(e, []byte(s.holder()))
		}), "knows its own"},
		{"panics", opening(func(s *good, dt string, e []byte) ([]byte, error) {
			_ = e[40]
			return goodOpen(s, dt, e)
		}), "garbage"},
		{"takes anything", opening(func(s *good, dt string, e []byte) ([]byte, error) {
			if got, err := goodOpen(s, dt, e); err == nil || errors.Is(err, dataprotection.ErrNotMine) {
				return got, err
			}
			return []byte("<any />"), nil
		}), "garbage"},
		{"no authentication", streaming, "changed elements"},
		{"shows the key in an error", opening(func(s *good, dt string, e []byte) ([]byte, error) {
			if got, err := goodOpen(s, dt, append(slices.Clip(e[:len(e)-1]), '>')); err == nil && e[len(e)-1] != '>' {
				return nil, fmt.Errorf("unexpected end after %s", got)
			}
			return goodOpen(s, dt, e)
		}), "changed elements"},
		{"returns the key beside an error", opening(func(s *good, dt string, e []byte) ([]byte, error) {
			if got, err := goodOpen(s, dt, append(slices.Clip(e[:len(e)-1]), '>')); err == nil && e[len(e)-1] != '>' {
				return got, errors.New("unexpected end")
			}
			return goodOpen(s, dt, e)
		}), "changed elements"},
		{"bears what is cut", streaming, "cut elements"},
		{"believes what the element says", func(s *good) sealtest.Sealer { return credulous{bound{s}} }, "in place of another key"},
		{"one buffer for all", func(s *good) sealtest.Sealer {
			shared := make(chan []byte, 1)
			shared <- nil
			return &broken{good: s, seal: func(s *good, f []byte) (string, []byte, error) {
				last := <-shared
				shared <- bytes.Clone(f)
				if last != nil {
					f = last
				}
				return goodSeal(s, f)
			}}
		}, "at the same time"},
	} {
		t.Run(row.name, func(t *testing.T) {
			failures := sealtest.Failures(t.Context(), row.check, holders(row.sealer), sealtest.Options{})
			if failures[row.check] == "" {
				t.Errorf("the check %q passed", row.check)
			}
			t.Log(failures[row.check])
		})
	}
}

// holders makes sealers of one holder from a good one with one key.
func holders(sealer func(*good) sealtest.Sealer) func() func() sealtest.Sealer {
	return func() func() sealtest.Sealer {
		s := newGood()
		return func() sealtest.Sealer { return sealer(s) }
	}
}

func TestGoodSealersPass(t *testing.T) {
	for _, row := range []struct {
		name   string
		sealer func(*good) sealtest.Sealer
	}{
		{"good", func(s *good) sealtest.Sealer { return s }},
		{"bound to keys", func(s *good) sealtest.Sealer { return bound{s} }},
		{"knows its own", recognize(goodSealed)},
		{"opens to a document", opening(func(s *good, dt string, e []byte) ([]byte, error) {
			got, err := goodOpen(s, dt, e)
			if err != nil {
				return nil, err
			}
			return append([]byte("\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"), got...), nil
		})},
	} {
		t.Run(row.name, func(t *testing.T) {
			for check, message := range sealtest.Failures(t.Context(), "", holders(row.sealer), sealtest.Options{}) {
				t.Errorf("%s: %s", check, message)
			}
		})
	}
}

// What a format does not show must not be held against it, but another key must
// never come out.
func TestNotAuthenticated(t *testing.T) {
	failures := sealtest.Failures(t.Context(), "", holders(streaming), sealtest.Options{NotAuthenticated: true})
	if failures["changed elements"] == "" {
		t.Error("with a stream cipher a changed element is another key, and the check passed")
	}
	delete(failures, "changed elements")
	for check, message := range failures {
		t.Errorf("%s: %s", check, message)
	}
}
