package importing

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
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

// door lets in everybody who is somebody; what they may is for Who to say.
type door struct{}

func (door) Name() string { return "imports" }

func (door) Allow(r *web.Request) error {
	if r.Header.Get("Test-Who") == "" {
		return fault.New(fault.SignedOut, "fault.signed_out")
	}
	return nil
}

var people = map[string]Who{"clerk": clerk, "reader": person("*", See), "school": person(school, See, Decide), "other": person(other, See, Decide)}

func (w *world) shell() *web.Shell {
	w.t.Helper()
	catalog, err := i18n.Load(web.Messages, Messages)
	if err != nil {
		w.t.Fatal(err)
	}
	files, err := assets.Load()
	if err != nil {
		w.t.Fatal(err)
	}
	sh := web.New(web.Config{Catalog: catalog, Assets: files, Log: slog.New(slog.DiscardHandler), Now: time.Now},
		func(h http.Handler) http.Handler { return h },
		func(r *web.Request) web.Viewer {
			return web.Viewer{SignedIn: r.Header.Get("Test-Who") != "", Name: "Ewa Nowak"}
		})
	w.Routes(sh, Doors{Office: door{}, Who: func(r *web.Request) Who { return people[r.Header.Get("Test-Who")] }})
	return sh
}

func ask(t *testing.T, sh http.Handler, method, path, as string, form url.Values) (*httptest.ResponseRecorder, *goquery.Document) {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if as != "" {
		r.Header.Set("Test-Who", as)
	}
	w := httptest.NewRecorder()
	sh.ServeHTTP(w, r)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	if i := strings.Index(w.Body.String(), "⟦"); i >= 0 {
		t.Errorf("%s %s: a text is missing: %.60s", method, path, w.Body.String()[i:])
	}
	return w, doc
}

func page200(t *testing.T, sh http.Handler, path string) *goquery.Document {
	t.Helper()
	w, doc := ask(t, sh, "GET", path, "clerk", nil)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return doc
}

func TestDoors(t *testing.T) {
	w := newWorld(t, testkit.SQLite(t, modules))
	sh := w.shell()
	b := w.show(Batch{Scope: school}, newToy(1))
	one := Path(b.ID)
	for _, tt := range []struct {
		method, path, as string
		want             int
	}{
		{"GET", ListPath, "", http.StatusSeeOther},
		{"GET", one, "", http.StatusSeeOther},
		{"GET", one, "other", http.StatusNotFound},
		{"GET", one + "/postep", "other", http.StatusNotFound},
		{"GET", one + "/wykaz", "other", http.StatusNotFound},
		{"GET", one + "/cofniecie", "other", http.StatusNotFound},
		{"GET", one + "/cofniecie", "reader", http.StatusForbidden},
		{"POST", one + "/wybor?co=new", "other", http.StatusNotFound},
		{"POST", one + "/wybor?co=new", "reader", http.StatusForbidden},
		{"POST", one + "/zatwierdz", "other", http.StatusNotFound},
		{"POST", one + "/zatwierdz", "reader", http.StatusForbidden},
		{"POST", one + "/zatwierdz", "", http.StatusUnauthorized},
		{"POST", one + "/odrzuc", "reader", http.StatusForbidden},
		{"POST", one + "/odrzuc", "other", http.StatusNotFound},
		{"POST", one + "/dokoncz", "reader", http.StatusForbidden},
		{"POST", one + "/cofniecie", "reader", http.StatusForbidden},
		{"GET", ListPath + "/x", "clerk", http.StatusNotFound},
		{"GET", Path(NewID()), "clerk", http.StatusNotFound},
		{"GET", one + "?od=zzz", "clerk", http.StatusBadRequest},
		{"GET", one + "/cofniecie", "clerk", http.StatusConflict},
		{"POST", one + "/dokoncz", "clerk", http.StatusConflict},
		{"GET", ListPath, "other", http.StatusOK},
		{"GET", one, "school", http.StatusOK},
		{"GET", one, "reader", http.StatusOK},
	} {
		if w, _ := ask(t, sh, tt.method, tt.path, tt.as, url.Values{wholeField: {"take"}}); w.Code != tt.want {
			t.Errorf("%s %s as %q: %d", tt.method, tt.path, tt.as, w.Code)
		}
	}
	if got := w.batch(b.ID); got.State != Shown {
		t.Errorf("%+v", got)
	}
	if _, doc := ask(t, sh, "GET", ListPath, "other", nil); doc.Find("tbody tr, main a[href='/zabawki']").Length() != 1 {
		t.Error("another school sees the batch, or not where to read its own")
	}
	if _, doc := ask(t, sh, "GET", one, "reader", nil); doc.Find("main form[method='post'], main input[type='radio']").Length() != 0 {
		t.Error("who may only look is offered acts")
	}
	for _, path := range []string{ListPath, one} {
		for _, lang := range []string{"en", "uk"} {
			r := httptest.NewRequest("GET", path, nil)
			r.Header.Set("Test-Who", "clerk")
			r.Header.Set("Accept-Language", lang)
			rec := httptest.NewRecorder()
			sh.ServeHTTP(rec, r)
			if rec.Code != http.StatusOK || strings.Contains(rec.Body.String(), "⟦") {
				t.Errorf("%s in %s", path, lang)
			}
		}
	}
}

