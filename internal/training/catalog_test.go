package training

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// announced is a training of the catalog's tests, as Insert takes it: in n days
// from the kit's now, with ten seats for everybody.
func (k *kit) announced(days int, title string, change func(*Whole)) ID {
	k.t.Helper()
	start := time.Date(2026, time.November, 23+days, 9, 0, 0, 0, web.Warsaw)
	w := Whole{Training: Training{Center: k.center, Form: Workshop, State: Published, Lang: i18n.PL, Title: title, Summary: "Krótko o tym.", Capacity: 10,
		QuotaBy: ByPlace, Payer: Nobody, Mode: OnSite, Place: "ul. Lubelska 23", Municipality: city, Paper: Certificate, AskNeeds: true,
		CreatedAt: k.now.Unix(), ChangedAt: k.now.Unix(), PublishedAt: k.now.Unix()},
		Meetings: []Meeting{{No: 1, StartsAt: start.Unix(), EndsAt: start.Add(6 * time.Hour).Unix(), Hours: 8}}}
	if change != nil {
		change(&w)
	}
	var id ID
	k.write(func(ctx context.Context, tx *db.Tx) (err error) {
		id, err = k.Insert(ctx, tx, k.officer, w)
		return err
	})
	return id
}

// taken sets how many seats of a pool are taken and how many people wait, as the
// engine does: without raising the version of the offer.
func (k *kit) taken(id ID, taken, waiting int) {
	k.t.Helper()
	k.ok(k.db.Write(k.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(k.t.Context(), `update training_pools set taken = ?, waiting = ? where training = ? and pool = ''`, taken, waiting, id)
		return err
	}))
}

func titles(doc *goquery.Document) []string {
	return doc.Find("ol.list h3").Map(func(_ int, s *goquery.Selection) string { return text(s) })
}

