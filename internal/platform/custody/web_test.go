package custody

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// site is a kit with the pages of keys, of an owner that asks for a trial.
type site struct {
	*kit
	http.Handler
	view  View
	after []Change
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{kit: newKit(t, testkit.SQLite(t, modules)), view: View{MayMake: true, Trial: true, Title: "Budżet szkoły", Intro: "Głosy leżą w kopertach.",
		Lost: "Głosowanie trzeba powtórzyć.", Nobody: "Wyznacz osoby.", Next: web.Step{What: "Otwarcie głosowania."}}}
	files, err := assets.Load()
	s.must(err)
	sh := web.New(web.Config{Catalog: s.catalog, Assets: files, Log: slog.New(slog.DiscardHandler), Now: s.clock.now},
		func(h http.Handler) http.Handler { return h },
		func(r *web.Request) web.Viewer {
			return web.Viewer{SignedIn: true, Person: r.Header.Get("Test-Who")}
		})
	s.Mount(sh, "/sprawa/{id}/klucz", web.Public, awake{}, s)
	sh.Handle("GET /sprawa/{id}/otwarcie", web.Public, func(w http.ResponseWriter, r *web.Request) error {
		b, err := s.Bringing(r, box(r.PathValue("id")), ToOpen, r.Header.Get("Test-Who"), "/x")
		if err != nil {
			return err
		}
		return r.Render(w, Bring(r.Page(w, "Otwarcie"), *b))
	})
	s.Handler = sh
	return s
}

// awake asks whoever sat there for long to show that it is still them.
type awake struct{}

func (awake) Name() string { return "awake" }

func (awake) Allow(r *web.Request) error {
	if r.Header.Get("Test-Tired") != "" {
		return &web.Detour{Path: "/dowod", Err: fault.New(fault.Forbidden, "fault.forbidden")}
	}
	return nil
}

func (s *site) Key(r *web.Request) (View, error) {
	v, who := s.view, r.Header.Get("Test-Who")
	if r.PathValue("id") != "1" {
		return v, fault.ErrNotFound
	}
	v.Box, v.Path, v.By = box("1"), "/sprawa/1/klucz", audit.By{Person: who}
	if who != "boss" {
		v.Refused = fault.New(fault.Forbidden, "fault.forbidden")
	}
	return v, nil
}

func (s *site) Keepers(*web.Request, Box) ([]string, error) { return []string{"a", "b", "boss"}, nil }

func (s *site) After(_ context.Context, _ *db.Tx, _ Box, what Change, k Key) error {
	if what == WasMade && len(k.Keepers) != Parts {
		s.t.Error("the owner is told before it is done")
	}
	s.after = append(s.after, what)
	return nil
}

// ask sends a request; a nil form is a GET.
func (s *site) ask(path, as string, form url.Values) (*httptest.ResponseRecorder, *goquery.Document) {
	s.t.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, path, body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if name, tired := strings.CutPrefix(as, "tired "); tired {
		as = name
		r.Header.Set("Test-Tired", "yes")
	}
	r.Header.Set("Test-Who", as)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if text := w.Body.String(); strings.Contains(text, "⟦") {
		s.t.Errorf("%s %s: a text is missing: %.80s", method, path, text[strings.Index(text, "⟦"):])
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(w.Body.String()))
	s.must(err)
	return w, doc
}

// want asks and compares the status.
func (s *site) want(status int, path, as string, form url.Values) *goquery.Document {
	s.t.Helper()
	w, doc := s.ask(path, as, form)
	if w.Code != status {
		s.t.Errorf("%s as %q: %d, want %d: %.300s", path, as, w.Code, status, doc.Find("main").Text())
	}
	return doc
}

const at = "/sprawa/1/klucz"

func share(text string) url.Values { return url.Values{fieldShare: {text}} }

