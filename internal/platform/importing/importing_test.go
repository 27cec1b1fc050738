package importing

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

func TestMessagesAreComplete(t *testing.T) {
	c, err := i18n.Load(web.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range c.Check() {
		t.Error(fault)
	}
}

func TestDeclareRefuses(t *testing.T) {
	apply := func(context.Context, Batch, []Line, time.Time) (Step, error) { return nil, nil }
	label := func(_ *i18n.L, f string) string { return f }
	good := Kind{Name: "a", TitleKey: "t", Apply: apply, FieldLabel: label}
	for name, k := range map[string]Kind{
		"no name":   {TitleKey: "t", Apply: apply, FieldLabel: label},
		"no title":  {Name: "b", Apply: apply, FieldLabel: label},
		"no apply":  {Name: "b", TitleKey: "t", FieldLabel: label},
		"no labels": {Name: "b", TitleKey: "t", Apply: apply},
		"twice":     good,
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("declared")
				}
			}()
			s := New(Config{})
			s.Declare(good)
			s.Declare(k)
		})
	}
}

// TestRefusals asks every act of those who may not, and of batches that are
// none of theirs.
func TestRefusals(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		b := w.show(Batch{Scope: school}, newToy(1))
		acts := map[string]func(who Who, id BatchID) error{
			"choose":     func(who Who, id BatchID) error { return w.Choose(ctx, who, id, []int{1}, Take) },
			"choose all": func(who Who, id BatchID) error { return w.ChooseAll(ctx, who, id, Filter{}, Take) },
			"apply now": func(who Who, id BatchID) error {
				_, err := w.ApplyNow(ctx, who, id, Everything, true)
				return err
			},
			"apply later": func(who Who, id BatchID) error { return w.ApplyLater(ctx, who, id, Everything, true) },
			"undo now":    func(who Who, id BatchID) error { _, err := w.UndoNow(ctx, who, id); return err },
			"undo later":  func(who Who, id BatchID) error { return w.UndoLater(ctx, who, id) },
			"resume":      func(who Who, id BatchID) error { return w.Resume(ctx, who, id) },
			"discard":     func(who Who, id BatchID) error { return w.Discard(ctx, who, id) },
		}
		for name, act := range acts {
			is(t, act(person(school, See), b.ID), fault.Forbidden)
			for who, w := range map[string]Who{"of another school": person(other, See, Decide), "nobody": {}, "of everything only": person("", See, Decide)} {
				if err := act(w, b.ID); fault.KindOf(err) != fault.NotFound {
					t.Errorf("%s by %s: %v", name, who, err)
				}
			}
			for _, id := range []BatchID{"", "x", NewID(), BatchID(strings.ToUpper(string(b.ID)))} {
				is(t, act(clerk, id), fault.NotFound)
			}
		}
		stranger := Who{May: func(context.Context, Act, string, string) error {
			return fault.New(fault.SignedOut, "fault.signed_out")
		}}
		for _, err := range []error{w.EachLine(ctx, person(other, See, Decide), b.ID, nil), w.EachProblem(ctx, Who{}, b.ID, nil)} {
			is(t, err, fault.NotFound)
		}
		_, err := w.ByID(ctx, stranger, b.ID)
		is(t, err, fault.SignedOut)
		_, err = w.Show(ctx, person(school, See), Batch{Kind: "toys", Scope: school}, seq(newToy(2)), nil)
		is(t, err, fault.Forbidden)
		_, err = w.Show(ctx, person(school, See, Decide), Batch{Kind: "toys"}, seq(newToy(2)), nil)
		is(t, err, fault.Forbidden)
		if got := w.batch(b.ID); got.State != Shown || w.count(`select count(*) from importing_batches`) != 1 {
			t.Errorf("a refused act did something: %+v", got)
		}
		if err := w.drain(); err != nil { // lines of the log come to their table then
			t.Fatal(err)
		}
		if w.count(`select count(*) from audit_waiting`) != 0 {
			t.Error("a refused act stands in the log")
		}
	})
}

