package aspnet_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/redisstore"
	"github.com/sealring/sealring/dataprotection/sqlstore"
)

// TestMain makes the test binary an application of ours when it is told to be one.
func TestMain(m *testing.M) {
	address := os.Getenv("ASPNET_MEMBER")
	if address == "" {
		os.Exit(m.Run())
	}
	if err := beMember(address, os.Getenv("ASPNET_STORE")); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// beMember serves until it is told to end, then lets the requests under way finish.
func beMember(address, keys string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	store, closeStore, err := openNamed(keys)
	if err != nil {
		return err
	}
	defer closeStore()
	ring, err := dataprotection.Open(ctx, dataprotection.Config{Application: "vectors", Store: store, PollInterval: pollInterval, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer ring.Close()
	site, err := ourSite(ring)
	if err != nil {
		return err
	}
	server := &http.Server{Addr: address, Handler: site}
	stopped := make(chan struct{})
	context.AfterFunc(ctx, func() {
		defer close(stopped)
		_ = server.Shutdown(context.Background())
	})
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-stopped
	return nil
}

// openNamed opens what the reference calls by that name.
func openNamed(name string) (dataprotection.Store, func() error, error) {
	kind, where, _ := strings.Cut(name, ":")
	switch kind {
	case "dir":
		return filestore.New(where), func() error { return nil }, nil
	case "redis":
		client := redis.NewClient(&redis.Options{Addr: where})
		s, err := redisstore.New(redisstore.Config{Client: client})
		return s, client.Close, err
	case "postgres":
		db, err := sql.Open("pgx", postgresDSN(where))
		if err != nil {
			return nil, nil, err
		}
		s, err := sqlstore.New(sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL, CreateTable: true})
		return s, db.Close, err
	}
	return nil, nil, fmt.Errorf("unknown store %q", name)
}

// postgresDSN is for pgx what the connection string is for .NET.
func postgresDSN(connection string) string {
	return strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(connection, ";", " ")), "username", "user") + " sslmode=disable"
}
