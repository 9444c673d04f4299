package memtickets_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/memtickets"
)

func ExampleNew() {
	store := memtickets.New(memtickets.Config{})
	ctx := context.Background()
	err := store.Create(ctx, &cookieauth.StoredSession{ID: "A", User: "alice", Expires: time.Now().Add(time.Hour)})
	if err != nil {
		panic(err)
	}
	sessions, err := store.ByUser(ctx, "alice")
	if err != nil {
		panic(err)
	}
	fmt.Println("sessions of alice:", len(sessions))

	if err := store.End(ctx, "A"); err != nil {
		panic(err)
	}
	_, err = store.Load(ctx, "A")
	fmt.Println("ended:", errors.Is(err, cookieauth.ErrNoSession))
	// Output:
	// sessions of alice: 1
	// ended: true
}
