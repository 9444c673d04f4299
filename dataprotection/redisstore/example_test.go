package redisstore_test

import (
	"context"
	"log"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/redisstore"
)

func ExampleNew() {
	client := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
	defer client.Close()
	store, err := redisstore.New(redisstore.Config{Client: client})
	if err != nil {
		log.Fatal(err)
	}
	ring, err := dataprotection.Open(context.Background(), dataprotection.Config{Application: "shop", Store: store})
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()
}