// TestWholeWay walks the pages without scripts: look, choose, approve, wait,
// see the outcome, undo, see what stayed.
func TestWholeWay(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		sh := w.shell()
		w.filled(60)
		standing := w.toys()
		b := w.show(Batch{Guard: "importing.chosen", GuardN: 7, FileName: "<b>zabawki</b>.csv"},
			repaint(standing["0001"], "red", "green"), repaint(standing["0002"], "red", ""), repaint(standing["0003"], "red", ""), newToy(99))
		one := Path(b.ID)

		doc := page200(t, sh, one)
		if got := doc.Find(".tile[aria-current] span").Text(); got != "Sprzeczne z naszymi poprawkami" {
			t.Errorf("the clashes do not come first: %q", got)
		}
		card := doc.Find("li.change")
		if card.Length() != 1 || card.Find("input[type='radio']").Length() != 4 || card.Find("input[value='brak'][checked]").Length() != 1 {
			t.Fatal(card.Html())
		}
		cells := card.Find("tbody tr").First().Find("td")
		if cells.Eq(0).Text() != "«blue»" || cells.Eq(1).Text() != "«red»" || !strings.Contains(cells.Eq(2).Text(), "«green»") || !strings.Contains(cells.Eq(2).Text(), "sprzeczne") {
			t.Error(cells.Text())
		}
		if href, _ := card.Find("h3 a").Attr("href"); href != "/zabawki/toy-0001" {
			t.Error(href)
		}

		// The choice of the register over ours, and one line left out, with the
		// place in the list kept.
		post := func(path string, form url.Values) (*httptest.ResponseRecorder, *goquery.Document) {
			t.Helper()
			return ask(t, sh, "POST", path, "clerk", form)
		}
		action, _ := card.Closest("form").Attr("action")
		if action != one+"/wybor" {
			t.Error(action)
		}
		if rec, _ := post(one+"/wybor?co=clashes", url.Values{"wybor-1": {"take"}}); rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != one+"?co=clashes" {
			t.Fatalf("%d %s", rec.Code, rec.Header().Get("Location"))
		}
		if rec, _ := post(one+"/wybor?co=changed&q=0003", url.Values{wholeField: {"leave"}}); rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != one+"?co=changed&q=0003" {
			t.Fatalf("%d %s", rec.Code, rec.Header().Get("Location"))
		}
		for _, form := range []url.Values{{"wybor-x": {"take"}}, {"wybor-1": {"all"}}, {"wybor-1": {""}}, {"wybor-1": {"take", "leave"}}, {"wybor-99999999999": {"take"}}, {wholeField: {"all"}}} {
			if rec, _ := post(one+"/wybor?co=new", form); rec.Code != http.StatusBadRequest {
				t.Errorf("%v: %d", form, rec.Code)
			}
		}
		if rec, _ := post(one+"/wybor?co=problems", url.Values{wholeField: {"take"}}); rec.Code != http.StatusBadRequest {
			t.Error("a decision for all problems")
		}
		doc = page200(t, sh, one+"?co=changed&q=0003")
		if doc.Find("li.change").Length() != 1 || doc.Find("input[value='leave'][checked]").Length() != 1 || doc.Find("main input[name='q']").AttrOr("value", "") != "0003" {
			t.Error(doc.Find("li.change").Html())
		}
		if !strings.Contains(doc.Find("form[action$='zatwierdz']").Text(), "Wybrany do wprowadzenia: 1 wpis") {
			t.Error(doc.Find("form[action$='zatwierdz']").Text())
		}

		// The warning must be ticked off.
		rec, doc := post(one+"/zatwierdz", url.Values{scopeField: {"wszystkie"}})
		if rec.Code != http.StatusUnprocessableEntity || doc.Find("#errsum a[href='#zgoda']").Length() != 1 || doc.Find("#zgoda[aria-invalid]").Length() != 1 {
			t.Fatal(rec.Code)
		}
		if rec, _ = post(one+"/zatwierdz", url.Values{scopeField: {"wszystkie"}, GuardField: {"tak"}}); rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != one {
			t.Fatal(rec.Code)
		}
		doc = page200(t, sh, one)
		if bar := doc.Find("#postep progress"); bar.AttrOr("max", "") != "3" || bar.AttrOr("value", "") != "0" || doc.Find("#postep a[href='"+one+"']").Length() != 1 {
			t.Error(doc.Find("#postep").Html())
		}
		if doc.Find("form[method='post']").FilterFunction(func(_ int, f *goquery.Selection) bool {
			return strings.HasPrefix(f.AttrOr("action", ""), one)
		}).Length() != 0 {
			t.Error("a batch at work offers acts")
		}
		w.edit("0002")
		if err := w.drain(); err != nil {
			t.Fatal(err)
		}
		stream, _ := ask(t, sh, "GET", one+"/postep", "clerk", nil)
		if got := stream.Body.String(); stream.Header().Get("Content-Type") != "text/event-stream" || !strings.HasPrefix(got, "data: ") || !strings.Contains(got, "event: koniec") {
			t.Error(got)
		}
		if now := w.toys(); now["0001"].Color != "red" || now["0002"].Name != "edited" || now["0003"].Color != "blue" || now["0099"].ID == "" {
			t.Errorf("%+v", now)
		}
		doc = page200(t, sh, one)
		for key, want := range map[string]string{"applied": "2", "held": "1", "left": "1"} {
			if got := doc.Find("a.tile[href='" + one + "?co=" + key + "'] strong").Text(); got != want {
				t.Errorf("%s: %q", key, got)
			}
		}
		if got := page200(t, sh, one+"?co=clashes").Find("li.change").Text(); !strings.Contains(got, "wprowadzono także zamiast naszych poprawek") {
			t.Error(got)
		}
		if doc := page200(t, sh, one+"?co=held"); !strings.Contains(doc.Find("li.change").Text(), "Ktoś zmienił ten wpis") || doc.Find("li.change input").Length() != 0 {
			t.Error(doc.Find("li.change").Text())
		}

		// The undo says beforehand what it would do, and leaves an edit alone.
		w.edit("0001")
		doc = page200(t, sh, one+"/cofniecie")
		if got := doc.Find(".tile strong").Text(); got != "11" { // 1 to restore, 1 to stay
			t.Error(got)
		}
		if kept := doc.Find("ul.list li.card"); kept.Length() != 1 || kept.Find("a[href='/zabawki/toy-0001']").Length() != 1 || !strings.Contains(kept.Text(), "zmieniono już po wczytaniu") {
			t.Error(kept.Html())
		}
		if rec, _ = post(one+"/cofniecie", url.Values{}); rec.Code != http.StatusSeeOther {
			t.Fatal(rec.Code)
		}
		if err := w.drain(); err != nil {
			t.Fatal(err)
		}
		doc = page200(t, sh, one+"?co=kept")
		if card := doc.Find("li.change"); card.Length() != 1 || !strings.Contains(card.Text(), "Ten wpis zmieniono już po wczytaniu.") || card.Find("h3 a").Length() != 1 {
			t.Error(card.Text())
		}
		if facts := doc.Find("dl.facts").Text(); !strings.Contains(facts, "Zmiany cofnięto") || !strings.Contains(facts, "Ewa Nowak") {
			t.Error(facts)
		}
		if rec, _ = post(one+"/cofniecie", url.Values{}); rec.Code != http.StatusConflict {
			t.Error(rec.Code)
		}
		if now := w.toys(); now["0001"].Name != "edited" || now["0099"].ID != "" {
			t.Errorf("%+v", now)
		}
		if doc := page200(t, sh, ListPath); doc.Find("tbody tr").Length() != 2 || doc.Find("tbody b").Length() != 0 {
			t.Error(doc.Find("tbody").Text())
		}
	})
}

