package privacy

import (
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
)

func TestNightly(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		e := newEnv(t, d)
		e.note(t, anna, 1200, e.now.AddDate(0, 0, -40))
		e.note(t, anna, 3, e.now.AddDate(0, 0, -29))
		must(t, e.Nightly(t.Context()))
		run, ok, err := e.openRun(t.Context())
		must(t, err)
		if !ok || run.State != "planned" || run.expired() != 1200 || e.left(t, `select count(*) from notes_words`) != 1203 {
			t.Fatalf("the first night must only show: %+v", run)
		}
		e.now = e.now.Add(2 * time.Hour)
		must(t, e.Nightly(t.Context()))
		if e.left(t, `select count(*) from notes_words`) != 1203 {
			t.Fatal("deleted before people could look")
		}
		// Two days later the three are 31 days old, but nobody has seen them in a preview.
		e.now = e.now.AddDate(0, 0, 2)
		must(t, e.Nightly(t.Context()))
		if n := e.left(t, `select count(*) from notes_words`); n != 3 {
			t.Errorf("%d rows stay", n)
		}
		done, err := e.run(t.Context(), run.ID)
		must(t, err)
		if done.State != "done" || done.FinishedAt == 0 {
			t.Errorf("%+v", done)
		}
		for _, row := range done.Rows {
			if row.Holding == "notes_words" && (row.Deleted != 1200 || row.Outcome != "done") {
				t.Errorf("%+v", row)
			}
		}
		next, ok, err := e.openRun(t.Context())
		if err != nil || !ok || next.ID == run.ID || next.expired() != 3 {
			t.Errorf("%+v %v", next, err)
		}
	})
}

func TestHoldStopsTheNight(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		e := newEnv(t, d)
		e.note(t, anna, 2, e.now.AddDate(0, 0, -40))
		must(t, e.Nightly(t.Context()))
		want(t, fault.Forbidden, e.Hold(t.Context(), local, "notes.words", "kontrola"))
		want(t, fault.NotFound, e.Hold(t.Context(), officer, "notes.nothing", "kontrola"))
		want(t, fault.Invalid, e.Hold(t.Context(), officer, "notes.words", " "))
		want(t, fault.Conflict, e.Release(t.Context(), officer, "notes.words"))
		must(t, e.Hold(t.Context(), officer, "notes.words", "kontrola"))
		want(t, fault.Conflict, e.Hold(t.Context(), officer, "notes.words", "kontrola"))
		want(t, fault.Forbidden, e.Release(t.Context(), local, "notes.words"))
		run, _, err := e.openRun(t.Context())
		must(t, err)
		e.now = e.now.AddDate(0, 0, 1)
		must(t, e.Nightly(t.Context()))
		if e.left(t, `select count(*) from notes_words`) != 2 {
			t.Error("deleted on hold")
		}
		done, err := e.run(t.Context(), run.ID)
		must(t, err)
		for _, row := range done.Rows {
			if row.Holding == "notes_words" && row.Outcome != "held" {
				t.Errorf("%+v", row)
			}
		}
	})
}

// What is kept longer since the preview was made must not go with it.
func TestLongerTimeWins(t *testing.T) {
	e := newEnv(t, testkit.SQLite(t, modules))
	e.note(t, anna, 1, e.now.AddDate(0, 0, -40))
	must(t, e.Nightly(t.Context()))
	e.Registry.purposes[0].Keep.Days = 60
	e.now = e.now.AddDate(0, 0, 1)
	must(t, e.Nightly(t.Context()))
	if e.left(t, `select count(*) from notes_words`) != 1 {
		t.Error("deleted by the former time")
	}
}

func TestPlanRefuses(t *testing.T) {
	e := newEnv(t, testkit.SQLite(t, modules))
	want(t, fault.Forbidden, e.Plan(t.Context(), local))
	must(t, e.Plan(t.Context(), officer))
	must(t, e.Plan(t.Context(), officer))
	if n := e.left(t, `select count(*) from privacy_runs`); n != 1 {
		t.Errorf("%d plans", n)
	}
}
