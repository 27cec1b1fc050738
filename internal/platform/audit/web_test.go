package audit

import (
	"encoding/csv"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// house is the log with its doors. Who asks stands in headers of the test.
type house struct {
	*fixture
	shell *web.Shell
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	f := newFixture(t, d)
	f.Names = people{person(1): "Zofia Łącka", person(2): "Jan Óśmy", person(3): "Uczennica Trzecia", school: "Szkoła nr 1"}
	catalog, err := i18n.Load(web.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	if faults := catalog.Check(); len(faults) > 0 {
		t.Fatal(faults)
	}
	files, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	sh := web.New(web.Config{Catalog: catalog, Assets: files, Log: slog.New(slog.DiscardHandler), Now: f.Now},
		func(h http.Handler) http.Handler { return h }, func(r *web.Request) web.Viewer { return web.Viewer{SignedIn: who(r) != ""} })
	f.Routes(sh, Doors{Own: guard("own"), Office: guard("office"), By: func(r *web.Request) By { return By{Person: who(r), Role: "administrator"} }})
	return &house{f, sh}
}

func who(r *web.Request) string { return r.Header.Get("Test-Person") }

// guard lets in whoever is signed in, to the office only person 9.
type guard string

func (g guard) Name() string { return string(g) }

func (g guard) Allow(r *web.Request) error {
	switch {
	case who(r) == "":
		return fault.New(fault.SignedOut, "fault.signed_out")
	case g == "office" && who(r) != person(9):
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	return nil
}

func (h *house) get(as, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	if as != "" {
		r.Header.Set("Test-Person", as)
	}
	w := httptest.NewRecorder()
	h.shell.ServeHTTP(w, r)
	return w
}

var unnamed = regexp.MustCompile(`⟦[^⟧]*⟧`)

func (h *house) page(as, path string, status int) *goquery.Document {
	h.t.Helper()
	w := h.get(as, path)
	if w.Code != status {
		h.t.Fatalf("%s: %d", path, w.Code)
	}
	if m := unnamed.FindString(w.Body.String()); m != "" {
		h.t.Errorf("%s: no text %s", path, m)
	}
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return doc
}

func words(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

var office = person(9)

func TestPagesRefuse(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.fill(1)
		for _, path := range []string{logPath, logPath + "/" + h.rowAt(1), lookedPath} {
			if w := h.get("", path); w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), web.SignInPath) {
				t.Errorf("a stranger at %s: %d", path, w.Code)
			}
		}
		if w := h.get("", csvPath); w.Code != http.StatusUnauthorized {
			t.Errorf("a stranger at the sheet: %d", w.Code)
		}
		for _, path := range []string{logPath, csvPath, logPath + "/" + h.rowAt(1)} {
			if w := h.get(person(1), path); w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "inv-0") {
				t.Errorf("no officer at %s: %d", path, w.Code)
			}
		}
		h.link1()
		if n := h.count(`select count(*) from audit_rows where reading`); n != 0 {
			t.Errorf("%d reads were logged of people who saw nothing", n)
		}
		for path, status := range map[string]int{
			logPath + "/" + person(5): http.StatusNotFound, logPath + "/%00": http.StatusNotFound, logPath + "?od=x": http.StatusBadRequest,
			logPath + "?osoba=%27+or+1": http.StatusUnprocessableEntity, logPath + "?dnia_od=2026-02-30": http.StatusUnprocessableEntity,
			logPath + "?dzialanie=" + strings.Repeat("a", 200): http.StatusUnprocessableEntity, csvPath + "?dnia_do=wczoraj": http.StatusUnprocessableEntity,
			lookedPath + "?od=" + (web.Cursor{Key: strings.Repeat("f", 17), ID: person(1)}).String(): http.StatusBadRequest,
		} {
			if w := h.get(office, path); w.Code != status {
				t.Errorf("%s: %d, want %d", path, w.Code, status)
			}
		}
	})
}

