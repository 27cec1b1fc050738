package schema_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"kladka/internal/platform/db"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

func module(name string, files map[string]string) schema.Module {
	m := fstest.MapFS{}
	for file, text := range files {
		m["migrations/"+file] = &fstest.MapFile{Data: []byte(text)}
	}
	return schema.Module{Name: name, Files: m}
}

// base is there from the start: every program has the tables of package db.
func base() schema.Module { return schema.Module{Name: "db", Files: db.Migrations} }

// empty opens a database with nothing but those.
func empty(t *testing.T, f func(t *testing.T, d *db.DB)) {
	testkit.EachDB(t, []schema.Module{base()}, f)
}

func migrate(t *testing.T, d *db.DB, want int, modules ...schema.Module) {
	t.Helper()
	if n, err := schema.Migrate(t.Context(), d, append(modules, base())); err != nil || n != want {
		t.Errorf("ran %d migrations, %v; want %d", n, err, want)
	}
}

func count(t *testing.T, d *db.DB, query string) (n int) {
	t.Helper()
	if err := d.Get(t.Context(), &n, query); err != nil {
		t.Error(err)
	}
	return n
}

func TestTwiceIsOnce(t *testing.T) {
	empty(t, func(t *testing.T, d *db.DB) {
		m := module("a", map[string]string{
			"202601010000_first.sql":  "create table a (id text); -- two statements\ncreate table b (id text);",
			"202601020000_second.sql": "insert into a (id) values ('what? a mark');",
		})
		migrate(t, d, 2, m)
		migrate(t, d, 0, m)
		if count(t, d, "select count(*) from a")+count(t, d, "select count(*) from b") != 1 {
			t.Error("not what the migrations say")
		}
	})
}

func TestLateMigrationIsRunLate(t *testing.T) {
	empty(t, func(t *testing.T, d *db.DB) {
		a := module("a", map[string]string{
			"202601010000_first.sql": "create table a (id text);",
			"202601030000_third.sql": "insert into a (id) values ('third');",
		})
		b := module("b", map[string]string{"202601020000_second.sql": "insert into a (id) values ('second');"})
		migrate(t, d, 2, a)
		migrate(t, d, 1, a, b)
		migrate(t, d, 0, b, a)
	})
}

func TestEachEngineHasItsFile(t *testing.T) {
	empty(t, func(t *testing.T, d *db.DB) {
		migrate(t, d, 1, module("a", map[string]string{
			"202601010000_t.sqlite.sql":   "create table t (id text primary key) without rowid; insert into t values ('s');",
			"202601010000_t.postgres.sql": "create unlogged table t (id text primary key); insert into t values ('p');",
		}))
		var id string
		if err := d.Get(t.Context(), &id, "select id from t"); err != nil || id != string(d.Engine())[:1] {
			t.Errorf("%q, %v", id, err)
		}
	})
}

// A migration that fails leaves nothing of itself, and the one before it stays.
func TestFailureLeavesNothing(t *testing.T) {
	empty(t, func(t *testing.T, d *db.DB) {
		files := map[string]string{
			"202601010000_good.sql": "create table good (id text);",
			"202601020000_bad.sql":  "create table half (id text); insert into none values (1);",
		}
		_, err := schema.Migrate(t.Context(), d, []schema.Module{base(), module("a", files)})
		if err == nil || !strings.Contains(err.Error(), "a/202601020000_bad") {
			t.Errorf("the error does not say which: %v", err)
		}
		files["202601020000_bad.sql"] = "create table half (id text);"
		migrate(t, d, 1, module("a", files))
	})
}

// An older program on a newer database does not tear anything down: during an
// upgrade both run for a moment.
func TestOlderProgram(t *testing.T) {
	empty(t, func(t *testing.T, d *db.DB) {
		older := map[string]string{"202601010000_first.sql": "create table a (id text);"}
		newer := map[string]string{"202601010000_first.sql": older["202601010000_first.sql"], "202601020000_second.sql": "create table b (id text);"}
		migrate(t, d, 2, module("a", newer))
		migrate(t, d, 0, module("a", older))
		if count(t, d, "select count(*) from b") != 0 {
			t.Error("b")
		}
	})
}

func TestTwoProcessesMigrateOnce(t *testing.T) {
	address := testkit.PostgresAddress(t, []schema.Module{base()}, "")
	m := module("a", map[string]string{"202601010000_first.sql": "create table a (id text); select pg_sleep(0.3);"})
	type result struct {
		n   int
		err error
	}
	results := make(chan result, 2)
	for range 2 {
		go func() {
			d, err := db.Open(t.Context(), address)
			if err != nil {
				results <- result{0, err}
				return
			}
			defer d.Close()
			n, err := schema.Migrate(t.Context(), d, []schema.Module{base(), m})
			results <- result{n, err}
		}()
	}
	a, b := <-results, <-results
	if a.err != nil || b.err != nil || a.n+b.n != 1 {
		t.Errorf("%+v and %+v", a, b)
	}
}
