module github.com/sealring/sealring/integration_test/shares

go 1.26.0

require (
	github.com/hanwen/go-fuse/v2 v2.12.1
	github.com/sealring/sealring v0.0.0
	golang.org/x/sys v0.50.0
)

require (
	github.com/beevik/etree v1.8.1 // indirect
	github.com/felixge/httpsnoop v1.1.0 // indirect
	github.com/pelletier/go-toml/v2 v2.4.3 // indirect
)

replace github.com/sealring/sealring => ../..