// TestByKind: the Who of one module says nothing about the imports of another.
func TestByKind(t *testing.T) {
	ctx := t.Context()
	who := ByKind(clerk.By, map[string]Who{"toys": person(school, See, Decide), "fixed": {May: person("", See).May}})
	for _, tt := range []struct {
		act         Act
		kind, scope string
		want        bool
	}{{Decide, "toys", school, true}, {Decide, "toys", "", false}, {See, "fixed", "", true}, {Decide, "fixed", "", false}, {See, "cars", "", false}, {See, "", school, false}} {
		if err := who.may(ctx, tt.act, tt.kind, tt.scope); (err == nil) != tt.want {
			t.Errorf("%+v: %v", tt, err)
		}
	}
	for kind, want := range map[string]string{"toys": school, "fixed": "", "cars": "none"} {
		all, scopes, err := who.Scopes(ctx, kind)
		if got := strings.Join(append(scopes, "none")[:max(1, len(scopes))], ","); all || err != nil || got != want {
			t.Errorf("%s: %v %q %v", kind, all, got, err)
		}
	}
}

func TestShow(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		var problems []Problem
		for n := range KeptProblems + 5 {
			problems = append(problems, Problem{Row: n + 2, About: "0001", Level: LevelWarning, Key: "importing.held.gone", Args: map[string]string{"x": "a\x00b\xff"}})
		}
		clash := repaint(toy{ID: "x", Key: "9", Name: "Łoś\x00\xff", Revision: 3}, "red", "green")
		lines := append(many(showLines+10), clash, Line{Action: ActionClosed, Key: "8", Object: "y"}, Line{Action: ActionReopened, Key: "7"})
		b, err := w.Show(ctx, clerk, Batch{ID: NewID(), Kind: "toys", Shape: "csv", FileName: strings.Repeat("ż", 300), SHA256: "ab", Read: 1,
			BasedOn: 7, State: Applied, TakenIn: 5}, seq(lines...), func(b *Batch) ([]Problem, error) {
			b.Read, b.Guard, b.GuardN = 99, "importing.chosen", 3
			return problems, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if b.State != Shown || b.New != showLines+10 || b.Changed != 1 || b.Closed != 1 || b.Reopened != 1 || b.Clashes != 1 || b.Read != 99 ||
			b.Problems != KeptProblems+5 || b.GuardN != 3 || b.BasedOn != 7 || b.TakenIn != 0 || b.Person != officer || len([]rune(b.FileName)) != 200 || b.CreatedAt != noon.Unix() {
			t.Errorf("%+v", b)
		}
		got := w.lines(b.ID)
		if len(got) != len(lines) || got[0].N != 1 || got[len(got)-1].N != len(lines) {
			t.Fatalf("%d lines", len(got))
		}
		l := got[showLines+10]
		if l.Name != "Łoś?" || l.Base != 3 || l.State != LineOpen || !l.Clashes() || l.Fields[0].Ours != "green" || l.Object != "x" {
			t.Errorf("%+v", l)
		}
		n := 0
		if err := w.EachProblem(ctx, clerk, b.ID, func(p Problem) error { n++; return nil }); err != nil || n != KeptProblems {
			t.Errorf("%d problems kept (%v)", n, err)
		}
	})
}

// TestRefusedSourceLeavesNothing: an error while reading takes the batch back.
func TestRefusedSourceLeavesNothing(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		broken := func(yield func(Line, error) bool) {
			for _, l := range many(showLines + 1) {
				if !yield(l, nil) {
					return
				}
			}
			yield(Line{}, errBroken)
		}
		ended := func(*Batch) ([]Problem, error) { return nil, errBroken }
		for name, show := range map[string]func() (Batch, error){
			"lines":  func() (Batch, error) { return w.Show(ctx, clerk, Batch{Kind: "toys"}, broken, nil) },
			"end":    func() (Batch, error) { return w.Show(ctx, clerk, Batch{Kind: "toys"}, seq(many(3)...), ended) },
			"action": func() (Batch, error) { return w.Show(ctx, clerk, Batch{Kind: "toys"}, seq(Line{Action: "eaten"}), nil) },
			"choice": func() (Batch, error) {
				return w.Show(ctx, clerk, Batch{Kind: "toys"}, seq(Line{Action: ActionNew, Choice: "x"}), nil)
			},
			"kind": func() (Batch, error) { return w.Show(ctx, clerk, Batch{Kind: "cars"}, seq(), nil) },
		} {
			if _, err := show(); err == nil {
				t.Errorf("%s: shown", name)
			}
		}
		gone, cancel := context.WithCancel(ctx)
		_, err := w.Show(gone, clerk, Batch{Kind: "toys"}, func(yield func(Line, error) bool) { cancel(); yield(newToy(1), nil) }, nil)
		if err == nil {
			t.Error("shown to somebody who went away")
		}
		for _, table := range []string{"batches", "lines", "problems"} {
			if n := w.count(`select count(*) from importing_` + table); n != 0 {
				t.Errorf("%d rows left in %s", n, table)
			}
		}
	})
}

