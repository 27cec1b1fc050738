package vote

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// TestPagesOfTheSchool walks the pages of slips, in all languages.
func TestPagesOfTheSchool(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.roster(21)
	e := k.edition(k.head, "school", sources(budget.Roster, budget.Slips))
	class := classHref(e.ID, k.class)
	for path, who := range map[string]access.Actor{Href(e.ID): k.resident, SlipsHref(e.ID): k.resident, class: k.clerk, Href(e.ID) + "/stanowisko": k.nobody} {
		if w := k.get(who, path); w.Code == http.StatusOK {
			t.Errorf("%s is open to a stranger", path)
		}
	}
	k.taken(k.post(k.tutor, class))
	doc := k.page(k.tutor, class)
	boxes := doc.Find("form[data-hand] input[name=miejsce]")
	if boxes.Length() != 21 {
		t.Fatalf("%d pupils to tick, want 21", boxes.Length())
	}
	first, _ := boxes.First().Attr("value")
	k.taken(k.post(k.tutor, class+"/wydaj", "miejsce", first))
	if n := k.page(k.tutor, class).Find("form[data-hand] input[name=miejsce]").Length(); n != 20 {
		t.Errorf("%d pupils to tick after one was given a slip", n)
	}
	if w := k.post(k.tutor, class+"/wydaj", "miejsce", string(newElector())); w.Code != http.StatusUnprocessableEntity && w.Code != http.StatusBadRequest {
		t.Errorf("a place of another class: status %d", w.Code)
	}
	if hint := k.page(k.head, SlipsHref(e.ID)).Find("[data-print]").Text(); !strings.Contains(hint, "Najwyżej 33 naraz") { // 21 pupils, 12 spare
		t.Error(hint)
	}
	supervisor := k.person("Opiekunka Samorządu", access.CouncilSupervisor, e.Owner)
	for who, n := range map[*access.Actor]int{&k.tutor: 1, &supervisor: 0} {
		if doc := k.page(*who, Href(e.ID)); doc.Find(`main nav a[href$="/klasy"]`).Length() != n {
			t.Errorf("%s has %d tabs of classes, want %d", who.Name, doc.Find(`main nav a[href$="/klasy"]`).Length(), n)
		}
	}
	k.printing(e)
	if doc := k.page(k.tutor, SlipsHref(e.ID)); doc.Find("[data-box] a").Length() != 0 || !strings.Contains(doc.Find("[data-box]").First().Text(), "wydrukowano:") {
		t.Error("a tutor is led to a box with which only others can do something:", doc.Find("[data-box]").Text())
	}
	for _, k.lang = range i18n.Langs {
		for _, path := range []string{Href(e.ID), Href(e.ID) + "/klasy", class, SlipsHref(e.ID), SlipsHref(e.ID) + "/1", OwnHref(e.ID)} {
			k.page(k.head, path)
		}
	}
	k.lang = i18n.PL
	k.closed(k.voting(e))
	k.settlingPages(e)
	if n := k.page(k.head, Href(e.ID)).Find("[data-checks]").Length(); n != 1 {
		t.Error("a slip that is missing is not told")
	}
}

// taken checks that a form was answered with a way on.
func (k *kit) taken(w *httptest.ResponseRecorder) {
	k.t.Helper()
	if w.Code != http.StatusSeeOther {
		k.t.Fatalf("status %d: %.600s", w.Code, w.Body.String())
	}
}