func sameList(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestStand(t *testing.T) {
	catalog, err := i18n.Load(web.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	l := catalog.In(i18n.PL)
	now := time.Date(2026, time.November, 23, 8, 0, 0, 0, time.UTC)
	at := func(days int) int64 { return now.AddDate(0, 0, days).Unix() }
	open := Training{State: Published, StartsAt: at(20), EndsAt: at(21)}
	seats := func(n, taken, waiting int) []Pool { return []Pool{{Seats: n, Taken: taken, Waiting: waiting}} }
	with := func(change func(*Training)) Training { t := open; change(&t); return t }
	for _, c := range []struct {
		name  string
		t     Training
		pools []Pool
		want  string
		open  bool
	}{
		{"one of many left", open, seats(20, 19, 0), "zostało 1 z 20 miejsc", true},
		{"few left", open, seats(20, 16, 0), "zostały 4 z 20 miejsc", true},
		{"many left", open, seats(20, 8, 0), "zostało 12 z 20 miejsc", true},
		{"a single seat", open, seats(1, 0, 0), "jedyne miejsce jest wolne", true},
		{"full, nobody waits", open, seats(20, 20, 0), "lista rezerwowa, nikt nie czeka", true},
		{"one waits", open, seats(20, 20, 1), "lista rezerwowa, 1 osoba czeka", true},
		{"three wait", open, seats(20, 20, 3), "lista rezerwowa, 3 osoby czekają", true},
		{"a free seat that is offered to who waits", open, seats(20, 19, 5), "lista rezerwowa, 5 osób czeka", true},
		{"free for a municipality alone", open, []Pool{{Seats: 15, Taken: 15}, {Name: city, Seats: 5, Taken: 3}}, "zostały 2 z 20 miejsc, tylko dla wybranych gmin", true},
		{"no pools at all", open, nil, "lista rezerwowa, nikt nie czeka", true},
		{"a second before it opens", with(func(x *Training) { x.EnrollFrom = now.Unix() + 1 }), seats(20, 0, 0), "zapisy od 23 listopada 2026, 09:00", false},
		{"the second it opens", with(func(x *Training) { x.EnrollFrom = now.Unix() }), seats(20, 0, 0), "zostało 20 z 20 miejsc", true},
		{"opens at midnight", with(func(x *Training) { x.EnrollFrom = time.Date(2026, 12, 1, 0, 0, 0, 0, web.Warsaw).Unix() }), seats(20, 0, 0), "zapisy od 1 grudnia 2026", false},
		{"the last second", with(func(x *Training) { x.EnrollUntil = now.Unix() + 1 }), seats(20, 0, 0), "zostało 20 z 20 miejsc", true},
		{"missed by a second", with(func(x *Training) { x.EnrollUntil = now.Unix() }), seats(20, 0, 0), "zapisy zakończone 23 listopada 2026, 09:00", false},
		{"it begins", with(func(x *Training) { x.StartsAt = now.Unix() }), seats(20, 0, 0), "trwa, zapisy zakończone", false},
		{"it is over, and nobody said so", with(func(x *Training) { x.StartsAt, x.EndsAt = at(-2), now.Unix() }), seats(20, 0, 0), "odbyło się", false},
		{"held", with(func(x *Training) { x.State = Held }), seats(20, 0, 0), "odbyło się", false},
		{"postponed", with(func(x *Training) { x.State, x.StartsAt = Postponed, 0 }), seats(20, 0, 0), "przełożone", false},
		{"canceled, though it would be open", with(func(x *Training) { x.State = Canceled }), seats(20, 0, 0), "odwołane", false},
		{"without a date", with(func(x *Training) { x.StartsAt, x.EndsAt = 0, 0 }), seats(5, 0, 0), "zostało 5 z 5 miejsc", true},
	} {
		o := standOf(c.t, seatsOf(c.pools), now.Unix())
		if got := strings.ReplaceAll(o.words(l), "\u00a0", " "); got != c.want || o.Open != c.open {
			t.Errorf("%s: %q, open %t; want %q", c.name, got, o.Open, c.want)
		}
		reason := o.reason(l, c.t)
		if (reason == nil) != c.open {
			t.Errorf("%s: reason %v", c.name, reason)
		}
		if reason != nil && strings.Contains(reason.Text+reason.Rule, "⟦") {
			t.Errorf("%s lacks a text: %v", c.name, reason)
		}
	}
}

func TestCatalogFilterReadsItselfBack(t *testing.T) {
	lat := mapPointAt(50.06143, -0.00001)
	f := catalogFilter{Text: "mat ruch", Forms: []string{"lecture", "workshop"}, Topics: []string{maths}, Places: []string{city, atOnline}, Roles: []string{"teacher"},
		Schools: []string{"primary"}, Months: []string{"2026-12"}, Centers: []string{string(testID(1))}, Free: true, Gratis: true, Past: true, Point: &lat}
	got, err := catalogFilterOf(f.query())
	if err != nil || got.href("/x") != f.href("/x") {
		t.Errorf("%v, %v", got, err)
	}
	for _, q := range []string{"forma=castle", "gmina=12", "gmina=abcdef", "rola=king", "szkola=x", "miesiac=2026-13", "miesiac=december", "miesiac=0001-01", "osrodek=1",
		"temat=x", "wolne=2", "bezplatne=tak", "kiedy=x", "punkt=1", "punkt=a.b", "punkt=99999999999.1", "q=%ff", "q=" + strings.Repeat("a", 201), "q=" + strings.Repeat("a+", 1) + url.QueryEscape("b c d e f g h i j k l m n")} {
		values, _ := url.ParseQuery(q)
		if _, err := catalogFilterOf(values); fault.KindOf(err) != fault.BadRequest {
			t.Errorf("%s: %v", q, err)
		}
	}
}

func FuzzCatalogFilter(f *testing.F) {
	for _, q := range []string{"", "q=a&forma=lecture", "punkt=1.2", "punkt=-1.-2", "miesiac=2026-01&gmina=online", "q=%00", "kiedy=dawne&wolne=1"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		values, err := url.ParseQuery(q)
		if err != nil {
			return
		}
		one, err := catalogFilterOf(values)
		if err != nil {
			return
		}
		two, err := catalogFilterOf(one.query())
		if err != nil || one.href("") != two.href("") {
			t.Errorf("%q: %q becomes %q, %v", q, one.href(""), two.href(""), err)
		}
	})
}

// offer is the catalog of the tests below.
func (k *kit) offer() map[string]ID {
	lat, lon := 50.06143, 19.93658
	ids := map[string]ID{}
	ids["math"] = k.announced(21, "Matematyka w ruchu", func(w *Whole) { w.Topics, w.Lat, w.Lon = []string{algebra}, &lat, &lon })
	ids["reading"] = k.announced(10, "Czytanie ze zrozumieniem", func(w *Whole) {
		w.Form, w.Mode, w.Topics, w.Price, w.Payer = Lecture, Online, []string{reading}, 15050, School
		w.Eligible = Eligible{Roles: []access.Role{access.SchoolHead}, Schools: []directory.Kind{directory.Kind(register.Primary)}}
	})
	ids["town"] = k.announced(50, "Łatwy start", func(w *Whole) {
		w.Form, w.Municipality, w.Mode, w.Lat, w.Lon = Seminar, town, Hybrid, &lat, &lon
		w.Pools = map[string]int{"": 3, town: 2}
	})
	ids["postponed"] = k.announced(5, "Dobre pytania", func(w *Whole) { w.State, w.Why, w.Meetings = Postponed, "Choroba osoby prowadzącej.", nil })
	ids["canceled"] = k.announced(15, "Odwołany warsztat", func(w *Whole) { w.State, w.Why = Canceled, "Za mało zgłoszeń." })
	ids["past"] = k.announced(-30, "Dawny warsztat", func(w *Whole) { w.State = Closed })
	ids["running"] = k.announced(-1, "Długi kurs", func(w *Whole) {
		w.Meetings = append(w.Meetings, Meeting{No: 2, StartsAt: w.Meetings[0].StartsAt + 30*86400, EndsAt: w.Meetings[0].EndsAt + 30*86400, Hours: 8})
	})
	ids["draft"] = k.announced(30, "Szkic", func(w *Whole) { w.State, w.PublishedAt = Draft, 0 })
	ids["staff"] = k.announced(25, "Rada w jedynce", func(w *Whole) { w.Form, w.ForInstitution = StaffTraining, string(k.school) })
	return ids
}

func TestCatalog(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		ids := k.offer()
		t.Run("list", func(t *testing.T) { k.listed(t) })
		t.Run("filters", func(t *testing.T) { k.filtered(t, ids) })
		t.Run("page", func(t *testing.T) { k.shown(t, ids) })
		t.Run("feeds", func(t *testing.T) { k.fed(t, ids) })
		t.Run("found", func(t *testing.T) { k.found(t, ids) })
		t.Run("renewed", func(t *testing.T) { k.renewed(t, ids) })
	})
}

