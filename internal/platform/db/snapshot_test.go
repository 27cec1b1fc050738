package db_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kladka/internal/platform/db"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

func TestSnapshot(t *testing.T) {
	testkit.EachIsolation(t, modules(), func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		mustExec(t, d, `insert into parents (id, n) values ('a', 1)`)
		err := d.Snapshot(ctx, func(r db.Reader) error {
			for range 3 {
				var n int
				if err := r.Get(ctx, &n, `select count(*) from parents`); err != nil || n != 1 {
					t.Errorf("%d rows, %v", n, err)
				}
				mustExec(t, d, `update parents set n = n + 1`)
				mustExec(t, d, `insert into parents (id, n) select 'b' || count(*), 1 from parents`)
			}
			var ids []string
			if err := r.Select(ctx, &ids, `insert into parents (id, n) values ('c', 1) returning id`); err == nil {
				t.Error("a snapshot can be written")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		wantRows(t, d, 4)
		no := errors.New("no")
		if err := d.Snapshot(ctx, func(db.Reader) error { return no }); !errors.Is(err, no) {
			t.Error(err)
		}
	})
}

func TestTruncateLog(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.db")
	d, err := db.Open(t.Context(), "sqlite:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := schema.Migrate(t.Context(), d, modules()); err != nil {
		t.Fatal(err)
	}
	mustExec(t, d, `insert into parents (id, n) values ('a', 1)`)
	logSize := func() int64 {
		info, err := os.Stat(file + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	if logSize() == 0 {
		t.Fatal("there is no log to truncate")
	}
	err = d.Snapshot(t.Context(), func(r db.Reader) error {
		var n int
		if err := r.Get(t.Context(), &n, `select count(*) from parents`); err != nil {
			return err
		}
		mustExec(t, d, `insert into parents (id, n) values ('b', 1)`)
		if err := d.TruncateLog(t.Context()); err == nil {
			t.Error("truncated under a reader")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.TruncateLog(t.Context()); err != nil || logSize() != 0 {
		t.Errorf("%d bytes left, %v", logSize(), err)
	}
	var timeout int
	err = d.Write(t.Context(), func(tx *db.Tx) error { return tx.Get(t.Context(), &timeout, `pragma busy_timeout`) })
	if err != nil || timeout != 10000 {
		t.Errorf("the writer waits for %d ms, %v", timeout, err)
	}
	wantRows(t, d, 2)
	if err := testkit.Postgres(t, modules(), "").TruncateLog(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTables(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		got, err := d.Tables(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		text := func(name string) db.Column { return db.Column{Name: name, Kind: db.Text} }
		n := db.Column{Name: "n", Kind: db.Integer}
		want := []db.Table{
			{Name: "children", Columns: []db.Column{text("id"), text("parent")}, Key: []string{"id"}, Parents: []string{"parents"}},
			{Name: "db_outbox", Columns: []db.Column{{Name: "id", Kind: db.Integer}, text("body")}, Key: []string{"id"}},
			{Name: "parents", Columns: []db.Column{text("id"), n}, Key: []string{"id"}},
			{Name: "properties", Columns: []db.Column{text("name"), text("value")}, Key: []string{"name"}},
			{Name: "versions", Columns: []db.Column{text("name"), n}, Key: []string{"name"}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		migrated, err := d.Migrated(t.Context(), d)
		if err != nil || !slices.Equal(migrated, []int64{202611010900, 202611221050, 209901010000}) {
			t.Errorf("%v, %v", migrated, err)
		}
		mustExec(t, d, `create table strange (id text primary key, at timestamp)`)
		tables, err := d.Tables(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.EachRow(t.Context(), d, tables[4], nil); err == nil || !strings.Contains(err.Error(), "column at of table strange") {
			t.Errorf("a type of one database only: %v", err)
		}
	})
}

// After Load all foreign keys stand as before, whether it did something or not.
func TestLoad(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		ctx, no := t.Context(), errors.New("no")
		child := func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `insert into children (id, parent) values ('c', 'a')`)
			return err
		}
		if err := d.Load(ctx, child); err == nil || !strings.Contains(err.Error(), "children") {
			t.Errorf("an orphan: %v", err)
		}
		if err := d.Load(ctx, func(tx *db.Tx) error { return errors.Join(child(tx), no) }); !errors.Is(err, no) {
			t.Error(err)
		}
		err := d.Load(ctx, func(tx *db.Tx) error {
			if err := child(tx); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `insert into parents (id, n) values ('a', 1)`)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if _, err := exec(ctx, d, `delete from parents`); err == nil {
			t.Error("the foreign key is gone")
		}
		wantRows(t, d, 1)
	})
}

func TestRaiseAllAndDropProperty(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		err := d.Write(ctx, func(tx *db.Tx) error {
			return errors.Join(db.Raise(ctx, tx, "a"), db.SetProperty(ctx, tx, "x", "y"), db.RaiseAll(ctx, tx), db.DropProperty(ctx, tx, "x"))
		})
		n, err2 := db.Version(ctx, d, "a")
		v, err3 := db.Property(ctx, d, "x")
		if errors.Join(err, err2, err3) != nil || n != 1000001 || v != "" {
			t.Errorf("%d, %q, %v", n, v, errors.Join(err, err2, err3))
		}
	})
}
