package importing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, web.Warsaw)

// modules are the tables of the tests: ours, those we stand on, and the toys.
var modules = []schema.Module{
	{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "audit", Files: audit.Migrations}, {Name: "importing", Files: Migrations},
	{Name: "toys", Files: fstest.MapFS{"migrations/202611221019_toys.sql": {Data: []byte(`
create table importing_toys (
    id       text primary key,
    key      text not null unique,
    name     text not null,
    color    text not null,
    revision bigint not null
);`)}}},
}

// toy is the object of the test's kind.
type toy struct {
	ID       string `db:"id" json:"id"`
	Key      string `db:"key" json:"key"`
	Name     string `db:"name" json:"name"`
	Color    string `db:"color" json:"color"`
	Revision int64  `db:"revision" json:"revision"`
}

const (
	officer = "0198c0de-0000-7000-8000-000000000001"
	school  = "0198c0de-0000-7000-8000-00000000000a"
	other   = "0198c0de-0000-7000-8000-00000000000b"
)

// world is a service with one kind, and switches to trouble it.
type world struct {
	*Service
	t   *testing.T
	db  *db.DB
	now time.Time

	mu       sync.Mutex
	calls    int                   // of Apply and Undo
	failAt   int                   // the call that fails, 0 for none
	cause    error                 // with which
	between  func(call int)        // runs between computing and writing
	finished []bool                // calls of Finish, with undone
	given    map[int]Line          // lines as Apply got them
	steps    func(tx *db.Tx) error // runs inside the step
}

func newWorld(t *testing.T, d *db.DB) *world {
	w := &world{t: t, db: d, now: noon, given: map[int]Line{}}
	w.Service = New(Config{DB: d, Names: named{}, Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler)})
	w.Declare(Kind{Name: "toys", TitleKey: "importing.title", KeyTitle: "importing.column.key", NewPath: "/zabawki",
		FieldLabel: func(_ *i18n.L, f string) string { return "pole " + f },
		Value:      func(_ context.Context, _ *i18n.L, _, v string) string { return "«" + v + "»" },
		Link:       func(id string) string { return "/zabawki/" + id },
		Apply:      w.apply, Undo: w.undo, Finish: w.finishToys, CanUndo: w.canUndo})
	w.Declare(Kind{Name: "fixed", TitleKey: "importing.title", FieldLabel: func(_ *i18n.L, f string) string { return f }, Apply: w.apply, KeepDays: 10})
	return w
}

type named struct{}

func (named) People(_ context.Context, ids []string) (map[string]string, error) {
	names := map[string]string{}
	for _, id := range ids {
		if id == officer {
			names[id] = "Ewa Nowak"
		}
	}
	return names, nil
}

func (named) Institutions(_ context.Context, ids []string) (map[string]string, error) {
	return map[string]string{school: "SP nr 1"}, nil
}

func (w *world) trouble() error {
	w.mu.Lock()
	w.calls++
	call, fail, cause := w.calls, w.failAt, w.cause
	w.mu.Unlock()
	if call == fail {
		return cause
	}
	if w.between != nil {
		w.between(call)
	}
	return nil
}

func (w *world) apply(ctx context.Context, _ Batch, lines []Line, _ time.Time) (Step, error) {
	if len(lines) > ChunkLines {
		w.t.Errorf("%d lines at once", len(lines))
	}
	w.mu.Lock()
	for _, l := range lines {
		w.given[l.N] = l
	}
	w.mu.Unlock()
	if err := w.trouble(); err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx *db.Tx) (out []Outcome, err error) {
		if w.steps != nil {
			if err := w.steps(tx); err != nil {
				return nil, err
			}
		}
		for _, l := range lines {
			o, err := applyToy(ctx, tx, l)
			if err != nil {
				return nil, err
			}
			out = append(out, o)
		}
		return out, nil
	}, nil
}

func applyToy(ctx context.Context, tx *db.Tx, l Line) (Outcome, error) {
	o := Outcome{N: l.N}
	if l.Action == ActionNew {
		var t toy
		if err := json.Unmarshal(l.Record, &t); err != nil {
			return o, err
		}
		n, err := tx.Exec(ctx, `insert into importing_toys (id, key, name, color, revision) values (?, ?, ?, ?, 1) on conflict (key) do nothing`,
			"toy-"+t.Key, t.Key, t.Name, t.Color)
		if n == 0 {
			o.Held = HeldTaken
		}
		o.Object, o.Revision = "toy-"+t.Key, 1
		return o, err
	}
	var t toy
	err := tx.Get(ctx, &t, `select id, key, name, color, revision from importing_toys where id = ?`, l.Object)
	if fault.KindOf(err) == fault.NotFound {
		o.Held = HeldGone
		return o, nil
	}
	if err != nil {
		return o, err
	}
	if o.Before, err = json.Marshal(t); err != nil {
		return o, err
	}
	for _, f := range l.Fields {
		switch f.Name {
		case "name":
			t.Name = f.After
		case "color":
			t.Color = f.After
		}
	}
	n, err := tx.Exec(ctx, `update importing_toys set name = ?, color = ?, revision = revision + 1 where id = ? and revision = ?`,
		t.Name, t.Color, t.ID, l.Base)
	if n == 0 {
		o.Held = HeldChanged
	}
	o.Revision = l.Base + 1
	return o, err
}

