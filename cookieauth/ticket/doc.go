// Package ticket reads and writes authentication tickets: who was signed in
// under which scheme, and the properties of that sign-in. The format is
// version 5 of ASP.NET Core's TicketSerializer, byte for byte
// (docs/formats.md, Ticket).
//
// Package cookieauth seals such a ticket into a cookie and does all that most
// programs need. This package is for those who keep tickets elsewhere:
//
//	data, err := t.MarshalBinary()
//	…
//	var t ticket.Ticket
//	err := t.UnmarshalBinary(data)
//
// The format protects nothing. Seal it before it leaves the program, and read
// only what was sealed: package dataprotection does both. The reader survives
// anything nevertheless; what it allocates is bounded by the size of its input.
package ticket
