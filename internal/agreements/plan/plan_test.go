package plan

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/agreements/formula"
	"kladka/internal/agreements/ledger"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

func TestMessages(t *testing.T) {
	c, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []i18n.Lang{i18n.PL, i18n.EN, i18n.UK} {
		for _, m := range formula.Measures() {
			if key := "plan.measure." + string(m); strings.Contains(c.In(l).T(key), "⟦") {
				t.Errorf("%s has no %s", l, key)
			}
		}
	}
	for _, wrong := range c.Check() {
		t.Error(wrong)
	}
}

// TestPlan walks a plan from a draft to values, over one database.
func TestPlan(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.draftHidden(t)
		p, g, a := k.adopted()
		t.Run("action", func(t *testing.T) { k.inTest(t).moves(p, a) })
		t.Run("formula", func(t *testing.T) { k.inTest(t).reckons(p, a) })
		t.Run("cycle", func(t *testing.T) { k.inTest(t).cycles(p) })
		t.Run("readings", func(t *testing.T) { k.inTest(t).reads(p) })
		t.Run("pages", func(t *testing.T) { k.inTest(t).shows(p, g, a) })
		t.Run("attacks", func(t *testing.T) { k.inTest(t).attacks(p, g) })
		t.Run("privacy", func(t *testing.T) { k.inTest(t).forgets() })
	})
}

func (k *kit) inTest(t *testing.T) *kit {
	outer := k.t
	k.t = t
	t.Cleanup(func() { k.t = outer })
	return k
}

// draftHidden: a draft is there for those who work on it only, and only the
// association writes.
func (k *kit) draftHidden(t *testing.T) {
	ctx := t.Context()
	for _, who := range []access.Actor{k.townClerk, k.director, k.teacher, access.Stranger()} {
		if _, err := k.SavePlan(ctx, who, Plan{Title: "x", YearFrom: 2024, YearTo: 2025}); err == nil {
			t.Errorf("%s wrote a plan", who.Name)
		}
	}
	_, err := k.SavePlan(ctx, k.officer, Plan{YearFrom: 2024, YearTo: 2044})
	if faulty(err) != "tytul=title do=years" {
		t.Errorf("a plan without a title for twenty years: %s", faulty(err))
	}
	id, err := k.SavePlan(ctx, k.officer, Plan{Title: "Projekt", YearFrom: 2026, YearTo: 2027})
	k.ok(err)
	for who, want := range map[*access.Actor]int{&k.officer: 200, &k.townClerk: 200, &k.expert: 200, &k.teacher: 404} {
		if got := k.get(*who, Href(id)).Code; got != want {
			t.Errorf("%s sees a draft: %d, want %d", who.Name, got, want)
		}
	}
	refuses(t, "no goals", k.MovePlan(ctx, k.officer, id, 1, Adopted), fault.Conflict)
	refuses(t, "no such plan", k.MovePlan(ctx, k.officer, ID(newID()), 1, Adopted), fault.NotFound)
	refuses(t, "a teacher", k.MovePlan(ctx, k.teacher, id, 1, Adopted), fault.NotFound)
	refuses(t, "a center", k.MovePlan(ctx, k.director, id, 1, Adopted), fault.Forbidden)
}

func (k *kit) moves(p Plan, a Action) {
	ctx := k.t.Context()
	if a.State != Agreed {
		k.t.Fatalf("after the plan was adopted the action is %s", a.State)
	}
	must, err := k.SaveAction(ctx, k.officer, Action{Plan: p.ID, Code: "A2", Title: "Baza źródeł", Kind: Mandatory})
	k.ok(err)
	_, err = k.SaveAction(ctx, k.officer, Action{Plan: p.ID, Code: "A2", Title: "Inne", Kind: Optional})
	if faulty(err) != "kod=code_taken" {
		k.t.Errorf("the same code twice: %v", err)
	}
	refuses(k.t, "by a center", k.MoveAction(ctx, k.director, must, 1, Move{To: Agreed}), fault.Forbidden)
	k.ok(k.MoveAction(ctx, k.officer, must, 1, Move{To: Agreed}))
	refuses(k.t, "seen before", k.MoveAction(ctx, k.officer, must, 1, Move{To: InProgress}), fault.Conflict)
	refuses(k.t, "without the board", k.MoveAction(ctx, k.officer, must, 2, Move{To: Dropped, Words: "brak środków"}), fault.Invalid)
	k.ok(k.MoveAction(ctx, k.officer, must, 2, Move{To: Dropped, Words: "brak środków", BoardNo: "7/2026", BoardOn: "2026-11-20"}))
	steps, err := stepsOf(ctx, k.db, must)
	k.ok(err)
	if len(steps) != 3 || steps[2].BoardNo != "7/2026" {
		k.t.Errorf("steps %+v", steps)
	}
	page := k.page(access.Stranger(), ActionHref(must))
	if got := words(page.Find("ol li").Last()); !strings.Contains(got, "7/2026") {
		k.t.Errorf("the decision of the board is not shown: %s", got)
	}
}