func TestApplyAndUndo(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		const n = 2*ChunkLines + 7
		first := w.filled(n)
		if first.State != Applied || first.TakenIn != n || first.Done != n || first.Total != n || first.AppliedAt == nil || first.SettledBy != officer || len(w.toys()) != n || w.calls != 3 {
			t.Fatalf("%+v after %d calls, %d toys", first, w.calls, len(w.toys()))
		}
		standing := w.toys()
		second := w.show(Batch{}, repaint(standing["0001"], "red", ""), repaint(standing["0002"], "red", ""), repaint(standing["0003"], "red", ""), newToy(4), newToy(9001))
		w.edit("0002")
		second, err := w.ApplyNow(ctx, clerk, second.ID, Everything, false)
		if err != nil || second.TakenIn != 3 || second.Held != 2 {
			t.Fatalf("%+v %v", second, err)
		}
		got := w.lines(second.ID)
		if got[1].State != LineHeld || got[1].Why != HeldChanged || got[3].Why != HeldTaken || got[4].Object != "toy-9001" || got[0].State != LineApplied || got[0].Revision != 2 {
			t.Errorf("%+v", got)
		}
		if now := w.toys(); now["0001"].Color != "red" || now["0001"].Name != "Miś 0001 II" || now["0002"].Name != "edited" || now["0004"].Color != "blue" {
			t.Errorf("%+v %+v", now["0001"], now["0002"])
		}
		// The first import is undone while two of its toys were touched since,
		// by the second one and by hand; then the second, after an edit.
		w.edit("0003")
		first, err = w.UndoNow(ctx, clerk, first.ID)
		if err != nil || first.State != Undone || first.TakenBack != n-3 || first.Kept != 3 || first.UndoneBy != officer || first.UndoneAt == nil {
			t.Fatalf("%+v %v", first, err)
		}
		if left := w.toys(); len(left) != 4 {
			t.Errorf("%v", left)
		}
		kept := 0
		for _, l := range w.lines(first.ID) {
			if l.State == LineKept && l.Why == KeptEdited && l.N <= 3 {
				kept++
			}
		}
		if kept != 3 {
			t.Errorf("%d lines are listed as kept", kept)
		}
		second, err = w.UndoNow(ctx, clerk, second.ID)
		if err != nil || second.TakenBack != 2 || second.Kept != 1 {
			t.Errorf("%+v %v", second, err)
		}
		if now := w.toys(); now["0001"].Color != "blue" || now["0001"].Name != "Miś 0001" || now["0003"].Name != "edited" || now["0003"].Color != "red" || now["9001"].ID != "" {
			t.Errorf("%+v", now)
		}
		if l := w.lines(second.ID)[0]; l.State != LineUndone || len(l.Before) == 0 || l.Revision != 3 {
			t.Errorf("%+v", l)
		}
		for _, b := range []Batch{first, second} {
			_, err := w.UndoNow(ctx, clerk, b.ID)
			is(t, err, fault.Conflict)
		}
		if !slices.Equal(w.finished, []bool{false, false, true, true}) {
			t.Errorf("finished %v", w.finished)
		}
		if w.count(`select count(*) from jobs_progress where state = 'done'`) != 4 {
			t.Error("a bar still moves")
		}
		w.now = w.now.Add(takeOver)
		calls := w.calls
		if err := w.drain(); err != nil || w.calls != calls {
			t.Errorf("the jobs that look after worked again: %v", err)
		}
		if w.count(`select count(*) from audit_waiting where action in ('importing.approve', 'importing.undo')`) != 4 {
			t.Error("an act is missing in the log")
		}
	})
}

