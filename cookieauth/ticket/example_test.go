package ticket_test

import (
	"fmt"
	"log"
	"time"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
)

func ExampleTicket() {
	t := ticket.Ticket{Scheme: "Cookies", Principal: claims.New("42", claims.Name("alice")).Authenticated("Cookies")}
	t.Properties.SetExpires(time.Date(2026, 1, 16, 3, 4, 5, 0, time.UTC))
	data, err := t.MarshalBinary() // to be sealed before it leaves the program
	if err != nil {
		log.Fatal(err)
	}

	var back ticket.Ticket
	if err := back.UnmarshalBinary(data); err != nil {
		log.Fatal(err)
	}
	expires, _ := back.Properties.Expires()
	fmt.Println(back.Principal.Name(), expires)
	// Output: alice 2026-01-16 03:04:05 +0000 UTC
}
