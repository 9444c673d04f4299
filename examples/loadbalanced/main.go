// Loadbalanced runs several instances of the login app on one folder, behind a proxy,
// and a page on which instances can be killed and added, and keys rotated and revoked,
// while users stay logged in.
//
//	go run ./examples/loadbalanced                  # open http://localhost:8080
//	go run ./examples/loadbalanced -proxy haproxy   # or nginx, caddy
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/rs/zerolog"
)

func main() {
	addr := flag.String("addr", "localhost:8080", "address of the control page")
	site := flag.String("site", "localhost:8081", "address of the site, which is the proxy's")
	proxy := flag.String("proxy", "go", "the `program` in front: go, which is one of our own, haproxy, nginx or caddy")
	data := flag.String("data", "./data", "folder of keys, accounts and sessions, which all instances share")
	instances := flag.Int("instances", 2, "how many to start with")
	flag.Parse()

	log := zerolog.New(zerolog.ConsoleWriter{Out: os.Stderr, TimeFormat: time.TimeOnly}).With().Timestamp().Logger()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, log, *addr, *site, *proxy, *data, *instances); err != nil {
		log.Fatal().Err(err).Msg("loadbalanced")
	}
}

// run starts everything, the control page last, and ends it when ctx ends.
func run(ctx context.Context, log zerolog.Logger, addr, site, proxy, data string, instances int) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("-addr %s: %w", addr, err)
	}
	defer listener.Close()
	if data, err = filepath.Abs(data); err != nil {
		return err
	}
	fleet, err := newFleet(ctx, log, data)
	if err != nil {
		return err
	}
	defer fleet.close()
	for range instances {
		if err := fleet.add(ctx); err != nil {
			return err
		}
	}
	site, err = startProxy(ctx, log, proxy, site, data, fleet.addresses())
	if err != nil {
		return err
	}
	page, err := newControl(ctx, log, fleet, proxy, "http://"+site, data)
	if err != nil {
		return err
	}
	log.Info().Msg("the logs of the instances are in " + data)
	log.Info().Msg("the site is http://" + site)
	log.Info().Msg("to watch and control it open http://" + reachable(addr, listener))
	return serve(ctx, listener, page)
}

// serve returns when ctx has ended.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// reachable is the address with the host that was asked for and the port that was given.
func reachable(addr string, listener net.Listener) string {
	host, _, _ := net.SplitHostPort(addr)
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return net.JoinHostPort(host, port)
}
