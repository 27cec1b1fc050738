package budget

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

func TestPagesOfEditions(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	if missing := k.Catalog.Check(); len(missing) > 0 {
		t.Errorf("texts: %q", missing[:min(len(missing), 20)])
	}
	e := k.madeByForms()
	k.draftsAreHidden(e)
	k.ok(k.Announce(t.Context(), k.head, e.ID))
	k.pagesOfEachPhase(e)
	k.wordsOfEachTemplate()
	k.amountsAtOnce()
}

// madeByForms: from the template to a whole draft, as the head's browser sends it.
func (k *kit) madeByForms() Edition {
	t := k.t
	for _, who := range []access.Actor{k.pupil, k.stranger} {
		if w := k.get(who, Path+"/nowa"); w.Code != http.StatusForbidden {
			t.Errorf("the form for a new edition: %d", w.Code)
		}
	}
	w := k.post(k.head, Path+"/nowa", "wzor", "school", "prowadzi", string(k.school), "tytul", "", "rok", "2026")
	if doc := k.whole("a form without a title", w, http.StatusUnprocessableEntity); doc.Find("#tytul[aria-invalid]").Length() != 1 || !strings.Contains(text(doc.Find("#tytul-error")), "Wpisz tytuł budżetu") {
		t.Error("the fault does not stand at the title:", text(doc.Find("#tytul-error")))
	}
	for _, k.lang = range i18n.Langs {
		if doc := k.page(k.head, Path+"/nowa"); doc.Find("[data-promise=next]").Length() != 1 {
			t.Error("the form does not say what comes next")
		}
	}
	k.lang = i18n.PL
	w = k.post(k.head, Path+"/nowa", "wzor", "school", "prowadzi", string(k.school), "tytul", "Budżet szkolny", "rok", "2026")
	id := EditionID(strings.TrimSuffix(strings.TrimPrefix(w.Header().Get("Location"), Path+"/"), "/ustawienia"))
	e := k.edition(id)

	k.settingsAreFolded(e)
	version := strconv.FormatInt(e.Version, 10)
	form := []string{"wersja", version, "tytul", "Budżet szkolny", "podstawa", "Regulamin 1/2026", "zrodla", "slips", "podpisy", "12", "podpisy_dni", "14", "protest_dni", "7",
		"nota_0", "uchwała rady rodziców", "otwarte", "Kto drukuje karteczki?\n\n"}
	k.saved(k.post(k.head, SettingsHref(id), form...), SettingsHref(id))
	if e = k.edition(id); e.Rules.Signatures != 12 || len(e.Rules.Notes) != 1 || len(e.Rules.OpenPoints) != 1 || e.Rules.OpenPoints[0].Since != "2026-10-01" {
		t.Errorf("saved as %+v", e.Rules)
	}
	if w := k.post(k.head, SettingsHref(id), form...); w.Code != http.StatusConflict {
		t.Errorf("an old version: %d", w.Code)
	}
	return k.poolByForms(k.calendarByForm(e))
}

// settingsAreFolded: what must be decided stands on top, the rest under summaries that
// say what is chosen; a group with a fault is open.
func (k *kit) settingsAreFolded(e Edition) {
	t := k.t
	for _, k.lang = range i18n.Langs {
		doc := k.page(k.head, SettingsHref(e.ID))
		if n := doc.Find("form details").Length(); n != 4 || doc.Find("form details[open]").Length() != 0 {
			t.Errorf("%d groups, %d of them open", n, doc.Find("form details[open]").Length())
		}
		for _, name := range []string{"#tytul", "#podstawa", "[name=zrodla]"} {
			if one := doc.Find("form " + name); one.Length() == 0 || one.Closest("details").Length() != 0 {
				t.Errorf("%s is folded away", name)
			}
		}
	}
	k.lang = i18n.PL
	groups := k.page(k.head, SettingsHref(e.ID)).Find("form details")
	if got, want := text(groups.Eq(1).Find("summary")), "Podpisy poparcia: "+strconv.Itoa(e.Rules.Signatures)+" · "; !strings.Contains(got, want) {
		t.Errorf("the summary is %q, want %q", got, want)
	}
	w := k.post(k.head, SettingsHref(e.ID), "wersja", strconv.FormatInt(e.Version, 10), "tytul", e.Title, "podstawa", "x", "zrodla", "slips", "podpisy", "dwa")
	doc := k.whole("a fault in a group", w, http.StatusUnprocessableEntity)
	if open := doc.Find("form details[open]"); open.Length() != 1 || open.Find("#podpisy[aria-invalid]").Length() != 1 {
		t.Errorf("%d groups are open beside a fault", open.Length())
	}
}

