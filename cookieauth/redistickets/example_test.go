package redistickets_test

import (
	"context"
	"log"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/cookieauth/redistickets"
)

func ExampleNew() {
	client := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
	defer client.Close()
	store, err := redistickets.New(redistickets.Config{Client: client, Prefix: "shop:"})
	if err != nil {
		log.Fatal(err)
	}
	warnings, err := store.Warnings(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, w := range warnings {
		log.Print(w)
	}
}
