package ledger

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/law"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/privacy"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

const (
	association = access.InstitutionID("01930000-0000-7000-8000-000000000001")
	townOffice  = access.InstitutionID("01930000-0000-7000-8000-000000000004")
)

// site is the ledger with its pages.
type site struct {
	*kit
	shell *web.Shell
	lang  i18n.Lang
}

func newSite(t testing.TB, d *db.DB) *site {
	t.Helper()
	k := &site{kit: newKit(t, d), lang: i18n.PL}
	catalog, err := i18n.Load(web.Messages, Messages, directory.Messages, access.Messages, register.Messages, audit.Messages, law.Messages, notify.Messages,
		privacy.Messages, files.Messages, sheet.Messages)
	k.ok(err)
	if faults := catalog.Check(); len(faults) > 0 {
		t.Fatal(faults)
	}
	set, err := assets.Load()
	k.ok(err)
	folder, err := files.OpenFolder(t.TempDir())
	k.ok(err)
	t.Cleanup(func() { _ = folder.Close() })
	uses := files.NewRegistry()
	for _, u := range Uses() {
		uses.Declare(u)
	}
	k.Catalog = catalog
	k.Directory = directory.New(directory.Config{DB: d, Now: k.now, Log: slog.New(slog.DiscardHandler)})
	k.Files = files.New(d, folder, secrets.New(), uses, nil, files.Settings{Spool: t.TempDir()}, k.now, slog.New(slog.DiscardHandler))
	k.ok(k.Directory.Seed(t.Context()))
	k.ok(d.Write(t.Context(), func(tx *db.Tx) error {
		return k.Directory.Save(t.Context(), tx, []directory.Institution{{ID: association, Origin: directory.Invented, Kind: directory.Association, Name: "Metropolia", Municipality: city},
			{ID: townOffice, Origin: directory.Invented, Kind: directory.Office, Name: "Urząd Gminy", Municipality: town, RunningMunicipality: town}})
	}))
	k.shell = web.New(web.Config{Catalog: catalog, Assets: set, Log: slog.New(slog.DiscardHandler), Now: k.now},
		func(next http.Handler) http.Handler { return next }, func(r *web.Request) web.Viewer {
			who := access.ActorOf(r.Request)
			return web.Viewer{SignedIn: who.SignedIn(), Name: who.Name, Person: string(who.Person)}
		})
	k.Routes(k.shell)
	privacy.NewRegistry().Declare(k.Purposes()...)
	return k
}

func (k *site) send(who access.Actor, method, path, kind string, body []byte) *httptest.ResponseRecorder {
	k.t.Helper()
	r := httptest.NewRequestWithContext(access.WithActor(k.t.Context(), who), method, path, bytes.NewReader(body))
	r.Header.Set("Accept-Language", string(k.lang))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	w := httptest.NewRecorder()
	k.shell.ServeHTTP(w, r)
	return w
}

// page asks for a page that must be there and be whole in its language.
func (k *site) page(path string) *goquery.Document {
	k.t.Helper()
	return k.whole(path, k.send(k.officer, http.MethodGet, path, "", nil), http.StatusOK)
}

func (k *site) whole(path string, w *httptest.ResponseRecorder, status int) *goquery.Document {
	k.t.Helper()
	body := w.Body.String()
	if w.Code != status {
		k.t.Fatalf("%s: status %d, want %d: %s", path, w.Code, status, body)
	}
	if at := strings.Index(body, "⟦"); at >= 0 {
		k.t.Fatalf("%s in %s lacks a text: %s", path, k.lang, body[at:min(len(body), at+80)])
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	k.ok(err)
	return doc
}

// post sends a form; pairs are names and values. It gives where it leads.
func (k *site) post(path string, pairs ...string) (*httptest.ResponseRecorder, string) {
	k.t.Helper()
	form := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		form.Add(pairs[n], pairs[n+1])
	}
	w := k.send(k.officer, http.MethodPost, path, "application/x-www-form-urlencoded", []byte(form.Encode()))
	return w, w.Header().Get("Location")
}

