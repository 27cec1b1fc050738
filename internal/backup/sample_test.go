package backup

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

var sampleFiles = map[string]string{
	"202601010000_first.sql": `
		create table sample_parents (id text primary key, n bigint not null, flag boolean, weight double precision, note text, late_to_come text not null default '');
		create table sample_law (key text primary key, value bigint not null);
		insert into sample_law (key, value) values ('seed', 1);
		create table sample_sessions (token text primary key);
		create table sample_loose (a text, b integer);`,
	"202601010001_bytes.sqlite.sql":   `create table sample_bytes (id text primary key, data blob);`,
	"202601010001_bytes.postgres.sql": `create table sample_bytes (id text primary key, data bytea);`,
	"202601010002_children.sql": `create table sample_children (id text not null, turn integer not null, parent text not null references sample_parents (id),
		boss text, boss_turn integer, "order" text not null default '', primary key (id, turn), foreign key (boss, boss_turn) references sample_children (id, turn));`,
	"202601010003_late.sql": `alter table sample_parents add column late text not null default 'migrated'; insert into sample_law (key, value) values ('late', 2);`,
}

const lateFile = "202601010003_late.sql"

// modules are the sample tables, without the named files.
func modules(without ...string) []schema.Module {
	files := fstest.MapFS{}
	for name, text := range sampleFiles {
		if !slices.Contains(without, name) {
			files["migrations/"+name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "sample", Files: files}}
}

var at = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func run(t testing.TB, d *db.DB, query string, args ...any) {
	t.Helper()
	err := d.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(context.Background(), query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// fillSample writes rows that are hard to carry.
func fillSample(t testing.TB, d *db.DB) {
	t.Helper()
	parents := [][]any{
		{"ą", int64(math.MaxInt64), true, 0.1, "zażółć\tgęślą\njaźń \"\\</script> \u2028 🌉"},
		{"B", int64(math.MinInt64), false, math.Inf(1), ""},
		{"a", int64(1)<<53 + 1, nil, nil, nil},
		{"a b", int64(0), true, -1e-300, "\x01\x1f\x7f"},
		{"", int64(-1), nil, 1e300, strings.Repeat("ż", 3000)},
	}
	for _, p := range parents {
		run(t, d, `insert into sample_parents (id, n, flag, weight, note) values (?, ?, ?, ?, ?)`, p...)
	}
	run(t, d, `insert into sample_bytes (id, data) values (?, ?), (?, ?), (?, ?)`, "x", []byte{0, 255, 1}, "empty", []byte{}, "null", nil)
	run(t, d, `insert into sample_children (id, turn, parent, boss, boss_turn, "order") values ('c', 1, 'a', null, null, 'q'), ('c', 2, 'B', 'c', 1, '')`)
	run(t, d, `update sample_children set boss = 'c', boss_turn = 2 where turn = 1`) // a circle
	run(t, d, `insert into sample_loose (a, b) values (null, 2), ('x', null), ('x', 1), ('x', 1), (null, null)`)
	run(t, d, `update sample_law set value = 7 where key = 'seed'`)
	run(t, d, `insert into sample_sessions (token) values ('secret')`)
	run(t, d, `insert into versions (name, n) values ('directory', 3)`)
	run(t, d, `insert into properties (name, value) values ('data', 'real')`)
}

var skip = []string{"sample_sessions"}

func source(d *db.DB) Source {
	return Source{DB: d, Skip: skip, Program: "kladka test", Now: func() time.Time { return at }}
}

func backup(t testing.TB, src Source) ([]byte, Manifest) {
	t.Helper()
	var b bytes.Buffer
	_, m, err := Write(context.Background(), src, &b)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), m
}

func place(address string) Place {
	return Place{Address: address, Modules: modules(), Skip: skip, Seeds: []string{"versions", "properties", "sample_law"}}
}

// engines are the two databases: one full of rows, and one that is empty.
type engine struct {
	name  string
	full  func(t *testing.T, modules []schema.Module) *db.DB
	empty func(t *testing.T) string
}

func engines() []engine {
	return []engine{
		{"sqlite", func(t *testing.T, m []schema.Module) *db.DB { return testkit.SQLite(t, m) },
			func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "new", "kladka.db") }},
		{"postgres", func(t *testing.T, m []schema.Module) *db.DB { return testkit.Postgres(t, m, "") },
			func(t *testing.T) string {
				address := testkit.PostgresAddress(t, modules(), "")
				run(t, openAt(t, address), `drop table goose_db_version, db_outbox, versions, properties, sample_parents, sample_law, sample_sessions, sample_loose, sample_bytes, sample_children`)
				return address
			}},
	}
}

func openAt(t testing.TB, address string) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// sums are the tables' checksums, without the counters, which a restore raises.
func sums(m Manifest) map[string]TableSum {
	out := map[string]TableSum{}
	for _, t := range m.Tables {
		if t.Name != "versions" {
			out[t.Name] = t
		}
	}
	return out
}

func number(t testing.TB, d *db.DB, query string) (n int64) {
	t.Helper()
	if err := d.Get(context.Background(), &n, query); err != nil {
		t.Error(err)
	}
	return n
}

// memory keeps files, for tests.
type memory struct {
	mu    sync.Mutex
	files map[string]string
	put   func(key string) error
	gone  string
}

func (m *memory) EachBlob(_ context.Context, f func(key string, size int64) error) error {
	for _, key := range slices.Sorted(maps.Keys(m.files)) {
		if err := f(key, int64(len(m.files[key]))); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) OpenBlob(_ context.Context, key string) (io.ReadCloser, error) {
	if key == m.gone {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(strings.NewReader(m.files[key])), nil
}

func (m *memory) PutBlob(_ context.Context, key string, r io.Reader) error {
	if m.put != nil {
		if err := m.put(key); err != nil {
			return err
		}
	}
	data, err := io.ReadAll(r)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files == nil {
		m.files = map[string]string{}
	}
	m.files[key] = string(data)
	return err
}

var errStop = errors.New("stop here")

func migrateSample(t testing.TB, d *db.DB) {
	t.Helper()
	if _, err := schema.Migrate(context.Background(), d, modules()); err != nil {
		t.Fatal(err)
	}
}
