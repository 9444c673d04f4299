package authenc

// DeriveKey is the whole key derivation, as the reference's tests call it.
func DeriveKey(master, label, contextHeader, context []byte, n int) []byte {
	s := getScratch()
	defer s.release()
	k := newPRF(master).bind(label, contextHeader, n)
	return append([]byte(nil), k.derive(s, context)...)
}

// ContextHeader is the suite's context header.
func (s Suite) ContextHeader() ([]byte, error) { return s.contextHeader() }

// AppendSealFrom is AppendSeal for every suite, with a source of randomness.
func (b *Bound) AppendSealFrom(dst, plaintext []byte, random func([]byte) (int, error)) ([]byte, error) {
	return b.appendSeal(dst, plaintext, random)
}

// AppendForged seals blocks that are already padded, well or badly.
func (b *Bound) AppendForged(modifier, message []byte) []byte {
	s := getScratch()
	defer s.release()
	encryption, mac := b.subkeys(s, modifier)
	block, err := b.suite.newCipher(encryption)
	if err != nil {
		panic(err)
	}
	out := append(append([]byte(nil), modifier...), message...)
	encryptCBC(block, out[len(modifier):])
	return append(out, s.hmac(b.suite.Hash, mac, out[len(modifier):])...)
}

// Remembered returns how many payloads a Bound remembers, and whether it has places
// for any.
func (b *Bound) Remembered() (n int, hasTable bool) {
	table := b.recent.table.Load()
	if table == nil {
		return 0, false
	}
	for i := range table {
		if table[i].keys.Load() != nil {
			n++
		}
	}
	return n, true
}

// Places is how many payloads are remembered at most.
const Places = places
