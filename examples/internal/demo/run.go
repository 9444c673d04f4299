// Package demo is what the small examples have in common and are not about: flags,
// the log, a key ring in a directory, a port. Package demo's Site has the pages that
// the examples of routing route to. The example login stands by itself.
package demo

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/middleware"
)

// Run reads the flags -addr, -keys and -shared, opens the ring of an application and serves
// what newSite makes until the program is told to end.
func Run(application string, newSite func(*dataprotection.KeyRing, zerolog.Logger) (http.Handler, error)) {
	addr := flag.String("addr", "localhost:8080", "address to listen on")
	keys := flag.String("keys", "./keys", "directory of the keys")
	shared := flag.Bool("shared", false, "the directory is on a mount: refuse to start if it is not mounted or not provisioned")
	flag.Parse()
	store := filestore.New(*keys)
	if *shared {
		store = filestore.Shared(*keys)
	}
	log := zerolog.New(zerolog.ConsoleWriter{Out: os.Stderr, TimeFormat: time.TimeOnly}).With().Timestamp().Logger()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	ring, err := dataprotection.Open(ctx, dataprotection.Config{
		Application: application,
		Store:       store,
		Logger:      middleware.Slog(log),
	})
	if err != nil {
		log.Fatal().Err(err).Msg("open the keys")
	}
	defer ring.Close()
	site, err := newSite(ring, log)
	if err != nil {
		log.Fatal().Err(err).Msg("configure the site")
	}
	if err := serve(ctx, log, *addr, site); err != nil {
		log.Fatal().Err(err).Msg("serve")
	}
}

// serve returns when ctx has ended and the requests under way have finished.
func serve(ctx context.Context, log zerolog.Logger, addr string, site http.Handler) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("-addr %s: %w", addr, err)
	}
	log.Info().Msg("open http://" + reachable(addr, listener))
	server := &http.Server{Handler: site, ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan struct{})
	context.AfterFunc(ctx, func() {
		defer close(stopped)
		late, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(late)
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-stopped
	return nil
}

// reachable is the address with the host that was asked for, since a login made at
// localhost does not hold at 127.0.0.1, and the port that was given.
func reachable(addr string, listener net.Listener) string {
	host, _, _ := net.SplitHostPort(addr)
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return net.JoinHostPort(cmp.Or(host, "localhost"), port)
}
