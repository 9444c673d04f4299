package authenc_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
)

var master = bytes.Repeat([]byte{0x5a}, 64)

// refused checks that b does not open sealed and says nothing about why.
func refused(t *testing.T, what string, b *authenc.Bound, sealed []byte) {
	t.Helper()
	if got, err := b.AppendOpen(nil, sealed); err != authenc.ErrOpen || got != nil {
		t.Errorf("%s: AppendOpen(%x): got %x, %v, want nil, ErrOpen", what, sealed, got, err)
	}
}

func TestReferenceEncryptorTests(t *testing.T) {
	zeros := make([]byte, 64)
	gcm128 := authenc.Suite{Mode: authenc.GCM, Cipher: authenc.AES, KeyBits: 128}
	for _, tt := range []struct {
		name  string
		suite authenc.Suite
	}{
		{"ENC-1 ENC-2 CBC with HMAC", cbc256},
		{"ENC-7 GCM", gcm128},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key := newKey(t, tt.suite, zeros)
			bound := key.Bind([]byte("aad"))
			sealed, err := bound.AppendSeal(nil, []byte("plaintext"))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := bound.AppendOpen(nil, sealed); err != nil || string(got) != "plaintext" {
				t.Errorf("round trip: got %q, %v", got, err)
			}
			changed := slices.Clone(sealed)
			changed[0] ^= 1
			refused(t, "10 bytes", bound, sealed[:10])
			refused(t, "key modifier changed", bound, changed)
			refused(t, "zero byte appended", bound, append(slices.Clone(sealed), 0))
			refused(t, "other AAD", key.Bind([]byte("different aad")), sealed)
		})
	}
	t.Run("ENC-10 what an independent writing of the format makes", func(t *testing.T) {
		aad, plaintext := []byte("cross-version-aad"), []byte("cross-version-test-payload")
		got, err := newKey(t, cbc256, zeros).Bind(aad).AppendOpen(nil, plainSeal(cbc256, zeros, aad, plaintext))
		if err != nil || !bytes.Equal(got, plaintext) {
			t.Errorf("got %q, %v, want %q", got, err, plaintext)
		}
	})
}

// Every suite and length, against the plain writing of the format.
func TestRoundTrip(t *testing.T) {
	for _, suite := range suites {
		t.Run(suite.String(), func(t *testing.T) {
			aad := []byte("label")
			bound := newKey(t, suite, master).Bind(aad)
			for _, n := range []int{0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100, 255, 256, 1000, 4096, 5001} {
				plaintext := bytes.Repeat([]byte{byte(n)}, n)
				sealed := seal(t, bound, plaintext)
				if len(sealed) != suite.SealedSize(n) {
					t.Errorf("%d bytes: sealed in %d, want SealedSize %d", n, len(sealed), suite.SealedSize(n))
				}
				for what, s := range map[string][]byte{"own": sealed, "plain": plainSeal(suite, master, aad, plaintext)} {
					if got, err := bound.AppendOpen(nil, s); err != nil || !bytes.Equal(got, plaintext) {
						t.Errorf("%d bytes, %s: got %x, %v", n, what, got, err)
					}
				}
			}
		})
	}
}

func TestSealIsRandom(t *testing.T) {
	for _, suite := range []authenc.Suite{cbc256, gcm256} {
		bound := newKey(t, suite, master).Bind(nil)
		a, b := seal(t, bound, []byte("same")), seal(t, bound, []byte("same"))
		if bytes.Equal(a[:16], b[:16]) || bytes.Equal(a[16:28], b[16:28]) || bytes.Equal(a[28:], b[28:]) {
			t.Errorf("%v: the same in %x and %x", suite, a, b)
		}
	}
}

func TestSealFailsWithItsRandomness(t *testing.T) {
	want := errors.New("no randomness")
	for _, suite := range []authenc.Suite{cbc256, gcm256} {
		bound := newKey(t, suite, master).Bind(nil)
		got, err := bound.AppendSealFrom([]byte("front"), []byte("x"), func([]byte) (int, error) { return 0, want })
		if err != want || got != nil {
			t.Errorf("%v: got %x, %v, want nil, %v", suite, got, err, want)
		}
	}
}