func (k *kit) calendarByForm(e Edition) Edition {
	t, version := k.t, strconv.FormatInt(e.Version, 10)
	doc := k.page(k.head, CalendarHref(e.ID))
	if v, _ := doc.Find("#glosowanie_od").Attr("value"); v != "2026-11-24T08:00" {
		t.Errorf("the vote begins at %q", v)
	}
	days := []string{"wersja", version, "zglaszanie_od", "2026-10-05", "zglaszanie_do", "2026-10-23", "ocena_do", "2026-11-06", "protest_do", "", "losowanie", "2026-11-16",
		"glosowanie_od", "2026-11-24T08:00", "glosowanie_do", "2026-11-26T15:00", "wyniki_do", "2026-11-27", "sprzeciw_do", "2026-12-11"}
	broken := append([]string{}, days...)
	broken[5] = "wczoraj"
	if doc := k.whole("a calendar without a day", k.post(k.head, CalendarHref(e.ID), broken...), http.StatusUnprocessableEntity); doc.Find("#zglaszanie_do[aria-invalid]").Length() != 1 {
		t.Error("the fault does not stand at the day")
	}
	k.saved(k.post(k.head, CalendarHref(e.ID), days...), Href(e.ID))
	if e = k.edition(e.ID); e.Rules.Calendar.ProtestTo != "" || e.Rules.Calendar.ObjectTo != "2026-12-11" {
		t.Errorf("calendar %+v", e.Rules.Calendar)
	}
	return e
}

func (k *kit) poolByForms(e Edition) Edition {
	t, version := k.t, strconv.FormatInt(e.Version, 10)
	k.page(k.head, PoolHref(e.ID, newPool))
	pool := []string{"wersja", version, "nazwa", "Klasy starsze", "rodzaj", "custom", "kwota", "1 500,50", "koszt_do", "dużo", "karta", "ranked", "wybor_od", "2", "wybor_do", "3",
		"punkty", "3/2/1", "liczenie", "greedy", "uzytecznosc", "points", "dopelnienie", "add1", "krok", "1", "start", "exact", "remisy", "cost,lot"}
	if doc := k.whole("a cost that is none", k.post(k.head, PoolHref(e.ID, newPool), pool...), http.StatusUnprocessableEntity); doc.Find("#koszt_do[aria-invalid]").Length() != 1 {
		t.Error("the fault does not stand at the cost")
	}
	pool[9] = "900"
	k.saved(k.post(k.head, PoolHref(e.ID, newPool), pool...), SettingsHref(e.ID))
	e = k.edition(e.ID)
	p := e.Rules.Pools[1]
	if p.Budget != 150_050 || p.MaxCost != 90_000 || len(p.Ballot.Points) != 3 || p.Count.Completion != noMore {
		t.Errorf("pool %+v", p)
	}
	doc := k.page(k.head, PoolHref(e.ID, p.ID))
	if v, _ := doc.Find("#punkty").Attr("value"); v != "3, 2, 1" {
		t.Errorf("points %q", v)
	}
	k.saved(k.post(k.head, PoolHref(e.ID, p.ID)+"/usun", "wersja", strconv.FormatInt(e.Version, 10)), SettingsHref(e.ID))
	if e = k.edition(e.ID); len(e.Rules.Pools) != 1 {
		t.Errorf("%d pools", len(e.Rules.Pools))
	}
	return e
}

func (k *kit) saved(w interface {
	Header() http.Header
}, to string) {
	k.t.Helper()
	if got := w.Header().Get("Location"); got != to {
		k.t.Fatalf("the form led to %q, want %q", got, to)
	}
}

func (k *kit) draftsAreHidden(e Edition) {
	t := k.t
	for _, path := range []string{Href(e.ID), RulesHref(e.ID), RulesHref(e.ID) + ".json"} {
		for _, who := range []access.Actor{k.nobody, k.pupil, k.officer} {
			if w := k.get(who, path); w.Code != http.StatusNotFound {
				t.Errorf("%s of a draft: %d", path, w.Code)
			}
		}
	}
	if text := text(k.page(k.pupil, Path).Find("main")); strings.Contains(text, e.Title) {
		t.Error("a pupil sees the draft in the list")
	}
	if doc := k.page(k.head, Path); doc.Find(`section[aria-labelledby="u-mnie"] a`).Length() != 1 {
		t.Error("the head does not find the draft")
	}
	if doc := k.page(k.head, Href(e.ID)); doc.Find(`form[action$="/oglos"]`).Length() != 1 {
		t.Error("a whole draft cannot be announced by its page")
	}
}

