package needs

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
	"kladka/internal/testkit"
)

func TestAnswerPages(t *testing.T) {
	d := testkit.SQLite(t, modules)
	k := newKit(t, d)
	c := k.opened(k.officer, func(s *Settings) { s.Words = "Powiedzcie, czego Wam potrzeba." })
	k.drain()
	for _, part := range []struct {
		name string
		run  func(*testing.T, *kit, Campaign)
	}{{"desk", testDesk}, {"phone", testPhone}, {"clash", testClash}, {"everywhere", testEverywhere}, {"doors", testDoors}, {"officer", testOfficerPages}} {
		t.Run(part.name, func(t *testing.T) {
			k.t = t
			part.run(t, k, c)
		})
	}
}

func testDesk(t *testing.T, k *kit, c Campaign) {
	for name, x := range map[string]struct {
		who  access.Actor
		want string
	}{
		"a head":      {k.head, "Powiedz, czego potrzebuje Twoja placówka | Powiedz, czego potrzebujesz w swojej pracy"},
		"a secretary": {k.secretary, "Przygotuj zgłoszenie potrzeb placówki"},
		"a teacher":   {k.ewa, "Powiedz, czego potrzebujesz w swojej pracy"},
		"a clerk":     {k.townClerk, "Powiedz, czego potrzebują osoby z urzędu | Powiedz jako organ prowadzący, czego potrzebują szkoły"},
		"an adviser":  {k.adviser, "Po wizytach: powiedz, czego potrzebują szkoły"},
		"an officer":  {k.officer, ""},
		"a stranger":  {k.stranger, ""},
	} {
		if got := strings.ReplaceAll(k.desk(x.who), "\u00a0", " "); got != x.want {
			t.Errorf("%s has on the desk %q, want %q", name, got, x.want)
		}
	}
}

// form reads what a page would send: all fields that have a value.
func form(doc *goquery.Document, action string) url.Values {
	v := url.Values{}
	f := doc.Find(`form[action="` + action + `"]`).First()
	f.Find("input[name], textarea[name]").Each(func(_ int, s *goquery.Selection) {
		kind := s.AttrOr("type", "text")
		if _, checked := s.Attr("checked"); (kind == "checkbox" || kind == "radio") && !checked || strings.HasPrefix(s.AttrOr("name", ""), "_") {
			return
		}
		v.Add(s.AttrOr("name", ""), s.AttrOr("value", s.Text()))
	})
	f.Find("select[name]").Each(func(_ int, s *goquery.Selection) {
		v.Set(s.AttrOr("name", ""), s.Find("option[selected]").AttrOr("value", ""))
	})
	return v
}