func (k *kit) listed(t *testing.T) {
	k.who = k.stranger
	doc := k.page(CatalogPath)
	sameList(t, "stranger", titles(doc), "Czytanie ze zrozumieniem", "Matematyka w ruchu", "Łatwy start", "Dobre pytania")
	if got := text(doc.Find("#ile")); got != "4 nadchodzące szkolenia" {
		t.Error(got)
	}
	row := text(doc.Find("ol.list li").First())
	for _, want := range []string{"czwartek, 3 grudnia 2026, 9:00–15:00", "Zdalnie", "Wykład", "8 godzin lekcyjnych", "150,50", "zostało 10 z 10 miejsc", "Centrum Doskonalenia Nauczycieli"} {
		if !strings.Contains(row, want) {
			t.Errorf("no %q in %q", want, row)
		}
	}
	if got := text(doc.Find("ol.list li").Last()); !strings.Contains(got, "Termin zostanie podany") || !strings.Contains(got, "przełożone") {
		t.Error(got)
	}
	if k.page(CatalogPath+"/"+string(ID(newIDFor(t, k)))).Find("h1").Length() == 0 {
		t.Error("no page")
	}
	k.who = k.ewa // of the staff
	sameList(t, "staff", titles(k.page(CatalogPath)), "Czytanie ze zrozumieniem", "Matematyka w ruchu", "Rada w jedynce", "Łatwy start", "Dobre pytania")
	k.who = k.iza // of another school
	sameList(t, "another school", titles(k.page(CatalogPath)), "Czytanie ze zrozumieniem", "Matematyka w ruchu", "Łatwy start", "Dobre pytania")
	k.who = k.stranger
	sameList(t, "past", titles(k.page(CatalogPath+"?kiedy=dawne")), "Odwołany warsztat", "Długi kurs", "Dawny warsztat", "Goły")
	empty := k.page(CatalogPath + "?q=nieistnieje")
	if empty.Find(".empty li").Length() < 3 || empty.Find(".empty a.btn").AttrOr("href", "") != CatalogPath {
		t.Error("the empty list does not say what to do:", text(empty.Find(".empty")))
	}
	if w := k.get(CatalogPath + "?forma=castle"); w.Code != http.StatusBadRequest {
		t.Error(w.Code)
	}
	if w := k.get(CatalogPath + "?od=" + web.Cursor{Key: "ffffffffffffffffffff", ID: string(testID(1))}.String()); w.Code != http.StatusBadRequest {
		t.Error(w.Code)
	}
	for _, lang := range i18n.Langs {
		k.lang = lang
		for _, path := range []string{CatalogPath, CatalogPath + "?kiedy=dawne&q=zzz", monthPath, mapPath, monthPath + "?miesiac=2026-12", mapPath + "?gmina=online"} {
			k.page(path)
		}
	}
	k.lang = i18n.PL
}

