package needs

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
	"kladka/internal/testkit"
)

// TestPublish: what people answered is published once, what was declared when no
// own words wait; everybody sees releases, and nothing else.
func TestPublish(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.measures()
		c := k.voiced(t)
		k.ok(k.rank(t.Context(), c.ID))
		k.checkVoices(t, c)
		k.checkWords(t, c)
		k.checkPublic(t, c)
		k.checkRefused(t, c)
		k.checkSilent(t, c)
	})
}

// measures declares the measures of the package, as wiring does.
func (k *kit) measures() {
	if _, known := k.registry.Measure(MeasureDeclared); !known {
		k.registry.Declare(Measures()...)
	}
}

// voiced is a closed campaign in which 42 people of two municipalities answered,
// and four schools declared. All 42 chose artificial intelligence, nobody autism;
// reading was chosen by 3 in the city and 8 in the town.
func (k *kit) voiced(t testing.TB) Campaign {
	t.Helper()
	ctx, round := t.Context(), survey.RoundID(newID())
	c := k.campaign(t, func(c *Campaign) {
		c.People, c.Round, c.OpensAt, c.ClosesAt = true, round, k.clock.Unix(), k.clock.Unix()+3600
	})
	rosters := map[access.InstitutionID]int{k.school: 30, k.small: 12, k.townSchool: 20, k.countyOwned: 15}
	seats := map[access.InstitutionID]string{k.school: city, k.small: city, k.townSchool: town, k.countyOwned: town}
	units := []disclosure.Unit{{ID: "all", Name: "Metropolia"}, {ID: city, Parent: "all", Order: "1", Name: "Miasto"}, {ID: town, Parent: "all", Order: "2", Name: "Gmina"}}
	for id, n := range rosters {
		units = append(units, disclosure.Unit{ID: string(id), Parent: seats[id], Order: string(id), Name: "Placówka " + string(id), Roster: n})
	}
	def, err := k.personalDefinition(ctx, c.ID, Settings{People: true, Topics: []string{maths, reading, autism, machine}})
	k.ok(err)
	var version survey.DefinitionID
	k.write(func(ctx context.Context, tx *db.Tx) error {
		for id, n := range rosters {
			if _, err := tx.Exec(ctx, `update needs_asked set roster = ? where campaign = ? and institution = ?`, n, c.ID, id); err != nil {
				return err
			}
		}
		plan, err := k.Disclosure.Fix(ctx, tx, disclosure.Plan{Owner: RoundOwner, Object: "campaign/" + string(c.ID), Least: planLeast, Units: units})
		if err != nil {
			return err
		}
		if err := k.publishFix(ctx, tx, c.ID, append(units, k.publishMore(c)...)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update needs_campaigns set plan = ? where id = ?`, plan.ID, c.ID); err != nil {
			return err
		}
		if version, err = k.Surveys.SaveDefinition(ctx, tx, k.officer.By(), def); err != nil {
			return err
		}
		if _, err = k.Surveys.Create(ctx, tx, k.officer.By(), survey.Round{ID: round, Owner: RoundOwner, Object: string(c.ID), Definition: version, Mode: survey.Confidential,
			OpensAt: c.OpensAt, ClosesAt: c.ClosesAt}); err != nil {
			return err
		}
		return k.Surveys.OpenIn(ctx, tx, k.officer.By(), round)
	})
	k.publishAnswers(c, version, k.school, 14, 7, 1)
	k.publishAnswers(c, version, k.small, 8, 4, 2)
	k.publishAnswers(c, version, k.townSchool, 12, 6, 4)
	k.publishAnswers(c, version, k.countyOwned, 8, 4, 4)
	for id, heads := range map[access.InstitutionID]int{k.school: 15, k.small: 6, k.townSchool: 10, k.countyOwned: 7} {
		k.declared(c, id, AsSchool, Line{Topic: maths, Heads: heads}, Line{Topic: reading, Heads: 1})
	}
	k.publishSaid(c)
	k.declared(c, k.cityOffice, AsOffice, Line{Topic: maths, Heads: 400}, Line{Words: "własnymi słowami", Heads: 6})
	k.clock = k.clock.Add(2 * time.Hour)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update needs_campaigns set state = 'closed' where id = ?`, c.ID)
		return err
	})
	k.ok(k.rank(ctx, c.ID))
	if got := k.read(c.ID); got.State != Closed || got.RankedAt == 0 || len(k.published(c)) > 0 {
		t.Errorf("while people's answers are not there: %+v", got)
	}
	k.write(func(ctx context.Context, tx *db.Tx) error { return k.Surveys.CloseIn(ctx, tx, k.officer.By(), round) })
	return k.read(c.ID)
}