// TestPagesOfLines goes through the lines and back by key.
func TestPagesOfLines(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		sh := w.shell()
		lines := many(2*rowsOnPage + 3)
		lines = append(lines, Line{Action: ActionClosed, Key: "z"})
		b := w.show(Batch{}, lines...)
		seen, path, pages := 0, Path(b.ID)+"?co=new", 0
		var doc *goquery.Document
		for ; path != ""; pages++ {
			doc = page200(t, sh, path)
			doc.Find("li.change").Each(func(_ int, li *goquery.Selection) {
				if seen++; li.AttrOr("data-line", "") != strconv.Itoa(seen) {
					t.Errorf("line %s at %d", li.AttrOr("data-line", ""), seen)
				}
			})
			if action := doc.Find("form[action*='/wybor']").First().AttrOr("action", ""); !strings.Contains(action, "co=new") || (pages > 0) != strings.Contains(action, "od=") {
				t.Error(action)
			}
			path = doc.Find("a[rel='next']").AttrOr("href", "")
		}
		if seen != 2*rowsOnPage+3 || pages != 3 {
			t.Fatalf("%d lines on %d pages", seen, pages)
		}
		back := doc.Find("a[rel='prev']").AttrOr("href", "")
		if got := page200(t, sh, back).Find("li.change").First().AttrOr("data-line", ""); got != strconv.Itoa(rowsOnPage+1) {
			t.Errorf("%s begins at %s", back, got)
		}
	})
}

