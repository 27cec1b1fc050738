package budget

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// TestTermsLieAhead: what is published can still be kept, and a term that was promised
// moves only to a day to come, before everybody's eyes.
func TestTermsLieAhead(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.lateYear()
	k.lateDraft()
	k.movedTerms()
}

// lateYear: the form proposes a year whose filing has not begun.
func (k *kit) lateYear() {
	for _, c := range []struct {
		month time.Month
		day   int
		want  string
	}{{time.October, 1, "2026"}, {time.October, 5, "2027"}, {time.November, 23, "2027"}} {
		k.day(c.month, c.day)
		if got, _ := k.page(k.head, Path+"/nowa").Find("#rok").Attr("value"); got != c.want {
			k.t.Errorf("on %d %s the form proposes %q, want %s", c.day, c.month, got, c.want)
		}
	}
	k.day(time.February, 15)
	if got, _ := k.page(k.officer, Path+"/nowa").Find("#rok").Attr("value"); got != "2026" {
		k.t.Errorf("to the office in February the form proposes %q", got)
	}
	k.day(time.April, 1)
	if got, _ := k.page(k.officer, Path+"/nowa").Find("#rok").Attr("value"); got != "2027" {
		k.t.Errorf("to the office in April the form proposes %q", got)
	}
}

// lateDraft: one whose filing is over cannot be published, to the last moment of it.
func (k *kit) lateDraft() {
	k.day(time.November, 23)
	e := k.draft(k.head, "school")
	if got := k.missing(e.ID); got != "filing_past" {
		k.t.Errorf("a draft of this year in November lacks %q", got)
	}
	refuses(k.t, "published without a day for filing", k.Announce(k.t.Context(), k.head, e.ID), fault.Conflict)
	if doc := k.page(k.head, Href(e.ID)); doc.Find(`form[action$="/oglos"]`).Length() != 0 || doc.Find(`[aria-labelledby=prowadzenie] a[href="`+CalendarHref(e.ID)+`"]`).Length() == 0 {
		k.t.Error("the page of the draft does not lead to the calendar")
	}
	k.clock = dayStop("2026-10-23").Add(-time.Second)
	if got := k.missing(e.ID); got != "" {
		k.t.Errorf("a draft in the last second of filing lacks %q", got)
	}
}

func (k *kit) movedTerms() {
	t, ctx := k.t, k.t.Context()
	k.day(time.October, 10)
	e := k.schoolEdition()
	if k.page(k.nobody, Href(e.ID)).Find("#zmiany-terminow").Length() != 0 {
		t.Error("changes are told before there are any")
	}
	c := e.Rules.Calendar
	c.FilingTo = "2026-10-09"
	if got := keysOf(k.ChangeCalendar(ctx, k.head, e.ID, e.Version, c, "święto w szkole")); got["zglaszanie_do"] != "budget.lack.past" || len(got) != 1 {
		t.Errorf("filing that ends yesterday: %v", got)
	}
	if got := keysOf(k.ChangeCalendar(ctx, k.head, e.ID, e.Version, later(c), " ")); got["powod"] != "budget.lack.empty" || len(got) != 1 {
		t.Errorf("without a reason: %v", got)
	}
	c.FilingTo, c.VoteFrom = "2026-10-10", c.VoteFrom+3600
	k.ok(k.ChangeCalendar(ctx, k.head, e.ID, e.Version, c, "święto w szkole"))
	k.day(time.October, 11)
	c.ProtestTo, c.WithdrawTo = "", "2026-11-14"
	k.ok(k.ChangeCalendar(ctx, k.head, e.ID, k.edition(e.ID).Version, c, "święto w szkole")) // filing is over and stays as it is
	e = k.edition(e.ID)
	if len(e.Moved) != 2 || e.Moved[0].Was.FilingTo != "2026-10-23" || e.Moved[1].Is != e.Rules.Calendar {
		t.Fatalf("kept of the changes: %+v", e.Moved)
	}
	for _, k.lang = range i18n.Langs {
		k.page(k.nobody, Href(e.ID))
		if k.page(k.nobody, RulesHref(e.ID)).Find(`a[href$="#zmiany-terminow"]`).Length() != 1 {
			t.Error("the rules do not lead to the changes")
		}
	}
	k.lang = i18n.PL
	lines := k.page(k.nobody, Href(e.ID)).Find(`[aria-labelledby="zmiany-terminow"] ol > li`)
	for n, want := range [][]string{
		{"Zgłaszanie do: było 23 października 2026, jest 10 października 2026", "Głosowanie od: było 24 listopada 2026, 08:00, jest 24 listopada 2026, 09:00", "Szkoła Podstawowa nr 1", "święto w szkole"},
		{"Protesty rozpatrzone do: było 13 listopada 2026, jest bez terminu", "Wycofanie i łączenie projektów do: było 13 listopada 2026, jest 14 listopada 2026"},
	} {
		for _, one := range want {
			if got := text(lines.Eq(n)); !strings.Contains(got, one) {
				t.Errorf("no %q in %q", one, got)
			}
		}
	}
	if got := text(k.page(k.nobody, RulesHref(e.ID)).Find("ol.todo")); !strings.Contains(got, "do 11 grudnia 2026") {
		t.Errorf("the calendar does not say until when one can object: %s", got)
	}
	if doc := k.page(k.head, CalendarHref(e.ID)); doc.Find("textarea#powod").Length() != 1 || doc.Find("[data-promise=who-sees]").Length() != 1 {
		t.Error("the form does not ask why")
	}
	if got := (dayChange{name: "glosowanie_od"}).words(k.Catalog.In(i18n.PL), "2026-11-24T00:00"); strings.Contains(got, "23") {
		t.Errorf("a vote that begins at midnight begins %q", got)
	}
	k.emptyList(e)
}

