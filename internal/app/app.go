// Package app builds the whole program out of its modules.
//
// wiring.go is the map of the house: who is made of what, who answers whose
// questions, who reacts to whose events. The tests here guard the walls:
// which package may import which, whose tables a package may name, and who
// may pass each door.
package app

import (
	"context"
	"embed"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/identity"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/mail"
	"kladka/internal/platform/secrets"
)

// Messages are the texts of the pages that belong to no module.
//
//go:embed messages
var Messages embed.FS

// Settings are what an operator can set. The zero value works.
type Settings struct {
	Listen   string // address to listen on
	HTTPS    bool   // people reach us by https
	Proxied  bool   // a proxy of ours stands in front
	TileURL  string // map tiles
	TileBy   string // their source, to be named on the map
	Operator string // who runs this installation
	Rate     int    // requests per second and address; 0 for no limit
	Demo     string // scale of the invented data, "" when the data is real

	Folder  string        // of files, checkpoints and the journal of erasures; must be given
	Keys    *secrets.Keys // nil makes some for this run only
	SMTP    *mail.SMTP    // nil keeps letters for the office to read
	ReplyTo string        // where people's answers go, "" for nowhere
	Base    string        // how people reach us, for links in letters

	Identity *identity.Provider // a national sign-in for voters; nil for none
}

// App is the running program.
type App struct {
	modules
	settings Settings
	db       *db.DB
	runner   *jobs.Runner
	things   map[string]thingOf // what the steps of a matter are about, by kind
	log      *slog.Logger
}

// Handler answers all requests.
func (a *App) Handler() http.Handler { return a.shell }

// Work runs the jobs until the context ends; it returns when the last one
// that was running has finished.
func (a *App) Work(ctx context.Context) { a.runner.Run(ctx) }

// Drain runs all jobs that are due, for tests and the command line.
func (a *App) Drain(ctx context.Context) error { return a.runner.Drain(ctx) }

// stopIn is how long requests in flight may take to finish when the program
// is told to stop.
const stopIn = 20 * time.Second

// Serve answers requests and runs jobs until the context ends, then lets what
// is in flight finish. Ready is called with the address once it listens.
func (a *App) Serve(ctx context.Context, ready func(net.Addr)) error {
	listener, err := net.Listen("tcp", a.settings.Listen)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           a.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       10 * time.Minute, // the longest file, over a slow line
		WriteTimeout:      12 * time.Minute, // counts from the same moment
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(a.shell.Stop)
	worked := make(chan struct{})
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	go func() { defer close(worked); a.Work(working) }()
	counted := make(chan struct{})
	counting, stopCounting := context.WithCancel(context.WithoutCancel(ctx))
	defer stopCounting()
	go func() { defer close(counted); a.counts.Run(counting) }()
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	ready(listener.Addr())
	select {
	case err = <-served: // it cannot listen any more
	case <-ctx.Done():
		finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopIn)
		defer cancel()
		if err = server.Shutdown(finish); errors.Is(err, context.DeadlineExceeded) {
			// Whoever still holds a connection had time enough.
			err = server.Close()
		}
	}
	stopWork()
	<-worked
	// Sealed answers that are being opened: the key is in this process alone.
	opened, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopIn)
	defer cancel()
	if waited := errors.Join(a.surveys.Wait(opened), a.results.Wait(opened)); waited != nil {
		a.log.Error("sealed answers or votes were not opened to the end", "error", waited)
	}
	stopCounting() // after the last visit, which is counted as well
	<-counted
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
