package privacy

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kladka/internal/platform/audit"
	"kladka/internal/testkit"
)

func TestDoors(t *testing.T) {
	e := newEnv(t, testkit.SQLite(t, modules))
	id, err := e.Ask(t.Context(), asAnna, other, "access", "")
	must(t, err)
	must(t, e.Plan(t.Context(), officer))
	run, _, err := e.openRun(t.Context())
	must(t, err)
	sh := shell(t, e)
	for _, tt := range []struct {
		method, path, as string
		want             int
	}{
		{"GET", dataPath, "", 303}, {"GET", dataPath + "/pobierz", "", 303}, {"GET", consentsPath, "", 303},
		{"POST", dataPath + "/wniosek", "", 401}, {"POST", consentsPath + "/x/wycofaj", "", 401},
		{"GET", dataPath + "/pobierz", "jan", 403}, // signed in, but not a moment ago
		{"GET", ownRequestPath + id, "jan", 404},
		{"GET", ownRequestPath + id, "anna", 200},
		{"POST", consentsPath + "/" + id + "/wycofaj", "anna", 404},

		{"GET", officePath, "anna", 403}, {"GET", requestsPath, "anna", 403}, {"GET", deletionPath, "anna", 403},
		{"GET", agreementPath, "anna", 403}, {"GET", partyPath, "anna", 403}, {"GET", disposalPath, "anna", 403},
		{"POST", deletionPath + "/policz", "anna", 403}, {"POST", agreementPath, "anna", 403}, {"POST", partyPath, "anna", 403},
		{"POST", disposalPath, "anna", 403}, {"POST", officeRequestPath + id + "/usun", "anna", 403},
		{"POST", deletionPath + "/notes.words/wstrzymaj", "anna", 403},

		{"GET", officeRequestPath + id, "local", 404}, // another institution's
		{"POST", officeRequestPath + id + "/biore", "local", 404},
		{"POST", officeRequestPath + id + "/nic", "officer", 404},
		{"POST", deletionPath + "/policz", "local", 403},
		{"POST", deletionPath + "/notes.words/wstrzymaj", "local", 403},
		{"GET", deletionPath + "/x", "officer", 404}, {"GET", officeRequestPath + "%FF", "officer", 404}, {"GET", ownRequestPath + "%00", "anna", 404},
		{"GET", partyPath + "?szukaj=%FF", "officer", 400}, {"POST", agreementPath + "/%FF/koniec", "officer", 404},
		{"GET", publicPath + "/notes.nothing", "", 404}, {"GET", templatePath + "nothing", "", 404},
		{"GET", publicPath + "/notes.words?instytucja=" + anna, "", 404}, {"GET", publicPath + "/notes.words?instytucja=x", "", 404},
		{"GET", templatePath + "joint?instytucja=" + anna, "", 404},
		{"GET", partyPath + "?instytucja=" + anna, "officer", 404},
		{"GET", requestsPath + "?od=x", "officer", 400},

		{"GET", publicPath, "", 200}, {"GET", publicPath + "/notes.words?instytucja=" + school, "", 200},
		{"GET", templatePath + "entrustment?instytucja=" + school, "", 200}, {"GET", templatePath + "joint", "", 200},
		{"GET", dataPath, "anna", 200}, {"GET", dataPath + "/wniosek", "anna", 200}, {"GET", consentsPath, "anna", 200},
		{"GET", officePath, "officer", 200}, {"GET", officePath, "local", 200}, {"GET", requestsPath, "officer", 200},
		{"GET", requestsPath + "?stan=zamkniete", "officer", 200}, {"GET", officeRequestPath + id, "officer", 200},
		{"GET", deletionPath, "officer", 200}, {"GET", deletionPath, "local", 200}, {"GET", deletionPath + "/" + run.ID, "officer", 200},
		{"GET", agreementPath, "officer", 200}, {"GET", partyPath, "officer", 200}, {"GET", partyPath, "local", 200},
		{"GET", partyPath + "?szukaj=12345", "officer", 200}, {"GET", disposalPath, "officer", 200},
	} {
		if w, _ := ask(t, sh, tt.method, tt.path, tt.as, nil); w.Code != tt.want {
			t.Errorf("%s %s as %q: %d, want %d", tt.method, tt.path, tt.as, w.Code, tt.want)
		}
	}
}