// newIDFor is a training without anything that can be left out.
func newIDFor(t *testing.T, k *kit) ID {
	t.Helper()
	return k.announced(-60, "Goły", func(w *Whole) {
		w.Summary, w.Place, w.Municipality, w.Meetings, w.State, w.ForInstitution = "", "", "", nil, Closed, ""
	})
}

func (k *kit) count(doc *goquery.Document, name, value string) string {
	return doc.Find(fmt.Sprintf(`input[name=%q][value=%q]`, name, value)).Parent().Find(".n").Text()
}

func (k *kit) filtered(t *testing.T, ids map[string]ID) {
	k.who = k.stranger
	for query, want := range map[string][]string{
		"forma=lecture&forma=seminar":      {"Czytanie ze zrozumieniem", "Łatwy start"},
		"gmina=online":                     {"Czytanie ze zrozumieniem", "Łatwy start"},
		"gmina=" + city:                    {"Matematyka w ruchu", "Dobre pytania"},
		"gmina=" + town + "&gmina=" + city: {"Matematyka w ruchu", "Łatwy start", "Dobre pytania"},
		"temat=" + maths:                   {"Matematyka w ruchu"}, // by the topic below
		"temat=" + algebra:                 {"Matematyka w ruchu"},
		"rola=teacher":                     {"Matematyka w ruchu", "Łatwy start", "Dobre pytania"},
		"rola=school_head":                 {"Czytanie ze zrozumieniem", "Matematyka w ruchu", "Łatwy start", "Dobre pytania"},
		"szkola=general_secondary":         {"Matematyka w ruchu", "Łatwy start", "Dobre pytania"},
		"miesiac=2026-12":                  {"Czytanie ze zrozumieniem", "Matematyka w ruchu"},
		"bezplatne=1":                      {"Matematyka w ruchu", "Łatwy start", "Dobre pytania"},
		"q=mat+RUCH":                       {"Matematyka w ruchu"},
		"q=latw":                           {"Łatwy start"},
		"q=%3F":                            {},
		"osrodek=" + string(k.center):      {"Czytanie ze zrozumieniem", "Matematyka w ruchu", "Łatwy start", "Dobre pytania"},
		"osrodek=" + string(k.school):      {},
		"punkt=5006143.1993658":            {"Matematyka w ruchu", "Łatwy start"},
	} {
		sameList(t, query, titles(k.page(CatalogPath+"?"+query)), want...)
	}
	doc := k.page(CatalogPath + "?forma=lecture&rola=school_head")
	for _, c := range []struct{ name, value, want string }{{"forma", "lecture", "1"}, {"forma", "workshop", "2"}, {"gmina", "online", "1"}, {"gmina", city, ""},
		{"rola", "school_head", "1"}, {"temat", reading, "1"}, {"temat", maths, ""}, {"miesiac", "2026-12", "1"}, {"bezplatne", "1", "0"}} {
		if got := k.count(doc, c.name, c.value); got != c.want {
			t.Errorf("%s=%s counts %q, want %q", c.name, c.value, got, c.want)
		}
	}
	// What a box says is what a click on it shows.
	doc = k.page(CatalogPath + "?gmina=" + city)
	doc.Find("#panel details input[type=checkbox]:not([name=gmina])").Each(func(_ int, s *goquery.Selection) {
		name, value := s.AttrOr("name", ""), s.AttrOr("value", "")
		n := s.Parent().Find(".n").Text()
		if shown := len(titles(k.page(CatalogPath + "?gmina=" + city + "&" + name + "=" + value))); fmt.Sprint(shown) != n {
			t.Errorf("%s=%s says %s, a click shows %d", name, value, n, shown)
		}
	})
	before := k.versions()
	k.taken(ids["math"], 10, 0)
	sameList(t, "free seats", titles(k.page(CatalogPath+"?wolne=1")), "Czytanie ze zrozumieniem", "Łatwy start")
	if got := text(k.page(CatalogPath + "?temat=" + maths).Find(".side")); got != "lista rezerwowa, nikt nie czeka" {
		t.Error("seats are not those of now:", got)
	}
	k.taken(ids["math"], 6, 0)
	if k.versions() != before {
		t.Error("a seat raised the version")
	}
	k.monthAndMap(t, ids)
}

