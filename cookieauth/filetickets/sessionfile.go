package filetickets

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/internal/record"
)

// A header is the first line of a session's file, without the line break. The
// bytes of the ticket follow. Times are microseconds since 1970.
type header struct {
	Scheme  string `json:"scheme"`
	User    string `json:"user"`
	Created int64  `json:"created"`
	Seen    int64  `json:"seen"`
	Expires int64  `json:"expires"`
	Address string `json:"address"`
	Agent   string `json:"agent"`
	Ticket  int    `json:"ticket"`          // its length
	Nonce   string `json:"nonce,omitempty"` // tells who has created it
}

func encode(s *cookieauth.StoredSession, nonce string) ([]byte, error) {
	line, err := json.Marshal(header{
		Scheme: s.Scheme, User: s.User,
		Created: record.Micros(s.Created), Seen: record.Micros(s.LastSeen), Expires: record.Micros(s.Expires),
		Address: s.Address, Agent: s.UserAgent, Ticket: len(s.Ticket), Nonce: nonce,
	})
	return append(append(line, '\n'), s.Ticket...), err
}

// errDamaged says that a file is not what this package writes.
var errDamaged = errors.New("not a session's file, or a damaged one")

func decode(id string, file []byte) (*cookieauth.StoredSession, header, error) {
	line, ticket, ok := bytes.Cut(file, []byte{'\n'})
	var h header
	if !ok || json.Unmarshal(line, &h) != nil || h.Ticket != len(ticket) {
		return nil, h, fmt.Errorf("%s: %w", id, errDamaged)
	}
	return &cookieauth.StoredSession{
		ID: id, Scheme: h.Scheme, User: h.User,
		Created: record.Time(h.Created), LastSeen: record.Time(h.Seen), Expires: record.Time(h.Expires),
		Address: h.Address, UserAgent: h.Agent, Ticket: ticket,
	}, h, nil
}