func (k *kit) printing(e budget.Edition) {
	k.t.Helper()
	druk := SlipsHref(e.ID) + "/druk"
	if w := k.post(k.head, druk, "liczba", "900"); w.Code == http.StatusOK {
		k.t.Error("900 slips are printed for 21 pupils")
	}
	doc := k.whole(druk, k.post(k.head, druk, "liczba", "3", "postac", "strona"), http.StatusOK)
	if n := doc.Find("[data-codes] [data-code]").Length(); n != 3 {
		k.t.Errorf("%d codes on the page, want 3", n)
	}
	doc.Find("[data-code]").Each(func(_ int, s *goquery.Selection) {
		if _, err := ParseCode(s.Text()); err != nil {
			k.t.Errorf("%q is no code", s.Text())
		}
	})
	w := k.post(k.head, druk, "liczba", "20")
	if w.Code != http.StatusOK || !bytes.HasPrefix(w.Body.Bytes(), []byte("%PDF-")) || w.Header().Get("Cache-Control") != "no-store" {
		k.t.Errorf("the sheet: status %d, %s, %.20q", w.Code, w.Header().Get("Cache-Control"), w.Body.String())
	}
	tired := k.head
	tired.Fresh = false
	if w := k.post(tired, druk, "liczba", "1"); w.Code == http.StatusOK {
		k.t.Error("slips are printed without the password once more")
	}
}

// TestSlipsWithoutAnAddress: where no address of the site is set, a slip names the one
// by which the officer came, and the page says so before anything is printed.
func TestSlipsWithoutAnAddress(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	e := k.edition(k.head, "school", sources(budget.Slips))
	druk, note := SlipsHref(e.ID)+"/druk", "[data-no-address]"
	if k.page(k.head, SlipsHref(e.ID)).Find(note).Length() != 0 {
		t.Error("the address is set and said to be missing")
	}
	slip := func() string {
		return k.whole(druk, k.post(k.head, druk, "liczba", "1", "postac", "strona"), http.StatusOK).Find("[data-codes] li").Text()
	}
	if text := slip(); !strings.Contains(text, "kladka.example.org"+budget.SlipPath) {
		t.Errorf("%q", text)
	}
	k.Base = ""
	for _, k.lang = range i18n.Langs {
		if text := k.page(k.head, SlipsHref(e.ID)).Find(note).Text(); !strings.Contains(text, "http://example.com") {
			t.Errorf("%s: %q", k.lang, text)
		}
	}
	k.lang = i18n.PL
	if text := slip(); !strings.Contains(text, "example.com"+budget.SlipPath) {
		t.Errorf("%q", text)
	}
	for host, want := range map[string]bool{"kladka.pl": true, "10.0.0.7:8080": true, "[::1]:80": true, "": false, "a b": false, "zły.pl": false, "a/b": false, "u@h": false, strings.Repeat("a", 101): false} {
		if printable(host) != want {
			t.Errorf("%q is printed: %v", host, !want)
		}
	}
}

// TestPagesOfTheCity walks the roll, the desk, declarations and the own page.
func TestPagesOfTheCity(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	e := k.edition(k.clerk, "krakow_2025", func(r *budget.Rules) {
		r.Who.Sources, r.Who.Self.DrawnShare = budget.Sources(), 100
	})
	spis := Href(e.ID) + "/spis"
	doc := k.whole(spis, k.upload(spis, "Imię i nazwisko;Data urodzenia;Adres;Dzielnica\nAnna Nowak;1990-01-31;Długa 5/1;V\nKot;;;\n"), http.StatusOK)
	if n := doc.Find("[data-problems] tbody tr").Length(); n != 1 {
		t.Errorf("%d problems of the sheet, want 1", n)
	}
	if text := doc.Text(); strings.Contains(text, "Nowak") {
		t.Error("the preview repeats a name")
	}
	use, _ := doc.Find(`form[action$="/uzyj"]`).Attr("action")
	k.taken(k.post(k.clerk, use))
	k.drain()
	if w := k.upload(spis, "x"); w.Code == http.StatusOK {
		t.Error("a sheet without columns is taken")
	}
	words := []string{"imie", "Anna Nowak", "urodzenie", "1990-01-31", "adres", "Długa 5 m. 1", "dzielnica", ""}
	doc = k.whole("desk", k.post(k.officer, Href(e.ID)+"/stanowisko", words...), http.StatusOK)
	place, _ := doc.Find("[data-found] input[name=miejsce]").Attr("value")
	if v, _ := doc.Find("input[name=imie]").Attr("value"); place == "" || v != "" {
		t.Errorf("at the desk: place %q, the next person finds %q", place, v)
	}
	if doc.Find("input[name=imie]").Length() != 1 {
		t.Error("the desk asks twice")
	}
	k.taken(k.post(k.resident, OwnHref(e.ID), words...))
	if k.page(k.resident, OwnHref(e.ID)).Find("[data-place]").Length() != 1 {
		t.Error("the claimed place is not shown")
	}
	k.declared(e)
}

