package dataprotection

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

// understood is what an element is: a *ringKey, or what keyxml.Parse returns of
// anything else; or why it cannot be parsed.
type understood struct {
	parsed any
	err    error
}

// understand parses elements and opens the keys among them, each once: what was
// opened before is known by the hash of its element. Opening can take a private
// key, or a device that holds one, so it is done for several keys at a time.
func (r *reader) understand(ctx context.Context, elements []Element) []understood {
	found := make([]understood, len(elements))
	hashes := make([][sha256.Size]byte, len(elements))
	var unknown []int
	for i, e := range elements {
		hashes[i] = sha256.Sum256(e.XML)
		if k := r.opened[hashes[i]]; k != nil {
			found[i].parsed = k
		} else {
			unknown = append(unknown, i)
		}
	}
	inParallel(len(unknown), func(n int) {
		i := unknown[n]
		found[i] = r.look(ctx, elements[i], hashes[i])
	})
	opened := make(map[[sha256.Size]byte]*ringKey, len(elements))
	for i := range found {
		if k, ok := found[i].parsed.(*ringKey); ok && k.key != nil {
			opened[hashes[i]] = k
		}
	}
	r.opened = opened
	return found
}

// look is understand for one element that is not known.
func (r *reader) look(ctx context.Context, e Element, hash [sha256.Size]byte) understood {
	parsed, err := keyxml.Parse(e.XML)
	key, ok := parsed.(*keyxml.Key)
	if err != nil || !ok {
		return understood{parsed, err}
	}
	k := r.open(ctx, e, key)
	k.hash = hash
	return understood{parsed: k}
}

// inParallel does work for 0 to n-1, on as many goroutines as there are processors.
func inParallel(n int, work func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				work(int(i))
			}
		})
	}
	workers.Wait()
}

// open makes a ringKey of a parsed key, opened if possible.
func (r *reader) open(ctx context.Context, e Element, parsed *keyxml.Key) *ringKey {
	k := &ringKey{info: KeyInfo{
		ID:      parsed.ID,
		Created: parsed.Created, Activates: parsed.Activates, Expires: parsed.Expires,
		SealedBy: parsed.SealedBy(),
		Element:  elementName(e),
	}}
	algorithm, master, err := parsed.Open(openerOf(ctx, r.cfg.Openers, parsed.ID))
	if err == nil && r.cfg.Sealer != nil && !r.cfg.AllowUnsealed && len(k.info.SealedBy) == 0 {
		err = errors.New("it is stored in clear although a Sealer is configured; AllowUnsealed accepts such keys")
	}
	if err == nil {
		k.key, err = newKey(algorithm, master)
		k.secret = secretOf(algorithm, master)
		clear(master)
	}
	if err != nil {
		k.info.Unusable = err
		return k
	}
	k.info.Algorithm = algorithm.String()
	return k
}

// remember saves the work of opening a key that was made here when the store shows it.
func (r *reader) remember(k *ringKey) { r.opened[k.hash] = k }

func newKey(algorithm keyxml.Algorithm, master []byte) (*authenc.Key, error) {
	suite, err := algorithm.Suite()
	if err != nil {
		return nil, err
	}
	return authenc.NewKey(suite, master)
}

// unseal asks the openers in order. The reasons of those that hold no key for the
// element are for the case that none does.
func unseal(ctx context.Context, openers []Opener, id KeyID, decryptorType string, element []byte) ([]byte, error) {
	reasons := ""
	for _, o := range openers {
		opened, err := openWith(ctx, o, id, decryptorType, element)
		if !errors.Is(err, ErrNotMine) {
			return opened, err
		}
		if err != ErrNotMine {
			reasons += "; " + err.Error()
		}
	}
	return nil, fmt.Errorf("it was sealed by %s, and none of the %d configured openers can open it%s", keyxml.TypeName(decryptorType), len(openers), reasons)
}

func openWith(ctx context.Context, o Opener, id KeyID, decryptorType string, element []byte) ([]byte, error) {
	if ko, ok := o.(KeyOpener); ok {
		return ko.OpenKey(ctx, id, decryptorType, element)
	}
	return o.Open(ctx, decryptorType, element)
}

// secretOf tells keys apart by what is secret in them.
func secretOf(algorithm keyxml.Algorithm, master []byte) [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00", algorithm)
	h.Write(master)
	return [sha256.Size]byte(h.Sum(nil))
}