func (k *kit) versions() int64 {
	n, err := db.Version(k.t.Context(), k.db, VersionName)
	k.ok(err)
	return n
}

func (k *kit) monthAndMap(t *testing.T, ids map[string]ID) {
	doc := k.page(monthPath + "?miesiac=2026-12")
	cells := doc.Find("table.cal td:not(.empty)")
	sameList(t, "December", cells.Find("a").Map(func(_ int, s *goquery.Selection) string { return text(s) }),
		"9:00 Czytanie ze zrozumieniem", "9:00 Odwołany warsztat (odwołane)", "9:00 Matematyka w ruchu", "9:00 Długi kurs")
	if doc.Find("table.cal th[scope=col]").Length() != 7 || doc.Find("table.cal tbody tr").Length() != 5 || doc.Find("table.cal td").Length() != 35 {
		t.Error("no table of a month")
	}
	if next := doc.Find(".pager a[rel=next]").AttrOr("href", ""); next != monthPath+"?miesiac=2027-01" {
		t.Error(next)
	}
	if doc = k.page(monthPath + "?miesiac=2026-12&forma=lecture"); doc.Find("table.cal td a").Length() != 1 {
		t.Error("the month does not keep the filter")
	}
	doc = k.page(mapPath)
	if row := text(doc.Find("table.table tbody tr")); row != "ul. Lubelska 23Kraków2 szkolenia, ul. Lubelska 23" {
		t.Error(row)
	}
	if href := doc.Find("table.table tbody a").AttrOr("href", ""); href != CatalogPath+"?punkt=5006143.1993658" {
		t.Error(href)
	}
	var points struct {
		Without  int `json:"without_point"`
		Features []struct {
			Geometry   struct{ Coordinates [2]float64 }
			Properties struct{ Name, Href string }
		}
	}
	w := k.get(doc.Find("#mapa").AttrOr("data-points", ""))
	if err := json.Unmarshal(w.Body.Bytes(), &points); err != nil || len(points.Features) != 1 || points.Without != 2 ||
		points.Features[0].Geometry.Coordinates != [2]float64{19.93658, 50.06143} || points.Features[0].Properties.Name != "2 szkolenia" {
		t.Errorf("%v %s", err, w.Body)
	}
}

