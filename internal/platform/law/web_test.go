package law

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// who lets in whom the header names: "" is a stranger, "officer" may all.
type who struct{}

func (who) Name() string { return "law" }

func (who) Allow(r *web.Request) error {
	switch r.Header.Get("Test-Who") {
	case "":
		return fault.New(fault.SignedOut, "fault.signed_out")
	case "officer":
		return nil
	}
	return fault.New(fault.Forbidden, "fault.forbidden")
}

func shell(t *testing.T, s *Service) *web.Shell {
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
		func(r *web.Request) web.Viewer {
			return web.Viewer{SignedIn: r.Header.Get("Test-Who") != "", Name: "Ewa Nowak"}
		})
	s.Routes(sh, Doors{Law: who{}, By: func(*web.Request) audit.By { return officer }})
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
	if strings.Contains(w.Body.String(), "⟦") {
		t.Errorf("%s %s: a text is missing: %s", method, path, w.Body.String()[strings.Index(w.Body.String(), "⟦"):][:60])
	}
	return w, doc
}

func TestDoors(t *testing.T) {
	sh := shell(t, service(t, testkit.SQLite(t, modules)))
	one := officePath + "/" + AuditKeep
	for _, tt := range []struct {
		method, path, as string
		want             int
	}{
		{"GET", officePath, "", http.StatusSeeOther},
		{"GET", officePath, "teacher", http.StatusForbidden},
		{"GET", one, "teacher", http.StatusForbidden},
		{"POST", one, "teacher", http.StatusForbidden},
		{"POST", one + "/wycofaj", "teacher", http.StatusForbidden},
		{"POST", one + "/sprawdzone", "", http.StatusUnauthorized},
		{"GET", officePath + "/law.nobody", "officer", http.StatusNotFound},
		{"POST", officePath + "/law.nobody", "officer", http.StatusNotFound},
		{"GET", publicPath, "", http.StatusOK},
		{"GET", officePath, "officer", http.StatusOK},
		{"GET", one, "officer", http.StatusOK},
	} {
		if w, _ := ask(t, sh, tt.method, tt.path, tt.as, nil); w.Code != tt.want {
			t.Errorf("%s %s as %q: %d", tt.method, tt.path, tt.as, w.Code)
		}
	}
}

func TestPublicPage(t *testing.T) {
	s := service(t, testkit.SQLite(t, modules))
	_, doc := ask(t, shell(t, s), "GET", publicPath, "", nil)
	rows := doc.Find("table tbody tr")
	if rows.Length() != len(Platform()) {
		t.Fatalf("%d rows", rows.Length())
	}
	if first := rows.First(); !strings.Contains(first.Find("td").First().Text(), "24 miesiące") || first.Find(".tag.warn").Text() != "jeszcze niesprawdzone" {
		t.Error(first.Text())
	}
	if doc.Find("main a[href^='"+officePath+"'], main form").Length() != 0 {
		t.Error("the public page offers changes")
	}
}

func TestFormsOfOneParameter(t *testing.T) {
	s := service(t, testkit.SQLite(t, modules))
	sh := shell(t, s)
	one := officePath + "/" + PublicInformation
	w, doc := ask(t, sh, "POST", one, "officer", url.Values{fieldValue: {"czternaście"}, fieldFrom: {"2026-12-01"}, fieldBasis: {"<b>art. 13</b>"}})
	if w.Code != http.StatusUnprocessableEntity || doc.Find("#errsum a[href='#"+fieldValue+"']").Length() != 1 {
		t.Errorf("%d", w.Code)
	}
	if v, _ := doc.Find("#" + fieldBasis).Attr("value"); v != "<b>art. 13</b>" {
		t.Errorf("what was typed is lost: %q", v)
	}
	w, _ = ask(t, sh, "POST", one, "officer", url.Values{fieldValue: {"10"}, fieldFrom: {"2026-12-01"}, fieldBasis: {"art. 13 ust. 1"}, fieldVerified: {"1"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != one {
		t.Fatalf("%d %s", w.Code, w.Header().Get("Location"))
	}
	_, doc = ask(t, sh, "GET", one, "officer", nil)
	items := doc.Find("ol.list > li")
	if items.Length() != 2 || !strings.Contains(items.First().Text(), "Ewa Nowak") || items.Eq(1).Find(".tag.ok").Text() != "obowiązuje" {
		t.Error(items.Text())
	}
	id, _ := items.First().Attr("data-row")
	w, _ = ask(t, sh, "POST", one+"/wycofaj", "officer", url.Values{"wiersz": {id}, fieldReason: {"pomyłka"}})
	if w.Code != http.StatusSeeOther {
		t.Fatal(w.Code)
	}
	_, doc = ask(t, sh, "GET", one, "officer", nil)
	if got := doc.Find("ol.list > li").First(); got.Find(".tag.bad").Length() != 1 || !strings.Contains(got.Text(), "pomyłka") {
		t.Error(got.Text())
	}
}
