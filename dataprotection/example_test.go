package dataprotection_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
)

func Example() {
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	ring, err := dataprotection.Open(ctx, dataprotection.Config{
		Application: "shop",
		Store:       filestore.New(dir), // a directory of your own, shared by all instances
	})
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()

	resets := ring.Protector("Shop.PasswordReset", "v1")
	sealed, err := resets.ProtectString("user 42")
	if err != nil {
		log.Fatal(err)
	}
	opened, err := resets.UnprotectString(ctx, sealed)
	fmt.Println(opened, err)

	_, err = ring.Protector("Shop.Newsletter", "v1").UnprotectString(ctx, sealed)
	fmt.Println(err)
	// Output:
	// user 42 <nil>
	// dataprotection: the payload is not valid
}

func ExampleProtector_TimeLimited() {
	ring := dataprotection.Ephemeral("shop")
	links := ring.Protector("links").TimeLimited()
	text, err := links.ProtectString("confirm 42", time.Now().Add(time.Hour))
	if err != nil {
		log.Fatal(err)
	}
	opened, _, err := links.UnprotectString(context.Background(), text)
	fmt.Println(opened, err)

	late, _ := links.ProtectString("confirm 42", time.Now().Add(-time.Hour))
	_, _, err = links.UnprotectString(context.Background(), late)
	fmt.Println(errors.Is(err, dataprotection.ErrExpired))
	// Output:
	// confirm 42 <nil>
	// true
}

func ExampleTyped() {
	type invitation struct {
		Team int    `json:"team"`
		Role string `json:"role"`
	}
	ring := dataprotection.Ephemeral("shop")
	invitations := dataprotection.NewTyped[invitation](ring.Protector("invitations").TimeLimited())
	link, err := invitations.Protect(invitation{Team: 7, Role: "editor"}, time.Now().Add(48*time.Hour))
	if err != nil {
		log.Fatal(err)
	}
	value, err := invitations.Unprotect(context.Background(), link)
	fmt.Println(value, err)
	// Output: {7 editor} <nil>
}

// A purpose is part of what is authenticated. Two kinds of payload under one
// purpose can be exchanged for each other by whoever holds them.
func ExampleKeyRing_Protector_incorrect() {
	ring := dataprotection.Ephemeral("shop")
	everything := ring.Protector("shop") // wrong: one purpose for all
	unsubscribe, _ := everything.ProtectString("42")
	// The link that stops the newsletter now resets the password, too.
	user, err := everything.UnprotectString(context.Background(), unsubscribe)
	fmt.Println("reset the password of", user, err)
	// Output: reset the password of 42 <nil>
}