func (k *kit) declared(e budget.Edition) {
	k.t.Helper()
	own, other, list := OwnHref(e.ID), k.voter(), declaredHref(e.ID)
	words := []string{"imie", "Ewa Kot", "urodzenie", "1991-01-31", "adres", "Krótka 5 m. 1", "dzielnica", string(e.Rules.Pools[3].ID)}
	doc := k.whole(own, k.post(other, own+"/oswiadczenie", words...), http.StatusUnprocessableEntity)
	if v, _ := doc.Find("input[name=imie]").Attr("value"); v != "Ewa Kot" || doc.Find("input[name=imie]").Length() != 1 {
		k.t.Error("what was typed is lost, or asked for twice")
	}
	k.taken(k.post(other, own+"/oswiadczenie", append(words, "potwierdzam", "tak")...))
	k.taken(k.post(k.clerk, list+"/losuj"))
	one, _ := k.page(k.clerk, list).Find("[data-declared] tbody a").Attr("href")
	for _, k.lang = range i18n.Langs {
		for _, path := range []string{Href(e.ID), Href(e.ID) + "/spis", Href(e.ID) + "/stanowisko", list, list + "?ktore=doubles", list + "?ktore=all", one} {
			k.page(k.clerk, path)
		}
		k.page(k.voter(), own)
		k.page(other, own)
	}
	k.lang = i18n.PL
	k.taken(k.post(k.clerk, one, "wynik", FoundRight))
	if w := k.post(k.clerk, one, "wynik", FoundRight); w.Code != http.StatusConflict {
		k.t.Errorf("one officer found twice: status %d", w.Code)
	}
	k.taken(k.post(k.officer, one, "wynik", FoundRight))
	if w := k.get(k.nobody, one); w.Code == http.StatusOK {
		k.t.Error("a declaration is open to everybody")
	}
}

// upload sends a sheet.
func (k *kit) upload(path, text string) *httptest.ResponseRecorder {
	k.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile(rollField, "spis.csv")
	k.ok(err)
	_, err = part.Write([]byte(text))
	k.ok(err)
	k.ok(form.Close())
	r := httptest.NewRequestWithContext(access.WithActor(k.t.Context(), k.clerk), http.MethodPost, path, &body)
	r.Header.Set("Accept-Language", string(k.lang))
	r.Header.Set("Content-Type", form.FormDataContentType())
	w := httptest.NewRecorder()
	k.shell.ServeHTTP(w, r)
	return w
}

func TestASheetOfSlips(t *testing.T) {
	codes := []Code{drawCode(), drawCode(), drawCode()}
	sheet := slipSheet{Title: "Budżet", Lang: "pl", Address: "https://kladka.example.org/budzet-obywatelski/x/glosowanie", Shown: "kladka.example.org", Code: "Kod:", How: "Wejdź", Once: "Raz"}
	var file bytes.Buffer
	if err := printSlips(&file, time.Unix(0, 0), sheet, codes); err != nil || !bytes.HasPrefix(file.Bytes(), []byte("%PDF-")) {
		t.Fatalf("no sheet: %v", err)
	}
	sheet.Address += "?kod=" + strings.ToLower(codes[1].Letters())
	if err := printSlips(&file, time.Unix(0, 0), sheet, codes); err == nil {
		t.Error("a code goes into an address")
	}
}