// upload sends a form with a file.
func (k *site) upload(path, name, content string, pairs ...string) (*httptest.ResponseRecorder, string) {
	k.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for n := 0; n+1 < len(pairs); n += 2 {
		k.ok(m.WriteField(pairs[n], pairs[n+1]))
	}
	if name != "" {
		part, err := m.CreateFormFile("plik", name)
		k.ok(err)
		_, err = part.Write([]byte(content))
		k.ok(err)
	}
	k.ok(m.Close())
	w := k.send(k.officer, http.MethodPost, path, m.FormDataContentType(), body.Bytes())
	return w, w.Header().Get("Location")
}

func text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

func TestPages(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newSite(t, d)
		t.Run("doors", func(t *testing.T) { k.doors(t) })
		t.Run("by hand", func(t *testing.T) { k.byHand(t) })
		t.Run("sheet", func(t *testing.T) { k.bySheet(t) })
		t.Run("rules", func(t *testing.T) { k.rulesByForm(t) })
		k.exact("in the end")
		t.Run("languages", func(t *testing.T) { k.allLanguages(t) })
		t.Run("erasure", func(t *testing.T) { k.erased(t) })
	})
}

func (k *site) doors(t *testing.T) {
	teacher := access.Actor{Person: "p", Roles: []access.Held{{Role: access.Teacher, Institution: association}}}
	delegate := access.Actor{Person: "d", Roles: []access.Held{{Role: access.ForumDelegate, Institution: townOffice}}}
	for _, path := range []string{Path, HandPath, SheetPath, RulesPath, RulesPath + "/nowe"} {
		if w := k.send(teacher, http.MethodGet, path, "", nil); w.Code != http.StatusForbidden {
			t.Errorf("a teacher at %s: %d", path, w.Code)
		}
		k.page(path)
	}
	if w := k.send(delegate, http.MethodGet, RulesPath+"/nowe", "", nil); w.Code != http.StatusForbidden {
		t.Errorf("a delegate changes rules: %d", w.Code)
	}
	for path, want := range map[string]int{Path + "?miejsce=nic": 404, Path + "?rok=zaraz": 400, Path + "?od=x": 400, ActivityHref(Ref{"training", "1"}): 404,
		ActivityHref(Ref{Hand, "01930000-0000-7000-8000-000000000777"}): 404, RulesPath + "/x": 404, SheetPath + "/x": 404} {
		if w := k.send(k.officer, http.MethodGet, path, "", nil); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	_, err := k.AddHand(t.Context(), delegate, Entry{Institution: association}, "")
	if err == nil {
		t.Error("a delegate enters facts for another institution")
	}
	office := Entry{Title: "Narada", Words: "protokół", On: "2024-05-06", Institution: townOffice, Numbers: Numbers{Town: city, Group: Heads, People: 500}}
	_, err = k.AddHand(t.Context(), delegate, office, "")
	refuses(t, "an office enters for its neighbor", err, fault.Invalid)
	_, err = k.LoadSheet(t.Context(), delegate, association, "x.csv", strings.NewReader("Tytuł"))
	if err == nil {
		t.Error("a delegate loads a sheet for another institution")
	}
}

func (k *site) byHand(t *testing.T) {
	doc := k.whole(HandPath, first(k.upload(HandPath, "skan.pdf", "nie jest to PDF", "dla", string(association), "tytul", "", "dzien", "2030-01-01", "osoby", "tłum", "grupa", "teachers")), 422)
	for _, name := range []string{"osoby", "plik"} {
		if doc.Find("#errsum a[href='#"+name+"']").Length() != 1 {
			t.Errorf("no fault at %s: %s", name, text(doc.Find("#errsum")))
		}
	}
	doc = k.whole(HandPath, first(k.upload(HandPath, "", "", "dla", string(association), "dzien", "2030-01-01", "osoby", "3", "grupa", "teachers")), 422)
	for _, name := range []string{"tytul", "zrodlo", "dzien"} {
		if doc.Find("#errsum a[href='#"+name+"']").Length() != 1 {
			t.Errorf("no fault at %s: %s", name, text(doc.Find("#errsum")))
		}
	}
	doc = k.whole(HandPath, first(k.upload(HandPath, "", "", "dla", "01930000-0000-7000-8000-000000000777", "tytul", "a", "dzien", "2023-03-05", "zrodlo", "b", "grupa", "heads",
		"gmina", "999999")), 422)
	if got := text(doc.Find("#errsum li")); strings.Count(got, "Wybierz z listy") != 2 {
		t.Errorf("an institution and a municipality that are not there: %s", got)
	}
	_, to := k.upload(HandPath, "", "", "dla", string(association), "tytul", "Konferencja o czytaniu", "dzien", "2023-03-05", "zrodlo", "lista w aktach", "tematy", maths,
		"gmina", town, "grupa", "teachers", "osoby", "41", "godziny", "1,5", "kwota", "1 250,50")
	want := Part{Facts: 1, Activities: 1, Participations: 41, Minutes: 41 * 135 / 2, Money: 125050}
	if got := k.year(All, 2022); got.Hand != want || got.Part != want || got.Unknown != 41 {
		t.Errorf("entered %+v, leads to %q", got, to)
	}
	k.post(to+"/dopisz", "grupa", "heads", "osoby", "2", "godziny", "2")
	doc = k.page(to)
	if n := doc.Find("#cofnij ~ form input[name=fakt]").Length(); n != 2 {
		t.Errorf("%d numbers to take back", n)
	}
	fact, _ := doc.Find("input[name=fakt]").First().Attr("value")
	k.whole(to, first(k.post(to+"/cofnij", "fakt", fact)), 422)
	k.post(to+"/cofnij", "fakt", fact, "powod", "wpisano dwa razy")
	if w, _ := k.post(to+"/cofnij", "fakt", k.id(), "powod", "nie ma"); w.Code != http.StatusNotFound {
		t.Errorf("a fact that is not there: %d", w.Code)
	}
	if got := k.year(All, 2022); got.Participations != 2 {
		t.Errorf("taken back: %+v", got)
	}
	if doc = k.page(to); !strings.Contains(text(doc.Find("main")), "wpisano dwa razy") {
		t.Error("the reason is not shown")
	}
	if list := k.page(Path); list.Find(".item .tag.warn").Length() != 1 {
		t.Error("the list does not mark what was entered by hand")
	}
}

func first(w *httptest.ResponseRecorder, _ string) *httptest.ResponseRecorder { return w }

// sample is a small invented sheet of five years, with three rows that are wrong.
const sample = `Tytuł;Data;Źródło;Forma;Tematy;Obszar;Gmina;Grupa;Osoby;Godziny;Kwota
Przegląd dobrych praktyk;12.10.2022;sprawozdanie ośrodka;Seminarium;Matematyka;;Kraków;Nauczyciele;30;4;
Przegląd dobrych praktyk;12.10.2022;sprawozdanie ośrodka;Seminarium;Matematyka;;;Dyrektorzy;6;4;
Narada o planie;2024-05-06;protokół;Spotkanie;;1. Eksperci;;Prowadzący oświatę;15;2;300
Wykład;2025-13-01;notatka;Wykład;;;;Nauczyciele;20;2;
Warsztat;2026-02-02;notatka;Taniec;Pszczelarstwo;9. Nic;Atlantyda;Krasnale;dużo;długo;drogo
;2026-02-03;;;;;;;;;
`

func (k *site) bySheet(t *testing.T) {
	for name, content := range map[string]string{"pusty.csv": "", "bez.csv": "Tytuł;Data\na;2024-01-01\n", "same.csv": "Tytuł;Data;Źródło\n", "": ""} {
		doc := k.whole(SheetPath, first(k.upload(SheetPath, name, content, "dla", string(association))), 422)
		if doc.Find("#errsum a[href='#plik']").Length() != 1 {
			t.Errorf("%q: %s", name, text(doc.Find("#errsum")))
		}
	}
	before := k.year(All, 2022)
	_, to := k.upload(SheetPath, "lata.csv", sample, "dla", string(association))
	doc := k.page(to)
	if n := doc.Find("#wiersze ~ .scroll tbody tr").Length(); n != 3 {
		t.Errorf("%d rows to take", n)
	}
	faults := text(doc.Find("#bledy ~ .scroll"))
	for _, word := range []string{"Taniec", "Pszczelarstwo", "9. Nic", "Atlantyda", "Krasnale", "Podaj dzień"} {
		if !strings.Contains(faults, word) {
			t.Errorf("nothing about %s: %s", word, faults)
		}
	}
	if k.year(All, 2022) != before {
		t.Error("a preview counted something")
	}
	_, watched := k.post(to)
	k.drain()
	if bar := text(k.page(watched).Find("main")); !strings.Contains(bar, "Zrobione") {
		t.Errorf("progress: %s", bar)
	}
	got := k.year(All, 2022)
	if got.Activities != before.Activities+1 || got.Participations != before.Participations+36 || got.Hand.Facts != before.Hand.Facts+2 || k.year(Near(area1), 2023).Money != 30000 {
		t.Errorf("taken: %+v, near area 1 %+v", got, k.year(Near(area1), 2023))
	}
	if w, _ := k.post(to); w.Code != http.StatusConflict {
		t.Errorf("taken twice: %d", w.Code)
	}
	k.ok(k.takeSheet(t.Context(), to[strings.LastIndex(to, "/")+1:], func(int64, int64) error { return nil }))
	if k.year(All, 2022) != got {
		t.Error("repeated, the job counted twice")
	}
	if w := k.send(k.officer, http.MethodGet, SheetPath+"/wzor.csv", "", nil); !strings.Contains(w.Body.String(), "Konferencja o czytaniu") {
		t.Error("no template")
	}
	k.upload(SheetPath, "zapomniany.csv", sample, "dla", string(association))
	k.clock = k.clock.AddDate(0, 0, 8)
	k.ok(k.sweepSheets(t.Context()))
	if n := k.page(SheetPath).Find("#moje ~ ul li").Length(); n != 1 {
		t.Errorf("%d sheets after a week", n)
	}
}

func (k *site) rulesByForm(t *testing.T) {
	ref := k.activity("training", "2026-10-01", maths)
	k.came(ref, "ewa", nil)
	rule := []string{"valid_from", "2026-09-01", "words", "ustalenie Forum", "miejsce2", "1", "rodzaj2", "training", "temat2", maths, "obszar2", area1, "zadanie2", action1}
	bad := k.whole(RulesPath, first(k.post(RulesPath+"/nowe", "valid_from", "jutro", "words", "", "miejsce1", "1", "krok", "zapisz")), 422)
	if bad.Find("#errsum li").Length() != 3 || bad.Find("[id='rule.1'] .msg").Length() != 1 {
		t.Errorf("faults: %s", text(bad.Find("#errsum")))
	}
	w, _ := k.post(RulesPath+"/nowe", append(rule, "krok", "podglad")...)
	doc := k.whole(RulesPath, w, http.StatusOK)
	if rows := text(doc.Find("#zmiany").Parent().Find("tbody")); !strings.Contains(rows, "1. Eksperci") || !strings.Contains(rows, "+1") {
		t.Errorf("preview: %s", rows)
	}
	if k.year(Near(area1), 2026).Facts != 0 {
		t.Error("a preview moved something")
	}
	_, to := k.post(RulesPath+"/nowe", append(rule, "krok", "zapisz")...)
	k.drain()
	if got := text(k.page(to).Find("main")); !strings.Contains(got, "temat: Matematyka → obszar: 1. Eksperci (Porozumienie)") {
		t.Errorf("version: %s", got)
	}
	_, watched := k.post(RulesPath + "/przelicz")
	k.drain()
	if bar := text(k.page(watched).Find("main")); !strings.Contains(bar, "Zrobione") {
		t.Errorf("counted anew: %s", bar)
	}
	k.mark(ref, agreement, "")
	doc = k.page(ActivityHref(ref))
	if why := text(doc.Find("[data-promise=why]")); !strings.Contains(why, "zasada nr 1 w wersji obowiązującej od 1 września 2026") || !strings.Contains(why, "oznaczono jako wspólne") {
		t.Errorf("why: %s", why)
	}
	if strings.Contains(text(doc.Find("main")), "ewa") {
		t.Error("the page shows a key of a person")
	}
	if joint := k.page(Path + "?miejsce=" + url.QueryEscape(string(Area(area1)))).Find(".item .tag.ok").Length(); joint != 1 {
		t.Errorf("%d joint activities listed", joint)
	}
}

func (k *site) allLanguages(t *testing.T) {
	hand, _, err := k.Activities(t.Context(), k.db, Kind(Hand), 0, zeroCursor, 1)
	k.ok(err)
	for n := range 30 {
		k.came(k.activity("meeting", fmt.Sprintf("2026-10-%02d", n+1)), "jan", nil)
	}
	for _, k.lang = range i18n.Langs {
		for _, path := range []string{Path, Path + "?rok=2026", HandPath, SheetPath, RulesPath, RulesPath + "/nowe", ActivityHref(hand[0].Ref)} {
			k.page(path)
		}
	}
	seen := map[string]bool{}
	for path := Path + "?miejsce=kind%2Fmeeting"; path != ""; {
		doc := k.page(path)
		doc.Find(".item h3 a").Each(func(_ int, a *goquery.Selection) { seen[a.AttrOr("href", "")] = true })
		path = doc.Find("a[rel=next]").AttrOr("href", "")
	}
	if len(seen) != 30 {
		t.Errorf("%d of 30 meetings on the pages", len(seen))
	}
}

// erased: what somebody typed is downloaded, and stays without the name.
func (k *site) erased(t *testing.T) {
	for _, p := range k.Purposes() {
		for _, h := range p.Holds {
			if h.Export == nil {
				continue
			}
			before, err := h.Export(t.Context(), string(k.officer.Person))
			if err != nil || len(before) == 0 {
				t.Errorf("%s: %d rows, %v", h.Table, len(before), err)
			}
			k.write(func(ctx context.Context, tx *db.Tx) error {
				_, err := h.Erase(ctx, tx, string(k.officer.Person))
				return err
			})
			if after, err := h.Export(t.Context(), string(k.officer.Person)); len(after) != 0 || err != nil {
				t.Errorf("%s after the erasure: %d rows, %v", h.Table, len(after), err)
			}
		}
	}
	k.page(RulesPath)
	k.exact("erased")
}

func TestHundredths(t *testing.T) {
	for in, want := range map[string]int64{"": 0, "6": 600, "1,5": 150, "1 250,50 zł": 125050, "0.05": 5} {
		if got, err := hundredths(in, 100_000); got != want || err != nil {
			t.Errorf("%q: %d, %v", in, got, err)
		}
	}
	for _, in := range []string{"-1", "sto", "1,234", "1,", "1.2.3", "100001", "١"} {
		if got, err := hundredths(in, 100_000); err == nil {
			t.Errorf("%q: %d", in, got)
		}
	}
}

// FuzzSheet: whatever comes in, rows in order keep the bounds.
func FuzzSheet(f *testing.F) {
	f.Add(sample)
	f.Add("Tytuł,Data,Źródło,Osoby\n=1+1,2024-02-30,\"x\ny\",-5\n")
	sw := sheetWorld{world: world{areas: map[string]Target{}}, today: "2026-11-23", towns: map[string]string{}, topics: map[string]string{}, forms: map[string]string{}, groups: map[string]Group{}}
	f.Fuzz(func(t *testing.T, content string) {
		rows, err := sw.readRows(strings.NewReader(content), newID)
		if err != nil {
			return
		}
		for _, r := range rows {
			if len(r.Faults) == 0 && (r.Title == "" || r.Words == "" || r.On > sw.today || r.On < earliestDay || r.People < 0 || r.Minutes < 0 || r.Money < 0) {
				t.Errorf("row %d is in order: %+v", r.N, r)
			}
		}
	})
}
