package support

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
	"kladka/internal/testkit/center"
)

func TestWholeYear(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.refusals(t)
		h.versions(t)
		h.toTheEnd(t)
		h.listed(t)
		h.forgets(t)
	})
}

// refusals tries every deed as somebody who may not.
func (h *house) refusals(t *testing.T) {
	ctx, k := t.Context(), h.k
	for name, who := range map[string]access.Actor{"a teacher": k.Ewa, "another center": h.other, "the association": h.planner, "an adviser for another": h.adviser} {
		_, err := h.Begin(ctx, who, Beginning{School: k.School, Center: k.At, Year: 2026})
		center.Refuses(t, name+" begins", err, fault.Forbidden)
	}
	_, err := h.Begin(ctx, access.Stranger(), Beginning{School: k.School, Center: k.At, Year: 2026})
	center.Refuses(t, "a stranger begins", err, fault.SignedOut)
	_, err = h.Begin(ctx, k.Head, Beginning{School: k.School, Center: k.At, Year: 2026, Person: string(h.adviser.Person)})
	center.Refuses(t, "the school names", err, fault.Forbidden)
	_, err = h.Begin(ctx, k.Officer, Beginning{School: k.At, Center: k.At, Year: 2020, Person: string(k.Ewa.Person)})
	if e := fault.As(err); e == nil || len(e.Fields) != 3 {
		t.Errorf("a center itself, an old year, a teacher: %v", err)
	}
	id := h.begun(t)
	if _, err := h.Begin(ctx, k.Head, Beginning{School: k.School, Center: k.At, Year: 2026}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("twice: %v", err)
	}
	unnamed := k.Person("Inny Doradca", access.MethodologicalAdviser, k.At)
	deeds := map[string]func(who access.Actor) error{
		"find":    func(who access.Actor) error { _, err := h.Find(ctx, who, id); return err },
		"need":    func(who access.Actor) error { return h.AddNeed(ctx, who, id, 1, Found{Topic: maths, Source: Exams}) },
		"take":    func(who access.Actor) error { return h.TakeDeclared(ctx, who, id, 1, []string{declaredNeed}) },
		"ways":    func(who access.Actor) error { return h.SetWays(ctx, who, id, 1, "x") },
		"goals":   func(who access.Actor) error { return h.SetGoals(ctx, who, id, 1, "x") },
		"form":    func(who access.Actor) error { _, err := h.AddForm(ctx, who, id, 1, Plan{}); return err },
		"hold":    func(who access.Actor) error { return h.Hold(ctx, who, id, 1, newID(), Took{}) },
		"miss":    func(who access.Actor) error { return h.Miss(ctx, who, id, 1, newID(), "x") },
		"effects": func(who access.Actor) error { return h.SetEffects(ctx, who, id, 1, nil, "x") },
		"agree":   func(who access.Actor) error { return h.Agree(ctx, who, id, 1, ofDiagnosis) },
		"object":  func(who access.Actor) error { return h.Object(ctx, who, id, 1, ofDiagnosis, "x") },
		"name":    func(who access.Actor) error { return h.Name(ctx, who, id, 1, string(who.Person)) },
		"close":   func(who access.Actor) error { return h.Close(ctx, who, id, 1) },
		"drop":    func(who access.Actor) error { return h.Drop(ctx, who, id, 1, "x") },
		"sheet":   func(who access.Actor) error { _, _, err := h.Sheet(ctx, who, id, 0); return err },
	}
	for name, deed := range deeds {
		center.Refuses(t, name+" by a stranger", deed(access.Stranger()), fault.SignedOut)
		for what, who := range map[string]access.Actor{"a teacher": k.Ewa, "another head": k.OtherHead, "another center": h.other, "the association": h.planner, "another adviser": unnamed} {
			center.Refuses(t, name+" by "+what, deed(who), fault.NotFound)
		}
	}
	center.Refuses(t, "the adviser names", h.Name(ctx, h.adviser, id, 1, string(unnamed.Person)), fault.Forbidden)
	center.Refuses(t, "an old page", h.SetWays(ctx, k.Head, id, 7, "x"), fault.Conflict)
	center.Refuses(t, "nothing to agree to", h.Agree(ctx, k.Head, id, 1, ofDiagnosis), fault.Conflict)
	center.Refuses(t, "drop without a reason", h.Drop(ctx, k.Head, id, 1, "  "), fault.Invalid)
	k.OK(h.Drop(ctx, k.Head, id, 1, "Brak czasu."))
	for name, deed := range deeds {
		if name != "find" && name != "sheet" {
			center.Refuses(t, name+" after the end", deed(k.Director), fault.Conflict)
		}
	}
	if got := h.toldTo(h.adviser); got != "dropped" && got != "begun dropped" {
		t.Errorf("the adviser was told %q", got)
	}
}

