package ledger

import (
	"context"
	"slices"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
)

func TestGroupOf(t *testing.T) {
	for role, want := range map[access.Role]Group{access.Teacher: Teachers, access.MethodologicalAdviser: Teachers, access.SchoolHead: Heads, access.DeputyHead: Heads,
		access.AuthorityOfficer: Managers, access.ForumDelegate: Managers, access.Resident: Others, "": Others, "unheard_of": Others} {
		if got := GroupOf(role); got != want {
			t.Errorf("%q is of %s, want %s", role, got, want)
		}
	}
}

func TestSetOn(t *testing.T) {
	sets := []RuleSet{{ID: "a", ValidFrom: "2022-09-01"}, {ID: "b", ValidFrom: "2026-01-01"}, {ID: "c", ValidFrom: "2026-01-01"}}
	for on, want := range map[string]string{"2022-08-31": "", "2022-09-01": "a", "2025-12-31": "a", "2026-01-01": "c", "2030-01-01": "c"} {
		if got := setOn(sets, on).ID; got != want {
			t.Errorf("on %s holds %q, want %q", on, got, want)
		}
	}
}

func TestPlace(t *testing.T) {
	k := &kitWorld{}
	above, _ := k.Above(t.Context())
	w := world{above: above, themes: []string{inclusion},
		areas: map[string]Target{area1: {ID: area1, Owner: agreement, ValidFrom: "2022-10-27"}, area2: {ID: area2, Owner: agreement, ValidTo: "2026-12-31"},
			area4: {ID: area4, Owner: agreement, ValidFrom: "2027-01-01"}, foreign: {ID: foreign, Owner: second}},
		actions: map[string]Target{action1: {ID: action1, Owner: plan}, action2: {ID: action2, Owner: plan}}}
	w.sets = []RuleSet{{ID: "s", ValidFrom: "2022-01-01", Rules: []Rule{{No: 1, Kind: "training", Form: "course", Area: area1}, {No: 2, Topic: maths, Area: area2, Action: action1},
		{No: 3, Topic: maths, Area: area4}, {No: 4, Center: "c", Action: action2}, {No: 5, Kind: "training", Area: foreign}}}}
	training := Activity{Ref: Ref{"training", "x"}, On: "2026-05-01"}
	with := func(change func(*Activity)) Activity { a := training; change(&a); return a }
	none, both := func(string) bool { return false }, func(of string) bool { return of == agreement }
	for _, c := range []struct {
		name  string
		a     Activity
		joint func(string) bool
		want  string
	}{
		{"nothing said of it", Activity{Ref: Ref{"meeting", "x"}, On: "2026-05-01"}, none, "all kind/meeting"},
		{"the first rule of an agreement decides, of another its own", with(func(a *Activity) { a.Form = "course"; a.Topics = []string{maths} }), none, "action/1 all kind/training near/b near/1"},
		{"a topic below the one of the rule", with(func(a *Activity) { a.Topics = []string{algebra} }), none, "action/1 all kind/training near/b near/2"},
		{"joint for one agreement only", with(func(a *Activity) { a.Topics = []string{algebra} }), both, "action/1 all area/2 kind/training near/b"},
		{"an area that ended gives way to the next rule", with(func(a *Activity) { a.Topics = []string{maths}; a.On = "2027-01-01" }), both, "action/1 all area/4 kind/training near/b"},
		{"before all rules", with(func(a *Activity) { a.Topics = []string{maths}; a.On = "2021-12-31" }), both, "all kind/training"},
		{"the first action of the plan", with(func(a *Activity) { a.Center = "c"; a.Topics = []string{maths} }), none, "action/1 all kind/training near/b near/2"},
		{"by the center alone", with(func(a *Activity) { a.Center = "c" }), none, "action/2 all kind/training near/b"},
		{"a theme", with(func(a *Activity) { a.Topics = []string{inclusion} }), none, "all kind/training near/b theme/3"},
		{"what the source names comes first", with(func(a *Activity) { a.Form, a.Areas, a.Actions = "course", []string{area2}, []string{action2} }), both, "action/2 all area/2 kind/training near/b"},
		{"a target that is not there", with(func(a *Activity) { a.Areas = []string{"gone"} }), both, "all kind/training near/b"},
	} {
		var got []string
		for _, p := range w.place(c.a, c.joint) {
			got = append(got, short(p.Scope))
		}
		slices.Sort(got)
		want := strings.Fields(c.want)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", c.name, got, want)
		}
	}
}

// short names targets of the kit by their last letter.
func short(s Scope) string {
	sort, id := s.parts()
	switch {
	case id == foreign:
		return sort + "/b"
	case len(id) == 36:
		return sort + "/" + id[35:]
	}
	return string(s)
}

func TestRules(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		t.Run("refused", func(t *testing.T) { k.rulesRefused(t) })
		t.Run("moved", func(t *testing.T) { k.rulesMove(t) })
		t.Run("areas that change", func(t *testing.T) { k.areasChange(t) })
		t.Run("marks", func(t *testing.T) { k.marksCount(t) })
		k.exact("in the end")
		t.Run("frozen", func(t *testing.T) { k.yearFrozen(t) })
	})
}