func TestOpenRefusesEveryChange(t *testing.T) {
	for _, suite := range suites {
		t.Run(suite.String(), func(t *testing.T) {
			bound := newKey(t, suite, master).Bind([]byte("aad"))
			for _, n := range []int{0, 16, 21} {
				sealed := seal(t, bound, bytes.Repeat([]byte{1}, n))
				changed := slices.Clone(sealed)
				for bit := range 8 * len(sealed) {
					changed[bit/8] ^= 1 << (bit % 8)
					refused(t, "bit flipped", bound, changed)
					changed[bit/8] ^= 1 << (bit % 8)
				}
				for cut := range sealed {
					refused(t, "end cut", bound, sealed[:cut])
					refused(t, "front cut", bound, sealed[cut+1:])
				}
				for _, more := range []int{1, 8, 16, 20, 64} {
					refused(t, "zeros appended", bound, append(slices.Clone(sealed), make([]byte, more)...))
				}
			}
			refused(t, "nothing", bound, nil)
			refused(t, "zeros", bound, make([]byte, 200))
			a, b := seal(t, bound, make([]byte, 48)), seal(t, bound, make([]byte, 48))
			refused(t, "modifiers swapped", bound, append(slices.Clone(a[:16]), b[16:]...))
			refused(t, "ends swapped", bound, append(slices.Clone(a[:len(a)-16]), b[len(b)-16:]...))
		})
	}
}

func TestOpenRefusesOtherKeys(t *testing.T) {
	for i, suite := range suites {
		key := newKey(t, suite, master)
		bound := key.Bind([]byte("aad"))
		sealed := seal(t, bound, []byte("plaintext"))
		refused(t, "other AAD", key.Bind([]byte("aae")), sealed)
		refused(t, "longer AAD", key.Bind([]byte("aad\x00")), sealed)
		refused(t, "no AAD", key.Bind(nil), sealed)
		refused(t, "other master key", newKey(t, suite, master[1:]).Bind([]byte("aad")), sealed)
		for j, other := range suites {
			if i != j {
				refused(t, suite.String()+" as "+other.String(), newKey(t, other, master).Bind([]byte("aad")), sealed)
			}
		}
	}
}

// A good MAC over a bad padding is what only a holder of the key can make.
func TestOpenRefusesBadPadding(t *testing.T) {
	for _, suite := range suites {
		if suite.Mode != authenc.CBC {
			continue
		}
		block := 16
		if suite.Cipher == authenc.TripleDES {
			block = 8
		}
		bound := newKey(t, suite, master).Bind(nil)
		ending := func(end ...byte) []byte {
			message := make([]byte, 3*block) // IV and two blocks
			copy(message[3*block-len(end):], end)
			return bound.AppendForged(master[:16], message)
		}
		whole := bytes.Repeat([]byte{byte(block)}, block)
		for _, tt := range []struct {
			name string
			end  []byte
			want int // bytes of plaintext, -1 for none
		}{
			{"one", []byte{1}, 2*block - 1},
			{"three", []byte{3, 3, 3}, 2*block - 3},
			{"a block", whole, block},
			{"zero", []byte{0}, -1},
			{"too long", []byte{byte(block + 1)}, -1},
			{"255", []byte{255}, -1},
			{"first byte wrong", []byte{2, 3, 3}, -1},
			{"middle byte wrong", []byte{3, 2, 3}, -1},
			{"a block with its first byte wrong", append([]byte{9}, whole[1:]...), -1},
			{"ISO 10126", []byte{7, 9, 3}, -1},
		} {
			dst := make([]byte, 0, 64)
			got, err := bound.AppendOpen(dst, ending(tt.end...))
			if tt.want >= 0 {
				if err != nil || len(got) != tt.want {
					t.Errorf("%v, %s: got %x, %v, want %d bytes", suite, tt.name, got, err, tt.want)
				}
				continue
			}
			if err != authenc.ErrOpen || got != nil {
				t.Errorf("%v, %s: got %x, %v, want nil, ErrOpen", suite, tt.name, got, err)
			}
			if room := dst[:cap(dst)]; !bytes.Equal(room, make([]byte, cap(dst))) {
				t.Errorf("%v, %s: left %x behind dst", suite, tt.name, room)
			}
		}
		refused(t, "no block at all", bound, bound.AppendForged(master[:16], make([]byte, block)))
		if got, err := bound.AppendOpen(nil, bound.AppendForged(master[:16], append(make([]byte, block), whole...))); err != nil || len(got) != 0 {
			t.Errorf("%v: one block of padding: got %x, %v, want nothing, nil", suite, got, err)
		}
	}
}

func TestAppend(t *testing.T) {
	for _, suite := range suites {
		bound := newKey(t, suite, master).Bind(nil)
		plaintext := []byte("a plaintext of some length")
		sealed := seal(t, bound, plaintext)
		for _, room := range []int{0, 1, len(plaintext) - 1, len(plaintext), suite.MaxPlaintext(len(sealed)), 500} {
			dst := append(make([]byte, 0, 5+room), "front"...)
			again, err := bound.AppendSealFrom(dst, plaintext, counting(new(int)))
			if err != nil || len(again) != 5+suite.SealedSize(len(plaintext)) || !bytes.HasPrefix(again, []byte("front")) {
				t.Errorf("%v, room %d: seal: got %q, %v", suite, room, again, err)
			}
			got, err := bound.AppendOpen(dst, sealed)
			if err != nil || string(got) != "front"+string(plaintext) {
				t.Errorf("%v, room %d: open: got %q, %v", suite, room, got, err)
			}
			if string(dst) != "front" {
				t.Errorf("%v, room %d: dst is %q", suite, room, dst)
			}
			if room >= len(plaintext) && &got[0] != &dst[0] {
				t.Errorf("%v, room %d: the room in dst was not used", suite, room)
			}
		}
	}
}

