package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/rs/zerolog"
)

// startTime is for the first build of the ASP.NET Core half.
const startTime = 3 * time.Minute

// startOrders starts the ASP.NET Core half, which ends with this program, and returns
// the way to it. The Host that the browser asked for is handed on, since both
// halves must agree on what the site is called.
func startOrders(log zerolog.Logger, dotnet, project, keys string) (http.Handler, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(dotnet, "run", "--project", project, "--no-launch-profile", "--", "--urls", "http://"+address, "--keys", keys)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	log.Info().Msg("building and starting the ASP.NET Core half")
	ended := make(chan error, 1)
	go func() { ended <- runToEnd(cmd) }()
	if err := awaitListener(address, ended); err != nil {
		return nil, fmt.Errorf("the ASP.NET Core half (is the .NET SDK installed?): %w", err)
	}
	target := &url.URL{Scheme: "http", Host: address}
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}}, nil
}

// runToEnd runs a command on a thread of its own: to the system, the thread that
// started it is its parent.
func runToEnd(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	endWithParent(cmd)
	return cmd.Run()
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func awaitListener(address string, ended <-chan error) error {
	for deadline := time.Now().Add(startTime); time.Now().Before(deadline); {
		if conn, err := net.Dial("tcp", address); err == nil {
			return conn.Close()
		}
		select {
		case err := <-ended:
			return fmt.Errorf("it has ended: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("it does not answer after %s", startTime)
}
