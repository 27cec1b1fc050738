package training

import (
	"net/http"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// TestOfferWalk goes the way of an officer, page by page and without scripts:
// from an empty form to a published training, and to its end.
func TestOfferWalk(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.who = k.officer
	form := k.page(CenterPath + "/nowe")
	if form.Find(`form select[name=forma] option`).Length() != len(Forms())+1 || form.Find(`form input[name=tytul]`).Length() != 1 {
		t.Fatal("the form is not whole")
	}
	if bad := k.whole("new", k.post(CenterPath+"/nowe", "osrodek", string(k.center), "forma", "workshop", "tytul", " "), http.StatusUnprocessableEntity); bad.Find(`.errsum a[href="#tytul"]`).Length() != 1 {
		t.Error("the fault is not named")
	}
	w := k.post(CenterPath+"/nowe", "osrodek", string(k.center), "forma", "workshop", "tytul", "Warsztat o czytaniu")
	desk := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(desk, CenterPath+"/") {
		t.Fatal(w.Code, desk)
	}
	page := k.page(desk)
	if page.Find(`section[aria-labelledby=braki] a`).Length() != 3 || page.Find(`[data-promise=next]`).Length() != 1 || page.Find(`.subnav a[aria-current=page]`).Length() != 1 {
		t.Error("the overview does not tell what is missing:", text(page.Find("main")))
	}
	walkForms(t, k, desk)
	publish := k.page(desk + "/opublikuj")
	if got := text(publish.Find("article")); !strings.Contains(got, "Jak czytać") || !strings.Contains(got, "14 grudnia 2026") {
		t.Errorf("the preview reads %q", got)
	}
	rev, _ := publish.Find(`input[name=wersja]`).Attr("value")
	if w := k.post(desk+"/opublikuj", "wersja", rev); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code, w.Body.String())
	}
	walkEnd(t, k, desk)
}

// walkForms fills in the forms, one topic at a time.
func walkForms(t *testing.T, k *kit, desk string) {
	t.Helper()
	send := func(path string, pairs ...string) {
		t.Helper()
		rev, _ := k.page(desk + path).Find(`#formularz input[name=wersja]`).Attr("value")
		w := k.post(desk+path, append(pairs, "wersja", rev)...)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != desk {
			t.Fatalf("%s: %d %s", path, w.Code, text(k.whole(path, w, w.Code).Find(".errsum")))
		}
	}
	send("/zmien", "forma", "workshop", "tytul", "Warsztat o czytaniu", "skrot", "Jak czytać.", "temat1", reading, "jezyk", "pl")
	row := k.whole("rows", k.post(desk+"/terminy", "wersja", "2", "wiersze", "1", "dodaj", "wiersz", "s0_dzien", "2026-12-14"), http.StatusOK)
	if row.Find(`#formularz fieldset input[type=date]`).Length() < 2 {
		t.Error("no further row")
	}
	series := k.whole("series", k.post(desk+"/terminy", "wersja", "2", "wiersze", "1", "dodaj", "seria", "seria_dzien", "2026-12-14", "seria_od", "16:00", "seria_do", "18:15",
		"seria_razy", "3", "seria_bez", "2026-12-21"), http.StatusOK)
	if v, _ := series.Find(`#s1_dzien`).Attr("value"); v != "2026-12-28" {
		t.Errorf("the second meeting is on %q", v)
	}
	bad := k.whole("dates", k.post(desk+"/terminy", "wersja", "2", "wiersze", "1", "tryb", "on_site", "miejsce", "Kraków", "s0_dzien", "2026-12-14", "s0_od", "9:00", "s0_do", "8:00"), http.StatusUnprocessableEntity)
	if bad.Find(`.errsum a[href="#s0_do"]`).Length() != 1 || bad.Find(`#s0_od[value="9:00"]`).Length() != 1 {
		t.Error("what was typed is lost, or the fault is not named")
	}
	send("/terminy", "wiersze", "1", "tryb", "on_site", "miejsce", "Kraków", "gmina", city, "s0_dzien", "2026-12-14", "s0_od", "9:00", "s0_do", "12:00", "s0_sala", "12")
	send("/miejsca", "miejsca", "10", "limit_"+town, "3", "limity_wg", "seat", "minimum", "2", "decyzja", "2026-12-07T12:00", "rola", "teacher", "potrzeby", "tak")
	send("/warunki", "cena", "99,50", "platnik", "school", "dokument", "certificate")
	send("/prowadzacy", "osoby", "4", "partnerzy", "3", "osoba0", string(k.trainer.Person), "nazwisko1", "Gość Honorowy", "partner0", "Fundacja")
	faster := k.whole("faster", k.post(desk+"/zmien", "wersja", "1", "forma", "workshop", "tytul", "Moje słowa"), http.StatusConflict)
	if faster.Find(`.errsum a[href="#formularz"]`).Length() != 1 || faster.Find(`#tytul[value="Moje słowa"]`).Length() != 1 {
		t.Error("who was slower loses the words, or is not told")
	}
}

