package secretseal_test

import (
	"context"
	"fmt"
	"log"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/memstore"
	"github.com/sealring/sealring/dataprotection/secretseal"
)

func Example() {
	secret, err := secretseal.New("mBqUbFjhI1vXW8zk5dWQ3i7vVQ0b1xk5") // better: LoadFile
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	ring, err := dataprotection.Open(ctx, dataprotection.Config{
		Application: "shop",
		Store:       memstore.New(), // yours is filestore.New("./keys")
		Sealer:      secret,
		GoOnly:      true, // no .NET program shares the store
	})
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()
	fmt.Println(ring.Status().Unsealed, "keys in clear")
	// Output: 0 keys in clear
}