func (w *world) undo(ctx context.Context, _ Batch, lines []Line, _ time.Time) (Step, error) {
	if err := w.trouble(); err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx *db.Tx) (out []Outcome, err error) {
		for _, l := range lines {
			o := Outcome{N: l.N, Revision: l.Revision + 1}
			var n int64
			if l.Action == ActionNew {
				n, err = tx.Exec(ctx, `delete from importing_toys where id = ? and revision = ?`, l.Object, l.Revision)
			} else {
				var t toy
				if err := json.Unmarshal(l.Before, &t); err != nil {
					return nil, err
				}
				n, err = tx.Exec(ctx, `update importing_toys set name = ?, color = ?, revision = revision + 1 where id = ? and revision = ?`,
					t.Name, t.Color, l.Object, l.Revision)
			}
			if err != nil {
				return nil, err
			}
			if n == 0 {
				o.Held = KeptEdited
			}
			out = append(out, o)
		}
		return out, nil
	}, nil
}

func (w *world) finishToys(_ context.Context, _ Batch, undone bool, _ time.Time) (Step, error) {
	return func(context.Context, *db.Tx) ([]Outcome, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.finished = append(w.finished, undone)
		return nil, nil
	}, nil
}

func (w *world) canUndo(ctx context.Context, lines []Line) (map[int]string, error) {
	kept := map[int]string{}
	for _, l := range lines {
		var revision int64
		err := w.db.Get(ctx, &revision, `select revision from importing_toys where id = ?`, l.Object)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		if revision != l.Revision {
			kept[l.N] = KeptEdited
		}
	}
	return kept, nil
}

// person may do what the acts say, with batches of one scope or of all ("*").
func person(scope string, acts ...Act) Who {
	return Who{
		By: audit.By{Person: officer, Role: "office"},
		May: func(_ context.Context, act Act, _, of string) error {
			for _, a := range acts {
				if a == act && (scope == "*" || scope == of) {
					return nil
				}
			}
			return fault.New(fault.Forbidden, "fault.forbidden")
		},
		Scopes: func(context.Context, string) (bool, []string, error) { return scope == "*", []string{scope}, nil },
	}
}

var clerk = person("*", See, Decide)

func newToy(n int) Line {
	key := fmt.Sprintf("%04d", n)
	record, _ := json.Marshal(toy{Key: key, Name: "Miś " + key, Color: "blue"})
	return Line{Action: ActionNew, Key: key, Name: "Miś " + key, Record: record}
}

func repaint(t toy, color, ours string) Line {
	return Line{Action: ActionChanged, Key: t.Key, Object: t.ID, Name: t.Name, Base: t.Revision, Fields: []Field{
		{Name: "color", Before: "blue", After: color, Ours: ours, Clash: ours != ""},
		{Name: "name", Before: t.Name, After: t.Name + " II"}}}
}

func seq(lines ...Line) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for _, l := range lines {
			if !yield(l, nil) {
				return
			}
		}
	}
}

func many(n int) []Line {
	lines := make([]Line, n)
	for i := range lines {
		lines[i] = newToy(i + 1)
	}
	return lines
}

func (w *world) show(b Batch, lines ...Line) Batch {
	w.t.Helper()
	if b.Kind == "" {
		b.Kind = "toys"
	}
	if b.FileName == "" {
		b.FileName = "zabawki.csv"
	}
	b, err := w.Show(w.t.Context(), clerk, b, seq(lines...), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// filled shows and applies toys, and returns their batch.
func (w *world) filled(n int) Batch {
	w.t.Helper()
	b, err := w.ApplyNow(w.t.Context(), clerk, w.show(Batch{}, many(n)...).ID, Everything, false)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *world) toys() map[string]toy {
	w.t.Helper()
	var list []toy
	if err := w.db.Select(w.t.Context(), &list, `select id, key, name, color, revision from importing_toys`); err != nil {
		w.t.Fatal(err)
	}
	found := map[string]toy{}
	for _, t := range list {
		found[t.Key] = t
	}
	return found
}

func (w *world) batch(id BatchID) Batch {
	w.t.Helper()
	b, err := batchByID(w.t.Context(), w.db, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *world) lines(id BatchID) (list []Line) {
	w.t.Helper()
	if err := w.EachLine(w.t.Context(), clerk, id, func(l Line) error { list = append(list, l); return nil }); err != nil {
		w.t.Fatal(err)
	}
	return list
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	if err := w.db.Get(w.t.Context(), &n, query, args...); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) edit(key string) {
	w.t.Helper()
	err := w.db.Write(w.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(w.t.Context(), `update importing_toys set name = 'edited', revision = revision + 1 where key = ?`, key)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// drain runs the jobs that are due.
func (w *world) drain() error {
	w.t.Helper()
	r := jobs.NewRegistry()
	w.Jobs(r)
	return testkit.Drain(w.t, w.db, r, func() time.Time { return w.now })
}

func is(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if fault.KindOf(err) != kind || err == nil {
		t.Errorf("%v, want kind %v", err, kind)
	}
}

var errBroken = errors.New("the disk is full")
