package survey

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

var libModules = []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "audit", Files: audit.Migrations},
	{Name: "custody", Files: custody.Migrations}, {Name: "survey", Files: Migrations}}

const libOfficer = "00000000-0000-7000-8000-000000000001"

func libService(d *db.DB) *Service {
	return New(Config{DB: d, Now: func() time.Time { return time.Unix(1_700_000_000, 0) }})
}

func libSave(t *testing.T, s *Service, d Definition) (id DefinitionID, err error) {
	t.Helper()
	err = s.db.Write(t.Context(), func(tx *db.Tx) error {
		id, err = s.SaveDefinition(t.Context(), tx, audit.By{Person: libOfficer}, d)
		return err
	})
	return id, err
}

func TestSaveDefinition(t *testing.T) {
	testkit.EachDB(t, libModules, func(t *testing.T, d *db.DB) {
		ctx, s := t.Context(), libService(d)
		must := func(def Definition) DefinitionID {
			t.Helper()
			id, err := libSave(t, s, def)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		bad := trial()
		bad.Sections[0].Questions[0].Kind = "slider"
		if _, err := libSave(t, s, bad); fault.KindOf(err) != fault.Invalid {
			t.Error(err)
		}
		if _, err := s.DefinitionByID(ctx, d, "none"); !errors.Is(err, fault.ErrNotFound) {
			t.Error(err)
		}
		if _, _, err := s.Latest(ctx, d, "trial"); !errors.Is(err, fault.ErrNotFound) {
			t.Error(err)
		}
		one := must(trial())
		same := trial()
		same.Version = 7
		if must(same) != one {
			t.Error("the same content was kept twice")
		}
		changed := trial()
		changed.Title = text3("Changed")
		two := must(changed)
		if id, latest, err := s.Latest(ctx, d, "trial"); err != nil || id != two || latest.Version != 2 || latest.Title["pl"] != "Changed" {
			t.Error(id, latest.Version, err)
		}
		if must(trial()) != one {
			t.Error("the older content did not keep its version")
		}
		for range 2 { // read, then kept
			old, err := s.DefinitionByID(ctx, d, one)
			want := trial()
			want.Version = 1
			old.drawn = nil
			if err != nil || !reflect.DeepEqual(old, want) {
				t.Error(err, old)
			}
		}
		program := trial()
		program.Code = "_needs_1"
		must(program)
		rows, err := libList(ctx, d, "")
		if err != nil || len(rows) != 2 || rows[0].Version != 2 || rows[0].CreatedBy != libOfficer || rows[1].title()["uk"] != "Trial uk" {
			t.Error(rows, err)
		}
		if rows, err := libList(ctx, d, "_needs_1"); err != nil || len(rows) != 0 {
			t.Error("a program's questionnaire is listed", err)
		}
	})
}

type libGuard struct{}

func (libGuard) Name() string { return "library" }

func (libGuard) Allow(r *web.Request) error {
	switch r.Header.Get("Test-Who") {
	case "":
		return fault.New(fault.SignedOut, "fault.signed_out")
	case "officer":
		return nil
	}
	return fault.New(fault.Forbidden, "fault.forbidden")
}

// libShell opens the library alone.
func libShell(t *testing.T, s *Service) *web.Shell {
	t.Helper()
	catalog, err := i18n.Load(web.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	files, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	sh := web.New(web.Config{Catalog: catalog, Assets: files, Log: slog.New(slog.DiscardHandler), Now: time.Now},
		func(h http.Handler) http.Handler { return h },
		func(r *web.Request) web.Viewer { return web.Viewer{SignedIn: r.Header.Get("Test-Who") != ""} })
	s.libraryRoutes(sh, Doors{Library: libGuard{}, By: func(*web.Request) audit.By { return audit.By{Person: libOfficer} }})
	return sh
}

func libAsk(t *testing.T, sh http.Handler, method, path, as string, kind string, body io.Reader) (*httptest.ResponseRecorder, *goquery.Document) {
	t.Helper()
	r := httptest.NewRequest(method, path, body)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if as != "" {
		r.Header.Set("Test-Who", as)
	}
	w := httptest.NewRecorder()
	sh.ServeHTTP(w, r)
	text := w.Body.String()
	if i := strings.Index(text, "⟦"); i >= 0 {
		t.Errorf("%s %s: a text is missing: %s", method, path, text[i:i+60])
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return w, doc
}

func libGet(t *testing.T, sh http.Handler, path string) *goquery.Document {
	t.Helper()
	w, doc := libAsk(t, sh, "GET", path, "officer", "", nil)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d", path, w.Code)
	}
	return doc
}

// libSend sends a file, nil for none.
func libSend(t *testing.T, sh http.Handler, code string, file []byte) (*httptest.ResponseRecorder, *goquery.Document) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	form.WriteField("kod", code)
	if file != nil {
		part, _ := form.CreateFormFile("plik", "ankieta.json")
		part.Write(file)
	}
	form.Close()
	return libAsk(t, sh, "POST", libFilePath, "officer", form.FormDataContentType(), &body)
}

func libFile(t *testing.T, d Definition) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestLibraryPages(t *testing.T) {
	d := testkit.SQLite(t, libModules)
	s := libService(d)
	sh := libShell(t, s)
	t.Run("doors", func(t *testing.T) {
		for _, tt := range []struct {
			method, path, as string
			want             int
		}{
			{"GET", LibraryPath, "", http.StatusSeeOther},
			{"GET", LibraryPath, "teacher", http.StatusForbidden},
			{"POST", libFilePath, "teacher", http.StatusForbidden},
			{"POST", libPackPath, "", http.StatusUnauthorized},
			{"GET", libOnePath + "trial", "teacher", http.StatusForbidden},
			{"GET", libOnePath + "trial/plik", "teacher", http.StatusForbidden},
			{"GET", libOnePath + "trial", "officer", http.StatusNotFound},
			{"GET", libOnePath + "%00", "officer", http.StatusNotFound},
			{"GET", libOnePath + "_needs_1/druk", "officer", http.StatusNotFound},
			{"GET", libFilePath + "?kod=trial", "officer", http.StatusNotFound},
			{"POST", libFilePath, "officer", http.StatusBadRequest},
			{"POST", libPackPath, "officer", http.StatusNotFound},
			{"GET", libFilePath, "officer", http.StatusOK},
		} {
			if w, _ := libAsk(t, sh, tt.method, tt.path, tt.as, "", nil); w.Code != tt.want {
				t.Errorf("%s %s as %q: %d", tt.method, tt.path, tt.as, w.Code)
			}
		}
	})
	t.Run("ready", func(t *testing.T) {
		if n := libGet(t, sh, LibraryPath).Find("#gotowe ~ ul form").Length(); n != 3 {
			t.Error(n)
		}
		w, _ := libAsk(t, sh, "POST", libPackPath, "officer", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"kod": {"after"}}.Encode()))
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != libOnePath+"after" {
			t.Error(w.Code, w.Header())
		}
		doc := libGet(t, sh, LibraryPath)
		if doc.Find("table tbody tr").Length() != 1 || doc.Find("#gotowe ~ ul form").Length() != 2 {
			t.Error(doc.Find("main").Text())
		}
	})
	t.Run("refused files", func(t *testing.T) { libRefusals(t, sh) })
	t.Run("versions", func(t *testing.T) { libVersions(t, sh) })
}