// pagesOfEachPhase: list, edition, rules and desk stand in three languages at
// each time of an edition's life, and say what can be done.
func (k *kit) pagesOfEachPhase(e Edition) {
	t := k.t
	k.accepted(e, e.Rules.Pools[0].ID, 100_000, 200_000)
	leads := map[i18n.Lang]string{}
	k.Config.Due = func(context.Context, db.Reader, Edition) ([]Obstacle, error) {
		return []Obstacle{{Key: "budget.lack.vote_past", Who: "budget.who.runs", Href: CalendarHref(e.ID)}}, nil
	}
	for _, c := range []struct {
		month   time.Month
		day     int
		deed    func() error
		button  string // where the foremost link leads
		stageNo int    // the stage of the list that is now, from 1
	}{
		{time.October, 1, nil, RulesHref(e.ID), 0},
		{time.October, 10, nil, ProjectsHref(e.ID) + "/nowy", 1},
		{time.November, 1, nil, ProjectsHref(e.ID), 2},
		{time.November, 16, nil, ProjectsHref(e.ID), 3},
		{time.November, 17, func() error { return k.Freeze(t.Context(), k.head, e.ID) }, ProjectsHref(e.ID), 0},
		{time.November, 25, func() error { return k.Clock(t.Context()) }, VoteHref(e.ID), 4},
		{time.November, 27, func() error { return k.Clock(t.Context()) }, ProjectsHref(e.ID), 5},
		{time.November, 27, func() error {
			return k.db.Write(t.Context(), func(tx *db.Tx) error { return k.MoveTo(t.Context(), tx, access.System(), e.ID, Closed, Counted) })
		}, ResultsHref(e.ID), 5},
	} {
		k.day(c.month, c.day)
		if c.deed != nil {
			k.ok(c.deed())
		}
		for _, k.lang = range i18n.Langs {
			doc := k.page(k.pupil, Href(e.ID))
			if href, _ := doc.Find("main a.btn").First().Attr("href"); href != c.button {
				t.Errorf("%d %s: the first button leads to %q, want %q", c.day, c.month, href, c.button)
			}
			if got := doc.Find(".todo li[aria-current]").Index() + 1; got != c.stageNo {
				t.Errorf("%d %s: stage %d is now, want %d", c.day, c.month, got, c.stageNo)
			}
			if lead := text(doc.Find("main p.lead")); leads[k.lang+i18n.Lang(lead)] != "" && leads[k.lang+i18n.Lang(lead)] != c.button+strconv.Itoa(c.stageNo) || strings.Contains(lead, "{") {
				t.Errorf("%d %s: the lead is that of another phase: %s", c.day, c.month, lead)
			} else {
				leads[k.lang+i18n.Lang(lead)] = c.button + strconv.Itoa(c.stageNo)
			}
			if doc.Find("[data-promise=next]").Length() != 1 || doc.Find("main form[method=post]").Length() != 0 {
				t.Errorf("%d %s: a pupil needs one next step and no form", c.day, c.month)
			}
			due := k.page(k.head, Href(e.ID)).Find(`section[aria-labelledby=prowadzenie] li a[href="` + CalendarHref(e.ID) + `"]`).Length()
			if voting := k.edition(e.ID).State == Voting; (due == 1) != voting || (strings.Contains(k.deskOf(k.head), k.Catalog.In(k.lang).T("budget.desk.due", "title", e.Title))) != voting {
				t.Errorf("%d %s: %d things are due before the end of a vote, on the desk %q", c.day, c.month, due, k.deskOf(k.head))
			}
			k.page(k.nobody, RulesHref(e.ID))
			k.page(k.nobody, Path+"?rodzaj=school")
		}
		k.lang = i18n.PL
	}
	frozen := k.edition(e.ID)
	if doc := k.page(k.nobody, RulesHref(e.ID)); text(doc.Find("code").First()) != frozen.RulesHash {
		t.Error("the page of rules does not say the hash")
	}
	if w := k.get(k.nobody, RulesHref(e.ID)+".json"); Hash(w.Body.Bytes()) != frozen.RulesHash || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("the download has hash %s, want %s", Hash(w.Body.Bytes()), frozen.RulesHash)
	}
}

