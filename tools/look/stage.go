package main

import (
	"bytes"
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

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/demo"
	"kladka/internal/platform/db"
	"kladka/internal/schema"
	"kladka/internal/testkit/browser"
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

// stage runs a demo of the metropolis with something on every page, and beside
// it a new installation that waits for its first administrator.
func stage(ctx context.Context) (_ *browser.Site, stop func() error, err error) {
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
	return demo.Fill(ctx, h.db, h.Access(), h.Directory(), scale)
}

// furnish puts something on pages that would be empty, and finds out who can
// sign in.
func furnish(ctx context.Context, full, fresh *house) (*browser.Site, error) {
	if err := browser.ParkJob(ctx, full.db); err != nil {
		return nil, err
	}
	if err := full.readRegister(ctx); err != nil {
		return nil, err
	}
	token, err := fresh.Access().SetupToken(ctx)
	if err != nil {
		return nil, err
	}
	actors, err := full.Access().DemoPeople(ctx)
	if err != nil {
		return nil, err
	}
	people := map[string]string{}
	for _, a := range actors {
		for _, held := range a.Roles {
			if people[string(held.Role)] == "" {
				people[string(held.Role)] = string(a.Person)
			}
		}
	}
	return &browser.Site{Base: full.base, People: people, Fresh: fresh.base, Token: token}, nil
}

// readRegister takes in an invented file of the register and reads a later one,
// so that there is a difference to look at.
func (h *house) readRegister(ctx context.Context) error {
	sample, err := os.ReadFile(sampleFile)
	if err != nil {
		return fmt.Errorf("run this at the root of the project: %w", err)
	}
	first, err := h.Directory().Preview(ctx, access.System(), "rejestr-2022.csv", bytes.NewReader(sample))
	if err != nil {
		return err
	}
	if _, err := h.Directory().Apply(ctx, access.System(), first.ID, true); err != nil {
		return err
	}
	_, err = h.Directory().Preview(ctx, access.System(), "rejestr-2023.csv", bytes.NewReader(browser.Later(sample)))
	return err
}