func TestOpenLeavesInputAndFailedOutputAlone(t *testing.T) {
	for _, suite := range suites {
		bound := newKey(t, suite, master).Bind(nil)
		sealed := seal(t, bound, bytes.Repeat([]byte("secret"), 20))
		before := slices.Clone(sealed)
		if _, err := bound.AppendOpen(nil, sealed); err != nil || !bytes.Equal(sealed, before) {
			t.Errorf("%v: sealed text changed by opening it, %v", suite, err)
		}
		for _, at := range []int{0, 20, 60, len(sealed) - 1} {
			bad := slices.Clone(sealed)
			bad[at] ^= 0x80
			dst := append(make([]byte, 0, 300), "front"...)
			if got, err := bound.AppendOpen(dst, bad); err != authenc.ErrOpen || got != nil {
				t.Errorf("%v, byte %d: got %q, %v, want nil, ErrOpen", suite, at, got, err)
			}
			if room := dst[:cap(dst)]; string(dst) != "front" || bytes.Contains(room, []byte("secret")) {
				t.Errorf("%v, byte %d: dst holds %q", suite, at, room)
			}
		}
	}
}

func TestEmptyMasterKey(t *testing.T) {
	for _, suite := range suites {
		bound := newKey(t, suite, nil).Bind([]byte("aad"))
		sealed, sealErr := bound.AppendSealFrom(nil, []byte("x"), counting(new(int)))
		if suite.Mode == authenc.GCM {
			if got, err := bound.AppendOpen(nil, sealed); sealErr != nil || err != nil || string(got) != "x" {
				t.Errorf("%v: got %q, %v, %v, want a round trip", suite, got, sealErr, err)
			}
			continue
		}
		opened, openErr := bound.AppendOpen(nil, plainSeal(suite, nil, []byte("aad"), []byte("x")))
		if sealErr != authenc.ErrEmptyKey || openErr != authenc.ErrEmptyKey || sealed != nil || opened != nil {
			t.Errorf("%v: got %x, %v, %x, %v, want ErrEmptyKey twice", suite, sealed, sealErr, opened, openErr)
		}
	}
}

func TestMasterKeyOfEveryLength(t *testing.T) {
	for _, suite := range []authenc.Suite{cbc256, gcm256} {
		for _, n := range []int{1, 10, 63, 64, 65, 127, 128, 129, 300} {
			key := bytes.Repeat([]byte{byte(n)}, n)
			got, err := newKey(t, suite, key).Bind(nil).AppendOpen(nil, plainSeal(suite, key, nil, []byte("x")))
			if err != nil || string(got) != "x" {
				t.Errorf("%v, %d bytes: got %q, %v", suite, n, got, err)
			}
		}
	}
}

func TestTripleDESOnlyOpens(t *testing.T) {
	suite := authenc.Suite{Cipher: authenc.TripleDES, KeyBits: 192, Hash: authenc.SHA1}
	bound := newKey(t, suite, master).Bind(nil)
	got, err := bound.AppendSeal([]byte("front"), []byte("x"))
	if got != nil || err == nil || !strings.Contains(err.Error(), "3DES is for opening only") {
		t.Errorf("AppendSeal: got %x, %v, want a refusal", got, err)
	}
}

func TestConcurrentUse(t *testing.T) {
	for _, suite := range []authenc.Suite{cbc256, gcm256, {KeyBits: 128, Hash: authenc.SHA512}, {KeyBits: 192, Hash: authenc.SHA384}} {
		key := newKey(t, suite, master)
		bound := key.Bind([]byte("aad"))
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				plaintext := bytes.Repeat([]byte{byte(i)}, 10*i)
				for range 50 {
					sealed, err := bound.AppendSeal(nil, plaintext)
					if err != nil {
						t.Errorf("%v: %v", suite, err)
						return
					}
					got, err := bound.AppendOpen(nil, sealed)
					if err != nil || !bytes.Equal(got, plaintext) {
						t.Errorf("%v: got %x, %v, want %x", suite, got, err, plaintext)
					}
					sealed[len(sealed)-1] ^= 1
					refused(t, "changed", bound, sealed)
					refused(t, "other AAD", key.Bind(plaintext), sealed)
				}
			})
		}
		wg.Wait()
	}
}
