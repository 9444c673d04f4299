package secretseal

// NewCheap returns a sealer whose secret is not protected by any work, for tests
// that make many.
func NewCheap(secret string) (*Sealer, error) {
	s, err := New(secret)
	if err == nil {
		s.cost = cost{time: 1, memory: 64, threads: 1}
	}
	return s, err
}

// Derived returns how many keys are remembered.
func (s *Sealer) Derived() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.derived)
}