// later is a calendar whose filing ends a week later.
func later(c Calendar) Calendar {
	c.FilingTo = "2026-10-30"
	return c
}

// emptyList: when filing and checks are over and nothing came, no list is ready.
func (k *kit) emptyList(e Edition) {
	k.day(time.November, 17)
	lead := func() string { return text(k.page(k.nobody, Href(e.ID)).Find("p.lead")) }
	if got := lead(); !strings.Contains(got, "nie ma żadnego pomysłu") {
		k.t.Errorf("of an empty list is said: %q", got)
	}
	k.accepted(e, e.Rules.Pools[0].ID, 100_000)
	if got := lead(); !strings.Contains(got, "jest gotowa") {
		k.t.Errorf("of a list is said: %q", got)
	}
}

// TestDoubtsOfATemplate: what a template was not sure of is named beside the button that
// publishes it, and keeps nobody from pressing it.
func TestDoubtsOfATemplate(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	e := k.draft(k.head, "school")
	part := k.page(k.head, Href(e.ID)).Find("[aria-labelledby=prowadzenie]")
	links := part.Find(`a[href^="` + SettingsHref(e.ID) + `#"]`)
	if n := 1 + len(e.Rules.Notes); links.Length() != n || links.Eq(0).AttrOr("href", "") != SettingsHref(e.ID)+"#podstawa" || part.Find(`form[action$="/oglos"]`).Length() != 1 {
		t.Errorf("%d doubts, want %d: %s", links.Length(), n, text(part))
	}
	k.ok(k.Announce(t.Context(), k.head, e.ID))
	if got := k.edition(e.ID).unsureOf(); got != nil {
		t.Errorf("a public budget is asked about %v", got)
	}
	sure := Edition{State: Draft, Rules: Rules{Basis: "Zarządzenie 7/2026"}}
	if got := sure.unsureOf(); got != nil {
		t.Errorf("a draft without doubts is asked about %v", got)
	}
}

// TestDraftIsThrownAway: without a reason that nobody would read, off the list of those
// who run it, and a budget that was public is still called off with a reason.
func TestDraftIsThrownAway(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	e := k.draft(k.head, "school")
	for _, k.lang = range i18n.Langs {
		doc := k.page(k.head, Href(e.ID)+"/odwolaj")
		if doc.Find("#powod").Length() != 0 || doc.Find("[data-promise=who-sees]").Length() != 0 {
			t.Error("a draft asks for a reason")
		}
	}
	k.lang = i18n.PL
	if got := text(k.page(k.head, Href(e.ID)+"/odwolaj").Find("main")); !strings.Contains(got, "Usuwam szkic") || strings.Contains(got, "głos") {
		t.Errorf("throwing a draft away reads %q", got)
	}
	k.saved(k.post(k.head, Href(e.ID)+"/odwolaj"), Path)
	if k.edition(e.ID).State != Canceled || strings.Contains(text(k.page(k.head, Path).Find("main")), e.Title) {
		t.Error("the draft is still on the list")
	}
	doc := k.page(k.head, Href(e.ID))
	if doc.Find("#prowadzenie").Length() != 0 || doc.Find("[data-promise=why]").Length() != 0 || !strings.Contains(text(doc.Find("p.lead")), "szkic usunięto") {
		t.Errorf("what is left of the draft reads %q", text(doc.Find("main")))
	}
	public := k.schoolEdition()
	if w := k.post(k.head, Href(public.ID)+"/odwolaj"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a public budget called off without a reason: %d", w.Code)
	}
	k.saved(k.post(k.head, Href(public.ID)+"/odwolaj", "powod", "Nie ma pieniędzy."), Href(public.ID))
	if got := text(k.page(k.nobody, Href(public.ID)).Find("[data-promise=why]")); !strings.Contains(got, "Nie ma pieniędzy.") {
		t.Errorf("the reason reads %q", got)
	}
}

