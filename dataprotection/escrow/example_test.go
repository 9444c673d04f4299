package escrow_test

import (
	"context"
	"fmt"
	"log"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/escrow"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/x509seal"
)

// On every machine that makes keys, with the certificate alone.
func ExampleDirectory() {
	owner, err := x509seal.LoadPEM("/etc/shop/escrow.crt", "")
	if err != nil {
		log.Fatal(err)
	}
	sink, err := escrow.Directory("/mnt/escrow/shop", owner)
	if err != nil {
		log.Fatal(err)
	}
	ring, err := dataprotection.Open(context.Background(), dataprotection.Config{
		Application: "shop",
		Store:       filestore.Shared("/mnt/keys"),
		Escrow:      []dataprotection.EscrowSink{sink},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()
}

// Once in a while, where the owner's private key may be used.
func ExampleDrill() {
	owner, err := x509seal.LoadPFX("/media/safe/escrow.pfx", "the owner's password")
	if err != nil {
		log.Fatal(err)
	}
	ring := dataprotection.Config{Application: "shop", Store: filestore.Shared("/mnt/keys")}
	report, err := escrow.Drill(context.Background(), ring, filestore.New("/mnt/escrow/shop"),
		escrow.DrillOptions{Openers: []dataprotection.Opener{owner}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("all %d keys can be restored\n", len(report.Covered))
}
