package filetickets_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/filetickets"
)

func ExampleNew() {
	dir, err := os.MkdirTemp("", "sessions")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store, err := filetickets.New(filetickets.Config{Dir: dir})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	given := &cookieauth.StoredSession{ID: strings.Repeat("A", 26), User: "alice", Expires: time.Now().Add(time.Hour)}
	if err := store.Create(ctx, given); err != nil {
		log.Fatal(err)
	}
	sessions, err := store.ByUser(ctx, "alice")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("sessions of alice:", len(sessions))
	// Output: sessions of alice: 1
}