// TestWayOfAWriter: what somebody who writes a project is told between the steps.
func TestWayOfAWriter(t *testing.T) {
	k := newProjectKit(t, testkit.SQLite(t, modules))
	ctx := t.Context()
	id, err := k.StartProject(ctx, k.resident, k.city.ID, Idea{Pool: k.city.Rules.Pools[0].ID, Title: "Ławki", Words: "Dla wszystkich.", Category: "greenery"})
	k.ok(err)
	next := func(path string) (string, string) {
		part := k.page(k.resident, path).Find("[data-promise=next]")
		return text(part), part.Find("a").AttrOr("href", "")
	}
	if words, href := next(writingHref(id, stageSend)); !strings.Contains(words, "„Miejsce”") || href != writingHref(id, stagePlace) {
		t.Errorf("with the place missing: %q to %q", words, href)
	}
	k.ok(k.SavePlace(ctx, k.resident, id, Where{Place: "Rynek"}))
	k.ok(k.AddItem(ctx, k.resident, id, "Ławka", "26 000", "oferta"))
	if words, href := next(writingHref(id, stageSend)); strings.Contains(words, "„") || href != "" {
		t.Errorf("with nothing missing: %q to %q", words, href)
	}
	k.costsOfTheCity(id)
	for range 2 { // the second press, after going back
		if to := k.sent(k.resident, writingHref(id, stageSend), "wiek", "1"); to != ProjectHref(id) {
			t.Errorf("filing leads to %q", to)
		}
	}
	if to := k.sent(k.resident, writingHref(id, stageIdea), "tytul", "Inny"); to != ProjectHref(id) || k.project(id).Title != "Ławki" {
		t.Errorf("a form of the draft sent after filing leads to %q", to)
	}
	if w := k.post(k.neighbor, writingHref(id, stageSend)); w.Code != http.StatusForbidden {
		t.Errorf("somebody else files it: %d", w.Code)
	}
	k.mapped(id)
}

// mapped: the list has a map once a project has a place on it.
func (k *projectKit) mapped(id ProjectID) {
	maps := func() int { return k.page(k.nobody, ProjectsHref(k.city.ID)).Find("#mapa").Length() }
	if n := maps(); n != 0 {
		k.t.Errorf("%d maps for project %s, which has no place", n, id)
	}
	k.filed(k.neighbor, k.city, "Fontanna", "27 000")
	if n := maps(); n != 1 {
		k.t.Errorf("%d maps for a project with a place", n)
	}
}

// costsOfTheCity: the help with costs speaks to a resident of the office, and leads
// back to the project; so does the price list.
func (k *projectKit) costsOfTheCity(id ProjectID) {
	back := writingHref(id, stageCost)
	k.everyLanguage(costHelpHref(k.city.ID, ""), costHelpHref(k.pupils.ID, ""))
	doc := k.page(k.resident, costHelpHref(k.city.ID, id))
	if got := text(doc.Find("main")); strings.Contains(got, "sekretariat") || strings.Contains(got, "wychowaw") {
		k.t.Errorf("a resident reads of a school: %s", got)
	}
	if got := doc.Find("[data-promise=next] a").AttrOr("href", ""); got != back {
		k.t.Errorf("the help leads to %q", got)
	}
	if got := k.page(k.nobody, costHelpHref(k.city.ID, id)).Find("[data-promise=next] a").AttrOr("href", ""); got != ProjectsHref(k.city.ID)+"/nowy" {
		k.t.Errorf("the help leads a stranger to %q", got)
	}
	if !strings.Contains(text(k.page(k.resident, costHelpHref(k.pupils.ID, "")).Find("main")), "sekretariat") {
		k.t.Error("in a school the help does not name the school's office")
	}
	if k.page(k.resident, PricesHref(k.city.ID)+"?projekt="+string(id)).Find(`main a[href="`+back+`"]`).Length() == 0 {
		k.t.Error("the price list does not lead back to the project")
	}
	if k.page(k.resident, back).Find(`a[href="`+costHelpHref(k.city.ID, id)+`"]`).Length() != 1 {
		k.t.Error("the costs of a project do not lead to the help of its edition")
	}
}

// TestGreedyNamesWhatItCounts: points where a ballot gives points, votes elsewhere.
func TestGreedyNamesWhatItCounts(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	for ballot, want := range map[BallotType]string{Ranked: "punktów", Cumulative: "punktów", Approval: "głosów", One: "głosów", Knapsack: "głosów"} {
		p := Pool{Ballot: BallotRules{Type: ballot}, Count: byPoints()}
		got := p.countWords(k.Catalog.In(i18n.PL))[0]
		if !strings.Contains(got, "liczbą "+want+".") {
			t.Errorf("%s: %q", ballot, got)
		}
	}
}