// teach tells the ledger of somebody who came to a training.
func (k *kit) teach(key, person, at string, minutes int64) {
	k.t.Helper()
	k.ok(k.facts.Take(k.t.Context(), ledger.Intake{Key: "training.completed/" + key, Version: 1, Kind: "training.completed",
		Activity: ledger.Ref{Kind: "training", ID: "01930000-0000-7000-8000-00000000aaaa"}, On: "2026-10-10", SchoolYear: 2026, Institution: string(k.school),
		BySeat: at, ByRunning: at, Group: ledger.Teachers, PersonKey: person, People: 1, Minutes: minutes}))
}

func (k *kit) reckons(p Plan, a Action) {
	share := k.indicator(p, "W1", func(i *Indicator) {
		i.Unit, i.Formula, i.Goal = "%", "people(action=A1, group=teachers) / participations(all) * 100", a.Goal
		i.Target, i.TargetYear, i.Baseline, i.BaselineYear = "90", 2028, "10", 2023
	})
	growth := k.indicator(p, "W2", func(i *Indicator) { i.Formula, i.Action = "people(all) / people(all, year=-1)", a.ID })
	k.teach("1", "anna", city, 90)
	k.teach("2", "anna", city, 90)
	k.teach("3", "jan", town, 90)
	k.drain()
	t, err := TreeOf(k.t.Context(), k.db, p)
	k.ok(err)
	count := &counting{Reader: k.db}
	v, err := k.Values(k.t.Context(), count, t, []Indicator{share}, Span{From: 2024, To: 2026, Towns: true})
	k.ok(err)
	for where, want := range map[string]string{"": "66.67", city: "50", town: "100"} {
		if got := formula.Text(v.Of(share, 2026, where).Value, 2); got != want {
			k.t.Errorf("in %q: %s, want %s", where, got, want)
		}
	}
	if f := v.Of(share, 2025, ""); f.Lack != formula.NotKnown {
		k.t.Errorf("in a year without facts: %+v", f)
	}
	k.zeroes(t, share, v)
	asked := count.n
	for n := range 60 {
		k.teach(fmt.Sprint("n", n), fmt.Sprint("p", n), town, 45)
	}
	count.n = 0
	_, err = k.Values(k.t.Context(), count, t, []Indicator{share}, Span{From: 2024, To: 2026, Towns: true})
	k.ok(err)
	if count.n != asked || asked > 12 {
		k.t.Errorf("%d questions for 63 facts, %d for 3", count.n, asked)
	}
	page := k.page(access.Stranger(), IndicatorHref(growth.ID))
	if got := words(page.Find("main")); !strings.Contains(got, "nie wiadomo, ile wynosi") {
		k.t.Errorf("a part that is not known is not explained: %s", got)
	}
}

// zeroes: where nothing happened in a year that the ledger knows is nought, and
// one person of a municipality is one.
func (k *kit) zeroes(t Tree, share Indicator, v *Values) {
	all := share
	all.Code, all.Formula = "Z1", "people(all)"
	t.Indicators = append(t.Indicators, all)
	public, err := k.Values(k.t.Context(), k.db, t, []Indicator{all}, Span{From: 2024, To: 2026, Towns: true})
	k.ok(err)
	if f := public.Of(all, 2026, "120609"); !f.Known() || f.Value.Sign() != 0 {
		k.t.Errorf("a municipality without facts: %+v", f)
	}
	if f := public.Of(all, 2025, "120609"); f.Lack != formula.NotKnown {
		k.t.Errorf("a year of which nobody wrote: %+v", f)
	}
	if got := formula.Text(public.Of(all, 2026, town).Value, 2); got != "1" {
		k.t.Errorf("one person of a municipality: %s", got)
	}
	if f := public.Of(all, 2026, ""); !f.Known() {
		k.t.Errorf("the whole is public: %+v", f)
	}
	if f := v.Of(share, 2026, "120609"); f.Lack != formula.ZeroDivision {
		k.t.Errorf("a share of nothing: %+v", f)
	}
}

// counting counts the questions to a database.
type counting struct {
	db.Reader
	n int
}

func (c *counting) Get(ctx context.Context, dest any, query string, args ...any) error {
	c.n++
	return c.Reader.Get(ctx, dest, query, args...)
}

