package db_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

func later(ctx context.Context, d *db.DB, rows ...[]any) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		for _, row := range rows {
			if err := tx.Later(ctx, row[0].(string), row[1:]...); err != nil {
				return err
			}
		}
		return nil
	})
}

func spread(t *testing.T, d *db.DB, deeds int) {
	t.Helper()
	if n, err := d.Spread(t.Context()); err != nil || n != deeds {
		t.Errorf("spread %d deeds, %v; want %d", n, err, deeds)
	}
}

func wantLate(t *testing.T, r db.Reader, table string, want ...[]any) {
	t.Helper()
	got, err := db.Waiting(t.Context(), r, table)
	if err != nil || len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("for %s wait %v, %v; want %v", table, got, err, want)
	}
}

func TestLaterIsRefused(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		for _, bad := range []any{"a\x00b", "\xff", 1, 1.5, []byte("x"), struct{}{}} {
			if err := later(t.Context(), d, []any{"parents", "a", bad}); err == nil {
				t.Errorf("%#v was taken", bad)
			}
		}
		no := errors.New("no")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			return errors.Join(tx.Later(t.Context(), "parents", "a", int64(1)), no)
		})
		if !errors.Is(err, no) {
			t.Error(err)
		}
		spread(t, d, 0)
		wantRows(t, d, 0)
	})
}

func TestLater(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		mustExec(t, d, `create table things (id text primary key, done boolean not null, note text, n bigint not null default 7)`)
		odd := "\"\\/\b\n\x1f\u2028 żółć \U0001f600 <&>"
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := tx.Later(ctx, "things", "a", true, odd); err != nil {
				return err
			}
			wantLate(t, tx, "things", []any{"a", true, odd}) // its own transaction knows of it
			return errors.Join(tx.Later(ctx, "things", "b", false, nil, int64(1)<<60), tx.Later(ctx, "parents", "p", int64(-3)))
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := later(ctx, d, []any{"things", "a", false, "again"}); err != nil { // the first writing stays
			t.Fatal(err)
		}
		wantLate(t, d, "things", []any{"a", true, odd}, []any{"b", false, nil, int64(1) << 60}, []any{"a", false, "again"})
		wantLate(t, d, "children")
		if n, err := d.Spread(ctx); err != nil || n < 2 {
			t.Errorf("%d, %v", n, err)
		}
		wantLate(t, d, "things")
		var got []struct {
			ID   string  `db:"id"`
			Done bool    `db:"done"`
			Note *string `db:"note"`
			N    int64   `db:"n"`
		}
		if err := d.Select(ctx, &got, `select id, done, note, n from things order by id`); err != nil || len(got) != 2 {
			t.Fatal(got, err)
		}
		if a := got[0]; !a.Done || a.Note == nil || *a.Note != odd || a.N != 7 {
			t.Errorf("%+v", a)
		}
		if b := got[1]; b.Done || b.Note != nil || b.N != 1<<60 {
			t.Errorf("%+v", b)
		}
		var n int64
		if err := d.Get(ctx, &n, `select n from parents where id = 'p'`); err != nil || n != -3 {
			t.Errorf("%d, %v", n, err)
		}
		spread(t, d, 0)
	})
}

func TestSpreadInATransaction(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if err := later(ctx, d, []any{"parents", "a", int64(1)}); err != nil {
			t.Fatal(err)
		}
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := errors.Join(tx.Later(ctx, "parents", "b", int64(2)), tx.Spread(ctx)); err != nil {
				return err
			}
			var n int
			err := tx.Get(ctx, &n, `select count(*) from parents`)
			if n != 2 {
				t.Errorf("%d rows", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		wantRows(t, d, 2)
		spread(t, d, 0)
	})
}

