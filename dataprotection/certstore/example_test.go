package certstore_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/sealring/sealring/dataprotection/certstore"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/x509seal"
)

func Example() {
	root, err := x509seal.LoadPFX("/etc/hoster/root.pfx", "its password")
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	certs, err := certstore.Open(ctx, certstore.Config{
		Store: filestore.Shared("/mnt/keys/alice"),
		Owner: "alice",
		Root:  root,
	})
	if err != nil {
		log.Fatal(err)
	}
	pfx, err := os.ReadFile("uploaded.pfx")
	if err != nil {
		log.Fatal(err)
	}
	info, err := certs.Add(ctx, pfx, "the password that alice has given")
	var refused *certstore.RefusedError
	switch {
	case errors.As(err, &refused):
		fmt.Println("please bring another one:", refused.Reasons)
	case err != nil:
		log.Fatal(err)
	default:
		fmt.Println("new keys are sealed with", info.Subject)
	}
}
