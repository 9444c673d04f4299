// Package sessiontest checks that a cookieauth.TicketStore or a
// cookieauth.CutoffStore keeps its contract. Call [Run], [RunTickets] or
// [RunCutoffs] from a test of the store, once for each kind of medium that it works
// on:
//
//	func TestContract(t *testing.T) {
//		sessiontest.Run(t, func(t *testing.T) func() sessiontest.Store {
//			s := memtickets.New(memtickets.Config{})
//			return func() sessiontest.Store { return s }
//		}, sessiontest.Options{})
//	}
//
// It checks what can be seen from outside and with the medium in good health: that
// what was stored comes back, exact comparison of users, ends that stay, lists that
// are whole, many handles at the same time, cancellation, and notifications, where
// the store has them. The store's clock must be the real one. A store's own tests
// must add its failures: a medium that cannot be reached, a process that is killed,
// an entry that cannot be read.
package sessiontest