// TestSchoolSpeaksFirst shows the center what the school declared after the
// school agreed to something, and not after an objection.
func TestSchoolSpeaksFirst(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) { open(t, d).spokenSchool(t) })
}

func (h *house) spokenSchool(t *testing.T) {
	ctx, k := t.Context(), h.k
	id := h.begun(t)
	seen := func(what string, want int) {
		t.Helper()
		w, err := h.Find(ctx, h.adviser, id)
		k.OK(err)
		if list, err := h.Offered(ctx, w); err != nil || len(list) != want {
			t.Errorf("%s: the center sees %v, %v", what, list, err)
		}
	}
	k.OK(h.AddNeed(ctx, h.adviser, id, h.rev(t, id), Found{Topic: maths, Source: Exams}))
	k.OK(h.SetWays(ctx, h.adviser, id, h.rev(t, id), "Warsztaty."))
	k.OK(h.Agree(ctx, h.adviser, id, h.rev(t, id), ofDiagnosis))
	seen("agreed by the center alone", 0)
	k.OK(h.Object(ctx, k.Head, id, h.rev(t, id), ofDiagnosis, "Nie prosiliśmy o to."))
	seen("the school objects", 0)
	k.OK(h.Agree(ctx, k.Head, id, h.rev(t, id), ofDiagnosis))
	seen("the school agrees", 1)
	k.OK(h.SetWays(ctx, h.adviser, id, h.rev(t, id), "Warsztaty i konsultacje."))
	seen("a new version", 1)
	k.OK(h.TakeDeclared(ctx, h.adviser, id, h.rev(t, id), []string{declaredNeed}))
	own, err := h.Begin(ctx, k.OtherHead, Beginning{School: k.Other, Center: k.At, Year: 2026})
	k.OK(err)
	w, err := h.Find(ctx, k.Officer, own)
	k.OK(err)
	if held, err := h.Withheld(ctx, w); held || err != nil {
		t.Errorf("a process that the school began: %v, %v", held, err)
	}
}

