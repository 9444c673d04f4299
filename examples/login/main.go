// Login is a web app with a login page and a private page. Its keys lie in a
// directory, so logins survive restarts, and any number of instances on that
// directory share them.
//
//	go run ./examples/login
//	go run ./examples/login -addr localhost:8081   # a second instance: one login holds on both
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
)

func main() {
	addr := flag.String("addr", "localhost:8080", "address to listen on")
	keys := flag.String("keys", "./keys", "directory of the keys, shared by all instances")
	shared := flag.Bool("shared", false, "the directory is on a mount: refuse to start if it is not mounted or not provisioned")
	flag.Parse()
	store := filestore.New(*keys)
	if *shared {
		store = filestore.Shared(*keys)
	}

	log := zerolog.New(zerolog.ConsoleWriter{Out: os.Stderr, TimeFormat: time.TimeOnly}).With().Timestamp().Logger()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, log, *addr, store); err != nil {
		log.Fatal().Err(err).Msg("login")
	}
}

// run serves until ctx ends, then lets the requests under way finish.
func run(ctx context.Context, log zerolog.Logger, addr string, store dataprotection.Store) error {
	app, err := newApp(ctx, log, store)
	if err != nil {
		return err
	}
	defer app.close()
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	log.Info().Msgf("open http://%s (alice or bob, password \"correct horse\")", reachable(addr, listener))

	server := &http.Server{Handler: app.routes(), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() {
		late, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(late)
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// reachable is the address with the host that was asked for, since a login made at
// localhost does not hold at 127.0.0.1, and the port that was given.
func reachable(addr string, listener net.Listener) string {
	host, _, _ := net.SplitHostPort(addr)
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return net.JoinHostPort(cmp.Or(host, "localhost"), port)
}
