package privacy

import (
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

func TestParseCategory(t *testing.T) {
	for in, out := range map[string]string{"A": "A", "a": "A", "B5": "B5", "b-25": "B25", "BE 10": "BE10", "Bc": "Bc", "BC": "Bc", "be50": "BE50", "B100": "B100", "B 05": "B5"} {
		if c, err := ParseCategory(in); err != nil || c.String() != out {
			t.Errorf("%q: %s, %v", in, c, err)
		}
	}
	for _, in := range []string{"", "B", "BE", "A5", "Bc5", "B0", "B101", "B-", "C5", "B5lat", "5B", "B٥", "B99999999999999999999"} {
		if c, err := ParseCategory(in); err == nil {
			t.Errorf("%q passes as %s", in, c)
		}
	}
}

func FuzzParseCategory(f *testing.F) {
	for _, s := range []string{"A", "B5", "BE10", "Bc", "b-25", "", "B٥", "B0005", "ſ5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCategory(s)
		if err != nil {
			return
		}
		again, err := ParseCategory(c.String())
		if err != nil || again != c {
			t.Errorf("%q became %s and then %s (%v)", s, c, again, err)
		}
		closed := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		if from := c.DisposeFrom(closed); from != "" && from <= "2026-03-01" {
			t.Errorf("%s may go on %s, before it is closed", c, from)
		}
	})
}

func TestDisposeFrom(t *testing.T) {
	closed := time.Date(2021, 6, 15, 0, 0, 0, 0, time.UTC)
	for in, out := range map[string]string{"A": "", "B5": "2027-01-01", "BE10": "2032-01-01", "Bc": "2021-06-16"} {
		c, err := ParseCategory(in)
		if err != nil || c.DisposeFrom(closed) != out {
			t.Errorf("%s: %s, %v", in, c.DisposeFrom(closed), err)
		}
	}
}

func TestDisposal(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		e := newEnv(t, d)
		file := func(r Record) error {
			return d.Write(t.Context(), func(tx *db.Tx) error { return e.File(t.Context(), tx, r) })
		}
		old := Record{Institution: school, Kind: "training", ObjectID: "1", Title: "Warsztat", Class: "4431", CaseNumber: "OR.4431.1.2019", Category: "b5", ClosedOn: "2019-06-30"}
		bad := old
		bad.Category = "X"
		want(t, fault.Invalid, file(bad))
		for id, change := range map[string]func(r *Record){"1": func(*Record) {}, "2": func(r *Record) { r.ClosedOn = "2024-06-30" },
			"3": func(r *Record) { r.Category = "A" }, "4": func(r *Record) { r.ClosedOn = "" }, "5": func(r *Record) { r.Institution = other }} {
			r := old
			r.ObjectID = id
			change(&r)
			must(t, file(r))
		}
		list, _, err := e.Disposable(t.Context(), local, web.Cursor{}, 10)
		if err != nil || len(list) != 1 || list[0].ObjectID != "1" || list[0].Category != "B5" {
			t.Fatalf("%+v %v", list, err)
		}
		if all, more, err := e.Disposable(t.Context(), officer, web.Cursor{}, 1); err != nil || len(all) != 1 || !more {
			t.Errorf("%+v %v %v", all, more, err)
		}
		id := list[0].ID
		want(t, fault.Invalid, e.Dispose(t.Context(), local, nil, "zgoda"))
		want(t, fault.Invalid, e.Dispose(t.Context(), local, []string{id}, ""))
		foreign := local
		foreign.Institution = other
		want(t, fault.NotFound, e.Dispose(t.Context(), foreign, []string{id}, "zgoda archiwum"))
		var young string
		must(t, d.Get(t.Context(), &young, `select id from privacy_records where object_id = '2'`))
		want(t, fault.Conflict, e.Dispose(t.Context(), local, []string{id, young}, "zgoda archiwum"))
		if done, err := e.Disposed(t.Context(), d, "training", "1"); err != nil || done {
			t.Errorf("half a refused list went: %v %v", done, err)
		}
		must(t, e.Dispose(t.Context(), local, []string{id}, "zgoda archiwum"))
		want(t, fault.Conflict, e.Dispose(t.Context(), local, []string{id}, "zgoda archiwum"))
		if done, err := e.Disposed(t.Context(), d, "training", "1"); err != nil || !done {
			t.Errorf("%v %v", done, err)
		}
	})
}