func TestDoorsRefuse(t *testing.T) {
	s := newSite(t)
	shares := s.make("1", "a", "b")
	for _, c := range []struct {
		path, as string
		form     url.Values
		status   int
	}{
		{"/sprawa/2/klucz", "boss", nil, http.StatusNotFound},
		{at, "c", nil, http.StatusForbidden},
		{at, "a", url.Values{fieldKeeper: {"a", "b"}, fieldAgain: {"tak"}}, http.StatusForbidden},
		{at + "/plik", "a", share(shares[0]), http.StatusForbidden},
		{at + "/osoba", "a", share("2"), http.StatusForbidden},
		{at + "/potwierdzenie", "c", share(shares[0]), http.StatusForbidden},
		{at + "/proba", "c", share(shares[0]), http.StatusForbidden},
		{at + "/proba", "boss", share(shares[2]), http.StatusForbidden},
		{at, "boss", url.Values{fieldKeeper: {"a", "b"}}, http.StatusConflict}, // the page is sent again
		{at, "boss", url.Values{fieldKeeper: {"a"}, fieldAgain: {"tak"}}, http.StatusUnprocessableEntity},
		{at, "boss", url.Values{fieldKeeper: {"a", "c"}, fieldAgain: {"tak"}}, http.StatusBadRequest},
		{at + "/plik", "boss", share("<script>"), http.StatusUnprocessableEntity},
		{at + "/osoba", "boss", share("dwa"), http.StatusBadRequest},
		{at + "/osoba", "boss", share("2"), http.StatusUnprocessableEntity}, // one press is not enough
		{at + "/potwierdzenie", "a", share(shares[1]), http.StatusUnprocessableEntity},
	} {
		s.want(c.status, c.path, c.as, c.form)
	}
	if k := s.key("1"); k.Keepers.Usable() != 0 || len(s.after) != 0 {
		t.Error("something was done", s.after)
	}
	slip := strings.Replace(shares[0], shares[0][10:12], "22", 1)
	for _, below := range []string{"/potwierdzenie", "/proba"} {
		bad := s.want(http.StatusUnprocessableEntity, at+below, "a", share(slip))
		if bad.Find("#udzial[aria-invalid]").Length() != 1 || strings.Contains(bad.Find("textarea").Text(), "22") {
			t.Error("the slip is not shown at the field, or a secret is drawn again")
		}
		s.must(s.Confirm(t.Context(), as("a", "1"), shares[0]))
	}
	s.view.Trial = false
	s.want(http.StatusNotFound, at+"/proba", "a", share(shares[0]))
}

// TestActsAskForProof: who sat there for long makes no key and opens no trial, and is
// led away before a share is typed. A share is confirmed and taken along all the same.
func TestActsAskForProof(t *testing.T) {
	s := newSite(t)
	const way = `a[href="/dowod?dalej=%2Fsprawa%2F1%2Fklucz"]`
	if page := s.want(200, at, "tired boss", nil); page.Find(way).Length() != 1 || page.Find("input[name=osoba]").Length() != 0 {
		t.Error("a key can be begun without proof")
	}
	s.want(http.StatusForbidden, at, "tired boss", url.Values{fieldKeeper: {"a", "b"}})
	if s.key("1").Public != "" {
		t.Fatal("a key was made")
	}
	shares := s.make("1", "a", "b")
	s.want(200, at+"/plik", "tired boss", share(shares[0]))
	s.want(http.StatusSeeOther, at+"/potwierdzenie", "tired a", share(shares[0]))
	if page := s.want(200, at, "tired a", nil); page.Find(way).Length() != 1 || page.Find("textarea").Length() != 0 {
		t.Error("a share for the trial can be typed without proof")
	}
	if page := s.want(200, at, "a", nil); page.Find(way).Length() != 0 || page.Find("textarea").Length() != 1 {
		t.Error("proof is asked for again")
	}
	s.want(http.StatusForbidden, at+"/proba", "tired a", share(shares[0]))
	s.want(http.StatusSeeOther, at+"/proba", "a", share(shares[0]))
	if s.want(http.StatusForbidden, at+"/proba", "tired b", share(shares[1])); s.key("1").Tried {
		t.Error("the trial was opened")
	}
}

