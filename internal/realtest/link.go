package realtest

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
)

// A Link is a network between clients and a server that can be cut as a firewall
// cuts it: connections stay, and nothing gets through.
type Link struct {
	// Address is what clients connect to in place of the server.
	Address string

	cut sync.Mutex // held while it is cut
}

// NewLink returns a link to a server, which lasts as long as the test.
func NewLink(t testing.TB, server string) *Link {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &Link{Address: listener.Addr().String()}
	var open sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		open.Wait()
	})
	ctx := t.Context()
	open.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() { l.carry(ctx, client, server) })
		}
	})
	return l
}

// Cut stops everything on its way, until Mend lets it through.
func (l *Link) Cut() { l.cut.Lock() }

// Mend undoes one Cut.
func (l *Link) Mend() { l.cut.Unlock() }

// carry copies in both directions until one side or the test ends.
func (l *Link) carry(ctx context.Context, client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		client.Close()
		server.Close()
	})()
	var both sync.WaitGroup
	for _, way := range []struct{ to, from net.Conn }{{server, client}, {client, server}} {
		both.Go(func() {
			defer cancel()
			_, _ = io.Copy(passing{l, way.to}, way.from)
		})
	}
	both.Wait()
}

// passing writes while the link is whole.
type passing struct {
	link *Link
	to   io.Writer
}

func (p passing) Write(b []byte) (int, error) {
	p.link.cut.Lock()
	defer p.link.cut.Unlock()
	return p.to.Write(b)
}
