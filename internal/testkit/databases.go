// Package testkit is what tests of all modules share: real databases, sample
// people, and checks of pages. Only tests import it.
package testkit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"

	"kladka/internal/platform/db"
	"kladka/internal/schema"
)

// Strict tells that nothing may be skipped because it is missing: CI sets it.
func Strict() bool { return os.Getenv("KLADKA_TEST_STRICT") == "1" }

// Missing skips the test, or fails it where the thing must be there.
func Missing(t testing.TB, what string) {
	t.Helper()
	if Strict() {
		t.Fatalf("%s, and KLADKA_TEST_STRICT=1", what)
	}
	t.Skip(what)
}

// EachDB runs the test on an empty migrated SQLite database and on an empty
// migrated PostgreSQL database, each made for this test alone. PostgreSQL is
// left out when KLADKA_TEST_POSTGRES is not set.
func EachDB(t *testing.T, modules []schema.Module, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t, modules)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t, modules, "")) })
}

// EachIsolation is EachDB with PostgreSQL also at SERIALIZABLE, for tests
// about what happens at once.
func EachIsolation(t *testing.T, modules []schema.Module, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	EachDB(t, modules, f)
	t.Run("postgres-serializable", func(t *testing.T) { f(t, Postgres(t, modules, "serializable")) })
}

// templates keeps, per set of migrations, the bytes of a migrated SQLite file:
// copying a file is faster than migrating again.
var templates sync.Map // string -> func() ([]byte, error)

// SQLite opens an empty migrated database in a temporary folder.
func SQLite(t testing.TB, modules []schema.Module) *db.DB {
	t.Helper()
	once, _ := templates.LoadOrStore(fingerprint(t, modules), sync.OnceValues(func() ([]byte, error) {
		return migratedFile(modules)
	}))
	data, err := once.(func() ([]byte, error))()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, "sqlite:"+file)
}

// SQLiteAt makes an empty migrated database of a file, for what outlives one test.
func SQLiteAt(file string, modules []schema.Module) (*db.DB, error) {
	if err := migrate("sqlite:"+file, modules); err != nil {
		return nil, err
	}
	return db.Open(context.Background(), "sqlite:"+file)
}

func migratedFile(modules []schema.Module) ([]byte, error) {
	dir, err := os.MkdirTemp("", "kladka-template")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "template.db")
	if err := migrate("sqlite:"+file, modules); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

func migrate(address string, modules []schema.Module) error {
	ctx := context.Background()
	d, err := db.Open(ctx, address)
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = schema.Migrate(ctx, d, modules)
	return err
}

// Postgres opens an empty migrated database on the server that
// KLADKA_TEST_POSTGRES names, and drops it when the test ends. An isolation
// of "" is the server's default.
func Postgres(t testing.TB, modules []schema.Module, isolation string) *db.DB {
	t.Helper()
	return open(t, PostgresAddress(t, modules, isolation))
}

// PostgresAddress is the address of such a database, for a second process.
func PostgresAddress(t testing.TB, modules []schema.Module, isolation string) string {
	t.Helper()
	server := os.Getenv("KLADKA_TEST_POSTGRES")
	if server == "" {
		Missing(t, "KLADKA_TEST_POSTGRES is not set")
	}
	admin, err := administration()
	if err != nil {
		t.Fatal(err)
	}
	template := "kladka_template_" + fingerprint(t, modules)[:16]
	once, _ := admin.templates.LoadOrStore(template, sync.OnceValue(func() error {
		return makeTemplate(admin.db, server, template, modules)
	}))
	if err := once.(func() error)(); err != nil {
		t.Fatal(err)
	}
	name := "kladka_test_" + strings.ToLower(rand.Text())
	if _, err := admin.db.Exec(fmt.Sprintf("create database %s template %s %s", name, template, admin.copied)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.db.Exec("drop database " + name + " with (force)"); err != nil {
			t.Error(err)
		}
	})
	where, err := address(server, name, isolation)
	if err != nil {
		t.Fatal(err)
	}
	return where
}

// administrator makes and drops databases on the server of the tests.
type administrator struct {
	db        *sqlx.DB
	templates sync.Map // name -> func() error, which makes it
	copied    string   // how a database is copied, as create database wants to be told
}

// administration is opened once in a test binary and never closed: a
// connection for each test would cost more than what is asked of it.
var administration = sync.OnceValues(func() (*administrator, error) {
	d, err := sqlx.Connect("pgx", os.Getenv("KLADKA_TEST_POSTGRES"))
	if err != nil {
		return nil, err
	}
	a := &administrator{db: d}
	// Copying the files takes half the time of writing each page into the log
	// as well, but only where nothing waits for the disk. Before 15 there was
	// no other way, and no word for it.
	var files bool
	err = d.Get(&files, `select current_setting('fsync') = 'off' and current_setting('server_version_num')::int >= 150000`)
	if files {
		a.copied = "strategy file_copy"
	}
	return a, err
})

// makeTemplate migrates one database per set of migrations. Packages are
// tested at once, so it holds a lock of the server meanwhile.
func makeTemplate(admin *sqlx.DB, server, name string, modules []schema.Module) error {
	ctx := context.Background()
	conn, err := admin.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	const lock = 7_310_251
	if _, err := conn.ExecContext(ctx, "select pg_advisory_lock($1)", lock); err != nil {
		return err
	}
	defer conn.ExecContext(ctx, "select pg_advisory_unlock($1)", lock)
	var known bool
	err = admin.Get(&known, "select exists(select 1 from pg_database where datname = $1)", name)
	if err != nil || known {
		return err
	}
	half := name + "_half"
	if _, err := admin.Exec("drop database if exists " + half); err != nil {
		return err
	}
	if _, err := admin.Exec("create database " + half + " encoding 'UTF8' template template0"); err != nil {
		return err
	}
	where, err := address(server, half, "")
	if err != nil {
		return err
	}
	if err := migrate(where, modules); err != nil {
		return err
	}
	_, err = admin.Exec(fmt.Sprintf("alter database %s rename to %s", half, name))
	return err
}

func address(server, name, isolation string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	if isolation != "" {
		q := u.Query()
		q.Set("default_transaction_isolation", isolation)
		u.RawQuery = q.Encode()
	}
	return u.String(), nil
}

func open(t testing.TB, address string) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// fingerprint tells sets of migrations apart.
func fingerprint(t testing.TB, modules []schema.Module) string {
	t.Helper()
	sum := sha256.New()
	for _, m := range modules {
		err := fs.WalkDir(m.Files, ".", func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			text, err := fs.ReadFile(m.Files, path)
			fmt.Fprintf(sum, "%s/%s\n%s\n", m.Name, path, text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Shared is the path of a file in the folder shared beside the project, which
// holds real data. The test is skipped where the folder is absent, always:
// a clone alone must pass.
func Shared(t testing.TB, path string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
			continue
		}
		file := filepath.Join(filepath.Dir(dir), "shared", path)
		if _, err := os.Stat(file); err != nil {
			t.Skip("waits for the folder shared beside the project")
		}
		return file
	}
	t.Fatal("no go.mod above the test")
	return ""
}