// testPhone is a head who declares five needs without scripts: a row more, a
// slip, a draft, sent, changed, printed.
func testPhone(t *testing.T, k *kit, c Campaign) {
	w := k.get(k.head, declarePath(c.ID))
	if w.Code != http.StatusSeeOther {
		t.Fatalf("a head with one school must choose: %d", w.Code)
	}
	path := declareHref(c.ID, k.school, AsSchool)
	doc := k.page(k.head, path)
	if n := doc.Find("fieldset select[name^=temat-]").Length(); n != 5 || doc.Find("[data-promise=who-sees]").Length() != 1 || doc.Find("[data-promise=next]").Length() != 1 {
		t.Errorf("the form has %d rows, or lacks a promise", n)
	}
	v := form(doc, declarePath(c.ID))
	for n, topic := range []string{maths, reading, autism} {
		v.Set("temat-"+strconv.Itoa(n+1), topic)
		v.Set("waga-"+strconv.Itoa(n+1), "3")
		v.Set("ile-"+strconv.Itoa(n+1), "4")
	}
	v.Set("akcja", "wlasny")
	doc = k.whole("a row more", k.send(k.head, http.MethodPost, declarePath(c.ID), v), http.StatusOK)
	v = form(doc, declarePath(c.ID))
	if v.Get("temat-3") != autism || v.Get("wlasne") != "2" {
		t.Errorf("a row more lost what was typed: %v", v)
	}
	v.Set("slowa-w1", "Ceramika")
	v.Set("akcja", "wyslij")
	doc = k.whole("a slip", k.send(k.head, http.MethodPost, declarePath(c.ID), v), http.StatusUnprocessableEntity)
	doc.Find("#errsum a").Each(func(_ int, a *goquery.Selection) {
		if doc.Find(a.AttrOr("href", "?")).Length() != 1 {
			t.Errorf("the summary leads to %s, which is not there", a.AttrOr("href", ""))
		}
	})
	if doc.Find("#errsum a").Length() != 2 || form(doc, declarePath(c.ID)).Get("slowa-w1") != "Ceramika" {
		t.Errorf("faults: %s", text(doc.Find("#errsum")))
	}
	v.Set("waga-w1", "1")
	v.Set("ile-w1", "2")
	v.Set("akcja", "szkic")
	if w := k.send(k.head, http.MethodPost, declarePath(c.ID), v); w.Code != http.StatusSeeOther {
		t.Fatalf("draft: %d", w.Code)
	}
	v = form(k.page(k.head, path), declarePath(c.ID))
	v.Set("akcja", "wyslij")
	if w := k.send(k.head, http.MethodPost, declarePath(c.ID), v); w.Code != http.StatusSeeOther {
		t.Fatalf("sent: %d", w.Code)
	}
	d, err := declarationAt(t.Context(), k.db, c.ID, k.school, AsSchool)
	if err != nil || !d.Sent || d.Revision != 2 || k.count(`select count(*) from needs_lines where declaration = ?`, d.ID) != 4 {
		t.Errorf("sent as %+v, %v", d, err)
	}
	if got := k.desk(k.head); strings.Contains(got, "placówka") {
		t.Errorf("still on the desk: %s", got)
	}
	doc = k.page(k.head, path)
	if doc.Find(`button[value=szkic]`).Length() != 0 || doc.Find(`form[action$="/wycofaj"]`).Length() != 1 {
		t.Error("what was sent can be kept as a draft, or not be withdrawn")
	}
	if rows := k.page(k.head, declarePrint(c.ID, k.school, AsSchool)).Find("tbody tr").Length(); rows != 4 {
		t.Errorf("%d rows are printed", rows)
	}
	if rows := k.page(k.head, declarePrint(c.ID, k.school, AsSchool)+"&pusty=tak").Find("tbody tr").Length(); rows != 8 {
		t.Errorf("%d rows on the empty form", rows)
	}
	if said := text(k.page(k.head, CampaignHref(c.ID)).Find("main")); !strings.Contains(said, "Szkoła Podstawowa nr 1, w imieniu placówki: wysłane") {
		t.Errorf("the campaign does not show what was said: %s", said)
	}
}

// testClash keeps what somebody typed over what another saved meanwhile.
func testClash(t *testing.T, k *kit, c Campaign) {
	doc := k.page(k.smallHead, declareHref(c.ID, k.small, AsSchool))
	mine := form(doc, declarePath(c.ID))
	_, err := k.Declare(t.Context(), k.smallHead, c.ID, k.small, AsSchool, Declared{Lines: []Line{{Topic: reading, Priority: 2, Heads: 9}}})
	k.ok(err)
	mine.Set("temat-1", machine)
	mine.Set("waga-1", "1")
	mine.Set("ile-1", "3")
	mine.Set("akcja", "wyslij")
	doc = k.whole("a clash", k.send(k.smallHead, http.MethodPost, declarePath(c.ID), mine), http.StatusConflict)
	if said := text(doc.Find("#stop")); !strings.Contains(said, "w międzyczasie") || !strings.Contains(text(doc.Find("main")), "Czytanie – ważne, 9 osób") {
		t.Errorf("the clash is told as %q", said)
	}
	again := form(doc, declarePath(c.ID))
	if again.Get("temat-1") != machine || again.Get("wersja") != "1" {
		t.Errorf("what was typed is lost: %v", again)
	}
	again.Set("akcja", "wyslij")
	if w := k.send(k.smallHead, http.MethodPost, declarePath(c.ID), again); w.Code != http.StatusSeeOther {
		t.Errorf("the second press: %d", w.Code)
	}
}