// publishMore are twelve more institutions in the city and ten in the town.
func (k *kit) publishMore(c Campaign) (units []disclosure.Unit) {
	for n := range 22 {
		at := []string{city, town}[n/12]
		units = append(units, disclosure.Unit{ID: string(testID(100 + n)), Parent: at, Order: fmt.Sprint(n), Name: fmt.Sprint("Szkoła ", n)})
	}
	return units
}

// publishSaid are their declarations: nine named maths, six artificial
// intelligence, one only an adviser spoke of, one nobody, and the others need
// nothing. 24 institutions of the two municipalities have spoken for themselves,
// twelve in each.
func (k *kit) publishSaid(c Campaign) {
	for n := range 22 {
		at := testID(100 + n)
		switch {
		case n < 4:
			k.declared(c, at, AsSchool, Line{Topic: maths}, Line{Topic: machine})
		case n == 4, n == 12:
			k.declared(c, at, AsSchool, Line{Topic: machine, Heads: 1})
		case n == 10:
			k.declared(c, at, AsAdviser, Line{Topic: maths})
		case n == 11:
		case n > 16:
			k.declared(c, at, AsSchool, Line{Topic: maths})
		default:
			k.declared(c, at, AsSchool)
		}
	}
	k.declared(c, k.small, AsAdviser, Line{Topic: autism})
}

// publishAnswers are n people of a unit: all want artificial intelligence, the first so
// many maths, online and in the morning, the last so many reading.
func (k *kit) publishAnswers(c Campaign, version survey.DefinitionID, unit access.InstitutionID, n, maths1, reading1 int) {
	k.t.Helper()
	var people []survey.Invited
	for i := range n {
		people = append(people, survey.Invited{Person: fmt.Sprintf("%s-%d", unit, i), Unit: string(unit)})
	}
	k.write(func(ctx context.Context, tx *db.Tx) error { return k.Surveys.Invite(ctx, tx, c.Round, people) })
	for i, p := range people {
		a := survey.Answers{"topics": {publishOption(machine)}, "form": {"workshop"}}
		if i < maths1 {
			a["topics"], a["form"] = append(a["topics"], publishOption(maths)), []string{"online"}
			a["when"] = []string{"morning"}
		}
		if i >= n-reading1 {
			a["topics"] = append(a["topics"], publishOption(reading))
		}
		k.ok(k.Surveys.Answer(k.t.Context(), c.Round, p.Person, p.Unit, survey.Given{Form: survey.NewForm(), Definition: version, Answers: a, At: k.clock}))
	}
}

func (k *kit) published(c Campaign) (measures []string) {
	k.t.Helper()
	k.ok(k.db.Select(k.t.Context(), &measures, `select measure from needs_releases where campaign = ? and release <> ''`, c.ID))
	slices.Sort(measures)
	return measures
}

// checkVoices: people's answers are there as a release, to planners and heads
// alike.
func (k *kit) checkVoices(t *testing.T, c Campaign) {
	if got := k.read(c.ID); got.State != Ranked {
		t.Fatalf("state %s", got.State)
	}
	if diff := cmp.Diff([]string{MeasureForm, MeasureTopics, MeasureWhen}, k.published(c)); diff != "" {
		t.Error(diff)
	}
	path := CampaignHref(c.ID) + "/glosy"
	for _, lang := range i18n.Langs {
		k.lang = lang
		for _, question := range []string{"", "?pytanie=form", "?pytanie=when", "?jednostka=" + city} {
			k.page(k.officer, path+question)
		}
	}
	k.lang = i18n.PL
	rows := rankTableOf(k.page(k.head, path), "table.heat")
	want := [][]string{{"Odpowiedź", "Metropolia", "Miasto", "Gmina"}, {"Odpowiedziało", "42", "22", "20"}, {"Matematyka", "21", "11", "10"},
		{"Czytanie", "11", "ukryto", "ukryto"}, {"Uczeń w spektrum autyzmu", "ukryto", "ukryto", "ukryto"}, {"Sztuczna inteligencja", "ukryto", "ukryto", "ukryto"}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(rows, k.rankSheetOf(k.head, path+"/arkusz")); diff != "" {
		t.Errorf("the sheet is not the page: %s", diff)
	}
	when := rankTableOf(k.page(k.head, path+"?pytanie=when"), "table.heat")
	// Whoever left the question out is a respondent too.
	if len(when) < 3 || cmp.Diff([][]string{{"Odpowiedziało", "42", "22", "20"}, {"w dni robocze przed południem", "21", "11", "10"}}, when[1:3]) != "" {
		t.Errorf("%q", when)
	}
	var topics []string
	k.ok(k.db.Select(t.Context(), &topics, `select topic from needs_needs where campaign = ? order by topic`, c.ID))
	if diff := cmp.Diff([]string{maths, reading, autism, machine}, topics); diff != "" {
		t.Errorf("needs: %s", diff)
	}
	if w := k.get(k.officer, path+"?jednostka=inne"); w.Code != http.StatusNotFound {
		t.Errorf("a unit that is not there: %d", w.Code)
	}
}

// checkWords: the public table of what was declared waits for words without a
// topic, and then stands as it is, whatever is counted afterwards.
func (k *kit) checkWords(t *testing.T, c Campaign) {
	if got := text(k.page(k.officer, CampaignHref(c.ID)+"/mapa").Find("main")); !strings.Contains(got, "1 wpis własnymi słowami czeka") {
		t.Error(got)
	}
	if n := k.page(access.Stranger(), Path+"/2027").Find("table").Length(); n != 0 {
		t.Errorf("%d tables before the words have a topic", n)
	}
	merge := func(topic string) {
		k.write(func(ctx context.Context, tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `update needs_lines set merged = ? where words <> ''`, topic); err != nil {
				return err
			}
			return k.rankLater(ctx, tx, c.ID)
		})
		k.drain()
	}
	merge("none")
	if !slices.Contains(k.published(c), MeasureDeclared) {
		t.Fatal("nothing declared is published")
	}
	before := rankTableOf(k.page(access.Stranger(), Path+"/2027"), "table.heat")
	merge(reading)
	if got := k.rankLine(c, Scope{Level: Metropolis}); got != "maths 896/448 of 15, reading 20/10 of 5, machine 12/6 of 6, autism 2/1 of 1" {
		t.Error(got)
	}
	if diff := cmp.Diff(before, rankTableOf(k.page(access.Stranger(), Path+"/2027"), "table.heat")); diff != "" {
		t.Errorf("the release changed: %s", diff)
	}
}