func (k *kit) shown(t *testing.T, ids map[string]ID) {
	k.who = k.stranger
	for what, path := range map[string]string{"a draft": Path(ids["draft"]), "a staff training": Path(ids["staff"]), "nothing": Path(ID(testID(77))), "no id": CatalogPath + "/x",
		"the draft's calendar": Path(ids["draft"]) + "/termin.ics", "the staff's calendar": Path(ids["staff"]) + "/termin.ics"} {
		for _, who := range []access.Actor{k.stranger, k.iza, k.otherHead} {
			k.who = who
			if w := k.get(path); w.Code != http.StatusNotFound {
				t.Errorf("%s for %s: %d", what, who.Name, w.Code)
			}
		}
	}
	for who, id := range map[*access.Actor]ID{&k.officer: ids["draft"], &k.director: ids["staff"], &k.ewa: ids["staff"], &k.head: ids["staff"]} {
		k.who = *who
		if doc := k.page(Path(id)); doc.Find("meta[name=robots]").AttrOr("content", "") != "noindex" || doc.Find("script[type='application/ld+json']").Length() != 0 {
			t.Error("a training that is not for all can be indexed")
		}
	}
	k.who = k.stranger
	doc := k.page(Path(ids["math"]))
	if href := doc.Find("main a.btn").AttrOr("href", ""); href != Path(ids["math"])+"/zapis" {
		t.Error("no way to enroll:", href)
	}
	var event map[string]any
	if err := json.Unmarshal([]byte(doc.Find("script[type='application/ld+json']").Text()), &event); err != nil || event["@type"] != "EducationEvent" ||
		event["startDate"] != "2026-12-14T09:00:00+01:00" {
		t.Errorf("%v %v", err, event)
	}
	for what, want := range map[string]string{"canceled": "Za mało zgłoszeń.", "postponed": "Choroba osoby prowadzącej.", "past": "odbyło"} {
		doc := k.page(Path(ids[what]))
		if !strings.Contains(text(doc.Find(".promise.why")), want) || doc.Find("a[href$='/zapis']").Length() != 0 {
			t.Errorf("%s: %s", what, text(doc.Find(".promise.why")))
		}
	}
	doc = k.page(Path(ids["town"]))
	if got := text(doc.Find("#miejsca").Parent()); !strings.Contains(got, "dla gminy Skawina: 2 miejsca, wolne: 2") || !strings.Contains(got, "dla wszystkich: 3 miejsca") {
		t.Error(got)
	}
	k.who = k.ewa // a teacher
	if doc = k.page(Path(ids["reading"])); doc.Find(".promise.why").Length() != 1 || !strings.Contains(text(doc.Find("#dla-kogo").Parent()), "Dyrektorka lub dyrektor") {
		t.Error("a teacher is not told that it is for heads")
	}
	k.who = k.head
	if doc = k.page(Path(ids["reading"])); doc.Find(".promise.why").Length() != 0 {
		t.Error("a head of a primary school is told that it is not for them")
	}
	e := k.put(k.training(ids["math"]), k.jan, Waiting, nil)
	k.who = k.jan
	if doc = k.page(Path(ids["math"])); doc.Find(".sum a").AttrOr("href", "") != EnrollPath+"/"+string(e.ID) || doc.Find("a[href$='/zapis']").Length() != 0 {
		t.Error("who is enrolled is not told so")
	}
	for _, lang := range i18n.Langs {
		k.lang = lang
		for _, who := range []access.Actor{k.stranger, k.officer, k.jan} {
			k.who = who
			for _, id := range ids {
				if w := k.get(Path(id)); w.Code == http.StatusOK {
					k.whole(Path(id), w, http.StatusOK)
				}
			}
		}
	}
	k.lang, k.who = i18n.PL, k.stranger
}