func TestChoices(t *testing.T) {
	plain, clash := Line{Fields: []Field{{Name: "a"}, {Name: "b"}}}, Line{Fields: []Field{{Name: "a", Clash: true}, {Name: "b"}}}
	cases := []struct {
		name  string
		line  Line
		c     Choice
		mode  Mode
		taken string // the fields that Apply gets, "left" when it gets nothing
	}{
		{"plain, all", plain, NoChoice, Everything, "ab"},
		{"plain, taken", plain, Take, Everything, "ab"},
		{"plain, left", plain, LeaveOut, Everything, "left"},
		{"plain, only chosen", plain, NoChoice, OnlyChosen, "left"},
		{"plain, taken, only chosen", plain, Take, OnlyChosen, "ab"},
		{"plain, ours is refused", plain, KeepOurs, OnlyChosen, "left"},
		{"clash, all: ours survives", clash, NoChoice, Everything, "b"},
		{"clash, taken", clash, Take, Everything, "ab"},
		{"clash, ours", clash, KeepOurs, Everything, "b"},
		{"clash, left", clash, LeaveOut, Everything, "left"},
		{"clash, only chosen", clash, NoChoice, OnlyChosen, "left"},
		{"clash, ours, only chosen", clash, KeepOurs, OnlyChosen, "b"},
		{"clash, taken, only chosen", clash, Take, OnlyChosen, "ab"},
	}
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		for n, tt := range cases {
			t.Run(tt.name, func(t *testing.T) {
				w, ctx := newWorld(t, d), t.Context()
				tt.line.Action, tt.line.Key, tt.line.Object = ActionChanged, "1", "gone"
				b := w.show(Batch{}, tt.line, newToy(n))
				// Something is always chosen, so that no approval is empty.
				err := errors.Join(w.Choose(ctx, clerk, b.ID, []int{2}, Take), w.Choose(ctx, clerk, b.ID, []int{1}, tt.c))
				if err != nil {
					t.Fatal(err)
				}
				b, err = w.ApplyNow(ctx, clerk, b.ID, tt.mode, false)
				if err != nil {
					t.Fatal(err)
				}
				got := "left"
				if l, given := w.given[1]; given {
					got = ""
					for _, f := range l.Fields {
						got += f.Name
					}
				}
				if got != tt.taken || (b.Left == 1) != (tt.taken == "left") || b.Total != int64(2-b.Left) {
					t.Errorf("taken %q, %+v", got, b)
				}
				if state := w.lines(b.ID)[0].State; (state == LineLeft) != (tt.taken == "left") {
					t.Errorf("the line is %s", state)
				}
			})
		}
	})
}

func TestChooseAll(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		standing := toy{ID: "x", Key: "77_%", Name: "Żółta ciężarówka", Revision: 1}
		b := w.show(Batch{}, newToy(1), newToy(2), repaint(standing, "red", "green"), repaint(toy{ID: "y", Key: "78", Name: "Lalka"}, "red", ""))
		choices := func() (s string) {
			for _, l := range w.lines(b.ID) {
				s += "[" + string(l.Choice) + "]"
			}
			return s
		}
		for _, step := range []struct {
			f    Filter
			c    Choice
			want string
		}{
			{Filter{Action: ActionNew}, Take, "[take][take][][]"},
			{Filter{Text: "0002"}, LeaveOut, "[take][leave][][]"},
			{Filter{Text: "zolt"}, Take, "[take][leave][take][]"},
			{Filter{Text: "ciez"}, LeaveOut, "[take][leave][leave][]"},
			{Filter{Text: "ezarow"}, Take, "[take][leave][leave][]"},
			{Filter{Text: "%"}, Take, "[take][leave][leave][]"},
			{Filter{Text: "77_"}, NoChoice, "[take][leave][][]"},
			{Filter{Clashes: true}, Take, "[take][leave][take][]"},
			{Filter{}, KeepOurs, "[take][leave][ours][]"},
			{Filter{State: LineHeld}, Take, "[take][leave][ours][]"},
			{Filter{}, NoChoice, "[][][][]"},
		} {
			if err := w.ChooseAll(ctx, clerk, b.ID, step.f, step.c); err != nil {
				t.Fatal(err)
			}
			if got := choices(); got != step.want {
				t.Errorf("%+v %q: %s, want %s", step.f, step.c, got, step.want)
			}
		}
		is(t, w.Choose(ctx, clerk, b.ID, []int{1}, "all"), fault.BadRequest)
		is(t, w.ChooseAll(ctx, clerk, b.ID, Filter{}, "all"), fault.BadRequest)
		_, err := w.ApplyNow(ctx, clerk, b.ID, OnlyChosen, false)
		is(t, err, fault.Invalid)
		_, err = w.ApplyNow(ctx, clerk, b.ID, "half", false)
		is(t, err, fault.BadRequest)
		if got := w.batch(b.ID); got.State != Shown || got.Left != 0 {
			t.Errorf("%+v", got)
		}
		if w.count(`select count(*) from importing_lines where state <> 'open'`) != 0 {
			t.Error("a refused approval settled lines")
		}
	})
}