func libRefusals(t *testing.T, sh http.Handler) {
	broken, program := trial(), trial()
	broken.Sections[0].Questions[0].Kind = "slider"
	delete(broken.Title, "uk")
	program.Code = "_needs_2"
	for name, tt := range map[string]struct {
		code string
		file []byte
		want string
		n    int
	}{
		"none":    {"", nil, "Wybierz plik", 1},
		"no JSON": {"", []byte("Ankieta;1"), "nie da się odczytać", 1},
		"broken":  {"", libFile(t, broken), "title: brakuje tekstu w języku: uk", 2},
		"program": {"", libFile(t, program), "zastrzeżony", 1},
		"other":   {"after", libFile(t, trial()), "ma kod trial", 1},
		"exists":  {"", libFile(t, Ready()[0]), "już jest w bibliotece", 1},
	} {
		w, doc := libSend(t, sh, tt.code, tt.file)
		sum := doc.Find("#errsum li")
		if w.Code != http.StatusUnprocessableEntity || sum.Length() != tt.n || !strings.Contains(sum.Text(), tt.want) ||
			sum.Find("a").AttrOr("href", "") != "#plik" || doc.Find("#plik").Length() != 1 || doc.Find("#plik").AttrOr("type", "") != "file" {
			t.Errorf("%s: %d %s", name, w.Code, doc.Find("main").Text())
		}
	}
	if w, _ := libSend(t, sh, "", bytes.Repeat([]byte(" "), MaxDefinition+65<<10)); w.Code != http.StatusRequestEntityTooLarge {
		t.Error(w.Code)
	}
}