func (k *kit) fed(t *testing.T, ids map[string]ID) {
	k.who = k.ewa // feeds hold what strangers see
	ics := strings.ReplaceAll(k.get(dataName+".ics").Body.String(), "\r\n ", "")
	for want, n := range map[string]int{"BEGIN:VEVENT": 4, "STATUS:CANCELLED": 1, "SUMMARY;LANGUAGE=pl:Matematyka w ruchu": 1, "Rada w jedynce": 0, "Szkic": 0, "Dobre pytania": 0,
		"DTSTART;TZID=Europe/Warsaw:20261214T090000": 1, "METHOD:PUBLISH": 1} {
		if got := strings.Count(ics, want); got != n {
			t.Errorf("%d times %s in the calendar, want %d\n%s", got, want, n, ics)
		}
	}
	if got := strings.Count(k.get(dataName+".ics?forma=lecture").Body.String(), "BEGIN:VEVENT"); got != 1 {
		t.Error("the calendar of a filter has", got)
	}
	if got := k.get(Path(ids["running"]) + "/termin.ics").Body.String(); strings.Count(got, "BEGIN:VEVENT") != 2 {
		t.Error(got)
	}
	var feed struct {
		Title   string `xml:"title"`
		Updated string `xml:"updated"`
		Entries []struct {
			Title string `xml:"title"`
			ID    string `xml:"id"`
			Link  struct {
				Href string `xml:"href,attr"`
			} `xml:"link"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(k.get(dataName+".atom").Body.Bytes(), &feed); err != nil || len(feed.Entries) != 4 || !strings.HasPrefix(feed.Entries[0].Link.Href, "https://kladka.example/szkolenia/") {
		t.Errorf("%v %+v", err, feed)
	}
	var data struct {
		License string
		Count   int
		Items   []offerItem
	}
	if err := json.Unmarshal(k.get(dataName+".json").Body.Bytes(), &data); err != nil || data.License != directory.License || data.Count != 4 || len(data.Items) != 4 ||
		data.Items[0].Title != "Czytanie ze zrozumieniem" || data.Items[0].Free != 10 {
		t.Errorf("%v %+v", err, data)
	}
	reader := csv.NewReader(strings.NewReader(strings.TrimPrefix(k.get(dataName+".csv?kiedy=dawne").Body.String(), "\ufeff")))
	reader.Comma = ';'
	rows, err := reader.ReadAll()
	if err != nil || len(rows) != 5 || rows[1][0] != "Odwołany warsztat" || rows[1][3] != "2026-12-08 09:00" || len(rows[1]) != len(offerHeader) {
		t.Errorf("%v %q", err, rows)
	}
	k.who = k.stranger
}

func (k *kit) found(t *testing.T, ids map[string]ID) {
	kind := k.SearchKind(40)
	all, err := kind.After(t.Context(), "", 100)
	if err != nil || slices.Contains(all, string(ids["draft"])) || len(all) != len(ids) { // the bare one instead of the draft
		t.Errorf("%v %d", err, len(all))
	}
	docs, err := kind.Load(t.Context(), []string{string(ids["math"]), string(ids["draft"]), string(ids["staff"])})
	if err != nil || len(docs) != 2 {
		t.Fatal(err, docs)
	}
	for _, d := range docs {
		switch ID(d.ID) {
		case ids["math"]:
			if !slices.Equal(d.Audience, []string{"public"}) || d.Date != "2026-12-14" || !strings.Contains(d.Body, "Algebra") || !slices.Equal(d.Facets["temat"], []string{algebra}) {
				t.Errorf("%+v", d)
			}
		case ids["staff"]:
			if !slices.Equal(d.Audience, []string{"inst:" + string(k.school), "inst:" + string(k.center)}) {
				t.Errorf("%+v", d)
			}
		}
	}
	sameList(t, "keys of a teacher", Readers(k.ewa), "inst:"+string(k.school))
	links, err := k.TopicLinks(t.Context(), k.Catalog.In(i18n.PL), []string{string(ids["past"]), string(ids["staff"]), string(ids["draft"]), string(ids["town"]), string(ids["math"])})
	if err != nil || len(links) != 3 || links[0].Href != Path(ids["math"]) || links[2].Href != Path(ids["past"]) {
		t.Errorf("%v %v", err, links)
	}
	k.dir.AddSection(k.OfferSection)
	for _, c := range []struct {
		who  access.Actor
		at   access.InstitutionID
		want bool
	}{{k.stranger, k.center, true}, {k.stranger, k.school, false}, {k.iza, k.school, false}, {k.ewa, k.school, true}} {
		i, err := directory.ByID(t.Context(), k.db, c.at)
		k.ok(err)
		r := &web.Request{Request: (&http.Request{}).WithContext(t.Context()), L: k.Catalog.In(i18n.PL), Shell: k.shell}
		section, err := k.OfferSection(r, c.who, i)
		if err != nil || (section.Component != nil) != c.want {
			t.Errorf("%s at %s: %v %v", c.who.Name, i.Name, err, section)
		}
	}
}

// renewed changes the offer in every way, and asks the list after each.
func (k *kit) renewed(t *testing.T, ids map[string]ID) {
	k.who = k.stranger
	before := len(titles(k.page(CatalogPath)))
	change := func(query string, args ...any) {
		t.Helper()
		k.now = k.now.Add(time.Minute)
		k.write(func(ctx context.Context, tx *db.Tx) error {
			if _, err := tx.Exec(ctx, query, args...); err != nil {
				return err
			}
			return db.Raise(ctx, tx, VersionName)
		})
	}
	change(`update training_trainings set title = ?, changed_at = ? where id = ?`, "Matematyka inaczej", k.now.Unix(), ids["math"])
	if got := titles(k.page(CatalogPath + "?q=inaczej")); len(got) != 1 {
		t.Error("a new title is not found", got)
	}
	if got := titles(k.page(CatalogPath + "?q=ruchu")); len(got) != 0 {
		t.Error("an old title is found", got)
	}
	fresh := k.announced(3, "Nowe", func(w *Whole) { w.ChangedAt = k.now.Unix() - 40*86400 }) // an import of old rows
	if got := titles(k.page(CatalogPath)); len(got) != before+1 || got[0] != "Nowe" {
		t.Error("a new one is not there", got)
	}
	change(`update training_trainings set state = ?, changed_at = ? where id = ?`, Draft, k.now.Unix(), ids["town"])
	if got := titles(k.page(CatalogPath)); len(got) != before {
		t.Error("a draft stays", got)
	}
	for _, table := range []string{"training_meetings", "training_pools", "training_topics", "training_eligible", "training_trainers"} {
		change(`delete from `+table+` where training = ?`, fresh)
	}
	change(`delete from training_trainings where id = ?`, fresh)
	if got := titles(k.page(CatalogPath)); len(got) != before-1 {
		t.Error("a deleted one stays", got)
	}
	k.now = time.Date(2026, time.December, 3, 8, 0, 0, 0, time.UTC) // the second in which the first begins
	if got := titles(k.page(CatalogPath)); slices.Contains(got, "Czytanie ze zrozumieniem") {
		t.Error("what began is still offered", got)
	}
}

func TestCatalogPages(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	for n := range 45 {
		k.announced(3+(n*7)%45, fmt.Sprintf("Warsztat %d", (n*7)%45+1), func(w *Whole) {
			if n%2 == 0 {
				w.State = Held
			}
		})
	}
	want := 0
	for _, query := range []string{"", "?kiedy=dawne"} {
		var seen []string
		path, last := CatalogPath+query, ""
		for range 4 {
			doc := k.page(path)
			seen = append(seen, titles(doc)...)
			last = path
			next, more := doc.Find(".pager a[rel=next]").Attr("href")
			if !more {
				break
			}
			path = next
		}
		want += len(seen)
		number := func(title string) (n int) { _, _ = fmt.Sscanf(title, "Warsztat %d", &n); return n }
		if !slices.IsSortedFunc(seen, func(a, b string) int {
			if query != "" {
				a, b = b, a
			}
			return number(a) - number(b)
		}) {
			t.Error("out of order:", seen)
		}
		previous := k.page(last).Find(".pager a[rel=prev]").AttrOr("href", "")
		sameList(t, "back", titles(k.page(previous)), seen[len(seen)-len(titles(k.page(last)))-20:len(seen)-len(titles(k.page(last)))]...)
	}
	if want != 45 {
		t.Errorf("%d of 45 were seen", want)
	}
}