func TestGuard(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		b := w.show(Batch{Guard: "importing.chosen", GuardN: 5}, newToy(1))
		err := w.ApplyLater(ctx, clerk, b.ID, Everything, false)
		if f := fault.As(err); f == nil || f.Kind != fault.Invalid || f.Fields[0].Name != GuardField {
			t.Fatal(err)
		}
		if err := w.ApplyLater(ctx, clerk, b.ID, Everything, true); err != nil {
			t.Fatal(err)
		}
	})
}

// TestStates tries every act in every state.
func TestStates(t *testing.T) {
	d := testkit.SQLite(t, modules)
	w, ctx := newWorld(t, d), t.Context()
	type spot struct {
		state, stage State
		applied      int
		swept        bool
	}
	all := []spot{{Reading, "", 0, false}, {Shown, "", 0, false}, {Applying, "", 0, false}, {Applied, "", 3, false}, {Applied, "", 0, false},
		{Applied, "", 3, true}, {Undoing, "", 3, false}, {Undone, "", 3, false}, {Discarded, "", 0, true},
		{Failed, Applying, 0, false}, {Failed, Applying, 2, false}, {Failed, Undoing, 2, false}, {Failed, Applying, 2, true}}
	allowed := map[string][]int{"choose": {1}, "apply": {1}, "undo": {3, 10}, "discard": {1, 9}, "resume": {9, 10, 11}}
	for name, act := range map[string]func(BatchID) error{
		"choose":  func(id BatchID) error { return w.Choose(ctx, clerk, id, []int{1}, Take) },
		"apply":   func(id BatchID) error { return w.ApplyLater(ctx, clerk, id, Everything, true) },
		"undo":    func(id BatchID) error { return w.UndoLater(ctx, clerk, id) },
		"discard": func(id BatchID) error { return w.Discard(ctx, clerk, id) },
		"resume":  func(id BatchID) error { return w.Resume(ctx, clerk, id) },
	} {
		for n, at := range all {
			b := w.show(Batch{}, newToy(1))
			err := d.Write(ctx, func(tx *db.Tx) error {
				p, err := start(ctx, tx, clerk, applyingKey, 1, noon)
				if err != nil {
					return err
				}
				_, err = tx.Exec(ctx, `update importing_batches set state = ?, stage = ?, applied = ?, swept = ?, progress = ? where id = ?`,
					at.state, at.stage, at.applied, at.swept, p, b.ID)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			err = act(b.ID)
			if want := slices.Contains(allowed[name], n); want != (err == nil) || err != nil && fault.KindOf(err) != fault.Conflict {
				t.Errorf("%s at %+v: %v", name, at, err)
			}
		}
	}
	fixed := w.show(Batch{Kind: "fixed"}, newToy(77))
	if _, err := w.ApplyNow(ctx, clerk, fixed.ID, Everything, false); err != nil {
		t.Fatal(err)
	}
	is(t, w.UndoLater(ctx, clerk, fixed.ID), fault.Conflict)
}

// TestInterruptedWorkGoesOn: what fails in the middle keeps what was done, and
// nothing is done twice.
func TestInterruptedWorkGoesOn(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		const n = 3 * ChunkLines
		b := w.show(Batch{}, many(n)...)
		if err := w.ApplyLater(ctx, clerk, b.ID, Everything, false); err != nil {
			t.Fatal(err)
		}
		w.failAt, w.cause = 2, errBroken
		if err := w.drain(); err == nil {
			t.Fatal("the job did not fail")
		}
		if b = w.batch(b.ID); b.State != Applying || b.Done != ChunkLines || b.TakenIn != ChunkLines || len(w.toys()) != ChunkLines {
			t.Fatalf("%+v", b)
		}
		w.now = w.now.Add(time.Hour)
		if err := w.drain(); err != nil {
			t.Fatal(err)
		}
		if b = w.batch(b.ID); b.State != Applied || b.TakenIn != n || b.Held != 0 || w.calls != 4 {
			t.Fatalf("%+v after %d calls", b, w.calls)
		}
		// The undo dies inside its transaction: that chunk is undone wholly or not.
		w.calls, w.failAt = 0, 3
		if err := w.UndoLater(ctx, clerk, b.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.drain(); err == nil {
			t.Fatal("the undo did not fail")
		}
		if b = w.batch(b.ID); b.State != Undoing || b.TakenBack != 2*ChunkLines || len(w.toys()) != ChunkLines || w.toys()["0001"].ID == "" {
			t.Fatalf("%+v", b)
		}
		w.now = w.now.Add(time.Hour)
		if err := w.drain(); err != nil {
			t.Fatal(err)
		}
		if b = w.batch(b.ID); b.State != Undone || b.TakenBack != n || b.Kept != 0 || len(w.toys()) != 0 {
			t.Fatalf("%+v", b)
		}
	})
}

// TestFailureToTheEnd: the batch says that it failed; it can be gone on with, or
// undone from where it stopped.
func TestFailureToTheEnd(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		fail := func(cause error) Batch {
			t.Helper()
			b := w.show(Batch{}, many(ChunkLines+1)...)
			w.calls, w.failAt, w.cause = 0, 2, cause
			_, err := w.ApplyNow(ctx, clerk, b.ID, Everything, false)
			if err == nil {
				t.Fatal("it did not fail")
			}
			return w.batch(b.ID)
		}
		b := fail(errBroken)
		if b.State != Failed || b.Stage != Applying || b.RefusalKey != "importing.failed" || b.TakenIn != ChunkLines || !b.CanUndo() {
			t.Fatalf("%+v", b)
		}
		is(t, w.Discard(ctx, clerk, b.ID), fault.Conflict)
		if err := w.Resume(ctx, clerk, b.ID); err != nil {
			t.Fatal(err)
		}
		is(t, w.Resume(ctx, clerk, b.ID), fault.Conflict)
		if err := w.drain(); err != nil {
			t.Fatal(err)
		}
		if b = w.batch(b.ID); b.State != Applied || b.TakenIn != ChunkLines+1 || b.RefusalKey != "" {
			t.Fatalf("%+v", b)
		}
		if _, err := w.UndoNow(ctx, clerk, b.ID); err != nil {
			t.Fatal(err)
		}
		b = fail(fault.New(fault.Conflict, HeldTaken))
		if b.State != Failed || b.RefusalKey != HeldTaken {
			t.Fatalf("%+v", b)
		}
		// Undoing fails as well, by a job that has tried often enough.
		w.calls, w.failAt = 0, 1
		if err := w.UndoLater(ctx, clerk, b.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.drain(); err != nil {
			t.Fatal(err)
		}
		if b = w.batch(b.ID); b.State != Failed || b.Stage != Undoing || b.CanUndo() {
			t.Fatalf("%+v", b)
		}
		if err := w.Resume(ctx, clerk, b.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.drain(); err != nil {
			t.Fatal(err)
		}
		if b = w.batch(b.ID); b.State != Undone || b.TakenBack != ChunkLines || len(w.toys()) != 0 {
			t.Fatalf("%+v", b)
		}
	})
}

// TestJobTriesAndGivesUp: an error that may pass is tried again, then written
// beside the batch.
func TestJobTriesAndGivesUp(t *testing.T) {
	w, ctx := newWorld(t, testkit.SQLite(t, modules)), t.Context()
	b := w.show(Batch{}, newToy(1))
	if err := w.ApplyLater(ctx, clerk, b.ID, Everything, false); err != nil {
		t.Fatal(err)
	}
	w.steps = func(*db.Tx) error { return errBroken }
	for n := range workAttempts {
		if got := w.batch(b.ID); got.State != Applying {
			t.Fatalf("%d: %+v", n, got)
		}
		_ = w.drain()
		w.now = w.now.Add(6 * time.Hour)
	}
	if got := w.batch(b.ID); got.State != Failed || got.TakenIn != 0 {
		t.Fatalf("%+v", got)
	}
	if err := w.Discard(ctx, clerk, b.ID); err != nil {
		t.Error(err)
	}
}

// TestLostJob: processes that died each time leave a parked job; a person goes on.
func TestLostJob(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		b := w.show(Batch{}, newToy(1))
		if err := w.ApplyLater(ctx, clerk, b.ID, Everything, false); err != nil {
			t.Fatal(err)
		}
		is(t, w.Resume(ctx, clerk, b.ID), fault.Conflict)
		park := func() {
			err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `update jobs_progress set state = 'failed'`)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		park()
		if err := w.Resume(ctx, clerk, b.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.work(ctx, b.ID, b.Progress); err != nil || w.calls != 0 {
			t.Errorf("a job that is out of date works: %v", err)
		}
		if err := w.drain(); err != nil { // the former job runs as well, and does nothing
			t.Fatal(err)
		}
		if b = w.batch(b.ID); b.State != Applied || b.TakenIn != 1 || w.calls != 1 {
			t.Errorf("%+v %d", b, w.calls)
		}
	})
}