func TestDownload(t *testing.T) {
	e := newEnv(t, testkit.SQLite(t, modules))
	e.note(t, anna, 1, e.now)
	w, _ := ask(t, shell(t, e), "GET", dataPath+"/pobierz", "anna", nil)
	h := w.Header()
	if w.Code != 200 || h.Get("Content-Type") != "application/zip" || h.Get("Cache-Control") != "no-store" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || !strings.HasPrefix(w.Body.String(), "PK") {
		t.Errorf("%d %v", w.Code, h)
	}
}

func TestOwnPages(t *testing.T) {
	e := newEnv(t, testkit.SQLite(t, modules))
	e.note(t, anna, 2, e.now)
	sh := shell(t, e)
	_, doc := ask(t, sh, "GET", dataPath, "anna", nil)
	if rows := doc.Find("table tbody tr"); rows.Length() != 3 || rows.First().Find("td").First().Text() != "2 wpisy" {
		t.Error(rows.Text())
	}
	w, doc := ask(t, sh, "POST", dataPath+"/wniosek", "anna", url.Values{"rodzaj": {"erasure"}, "tresc": {"?"}})
	if w.Code != 422 || doc.Find("#errsum a[href='#tresc']").Length() != 1 || doc.Find("#tresc").Text() != "?" || doc.Find("input[value=erasure][checked]").Length() != 1 {
		t.Errorf("%d %s", w.Code, doc.Find("form").Text())
	}
	if who := doc.Find("form [data-promise=who-sees]"); who.Length() != 1 || who.NextAllFiltered(".field").Find("#tresc").Length() != 1 {
		t.Error("who sees it does not stand above the words")
	}
	// An institution that is not hers is not asked.
	w, _ = ask(t, sh, "POST", dataPath+"/wniosek", "anna", url.Values{"rodzaj": {"erasure"}, "tresc": {"proszę usunąć"}, "instytucja": {other}})
	if w.Code != 303 {
		t.Fatal(w.Code)
	}
	_, doc = ask(t, sh, "GET", w.Header().Get("Location"), "anna", nil)
	if next := doc.Find("[data-promise=next]"); !strings.Contains(next.Text(), "22\u00a0grudnia 2026") || !strings.Contains(doc.Find("dl.facts").Text(), "Podmiot prowadzący instalację") {
		t.Error(doc.Find("main").Text())
	}
}

func TestConsentPage(t *testing.T) {
	e := withConsent(t, testkit.SQLite(t, modules))
	id, err := e.Give(t.Context(), asAnna, Consent{Purpose: "notes.photos", Subject: anna, Relation: Self, Lang: "pl", Text: "Zgadzam się na <b>zdjęcie</b>."})
	must(t, err)
	sh := shell(t, e)
	_, doc := ask(t, sh, "GET", consentsPath, "anna", nil)
	if doc.Find("[data-consent='"+id+"'] details p").Text() != "Zgadzam się na <b>zdjęcie</b>." || doc.Find("[data-consent] form button").Length() != 1 {
		t.Error(doc.Find("main").Text())
	}
	if w, _ := ask(t, sh, "POST", consentsPath+"/"+id+"/wycofaj", "anna", nil); w.Code != http.StatusSeeOther {
		t.Error(w.Code)
	}
	_, doc = ask(t, sh, "GET", consentsPath, "anna", nil)
	if doc.Find("[data-consent] form").Length() != 0 {
		t.Error("it can be withdrawn again")
	}
}

func TestErasureOnRequest(t *testing.T) {
	e := newEnv(t, testkit.SQLite(t, modules))
	e.note(t, anna, 2, e.now)
	e.note(t, jan, 1, e.now)
	id, err := e.Ask(t.Context(), asAnna, school, "erasure", "proszę usunąć")
	must(t, err)
	access, err := e.Ask(t.Context(), audit.By{Person: jan}, school, "access", "")
	must(t, err)
	sh := shell(t, e)
	_, doc := ask(t, sh, "GET", officeRequestPath+id, "local", nil)
	if doc.Find("form[action$='/usun']").Length() != 0 {
		t.Error("an officer of one school is offered an erasure of all controllers' data")
	}
	_, doc = ask(t, sh, "GET", officeRequestPath+id, "officer", nil)
	if rows := doc.Find("table tbody tr"); rows.Length() != 3 || !strings.Contains(rows.First().Text(), "2 wpisy") || !strings.Contains(rows.First().Text(), "Liczba notatek zostaje.") {
		t.Error(rows.Text())
	}
	for as, want := range map[string]int{"local": 403, "officer": 303} {
		if w, _ := ask(t, sh, "POST", officeRequestPath+id+"/usun", as, url.Values{"pewnosc": {"1"}}); w.Code != want {
			t.Errorf("%s: %d", as, w.Code)
		}
	}
	if w, doc := ask(t, sh, "POST", officeRequestPath+id+"/usun", "officer", url.Values{}); w.Code != 422 || doc.Find("#errsum a[href='#pewnosc']").Length() != 1 {
		t.Error(w.Code)
	}
	if w, _ := ask(t, sh, "POST", officeRequestPath+access+"/usun", "officer", url.Values{"pewnosc": {"1"}}); w.Code != 409 {
		t.Errorf("a request of access erases: %d", w.Code)
	}
	if n := e.left(t, `select count(*) from notes_words where words <> ''`); n != 1 {
		t.Errorf("%d notes", n)
	}
}

