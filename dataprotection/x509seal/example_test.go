package x509seal_test

import (
	"context"
	"fmt"
	"log"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/memstore"
	"github.com/sealring/sealring/dataprotection/x509seal"
)

const password = "correct horse" // yours comes from where you keep secrets

func Example() {
	cert, err := x509seal.LoadPFX("testdata/reference/x509-rsa2048/cert.pfx", password)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	ring, err := dataprotection.Open(ctx, dataprotection.Config{
		Application: "shop",
		Store:       memstore.New(), // yours is filestore.New or filestore.Shared
		Sealer:      cert,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()
	fmt.Println(cert)
	fmt.Println(ring.Status().Unsealed, "keys in clear")
	// Output:
	// certificate "CN=vectors 2048" with thumbprint 1B778EBFEFEA9391849CD0211E7FA8A51FA3F054
	// 0 keys in clear
}

// After a renewal new keys are sealed with the new certificate, and those of the old
// one go on opening.
func ExampleCertificates() {
	renewed, err := x509seal.LoadPFX("testdata/reference/x509-rsa3072/cert.pfx", password)
	if err != nil {
		log.Fatal(err)
	}
	old, err := x509seal.LoadPFX("testdata/reference/x509-rsa2048/cert.pfx", password)
	if err != nil {
		log.Fatal(err)
	}
	_ = dataprotection.Config{
		Application: "shop",
		Store:       memstore.New(),
		Sealer:      x509seal.Certificates{renewed, old},
	}
}