// TestKeyInTheBrowser is the way of a key over its pages: made, handed out,
// confirmed, tried.
func TestKeyInTheBrowser(t *testing.T) {
	s := newSite(t)
	page := s.want(200, at, "boss", nil)
	if text := page.Find("main").Text(); !strings.Contains(text, "Głosowanie trzeba powtórzyć") || !strings.Contains(text, "Trzeba zrobić klucz") || page.Find("input[name=osoba]:checked").Length() != 3 {
		t.Error(text)
	}
	w, doc := s.ask(at, "boss", url.Values{fieldKeeper: {"a", "b"}})
	if w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatal(w.Code, w.Header())
	}
	var shares []string
	doc.Find("pre").Each(func(_ int, pre *goquery.Selection) { shares = append(shares, pre.Text()) })
	sheets := doc.Find("section.sheet")
	if len(shares) != 3 || sheets.Length() != 3 || !strings.Contains(sheets.Eq(1).Text(), "tylko Osoba b") || !strings.Contains(sheets.Eq(2).Text(), "tylko do depozytu") ||
		!strings.Contains(sheets.Eq(0).Text(), "Budżet szkoły") || !strings.Contains(sheets.Eq(0).Text(), "http://example.com"+at) || doc.Find("[data-promise=next]").Length() != 1 {
		t.Fatal(doc.Find("main").Text())
	}
	w, _ = s.ask(at+"/plik", "boss", share(shares[0]))
	if !strings.Contains(w.Body.String(), strings.TrimSpace(shares[0])) || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
		t.Error(w.Code, w.Header())
	}
	for i, who := range []string{"a", "b", "boss"} {
		if page := s.want(200, at, who, nil); page.Find("textarea").Length() != 1 {
			t.Errorf("%s sees %d fields for a share", who, page.Find("textarea").Length())
		}
		s.want(http.StatusSeeOther, at+"/potwierdzenie", who, share(shares[i]))
	}
	if page := s.want(200, at, "boss", nil); !strings.Contains(page.Find("main").Text(), "muszą otworzyć kopertę próbną") || page.Find("textarea").Length() != 0 {
		t.Error(page.Find("main").Text())
	}
	s.want(http.StatusSeeOther, at+"/proba", "a", share(shares[0]))
	if page := s.want(200, at, "a", nil); page.Find("textarea").Length() != 0 {
		t.Error("the same keeper is asked for the second share")
	}
	if page := s.want(200, at, "b", nil); !strings.Contains(page.Find("#proba").Parent().Text(), "Osoba a") {
		t.Error(page.Find("main").Text())
	}
	s.want(http.StatusSeeOther, at+"/proba", "b", share(shares[1]))
	if page := s.want(200, at, "b", nil); !strings.Contains(page.Find("main").Text(), "klucz działa") || !strings.Contains(page.Find("main").Text(), "Otwarcie głosowania.") {
		t.Error(page.Find("main").Text())
	}
	if got := s.after; !slices.Equal(got, []Change{WasMade, WasConfirmed, WasConfirmed, WasConfirmed, WasTried}) {
		t.Error(got)
	}
	if page := s.want(http.StatusUnprocessableEntity, at+"/osoba", "boss", share("2")); page.Find("details[open][data-lost='2'] #utrata-2").Length() != 1 || page.Find("details[open]").Length() != 1 {
		t.Error(page.Find("main").Text())
	}
	s.want(http.StatusSeeOther, at+"/osoba", "boss", url.Values{fieldShare: {"2"}, fieldLost: {"tak"}})
	s.view.MayMake = false
	s.must(s.Gone(t.Context(), as("boss", "1"), 1, true))
	if page := s.want(200, at, "boss", nil); !strings.Contains(page.Find("main").Text(), "Dostępny jest 1") || page.Find("input[name=wraca]").Length() != 2 {
		t.Error(page.Find("main").Text())
	}
}

func TestBringingIsDrawn(t *testing.T) {
	s := newSite(t)
	shares := s.ready("1")
	if page := s.want(200, "/sprawa/1/otwarcie", "a", nil); page.Find("form[action='/x'] textarea").Length() != 1 || !strings.Contains(page.Text(), "Podaję udział") {
		t.Error(page.Text())
	}
	_, err := s.Bring(t.Context(), as("a", "1"), shares[0])
	s.must(err)
	if page := s.want(200, "/sprawa/1/otwarcie", "a", nil); page.Find("form").Length() != 0 {
		t.Error("the same person is asked for the second share")
	}
	if page := s.want(200, "/sprawa/1/otwarcie", "boss", nil); !strings.Contains(page.Text(), "Osoba a") || !strings.Contains(page.Find("button").Text(), "Otwieram koperty") {
		t.Error(page.Text())
	}
}

// TestMessages compares the languages: what is missing in one would be a key on
// a page.
func TestMessages(t *testing.T) {
	keys := map[i18n.Lang][]string{}
	for _, lang := range []i18n.Lang{i18n.PL, i18n.EN, i18n.UK} {
		text, err := Messages.ReadFile("messages/" + string(lang) + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var all map[string]any
		if err := json.Unmarshal(text, &all); err != nil {
			t.Fatal(err)
		}
		keys[lang] = slices.Sorted(maps.Keys(all))
		for _, lack := range []Lack{NoKey, Unconfirmed, Untried} {
			if all["custody.lack."+string(lack)] == nil || all["custody.who."+string(lack)] == nil {
				t.Errorf("%s has no words for %q", lang, lack)
			}
		}
	}
	if !slices.Equal(keys[i18n.PL], keys[i18n.EN]) || !slices.Equal(keys[i18n.PL], keys[i18n.UK]) {
		t.Error("the languages differ")
	}
}