// versions changes what was agreed, and looks at what is asked anew.
func (h *house) versions(t *testing.T) {
	ctx, k := t.Context(), h.k
	id := h.begun(t)
	for name, who := range map[string]access.Actor{"the adviser": h.adviser, "the officer": k.Officer} {
		w, err := h.Find(ctx, who, id)
		k.OK(err)
		if list, err := h.Offered(ctx, w); err != nil || len(list) != 0 {
			t.Errorf("%s sees %v of a school that was not asked, %v", name, list, err)
		}
		center.Refuses(t, name+" takes what the school did not show", h.TakeDeclared(ctx, who, id, w.Revision, []string{declaredNeed}), fault.Conflict)
	}
	k.OK(h.TakeDeclared(ctx, k.Head, id, h.rev(t, id), []string{declaredNeed, newID()}))
	if w := h.find(t, id); len(w.Needs) != 1 || w.Needs[0].Topic != reading || w.Needs[0].Ranked != declaredNeed || w.Needs[0].Source != Campaign {
		t.Fatalf("taken %+v", w.Needs)
	}
	center.Refuses(t, "taken twice", h.TakeDeclared(ctx, k.Head, id, h.rev(t, id), []string{declaredNeed}), fault.Invalid)
	center.Refuses(t, "a topic of nowhere", h.AddNeed(ctx, k.Head, id, h.rev(t, id), Found{Topic: newID(), Source: "rumor"}), fault.Invalid)
	k.OK(h.SetWays(ctx, k.Head, id, h.rev(t, id), "Warsztaty."))
	k.OK(h.Agree(ctx, k.Head, id, h.rev(t, id), ofDiagnosis))
	center.Refuses(t, "agreed twice", h.Agree(ctx, k.Deputy, id, h.rev(t, id), ofDiagnosis), fault.Conflict)
	center.Refuses(t, "objects without words", h.Object(ctx, h.adviser, id, h.rev(t, id), ofDiagnosis, " "), fault.Invalid)
	both := k.Head
	both.Roles = []access.Held{{Role: access.CenterOfficer, Institution: k.At}}
	center.Refuses(t, "one person for both", h.Agree(ctx, both, id, h.rev(t, id), ofDiagnosis), fault.Conflict)
	k.OK(h.Object(ctx, h.adviser, id, h.rev(t, id), ofDiagnosis, "Dodajmy wyniki egzaminu."))
	k.OK(h.AddNeed(ctx, k.Head, id, h.rev(t, id), Found{Topic: maths, Source: Exams}))
	w := h.find(t, id)
	if w.DiagnosisVersion != 2 || len(w.Consents) != 0 || w.State != Diagnosis {
		t.Fatalf("after a change: %+v", w)
	}
	h.both(t, id, ofDiagnosis)
	if w = h.find(t, id); w.State != Planned || w.DiagnosisAgreed != 2 {
		t.Fatalf("agreed: %+v", w.Process)
	}
	k.OK(h.RemoveNeed(ctx, k.Head, id, w.Revision, w.Needs[1].ID))
	if w = h.find(t, id); w.State != Diagnosis || w.DiagnosisVersion != 3 || len(w.Needs) != 1 {
		t.Errorf("changed after the agreement: %+v", w.Process)
	}
	h.both(t, id, ofDiagnosis)
	if _, err := h.AddForm(ctx, k.Head, id, h.rev(t, id), planFor(w.Needs[0])); err != nil {
		t.Fatal(err)
	}
	k.OK(h.SetGoals(ctx, k.Head, id, h.rev(t, id), "Cele."))
	k.OK(h.Agree(ctx, k.Head, id, h.rev(t, id), ofPlan))
	k.OK(h.ChangeNeed(ctx, h.adviser, id, h.rev(t, id), w.Needs[0].ID, Found{Topic: algebra, Source: Talk}))
	if w = h.find(t, id); w.State != Diagnosis || w.DiagnosisVersion != 4 || w.PlanVersion != 2 {
		t.Errorf("a need under a plan that one side agreed to: %+v", w.Process)
	}
	center.Refuses(t, "a plan before the diagnosis", h.SetGoals(ctx, k.Head, id, w.Revision, "x"), fault.Conflict)
	k.OK(h.Name(ctx, k.Director, id, w.Revision, string(k.Officer.Person)))
	if _, err := h.Find(ctx, h.adviser, id); fault.KindOf(err) != fault.NotFound {
		t.Errorf("who is named no more: %v", err)
	}
	k.OK(h.Drop(ctx, k.Officer, id, h.rev(t, id), "Nowy początek."))
}