// TestKindMustAnswerForEveryLine: a kind that forgets a line is a mistake of the
// program and settles nothing.
func TestKindMustAnswerForEveryLine(t *testing.T) {
	lines := []Line{{N: 1}, {N: 2}}
	for name, out := range map[string][]Outcome{"one": {{N: 1}}, "another": {{N: 1}, {N: 3}}, "twice": {{N: 1}, {N: 1}}, "too many": {{N: 1}, {N: 2}, {N: 2}}} {
		if err := settle(t.Context(), nil, Batch{}, lines, out); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// TestAtOnce lets people and jobs collide: an approval counts once, lines are
// settled once, and what is discarded is not applied.
func TestAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		together := func(f ...func() error) (fine int) {
			t.Helper()
			var mu sync.Mutex
			var wg sync.WaitGroup
			for _, do := range f {
				wg.Go(func() {
					err := do()
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						fine++
					} else if fault.KindOf(err) != fault.Conflict {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			return fine
		}
		for range 4 {
			b := w.show(Batch{}, many(5)...)
			approve := func() error { return w.ApplyLater(ctx, clerk, b.ID, Everything, false) }
			if n := together(approve, approve, approve, func() error { return w.Discard(ctx, clerk, b.ID) }); n != 1 {
				t.Fatalf("%d acts settled the batch", n)
			}
			if got := w.batch(b.ID); got.State == Discarded && w.count(`select count(*) from importing_lines where batch = ?`, b.ID) != 0 ||
				got.State == Applying && w.count(`select count(*) from importing_lines where batch = ?`, b.ID) != 5 {
				t.Fatalf("%+v", got)
			}
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { return tx.Empty(ctx, "jobs") }); err != nil {
			t.Fatal(err)
		}

		// Two workers at one batch, while its lines are being chosen.
		const n = 4 * ChunkLines
		b := w.show(Batch{}, many(n)...)
		together(func() error { return w.ApplyLater(ctx, clerk, b.ID, Everything, false) },
			func() error { return w.Choose(ctx, clerk, b.ID, []int{1, n}, LeaveOut) })
		b = w.batch(b.ID)
		work := func() error { return w.work(ctx, b.ID, b.Progress) }
		together(work, work, work)
		b = w.batch(b.ID)
		if b.State != Applied || b.TakenIn+b.Left != n || b.Held != 0 || len(w.toys()) != n-b.Left || b.Left != w.count(`select count(*) from importing_lines where batch = ? and choice = 'leave'`, b.ID) {
			t.Fatalf("%+v, %d toys", b, len(w.toys()))
		}
		undo := func() error { return w.UndoLater(ctx, clerk, b.ID) }
		if n := together(undo, undo); n != 1 {
			t.Fatalf("%d undid it", n)
		}
		b = w.batch(b.ID)
		together(work, work)
		if got := w.batch(b.ID); got.State != Undone || got.TakenBack != b.TakenIn || got.Kept != 0 || len(w.toys()) != 0 {
			t.Fatalf("%+v", got)
		}
	})
}

func TestSweep(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		shown, fixed := w.show(Batch{}, many(2)...), w.show(Batch{Kind: "fixed"}, newToy(50))
		applied := w.filled(3)
		half := w.show(Batch{}, newToy(60))
		if err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `update importing_batches set state = ? where id = ?`, Reading, half.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		at := func(days int) {
			t.Helper()
			w.now = noon.AddDate(0, 0, days).Add(time.Hour)
			if err := w.sweep(ctx); err != nil {
				t.Fatal(err)
			}
		}
		w.now = noon.Add(23 * time.Hour)
		if err := w.sweep(ctx); err != nil || w.batch(half.ID).State != Reading {
			t.Error("a reading was taken back too soon", err)
		}
		at(1)
		if w.count(`select count(*) from importing_batches where id = ?`, half.ID) != 0 {
			t.Error("a reading that broke off stays")
		}
		at(9)
		if w.batch(fixed.ID).State != Shown {
			t.Error("swept too soon")
		}
		at(10)
		if w.batch(fixed.ID).State != Discarded || w.batch(shown.ID).State != Shown {
			t.Error("a kind that keeps ten days keeps longer")
		}
		at(30)
		if b := w.batch(shown.ID); b.State != Discarded || !b.Swept || b.New != 2 {
			t.Errorf("%+v", b)
		}
		at(364)
		if w.batch(applied.ID).Swept {
			t.Error("swept too soon")
		}
		at(365)
		if b := w.batch(applied.ID); b.State != Applied || !b.Swept || b.TakenIn != 3 || b.CanUndo() {
			t.Errorf("%+v", b)
		}
		if w.count(`select count(*) from importing_lines`) != 0 {
			t.Error("lines stay")
		}
		is(t, w.UndoLater(ctx, clerk, applied.ID), fault.Conflict)
	})
}