func (k *kit) rulesRefused(t *testing.T) {
	good := RuleSet{ValidFrom: "2026-01-01", Words: "bo tak", Rules: []Rule{{Area: area1}}}
	_, err := k.SaveRules(t.Context(), access.Stranger(), good)
	refuses(t, "a stranger", err, fault.SignedOut)
	teacher := access.Actor{Person: "p", Roles: []access.Held{{Role: access.Teacher}}}
	_, err = k.SaveRules(t.Context(), teacher, good)
	refuses(t, "a teacher", err, fault.Forbidden)
	_, err = k.Preview(t.Context(), teacher, good)
	refuses(t, "a teacher who only looks", err, fault.Forbidden)
	for name, change := range map[string]func(*RuleSet){
		"valid_from": func(s *RuleSet) { s.ValidFrom = "1 stycznia" },
		"words":      func(s *RuleSet) { s.Words = "" },
		"rule.1":     func(s *RuleSet) { s.Rules = []Rule{{Kind: "training"}} },
		"rule.2":     func(s *RuleSet) { s.Rules = []Rule{{Area: area1}, {Area: action1}} },
	} {
		set := good
		change(&set)
		_, err := k.SaveRules(t.Context(), k.officer, set)
		if f := fault.As(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func (k *kit) rulesMove(t *testing.T) {
	old, recent := k.activity("training", "2024-10-02", maths), k.activity("training", "2025-10-02", maths)
	k.came(old, "ewa", nil)
	k.came(recent, "ewa", nil)
	k.rules("2022-09-01", Rule{Topic: maths, Area: area1})
	if k.year(Near(area1), 2024).People != 1 || k.year(Near(area1), 2025).People != 1 || k.year(Area(area1), 2024).Facts != 0 {
		t.Error("the first rules did not place what was there")
	}
	next := RuleSet{ValidFrom: "2025-09-01", Words: "nowe", Rules: []Rule{{Topic: maths, Area: area2, Action: action1}}}
	seen, err := k.Preview(t.Context(), k.officer, next)
	k.ok(err)
	if seen.Seen != 1 || seen.Activities != 1 || seen.ByScope[Near(area1)].Participations != -1 || seen.ByScope[Action(action1)].Minutes != 90 ||
		len(seen.Examples) != 1 || seen.Examples[0].Title == "" {
		t.Errorf("preview %+v", seen)
	}
	if k.year(Near(area2), 2025).Facts != 0 {
		t.Error("a preview moved something")
	}
	k.rules(next.ValidFrom, next.Rules...)
	if k.year(Near(area1), 2024).People != 1 || k.year(Near(area1), 2025).Facts != 0 || k.year(Near(area2), 2025).People != 1 || k.year(Action(action1), 2025).People != 1 {
		t.Error("rules from a day on")
	}
}

func (k *kit) areasChange(t *testing.T) {
	for n := range k.world.areas {
		if k.world.areas[n].ID == area2 {
			k.world.areas[n].ValidTo = "2025-09-30"
		}
	}
	if k.year(Near(area2), 2025).People != 1 {
		t.Error("moved before anybody said so")
	}
	k.write(func(ctx context.Context, tx *db.Tx) error { return PlaceAgain(ctx, tx, "2025-09-30") })
	k.drain()
	if k.year(Near(area2), 2025).Facts != 0 || k.year(Action(action1), 2025).People != 1 {
		t.Error("an area that ended still counts")
	}
}

func (k *kit) marksCount(t *testing.T) {
	ref := k.activity("training", "2024-12-02", maths)
	k.came(ref, "jan", nil)
	before := k.year(Near(area1), 2024)
	refuses(t, "a mark from a later day", k.db.Write(t.Context(), func(tx *db.Tx) error {
		return k.MarkJoint(t.Context(), tx, k.officer, ref, agreement, "2025-01-01")
	}), fault.Invalid)
	refuses(t, "the end of no mark", k.db.Write(t.Context(), func(tx *db.Tx) error {
		return k.EndJoint(t.Context(), tx, k.officer, ref, agreement)
	}), fault.NotFound)
	k.mark(ref, agreement, "2024-12-02")
	k.mark(ref, agreement, "")
	k.came(ref, "ola", nil)
	if got := k.year(Area(area1), 2024); got.People != 2 || got.Activities != 1 {
		t.Errorf("joint: %+v", got)
	}
	if got := k.year(Near(area1), 2024); got.Activities != before.Activities-1 {
		t.Errorf("still near: %+v", got)
	}
	list, _, err := k.Activities(t.Context(), k.db, Area(area1), 0, zeroCursor, 5)
	if err != nil || len(list) != 1 || !list[0].Joint {
		t.Errorf("listed %+v, %v", list, err)
	}
	marks, err := Marks(t.Context(), k.db, agreement, []Ref{ref})
	if err != nil || marks[ref].By != string(k.officer.Person) || marks[ref].Since != "2024-12-02" || marks[ref].EndedAt != 0 {
		t.Errorf("marks %+v, %v", marks, err)
	}
	k.unmark(ref, agreement)
	if got := k.year(Area(area1), 2024); got != (Totals{}) {
		t.Errorf("after the mark ended: %+v", got)
	}
	early := k.activity("training", "2024-12-03", maths)
	k.mark(early, agreement, "") // before anything is known of it
	many := k.came(early, "a0", nil)
	for n := range moveAtOnce + 1 {
		many.Key, many.PersonKey = k.id(), []string{"a1", "a2"}[n%2]
		k.tell(many)
	}
	k.unmark(early, agreement)
	if k.year(Area(area1), 2024).People != 3 {
		t.Error("many facts moved at once, without a job")
	}
	k.drain()
	if k.year(Area(area1), 2024).Facts != 0 {
		t.Error("the job moved nothing")
	}
}

func (k *kit) yearFrozen(t *testing.T) {
	ref := k.activity("training", "2020-10-02", maths)
	first := k.came(ref, "ewa", nil)
	k.came(ref, "jan", nil)
	k.world.destroyed[2020] = true
	k.ok(k.freezeDue(t.Context()))
	k.ok(k.freezeDue(t.Context()))
	var left int
	k.ok(k.db.Get(t.Context(), &left, `select (select count(*) from ledger_facts where school_year = 2020 and person_key <> '')
		+ (select count(*) from ledger_heads where school_year = 2020)`))
	if got := k.year(All, 2020); left != 0 || got.People != 2 || got.Unknown != 0 {
		t.Errorf("%d keys left, %+v", left, got)
	}
	again := first
	again.Version = 2
	k.tell(again) // says the same: nobody becomes unknown by it
	again.Version, again.PersonKey, again.People = 3, "", 1
	k.tell(again) // and told without a key, as access does then
	if got := k.year(All, 2020); got.People != 2 || got.Unknown != 0 || got.Facts != 2 {
		t.Errorf("after the same words: %+v", got)
	}
	k.movesOut(t, ref)
	first.Version, first.Void = 4, true
	k.tell(first)
	k.came(ref, "ida", nil)
	if got := k.year(All, 2020); got.People != 2 || got.Participations != 2 || got.Unknown != 1 {
		t.Errorf("after late words: %+v", got)
	}
	refuses(t, "a mark in a frozen year", k.db.Write(t.Context(), func(tx *db.Tx) error {
		if err := k.near(t, tx, ref); err != nil {
			return err
		}
		return k.MarkJoint(t.Context(), tx, k.officer, ref, agreement, "")
	}), fault.Conflict)
	_, err := k.SaveRules(t.Context(), k.officer, RuleSet{ValidFrom: "2020-11-01", Words: "x", Rules: []Rule{{Area: area1}}})
	refuses(t, "rules within a frozen year", err, fault.Invalid)
	k.ok(k.Rebuild(t.Context(), func(int64, int64) error { return nil }))
	if got := k.year(All, 2020); got.People != 2 {
		t.Errorf("rebuilt: %+v", got)
	}
}

// movesOut: a fact that moves between a frozen year and a living one is counted
// by its person in the living one, there and back.
func (k *kit) movesOut(t *testing.T, ref Ref) {
	in := k.came(ref, "ula", func(in *Intake) { in.SchoolYear, in.On = 2019, "2020-06-01" })
	in.Version, in.SchoolYear = 2, 2020
	k.tell(in)
	if got := k.year(All, 2019); got != (Totals{}) {
		t.Errorf("the living year that it left: %+v", got)
	}
	in.Version, in.SchoolYear = 3, 2019
	k.tell(in)
	if got := k.year(All, 2019); got.People != 1 || got.Unknown != 0 {
		t.Errorf("the living year that it came back to: %+v", got)
	}
	in.Version, in.Void = 4, true
	k.tell(in)
	var heads int
	k.ok(k.db.Get(t.Context(), &heads, `select count(*) from ledger_heads where school_year in (2019, 2020)`))
	if heads != 0 {
		t.Errorf("%d people are left of nothing", heads)
	}
}

// near puts an activity near area 1, as a rule of its time would have.
func (k *kit) near(t *testing.T, tx *db.Tx, ref Ref) error {
	_, err := tx.Exec(t.Context(), `insert into ledger_places (kind, id, scope, owner, school_year, sort_key) values (?, ?, ?, ?, 2020, '20201002')`, ref.Kind, ref.ID, Near(area1), agreement)
	return err
}

func TestRestOf(t *testing.T) {
	heads, teachers := groupAt{town, Heads}, groupAt{city, Teachers}
	for _, c := range []struct {
		groups map[groupAt]Part
		want   int
	}{
		{map[groupAt]Part{teachers: {Participations: 5}, {"", Others}: {Facts: 1}}, 0},
		{map[groupAt]Part{teachers: {Participations: 30}, heads: {Participations: 1}}, 2}, // the total would tell the one
		{map[groupAt]Part{teachers: {Participations: 30}, heads: {Participations: 1}, {town, Teachers}: {Participations: 3}}, 2},
	} {
		if got := restOf(c.groups); len(got) != c.want || c.want > 0 && !got[heads] {
			t.Errorf("%v: %v", c.groups, got)
		}
	}
}
