package networking

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// TestWalk goes the way of people: a school says what it helps with, a teacher
// of another one finds it, asks, is accepted, and they talk.
func TestWalk(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	h.who = h.ewa
	form := h.page(listPath + "/nowy?strona=helps&imie=" + string(h.school))
	if form.Find(`[data-promise="who-sees"]`).Length() != 1 || form.Find(`[data-promise="next"]`).Length() != 1 {
		t.Error("the promises are missing")
	}
	if form.Find(`input[name="imie"]`).Length() != 2 || form.Find(`input[name="wszyscy"]`).Length() != 1 || form.Find(`select option`).Length() != 3*4 {
		t.Error("fields are missing")
	}
	fields := []string{"strona", "helps", "imie", string(h.school), "temat", maths, "opis", "Dzwonić: 600 100 200", "do", "2027-08-31", "wszyscy", "tak"}
	warned := h.whole("form", h.post(listPath, fields...), http.StatusUnprocessableEntity)
	if warned.Find(`.errsum a[href="#opis"]`).Length() != 1 || warned.Find(`input[name="adresy"]`).Length() != 1 || warned.Find(`textarea`).Text() == "" {
		t.Error("no warning of an address")
	}
	w := h.post(listPath, append(fields, "adresy", "tak")...)
	path := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(path, listPath+"/") {
		t.Fatal(w.Code, path)
	}
	h.who = access.Actor{}
	if got := text(h.page(listPath).Find("main h3")); got != "Może pomóc: matematyka" {
		t.Errorf("a stranger reads %q", got)
	}
	if page := h.page(path); page.Find("form textarea").Length() != 0 || page.Find(`[data-promise="next"] a[href^="/konto/zaloguj?dalej="]`).Length() != 1 {
		t.Error("a stranger may ask, or is not told how to")
	}
	h.who = h.jan
	if got := text(h.page("/instytucje/" + string(h.school)).Find("section.card h3")); got != "W czym może pomóc" {
		t.Errorf("on the institution's page: %q", got)
	}
	entry := h.page(path)
	if entry.Find(`form[action="`+path+`/prosba"] textarea[name="powod"]`).Length() != 1 {
		t.Fatal("no form to ask")
	}
	h.whole("empty", h.post(path+"/prosba", "powod", " "), http.StatusUnprocessableEntity)
	w = h.post(path+"/prosba", "powod", "Szukam koła.")
	talk := w.Header().Get("Location")
	waiting := h.page(talk)
	if waiting.Find(`form[action="`+talk+`/wycofaj"]`).Length() != 1 || waiting.Find(`form[action="`+talk+`/przyjmij"]`).Length() != 0 {
		t.Error("the asker's page is wrong")
	}
	if h.page(path).Find(`[data-promise="next"] a[href="`+talk+`"]`).Length() != 1 {
		t.Error("the entry does not lead to the request")
	}
	h.who = h.ewa
	if got := text(h.page(contactsPath).Find("#czekaja + ul h3")); got != "Jan Bóbr (Nauczycielka lub nauczyciel, SP nr 2)" {
		t.Error(got)
	}
	if body := h.get(talk).Body.String(); strings.Contains(body, "@example.org") && !strings.Contains(body, "imie@example.org") {
		t.Error("an address is shown")
	}
	h.page(talk)
	w = h.post(talk + "/przyjmij")
	if w.Code != http.StatusSeeOther {
		t.Fatal(w.Code)
	}
	h.post(talk+"/wiadomosc", "tresc", "Zapraszam <b>w środę</b>")
	h.who = h.jan
	if got := text(h.page(talk).Find(`[data-part="rozmowa"] li`)); !strings.Contains(got, "Ewa Łoś") || !strings.Contains(got, "Zapraszam <b>w środę</b>") {
		t.Error(got)
	}
	h.whole("adres", h.post(talk+"/adres", "adres", "nie mam"), http.StatusUnprocessableEntity)
	h.post(talk+"/adres", "adres", "jan@example.org")
	h.who = h.ewa
	if got := text(h.page(talk).Find(`[data-part="adresy"]`)); got != "Jan Bóbr: jan@example.org" {
		t.Error(got)
	}
}

