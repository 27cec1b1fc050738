package support

import (
	"slices"
	"testing"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/privacy"
)

func TestMessages(t *testing.T) {
	c, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range c.Check() {
		t.Error(wrong)
	}
}

func yes(what Part, side Side, version int) Consent {
	return Consent{What: what, Side: side, Version: version, Agrees: true}
}

func TestNext(t *testing.T) {
	ready := Whole{Process: Process{State: Diagnosis, SchoolYear: 2026, YearEnds: yearEnds(2026).Unix(), Ways: "x", DiagnosisVersion: 1, PlanVersion: 1, EffectsVersion: 1},
		Needs: []Need{{ID: "n", No: 1}}}
	with := func(change func(*Whole)) Whole {
		w := ready
		change(&w)
		return w
	}
	planned := with(func(w *Whole) {
		w.State, w.Goals, w.Forms = Planned, "x", []Form{{ID: "f", State: FormPlanned, Due: "2026-12-01", Needs: []string{"n"}}, {State: FormPlanned, Due: "2026-11-30", Needs: []string{"n"}}}
	})
	working := planned
	working.State, working.PlanAgreed = UnderWay, 1
	for name, c := range map[string]struct {
		w     Whole
		what  string
		sides []Side
		by    string
	}{
		"empty":          {with(func(w *Whole) { w.Needs = nil }), "diagnose", bothSides, "2027-08-31"},
		"nobody agreed":  {ready, "agree_diagnosis", bothSides, "2027-08-31"},
		"school agreed":  {with(func(w *Whole) { w.Consents = []Consent{yes(ofDiagnosis, School, 1)} }), "agree_diagnosis", []Side{Center}, "2027-08-31"},
		"remarks":        {with(func(w *Whole) { w.Consents = []Consent{{What: ofDiagnosis, Side: Center}} }), "revise_diagnosis", bothSides, "2027-08-31"},
		"no plan":        {with(func(w *Whole) { w.State = Planned }), "plan", bothSides, "2027-08-31"},
		"plan":           {planned, "agree_plan", bothSides, "2027-08-31"},
		"work":           {working, "carry", []Side{Center}, "2026-11-30"},
		"changed plan":   {func() Whole { w := working; w.PlanVersion = 2; return w }(), "agree_plan", bothSides, "2027-08-31"},
		"all forms over": {func() Whole { w := working; w.Forms = []Form{{State: FormHeld}}; return w }(), "judge", bothSides, "2027-08-31"},
		"evaluated":      {with(func(w *Whole) { w.State = Evaluated }), "close", bothSides, "2027-08-31"},
	} {
		got := c.w.Next()
		if got.What != "support.next."+c.what || !slices.Equal(got.Sides, c.sides) || got.By != c.by {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := with(func(w *Whole) { w.State = Closed }).Next(); got.What != "" || got.For(School) {
		t.Errorf("closed: %+v", got)
	}
}

func TestUnmetCounts(t *testing.T) {
	var u Unmet
	for _, row := range []tally{
		{State: Closed, Effect: Reached, Formed: 1, N: 5}, {State: Evaluated, Effect: Partly, Formed: 1, N: 2}, {State: Closed, Effect: Not, N: 3},
		{State: UnderWay, Effect: Reached, Formed: 1, N: 7}, {State: Dropped, Effect: Reached, Formed: 1, N: 4}, {State: Diagnosis, N: 1},
	} {
		u.add(row)
	}
	want := Unmet{Found: 22, Reached: 5, Partly: 2, Not: 3, Stopped: 4, Open: 8, NoForm: 4}
	if u != want || u.Left() != 9 {
		t.Errorf("%+v, left %d", u, u.Left())
	}
}

func TestPlanCheck(t *testing.T) {
	w := &Whole{Process: Process{SchoolYear: 2026, YearEnds: yearEnds(2026).Unix()}, Needs: []Need{{ID: "n"}}}
	good := planFor(Need{ID: "n"})
	if err := good.check(w); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Plan){
		"rodzaj": func(f *Plan) { f.Kind = "party" }, "tytul": func(f *Plan) { f.Title = "" }, "prowadzi": func(f *Plan) { f.Leader = "" },
		"termin": func(f *Plan) { f.Due = "2026-08-31" }, "godziny": func(f *Plan) { f.Hours = 0 }, "wskaznik": func(f *Plan) { f.Indicator = "" },
		"potrzeby": func(f *Plan) { f.Needs = []string{"another's"} },
	} {
		f := good
		change(&f)
		e := fault.As(f.check(w))
		if e == nil || len(e.Fields) != 1 || e.Fields[0].Name != name {
			t.Errorf("%s: %v", name, e)
		}
	}
	for _, day := range []string{"2026-13-01", "2027-09-01", "2026-9-1", ""} {
		f := good
		f.Due = day
		if f.check(w) == nil {
			t.Errorf("day %q", day)
		}
	}
	f := Plan{Training: "https://kladka.example/szkolenia/" + someTraining + "?x=1"}
	f.tidy()
	if f.Training != someTraining {
		t.Errorf("training %q", f.Training)
	}
}

func TestPurposesName(t *testing.T) {
	c, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range (&Service{}).Purposes() {
		keys := []string{p.Text + ".title", p.Text + ".why", p.Keep.Since, Params()[0].Title}
		for _, hold := range p.Holds {
			keys = append(keys, hold.Title, hold.Keeps)
			if hold.Export == nil || hold.Erase == nil || hold.Sweep == nil {
				t.Errorf("%s is not whole", hold.Table)
			}
		}
		for _, key := range keys {
			if !c.Has(key) {
				t.Errorf("no text %s", key)
			}
		}
		if p.Controller != privacy.Operator {
			t.Error(p.Key)
		}
	}
}

// TestTold sees that whatever is told, traced and logged has its name: the keys
// are put together where they are used.
func TestTold(t *testing.T) {
	c, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{"topic." + TopicKey, "audit.object." + processThing}
	for _, part := range []Part{ofDiagnosis, ofPlan, ofEffects} {
		for _, news := range []string{"again_", "agreed_", "objected_", "settled_"} {
			keys = append(keys, "support.tell."+news+string(part))
		}
		keys = append(keys, "support.trace."+string(part), "support.agree.title_"+string(part), "support.next.agree_"+string(part), "support.next.revise_"+string(part))
	}
	for _, act := range []string{"begun", "closed", "dropped", "held", "missed"} {
		keys = append(keys, "support.tell."+act, "support.trace."+act, "audit.action.needs.support."+act)
	}
	for _, act := range []string{"changed", "agreed", "objected", "named"} {
		keys = append(keys, "audit.action.needs.support."+act)
	}
	keys = append(keys, "support.trace.diagnosis_again", "support.trace.plan_again", "support.tell.named", "support.tell.person")
	for _, key := range keys {
		if !c.Has(key) {
			t.Errorf("no text %s", key)
		}
	}
}
