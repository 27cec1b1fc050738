// Command kladka is the whole program: it serves the pages, takes in registers
// and boundaries, and looks after its database.
//
// Every setting can be given as a flag, in the environment (KLADKA_…) or in an
// optional JSON file; without any it works. `kladka config` prints them all.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"kladka/internal/app"
	"kladka/internal/backup"
	"kladka/internal/demo"
	"kladka/internal/platform/db"
	"kladka/internal/platform/secrets"
	"kladka/internal/schema"
)

// Common are the settings of every command.
type Common struct {
	ConfigFile string `name:"config" type:"path" env:"KLADKA_CONFIG" help:"JSON file with settings."`
	Data       string `type:"path" env:"KLADKA_DATA" help:"Folder of the database and files; made when missing. Default: kladka-data, or kladka-demo with --demo."`
	Database   string `env:"KLADKA_DATABASE" help:"Database address, sqlite:PATH or postgres://…; default: a SQLite file in the data folder."`
	Secrets    string `type:"path" env:"KLADKA_SECRETS" help:"File of the keys; made when missing. Default: keys.json in the data folder."`
	Verbose    bool   `short:"v" env:"KLADKA_VERBOSE" help:"Log every request."`
}

// CLI is the command line.
type CLI struct {
	Common

	Serve   serveCmd   `cmd:"" help:"Serve the pages."`
	Import  importCmd  `cmd:"" help:"Take in a register or boundaries from a file. Shows the difference; changes nothing without --apply."`
	Tally   tallyCmd   `cmd:"" help:"Count a participatory budget from a file. Needs no database."`
	Migrate migrateCmd `cmd:"" help:"Bring the database to the shape of this program."`
	Backup  backupCmd  `cmd:"" help:"Write all data into one file, while the program runs."`
	Restore restoreCmd `cmd:"" help:"Make an installation of a backup, in an empty place."`
	Verify  verifyCmd  `cmd:"" help:"Check the audit log, or a backup. Changes nothing."`
	Keys    keysCmd    `cmd:"" help:"Look after the keys, which no backup holds."`
	Config  configCmd  `cmd:"" help:"Print every setting with its meaning, value and origin."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "kladka:", explain(err))
		stop()
		os.Exit(1)
	}
}

// streams are where a command writes.
type streams struct {
	out, err io.Writer
}

// run is main without the process, for tests.
func run(ctx context.Context, args []string, out, errs io.Writer) error {
	var cli CLI
	file, err := settingsFile(args)
	if err != nil {
		return err
	}
	parser, err := newParser(&cli, file, out, errs)
	if err != nil {
		return err
	}
	cmd, err := parser.Parse(args)
	if err != nil {
		return err
	}
	cmd.BindTo(ctx, (*context.Context)(nil))
	return cmd.Run(&cli.Common, &streams{out, errs}, &origins{file: file, path: cmd})
}

// newParser makes the parser. Help ends the program through kong's Exit; a
// test that asks for help would end as well, so none does.
func newParser(cli *CLI, file fileSettings, out, errs io.Writer) (*kong.Kong, error) {
	return kong.New(cli, kong.Name("kladka"),
		kong.Description("A footbridge between the institutions of an education community."),
		kong.Writers(out, errs), kong.Resolvers(file),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
}

// folder is the data folder; demo keeps apart from real data unless told.
func (c *Common) folder(demo bool) string {
	switch {
	case c.Data != "":
		return c.Data
	case demo:
		return "kladka-demo"
	}
	return "kladka-data"
}

func (c *Common) address(demo bool) string {
	if c.Database != "" {
		return c.Database
	}
	return "sqlite:" + filepath.Join(c.folder(demo), "kladka.db")
}

// open opens the database, makes the folder, and migrates.
func (c *Common) open(ctx context.Context, demo bool) (_ *db.DB, applied int, err error) {
	if err := os.MkdirAll(c.folder(demo), 0o700); err != nil {
		return nil, 0, err
	}
	d, err := db.Open(ctx, c.address(demo))
	if err != nil {
		return nil, 0, err
	}
	if err := backup.CheckFinished(ctx, d); err != nil {
		return nil, 0, errors.Join(err, d.Close())
	}
	applied, err = schema.Migrate(ctx, d, app.Modules())
	if err != nil {
		return nil, 0, errors.Join(err, d.Close())
	}
	return d, applied, nil
}

func (c *Common) logger(w io.Writer) *slog.Logger {
	level := slog.LevelWarn
	if c.Verbose {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// keys opens the keys of the installation, and makes them at the first start.
func (c *Common) keys(demo bool) (*secrets.Keys, error) { return secrets.Open(c.keysFile(demo)) }

// build makes the program over its database, for one command.
func (c *Common) build(ctx context.Context, s *streams) (*app.App, func() error, error) {
	d, _, err := c.open(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	// Real data never goes into a demo; a database that takes some is real.
	if err := demo.CheckKind(ctx, d, ""); err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	keys, err := c.keys(false)
	if err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	a, err := app.New(ctx, d, app.Settings{Folder: c.folder(false), Keys: keys, Listen: "127.0.0.1:8080"}, c.logger(s.err), time.Now)
	if err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	return a, d.Close, nil
}

type migrateCmd struct{}

// Run migrates the database and says what was done.
func (migrateCmd) Run(ctx context.Context, c *Common, s *streams) error {
	d, applied, err := c.open(ctx, false)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d migrations applied\n", applied)
	return d.Close()
}
