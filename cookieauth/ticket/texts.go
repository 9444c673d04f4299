package ticket

import (
	"strings"

	"github.com/sealring/sealring/cookieauth/claims"
)

// texts keeps the texts of a ticket as strings, several in one piece of memory. The
// ticket's other bytes are not kept, of which most are names that known has: what a
// request allocates is the larger part of what its ticket costs.
type texts struct{ piece strings.Builder }

// keep returns text as a string. Size is that of the whole ticket: a quarter of it
// holds all texts of an ordinary one, and makes the pieces of others few.
func (t *texts) keep(text []byte, size int) string {
	start := t.piece.Len()
	if t.piece.Cap()-start < len(text) {
		t.piece.Reset() // what is in it stays as it is
		t.piece.Grow(max(len(text), size/4))
		start = 0
	}
	t.piece.Write(text)
	return t.piece.String()[start:]
}

// known returns a name that most tickets have, as a string that needs no memory.
func known(name []byte) (string, bool) {
	switch string(name) {
	case "Cookies": // the default scheme, here and there
		return "Cookies", true
	case keyIssued:
		return keyIssued, true
	case keyExpires:
		return keyExpires, true
	case keyPersistent:
		return keyPersistent, true
	case keyRefresh:
		return keyRefresh, true
	case keyRedirect:
		return keyRedirect, true
	case claims.TypeEmail:
		return claims.TypeEmail, true
	case claims.TypeGivenName:
		return claims.TypeGivenName, true
	case claims.TypeName:
		return claims.TypeName, true
	case claims.TypeNameIdentifier:
		return claims.TypeNameIdentifier, true
	case claims.TypeSID:
		return claims.TypeSID, true
	case claims.TypeSurname:
		return claims.TypeSurname, true
	case claims.TypeUPN:
		return claims.TypeUPN, true
	case claims.TypeAuthenticationInstant:
		return claims.TypeAuthenticationInstant, true
	case claims.TypeAuthenticationMethod:
		return claims.TypeAuthenticationMethod, true
	case claims.TypeGroupSID:
		return claims.TypeGroupSID, true
	case claims.TypePrimaryGroupSID:
		return claims.TypePrimaryGroupSID, true
	case claims.TypePrimarySID:
		return claims.TypePrimarySID, true
	case claims.TypeRole:
		return claims.TypeRole, true
	case claims.TypeUserData:
		return claims.TypeUserData, true
	case claims.TypeSubject:
		return claims.TypeSubject, true
	}
	return "", false
}
