module github.com/sealring/sealring/integration_test/hsm

go 1.26.0

require (
	github.com/ThalesGroup/crypto11 v1.6.2
	github.com/sealring/sealring v0.0.0
)

require (
	github.com/beevik/etree v1.8.1 // indirect
	github.com/miekg/pkcs11 v1.1.2 // indirect
	github.com/pelletier/go-toml/v2 v2.4.3 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/thales-e-security/pool v0.0.2 // indirect
	golang.org/x/crypto v0.59.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	software.sslmate.com/src/go-pkcs12 v0.7.4 // indirect
)

replace github.com/sealring/sealring => ../..