// deskOf is what stands on somebody's desk.
func (k *kit) deskOf(who access.Actor) string {
	r := &web.Request{Request: httptest.NewRequestWithContext(access.WithActor(k.t.Context(), who), http.MethodGet, "/", nil), L: k.Catalog.In(k.lang), Shell: k.shell}
	items, err := k.editionDesk(r)
	k.ok(err)
	var titles []string
	for _, i := range items {
		titles = append(titles, i.Title)
	}
	return strings.Join(titles, "; ")
}

// wordsOfEachTemplate: the rules of all templates can be read in three languages,
// and what is not known of Kraków 2026 is named.
func (k *kit) wordsOfEachTemplate() {
	for _, template := range Templates() {
		e := k.draft(k.officer, template.Key)
		for _, k.lang = range i18n.Langs {
			doc := k.page(k.officer, RulesHref(e.ID))
			if got := doc.Find("#otwarte").Parent().Find("dd").Length(); got != len(e.Rules.OpenPoints) {
				k.t.Errorf("%s: %d open points, want %d", template.Key, got, len(e.Rules.OpenPoints))
			}
			k.page(k.officer, Href(e.ID))
			k.page(k.officer, SettingsHref(e.ID))
			k.page(k.officer, PoolHref(e.ID, e.Rules.Pools[0].ID))
			k.page(k.officer, AmountsHref(e.ID))
		}
		k.lang = i18n.PL
	}
}

// amountsAtOnce: the money of all districts is typed into one form.
func (k *kit) amountsAtOnce() {
	t := k.t
	k.clock = time.Date(2026, time.January, 2, 12, 0, 0, 0, web.Warsaw)
	e := k.draft(k.officer, "krakow_2026")
	if got := k.missing(e.ID); got != "money" {
		t.Errorf("the template lacks %q", got)
	}
	form := []string{"wersja", strconv.FormatInt(e.Version, 10), "kwota_0", "10 800 000"}
	for n := range 18 {
		form = append(form, "kwota_"+strconv.Itoa(n+1), "2 400 000")
	}
	broken := append(append([]string{}, form...), "kwota_18", "")
	broken[5] = "milion"
	if doc := k.whole("an amount that is none", k.post(k.officer, AmountsHref(e.ID), broken...), http.StatusUnprocessableEntity); doc.Find("#kwota_1[aria-invalid]").Length() != 1 {
		t.Error("the fault does not stand at the pool")
	}
	k.saved(k.post(k.officer, AmountsHref(e.ID), form...), Href(e.ID))
	sum := int64(0)
	for _, p := range k.edition(e.ID).Rules.Pools {
		sum += p.Budget
	}
	if got := k.missing(e.ID); sum != 5_400_000_000 || got != "" {
		t.Errorf("%d grosze, lacking %q", sum, got)
	}
}

func TestListOfEditionsGoesByKey(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.ok(k.db.Write(t.Context(), func(tx *db.Tx) error {
		for n := range 45 {
			e := Edition{ID: EditionID(newID()), Version: 1, Trace: newID(), Owner: k.school, Kind: School, State: Published, Title: "Budżet " + strconv.Itoa(n), Year: 2000 + n/4,
				Rules: schoolRules(2026)}
			if err := insertEdition(t.Context(), tx, e); err != nil {
				return err
			}
			if _, err := tx.Exec(t.Context(), `update budget_editions set published_at = ? where id = ?`, 1, e.ID); err != nil {
				return err
			}
		}
		return nil
	}))
	seen, path := map[string]bool{}, Path
	for page := 0; path != "" && page < 5; page++ {
		doc := k.page(k.nobody, path)
		for _, a := range doc.Find(`section[aria-labelledby="wszystkie"] h3 a`).EachIter() {
			href, _ := a.Attr("href")
			if seen[href] {
				t.Errorf("%s stands twice", href)
			}
			seen[href] = true
		}
		path, _ = doc.Find(`a[rel=next]`).Attr("href")
	}
	if len(seen) != 45 {
		t.Errorf("%d editions on all pages, want 45", len(seen))
	}
	if w := k.get(k.nobody, Path+"?od=x"); w.Code != http.StatusBadRequest {
		t.Errorf("a made-up place: %d", w.Code)
	}
}