func TestOfficeForms(t *testing.T) {
	e := newEnv(t, testkit.SQLite(t, modules))
	sh := shell(t, e)
	good := url.Values{"instytucja": {"67890"}, "rodzaj": {"entrustment"}, "podpisano": {"2026-11-01"}, "od": {"2026-11-01"}, "znak": {"OR.1431.1.2026"}}
	for _, typed := range []string{"", "Szkoła", "nic"} {
		bad := url.Values{}
		for k, v := range good {
			bad[k] = v
		}
		bad.Set("instytucja", typed)
		w, doc := ask(t, sh, "POST", agreementPath, "officer", bad)
		if w.Code != 422 || doc.Find("#errsum a[href='#instytucja']").Length() != 1 {
			t.Errorf("%q: %d", typed, w.Code)
		}
		if v, _ := doc.Find("#znak").Attr("value"); v != "OR.1431.1.2026" {
			t.Error("what was typed is lost")
		}
	}
	if w, _ := ask(t, sh, "POST", agreementPath, "officer", good); w.Code != 303 {
		t.Fatal(w.Code)
	}
	_, doc := ask(t, sh, "GET", agreementPath, "officer", nil)
	if h := doc.Find("[data-agreement] h2").Text(); !strings.Contains(h, "Liceum <nr 2>") || doc.Find("[data-agreement] .tag.ok").Length() != 1 {
		t.Error(h)
	}
	_, doc = ask(t, sh, "GET", agreementPath, "local", nil)
	if doc.Find("[data-agreement]").Length() != 0 || doc.Find("main form").Length() != 0 {
		t.Error("one school's officer sees another's agreement")
	}

	party := url.Values{"instytucja": {other}, "nazwa": {"LO 2"}, "adres": {"Kraków"}, "poczta": {"a@example.org"}, "iod": {"Iga Lis"}, "iod_poczta": {"iod@example.org"}}
	if w, _ := ask(t, sh, "POST", partyPath, "local", party); w.Code != 403 {
		t.Errorf("one school's officer writes another's controller: %d", w.Code)
	}
	party.Set("poczta", "nie adres")
	if w, doc := ask(t, sh, "POST", partyPath, "officer", party); w.Code != 422 || doc.Find("#errsum a[href='#poczta']").Length() != 1 {
		t.Error(w.Code)
	}
	party.Set("poczta", "a@example.org")
	party.Set("instytucja", school)
	if w, _ := ask(t, sh, "POST", partyPath, "local", party); w.Code != 303 {
		t.Error(w.Code)
	}
	_, doc = ask(t, sh, "GET", officePath, "officer", nil)
	if m := doc.Find("[data-missing]"); m.Length() != 1 || m.Find("h3").Text() != "LO 2" || !strings.Contains(m.Text(), "Umowa powierzenia") {
		t.Error(m.Text())
	}

	w, doc := ask(t, sh, "POST", deletionPath+"/notes.words/wstrzymaj", "officer", url.Values{"powod": {""}})
	if w.Code != 422 || doc.Find("[data-hold='notes.words'] #powod").Length() != 1 {
		t.Error(w.Code)
	}
	if w, _ := ask(t, sh, "POST", deletionPath+"/notes.words/wstrzymaj", "officer", url.Values{"powod": {"kontrola"}}); w.Code != 303 {
		t.Error(w.Code)
	}
	_, doc = ask(t, sh, "GET", deletionPath, "officer", nil)
	if doc.Find("[data-hold='notes.words'] .tag.warn").Length() != 1 || doc.Find("[data-hold='notes.words'] form[action$='/wznow']").Length() != 1 {
		t.Error(doc.Find("[data-hold]").Text())
	}
	_, doc = ask(t, sh, "GET", officePath, "officer", nil)
	if doc.Find("#nie-widac").Length() != 1 {
		t.Error("the page does not say what the role does not see")
	}
}
