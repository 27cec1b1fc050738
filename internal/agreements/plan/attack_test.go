package plan

import (
	"context"
	"net/http"
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// attacks are what people try who hold a right elsewhere. They run after readings.
func (k *kit) attacks(p Plan, g Goal) {
	k.countyOffice(p)
	k.secondOfficer(p)
	k.themes(p)
	k.goalSays(g)
}

// countyOffice: the office of a county lies in the city and does not speak for it.
func (k *kit) countyOffice(p Plan) {
	ctx := k.t.Context()
	county := testID(50)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		return k.dir.Save(ctx, tx, []directory.Institution{{ID: county, Origin: directory.Invented, Kind: directory.Office, Name: "Starostwo", Municipality: city, RunningKind: "county"}})
	})
	clerk := k.person("Stefan Starosta", access.AuthorityOfficer, county)
	i := k.indicator(p, "R7", func(i *Indicator) { i.Way, i.Asked = Entered, AskTowns })
	refuses(k.t, "a county reads for the city", k.EnterReading(ctx, clerk, Entry{Institution: county, Indicator: i.ID, Town: city, Year: 2025, Value: "1"}), fault.Forbidden)
	if towns, err := k.adoptsFor(ctx, clerk); err != nil || len(towns) != 0 {
		k.t.Errorf("a county adopts for %v, %v", towns, err)
	}
	refuses(k.t, "a school as the place", k.EnterReading(ctx, k.cityClerk, Entry{Institution: k.school, Indicator: i.ID, Town: city, Year: 2025, Value: "1"}), fault.Forbidden)
}

// secondOfficer: one officer alone does both; of two the other one approves.
func (k *kit) secondOfficer(p Plan) {
	ctx := k.t.Context()
	t, err := TreeOf(ctx, k.db, p)
	k.ok(err)
	i := t.named().indicators["R7"]
	k.ok(k.EnterReading(ctx, k.officer, Entry{Indicator: i.ID, Town: city, Year: 2025, Value: "3"}))
	one := k.readings(i)[city]
	k.ok(k.Approve(ctx, k.officer, one.ID, one.Revision))
	other := k.person("Barbara Biuro", access.AssociationOfficer, "")
	k.ok(k.EnterReading(ctx, k.officer, Entry{Indicator: i.ID, Town: city, Year: 2025, Value: "4"}))
	one = k.readings(i)[city]
	refuses(k.t, "the own reading", k.Approve(ctx, k.officer, one.ID, one.Revision), fault.Conflict)
	k.ok(k.Approve(ctx, other, one.ID, one.Revision))
}

func (k *kit) themes(p Plan) {
	ctx := k.t.Context()
	placed := func() (n int64) {
		n, err := db.Version(ctx, k.db, "ledger.placing")
		k.ok(err)
		return n
	}
	before := placed()
	id, err := k.AddTheme(ctx, k.officer, "Czytelnictwo")
	k.ok(err)
	refuses(k.t, "a clerk renames", k.RenameTheme(ctx, k.townClerk, id, "Czytelnictwo", "X"), fault.Forbidden)
	refuses(k.t, "an old screen", k.RenameTheme(ctx, k.officer, id, "Czytanie", "X"), fault.Conflict)
	refuses(k.t, "nothing", k.RenameTheme(ctx, k.officer, id, "Czytelnictwo", " "), fault.Invalid)
	refuses(k.t, "the first one", k.RenameTheme(ctx, k.officer, Inclusion, "", "X"), fault.NotFound)
	if w := k.post(k.officer, ThemesPath+"/"+id, "dotad", "Czytelnictwo", "tytul", "Kultura czytania"); w.Code != http.StatusSeeOther {
		k.t.Errorf("renamed: %d", w.Code)
	}
	if got := words(k.page(k.officer, ThemesPath).Find("#tematy ~ ul")); !strings.Contains(got, "Kultura czytania") {
		k.t.Errorf("themes: %s", got)
	}
	k.page(k.officer, ThemesPath+"/"+id)
	if placed() < before+2 {
		k.t.Error("the ledger was not told of a theme")
	}
	for typed, want := range map[string]string{"people(theme=czytanie)": "wzor=no_scope", "people(kind=taniec)": "wzor=no_scope"} {
		_, err := k.SaveIndicator(ctx, k.officer, Indicator{Plan: p.ID, Code: "X1", Title: "X", Unit: "osoby", Way: ByFormula, Formula: typed, Frequency: Yearly}, "")
		if faulty(err) != want {
			k.t.Errorf("%s: %v, want %s", typed, err, want)
		}
	}
	if got := words(k.page(k.officer, Href(p.ID)+"/wskaznik").Find("details")); !strings.Contains(got, "theme="+id) || !strings.Contains(got, "action=A1") {
		k.t.Errorf("the form does not say what can be named: %s", got)
	}
}

// goalSays: the page of a goal shows what the goal follows from.
func (k *kit) goalSays(g Goal) {
	ctx := k.t.Context()
	src, err := k.SaveSource(ctx, k.officer, g.Plan, Source{Kind: Statistics, Title: "Doradcy w szkołach", Unit: "szkoły", Publisher: "GUS", Period: schoolPeriod, TakenOn: "2026-01-02"}, 0)
	k.ok(err)
	k.ok(k.AddFigure(ctx, k.officer, src, "", "2024/2025", "12", ""))
	_, err = k.SaveFinding(ctx, k.officer, g.Plan, Finding{Title: "Dwanaście szkół ma doradcę", Rests: []Rest{{Source: src, Year: 2024}}, Goals: []GoalID{g.ID}}, 0, false)
	k.ok(err)
	doc := k.page(access.Stranger(), GoalHref(g.ID))
	if got := words(doc.Find("[aria-labelledby=dlaczego]")); !strings.Contains(got, "Dwanaście szkół ma doradcę") || !strings.Contains(got, "12 szkoły") || strings.Contains(got, "Popraw") {
		k.t.Errorf("the goal follows from: %s", got)
	}
	if n := doc.Find("[aria-labelledby=dlaczego] a[href*='/wniosek/']").Length(); n != 0 {
		k.t.Error("a stranger is led to the form of a finding")
	}
}
