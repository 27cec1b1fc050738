package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

func keptDB(t *testing.T) *DB {
	t.Helper()
	d, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "kept.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, err := d.SQL().ExecContext(t.Context(), "create table things (id integer primary key, name text not null unique); create table other (id integer primary key)"); err != nil {
		t.Fatal(err)
	}
	return d
}

// kept are the statements of the writer.
func kept(t *testing.T, d *DB) map[string]*keptStmt {
	t.Helper()
	conn, err := d.SQL().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var found map[string]*keptStmt
	if err := conn.Raw(func(c any) error { found = c.(*keeper).kept; return nil }); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestWorthKeeping(t *testing.T) {
	for query, want := range map[string]bool{
		"select 1": true,
		"\n\tWITH x as (select 1) select * from x": true,
		"insert into t values (?)":                 true,
		"pragma busy_timeout = 1":                  false,
		"create table t (id int)":                  false,
		"select 1; select 2":                       false,
		"":                                         false,
		"select 1 where 1 in (" + strings.Repeat("?,", marksKept) + "?)": false,
		"select '" + strings.Repeat("x", longestKept) + "'":              false,
	} {
		if got := worthKeeping(query); got != want {
			t.Errorf("%.40q: %v", query, got)
		}
	}
}

func TestStatementsAreKeptAndStayRight(t *testing.T) {
	d, ctx := keptDB(t), t.Context()
	const insert, count = `insert into things (id, name) values (?, ?)`, `select count(*) from things where id > ?`
	for i := range 20 {
		err := d.Write(ctx, func(tx *Tx) error {
			if _, err := tx.Exec(ctx, insert, i, fmt.Sprint("thing ", i)); err != nil {
				return err
			}
			var n int
			if err := tx.Get(ctx, &n, count, -1); err != nil || n != i+1 {
				return errors.Join(err, fmt.Errorf("%d are %d", i+1, n))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if k := kept(t, d); k[insert] == nil || k[count] == nil || k[count].busy {
		t.Errorf("kept are %v", k)
	}
	// What fails leaves nothing behind that would fail again.
	err := d.Write(ctx, func(tx *Tx) error { _, err := tx.Exec(ctx, insert, 100, "thing 0"); return err })
	if !Duplicate(err) {
		t.Errorf("got %v", err)
	}
	if err := d.Write(ctx, func(tx *Tx) error { _, err := tx.Exec(ctx, insert, 100, "another"); return err }); err != nil {
		t.Error(err)
	}
	// A kept statement sees a schema that changed.
	var name string
	if err := d.Get(ctx, &name, `select name from things where id = ?`, 100); err != nil || name != "another" {
		t.Errorf("%q, %v", name, err)
	}
	if _, err := d.SQL().ExecContext(ctx, "alter table things add column color text not null default 'red'"); err != nil {
		t.Fatal(err)
	}
	if err := d.Get(ctx, &name, `select name from things where id = ?`, 100); err != nil || name != "another" {
		t.Errorf("after a change of the table: %q, %v", name, err)
	}
}

// Inside the rows of a query the same query may be asked again.
func TestTheSameQueryInsideItself(t *testing.T) {
	d, ctx := keptDB(t), t.Context()
	const all = `select id from things order by id`
	err := d.Write(ctx, func(tx *Tx) error {
		if _, err := tx.Exec(ctx, `insert into things (id, name) values (1, 'a'), (2, 'b'), (3, 'c')`); err != nil {
			return err
		}
		var seen []string
		err := tx.Each(ctx, func(scan func(...any) error) error {
			var outer int
			if err := scan(&outer); err != nil {
				return err
			}
			var inner []int
			if err := tx.Select(ctx, &inner, all); err != nil {
				return err
			}
			seen = append(seen, fmt.Sprint(outer, inner))
			return nil
		}, all)
		if got := strings.Join(seen, " "); err == nil && got != "1 [1 2 3] 2 [1 2 3] 3 [1 2 3]" {
			err = errors.New(got)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestKeptAreBounded(t *testing.T) {
	d, ctx := keptDB(t), t.Context()
	err := d.Write(ctx, func(tx *Tx) error {
		return tx.Each(ctx, func(func(...any) error) error {
			for i := range maxKept + 50 {
				var n int
				if err := tx.Get(ctx, &n, fmt.Sprintf("select %d", i)); err != nil || n != i {
					return errors.Join(err, fmt.Errorf("%d is %d", i, n))
				}
			}
			return nil
		}, `select 'outermost'`)
	})
	if err != nil {
		t.Fatal(err)
	}
	k := kept(t, d)
	if len(k) != maxKept || k[`select 'outermost'`] == nil {
		t.Errorf("%d statements are kept", len(k))
	}
}

func TestEndedRequestsLeaveStatementsUsable(t *testing.T) {
	d := keptDB(t)
	const slow = `with recursive n (i) as (select 1 union all select i + 1 from n where i < ?) select count(*) from n`
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { var n int; done <- d.Get(ctx, &n, slow, 1_000_000_000) }()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
		var n int
		if err := d.Get(t.Context(), &n, slow, 10); err != nil || n != 10 {
			t.Errorf("%d, %v", n, err)
		}
	}
}

func TestConnectionsLackNothing(t *testing.T) {
	var c any = (*keeper)(nil)
	if _, ok := c.(fullConn); !ok {
		t.Error("the wrapper hides methods")
	}
	if _, ok := c.(driver.NamedValueChecker); ok {
		t.Error("values would be checked twice")
	}
}
