package needs

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// ranking is a closed campaign in which everybody has spoken.
//
//	school      city, run by it       maths 3 urgent, reading 2 useful, own words → autism 1
//	small       city, run by it       reading 4 important; the adviser: reading 9 (not counted), machine 1
//	townSchool  town, run by it       maths 2 useful
//	countyOwned town, run by county   machine 5 urgent
//	cityOffice  office                maths 1 important
func (k *kit) ranking(t testing.TB, change func(*Campaign)) Campaign {
	t.Helper()
	c := k.campaign(t, func(c *Campaign) {
		c.State, c.OpensAt, c.ClosesAt = Closed, k.clock.Unix()-86400, k.clock.Unix()
		if change != nil {
			change(c)
		}
	})
	k.declared(c, k.school, AsSchool, Line{Topic: maths, Priority: 3, Heads: 3}, Line{Topic: reading, Priority: 1, Heads: 2},
		Line{Words: "spektrum", Merged: autism, Priority: 2, Heads: 1}, Line{Words: "nic takiego", Merged: "none", Heads: 90})
	k.declared(c, k.small, AsSchool, Line{Topic: reading, Priority: 2, Heads: 4})
	k.declared(c, k.small, AsAdviser, Line{Topic: reading, Priority: 3, Heads: 9}, Line{Topic: machine, Priority: 1, Heads: 1})
	k.declared(c, k.townSchool, AsSchool, Line{Topic: maths, Priority: 1, Heads: 2})
	k.declared(c, k.countyOwned, AsSchool, Line{Topic: machine, Priority: 3, Heads: 5})
	k.declared(c, k.cityOffice, AsOffice, Line{Topic: maths, Priority: 2, Heads: 1})
	draft := k.declared(c, k.townOffice, AsAuthority, Line{Topic: maths, Priority: 3, Heads: 500})
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update needs_declarations set sent = ? where id = ?`, false, draft.ID)
		return err
	})
	return c
}

// rankLine writes a stored list in one line: "maths 13/6 of 3".
func (k *kit) rankLine(c Campaign, o Scope) string {
	k.t.Helper()
	rows, err := k.rankRows(k.t.Context(), c.ID, o)
	k.ok(err)
	names := map[string]string{maths: "maths", algebra: "algebra", reading: "reading", autism: "autism", machine: "machine", tutors: "tutors"}
	var words []string
	for n, r := range rows {
		if r.Place != n+1 || r.Need == "" || r.Heads != r.Low+r.Middle+r.High {
			k.t.Errorf("row %+v", r)
		}
		words = append(words, fmt.Sprintf("%s %d/%d of %d", names[r.Topic], r.Score, r.Heads, r.Who))
	}
	return strings.Join(words, ", ")
}

func (k *kit) allRanks(c Campaign) (rows []Rank) {
	k.t.Helper()
	k.ok(k.db.Select(k.t.Context(), &rows, `select campaign, level, unit, topic, need, place, score, heads, low, middle, high, who from needs_ranks
		where campaign = ? order by level, unit, place`, c.ID))
	return rows
}

func TestRank(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		c := k.ranking(t, nil)
		k.ok(k.rank(t.Context(), c.ID))
		k.checkLists(t, c)
		k.checkAgain(t, c)
		k.checkTraces(t, c)
		k.checkSees(t, c)
		k.checkListPages(t, c)
		k.checkHeatPage(t, c)
		k.checkLastYear(t, c)
		k.checkMerged(t, c)
		k.checkAuthority(t, c)
		k.checkReach(t, c)
	})
}

func (k *kit) checkLists(t *testing.T, c Campaign) {
	for _, want := range []struct {
		o    Scope
		list string
	}{
		{Scope{Level: Metropolis}, "machine 16/6 of 2, maths 13/6 of 3, reading 10/6 of 2, autism 2/1 of 1"},
		{Scope{BySeat, city}, "maths 11/4 of 2, reading 10/6 of 2, autism 2/1 of 1, machine 1/1 of 1"},
		{Scope{BySeat, town}, "machine 15/5 of 1, maths 2/2 of 1"},
		{Scope{ByRunning, town}, "maths 2/2 of 1"},
		{Scope{OfOne, string(k.small)}, "reading 8/4 of 1, machine 1/1 of 1"},
		{Scope{OfOne, string(k.townOffice)}, ""},
	} {
		if got := k.rankLine(c, want.o); got != want.list {
			t.Errorf("%s: %s\nwant %s", want.o, got, want.list)
		}
	}
	if got := k.read(c.ID); got.RankedAt != k.clock.Unix() || got.State != Ranked {
		t.Errorf("campaign after the ranking: %+v", got)
	}
}

// checkAgain: the same rows come out, however often; who takes a declaration
// back is out of every list.
func (k *kit) checkAgain(t *testing.T, c Campaign) {
	before := k.allRanks(c)
	k.ok(k.rank(t.Context(), c.ID))
	if diff := cmp.Diff(before, k.allRanks(c)); diff != "" {
		t.Errorf("a second run: %s", diff)
	}
	sent := func(yes bool) {
		k.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `update needs_declarations set sent = ? where campaign = ? and institution in (?, ?)`, yes, c.ID, k.countyOwned, k.townSchool)
			return err
		})
		k.ok(k.rank(t.Context(), c.ID))
	}
	sent(false)
	if got := k.rankLine(c, Scope{BySeat, town}) + k.rankLine(c, Scope{ByRunning, town}) + k.rankLine(c, Scope{OfOne, string(k.countyOwned)}); got != "" {
		t.Errorf("lists of those who took it back: %s", got)
	}
	if got := k.rankLine(c, Scope{Level: Metropolis}); got != "maths 11/4 of 2, reading 10/6 of 2, autism 2/1 of 1, machine 1/1 of 1" {
		t.Error(got)
	}
	sent(true)
	if diff := cmp.Diff(before, k.allRanks(c)); diff != "" {
		t.Errorf("sent again: %s", diff)
	}
}

func (k *kit) checkTraces(t *testing.T, c Campaign) {
	rows, err := k.rankRows(t.Context(), c.ID, Scope{Level: Metropolis})
	k.ok(err)
	n, err := NeedByID(t.Context(), k.db, rows[0].Need)
	k.ok(err)
	for _, audience := range []access.InstitutionID{k.association, k.center} {
		steps, err := trace.Steps(t.Context(), k.db, trace.ID(n.Trace), []string{"inst:" + string(audience)})
		k.ok(err)
		if len(steps) != 1 || steps[0].TitleKey != rankReported || steps[0].ID != string(n.ID) || steps[0].FromID != string(c.ID) {
			t.Errorf("steps for %s: %+v", audience, steps)
		}
	}
	if steps, err := trace.Steps(t.Context(), k.db, trace.ID(n.Trace), []string{"public", "inst:" + string(k.school)}); err != nil || len(steps) > 0 {
		t.Errorf("others see %+v, %v", steps, err)
	}
}

// checkSees: who may see which list exactly.
func (k *kit) checkSees(t *testing.T, c Campaign) {
	all := Scope{Level: Metropolis}
	one := func(id access.InstitutionID) Scope { return Scope{OfOne, string(id)} }
	for _, tc := range []struct {
		name    string
		who     access.Actor
		may     []Scope
		mustNot []Scope
	}{
		{"association", k.officer, []Scope{all, {BySeat, city}, {ByRunning, town}, one(k.small)}, nil},
		{"center", k.planner, []Scope{all, {BySeat, town}, one(k.countyOwned)}, nil},
		{"city's officer", k.cityClerk, []Scope{{ByRunning, city}, one(k.school), one(k.small), one(k.cityOffice)},
			[]Scope{all, {BySeat, city}, {ByRunning, town}, one(k.townSchool), one(k.countyOwned)}},
		{"town's officer", k.townClerk, []Scope{{ByRunning, town}, one(k.townSchool)}, []Scope{all, {BySeat, town}, {ByRunning, city}, one(k.countyOwned), one(k.school)}},
		{"delegate", k.delegate, []Scope{one(k.townOffice)}, []Scope{all, {ByRunning, town}, {BySeat, town}, one(k.townSchool)}},
		{"head", k.head, []Scope{one(k.school)}, []Scope{all, {BySeat, city}, {ByRunning, city}, one(k.small), one(k.cityOffice)}},
		{"secretary", k.secretary, []Scope{one(k.school)}, []Scope{all, one(k.small)}},
		{"teacher", k.ewa, nil, []Scope{all, one(k.school), {BySeat, city}}},
		{"adviser", k.adviser, nil, []Scope{all, one(k.small)}},
		{"administrator", k.administrator, nil, []Scope{all, one(k.school)}},
	} {
		for _, o := range tc.may {
			if _, err := k.RankList(t.Context(), tc.who, c, o); err != nil {
				t.Errorf("%s is refused %s: %v", tc.name, o, err)
			}
		}
		for _, o := range tc.mustNot {
			_, err := k.RankList(t.Context(), tc.who, c, o)
			refuses(t, tc.name+" and "+o.String(), err, fault.Forbidden)
		}
	}
	_, err := k.RankList(t.Context(), k.stranger, c, all)
	refuses(t, "stranger", err, fault.SignedOut)
	draft := c
	draft.State, draft.Owner, draft.Center = Draft, k.cityOffice, ""
	_, err = k.RankList(t.Context(), k.head, draft, one(k.school))
	refuses(t, "a draft", err, fault.NotFound)
}

// rankTableOf are the texts of a table of a page, header first.
func rankTableOf(doc *goquery.Document, table string) (rows [][]string) {
	doc.Find(table + " tr").Each(func(_ int, tr *goquery.Selection) {
		var row []string
		tr.Find("th, td").Each(func(_ int, c *goquery.Selection) { row = append(row, text(c)) })
		rows = append(rows, row)
	})
	return rows
}

// rankSheetOf reads a table that was taken away.
func (k *kit) rankSheetOf(who access.Actor, path string) [][]string {
	k.t.Helper()
	w := k.get(who, path)
	if w.Code != http.StatusOK {
		k.t.Fatalf("%s: %d", path, w.Code)
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff")))
	r.Comma, r.FieldsPerRecord = ';', -1
	rows, err := r.ReadAll()
	k.ok(err)
	for _, row := range rows {
		for n := range row {
			row[n] = strings.Join(strings.Fields(row[n]), " ")
		}
	}
	return rows
}

func (k *kit) checkListPages(t *testing.T, c Campaign) {
	path := CampaignHref(c.ID) + "/lista"
	for _, lang := range i18n.Langs {
		k.lang = lang
		k.page(k.officer, path)
		k.page(k.head, path)
	}
	k.lang = i18n.PL
	doc := k.page(k.planner, path)
	rows := rankTableOf(doc, "table")
	if len(rows) != 5 || rows[1][1] != "Sztuczna inteligencja" || !strings.HasPrefix(rows[1][4], "5 × 3 + 1 × 1 = 16") || rows[1][5] != "bez odpowiedzi" {
		t.Error(rows)
	}
	if doc.Find(`.why`).Length() != 1 || doc.Find(`.next`).Length() != 1 || doc.Find(`nav.subnav`).Length() != 1 || doc.Find(`tbody a[href^="`+NeedPath+`"]`).Length() != 4 {
		t.Error("reason, next step, tabs or links are missing")
	}
	if diff := cmp.Diff(rows, k.rankSheetOf(k.planner, path+"/arkusz?format=csv")); diff != "" {
		t.Errorf("the sheet is not the page: %s", diff)
	}
	own := k.page(k.head, path)
	if rows := rankTableOf(own, "table"); len(rows) != 4 || rows[1][1] != "Matematyka" || own.Find("nav.subnav, tbody a").Length() != 0 {
		t.Error(rows)
	}
	clerk := k.page(k.cityClerk, path)
	if got := text(clerk.Find("caption")); !strings.HasPrefix(got, "Kraków.") {
		t.Errorf("the officer's first list: %s", got)
	}
	if n := clerk.Find("#zakres option").Length(); n != 4 { // the city, its office and two schools
		t.Errorf("the officer chooses among %d", n)
	}
	for _, wrong := range []struct {
		who    access.Actor
		path   string
		status int
	}{
		{k.head, path + "?zakres=all", http.StatusForbidden},
		{k.head, path + "/arkusz?zakres=one-" + string(k.small), http.StatusForbidden},
		{k.cityClerk, path + "?zakres=seat-" + city, http.StatusForbidden},
		{k.head, CampaignHref(c.ID) + "/mapa", http.StatusForbidden},
		{k.cityClerk, CampaignHref(c.ID) + "/mapa", http.StatusForbidden},
		{k.cityClerk, CampaignHref(c.ID) + "/mapa/arkusz", http.StatusForbidden},
		{k.ewa, path, http.StatusForbidden},
		{k.ewa, SilentPath, http.StatusForbidden},
		{k.officer, path + "?zakres=seat-12", http.StatusNotFound},
		{k.officer, path + "?zakres=one-x", http.StatusNotFound},
		{k.officer, path + "?zakres=whole", http.StatusNotFound},
		{k.officer, CampaignPath + "/" + newID() + "/lista", http.StatusNotFound},
		{k.officer, CampaignPath + "/x/mapa", http.StatusNotFound},
		{k.stranger, path, http.StatusSeeOther},
	} {
		if w := k.get(wrong.who, wrong.path); w.Code != wrong.status {
			t.Errorf("%s for %s: %d, want %d", wrong.path, wrong.who.Name, w.Code, wrong.status)
		}
	}
}

func (k *kit) checkHeatPage(t *testing.T, c Campaign) {
	path := CampaignHref(c.ID) + "/mapa"
	for _, lang := range i18n.Langs {
		k.lang = lang
		k.page(k.officer, path+"?wg=prowadzenie&ile=wszystkie")
	}
	k.lang = i18n.PL
	doc := k.page(k.officer, path)
	rows := rankTableOf(doc, "table.heat")
	want := []string{"Sztuczna inteligencja", "6", "1", "5"}
	if len(rows) != 5 || !strings.HasPrefix(rows[0][2], "Kraków") || cmp.Diff(want, rows[1]) != "" {
		t.Error(rows)
	}
	if cell := doc.Find("table.heat tbody tr").First().Find("td").Eq(2); !cell.HasClass("heat-4") {
		t.Error(cell.Attr("class"))
	}
	if n := doc.Find(".heat-keys li").Length(); n < 2 {
		t.Errorf("%d lines in the legend", n)
	}
	if diff := cmp.Diff(rows, k.rankSheetOf(k.officer, path+"/arkusz")); diff != "" {
		t.Errorf("the sheet is not the page: %s", diff)
	}
	by := rankTableOf(k.page(k.officer, path+"?wg=prowadzenie"), "table.heat")
	// the county's school is run by no municipality
	if got := by[1]; cmp.Diff([]string{"Sztuczna inteligencja", "6", "1", "0", "5"}, got) != "" {
		t.Error(by)
	}
}

// checkLastYear: last year's list stands beside, with what was answered.
func (k *kit) checkLastYear(t *testing.T, c Campaign) {
	was := k.campaign(t, func(c *Campaign) {
		c.SchoolYear, c.State, c.ClosesAt, c.Title = 2026, Closed, k.clock.Unix()-1000, "Rok temu"
	})
	k.declared(was, k.school, AsSchool, Line{Topic: maths, Priority: 3, Heads: 8}, Line{Topic: tutors, Priority: 1, Heads: 2})
	k.ok(k.rank(t.Context(), was.ID))
	rows, err := k.rankRows(t.Context(), was.ID, Scope{Level: Metropolis})
	k.ok(err)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		if err := putRow(ctx, tx, "needs_decisions", Decision{ID: DecisionID(newID()), Need: rows[1].Need, Kind: Network, State: "dropped", At: 1}); err != nil {
			return err
		}
		return putRow(ctx, tx, "needs_decisions", Decision{ID: DecisionID(newID()), Need: rows[0].Need, Kind: Training, State: "planned", At: 1})
	})
	k.offer.answered[string(rows[0].Need)] = []Answered{{ID: "x", Kind: "training", LaterUse: "4,1 z 5", Low: true}}
	doc := k.page(k.officer, CampaignHref(c.ID)+"/lista")
	got := rankTableOf(doc, "table")
	if len(got) != 7 || cmp.Diff([]string{"miejsce 1, 8 osób", "o 1 miejsce niżej"}, got[2][5:7]) != "" || !strings.Contains(got[2][7], "szkolenie. Czy pomogło: 4,1 z 5") ||
		got[1][6] != "nowy temat" || got[6][1] != "Praca wychowawcy" || got[6][7] != "bez odpowiedzi" {
		t.Errorf("%q", got)
	}
	counting := &rankOffer{kitOffer: k.offer}
	k.Offer = counting
	defer func() { k.Offer, k.lang = k.offer, i18n.PL }()
	k.lang = i18n.EN
	english := text(k.page(k.officer, CampaignHref(c.ID)+"/lista").Find("table"))
	k.page(k.officer, CampaignHref(c.ID)+"/mapa")
	k.page(k.head, CampaignHref(c.ID)+"/glosy")
	if !strings.Contains(english, "4,1 z 5 (en)") || counting.asked != 1 {
		t.Errorf("the module of trainings was asked %d times: %s", counting.asked, english)
	}
	if doc.Find("td .tag.warn").Length() != 1 {
		t.Error("low use is not marked")
	}
	// The head of another school sees nothing of last year: nothing was declared there.
	if own := rankTableOf(k.page(k.smallHead, CampaignHref(c.ID)+"/lista"), "table"); len(own) != 3 || len(own[0]) != 8 {
		t.Errorf("%q", own)
	}
}

// checkMerged: topics merged in the vocabulary after the ranking are one in the
// next, their traces are linked, and last year's rows are read as the other.
func (k *kit) checkMerged(t *testing.T, c Campaign) {
	var before []Need
	k.ok(k.db.Select(t.Context(), &before, `select id, campaign, topic, trace, revision, made_at, settled from needs_needs where campaign = ? and topic in (?, ?) order by topic`, c.ID, maths, reading))
	k.words.merged[reading] = maths
	defer delete(k.words.merged, reading)
	k.ok(k.rank(t.Context(), c.ID))
	if got := k.rankLine(c, Scope{Level: Metropolis}); got != "maths 23/12 of 4, machine 16/6 of 2, autism 2/1 of 1" {
		t.Error(got)
	}
	steps, err := trace.Steps(t.Context(), k.db, trace.ID(before[0].Trace), []string{"inst:" + string(k.association)})
	k.ok(err)
	if len(steps) != 2 {
		t.Errorf("linked traces have %d steps", len(steps))
	}
}

// rankOffer counts how often another module is asked, and answers in a language.
type rankOffer struct {
	*kitOffer
	asked int
}

func (o *rankOffer) AnsweredIn(ctx context.Context, l *i18n.L, need string) ([]Answered, error) {
	o.asked++
	all, err := o.Answered(ctx, need)
	all = slices.Clone(all)
	for n := range all {
		all[n].LaterUse += " (" + string(l.Lang) + ")"
	}
	return all, err
}

// checkAuthority: what an authority says for its institutions counts only as far as
// they did not say it themselves; its own list has it whole, and both say so.
func (k *kit) checkAuthority(t *testing.T, c Campaign) {
	k.declared(c, k.cityOffice, AsAuthority, Line{Topic: maths, Priority: 3, Heads: 5}, Line{Topic: reading, Priority: 1, Heads: 6}, Line{Topic: tutors, Priority: 2, Heads: 4})
	for range 2 { // a second run is the same
		k.ok(k.rank(t.Context(), c.ID))
		for _, want := range []struct {
			o    Scope
			list string
		}{
			{Scope{Level: Metropolis}, "maths 19/8 of 3, machine 16/6 of 2, reading 10/6 of 2, tutors 8/4 of 1, autism 2/1 of 1"},
			{Scope{ByRunning, city}, "maths 17/6 of 2, reading 10/6 of 2, tutors 8/4 of 1, autism 2/1 of 1, machine 1/1 of 1"},
			{Scope{BySeat, town}, "machine 15/5 of 1, maths 2/2 of 1"},
			{Scope{OfOne, string(k.cityOffice)}, "maths 17/6 of 1, tutors 8/4 of 1, reading 6/6 of 1"},
		} {
			if got := k.rankLine(c, want.o); got != want.list {
				t.Errorf("%s: %s\nwant %s", want.o, got, want.list)
			}
		}
	}
	path := CampaignHref(c.ID) + "/lista?zakres="
	for _, o := range []string{"all", "seat-" + city, "running-" + city} {
		got := text(k.page(k.officer, path+o).Find("table"))
		if !strings.Contains(got, "Od organów prowadzących liczy się tu 2 (zgłoszono 5)") || !strings.Contains(got, "liczy się tu 0 (zgłoszono 6)") {
			t.Errorf("%s: %s", o, got)
		}
	}
	own := text(k.page(k.cityClerk, path+"one-"+string(k.cityOffice)).Find("table"))
	// What counts would tell an official of the office how many the schools named.
	if !strings.Contains(own, "Z tego 5 zgłoszono dla prowadzonych placówek") || strings.Contains(own, "liczy się tu") {
		t.Error(own)
	}
	if got := text(k.page(k.townClerk, path+"running-"+town).Find("table")); strings.Contains(got, "organów prowadzących") {
		t.Errorf("another authority's words: %s", got)
	}
}

// checkReach: the officer of a city that runs the center of a campaign is no
// planner of it: the center is reached, other municipalities stay closed.
func (k *kit) checkReach(t *testing.T, c Campaign) {
	center, err := directory.ByID(t.Context(), k.db, k.center)
	k.ok(err)
	center.RunningMunicipality = city
	k.write(func(ctx context.Context, tx *db.Tx) error {
		return k.dir.Save(ctx, tx, []directory.Institution{center})
	})
	k.ok(k.cityClerk.MayAt(t.Context(), access.PlanNeeds, k.center))
	k.ok(k.Sees(t.Context(), k.cityClerk, c, Scope{OfOne, string(k.center)}))
	k.ok(k.Sees(t.Context(), k.cityClerk, c, Scope{ByRunning, city}))
	for _, o := range []Scope{{Level: Metropolis}, {BySeat, city}, {BySeat, town}, {ByRunning, town}, {OfOne, string(k.townSchool)}, {OfOne, string(k.countyOwned)}} {
		_, err := k.RankList(t.Context(), k.cityClerk, c, o)
		refuses(t, "city's officer and "+o.String(), err, fault.Forbidden)
	}
	base := CampaignHref(c.ID)
	for _, path := range []string{base + "/mapa", base + "/mapa/arkusz", base + "/lista?zakres=all", base + "/lista/arkusz?zakres=seat-" + town} {
		if w := k.get(k.cityClerk, path); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for _, path := range []string{base + "/lista", base + "/glosy"} {
		if doc := k.page(k.cityClerk, path); doc.Find("nav.subnav, tbody a").Length() != 0 || doc.Find(`option[value="all"]`).Length() != 0 && path == base+"/lista" {
			t.Errorf("%s is a planner's page", path)
		}
	}
	rows, of, _, _, err := k.Silent(t.Context(), k.cityClerk, web.Cursor{}, 10)
	k.ok(err)
	if len(rows) > 0 || len(of) > 0 {
		t.Errorf("%d silent needs of %d campaigns", len(rows), len(of))
	}
	_, _, _, _, err = k.Silent(t.Context(), k.head, web.Cursor{}, 10)
	refuses(t, "a head and the report", err, fault.Forbidden)
}
