package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/examples/internal/demo"
)

// maxInstances is how many the configurations of the proxies have room for.
const maxInstances = 6

// startTime is how long an instance may take to listen.
const startTime = 30 * time.Second

// A fleet is the instances of the login app, each a process.
type fleet struct {
	log     zerolog.Logger
	data    string
	program string // the login app

	starting  sync.Mutex // one at a time
	mu        sync.Mutex
	instances [maxInstances]instance
}

// An instance has its addresses whether it runs or not.
type instance struct {
	Name            string
	address, status string
	process         *os.Process // nil: it does not run
}

func newFleet(ctx context.Context, log zerolog.Logger, data string) (*fleet, error) {
	f := &fleet{log: log, data: data, program: filepath.Join(data, "login.exe")}
	return f, f.prepare(ctx)
}

// prepare builds the login app and finds addresses.
func (f *fleet) prepare(ctx context.Context) error {
	if err := os.MkdirAll(f.data, 0o700); err != nil {
		return err
	}
	f.log.Info().Msg("building the login app")
	build := exec.CommandContext(ctx, "go", "build", "-o", f.program, "github.com/sealring/sealring/examples/login")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	for i := range f.instances {
		one := &f.instances[i]
		one.Name = fmt.Sprintf("instance %d", i+1)
		for _, address := range []*string{&one.address, &one.status} {
			var err error
			if *address, err = demo.FreeAddress(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *fleet) close() {
	for i := range f.instances {
		_ = f.kill(i)
	}
}

// addresses are those of all instances, running or not: a proxy finds out.
func (f *fleet) addresses() (all []string) {
	for i := range f.instances {
		all = append(all, f.instances[i].address)
	}
	return all
}

var errFull = fmt.Errorf("there are %d instances already, for which the proxy is configured", maxInstances)

// add starts an instance and waits until it listens.
func (f *fleet) add(ctx context.Context) error {
	f.starting.Lock()
	defer f.starting.Unlock()
	i := f.vacant()
	if i < 0 {
		return errFull
	}
	one := &f.instances[i]
	cmd := exec.Command(f.program, "-addr", one.address, "-status", one.status, "-data", f.data, "-name", one.Name)
	logFile, err := os.OpenFile(f.logFile(one), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer logFile.Close()
	cmd.Stdout, cmd.Stderr = logFile, logFile
	ended, err := demo.StartChild(cmd)
	if err != nil {
		return err
	}
	f.setProcess(i, cmd.Process)
	over := make(chan error, 1)
	go func() {
		err := <-ended
		f.setProcess(i, nil)
		f.log.Info().Str("how", fmt.Sprint(err)).Msg(one.Name + " has ended")
		over <- err
	}()
	if err := demo.AwaitListener(one.address, over, startTime); err != nil {
		return fmt.Errorf("%s: %w; see %s", one.Name, err, f.logFile(one))
	}
	return nil
}

func (f *fleet) logFile(one *instance) string { return filepath.Join(f.data, one.Name+".log") }

func (f *fleet) vacant() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.instances {
		if f.instances[i].process == nil {
			return i
		}
	}
	return -1
}

func (f *fleet) setProcess(i int, p *os.Process) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.instances[i].process = p
}

// kill ends an instance at once, as a crash would.
func (f *fleet) kill(i int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i < 0 || i >= maxInstances || f.instances[i].process == nil {
		return errors.New("this instance does not run")
	}
	return f.instances[i].process.Kill()
}

// A view is what an instance that runs says of itself.
type view struct {
	Number int
	Name   string
	PID    int
	Ring   *dataprotection.Status // nil: it does not answer
}

// look asks all instances at the same time.
func (f *fleet) look(ctx context.Context) []view {
	views := f.running()
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var asking sync.WaitGroup
	for i := range views {
		asking.Go(func() { views[i].Ring = askStatus(ctx, f.instances[views[i].Number].status) })
	}
	asking.Wait()
	return views
}

func (f *fleet) running() (views []view) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.instances {
		if p := f.instances[i].process; p != nil {
			views = append(views, view{Number: i, Name: f.instances[i].Name, PID: p.Pid})
		}
	}
	return views
}

func askStatus(ctx context.Context, address string) *dataprotection.Status {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address, nil)
	if err != nil {
		return nil
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil
	}
	defer answer.Body.Close()
	st := new(dataprotection.Status)
	if json.NewDecoder(answer.Body).Decode(st) != nil {
		return nil
	}
	return st
}