func (c *counting) Select(ctx context.Context, dest any, query string, args ...any) error {
	c.n++
	return c.Reader.Select(ctx, dest, query, args...)
}

func (k *kit) cycles(p Plan) {
	ctx := k.t.Context()
	k.indicator(p, "C1", func(i *Indicator) { i.Formula = "people(all)" })
	k.indicator(p, "C2", func(i *Indicator) { i.Formula = "indicator(C1) * 2" })
	third := k.indicator(p, "C3", func(i *Indicator) { i.Formula = "indicator(C2) + 1" })
	all, err := TreeOf(ctx, k.db, p)
	k.ok(err)
	first := all.named().indicators["C1"]
	for typed, want := range map[string]string{"indicator(C3)": "wzor=cycle", "indicator(C1)": "wzor=cycle", "people(action=A9)": "wzor=no_action",
		"indicator(C9)": "wzor=no_indicator", "reading(C2)": "wzor=not_read", "people(": "wzor=what"} {
		first.Formula = typed
		if _, err := k.SaveIndicator(ctx, k.officer, first, "próba"); faulty(err) != want {
			k.t.Errorf("%s: %v, want %s", typed, err, want)
		}
	}
	w := k.post(k.officer, IndicatorHref(first.ID)+"/zmien", "wersja", "1", "tytul", "Pierwszy", "jednostka", "osoby", "sposob", "formula", "wzor", "indicator(C3)",
		"czestosc", "yearly", "powod", "próba")
	page := k.whole("form", w, http.StatusUnprocessableEntity)
	if got := words(page.Find(".errsum")); !strings.Contains(got, "C1 → C3 → C2 → C1") {
		k.t.Errorf("the way back is not named: %s", got)
	}
	third.Title = "Trzeci"
	if _, err = k.SaveIndicator(ctx, k.officer, third, ""); faulty(err) != "powod=why" {
		k.t.Errorf("a change without a reason: %v", err)
	}
	_, err = k.SaveIndicator(ctx, k.officer, third, "literówka")
	k.ok(err)
	_, err = k.SaveIndicator(ctx, k.officer, third, "jeszcze raz")
	refuses(k.t, "a version seen before", err, fault.Conflict)
	if got := words(k.page(access.Stranger(), IndicatorHref(third.ID)).Find("#zmiany ~ .scroll tbody tr").First()); !strings.Contains(got, "nazwaliterówka") || strings.Contains(got, "Anna") {
		k.t.Errorf("the last version says: %s", got)
	}
}

func (k *kit) reads(p Plan) {
	ctx := k.t.Context()
	i := k.indicator(p, "R1", func(i *Indicator) { i.Way, i.Asked, i.Adds, i.Unit = Entered, AskTowns, true, "szkoły" })
	entry := Entry{Institution: k.townOffice, Indicator: i.ID, Town: town, Year: 2025, Value: "12,5"}
	for what, c := range map[string]struct {
		who    access.Actor
		change func(*Entry)
		kind   fault.Kind
	}{
		"a teacher":                   {k.teacher, func(*Entry) {}, fault.Forbidden},
		"the clerk of another office": {k.cityClerk, func(*Entry) {}, fault.Forbidden},
		"another municipality":        {k.townClerk, func(e *Entry) { e.Town = city }, fault.Forbidden},
		"the whole":                   {k.townClerk, func(e *Entry) { e.Town = "" }, fault.Forbidden},
		"a year that runs":            {k.townClerk, func(e *Entry) { e.Year = 2026 }, fault.Invalid},
		"no number":                   {k.townClerk, func(e *Entry) { e.Value = "dużo" }, fault.Invalid},
		"a half of a yearly one":      {k.townClerk, func(e *Entry) { e.Half = 1 }, fault.Invalid},
		"no such indicator":           {k.townClerk, func(e *Entry) { e.Indicator = IndicatorID(newID()) }, fault.NotFound},
	} {
		e := entry
		c.change(&e)
		refuses(k.t, what, k.EnterReading(ctx, c.who, e), c.kind)
	}
	k.ok(k.EnterReading(ctx, k.delegate, entry))
	entry.Value = "13"
	k.ok(k.EnterReading(ctx, k.townClerk, entry))
	k.ok(k.EnterReading(ctx, k.cityClerk, Entry{Institution: k.cityOffice, Indicator: i.ID, Town: city, Year: 2025, Value: "100"}))
	all := k.readings(i)
	if len(all) != 2 || all[town].Value != "13" || all[town].Revision != 2 {
		k.t.Fatalf("readings %+v", all)
	}
	k.decides(p, i, all)
}