// testEverywhere draws all pages in all languages.
func testEverywhere(t *testing.T, k *kit, c Campaign) {
	base := CampaignHref(c.ID)
	pages := map[string]access.Actor{Path: k.stranger, Path + "?a": k.head, CampaignPath: k.officer, CampaignPath + "?a": k.ewa, CampaignPath + "/nowa": k.planner, base: k.officer, base + "?a": k.ewa,
		base + "/koniec": k.officer, base + "/koniec?zaniechanie=tak": k.officer, base + "/postep": k.officer, base + "/postep?kto=brak": k.townClerk, base + "/postep?gmina=" + city: k.planner,
		base + "/wlasnymi-slowami": k.officer, declarePath(c.ID): k.townClerk, declareHref(c.ID, k.townOffice, AsAuthority): k.delegate, declareHref(c.ID, k.school, AsSchool): k.secretary,
		declareHref(c.ID, k.countyOwned, AsAdviser): k.adviser, answerVisitPath(c.ID) + "?q=powiat": k.adviser, answerVisitPath(c.ID) + "?q=zzz": k.adviser, answerVisitPath(c.ID): k.adviser, interestPath(c.ID): k.ewa}
	for _, lang := range i18n.Langs {
		k.lang = lang
		for path, who := range pages {
			doc := k.page(who, path)
			if doc.Find("h1").Length() != 1 {
				t.Errorf("%s has %d headings", path, doc.Find("h1").Length())
			}
			ids := map[string]int{}
			doc.Find("[id]").Each(func(_ int, s *goquery.Selection) { ids[s.AttrOr("id", "")]++ })
			for id, n := range ids {
				if n > 1 {
					t.Errorf("%s: id %s stands %d times", path, id, n)
				}
			}
		}
	}
	k.lang = i18n.PL
	if found := k.page(k.adviser, answerVisitPath(c.ID)+"?q=powiat").Find(`a[href*="jako=adviser"]`).Length(); found != 1 {
		t.Errorf("the adviser finds %d", found)
	}
	if rows := k.page(k.townClerk, base+"/postep").Find("ul.list > li").Length(); rows != 2 {
		t.Errorf("the town's clerk sees %d institutions, want the office and its own school", rows)
	}
	for _, m := range k.Catalog.Check() {
		if strings.Contains(m, "needs.campaign") || strings.Contains(m, "needs.answer") || strings.Contains(m, "needs.told") {
			t.Error(m)
		}
	}
}

func testDoors(t *testing.T, k *kit, c Campaign) {
	base := CampaignHref(c.ID)
	for name, x := range map[string]struct {
		who  access.Actor
		path string
		want int
	}{
		"a teacher's settings":       {k.ewa, base + "/ustawienia", http.StatusForbidden},
		"settings of an open one":    {k.officer, base + "/ustawienia", http.StatusConflict},
		"a head sees who is silent":  {k.head, base + "/postep", http.StatusForbidden},
		"own words to an authority":  {k.cityClerk, base + "/wlasnymi-slowami", http.StatusForbidden},
		"a declaration of a teacher": {k.ewa, declareHref(c.ID, k.school, AsSchool), http.StatusForbidden},
		"another school's":           {k.head, declareHref(c.ID, k.small, AsSchool), http.StatusForbidden},
		"outside the scope":          {k.adviser, declareHref(c.ID, k.association, AsAdviser), http.StatusConflict},
		"nobody's institution":       {k.head, declarePath(c.ID) + "?placowka=x&jako=school", http.StatusNotFound},
		"an invented quality":        {k.head, declarePath(c.ID) + "?placowka=" + string(k.school) + "&jako=king", http.StatusNotFound},
		"the visit of a head":        {k.head, answerVisitPath(c.ID), http.StatusForbidden},
		"no such campaign":           {k.ewa, CampaignPath + "/" + newID(), http.StatusNotFound},
		"signed out":                 {k.stranger, base, http.StatusUnauthorized},
		"print of another authority": {k.townClerk, declarePrint(c.ID, k.school, AsSchool), http.StatusForbidden},
	} {
		if w := k.get(x.who, x.path); w.Code != x.want && !(x.want == http.StatusUnauthorized && w.Code == http.StatusSeeOther) {
			t.Errorf("%s: %d, want %d", name, w.Code, x.want)
		}
	}
}

