package main

import (
	"context"
	"embed"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/examples/internal/demo"
)

//go:embed haproxy.cfg nginx.conf Caddyfile
var configs embed.FS

// What the configurations beside this file have, and what is put in its place.
const (
	siteThere     = "8081"
	instanceThere = "127.0.0.1:810"
)

// brands are the proxies that can be in front, and how they are started.
var brands = map[string]struct {
	config  string
	command func(dir, config string) *exec.Cmd
}{
	"haproxy": {"haproxy.cfg", func(_, config string) *exec.Cmd { return exec.Command(program("haproxy"), "-db", "-f", config) }},
	"nginx": {"nginx.conf", func(dir, config string) *exec.Cmd {
		return exec.Command(program("nginx"), "-p", dir, "-e", "stderr", "-c", config, "-g", "daemon off; master_process off; pid pid;")
	}},
	"caddy": {"Caddyfile", func(dir, config string) *exec.Cmd {
		cmd := exec.Command(program("caddy"), "run", "--config", config, "--adapter", "caddyfile")
		cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
		return cmd
	}},
}

// program also looks where administrators' programs are.
func program(name string) string {
	for _, place := range []string{name, "/usr/sbin/" + name, "/usr/local/sbin/" + name} {
		if path, err := exec.LookPath(place); err == nil {
			return path
		}
	}
	return name
}

// startProxy starts what is in front of the instances, until ctx ends, and returns
// its address. Data is the folder in which it may have one of its own.
func startProxy(ctx context.Context, log zerolog.Logger, name, site, data string, instances []string) (string, error) {
	if name == "go" {
		listener, err := net.Listen("tcp", site)
		if err != nil {
			return "", fmt.Errorf("-site %s: %w", site, err)
		}
		handler := newBalancer(ctx, instances)
		go func() {
			if err := serve(ctx, listener, handler); err != nil {
				log.Error().Err(err).Msg("proxy")
			}
		}()
		return reachable(site, listener), nil
	}
	brand, ok := brands[name]
	if !ok {
		return "", fmt.Errorf("-proxy %s: it is go, haproxy, nginx or caddy", name)
	}
	site, err := freeAddress(site)
	if err != nil {
		return "", fmt.Errorf("-site %s: %w", site, err)
	}
	dir := filepath.Join(data, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	file := filepath.Join(dir, brand.config)
	if err := os.WriteFile(file, []byte(adapted(brand.config, dir, site, instances)), 0o600); err != nil {
		return "", err
	}
	cmd := brand.command(dir, file)
	cmd.Stderr = os.Stderr
	ended, err := demo.StartChild(cmd)
	if err != nil {
		return "", fmt.Errorf("-proxy %s: %w", name, err)
	}
	context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	_, port, _ := net.SplitHostPort(site)
	if err := demo.AwaitListener("127.0.0.1:"+port, ended, 10*time.Second); err != nil {
		return "", fmt.Errorf("-proxy %s: %w", name, err)
	}
	return site, nil
}

// adapted is a configuration for this site and these instances.
func adapted(name, dir, site string, instances []string) string {
	raw, _ := configs.ReadFile(name) // it is embedded
	_, port, _ := net.SplitHostPort(site)
	there := []string{":" + siteThere, ":" + port}
	for i, address := range instances {
		there = append(there, instanceThere+fmt.Sprint(i+1), address)
	}
	config := strings.NewReplacer(there...).Replace(string(raw))
	if name == "nginx.conf" { // so that it writes nowhere else
		temp := ""
		for _, what := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			temp += what + "_temp_path " + filepath.Join(dir, what) + ";\n"
		}
		config = strings.Replace(config, "http {\n", "http {\n"+temp, 1)
	}
	return config
}

// freeAddress is the address if nobody listens at it, with a free port in place of 0.
func freeAddress(address string) (string, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return address, err
	}
	defer listener.Close()
	return reachable(address, listener), nil
}
