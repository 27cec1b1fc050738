package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

const sampleTables = `
create table parents (id text primary key, n bigint not null);
create table children (id text primary key, parent text not null references parents (id));`

func modules() []schema.Module {
	sample := fstest.MapFS{"migrations/209901010000_sample.sql": {Data: []byte(sampleTables)}}
	return []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "sample", Files: sample}}
}

func exec(ctx context.Context, d *db.DB, query string, args ...any) (n int64, err error) {
	err = d.Write(ctx, func(tx *db.Tx) error {
		n, err = tx.Exec(ctx, query, args...)
		return err
	})
	return n, err
}

func mustExec(t *testing.T, d *db.DB, query string, args ...any) int64 {
	t.Helper()
	n, err := exec(t.Context(), d, query, args...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestReadAndWrite(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if n := mustExec(t, d, `insert into parents (id, n) values `+db.Marks(3, 2), "a", 1, "b", 2, "c", 3); n != 3 {
			t.Errorf("inserted %d", n)
		}
		if n := mustExec(t, d, `update parents set n = 9 where id = ?`, "none"); n != 0 {
			t.Errorf("updated %d", n)
		}
		var n int64
		if err := d.Get(ctx, &n, `select n from parents where id = ?`, "none"); !errors.Is(err, fault.ErrNotFound) || errors.Is(err, sql.ErrNoRows) {
			t.Errorf("no row: %v", err)
		}
		query, args, err := db.In(`select id from parents where id in (?) and n < ? order by id`, []string{"a", "c"}, 3)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		if err := d.Select(ctx, &ids, query, args...); err != nil || len(ids) != 1 || ids[0] != "a" {
			t.Errorf("%v, %v", ids, err)
		}
		if _, _, err := db.In(`in (?)`, []string{}); err == nil {
			t.Error("an empty list is no error")
		}
		stop, seen := errors.New("stop"), 0
		err = d.Each(ctx, func(scan func(...any) error) error {
			if seen++; seen == 2 {
				return stop
			}
			return scan(&n)
		}, `select n from parents order by n`)
		if !errors.Is(err, stop) || seen != 2 || n != 1 {
			t.Errorf("each: %v after %d rows, last %d", err, seen, n)
		}
	})
}

func TestWriteRollsBack(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		ctx, no := t.Context(), errors.New("no")
		runs := 0
		err := d.Write(ctx, func(tx *db.Tx) error {
			runs++
			if _, err := tx.Exec(ctx, `insert into parents (id, n) values ('a', 1)`); err != nil {
				return err
			}
			var n int
			if err := tx.Get(ctx, &n, `select count(*) from parents`); err != nil || n != 1 {
				t.Errorf("a transaction does not see its own row: %d, %v", n, err)
			}
			return no
		})
		if !errors.Is(err, no) || runs != 1 {
			t.Errorf("%v after %d runs", err, runs)
		}
		wantRows(t, d, 0)
	})
}

func wantRows(t *testing.T, d *db.DB, want int) {
	t.Helper()
	var n int
	if err := d.Get(t.Context(), &n, `select count(*) from parents`); err != nil || n != want {
		t.Errorf("%d rows, %v; want %d", n, err, want)
	}
}

// A panic must not keep the one writer of SQLite for ever.
func TestPanicFreesTheWriter(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		for range 20 { // more than PostgreSQL's pool
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the panic was swallowed")
					}
				}()
				_ = d.Write(t.Context(), func(tx *db.Tx) error {
					if _, err := tx.Exec(t.Context(), `insert into parents (id, n) values ('a', 1)`); err != nil {
						t.Error(err)
					}
					panic("broken")
				})
			}()
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := exec(ctx, d, `insert into parents (id, n) values ('b', 1)`); err != nil {
			t.Fatal(err)
		}
		wantRows(t, d, 1)
	})
}

// Reading, then writing what was read plus one, is right where the database
// sees the conflict (SERIALIZABLE) or lets one writer in (SQLite). The retry
// of Write must hide it.
func TestIncrementsAtOnce(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { increments(t, testkit.SQLite(t, modules())) })
	t.Run("postgres-serializable", func(t *testing.T) { increments(t, testkit.Postgres(t, modules(), "serializable")) })
}

