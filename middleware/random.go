package middleware

import (
	"crypto/rand"
	"sync"

	"github.com/sealring/sealring/internal/base64url"
)

// A stock is random text in the alphabet of base64 for URLs, six bits a character.
// It is for many requests: asking the system takes longer than what it is asked for.
type stock struct {
	text [2560]byte
	left int // how many characters nobody has had yet
}

var stocks = sync.Pool{New: func() any { return new(stock) }}

// draw fills texts with what nobody guesses, and keeps no copy of it.
func draw(texts ...[]byte) {
	s := stocks.Get().(*stock)
	for _, text := range texts {
		s.take(text)
	}
	stocks.Put(s)
}

func (s *stock) take(text []byte) {
	if s.left < len(text) {
		s.fill()
	}
	taken := s.text[s.left-len(text) : s.left]
	copy(text, taken)
	clear(taken)
	s.left -= len(text)
}

func (s *stock) fill() {
	var random [len(s.text) / 8 * 6]byte
	rand.Read(random[:])
	base64url.AppendEncode(s.text[:0], random[:])
	s.left = len(s.text)
}