// TestEveryPageInEveryLanguage draws all pages with something on them.
func TestEveryPageInEveryLanguage(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	ctx := t.Context()
	own, schools := h.announce(h.olga, Draft{}), h.announce(h.ewa, Draft{Institution: string(h.school)})
	jans := h.announce(h.jan, Draft{Side: Looks})
	q := h.ask(h.jan, own)
	declined := h.ask(h.iza, own)
	h.ok(h.Settle(ctx, h.olga, declined, false, "Nie teraz."))
	talk := h.ask(h.jan, schools)
	h.ok(h.Settle(ctx, h.ewa, talk, true, ""))
	h.ok(h.Say(ctx, h.ewa, talk, "Dzień dobry"))
	h.ok(h.ShowAddress(ctx, h.ewa, talk, "ewa@example.org"))
	intro, err := h.Introduce(ctx, h.ewa, "wpis:"+own, "wpis:"+jans, "Warto.", i18n.PL)
	h.ok(err)
	said, _, err := h.Talk(ctx, h.jan, talk)
	h.ok(err)
	_, err = h.Report(ctx, h.jan, pieceMessage, said[0].ID, "Bo tak", true)
	h.ok(err)
	list, err := h.Reports(ctx, h.moderator, true)
	h.ok(err)
	_, err = h.Block(ctx, h.iza, pieceEntry, jans)
	h.ok(err)
	for _, lang := range i18n.Langs {
		h.lang = lang
		for _, x := range []struct {
			who  access.Actor
			path string
		}{
			{h.olga, listPath}, {h.olga, listPath + "?temat=" + maths + "&gmina=126101&strona=helps&kto=person"}, {h.olga, listPath + "/nowy"}, {h.olga, entryPath(own)},
			{h.olga, entryPath(own) + "/zmien"}, {h.ewa, entryPath(schools)}, {h.jan, entryPath(schools)}, {h.olga, contactsPath}, {h.jan, contactsPath}, {h.ewa, contactsPath},
			{h.jan, requestPath(q)}, {h.olga, requestPath(q)}, {h.iza, requestPath(declined)}, {h.olga, requestPath(declined)}, {h.jan, requestPath(talk)}, {h.ewa, requestPath(talk)},
			{h.ewa, introsPath + "/nowe?pierwsza=wpis:" + jans}, {h.ewa, introsPath + "/nowe?pierwsza=rozmowa:" + talk}, {h.ewa, introPath(intro)}, {h.olga, introPath(intro)},
			{h.jan, reportPath + "?co=wpis&id=" + own}, {h.jan, reportPath + "?co=wiadomosc&id=" + said[0].ID}, {h.olga, reportPath + "?co=przedstawienie&id=" + intro},
			{h.iza, blocksPath}, {h.olga, blocksPath}, {h.ewa, hintsPath}, {h.moderator, casesPath}, {h.moderator, casesPath + "/" + list[0].ID},
			{h.ewa, "/instytucje/" + string(h.school)}, {h.olga, "/instytucje/" + string(h.school)},
		} {
			h.who = x.who
			doc := h.page(x.path)
			if doc.Find("h1").Length() != 1 {
				t.Errorf("%s: headings", x.path)
			}
			doc.Find("main form[method=post]").Each(func(_ int, form *goquery.Selection) {
				if form.Find(`input[name="_klucz"]`).Length() != 1 {
					t.Errorf("%s: a form without its key", x.path)
				}
			})
		}
		for _, who := range []access.Actor{h.olga, h.moderator} {
			h.who = who
			if body := h.get("/").Body.String(); strings.Contains(body, "⟦") {
				t.Error("a text of the desk is missing")
			}
		}
	}
	h.lang = i18n.PL
	h.who = h.moderator
	w := h.post(casesPath+"/"+list[0].ID, "rozstrzygniecie", Suspended)
	if doc := h.whole("case", w, http.StatusUnprocessableEntity); doc.Find(".errsum li").Length() != 2 {
		t.Error("faults of a verdict")
	}
}

// TestForeignInput: what no form of ours sends is refused, not served.
func TestForeignInput(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	h.who = h.olga
	for path, want := range map[string]int{
		listPath + "?temat=x": 400, listPath + "?gmina=12610x": 400, listPath + "?strona=obie": 400, listPath + "?od=%00": 400, listPath + "/nic": 404,
		reportPath: 404, reportPath + "?co=person&id=1": 404, introsPath + "/nowe": 404, introsPath + "/nowe?pierwsza=wpis:1": 404, contactsPath + "/1": 404, casesPath: 403,
	} {
		if w := h.get(path); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	for path, want := range map[string]int{blocksPath: 404, blocksPath + "/zdejmij": 404, hintsPath: 303} {
		if w := h.post(path, "co", "wpis", "id", "1", "osoba", "1"); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	if w := h.post(hintsPath, "instytucja", string(h.other), "pomijac", "tak"); w.Code != 404 {
		t.Error(w.Code)
	}
}

// TestSection: strangers see what is public.
func TestSection(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	h.announce(h.ewa, Draft{Institution: string(h.school)})
	path := "/instytucje/" + string(h.school)
	if got := text(h.page(path).Find("main")); strings.Contains(got, "Współpraca") {
		t.Error("a stranger sees what is not public")
	}
	h.who = h.jan
	if got := text(h.page(path).Find("main")); !strings.Contains(got, "Współpraca") {
		t.Error("a teacher does not see the section")
	}
	h.who = h.ewa
	if h.page(path).Find(`a[href="`+listPath+`/nowy?imie=`+string(h.school)+`"]`).Length() != 1 {
		t.Error("no way to add")
	}
}
