package survey

import (
	"context"
	"fmt"
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
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/privacy"
	"kladka/internal/platform/seal"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// roundGuard lets in whoever the header names.
type roundGuard struct{}

func (roundGuard) Name() string { return "own" }

func (roundGuard) Allow(r *web.Request) error {
	if r.Header.Get("Test-Who") == "" {
		return fault.New(fault.SignedOut, "fault.signed_out")
	}
	return nil
}

// Officers makes o1, o2 and o3 the people who may keep shares.
func (o *roundOwner) Officers(context.Context, *web.Request, Round) ([]string, error) {
	return []string{"o1", "o2", "o3", "p01"}, nil
}

// roundSite is a kit with its pages. What is logged is in log.
type roundSite struct {
	*roundKit
	http.Handler
	log *strings.Builder
}

// roundAwake lets in those of roundGuard who were not called tired.
type roundAwake struct{ roundGuard }

func (roundAwake) Name() string { return "awake" }

func (g roundAwake) Allow(r *web.Request) error {
	if r.Header.Get("Test-Tired") != "" {
		return &web.Detour{Path: "/dowod", Err: fault.New(fault.Forbidden, "fault.forbidden")}
	}
	return g.roundGuard.Allow(r)
}

func newRoundSite(t *testing.T) *roundSite {
	t.Helper()
	k := newRoundKit(t, testkit.SQLite(t, roundModules))
	catalog, err := i18n.Load(web.Messages, privacy.Messages, seal.Messages, custody.Messages, Messages)
	k.must(err)
	files, err := assets.Load()
	k.must(err)
	s := &roundSite{roundKit: k, log: &strings.Builder{}}
	k.catalog = catalog
	who := func(r *web.Request) string { return r.Header.Get("Test-Who") }
	sh := web.New(web.Config{Catalog: catalog, Assets: files, Log: slog.New(slog.NewTextHandler(s.log, nil)), Now: k.clock.now},
		func(h http.Handler) http.Handler { return h },
		func(r *web.Request) web.Viewer {
			return web.Viewer{SignedIn: who(r) != "", Person: who(r), Name: "Osoba " + who(r)}
		})
	k.Routes(sh, Doors{Own: roundGuard{}, Fresh: roundAwake{}, Library: roundGuard{}, Public: web.Public,
		By: func(r *web.Request) audit.By { return roundBy(who(r)) }, Person: who})
	s.Handler = sh
	return s
}

// ask sends a request; a nil form is a GET.
func (s *roundSite) ask(path, as string, form url.Values) (*httptest.ResponseRecorder, *goquery.Document) {
	s.t.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if name, tired := strings.CutPrefix(as, "tired "); tired {
		as = name
		r.Header.Set("Test-Tired", "yes")
	}
	if as != "" {
		r.Header.Set("Test-Who", as)
	}
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
func (s *roundSite) want(status int, path, as string, form url.Values) *goquery.Document {
	s.t.Helper()
	w, doc := s.ask(path, as, form)
	if w.Code != status {
		s.t.Errorf("%s as %q: %d, want %d: %.300s", path, as, w.Code, status, doc.Find("main").Text())
	}
	return doc
}

// fields are the hidden fields of the questionnaire on a page, to be sent with
// what is typed and the button that is pressed.
func roundFields(doc *goquery.Document, step string, pairs ...string) url.Values {
	form := url.Values{fieldStep: {step}}
	doc.Find("form#ankieta input[type=hidden]").Each(func(_ int, i *goquery.Selection) {
		if name := i.AttrOr("name", ""); !strings.HasPrefix(name, "_") {
			form.Add(name, i.AttrOr("value", ""))
		}
	})
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form
}

func TestRoundMessages(t *testing.T) {
	catalog, err := i18n.Load(web.Messages, privacy.Messages, seal.Messages, custody.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range catalog.Check() {
		t.Error(f)
	}
}

func TestRoundDoors(t *testing.T) {
	s := newRoundSite(t)
	id, _ := s.start(Anonymous, 12)
	one := Path(id)
	for _, tt := range []struct {
		path, as string
		form     url.Values
		want     int
	}{
		{one, "", nil, http.StatusSeeOther}, {one, "", url.Values{}, http.StatusUnauthorized},
		{one, "stranger", nil, http.StatusForbidden}, {one, "stranger", url.Values{fieldForm: {NewForm()}, fieldDefinition: {string(s.def)}}, http.StatusForbidden},
		{Path("none"), "p01", nil, http.StatusNotFound},
		{one + "/sp1/" + strings.Repeat("0", 32), "", nil, http.StatusNotFound},
		{one + "/sp1/" + strings.Repeat("0", 32), "", url.Values{}, http.StatusNotFound},
		{one + "/papier", "p01", nil, http.StatusForbidden}, {one + "/papier/sp2", "secretary", nil, http.StatusForbidden},
		{one + "/papier/sp2", "secretary", url.Values{fieldOfficer: {"p02"}}, http.StatusForbidden},
		{one + "/papier/sp2/link", "secretary", url.Values{fieldSeats: {"3"}}, http.StatusForbidden},
		{one + "/papier/sp2/formularz", "secretary", url.Values{}, http.StatusForbidden},
		{one + "/przebieg", "p01", nil, http.StatusForbidden},
		{one + "/miejsca/sp1", "secretary", nil, http.StatusForbidden}, {one + "/miejsca/sp1", "secretary", url.Values{fieldSeats: {"400"}}, http.StatusForbidden},
		{one + "/miejsca/sp1", "boss", nil, http.StatusNotFound}, {one + "/miejsca/sp1", "boss", url.Values{fieldSeats: {"400"}}, http.StatusNotFound},
		{one + "/klucz", "p01", nil, http.StatusForbidden}, {one + "/klucz", "o1", url.Values{fieldOfficer: {"o1", "o2"}}, http.StatusForbidden},
		{one + "/klucz/osoba", "o1", url.Values{custody.ShareField: {"1"}}, http.StatusForbidden}, {one + "/klucz/plik", "o1", url.Values{}, http.StatusForbidden},
		{one + "/otwarcie", "p01", nil, http.StatusForbidden}, {one + "/otwarcie", "p01", url.Values{custody.ShareField: {"x"}}, http.StatusForbidden},
		{one + "/druk", "p01", nil, http.StatusForbidden},
		{"/ankiety/" + string(id), "", nil, http.StatusSeeOther},
		{one, "guest", nil, http.StatusOK}, {one + "/przebieg", "boss", nil, http.StatusOK}, {one + "/klucz", "o1", nil, http.StatusOK},
		{one + "/druk", "secretary", nil, http.StatusOK}, {one + "/druk", "boss", nil, http.StatusOK}, {one + "/wyniki", "p01", nil, http.StatusOK},
		{one + "/papier", "secretary", nil, http.StatusSeeOther}, {one + "/papier/sp1", "secretary", nil, http.StatusOK},
	} {
		s.want(tt.want, tt.path, tt.as, tt.form)
	}
	if named := s.plan(Named, 3); true {
		s.want(http.StatusNotFound, Path(named)+"/klucz", "boss", nil)
		s.want(http.StatusConflict, Path(named), "p01", nil)
	}
}

func TestAnswerPage(t *testing.T) {
	s := newRoundSite(t)
	id, _ := s.start(Anonymous, 12)
	tab := s.want(200, Path(id), "p01", nil)
	doc := s.want(200, Path(id), "p01", nil)
	door, first := doc.Find("[data-oneway]"), doc.Find("form#ankieta")
	if html, _ := doc.Html(); door.Length() != 1 || strings.Index(html, "data-oneway") > strings.Index(html, `id="ankieta"`) || first.Length() != 1 {
		t.Error("the one-way door does not stand before the first question")
	}
	if !strings.Contains(door.Text(), "Osoba o1 i Osoba o2") || doc.Find("[data-promise=who-sees]").Length() != 1 || doc.Find("button[value=zapisz]").Length() != 0 {
		t.Error(door.Text())
	}
	if robots := doc.Find("meta[name=robots]").AttrOr("content", ""); robots != "noindex" {
		t.Error(robots)
	}
	refused := s.want(http.StatusUnprocessableEntity, Path(id), "p01", roundFields(doc, "wysylam", "q.words", "Zdanie, które zostaje"))
	if !strings.Contains(refused.Find("textarea").Text(), "Zdanie, które zostaje") || refused.Find("#errsum a[href='#q.topic']").Length() != 1 {
		t.Error("what was typed is lost, or the fault is not named")
	}
	sent := roundFields(refused, "wysylam", "q.topic", "law")
	before := s.dump()
	for range 2 { // pressed twice
		w, _ := s.ask(Path(id), "p01", sent)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != Path(id)+"/dziekujemy" || w.Header().Get("X-Request-Id") != "" {
			t.Error(w.Code, w.Header())
		}
	}
	for table, rows := range s.dump() { // the whole way, and not the service alone
		if gone, came := differ(before[table], rows); len(gone)+len(came) > 0 && table != "survey_envelopes" && table != "survey_invited" {
			t.Errorf("%s changed: %q became %q", table, gone, came)
		}
	}
	thanks := s.want(200, Path(id)+"/dziekujemy", "p01", nil)
	if !strings.Contains(thanks.Text(), "zaklejonej kopercie") || thanks.Find("[data-promise=next]").Length() != 1 {
		t.Error(thanks.Find("main").Text())
	}
	if again := s.want(200, Path(id), "p01", nil); again.Find("form#ankieta").Length() != 0 {
		t.Error("an anonymous survey can be answered again")
	}
	s.want(http.StatusConflict, Path(id), "p01", roundFields(tab, "wysylam", "q.topic", "tiki"))
	doc = s.want(200, Path(id), "p02", nil)
	sent = roundFields(doc, "wysylam", "q.topic", "law", "q.words", "Moje słowa")
	sent.Set(fieldDefinition, "an older one")
	if kept := s.want(http.StatusConflict, Path(id), "p02", sent); !strings.Contains(kept.Find("textarea").Text(), "Moje słowa") {
		t.Error("what was typed for the older questions is lost")
	}
	s.clock.add(7 * 24 * time.Hour)
	if late := s.want(http.StatusConflict, Path(id), "p02", roundFields(doc, "wysylam", "q.topic", "law")); !strings.Contains(late.Text(), "29.11.2026") {
		t.Error(late.Find("main").Text())
	}
	if strings.Contains(s.log.String(), "ankieta") {
		t.Error("a quiet door was logged: ", s.log)
	}
}

func TestAnswerByPart(t *testing.T) {
	s := newRoundSite(t)
	id, _ := s.start(Confidential, 3)
	doc := s.want(200, Path(id)+"?po=1", "p01", nil)
	if doc.Find("[name='q.words']").Length() != 0 || doc.Find("[name='q.topic']").Length() != 3 || doc.Find("[data-oneway]").Length() != 0 {
		t.Error("not the first part alone")
	}
	if refused := s.want(http.StatusUnprocessableEntity, Path(id), "p01", roundFields(doc, "dalej")); refused.Find("#errsum").Length() != 1 {
		t.Error("a required question was passed by")
	}
	second := s.want(200, Path(id), "p01", roundFields(doc, "dalej", "q.topic", "math"))
	if second.Find("input[type=hidden][name='q.topic']").AttrOr("value", "") != "math" || second.Find("textarea[name='q.words']").Length() != 1 {
		t.Error("the answer of the first part is not carried on")
	}
	back := s.want(200, Path(id), "p01", roundFields(second, "wstecz", "q.words", "Słowa"))
	if back.Find("[name='q.topic'][checked]").AttrOr("value", "") != "math" || back.Find("input[type=hidden][name='q.words']").AttrOr("value", "") != "Słowa" {
		t.Error("going back loses answers")
	}
	w, _ := s.ask(Path(id), "p01", roundFields(second, "zapisz", "q.words", "Zaczęte"))
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != Path(id) {
		t.Error(w.Code, w.Header())
	}
	resumed := s.want(200, Path(id), "p01", nil)
	if strings.TrimSpace(resumed.Find("textarea").Text()) != "Zaczęte" {
		t.Error("the draft is not there")
	}
	s.want(http.StatusSeeOther, Path(id), "p01", roundFields(resumed, "wysylam", "q.topic", "law"))
	if changed := s.want(200, Path(id), "p01", nil); changed.Find("[name='q.topic'][checked]").AttrOr("value", "") != "law" {
		t.Error("what was sent is not drawn again")
	}
	if n := s.count(`select count(*) from survey_drafts`); n != 0 {
		t.Errorf("%d drafts are left", n)
	}
}

func TestLinkAndPaperPages(t *testing.T) {
	s := newRoundSite(t)
	id, _ := s.start(Anonymous, 12)
	unit := paperPath(id, "sp1")
	s.want(http.StatusUnprocessableEntity, unit+"/link", "secretary", url.Values{fieldSeats: {"x"}})
	s.want(http.StatusSeeOther, unit+"/link", "secretary", url.Values{fieldSeats: {"1"}})
	page := s.want(200, unit, "secretary", nil)
	address, err := url.Parse(page.Find("#adres").AttrOr("value", ""))
	s.must(err)
	doc := s.want(200, address.Path, "", nil)
	if text := doc.Text(); !strings.Contains(text, "Szkoła sp1") || !strings.Contains(text, "wykorzystano 0 z 1") || doc.Find("meta[name=robots]").Length() != 1 {
		t.Error(doc.Find("main").Text())
	}
	w, _ := s.ask(address.Path, "", roundFields(doc, "wysylam", "q.topic", "law"))
	if w.Header().Get("Location") != address.Path+"/dziekujemy" {
		t.Error(w.Code, w.Header())
	}
	s.want(200, address.Path+"/dziekujemy", "", nil)
	s.want(http.StatusConflict, address.Path, "", nil)
	s.want(http.StatusSeeOther, address.Path, "", roundFields(doc, "wysylam", "q.topic", "law")) // the same form
	other := roundFields(doc, "wysylam", "q.topic", "law")
	other.Set(fieldForm, NewForm())
	if full := s.want(http.StatusConflict, address.Path, "", other); !strings.Contains(full.Text(), "Wszystkie miejsca tego linku (1)") {
		t.Error(full.Find("main").Text())
	}
	s.want(http.StatusUnprocessableEntity, unit, "secretary", url.Values{})
	s.want(http.StatusSeeOther, unit, "secretary", url.Values{fieldOfficer: {"p01", "p03"}})
	for range 2 {
		doc = s.want(200, unit+"/formularz", "secretary", nil)
		if doc.Find("[data-oneway]").Length() != 0 {
			t.Error("the secretary is asked to trust the envelope")
		}
		s.want(http.StatusSeeOther, unit+"/formularz", "secretary", roundFields(doc, "wysylam", "q.topic", "tiki"))
	}
	s.want(http.StatusSeeOther, unit+"/formularz", "secretary", nil) // all are in
	if n := s.count(`select count(*) from survey_envelopes`); n != 3 {
		t.Errorf("%d envelopes", n)
	}
	run := s.want(200, Path(id)+"/przebieg", "boss", nil)
	if rows := run.Find("tbody tr"); rows.Length() != 2 || !strings.Contains(rows.First().Text(), "wykorzystano 1 z 1") {
		t.Error(rows.Text())
	}
}

// TestKeyToResults is the way of a key in the browser: made, handed out,
// confirmed, brought back by two, and gone.
func TestKeyToResults(t *testing.T) {
	s := newRoundSite(t)
	id := s.plan(Anonymous, 12)
	key, opening := Path(id)+"/klucz", Path(id)+"/otwarcie"
	s.want(http.StatusUnprocessableEntity, key, "boss", url.Values{fieldOfficer: {"o1"}})
	s.want(http.StatusBadRequest, key, "boss", url.Values{fieldOfficer: {"o1", "somebody"}})
	s.want(http.StatusForbidden, key, "tired boss", url.Values{fieldOfficer: {"o1", "o2"}})
	s.want(http.StatusForbidden, opening, "tired o1", url.Values{custody.ShareField: {"x"}})
	w, doc := s.ask(key, "boss", url.Values{fieldOfficer: {"o1", "o2"}})
	if w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatal(w.Code, w.Header())
	}
	var shares []string
	doc.Find("pre").Each(func(_ int, pre *goquery.Selection) { shares = append(shares, pre.Text()) })
	if len(shares) != 3 {
		t.Fatal(shares)
	}
	sheets := doc.Find("section.sheet") // each is printed on a page of its own
	if sheets.Length() != 3 || !strings.Contains(sheets.Eq(1).Text(), "Ten udział dostaje tylko Osoba o2") || !strings.Contains(sheets.Eq(2).Text(), "tylko do depozytu") ||
		!strings.Contains(doc.Find("main").Text(), "widzi na ekranie wszystkie udziały") {
		t.Error(doc.Find("main").Text())
	}
	s.want(http.StatusConflict, key, "boss", url.Values{fieldOfficer: {"o1", "o2"}}) // the page is sent again
	w, _ = s.ask(key+"/plik", "boss", url.Values{custody.ShareField: {shares[0]}})
	if w.Code != 200 || !strings.Contains(w.Body.String(), strings.TrimSpace(shares[0])) || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
		t.Error(w.Code, w.Header())
	}
	if w, _ = s.ask(key+"/plik", "boss", url.Values{custody.ShareField: {"<script>"}}); w.Code != http.StatusUnprocessableEntity {
		t.Error("anything is given back as a file")
	}
	broken := strings.Replace(shares[0], shares[0][10:12], "22", 1)
	if bad := s.want(http.StatusUnprocessableEntity, key+"/potwierdzenie", "o1", url.Values{custody.ShareField: {broken}}); bad.Find("#udzial[aria-invalid]").Length() != 1 || strings.Contains(bad.Find("textarea").Text(), "22") {
		t.Error("the slip is not shown at the field, or a secret is drawn again")
	}
	for i, who := range []string{"o1", "o2", "boss"} {
		s.want(http.StatusSeeOther, key+"/potwierdzenie", who, url.Values{custody.ShareField: {shares[i]}})
	}
	s.must(s.Open(t.Context(), roundBoss, id))
	for _, p := range roundPeople(11) {
		s.must(s.Answer(t.Context(), id, p.Person, "", s.given("topic", "law", "words", "Zdanie")))
	}
	s.want(http.StatusConflict, opening, "o1", url.Values{custody.ShareField: {shares[0]}})
	s.must(s.Close(t.Context(), roundBoss, id))
	s.want(http.StatusSeeOther, opening, "o1", url.Values{custody.ShareField: {shares[0]}})
	if page := s.want(200, opening, "o1", nil); page.Find("textarea").Length() != 0 {
		t.Error("the same officer is asked for the second share")
	}
	if page := s.want(200, opening, "o2", nil); !strings.Contains(page.Text(), "Osoba o1") {
		t.Error(page.Find("main").Text())
	}
	s.want(http.StatusSeeOther, opening, "o2", url.Values{custody.ShareField: {shares[1]}})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	s.must(s.Wait(ctx))
	if page := s.want(200, opening, "o2", nil); !strings.Contains(page.Find("dl.facts").Text(), "Odpowiedzi odczytane") {
		t.Error(page.Find("main").Text())
	}
	s.want(200, Path(id)+"/wyniki", "boss", nil)
	s.want(200, Path(id)+"/przebieg", "boss", nil)
	s.want(http.StatusConflict, Path(id), "p01", nil)
}

// TestFewAreNotCounted asks four people, and one of them on paper: neither page
// says who kept silent, and the one answer stays one.
func TestFewAreNotCounted(t *testing.T) {
	s := newRoundSite(t)
	id, _ := s.start(Confidential, 4)
	unit := paperPath(id, "sp1")
	s.want(http.StatusSeeOther, unit, "secretary", url.Values{fieldOfficer: {"p01"}})
	s.want(http.StatusConflict, Path(id), "p01", nil)
	s.must(s.Close(t.Context(), roundBoss, id))
	facts := s.want(200, Path(id)+"/wyniki", "boss", nil).Find("dd")
	if facts.Length() < 2 {
		t.Error("no figures")
	}
	for _, fact := range facts.EachIter() {
		if text := strings.TrimSpace(fact.Text()); text == "4" || text == "1" {
			t.Errorf("of four people the page says %q", text)
		}
	}
}

func TestSurveyPurposes(t *testing.T) {
	testkit.EachDB(t, roundModules, func(t *testing.T, d *db.DB) {
		k, ctx := newRoundKit(t, d), t.Context()
		purposes := k.Purposes()
		privacy.NewRegistry().Declare(purposes...)
		anonymous, _ := k.start(Anonymous, 12)
		confidential, _ := k.start(Confidential, 3)
		k.must(k.Answer(ctx, anonymous, "p01", "", k.given("topic", "law")))
		k.must(k.Answer(ctx, confidential, "p01", "", k.given("topic", "law", "words", "Moje")))
		k.must(k.SaveDraft(ctx, confidential, "p01", "", k.given("need", "3")))
		if all := fmt.Sprint(held(t, purposes, "p01")); !strings.Contains(all, "Jaki temat?: Odpowiedź law") || !strings.Contains(all, "Co jeszcze?: Moje") || !strings.Contains(all, "Jak pilnie?: 3") {
			t.Error(all)
		}
		k.write(func(tx *db.Tx) error { return eraseAll(ctx, tx, purposes, "p01") })
		if all := fmt.Sprint(k.dump()); len(held(t, purposes, "p01")) != 0 || strings.Contains(all, "|p01|") {
			t.Error("a person is still there")
		}
		later := roundNoon.AddDate(3, 0, 0)
		k.write(func(tx *db.Tx) error {
			for _, h := range purposes[0].Holds {
				before, err := h.Expired(ctx, tx, later)
				n, err2 := h.Sweep(ctx, tx, later, 1000)
				if err != nil || err2 != nil || n != before {
					t.Errorf("%s: %d expired, %d swept: %v %v", h.Table, before, n, err, err2)
				}
			}
			return nil
		})
		for _, table := range []string{"survey_invited", "survey_answers", "survey_drafts", "survey_envelopes"} {
			if rows := k.dump()[table]; len(rows) != 0 {
				t.Errorf("%s: %q", table, rows)
			}
		}
	})
}

func held(t *testing.T, purposes []privacy.Purpose, person string) (all []string) {
	for _, h := range purposes[0].Holds {
		if h.Export == nil {
			continue
		}
		items, err := h.Export(t.Context(), person)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			for _, f := range i.Fields {
				all = append(all, f.Key+" "+f.Value)
			}
		}
	}
	return all
}

func eraseAll(ctx context.Context, tx *db.Tx, purposes []privacy.Purpose, person string) error {
	for _, h := range purposes[0].Holds {
		if h.Erase == nil {
			continue
		}
		if _, err := h.Erase(ctx, tx, person); err != nil {
			return err
		}
		if n, err := h.Erase(ctx, tx, person); n != 0 || err != nil {
			return fmt.Errorf("%s: %d after an erasure: %w", h.Table, n, err)
		}
	}
	return nil
}