// An import tells of much in one transaction; it lies in several rows.
func TestMuchLater(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		const n = 12_000
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for i := range n {
				if err := tx.Later(t.Context(), "parents", fmt.Sprint("row ", i), int64(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := d.Spread(t.Context()); err != nil || got < 3 {
			t.Errorf("in %d pieces, %v", got, err)
		}
		wantRows(t, d, n)
	})
}

// What a table refuses stays where it is, and everything else is spread.
func TestSpreadPastWhatCannotBe(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		for _, row := range [][]any{{"parents", "a", int64(1)}, {"children", "x", "nobody"}, {"parents", "b", int64(1)},
			{"gone", "x"}, {"parents", "c", int64(1), "a column too many"}, {"parents", "d", int64(1)}} {
			if err := later(t.Context(), d, row); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if _, err := d.Spread(t.Context()); err == nil || !strings.Contains(err.Error(), "gone") || !strings.Contains(err.Error(), "3 values for 2 columns") {
				t.Error(err)
			}
			mustExec(t, d, `delete from parents where id = 'none'`)
		}
		wantRows(t, d, 3)
		wantLate(t, d, "children", []any{"x", "nobody"})
		mustExec(t, d, `insert into parents (id, n) values ('nobody', 1)`)
		if _, err := d.Spread(t.Context()); err == nil {
			t.Error("two still cannot be")
		}
		wantRows(t, d, 4)
	})
}

// However many cannot be: they stand before the others in each run.
func TestSpreadPastManyThatCannotBe(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		for n := range 6 {
			if err := later(t.Context(), d, []any{"children", fmt.Sprint(n), "nobody"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := later(t.Context(), d, []any{"parents", "a", int64(1)}); err != nil {
			t.Fatal(err)
		}
		if n, err := d.Spread(t.Context()); err == nil || n != 1 {
			t.Errorf("%d, %v", n, err)
		}
		wantRows(t, d, 1)
	})
}

// Writers and spreaders at once, on each level of isolation: every row comes
// exactly once.
func TestSpreadersAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules(), func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		mustExec(t, d, `create table counted (n bigint not null)`) // without a key: twice would show
		const writers, each = 4, 30
		var writing, spreading sync.WaitGroup
		stop := make(chan struct{})
		for range 3 {
			spreading.Go(func() {
				for {
					if _, err := d.Spread(ctx); err != nil {
						t.Error(err)
					}
					select {
					case <-stop:
						return
					default:
					}
				}
			})
		}
		for w := range writers {
			writing.Go(func() {
				for i := range each {
					if err := later(ctx, d, []any{"counted", int64(w*each + i)}, []any{"parents", fmt.Sprint(w, i), int64(1)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		writing.Wait()
		close(stop)
		spreading.Wait()
		if _, err := d.Spread(ctx); err != nil {
			t.Fatal(err)
		}
		var n struct {
			All  int `db:"all_rows"`
			Kept int `db:"kept"`
		}
		err := d.Get(ctx, &n, `select count(*) as all_rows, count(distinct n) as kept from counted`)
		if err != nil || n.All != writers*each || n.Kept != writers*each {
			t.Errorf("%+v, %v", n, err)
		}
		wantRows(t, d, writers*each)
	})
}

// Two deeds of one moment become one parcel.
func TestParcelsMeet(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		const meet = `insert into db_outbox (id, body) values (?, ?) on conflict (id) do update
			set body = substr(db_outbox.body, 1, length(db_outbox.body) - 1) || ',' || substr(excluded.body, 2)`
		mustExec(t, d, meet, 1, `[["parents","ą",1]]`)
		mustExec(t, d, meet, 1, `[["parents","b",2],["parents","c",3]]`)
		wantLate(t, d, "parents", []any{"ą", int64(1)}, []any{"b", int64(2)}, []any{"c", int64(3)})
	})
}

func FuzzLaterText(f *testing.F) {
	for _, s := range []string{"", "a", `"`, `\`, "\n\x1f\x7f", "żółć", "\u2028", "</script>"} {
		f.Add(s)
	}
	d := testkit.SQLite(f, modules())
	f.Fuzz(func(t *testing.T, s string) {
		no := errors.New("no")
		_ = d.Write(t.Context(), func(tx *db.Tx) error {
			if err := tx.Later(t.Context(), "parents", s); err != nil {
				return err
			}
			got, err := db.Waiting(t.Context(), tx, "parents")
			if err != nil || len(got) != 1 || got[0][0] != s {
				t.Errorf("%q came back as %v, %v", s, got, err)
			}
			return no
		})
	})
}