// readings are those of an indicator, by municipality, the last one of each.
func (k *kit) readings(i Indicator) map[string]Reading {
	k.t.Helper()
	var rows []Reading
	k.ok(k.db.Select(k.t.Context(), &rows, `select `+readingColumns+` from plan_readings r where r.indicator = ? order by r.id`, i.ID))
	all := map[string]Reading{}
	for _, r := range rows {
		all[r.Town] = r
	}
	return all
}

func (k *kit) decides(p Plan, i Indicator, all map[string]Reading) {
	ctx := k.t.Context()
	refuses(k.t, "approved by a clerk", k.Approve(ctx, k.townClerk, all[town].ID, 2), fault.Forbidden)
	refuses(k.t, "another revision", k.Approve(ctx, k.officer, all[town].ID, 1), fault.Conflict)
	k.ok(k.Approve(ctx, k.officer, all[town].ID, 2))
	refuses(k.t, "approved twice", k.Approve(ctx, k.officer, all[town].ID, 3), fault.Conflict)
	refuses(k.t, "returned without a reason", k.Return(ctx, k.officer, all[city].ID, 1, " "), fault.Invalid)
	k.ok(k.Return(ctx, k.officer, all[city].ID, 1, "brakuje zespołów"))
	lacks, err := k.Missing(ctx, k.db, []enterPlace{{Town: city}, {Town: town}})
	k.ok(err)
	if len(lacks) != 1 || lacks[0].Place.Town != city || lacks[0].Term.Year != 2025 {
		k.t.Errorf("missing %+v", lacks)
	}
	k.ok(k.EnterReading(ctx, k.cityClerk, Entry{Institution: k.cityOffice, Indicator: i.ID, Town: city, Year: 2025, Value: "103"}))
	city2 := k.readings(i)[city]
	k.ok(k.Approve(ctx, k.officer, city2.ID, city2.Revision))
	k.ok(k.EnterReading(ctx, k.townClerk, Entry{Institution: k.townOffice, Indicator: i.ID, Town: town, Year: 2025, Value: "14"}))
	t, err := TreeOf(ctx, k.db, p)
	k.ok(err)
	sum := func() string {
		v, err := k.Values(ctx, k.db, t, []Indicator{i}, Span{From: 2024, To: 2026, Towns: true})
		k.ok(err)
		f := v.Of(i, 2025, "")
		return formula.Text(f.Value, 2) + fmt.Sprint(" of ", f.Towns)
	}
	if got := sum(); got != "116 of 2" { // what waits does not count yet
		k.t.Errorf("sum %s", got)
	}
	again := k.readings(i)[town]
	k.ok(k.Approve(ctx, k.officer, again.ID, again.Revision))
	if got := sum(); got != "117 of 2" {
		k.t.Errorf("sum %s after the replacement", got)
	}
	if len(k.told) == 0 {
		k.t.Error("nobody was told")
	}
	r, err := ReadingByID(ctx, k.db, all[town].ID)
	k.ok(err)
	if r.State != Replaced {
		k.t.Errorf("the earlier one is %s", r.State)
	}
}

// shows asks for every page as those who have it, in each language.
func (k *kit) shows(p Plan, g Goal, a Action) {
	t, err := TreeOf(k.t.Context(), k.db, p)
	k.ok(err)
	read := t.named().indicators["R1"]
	k.ok(k.EnterReading(k.t.Context(), k.officer, Entry{Indicator: read.ID, Year: 2025, Value: "120"}))
	for _, l := range []i18n.Lang{i18n.PL, i18n.EN, i18n.UK} {
		k.lang = l
		for _, i := range t.Indicators {
			k.page(access.Stranger(), IndicatorHref(i.ID))
		}
		for _, path := range []string{Path, Href(p.ID), GoalHref(g.ID), ActionHref(a.ID)} {
			k.page(access.Stranger(), path)
			k.page(k.officer, path)
		}
		for _, path := range []string{PlanPath + "/nowy", Href(p.ID) + "/zmien", Href(p.ID) + "/obszar", Href(p.ID) + "/cel", Href(p.ID) + "/dzialanie", Href(p.ID) + "/wskaznik",
			GoalHref(g.ID) + "/zmien", ActionHref(a.ID) + "/zmien", ActionHref(a.ID) + "/stan", IndicatorHref(read.ID) + "/zmien", ThemesPath, ReadingsPath,
			ReadingsPath + "/nowy?wskaznik=" + string(read.ID), ReadingsPath + "/" + string(k.readings(read)[""].ID)} {
			k.page(k.officer, path)
			if code := k.get(k.teacher, path).Code; code == http.StatusOK {
				k.t.Errorf("a teacher opens %s", path)
			}
		}
		k.page(k.townClerk, ReadingsPath)
		k.page(k.townClerk, ReadingsPath+"/nowy?wskaznik="+string(read.ID))
	}
	k.lang = i18n.PL
	goal := k.page(access.Stranger(), GoalHref(g.ID))
	if got := words(goal.Find("main")); !strings.Contains(got, "Edukacja włączająca") || !strings.Contains(got, "Ma być: 90%") {
		k.t.Errorf("the goal says: %s", got)
	}
	k.units(p, t, read)
	sheet := k.get(access.Stranger(), IndicatorHref(read.ID)+"/odczyty?format=csv").Body.String()
	if !strings.Contains(sheet, "103") || !strings.Contains(sheet, town) {
		k.t.Errorf("the sheet: %s", sheet)
	}
	k.get(access.Stranger(), Href(p.ID)+"/wskazniki?format=xlsx")
	w := k.post(k.townClerk, ReadingsPath+"/nowy", "wskaznik", string(read.ID), "placowka", string(k.townOffice), "gmina", town, "okres", "2024", "wartosc", "7", "uwagi", "SIO")
	if to, _ := url.Parse(w.Header().Get("Location")); w.Code != http.StatusSeeOther || to.Path != ReadingsPath {
		k.t.Errorf("a reading was answered %d: %s", w.Code, w.Body)
	}
}

