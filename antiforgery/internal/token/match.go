package token

import (
	"crypto/subtle"

	"github.com/sealring/sealring/internal/grammar"
	"github.com/sealring/sealring/internal/ordinal"
)

// A Fault is why two tokens are no pair, or not the user's.
type Fault int

// The faults, in the order in which they are looked for.
const (
	None        Fault = iota
	Swapped           // one of them is of the other kind
	OtherCookie       // they were not made together
	OtherUser         // the request token is for another user, by name
	OtherUserID       // the request token is for another user, by claims
)

// Match judges a pair for the user of the request. Additional data is the
// caller's to judge.
func Match(cookie, request *Token, current *User) Fault {
	switch {
	case !cookie.IsCookie || request.IsCookie:
		return Swapped
	case subtle.ConstantTimeCompare(cookie.Security[:], request.Security[:]) != 1:
		return OtherCookie
	case !sameName(request.User.Name, current.Name):
		return OtherUser
	case request.User.ByClaims != current.ByClaims,
		subtle.ConstantTimeCompare(request.User.UID[:], current.UID[:]) != 1:
		return OtherUserID
	}
	return None
}

// sameName compares user names without regard to case, unless they are addresses.
func sameName(token, current string) bool {
	if grammar.HasPrefixFold(current, "http://") || grammar.HasPrefixFold(current, "https://") {
		return token == current
	}
	return ordinal.EqualFold(token, current)
}
