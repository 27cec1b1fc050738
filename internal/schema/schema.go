// Package schema brings a database to the shape that this program knows.
//
// Each module keeps its own migrations in migrations/YYYYMMDDhhmm_name.sql, or,
// where the engines need different words, in name.sqlite.sql and
// name.postgres.sql. Here they are merged by date. A migration is plain SQL and
// only goes forward; one that was merged late is run late (out of order).
package schema

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Module is a package that owns tables: its name, for messages, and its files.
type Module struct {
	Name  string
	Files fs.FS // holds the folder "migrations"
}

type migration struct {
	version int64
	module  string
	name    string
	sql     string
}

// Migrate runs what has not been run yet and tells how many migrations that was.
func Migrate(ctx context.Context, d *db.DB, modules []Module) (_ int, err error) {
	defer fault.Wrap(&err, "migrate")
	list, err := merge(d.Engine(), modules)
	if err != nil {
		return 0, err
	}
	p, err := provider(d, list)
	if err != nil {
		return 0, err
	}
	done, err := p.Up(ctx)
	return len(done), err
}

func provider(d *db.DB, list []migration) (*goose.Provider, error) {
	options := []goose.ProviderOption{
		goose.WithAllowOutofOrder(true),
		goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(steps(list)...),
	}
	dialect := goose.DialectSQLite3
	if d.Engine() == db.Postgres {
		dialect = goose.DialectPostgres
		// Two processes that start together must not migrate together.
		one, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(one))
	}
	return goose.NewProvider(dialect, d.SQL(), nil, options...)
}

// steps hands the SQL texts to goose as they are: both drivers run several
// statements at once when there are no arguments.
func steps(list []migration) []*goose.Migration {
	var out []*goose.Migration
	for _, m := range list {
		out = append(out, goose.NewGoMigration(m.version, &goose.GoFunc{
			RunTx: func(ctx context.Context, tx *sql.Tx) error {
				if _, err := tx.ExecContext(ctx, m.sql); err != nil {
					return fmt.Errorf("%s/%s: %w", m.module, m.name, err)
				}
				return nil
			},
		}, nil))
	}
	return out
}

// merge reads the migrations of all modules for one engine, oldest first.
func merge(e db.Engine, modules []Module) ([]migration, error) {
	var list []migration
	for _, m := range modules {
		own, err := read(e, m)
		if err != nil {
			return nil, fmt.Errorf("migrations of %s: %w", m.Name, err)
		}
		list = append(list, own...)
	}
	slices.SortFunc(list, func(a, b migration) int { return int(a.version - b.version) })
	for i := 1; i < len(list); i++ {
		if list[i].version == list[i-1].version {
			return nil, fmt.Errorf("%s/%s and %s/%s carry the same date", list[i-1].module, list[i-1].name, list[i].module, list[i].name)
		}
	}
	return list, nil
}

func read(e db.Engine, m Module) ([]migration, error) {
	files, err := fs.Glob(m.Files, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var list []migration
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".sql")
		if other := otherEngine(e); strings.HasSuffix(name, "."+other) {
			continue
		}
		date, _, named := strings.Cut(name, "_")
		version, err := strconv.ParseUint(date, 10, 63)
		if err != nil || !named || len(date) != len("YYYYMMDDhhmm") {
			return nil, fmt.Errorf("%s: the name must begin with YYYYMMDDhhmm_", file)
		}
		text, err := fs.ReadFile(m.Files, file)
		if err != nil {
			return nil, err
		}
		list = append(list, migration{int64(version), m.Name, name, string(text)})
	}
	return list, nil
}

func otherEngine(e db.Engine) string {
	if e == db.SQLite {
		return string(db.Postgres)
	}
	return string(db.SQLite)
}
