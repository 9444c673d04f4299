// Login is a whole web app to begin with: people register, log in and out, see
// where they are logged in and end what they do not know; admins see who is there.
// Keys, accounts and sessions are files in one folder, so that logins survive
// restarts, and any number of instances on that folder share them.
//
//	go run ./examples/login
//	go run ./examples/login -addr localhost:8081   # a second instance: one login holds on both
package main

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
)

// options are what can be set on the command line.
type options struct{ addr, data, origin, proxies, cert, key, name, status string }

func main() {
	var o options
	flag.StringVar(&o.addr, "addr", "localhost:8080", "address to listen on")
	flag.StringVar(&o.data, "data", "./data", "folder of keys, accounts and sessions, shared by all instances")
	flag.StringVar(&o.origin, "origin", "", "what browsers call the site, such as https://app.example, if a proxy is in front")
	flag.StringVar(&o.proxies, "proxies", "", "addresses or networks of the proxies in front, comma between, that set X-Forwarded-For, -Proto and -Host; goes with -origin")
	flag.StringVar(&o.cert, "cert", "", "file of the TLS certificate; without it the site is for this machine's own browser or a proxy")
	flag.StringVar(&o.key, "key", "", "file of the TLS certificate's key")
	flag.StringVar(&o.name, "name", "", "what this instance is called; shown on each page, to tell it from others behind a proxy")
	flag.StringVar(&o.status, "status", "", "address at which operators see the state of the key ring; none without it")
	flag.Parse()

	log := zerolog.New(zerolog.ConsoleWriter{Out: os.Stderr, TimeFormat: time.TimeOnly}).With().Timestamp().Logger()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, log, o); err != nil {
		log.Fatal().Err(err).Msg("login")
	}
}

// run serves until ctx ends, then lets the requests under way finish.
func run(ctx context.Context, log zerolog.Logger, o options) error {
	if err := o.check(); err != nil {
		return err
	}
	app, err := newApp(ctx, log, o)
	if err != nil {
		return err
	}
	defer app.close()
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return fmt.Errorf("-addr %s: %w", o.addr, err)
	}
	if o.status != "" {
		operators, err := net.Listen("tcp", o.status)
		if err != nil {
			return fmt.Errorf("-status %s: %w", o.status, err)
		}
		server := &http.Server{Handler: http.HandlerFunc(app.status), ReadHeaderTimeout: 10 * time.Second}
		defer server.Close()
		go server.Serve(operators)
	}
	log.Info().Msg("open " + o.url(listener))

	server := &http.Server{Handler: app.routes(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute}
	stopped := make(chan struct{})
	context.AfterFunc(ctx, func() {
		defer close(stopped)
		late, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(late)
	})
	if o.cert != "" {
		err = server.ServeTLS(listener, o.cert, o.key)
	} else {
		err = server.Serve(listener)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-stopped
	return nil
}

// check names the flags that lack others.
func (o options) check() error {
	switch {
	case (o.cert == "") != (o.key == ""):
		return errors.New("-cert and -key go together")
	case o.proxies != "" && o.origin == "":
		return errors.New("-proxies goes with -origin")
	}
	return nil
}

// url is the address with the host that was asked for, since a login made at
// localhost does not hold at 127.0.0.1, and the port that was given.
func (o options) url(listener net.Listener) string {
	scheme := "http://"
	if o.cert != "" {
		scheme = "https://"
	}
	host, _, _ := net.SplitHostPort(o.addr)
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return scheme + net.JoinHostPort(cmp.Or(host, "localhost"), port)
}