func TestProblemsAndEmptyParts(t *testing.T) {
	w := newWorld(t, testkit.SQLite(t, modules))
	sh := w.shell()
	b, err := w.Show(t.Context(), clerk, Batch{Kind: "toys", FileName: "x.csv"}, seq(), func(*Batch) ([]Problem, error) {
		return []Problem{{Row: 3, About: "0007", Level: LevelError, Key: "importing.one", Args: map[string]string{"name": "<i>"}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	doc := page200(t, sh, Path(b.ID))
	if row := doc.Find("tbody tr td"); row.Length() != 4 || row.Eq(0).Text() != "błąd" || row.Eq(1).Text() != "3" || row.Eq(2).Text() != "0007" || row.Eq(3).Text() != "Różnice: <i>" {
		t.Error(row.Text())
	}
	for _, p := range []string{"clashes", "new", "changed", "closed", "reopened", "applied", "held", "left", "undone", "kept", "nonsense"} {
		page200(t, sh, Path(b.ID)+"?co="+p)
	}
	if err := w.Discard(t.Context(), clerk, b.ID); err != nil {
		t.Fatal(err)
	}
	if doc := page200(t, sh, Path(b.ID)); !strings.Contains(doc.Find("main").Text(), "Szczegóły usunięto") {
		t.Error(doc.Find("main").Text())
	}
}

// TestReadingIsSeen: a caller that made the id beforehand can show the page while
// it still reads.
func TestReadingIsSeen(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		sh, id := w.shell(), NewID()
		_, err := w.Show(t.Context(), clerk, Batch{ID: id, Kind: "toys"}, func(yield func(Line, error) bool) {
			for _, l := range many(showLines + 1) {
				if !yield(l, nil) {
					return
				}
			}
			doc := page200(t, sh, Path(id))
			if got := doc.Find("#postep p").First().Text(); !strings.Contains(got, strconv.Itoa(showLines/1000)) || doc.Find("form[action^='"+Path(id)+"'][method='post'], li.change").Length() != 0 {
				t.Error(doc.Find("main").Text())
			}
			if doc := page200(t, sh, ListPath); doc.Find("tbody tr").Length() != 0 {
				t.Error("what is still being read is listed")
			}
			if rec, _ := ask(t, sh, "POST", Path(id)+"/odrzuc", "clerk", url.Values{}); rec.Code != http.StatusConflict {
				t.Error(rec.Code)
			}
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestExport(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		sh := w.shell()
		formula := repaint(toy{ID: "x", Key: "7", Name: "=1+1"}, "red", "green")
		b := w.show(Batch{}, newToy(1), formula)
		rec, _ := ask(t, sh, "GET", Path(b.ID)+"/wykaz?format=csv", "clerk", nil)
		rows := strings.Split(strings.TrimSpace(rec.Body.String()), "\r\n")
		if rec.Code != http.StatusOK || len(rows) != 4 || !strings.HasPrefix(rows[2], "2;zmieniany;7;'=1+1;pole color;«blue»;«red»;«green»;Bez decyzji: nasze poprawki zostaną;do zatwierdzenia") {
			t.Fatalf("%d\n%s", rec.Code, rec.Body)
		}
		if w.count(`select count(*) from audit_waiting where action = 'importing.export' and reading`) != 1 {
			t.Error("the look is not in the log")
		}
		if rec, _ = ask(t, sh, "GET", Path(b.ID)+"/wykaz?format=xlsx", "clerk", nil); rec.Code != http.StatusOK || !strings.HasPrefix(rec.Body.String(), "PK") {
			t.Error(rec.Code)
		}
		if err := w.Discard(t.Context(), clerk, b.ID); err != nil {
			t.Fatal(err)
		}
		if rec, _ = ask(t, sh, "GET", Path(b.ID)+"/wykaz", "clerk", nil); rec.Code != http.StatusConflict {
			t.Error(rec.Code)
		}
	})
}

// TestStoppedPages: what failed half-way says so and offers both ways out.
func TestStoppedPages(t *testing.T) {
	w := newWorld(t, testkit.SQLite(t, modules))
	sh := w.shell()
	b := w.show(Batch{}, many(ChunkLines+1)...)
	w.failAt, w.cause = 2, errBroken
	if _, err := w.ApplyNow(t.Context(), clerk, b.ID, Everything, false); err == nil {
		t.Fatal("it did not fail")
	}
	doc := page200(t, sh, Path(b.ID))
	if doc.Find(".notice[role='alert']").Length() != 1 || doc.Find("form[action$='/dokoncz']").Length() != 1 || doc.Find("a[href$='/cofniecie']").Length() != 1 || doc.Find("form[action$='/odrzuc']").Length() != 0 {
		t.Error(doc.Find("main").Text())
	}
	if rec, _ := ask(t, sh, "POST", Path(b.ID)+"/dokoncz", "clerk", url.Values{}); rec.Code != http.StatusSeeOther {
		t.Fatal(rec.Code)
	}
	if err := w.drain(); err != nil || w.batch(b.ID).State != Applied {
		t.Error(err)
	}
}

func FuzzChoicesIn(f *testing.F) {
	for _, s := range []string{"wybor-1=take", "wybor-1=brak&wybor-2=ours", "wybor-=take", "wybor--1=leave", "wybor-1=take&wybor-1=leave", "wybor-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		form, err := url.ParseQuery(s)
		if err != nil {
			return
		}
		choices, err := choicesIn(form)
		if err != nil {
			return
		}
		n := 0
		for c, lines := range choices {
			if n += len(lines); !c.valid() {
				t.Errorf("%q is a choice", c)
			}
		}
		if n > 2*rowsOnPage {
			t.Errorf("%d lines of one form", n)
		}
	})
}
