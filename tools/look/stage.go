package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"kladka/internal/app"
	"kladka/internal/demo"
	"kladka/internal/platform/db"
	"kladka/internal/schema"
	"kladka/internal/testkit/browser"
	"kladka/tools/look/stage"
)

// sampleFile is an invented file of the register.
const sampleFile = "internal/directory/register/testdata/smk-2022.csv"

// house is one program that runs for the pictures.
type house struct {
	*app.App
	db     *db.DB
	server *http.Server
	base   string
	folder string // of files
}

// serve runs a demo of the metropolis with something on every page, and beside
// it a new installation that waits for its first administrator.
func serve(ctx context.Context) (_ *browser.Site, stop func() error, err error) {
	dir, err := os.MkdirTemp("", "kladka-look")
	if err != nil {
		return nil, nil, err
	}
	var houses []*house
	stop = func() (err error) {
		for _, h := range houses {
			err = errors.Join(err, h.server.Close(), h.db.Close())
		}
		return errors.Join(err, os.RemoveAll(dir))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, stop())
		}
	}()
	for _, scale := range []demo.Scale{demo.Metropolis, ""} {
		h, err := open(ctx, filepath.Join(dir, "look"+string(scale)+".db"), scale)
		if err != nil {
			return nil, nil, err
		}
		houses = append(houses, h)
	}
	site, err := furnish(ctx, houses[0], houses[1])
	return site, stop, err
}

// open runs the program over a new database and serves it on loopback.
func open(ctx context.Context, file string, scale demo.Scale) (*house, error) {
	d, err := db.Open(ctx, "sqlite:"+file)
	if err != nil {
		return nil, err
	}
	h := &house{db: d, folder: file + ".d"}
	if err := h.build(ctx, scale); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	h.base = "http://" + listener.Addr().String()
	h.server = &http.Server{Handler: h.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go h.server.Serve(listener) // ends when the server is closed
	return h, nil
}

func (h *house) build(ctx context.Context, scale demo.Scale) (err error) {
	if _, err := schema.Migrate(ctx, h.db, app.Modules()); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	if h.App, err = app.New(ctx, h.db, app.Settings{Demo: string(scale), Folder: h.folder, Listen: "127.0.0.1:8080"}, log, time.Now); err != nil || scale == "" {
		return err
	}
	return demo.Fill(ctx, h.db, h.Access(), h.Directory(), demo.Modules{Contacts: h.Networking(), Trainings: h.Training(), Papers: h.Papers(), Needs: h.Needs(), Evaluation: h.Evaluation(), Support: h.Support(),
		Agreements: h.Agreements(), Ledger: h.Ledger(), Plan: h.Plan(), Meetings: h.Meetings(), Networks: h.Networks(),
		Budget: h.Budget(), Votes: h.Votes(), Results: h.Results()}, scale)
}

// furnish puts something on pages that would be empty.
func furnish(ctx context.Context, full, fresh *house) (*browser.Site, error) {
	sample, err := os.ReadFile(sampleFile)
	if err != nil {
		return nil, fmt.Errorf("run this at the root of the project: %w", err)
	}
	return stage.Furnish(ctx, stage.House{App: full.App, Base: full.base}, stage.House{App: fresh.App, Base: fresh.base}, sample)
}