// testOfficerPages goes through the forms of those who run campaigns.
func testOfficerPages(t *testing.T, k *kit, c Campaign) {
	path := CampaignPath + "/nowa"
	v := form(k.page(k.officer, path), path)
	if len(v["tematy"]) != 4 || v.Get("do") != "" {
		t.Errorf("a new campaign begins with %v", v)
	}
	v.Set("tytul", "")
	doc := k.whole(path, k.send(k.officer, http.MethodPost, path, v), http.StatusUnprocessableEntity)
	if doc.Find("#errsum a").Length() != 2 {
		t.Errorf("faults: %s", text(doc.Find("#errsum")))
	}
	v.Set("tytul", "Na przyszły rok")
	v.Set("rok", "2027")
	v.Set("do", "2026-12-20")
	v.Set("tryb", "anonymous")
	w := k.send(k.officer, http.MethodPost, path, v)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("created: %d", w.Code)
	}
	draft := w.Header().Get("Location")
	doc = k.page(k.officer, draft)
	if !strings.Contains(text(doc.Find("#zasieg").Parent()), "22 osoby") || doc.Find(`form[action$="/przygotuj"]`).Length() != 1 || doc.Find(`form[action$="/otworz"]`).Length() != 0 {
		t.Errorf("the preview says %s", text(doc.Find("#zasieg").Parent()))
	}
	if w = k.post(k.officer, draft+"/przygotuj"); w.Code != http.StatusSeeOther || !strings.HasSuffix(w.Header().Get("Location"), "/klucz") {
		t.Errorf("prepared: %d %s", w.Code, w.Header().Get("Location"))
	}
	if w = k.post(k.officer, draft+"/otworz", "wersja", "2"); w.Code != http.StatusConflict {
		t.Errorf("opened without a key: %d", w.Code)
	}
	set := form(k.page(k.officer, draft+"/ustawienia"), draft+"/ustawienia")
	set.Set("tryb", "none")
	if w = k.send(k.officer, http.MethodPost, draft+"/ustawienia", set); w.Code != http.StatusSeeOther {
		t.Errorf("settings: %d", w.Code)
	}
	id := CampaignID(strings.TrimPrefix(draft, CampaignPath+"/"))
	got := k.read(id)
	if got.People || got.Round != "" {
		t.Errorf("people are still asked: %+v", got)
	}
	if w = k.post(k.officer, draft+"/zaniechaj", "powod", "próba"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("dropped without a tick: %d", w.Code)
	}
	if w = k.post(k.officer, draft+"/otworz", "wersja", strconv.FormatInt(got.Revision, 10)); w.Code != http.StatusConflict {
		t.Errorf("opened over the same schools while the other one is open: %d", w.Code)
	}
	if w = k.post(k.officer, CampaignHref(c.ID)+"/przypomnij"); w.Code != http.StatusSeeOther {
		t.Errorf("reminded: %d", w.Code)
	}
	if doc = k.page(k.officer, CampaignHref(c.ID)+"/postep"); doc.Find(`form[action$="/przypomnij"]`).Length() != 0 {
		t.Error("the button is there although they were reminded today")
	}
	k.clock = k.clock.Add(time.Minute)
	if w = k.post(k.officer, CampaignHref(c.ID)+"/zamknij", "powod", "Wszyscy odpowiedzieli"); w.Code != http.StatusSeeOther {
		t.Errorf("closed: %d", w.Code)
	}
	k.drain()
	if doc = k.page(k.ewa, CampaignHref(c.ID)); !strings.Contains(text(doc.Find("main")), "Wszyscy odpowiedzieli") {
		t.Error("nobody is told why it ended early")
	}
	if w = k.post(k.officer, draft+"/otworz", "wersja", strconv.FormatInt(got.Revision, 10)); w.Code != http.StatusSeeOther {
		t.Errorf("opened: %d", w.Code)
	}
}

// TestPersonal lets a teacher answer the round of a campaign and ranks it.
func TestPersonal(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		c := k.opened(k.officer, nil)
		rd, err := k.Surveys.RoundByID(t.Context(), k.db, c.Round)
		k.ok(err)
		for n, who := range append(k.teachers[k.school], k.teachers[k.small]...) {
			a := survey.Answers{"topics": {publishOption(maths), publishOption(reading)}, "form": {"online"}, "when": {"morning", "evening"}, "other": {"Ceramika " + strconv.Itoa(n)}}
			k.ok(k.Surveys.Answer(t.Context(), c.Round, string(who.Person), "", survey.Given{Form: survey.NewForm(), Definition: rd.Definition, Answers: a, At: k.clock}))
		}
		if got := k.desk(k.ewa); got != "" {
			t.Errorf("still on the desk: %s", got)
		}
		doc := k.page(k.officer, CampaignHref(c.ID)+"/postep")
		if said := text(doc.Find("table")); !strings.Contains(said, "9 z 13") {
			t.Errorf("participation: %s", said)
		}
		k.clock = time.Unix(c.ClosesAt, 0)
		k.ok(k.CloseDue(t.Context()))
		k.drain()
		if got := k.read(c.ID); got.State != Ranked {
			t.Errorf("after the close: %s", got.State)
		}
		if said := text(k.page(k.officer, CampaignHref(c.ID)+"/wlasnymi-slowami").Find("main")); !strings.Contains(said, "Ceramika 3") {
			t.Errorf("own words of people: %s", said)
		}
	})
}