// toTheEnd walks a year, with a change of the agreed plan on the way.
func (h *house) toTheEnd(t *testing.T) {
	ctx, k := t.Context(), h.k
	id, form, needs := h.planned(t)
	w := h.find(t, id)
	if w.State != UnderWay || w.PlanAgreed != 1 || len(w.Unanswered()) != 1 || w.Unanswered()[0].ID != needs[1].ID {
		t.Fatalf("under way: %+v", w.Process)
	}
	if got := h.toldTo(k.Head); !strings.HasSuffix(got, "settled_diagnosis settled_plan") {
		t.Errorf("the head was told %q", got)
	}
	center.Refuses(t, "a need after the plan", h.AddNeed(ctx, k.Head, id, w.Revision, Found{Topic: reading, Source: Exams}), fault.Conflict)
	center.Refuses(t, "removes an agreed form", h.RemoveForm(ctx, k.Head, id, w.Revision, form), fault.Conflict)
	center.Refuses(t, "held tomorrow", h.Hold(ctx, k.Head, id, w.Revision, form, Took{On: "2026-11-24", People: 3}), fault.Invalid)
	center.Refuses(t, "held by nobody", h.Hold(ctx, k.Head, id, w.Revision, form, Took{On: "2026-11-20"}), fault.Invalid)
	second, err := h.AddForm(ctx, k.Head, id, w.Revision, planFor(needs[1]))
	k.OK(err)
	w = h.find(t, id)
	if w.State != UnderWay || w.PlanVersion != 2 || w.PlanAgreed != 1 {
		t.Fatalf("changed plan: %+v", w.Process)
	}
	center.Refuses(t, "held before it was agreed", h.Hold(ctx, k.Head, id, w.Revision, second, Took{On: "2026-11-20", People: 3}), fault.Conflict)
	center.Refuses(t, "effects before", h.SetEffects(ctx, k.Head, id, w.Revision, nil, "x"), fault.Conflict)
	k.OK(h.Hold(ctx, h.adviser, id, w.Revision, form, Took{On: "2026-11-20", People: 12, Training: "/szkolenia/" + someTraining}))
	center.Refuses(t, "a training of nowhere", h.Hold(ctx, h.adviser, id, h.rev(t, id), form, Took{On: "2026-11-20", People: 12, Training: newID()}), fault.Invalid)
	center.Refuses(t, "a held form changed", h.ChangeForm(ctx, k.Head, id, h.rev(t, id), form, planFor(needs[0])), fault.Conflict)
	h.both(t, id, ofPlan)
	k.OK(h.Miss(ctx, h.adviser, id, h.rev(t, id), second, "Choroba."))
	_, first, err := h.Sheet(ctx, k.Head, id, 1)
	k.OK(err)
	_, now, err := h.Sheet(ctx, k.Head, id, 0)
	k.OK(err)
	if len(first.Forms) != 1 || first.Version != 1 || len(now.Forms) != 2 || now.Version != 2 || now.Forms[1].NeedNos[0] != 2 {
		t.Errorf("the plans are %+v and %+v", first, now)
	}
	h.ends(t, id, needs)
}

