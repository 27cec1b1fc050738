package db_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

// TestForgetKeepsTheTable deletes one of two rows and forgets it: the other one,
// keys, checks and indexes are as they were.
func TestForgetKeepsTheTable(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		mustExec(t, d, `create table forgotten (part text not null, id text not null, n integer not null default 3 check (n > 0), primary key (part, id))`)
		mustExec(t, d, `create index forgotten_n on forgotten (n, id)`)
		mustExec(t, d, `insert into forgotten (part, id) values ('b', 'x'), ('a', 'y'), ('a', 'z')`)
		mustExec(t, d, `delete from forgotten where id = 'y'`)
		before, err := d.Tables(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := d.Forget(ctx, "forgotten"); err != nil {
				t.Fatal(err)
			}
		}
		after, err := d.Tables(ctx, d)
		if err != nil || len(after) != len(before) {
			t.Fatalf("%d tables became %d, %v", len(before), len(after), err)
		}
		var ids []string
		if err := d.Select(ctx, &ids, `select id from forgotten order by part`); err != nil || strings.Join(ids, " ") != "z x" {
			t.Error(ids, err)
		}
		for _, bad := range []string{`insert into forgotten (part, id) values ('a', 'z')`, `insert into forgotten (part, id, n) values ('a', 'w', 0)`} {
			if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, bad); return err }); err == nil {
				t.Error("taken:", bad)
			}
		}
		mustExec(t, d, `insert into forgotten (part, id) values ('c', 'w')`)
		mustExec(t, d, `drop index forgotten_n`)
		if err := d.Forget(ctx, "nothing"); err == nil && d.Name() == "postgres" {
			t.Error("a table that is not there was forgotten")
		}
	})
}

// TestForgetLeavesNoBytes looks for a deleted word in the files of SQLite.
func TestForgetLeavesNoBytes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.db")
	d, err := db.Open(t.Context(), "sqlite:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := schema.Migrate(t.Context(), d, modules()); err != nil {
		t.Fatal(err)
	}
	word := []byte("nobody-may-find-this")
	lies := func() bool {
		for _, end := range []string{"", "-wal"} {
			if data, err := os.ReadFile(file + end); err == nil && bytes.Contains(data, word) {
				return true
			}
		}
		return false
	}
	mustExec(t, d, `insert into parents (id, n) values ('`+string(word)+`', 1)`)
	mustExec(t, d, `delete from parents`)
	if !lies() {
		t.Error("the word was gone before it was forgotten: this test shows nothing")
	}
	if err := d.Forget(t.Context(), "parents"); err != nil {
		t.Fatal(err)
	}
	if lies() {
		t.Error("a deleted word lies in the files")
	}
}