func TestLogPage(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.record(By{Person: person(1), For: person(2), Role: "deputy_head", Institution: school},
			Entry{Action: "people.invite", Object: "person", ObjectID: person(3), Institution: school, Subject: person(3), Details: map[string]string{"reason": "<b>nowa"}})
		h.at = h.at.Add(25 * time.Hour)
		h.record(By{}, Entry{Action: "audit.expire", Object: "log", ObjectID: "abc"})
		h.link1()
		doc := h.page(office, logPath, 200)
		rows := doc.Find("table tbody tr")
		if rows.Length() != 2 {
			t.Fatalf("%d rows", rows.Length())
		}
		oldest := words(rows.Last())
		for _, want := range []string{"people.invite", "Zofia Łącka, w imieniu: Jan Óśmy", "osoba: Uczennica Trzecia", "Szkoła nr 1", "09:15"} {
			if !strings.Contains(oldest, want) {
				t.Errorf("no %q in %q", want, oldest)
			}
		}
		if got := words(doc.Find("[data-promise=why]")); !strings.Contains(got, "Dlaczego można temu ufać") || !strings.Contains(got, "SHA-256") {
			t.Error(got)
		}
		if doc.Find("#ukryte").Length() != 1 || doc.Find("#alarm").Length() != 0 {
			t.Error("what is not shown must be said, and there is no alarm")
		}
		h.link1() // the look itself is logged
		if got := words(h.page(office, logPath, 200).Find("table tbody tr").First()); !strings.Contains(got, "Przeglądanie dziennika odczyt") {
			t.Error(got)
		}
		for query, n := range map[string]int{"osoba=" + person(3): 1, "osoba=" + person(2): 1, "osoba=" + person(7): 0, "instytucja=" + school: 1, "obiekt=abc": 1,
			"dzialanie=audit.expire": 1, "dnia_do=2026-11-22": 1, "dnia_od=2026-11-23&dzialanie=people.invite": 0} {
			if got := h.page(office, logPath+"?"+query, 200).Find("table tbody tr").Length(); got != n {
				t.Errorf("%s: %d rows, want %d", query, got, n)
			}
		}
		one := h.page(office, rows.Last().Find("a").AttrOr("href", ""), 200)
		if got := words(one.Find("main")); !strings.Contains(got, "<b>nowa") || !strings.Contains(got, "Podstawa") || !strings.Contains(got, "Numer1") {
			t.Error(got)
		}
		if one.Find(`a[href="`+logPath+`?osoba=`+person(3)+`"]`).Length() != 1 {
			t.Error("no way to the other rows of the person")
		}
	})
}

// TestHiddenRows: an officer learns the act and the hour of a confidential
// matter, by no filter, page, sheet or address more.
func TestHiddenRows(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.record(By{Person: person(1), Role: "report_officer", Institution: school}, Entry{Action: "reports.open", Object: "report", ObjectID: "case-77",
			Institution: school, Subject: person(3), Read: true, Hidden: true, Details: map[string]string{"word": "tajne"}})
		h.link1()
		secret := []string{"case-77", "tajne", "Łącka", "Trzecia", "Szkoła nr 1", "09:15", "30", person(1), person(3), h.rowAt(1)}
		row := words(h.page(office, logPath, 200).Find("table tbody tr").Last())
		sheet := strings.Split(h.get(office, csvPath+"?dzialanie=reports.open").Body.String(), "\r\n")[1]
		for _, s := range secret {
			if strings.Contains(row, s) || strings.Contains(strings.Replace(sheet, "09:00:00", "", 1), s) {
				t.Errorf("%q is told by %q or %q", s, row, sheet)
			}
		}
		if !strings.Contains(row, "reports.open") || !strings.Contains(row, "09:00") || !strings.Contains(sheet, "09:00:00") {
			t.Errorf("%q %q", row, sheet)
		}
		for _, q := range []string{"osoba=" + person(3), "osoba=" + person(1), "instytucja=" + school, "obiekt=case-77"} {
			if got := words(h.page(office, logPath+"?"+q, 200).Find("table")); strings.Contains(got, "reports.open") {
				t.Errorf("%s tells that there is a report", q)
			}
		}
		if w := h.get(office, logPath+"/"+h.rowAt(1)); w.Code != http.StatusNotFound {
			t.Errorf("opened: %d", w.Code)
		}
		if got := words(h.page(person(3), lookedPath, 200).Find("main")); strings.Contains(got, "reports.open") || strings.Contains(got, "Łącka") {
			t.Errorf("the subject sees it: %q", got)
		}
		if n := h.count(`select count(*) from audit_rows where hidden and (at <> hour or id like '________-____-7%')`); n != 0 {
			t.Error("the row tells its minute")
		}
	})
}

func TestWhoLooked(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		if got := h.page(person(3), lookedPath, 200).Find(".empty").Length(); got != 1 {
			t.Error("nothing to see, and not said so")
		}
		e := Entry{Action: "card.look", Object: "person", ObjectID: person(3), Subject: person(3), Read: true}
		h.record(By{Person: person(1), Role: "administrator", Institution: school}, e)
		h.record(By{Person: person(3)}, e)                                                  // one's own look
		h.record(By{Person: person(1)}, Entry{Action: "card.change", Subject: person(3)})   // no look
		h.record(By{Person: person(1)}, Entry{Action: "x", Read: true, Subject: person(2)}) // somebody else's
		h.page(office, logPath+"?osoba="+person(3), 200)                                    // a look at the log is one
		h.link1()
		items := h.page(person(3), lookedPath, 200).Find("ol.list li")
		if items.Length() != 2 {
			t.Fatalf("%d looks: %s", items.Length(), words(items))
		}
		if got := words(items); !strings.Contains(got, "Przeglądanie dziennika") || !strings.Contains(got, "Zofia Łącka") || !strings.Contains(got, "administrator, Szkoła nr 1") {
			t.Error(got)
		}
		looks, more, err := h.Looked(t.Context(), person(3), web.Cursor{}, 1)
		if err != nil || len(looks) != 1 || !more {
			t.Errorf("%v %v %v", looks, more, err)
		}
		if _, _, err := h.Looked(t.Context(), "", web.Cursor{}, 1); fault.KindOf(err) != fault.SignedOut {
			t.Errorf("nobody: %v", err)
		}
		h.erase(person(1))
		if got := words(h.page(person(3), lookedPath, 200).Find("ol.list")); !strings.Contains(got, "dane usunięte") || strings.Contains(got, "Łącka") {
			t.Error(got)
		}
	})
}