// ends judges the effects and closes.
func (h *house) ends(t *testing.T, id string, needs []Need) {
	ctx, k := t.Context(), h.k
	center.Refuses(t, "agrees to no effects", h.Agree(ctx, k.Head, id, h.rev(t, id), ofEffects), fault.Conflict)
	center.Refuses(t, "another's need", h.SetEffects(ctx, k.Head, id, h.rev(t, id), []Judged{{Need: newID(), Effect: Not}}, "x"), fault.NotFound)
	center.Refuses(t, "an effect of our own", h.SetEffects(ctx, k.Head, id, h.rev(t, id), []Judged{{Need: needs[0].ID, Effect: "great"}}, "x"), fault.Invalid)
	k.OK(h.SetEffects(ctx, k.Head, id, h.rev(t, id), []Judged{{needs[0].ID, Reached, ""}, {needs[1].ID, Partly, "Jeden zespół"}}, "Dalej zespoły."))
	k.OK(h.Agree(ctx, k.Deputy, id, h.rev(t, id), ofEffects))
	k.OK(h.SetEffects(ctx, k.Head, id, h.rev(t, id), []Judged{{needs[1].ID, Not, ""}}, "Dalej zespoły."))
	if w := h.find(t, id); w.EffectsVersion != 2 || w.State != UnderWay {
		t.Errorf("changed effects: %+v", w.Process)
	}
	center.Refuses(t, "closes before", h.Close(ctx, k.Head, id, h.rev(t, id)), fault.Conflict)
	h.both(t, id, ofEffects)
	center.Refuses(t, "drops what is evaluated", h.Drop(ctx, k.Head, id, h.rev(t, id), "x"), fault.Conflict)
	k.OK(h.Close(ctx, k.Head, id, h.rev(t, id)))
	w := h.find(t, id)
	if w.State != Closed || w.Needs[0].Effect != Reached || w.Needs[1].Effect != Not || w.Forms[0].Training != someTraining || w.Forms[1].State != FormDropped {
		t.Errorf("the chain: %+v", w)
	}
	steps, err := trace.Steps(ctx, h.db, trace.ID(w.Trace), []string{"inst:" + string(k.School)})
	k.OK(err)
	if len(steps) != 8 { // begun, diagnosis, plan, held, missed, plan again, effects, closed
		t.Errorf("%d steps: %+v", len(steps), steps)
	}
	if _, err := trace.Steps(ctx, h.db, trace.ID(w.Trace), []string{"public"}); err != nil {
		t.Error(err)
	}
}

// listed looks at lists, the desk and the report.
func (h *house) listed(t *testing.T) {
	ctx, k := t.Context(), h.k
	_, err := h.Begin(ctx, k.OtherHead, Beginning{School: k.Other, Center: k.At, Year: 2026})
	k.OK(err)
	mine := func(who access.Actor, year int) int {
		list, _, err := h.List(ctx, who, year, web.Cursor{}, 20)
		k.OK(err)
		return len(list)
	}
	// Two dropped, one closed, and the other school's.
	if a, b, c, d := mine(k.Head, 2026), mine(k.OtherHead, 2026), mine(k.Director, 2026), mine(h.adviser, 2026); a != 3 || b != 1 || c != 4 || d != 2 {
		t.Errorf("head %d, other head %d, director %d, adviser %d", a, b, c, d)
	}
	if mine(k.Head, 2025) != 0 || mine(h.other, 2026) != 0 {
		t.Error("another year, another center")
	}
	_, _, err = h.List(ctx, k.Ewa, 2026, web.Cursor{}, 20)
	center.Refuses(t, "a teacher lists", err, fault.Forbidden)
	page, more, err := h.List(ctx, k.Director, 2026, web.Cursor{}, 3)
	k.OK(err)
	if len(page) != 3 || !more {
		t.Fatalf("%d on the first page", len(page))
	}
	last := page[2]
	next, more, err := h.List(ctx, k.Director, 2026, web.Cursor{Key: last.SchoolKey, ID: last.ID}, 3)
	k.OK(err)
	if len(next) != 1 || more {
		t.Errorf("%d on the second", len(next))
	}
	back, _, err := h.List(ctx, k.Director, 2026, web.Cursor{Key: next[0].SchoolKey, ID: next[0].ID, Back: true}, 3)
	k.OK(err)
	if len(back) != 3 || back[0].ID != page[0].ID {
		t.Error("and back")
	}
	waits, err := h.waiting(ctx, k.OtherHead)
	k.OK(err)
	done, err := h.waiting(ctx, k.Head)
	k.OK(err)
	if len(waits) != 1 || len(done) != 0 {
		t.Errorf("%d wait for the other head, %d for the head", len(waits), len(done))
	}
	for name, who := range map[string]access.Actor{"the association": h.planner, "the director": k.Director} {
		list, err := h.Report(ctx, who, 2026)
		k.OK(err)
		by := map[string]Unmet{}
		for _, u := range list {
			by[u.Topic] = u
		}
		if by[algebra].Stopped != 1 || by[maths].Reached != 1 || by[""].Not != 1 || by[""].NoForm != 1 || list[len(list)-1].Topic != maths {
			t.Errorf("%s sees %+v", name, list)
		}
	}
	for name, who := range map[string]access.Actor{"a head": k.Head, "an adviser": h.adviser, "a teacher": k.Ewa} {
		_, err := h.Report(ctx, who, 2026)
		center.Refuses(t, name+" reads the report", err, fault.Forbidden)
	}
	list, err := h.Report(ctx, h.other, 2026)
	k.OK(err)
	if len(list) != 0 {
		t.Errorf("another center sees %+v", list)
	}
}