// checkPublic: a stranger sees releases by municipality, declared and people's on
// two pages.
func (k *kit) checkPublic(t *testing.T, c Campaign) {
	for _, lang := range i18n.Langs {
		k.lang = lang
		k.page(access.Stranger(), Path+"/2027")
		k.page(access.Stranger(), Path+"/2027?co=osoby&pytanie=form")
		k.page(access.Stranger(), Path+"/2030")
	}
	k.lang = i18n.PL
	doc := k.page(access.Stranger(), Path+"/2027?kampania="+string(c.ID))
	rows := rankTableOf(doc, "table.heat")
	// Institutions are counted, not the people they meant.
	want := [][]string{{"Temat", "Metropolia", "Miasto", "Gmina"}, {"Placówki, które wysłały zgłoszenie", "24", "12", "12"}, {"Matematyka", "13", "6", "7"},
		{"Sztuczna inteligencja", "6", "ukryto", "ukryto"}, {"Czytanie", "ukryto", "ukryto", "ukryto"}, {"Uczeń w spektrum autyzmu", "ukryto", "ukryto", "ukryto"}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if got := text(doc.Find("main")); !strings.Contains(got, "Liczba placówek, które zgłosiły potrzebę") || !strings.Contains(got, "Im mocniejszy kolor pola, tym więcej placówek") || strings.Contains(got, "osób") && !strings.Contains(got, "bez względu na liczbę osób") {
		t.Error(got)
	}
	if doc.Find("table.heat a").Length() != 0 || doc.Find(".heat-keys li").Length() < 2 || doc.Find(".why").Length() != 1 {
		t.Error("links to needs, no legend or no rule")
	}
	if diff := cmp.Diff(rows, k.rankSheetOf(access.Stranger(), Path+"/2027?format=csv")); diff != "" {
		t.Errorf("the sheet is not the page: %s", diff)
	}
	people := k.page(access.Stranger(), Path+"/2027?co=osoby")
	if got := rankTableOf(people, "table.heat"); len(got) != 6 || people.Find("table").Length() != 1 {
		t.Errorf("%q", got)
	}
	for _, path := range []string{"/2027?kampania=" + newID(), "/rok", "/02027", "/1999", "/2027x"} {
		if w := k.get(access.Stranger(), Path+path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// checkRefused: a second campaign at the same time about some of the same people
// is not published, because the difference would tell; its page says so.
func (k *kit) checkRefused(t *testing.T, c Campaign) {
	o := c
	o.ID, o.Owner, o.Round, o.State, o.SchoolYear, o.OpensAt = CampaignID(newID()), k.cityOffice, "", Ranked, 2028, c.OpensAt+1
	k.write(func(ctx context.Context, tx *db.Tx) error {
		plan, err := k.Disclosure.Fix(ctx, tx, disclosure.Plan{Owner: RoundOwner, Object: "campaign/" + string(o.ID),
			Units: []disclosure.Unit{{ID: "all", Name: "Miasto"}, {ID: string(k.school), Parent: "all", Name: "Szkoła", Roster: 30}}})
		if err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, `update disclosure_plans set fixed_at = ? where id = ?`, c.OpensAt, plan.ID); err != nil {
			return err
		}
		o.Plan = plan.ID
		return putRow(ctx, tx, "needs_campaigns", o)
	})
	counts := disclosure.NewCounts(maths)
	for range 12 {
		counts.Add(string(k.school), maths)
	}
	k.ok(k.publishOne(t.Context(), o, o.Plan, MeasureTopics, counts))
	k.ok(k.publishOne(t.Context(), o, o.Plan, MeasureTopics, counts)) // a job that runs again
	if len(k.published(o)) > 0 {
		t.Error("published beside another")
	}
	doc := k.page(k.officer, CampaignHref(o.ID)+"/glosy")
	if got := text(doc.Find("main")); doc.Find("table").Length() != 0 || !strings.Contains(got, "Tych liczb nie ogłoszono") {
		t.Error(got)
	}
}

// checkSilent: after the law's ninety days what has no decision is reported to
// those who plan.
func (k *kit) checkSilent(t *testing.T, c Campaign) {
	now := k.clock
	defer func() { k.clock = now }()
	k.clock = now.AddDate(0, 0, 89)
	if n := k.page(k.officer, SilentPath).Find("table").Length(); n != 0 {
		t.Error("reported after 89 days")
	}
	k.clock = now.AddDate(0, 0, 91)
	for _, lang := range i18n.Langs {
		k.lang = lang
		k.page(k.officer, SilentPath)
	}
	k.lang = i18n.PL
	rows := rankTableOf(k.page(k.planner, SilentPath), "table")
	if len(rows) != 5 || rows[1][3] != "91" || rows[1][4] != "448" || rows[1][5] != "15" {
		t.Errorf("%q", rows)
	}
	if diff := cmp.Diff(rows, k.rankSheetOf(k.planner, SilentPath+"/arkusz")); diff != "" {
		t.Errorf("the sheet is not the page: %s", diff)
	}
	if n := k.page(k.cityClerk, SilentPath).Find("table").Length(); n != 0 {
		t.Error("who plans with no campaign sees needs")
	}
	all, err := k.rankRows(t.Context(), c.ID, Scope{Level: Metropolis})
	k.ok(err)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		if err := putRow(ctx, tx, "needs_decisions", Decision{ID: DecisionID(newID()), Need: all[0].Need, Kind: Declined, State: "done", At: 1}); err != nil {
			return err
		}
		return putRow(ctx, tx, "needs_decisions", Decision{ID: DecisionID(newID()), Need: all[1].Need, Kind: Training, State: "dropped", At: 1})
	})
	if rows := rankTableOf(k.page(k.planner, SilentPath), "table"); len(rows) != 4 || rows[1][0] != "Czytanie" {
		t.Errorf("%q", rows)
	}
}

// TestPublishTree: in public an institution is one of those asked in its
// municipality; municipalities with few are joined with a neighbor.
func TestPublishTree(t *testing.T) {
	units := []disclosure.Unit{{ID: "all"}, {ID: "a", Parent: "all", Order: "1"}, {ID: "b", Parent: "all", Order: "2"}, {ID: "c", Parent: "all", Order: "3"},
		{ID: "d", Parent: "all", Order: "4"}}
	for town, n := range map[string]int{"a": 12, "b": 3, "c": 8} {
		for i := range n {
			units = append(units, disclosure.Unit{ID: fmt.Sprint(town, i), Parent: town, Roster: 40})
		}
	}
	tree := publishTree(units)
	if len(tree) != 4 || tree[1].Roster != 12 || len(tree[2].Members) != 3 || slices.ContainsFunc(tree, func(u disclosure.Unit) bool { return u.ID == "d" }) {
		t.Errorf("%+v", tree)
	}
	merged := disclosure.Merge(tree, publishLeast)
	if len(merged) != 3 || merged[1].ID != "a" || merged[2].ID != "b+c" || len(merged[2].Members) != 11 {
		t.Errorf("%+v", merged)
	}
}

// TestPublishOrder: the order tells nothing of who was named more often, and a
// topic beyond those offered is there only when its number is.
func TestPublishOrder(t *testing.T) {
	all := map[string]int{"offered1": 1, "offered2": 9, "x": 5, "few": 4, "many": 16, "w": 15}
	if got := publishOrder([]string{"offered1", "offered2", "offered3"}, all, 20); !slices.Equal(got, []string{"offered1", "offered2", "offered3", "w", "x"}) {
		t.Error(got)
	}
}