func TestPaging(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.write(func(tx *db.Tx) error {
			for i := range 2*onPage + 10 {
				e := Entry{Action: "a.b", Object: "x", Institution: school, ObjectID: fmt.Sprint(i)}
				if err := Record(t.Context(), tx, By{Person: person(1)}, e, start.Add(time.Duration(i/3)*time.Second)); err != nil {
					return err
				}
			}
			return nil
		})
		seen := map[string]bool{}
		h.link1()
		path := logPath + "?dzialanie=a.b"
		var pages []string
		for path != "" {
			pages = append(pages, path)
			doc := h.page(office, path, 200)
			doc.Find("table tbody a").Each(func(_ int, a *goquery.Selection) { seen[a.AttrOr("href", "")] = true })
			path = doc.Find("a[rel=next]").AttrOr("href", "")
		}
		if len(seen) != 2*onPage+10 || len(pages) != 3 {
			t.Errorf("%d rows on %d pages", len(seen), len(pages))
		}
		back := h.page(office, h.page(office, pages[2], 200).Find("a[rel=prev]").AttrOr("href", ""), 200)
		if want, got := h.page(office, pages[1], 200).Find("table").Text(), back.Find("table").Text(); got != want {
			t.Error("the way back shows another page")
		}
	})
}

func TestSheet(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.Names = people{person(0): "=cmd()", person(1): "Łódź; \"x\""}
		h.fill(csvBatch + 20)
		w := h.get(office, csvPath+"?dzialanie=people.invite")
		if w.Code != 200 || w.Header().Get("Content-Type") != "text/csv; charset=utf-8" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		in := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff")))
		in.Comma = ';'
		all, err := in.ReadAll()
		if err != nil || len(all) != csvBatch+21 || len(all[1]) != len(csvHeader) {
			t.Fatalf("%d %v", len(all), err)
		}
		h.link1()
		if n := h.count(`select count(*) from audit_rows where action = 'audit.export' and reading and actor = ?`, office); n != 1 {
			t.Errorf("the download was logged %d times", n)
		}
		text := w.Body.String()
		if strings.Contains(text, ";=cmd()") || !strings.Contains(text, "'=cmd()") {
			t.Error("a name is taken for a formula")
		}
	})
}

func TestAlarmOnThePage(t *testing.T) {
	d := testkit.SQLite(t, modules())
	h := newHouse(t, d)
	h.record(By{}, Entry{Action: "a.b"})
	h.at = h.at.Add(2 * time.Minute)
	if got := words(h.page(office, logPath, 200).Find("#alarm[role=alert]")); !strings.Contains(got, "1 wpis czeka") {
		t.Error(got)
	}
	h.shell.Handle("GET /biurko", guard("own"), func(w http.ResponseWriter, r *web.Request) error {
		items, err := h.shell.Desk(r)
		fmt.Fprint(w, len(items))
		return err
	})
	for as, n := range map[string]string{office: "1", person(1): "0"} {
		if got := h.get(as, "/biurko").Body.String(); got != n {
			t.Errorf("%s things on the desk of %s", got, as)
		}
	}
}

func TestReportInWords(t *testing.T) {
	d := testkit.SQLite(t, modules())
	h := newHouse(t, d)
	h.fill(4)
	for _, lang := range i18n.Langs {
		out := &strings.Builder{}
		if err := h.verify().Write(out, h.shell.Catalog.In(lang)); err != nil || strings.Contains(out.String(), "⟦") {
			t.Errorf("%v %s", err, out)
		}
	}
	h.remove(2)
	for _, kind := range []Kind{Changed, Part, Removed, Inserted, Reordered, Truncated, Rewritten, Silent, Erasure, Unlinked, Outside, Seal, Forged} {
		text := Fault{Kind: kind, Sequence: 7, ID: "id-7", Part: "who"}.Text(h.shell.Catalog.In(i18n.EN))
		if strings.Contains(text, "⟦") || !strings.Contains(text, "7") {
			t.Errorf("%s: %s", kind, text)
		}
	}
	out := &strings.Builder{}
	if err := h.verify().Write(out, h.shell.Catalog.In(i18n.EN)); err != nil || !strings.Contains(out.String(), "REMOVED: entries are missing from no. 2") || !strings.Contains(out.String(), "DAMAGED") {
		t.Errorf("%v %s", err, out)
	}
}