// forgets erases a person, and sweeps what is old.
func (h *house) forgets(t *testing.T) {
	ctx := t.Context()
	rows := func(table, where string) (n int) {
		h.k.OK(h.db.Get(ctx, &n, `select count(*) from needs_support_`+table+` where `+where))
		return n
	}
	for _, hold := range h.Purposes()[0].Holds {
		items, err := hold.Export(ctx, string(h.adviser.Person))
		h.k.OK(err)
		if len(items) == 0 {
			t.Errorf("%s: nothing of the adviser", hold.Table)
		}
		for n := 1; n > 0; {
			h.k.OK(h.db.Write(ctx, func(tx *db.Tx) (err error) { n, err = hold.Erase(ctx, tx, string(h.adviser.Person)); return err }))
		}
		if items, err = hold.Export(ctx, string(h.adviser.Person)); err != nil || len(items) != 0 {
			t.Errorf("%s: %d left, %v", hold.Table, len(items), err)
		}
		later := yearEnds(2026).Add(time.Hour)
		if early, err := hold.Expired(ctx, h.db, yearEnds(2026).Add(-time.Hour)); err != nil || early != 0 {
			t.Errorf("%s: %d too early, %v", hold.Table, early, err)
		}
		if old, err := hold.Expired(ctx, h.db, later); err != nil || old == 0 {
			t.Errorf("%s: %d old, %v", hold.Table, old, err)
		}
		for n := 1; n > 0; {
			h.k.OK(h.db.Write(ctx, func(tx *db.Tx) (err error) { n, err = hold.Sweep(ctx, tx, later, 2); return err }))
		}
	}
	if rows("processes", `person <> '' or begun_by <> ''`) != 0 || rows("consents", `person <> ''`) != 0 || rows("consents", `process <> ''`) == 0 {
		t.Error("people are left, or the words gone")
	}
}

// gate holds everybody back until all have read the process.
type gate struct {
	People
	all *sync.WaitGroup
}

func (g gate) Holders(ctx context.Context, p access.Permission, at ...access.InstitutionID) ([]access.PersonID, error) {
	g.all.Done()
	g.all.Wait()
	return g.People.Holders(ctx, p, at...)
}

// TestTwoAtOnce has both sides change the same page: one of them is told.
func TestTwoAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.Tell = nil
		id := h.begun(t)
		rev := h.rev(t, id)
		var wait, all sync.WaitGroup
		all.Add(4)
		h.People = gate{h.People, &all}
		errs := make([]error, 4)
		for n, who := range []access.Actor{h.k.Head, h.k.Officer, h.adviser, h.k.Deputy} {
			wait.Go(func() {
				errs[n] = h.AddNeed(context.Background(), who, id, rev, Found{Topic: maths, Source: Exams})
			})
		}
		wait.Wait()
		good := 0
		for _, err := range errs {
			if err == nil {
				good++
			} else if fault.KindOf(err) != fault.Conflict {
				t.Error(errors.Unwrap(err), err)
			}
		}
		if w := h.find(t, id); good != 1 || len(w.Needs) != 1 {
			t.Errorf("%d went through, %d needs", good, len(w.Needs))
		}
	})
}