// units: a number stands alone where its unit is said beside it; a percent keeps its sign.
func (k *kit) units(p Plan, t Tree, read Indicator) {
	doc := k.page(access.Stranger(), Href(p.ID))
	row := func(code string) (cells []string) {
		doc.Find("[aria-labelledby=wskazniki] tbody tr").Each(func(_ int, tr *goquery.Selection) {
			if strings.HasPrefix(words(tr), code+". ") {
				tr.Find("td").Each(func(_ int, td *goquery.Selection) { cells = append(cells, words(td)) })
			}
		})
		return cells
	}
	if got := row("R1"); len(got) < 3 || got[0] != "szkoły" || !slices.Contains(got, "117") {
		k.t.Errorf("the row of R1: %q", got)
	}
	if got := row("W1"); len(got) < 3 || got[0] != "%" || got[1] != "10%" {
		k.t.Errorf("the row of W1: %q", got)
	}
	if n := doc.Find("li > .row > .tag").Length(); n < 2 {
		k.t.Errorf("%d badges stand apart from the link of their action", n)
	}
	page := k.page(access.Stranger(), IndicatorHref(read.ID))
	card := page.Find(".tiles .tile").First()
	if value, label := words(card.Find("strong")), words(card.Find("span").First()); value != "117" || !strings.HasSuffix(label, "(szkoły)") {
		k.t.Errorf("the card says %q of %q", value, label)
	}
	if got := words(page.Find("figure svg text")); got == "" || strings.Contains(got, "szkoły") {
		k.t.Errorf("the axis says: %s", got)
	}
	if got := words(page.Find("figure").First()); !strings.Contains(got, "Jednostka: szkoły.") {
		k.t.Errorf("the picture does not say its unit: %s", got)
	}
	counted := words(k.page(access.Stranger(), IndicatorHref(t.named().indicators["W1"].ID)).Find("main"))
	if !strings.Contains(counted, "Kto to widzi? Wszyscy") {
		k.t.Error("a counted indicator does not say who sees it")
	}
}

// forgets blanks the names of somebody everywhere.
func (k *kit) forgets() {
	for _, p := range k.Purposes() {
		for _, h := range p.Holds {
			if _, err := h.Expired(k.t.Context(), k.db, k.clock); err != nil {
				k.t.Errorf("%s: %v", h.Title, err)
			}
			if h.Export == nil {
				continue
			}
			if _, err := h.Export(k.t.Context(), string(k.officer.Person)); err != nil {
				k.t.Errorf("%s: %v", h.Title, err)
			}
		}
	}
	for _, table := range signedTables() {
		h := k.holdSigned(table)
		k.write(func(ctx context.Context, tx *db.Tx) error {
			if _, err := h.Sweep(ctx, tx, k.clock, 100); err != nil { // the plan is not over
				return err
			}
			_, err := h.Erase(ctx, tx, string(k.officer.Person))
			return err
		})
		for _, by := range table.by {
			left := 0
			k.ok(k.db.Get(k.t.Context(), &left, `select count(*) from `+table.table+` where `+by.person+` = ?`, k.officer.Person))
			if left != 0 {
				k.t.Errorf("%s still names somebody in %s", table.table, by.person)
			}
		}
	}
}
