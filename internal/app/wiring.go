package app

import (
	"context"
	"log/slog"
	"time"

	"kladka/assets"
	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/geometry"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
)

// Modules are all packages that own tables, in the order of the house.
func Modules() []schema.Module {
	return []schema.Module{
		{Name: "db", Files: db.Migrations},
		{Name: "jobs", Files: jobs.Migrations},
		{Name: "events", Files: events.Migrations},
		{Name: "trace", Files: trace.Migrations},
		{Name: "access", Files: access.Migrations},
		{Name: "directory", Files: directory.Migrations},
	}
}

// Catalog is the texts of all modules.
func Catalog() (*i18n.Catalog, error) {
	return i18n.Load(web.Messages, Messages, access.Messages, directory.Messages, register.Messages, geometry.Messages)
}

type modules struct {
	shell     *web.Shell
	catalog   *i18n.Catalog
	jobs      *jobs.Registry
	bus       *events.Bus
	access    *access.Service
	directory *directory.Service
}

// New builds the program over a migrated database.
func New(ctx context.Context, d *db.DB, set Settings, log *slog.Logger, now func() time.Time) (*App, error) {
	catalog, err := Catalog()
	if err != nil {
		return nil, err
	}
	files, err := assets.Load()
	if err != nil {
		return nil, err
	}
	a := &App{settings: set, db: d, log: log}
	m := &a.modules
	m.catalog = catalog
	m.jobs = jobs.NewRegistry()
	m.bus = events.NewBus(d, m.jobs, now)
	m.access = access.New(access.Config{DB: d, Catalog: catalog, Log: log, Now: now, HTTPS: set.HTTPS, Demo: set.Demo != ""})
	m.directory = directory.New(directory.Config{DB: d, Now: now, Log: log, TileURL: set.TileURL, TileBy: set.TileBy})
	m.access.Connect(m.directory)
	m.shell = web.New(web.Config{Catalog: catalog, Assets: files, Log: log, Now: now,
		Demo: set.Demo != "", HTTPS: set.HTTPS, Proxied: set.Proxied, TileURL: set.TileURL,
		Rate: set.Rate, Operator: set.Operator,
	}, m.access.Sessions, m.access.Viewer)
	a.runner = jobs.NewRunner(d, m.jobs, now, log)

	a.homeRoutes()
	a.operationsRoutes()
	m.access.Routes(m.shell)
	m.directory.Routes(m.shell)

	m.jobs.Every("access.sweep", time.Hour, m.access.Sweep)
	jobs.SweepProgress(m.jobs, d, now)
	m.directory.Jobs(m.jobs)
	return a, m.directory.Seed(ctx)
}

// Access and Directory are for the command line and the demo.
func (a *App) Access() *access.Service { return a.access }

// Directory is the list of institutions.
func (a *App) Directory() *directory.Service { return a.directory }

// DB is the database underneath.
func (a *App) DB() *db.DB { return a.db }

// Shell is for tools that list the doors.
func (a *App) Shell() *web.Shell { return a.shell }

// Texts are all texts of the program.
func (a *App) Texts() *i18n.Catalog { return a.catalog }
