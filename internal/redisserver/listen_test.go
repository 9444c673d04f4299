package redisserver_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/internal/realtest"
	"github.com/sealring/sealring/internal/redisserver"
)

// A link that is cut without a word, as by a firewall, ends listening; a server
// that has nothing to say does not.
func TestListenBehindACutLink(t *testing.T) {
	link := realtest.NewLink(t, realtest.Redis(t).Address)
	client := redis.NewClient(&redis.Options{Addr: link.Address})
	defer client.Close()
	told, ended := make(chan struct{}, 10), make(chan error, 1)
	go func() {
		ended <- redisserver.ListenWithin(context.Background(), 100*time.Millisecond, client, "channel", "", func() { told <- struct{}{} })
	}()
	<-told
	select {
	case err := <-ended:
		t.Fatalf("it ended although the server answers: %v", err)
	case <-time.After(time.Second):
	}
	link.Cut()
	defer link.Mend()
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "has not answered for 100ms") {
			t.Errorf("got error %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it goes on behind a cut link")
	}
}
