// Package db is the one place that knows which database is underneath.
//
// A program text speaks plain SQL with `?` for arguments. On SQLite there is
// one writer connection, so that writers queue in Go instead of failing with
// SQLITE_BUSY, and a pool of readers that cannot write. On PostgreSQL both are
// one pool. Every write is a closure (see Write) that may run more than once.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	"github.com/jmoiron/sqlx"

	"kladka/internal/platform/fault"
)

// Engine names the database underneath.
type Engine string

// The engines that the tests run on.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// MaxParams is the most arguments a statement may carry (design rule 8):
// below the limits of both engines, so batches are cut the same everywhere.
const MaxParams = 900

// DB is an open database. Make it with Open.
type DB struct {
	engine Engine
	write  *sqlx.DB
	read   *sqlx.DB
	bound  *rebinder
}

// Reader is what a query needs: a DB outside a transaction, a Tx inside one.
type Reader interface {
	// Get scans one row into a struct or a value. No row is fault.ErrNotFound.
	Get(ctx context.Context, dest any, query string, args ...any) error
	// Select scans all rows into a slice.
	Select(ctx context.Context, dest any, query string, args ...any) error
	// Each calls f for every row, without keeping them. An error of f ends it.
	Each(ctx context.Context, f func(scan func(dest ...any) error) error, query string, args ...any) error
}

// Open opens a database by its address: "sqlite:PATH" or "postgres://…".
// The folder of a SQLite file is made when it is missing.
func Open(ctx context.Context, address string) (*DB, error) {
	switch {
	case strings.HasPrefix(address, "sqlite:"):
		return openSQLite(ctx, strings.TrimPrefix(address, "sqlite:"))
	case strings.HasPrefix(address, "postgres://"), strings.HasPrefix(address, "postgresql://"):
		return openPostgres(ctx, address)
	}
	return nil, fmt.Errorf("database address %q: want sqlite:PATH or postgres://", Redact(address))
}

// Redact hides the passwords of an address, for messages and logs. PostgreSQL
// takes them before the host and among the parameters.
func Redact(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" && strings.Contains(address, "=") {
		return "(unreadable)"
	}
	q := u.Query()
	for _, name := range []string{"password", "sslpassword"} {
		if q.Has(name) {
			q.Set(name, "xxxxx")
			u.RawQuery = q.Encode()
		}
	}
	return u.Redacted()
}

// The PRAGMAs stand in the address because an Exec after opening reaches one
// pooled connection only. synchronous=NORMAL is safe with WAL: a power cut
// may lose the last commits, never the file. The log is folded back into the
// file after 4000 pages (16 MB), not 1000: pages written again and again, such
// as the ends of tables, are then copied once.
const (
	sqliteCommon = "_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"
	sqliteWriter = sqliteCommon + "&_txlock=immediate&_pragma=secure_delete(1)&_pragma=wal_autocheckpoint(4000)"
	sqliteReader = sqliteCommon + "&_pragma=query_only(1)&_pragma=cache_size(-4000)"
)

func openSQLite(ctx context.Context, path string) (_ *DB, err error) {
	defer fault.Wrap(&err, "open SQLite file %s", path)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if err := private(path); err != nil {
		return nil, err
	}
	name := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String()
	write, err := connectSQLite(ctx, name+"?"+sqliteWriter)
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	read, err := connectSQLite(ctx, name+"?"+sqliteReader)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	readers := max(4, runtime.NumCPU())
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return newDB(SQLite, write, read), nil
}

// private makes the file before SQLite does, which would let everybody on the
// machine read it: the folder may be one that others can enter. The log beside
// it gets the same mode from SQLite. A file that stands is left as it is.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func connectSQLite(ctx context.Context, address string) (*sqlx.DB, error) {
	c, err := newKeeping(address)
	if err != nil {
		return nil, err
	}
	d := sqlx.NewDb(sql.OpenDB(c), "sqlite")
	if err := d.PingContext(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func openPostgres(ctx context.Context, address string) (_ *DB, err error) {
	defer fault.Wrap(&err, "open %s", Redact(address))
	pool, err := sqlx.ConnectContext(ctx, "pgx", address)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(16)
	pool.SetMaxIdleConns(8)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return newDB(Postgres, pool, pool), nil
}

func newDB(e Engine, write, read *sqlx.DB) *DB {
	return &DB{engine: e, write: write, read: read, bound: &rebinder{engine: e}}
}

// Engine tells the database underneath. Only this package, schema and search
// may ask; a test looks for others.
func (d *DB) Engine() Engine { return d.engine }

// Name is the engine in words, to be shown to people and never to be asked.
func (d *DB) Name() string { return string(d.engine) }

// SQL is the writer's pool, for the migrations.
func (d *DB) SQL() *sql.DB { return d.write.DB }

// Close closes all connections.
func (d *DB) Close() error {
	if d.read == d.write {
		return d.write.Close()
	}
	return errors.Join(d.read.Close(), d.write.Close())
}

// Get implements Reader on a connection of the readers' pool.
func (d *DB) Get(ctx context.Context, dest any, query string, args ...any) error {
	return found(d.read.GetContext(ctx, dest, d.bound.bind(query), args...))
}

// Select implements Reader on a connection of the readers' pool.
func (d *DB) Select(ctx context.Context, dest any, query string, args ...any) error {
	return d.read.SelectContext(ctx, dest, d.bound.bind(query), args...)
}

// Each implements Reader on a connection of the readers' pool.
func (d *DB) Each(ctx context.Context, f func(scan func(dest ...any) error) error, query string, args ...any) error {
	rows, err := d.read.QueryContext(ctx, d.bound.bind(query), args...)
	return each(rows, err, f)
}

func each(rows *sql.Rows, err error, f func(scan func(dest ...any) error) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func found(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.ErrNotFound
	}
	return err
}

// rebinder turns `?` into `$1` for PostgreSQL and remembers the result:
// the program's statements are few and constant.
type rebinder struct {
	engine Engine
	known  sync.Map // string -> string
}

func (r *rebinder) bind(query string) string {
	if r.engine == SQLite {
		return query
	}
	if q, ok := r.known.Load(query); ok {
		return q.(string)
	}
	q := sqlx.Rebind(sqlx.DOLLAR, query)
	// Statements with a list of arguments come in many lengths; they are
	// rebound each time rather than kept for ever.
	if strings.Count(query, "?") <= 40 {
		r.known.Store(query, q)
	}
	return q
}

// In expands a slice argument of `in (?)` into as many marks as it has values.
// An empty slice is an error: the caller must know what nothing means.
func In(query string, args ...any) (string, []any, error) {
	return sqlx.In(query, args...)
}

// Marks is "(?,?,?),(?,?,?)" for a batch insert of rows with cols columns.
func Marks(rows, cols int) string {
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", cols), ",") + ")"
	return strings.TrimSuffix(strings.Repeat(one+",", rows), ",")
}