// TestListShowsOwnScopes pages through what somebody may see.
func TestListShowsOwnScopes(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		var mine []BatchID
		for n := range 5 {
			w.now = w.now.Add(time.Duration(n%2) * time.Second) // some at the same second
			mine = append(mine, w.show(Batch{Scope: school}, newToy(1)).ID)
			w.show(Batch{Scope: other}, newToy(1))
			w.show(Batch{}, newToy(1))
		}
		slices.Reverse(mine)
		count := func(who Who) int {
			sights, err := w.sees(ctx, who)
			if err != nil {
				t.Fatal(err)
			}
			list, err := w.listBatches(ctx, sights, 0, "", false, 100)
			if err != nil {
				t.Fatal(err)
			}
			return len(list.Rows)
		}
		if count(clerk) != 15 || count(person(school, See)) != 5 || count(person("", See)) != 5 || count(Who{}) != 0 || count(Program()) != 15 ||
			count(Who{May: person("", See).May}) != 5 {
			t.Error(count(clerk), count(person(school, See)), count(person("", See)), count(Who{}), count(Program()))
		}
		sights, err := w.sees(ctx, person(school, See))
		if err != nil {
			t.Fatal(err)
		}
		var got []BatchID
		at, id := int64(0), ""
		for {
			list, err := w.listBatches(ctx, sights, at, id, false, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range list.Rows {
				got = append(got, b.ID)
				at, id = b.CreatedAt, string(b.ID)
			}
			if !list.More {
				break
			}
		}
		if !slices.Equal(got, mine) {
			t.Errorf("%v\n%v", got, mine)
		}
		back, err := w.listBatches(ctx, sights, at, id, true, 2)
		if err != nil || !back.More || back.Rows[1].ID != mine[3] || back.Rows[0].ID != mine[2] {
			t.Errorf("%+v %v", back, err)
		}
	})
}
