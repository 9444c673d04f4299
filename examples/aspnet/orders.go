package main

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"time"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/examples/internal/demo"
)

// startTime is for the first build of the ASP.NET Core half.
const startTime = 3 * time.Minute

// startOrders starts the ASP.NET Core half, which ends with this program, and returns
// the way to it. The Host that the browser asked for is handed on, since both
// halves must agree on what the site is called.
func startOrders(log zerolog.Logger, dotnet, project, keys string) (http.Handler, error) {
	address, err := demo.FreeAddress()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(dotnet, "run", "--project", project, "--no-launch-profile", "--", "--urls", "http://"+address, "--keys", keys)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	log.Info().Msg("building and starting the ASP.NET Core half")
	ended, err := demo.StartChild(cmd)
	if err == nil {
		err = demo.AwaitListener(address, ended, startTime)
	}
	if err != nil {
		return nil, fmt.Errorf("the ASP.NET Core half (is the .NET SDK installed?): %w", err)
	}
	target := &url.URL{Scheme: "http", Host: address}
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}}, nil
}