func libVersions(t *testing.T, sh http.Handler) {
	if w, doc := libSend(t, sh, "", libFile(t, trial())); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code, doc.Find("main").Text())
	}
	changed := trial()
	changed.Title = text3("Zmieniona")
	if w, doc := libSend(t, sh, "trial", libFile(t, changed)); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code, doc.Find("main").Text())
	}
	doc := libGet(t, sh, libOnePath+"trial")
	if doc.Find("h1").Text() != "Zmieniona" || doc.Find("table.table tbody tr").Length() != 2 || doc.Find("fieldset[disabled] textarea").Length() != 1 {
		t.Error(doc.Find("main").Text())
	}
	doc = libGet(t, sh, libOnePath+"trial?wersja=1&jezyk=uk")
	if doc.Find("h1").Text() != "Trial" || doc.Find("fieldset[disabled]").AttrOr("lang", "") != "uk" ||
		!strings.Contains(doc.Find("fieldset legend").First().Text(), "Single uk") || doc.Find(".seg [aria-current]").Text() != "ukraiński" {
		t.Error(doc.Find("main").Text())
	}
	if w, _ := libAsk(t, sh, "GET", libOnePath+"trial?wersja=3", "officer", "", nil); w.Code != http.StatusNotFound {
		t.Error(w.Code)
	}
	w, _ := libAsk(t, sh, "GET", libOnePath+"trial/plik?wersja=1", "officer", "", nil)
	back, err := Parse(w.Body)
	want := trial()
	want.Version = 1
	if err != nil || !reflect.DeepEqual(back, want) || w.Header().Get("Content-Disposition") != `attachment; filename="ankieta-trial-1.json"` {
		t.Error(err, w.Header())
	}
	paper := libGet(t, sh, libOnePath+"trial/druk?jezyk=en")
	if paper.Find(".paper .ask").Length() != 7 || paper.Find("main input, main textarea").Length() != 0 || !strings.Contains(paper.Find(".paper").Text(), "Survey trial, version 2") {
		t.Error(paper.Find("main").Text())
	}
}

func TestPaper(t *testing.T) {
	for _, lang := range i18n.Langs {
		for _, d := range append(Ready(), trial(), Sample()) {
			doc := formDoc(t, Paper(formPage(t, lang), d))
			n := 0
			for _, s := range d.Sections {
				n += len(s.Questions)
			}
			if doc.Find(".ask h3").Length() != n || doc.Find("h2").Length() != len(d.Sections) || doc.Find("[lang]").Length() != 0 {
				t.Error(lang, d.Code)
			}
		}
	}
	doc := formDoc(t, Paper(formPage(t, i18n.PL), trial()))
	asks := doc.Find(".ask")
	for i, want := range []struct{ sel, only string }{
		{"li .box.one", ""}, {"li .box.many", "Odpowiedz tylko wtedy, gdy odpowiedź na pytanie 1 to „yes”."}, {".scale .box.one", ""},
		{"td .box.one", ""}, {"li .box.number", ""}, {".line.short", "Odpowiedz tylko wtedy, gdy odpowiedź na pytanie 4.2 to „y”."}, {".line", ""},
	} {
		if a := asks.Eq(i); a.Find(want.sel).Length() == 0 || a.Find(".only").Text() != want.only {
			t.Error(i, a.Text())
		}
	}
	if got := doc.Find("section > .only").Text(); !strings.HasPrefix(got, "Wypełnij tę część tylko wtedy") {
		t.Error(got)
	}
}

// Every key that a check or a definition can name has its text, in every
// language with the same arguments.
func TestTextsOfFaults(t *testing.T) {
	c, err := i18n.Load(web.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	if faults := c.Check(); len(faults) > 0 {
		t.Error(faults)
	}
	broken := trial()
	broken.Sections[0].Questions[0].Kind, broken.Code, broken.Title = "slider", "Żółw", nil
	_, fields := trial().Check(Answers{"s": {"maybe"}, "sc": {"0"}, "t": {strings.Repeat("a", 11)}, "old": {"1"}})
	for _, f := range broken.Faults() {
		fields = append(fields, fault.Field{Name: f.Place, Key: f.Key, Args: f.Args})
	}
	for _, lang := range i18n.Langs {
		for _, f := range fields {
			if text := c.In(lang).T(f.Key, f.Args...); strings.Contains(text, "⟦") {
				t.Error(text)
			}
		}
	}
	if len(fields) < 8 {
		t.Error(fields)
	}
}