func increments(t *testing.T, d *db.DB) {
	mustExec(t, d, `insert into parents (id, n) values ('a', 0)`)
	const writers, each = 4, 10
	var runs atomic.Int64
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range each {
				if err := d.Write(t.Context(), func(tx *db.Tx) error { runs.Add(1); return increment(t.Context(), tx) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	var n int64
	if err := d.Get(t.Context(), &n, `select n from parents where id = 'a'`); err != nil || n != writers*each {
		t.Errorf("counted %d, %v; want %d", n, err, writers*each)
	}
	t.Logf("%d runs for %d writes", runs.Load(), writers*each)
}

func increment(ctx context.Context, tx *db.Tx) error {
	var n int64
	if err := tx.Get(ctx, &n, `select n from parents where id = 'a'`); err != nil {
		return err
	}
	time.Sleep(time.Millisecond) // only a test may wait in here
	_, err := tx.Exec(ctx, `update parents set n = ? where id = 'a'`, n+1)
	return err
}

// At SERIALIZABLE exactly: two that both read before either writes. The second
// is refused by the database and must be run again by Write.
func TestSerializationFailureIsRetried(t *testing.T) {
	d := testkit.Postgres(t, modules(), "serializable")
	mustExec(t, d, `insert into parents (id, n) values ('a', 0)`)
	var runs atomic.Int64
	var read, all sync.WaitGroup
	read.Add(2)
	for range 2 {
		first := true
		all.Go(func() {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				runs.Add(1)
				var n int64
				if err := tx.Get(t.Context(), &n, `select n from parents where id = 'a'`); err != nil {
					return err
				}
				if first {
					first = false
					read.Done()
					read.Wait()
				}
				_, err := tx.Exec(t.Context(), `update parents set n = ? where id = 'a'`, n+1)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var n int64
	if err := d.Get(t.Context(), &n, `select n from parents`); err != nil || n != 2 || runs.Load() < 3 {
		t.Errorf("n = %d after %d runs, %v", n, runs.Load(), err)
	}
}

func TestDeadlockIsRetried(t *testing.T) {
	d := testkit.Postgres(t, modules(), "")
	mustExec(t, d, `insert into parents (id, n) values ('a', 0), ('b', 0)`)
	var locked, all sync.WaitGroup
	locked.Add(2)
	for _, order := range [][2]string{{"a", "b"}, {"b", "a"}} {
		first := true
		all.Go(func() {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				for i, id := range order {
					if _, err := tx.Exec(t.Context(), `update parents set n = n + 1 where id = ?`, id); err != nil {
						return err
					}
					if i == 0 && first {
						first = false
						locked.Done()
						locked.Wait()
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var sum int64
	if err := d.Get(t.Context(), &sum, `select cast(sum(n) as bigint) from parents`); err != nil || sum != 4 {
		t.Errorf("sum %d, %v", sum, err)
	}
}

func TestWriteGivesUp(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := exec(ctx, d, `insert into parents (id, n) values ('a', 1)`); !errors.Is(err, context.Canceled) {
			t.Errorf("a canceled write: %v", err)
		}
		wantRows(t, d, 0)
	})
}

// Another process holds the file (a backup, a second server): the writer waits.
func TestSQLiteBusy(t *testing.T) {
	d, other := sqliteTwice(t, "_pragma=busy_timeout(0)")
	if _, err := other.Exec(`begin immediate`); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(200*time.Millisecond, func() {
		if _, err := other.Exec(`commit`); err != nil {
			t.Error(err)
		}
	})
	began := time.Now()
	mustExec(t, d, `insert into parents (id, n) values ('a', 1)`)
	if waited := time.Since(began); waited < 150*time.Millisecond {
		t.Errorf("waited %v: nobody held the file", waited)
	}
}

// Readers go on while a writer of another process is at work, and see the
// state before it.
func TestSQLiteReadersDoNotWait(t *testing.T) {
	d, other := sqliteTwice(t, "_pragma=busy_timeout(0)")
	if _, err := other.Exec(`begin immediate; insert into parents (id, n) values ('a', 1)`); err != nil {
		t.Fatal(err)
	}
	wantRows(t, d, 0)
	if _, err := other.Exec(`commit`); err != nil {
		t.Fatal(err)
	}
	wantRows(t, d, 1)
}

// sqliteTwice opens a file with db.Open and once more without it.
func sqliteTwice(t *testing.T, pragmas string) (*db.DB, *sql.DB) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "folder that is missing", "a ?&#%20 name.db")
	d, err := db.Open(t.Context(), "sqlite:"+file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, err := schema.Migrate(t.Context(), d, modules()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Fatal("the file has another name: ", err)
	}
	link := filepath.Join(t.TempDir(), "x")
	if err := os.Symlink(filepath.Dir(file), link); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", "file:"+link+"/a%20%3F%26%23%2520%20name.db?"+pragmas)
	if err != nil {
		t.Fatal(err)
	}
	other.SetMaxOpenConns(1)
	t.Cleanup(func() { other.Close() })
	return d, other
}

func TestSQLiteReadersCannotWrite(t *testing.T) {
	d := testkit.SQLite(t, modules())
	for _, query := range []string{
		`insert into parents (id, n) values ('a', 1) returning n`,
		`delete from parents returning n`,
		`create table more (id text)`,
	} {
		var n []int64
		if err := d.Select(t.Context(), &n, query); err == nil || !strings.Contains(err.Error(), "readonly") {
			t.Errorf("%s: %v", query, err)
		}
	}
}

func TestSQLitePragmasInEveryConnection(t *testing.T) {
	d := testkit.SQLite(t, modules())
	ask := func(r db.Reader, pragma string) (v string) {
		if err := r.Get(t.Context(), &v, "pragma "+pragma); err != nil {
			t.Error(err)
		}
		return v
	}
	check := func(r db.Reader, where string, want map[string]string) {
		for pragma, want := range want {
			if got := ask(r, pragma); got != want {
				t.Errorf("%s: %s is %s, want %s", where, pragma, got, want)
			}
		}
	}
	// Nested queries force the pool to open further connections.
	var nest func(depth int)
	nest = func(depth int) {
		if depth == 0 {
			return
		}
		check(d, fmt.Sprint("reader ", depth), map[string]string{"foreign_keys": "1", "query_only": "1", "journal_mode": "wal", "busy_timeout": "10000"})
		err := d.Each(t.Context(), func(func(...any) error) error { nest(depth - 1); return nil }, `select 1`)
		if err != nil {
			t.Error(err)
		}
	}
	nest(4)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		check(tx, "writer", map[string]string{"foreign_keys": "1", "query_only": "0", "secure_delete": "1", "synchronous": "1"})
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestForeignKeys(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		for range 3 {
			_, err := exec(t.Context(), d, `insert into children (id, parent) values ('c', 'none')`)
			if err == nil || db.Duplicate(err) {
				t.Errorf("an orphan: %v", err)
			}
		}
	})
}

func TestDuplicate(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		mustExec(t, d, `insert into parents (id, n) values ('a', 1)`)
		_, err := exec(t.Context(), d, `insert into parents (id, n) values ('a', 1)`)
		if !db.Duplicate(err) {
			t.Errorf("%v", err)
		}
		if db.Duplicate(nil) || db.Duplicate(errors.New("UNIQUE")) {
			t.Error("something else is a duplicate")
		}
	})
}

func TestVersions(t *testing.T) {
	testkit.EachIsolation(t, modules(), func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		version := func(want int64) {
			t.Helper()
			if n, err := db.Version(ctx, d, "roles"); err != nil || n != want {
				t.Errorf("version %d, %v; want %d", n, err, want)
			}
		}
		version(0)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if err := d.Write(ctx, func(tx *db.Tx) error { return db.Raise(ctx, tx, "roles") }); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		version(8)
		no := errors.New("no")
		_ = d.Write(ctx, func(tx *db.Tx) error { return errors.Join(db.Raise(ctx, tx, "roles"), no) })
		version(8)
	})
}

func TestProperties(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		for _, want := range []string{"", "invented", "real"} {
			if want != "" {
				if err := d.Write(ctx, func(tx *db.Tx) error { return db.SetProperty(ctx, tx, "data", want) }); err != nil {
					t.Fatal(err)
				}
			}
			if v, err := db.Property(ctx, d, "data"); err != nil || v != want {
				t.Errorf("property %q, %v; want %q", v, err, want)
			}
		}
	})
}

func TestErrorsHideThePassword(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, address := range []string{
		"postgres://kladka:hunter2@127.0.0.1:1/x?sslmode=disable",
		"postgres://kladka:hunter2@127.0.0.1:1/x?sslmode=nonsense",
		"postgres://kladka:hunter2@127.0.0.1:port/x",
		"postgres://kladka:hunter2%zz@127.0.0.1:1/x",
		"postgres://127.0.0.1:1/x?user=kladka&password=hunter2",
		"mysql://kladka:hunter2@127.0.0.1/x",
		"host=127.0.0.1 password=hunter2",
	} {
		d, err := db.Open(ctx, address)
		if err == nil {
			d.Close()
			t.Errorf("%s: no error", address)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the password stands in: %v", err)
		}
	}
}

// Writers of one process queue; none fails, whatever the load.
func TestManyWriters(t *testing.T) {
	testkit.EachIsolation(t, modules(), func(t *testing.T, d *db.DB) {
		n := 200
		if testing.Short() {
			n = 40
		}
		mustExec(t, d, `insert into parents (id, n) values ('a', 0)`)
		var all sync.WaitGroup
		for i := range n {
			all.Go(func() {
				if _, err := exec(t.Context(), d, `insert into children (id, parent) values (?, 'a')`, fmt.Sprint(i)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		var got int
		if err := d.Get(t.Context(), &got, `select count(*) from children`); err != nil || got != n {
			t.Errorf("%d rows, %v", got, err)
		}
	})
}