// walkEnd decides, repeats, postpones and cancels.
func walkEnd(t *testing.T, k *kit, desk string) {
	t.Helper()
	if text(k.page(desk).Find(".tiles")) == "" || text(k.page(CenterPath).Find("main .list")) == "" {
		t.Error("no figures, or not on the list")
	}
	decision := k.page(desk + "/decyzja")
	if decision.Find(`[data-promise=why]`).Length() != 1 || decision.Find(`input[name=decyzja]`).Length() != 3 {
		t.Error("the decision has no reason")
	}
	plan := k.page(desk + "/powtorz?od=2027-01-11&razy=2")
	if plan.Find("ol li").Length() == 0 || plan.Find(`form[method=post] input[name=od][value="2027-01-11"]`).Length() != 1 {
		t.Error("the dates are not shown before they are made")
	}
	if w := k.post(desk+"/powtorz", "od", "2027-01-11", "razy", "2"); w.Code != http.StatusSeeOther {
		t.Error(w.Code)
	}
	if k.page(CenterPath).Find(`section[aria-labelledby=robocze] li`).Length() != 2 {
		t.Error("the new dates are not among the drafts")
	}
	rev, _ := k.page(desk + "/przeloz").Find(`input[name=wersja]`).Attr("value")
	if w := k.post(desk+"/przeloz", "wersja", rev); w.Code != http.StatusUnprocessableEntity {
		t.Error(w.Code)
	}
	if w := k.post(desk+"/przeloz", "wersja", rev, "powod", "Choroba"); w.Code != http.StatusSeeOther {
		t.Error(w.Code)
	}
	if got := text(k.page(desk).Find(`[data-promise=why]`)); !strings.Contains(got, "Choroba") {
		t.Errorf("%q", got)
	}
	rev, _ = k.page(desk + "/odwolaj").Find(`.danger input[name=wersja]`).Attr("value")
	if w := k.post(desk+"/odwolaj", "wersja", rev, "powod", "Brak sali"); w.Code != http.StatusUnprocessableEntity {
		t.Error("canceled without a tick:", w.Code)
	}
	if w := k.post(desk+"/odwolaj", "wersja", rev, "powod", "Brak sali", "potwierdzam", "tak"); w.Code != http.StatusSeeOther {
		t.Error(w.Code)
	}
}

// TestOfferPagesInEveryLanguage: no page lacks a text, every form has its key,
// and nobody else gets in.
func TestOfferPagesInEveryLanguage(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	draft := k.draft(k.officer)
	course, err := k.Create(t.Context(), k.officer, k.center, QualificationCourse, "Kurs")
	k.ok(err)
	staff, err := k.Create(t.Context(), k.officer, k.center, StaffTraining, "Rada")
	k.ok(err)
	pub := k.publish(t, func(tr *Training) {
		tr.MinPeople, tr.DecideAt, tr.EnrollUntil = 5, k.now.Unix()+3600, k.now.Unix()+7200
	})
	paths := []string{CenterPath, CenterPath + "/nowe"}
	for _, x := range Shelves() {
		paths = append(paths, CenterPath+"?stan="+string(x))
	}
	for _, id := range []ID{draft.ID, course, staff, pub.ID} {
		for _, page := range []string{"", "/zmien", "/terminy", "/miejsca", "/warunki", "/prowadzacy", "/opublikuj", "/decyzja", "/odwolaj", "/przeloz", "/powtorz", "/materialy"} {
			paths = append(paths, DeskPath(id)+page)
		}
	}
	for _, lang := range i18n.Langs {
		k.lang, k.who = lang, k.officer
		for _, path := range paths {
			doc := k.page(path)
			if doc.Find("h1").Length() != 1 || doc.Find(`main form[method=post]`).Length() != doc.Find(`main form[method=post] input[name=_klucz]`).Length() {
				t.Errorf("%s: headings or keys of forms", path)
			}
			if doc.Find("[style]").Length()+doc.Find("main script").Length() > 0 {
				t.Errorf("%s: what the policy forbids", path)
			}
		}
	}
	k.lang = i18n.PL
	for _, path := range paths {
		for _, who := range []access.Actor{k.ewa, k.head, k.trainer} {
			if k.who = who; k.get(path).Code == http.StatusOK {
				t.Errorf("%s lets %s in", path, who.Name)
			}
		}
	}
}
