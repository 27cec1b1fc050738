package networks

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
	"kladka/internal/testkit/center"
)

// TestPages opens every page as those who may, in all languages, and every door
// as those who may not.
func TestPages(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	k := h.k
	id, meetings := h.active(t, "Matematyka w ruchu")
	h.joins(t, id, k.Ewa, k.Iza)
	k.OK(h.Set(t.Context(), h.coordinator, id, Task{Title: "Lektura", Due: "2026-12-15"}))
	k.OK(h.PollDates(t.Context(), h.coordinator, id, "Wizyta", "2026-12-01", []When{{"2027-03-01", "16:00", "18:00"}, {"2027-03-02", "16:00", "18:00"}}))
	k.OK(h.PollDates(t.Context(), h.coordinator, id, "Druga wizyta", "2026-12-01", []When{{"2027-03-08", "16:00", "18:00"}, {"2027-03-09", "16:00", "18:00"}}))
	k.OK(h.Record(t.Context(), h.coordinator, meetings[0], 1, Note{Record: "Rozmowa o ocenianiu.", Length: 90, Present: []string{string(k.Ewa.Person)}}))
	k.OK(h.Draft(t.Context(), h.coordinator, id, k.Catalog.In(i18n.PL)))
	_, err := h.Ask(t.Context(), k.Jan, id, "Uczę fizyki.")
	k.OK(err)
	inside := []string{tabPlan, tabMembers, tabMaterials, tabPolls, tabReport, "/spotkania/" + string(meetings[0]), "/spotkania/" + string(meetings[1])}
	for _, lang := range []i18n.Lang{i18n.PL, i18n.EN, i18n.UK} {
		k.Lang = lang
		for _, who := range []access.Actor{h.coordinator, k.Officer, k.Ewa} {
			k.Who = who
			for _, tab := range append(inside, tabHome) {
				h.sound(t, Href(id)+tab)
			}
			h.sound(t, OwnPath)
		}
		k.Who = k.Officer
		h.sound(t, Href(id)+tabSettings)
		h.sound(t, NewPath)
	}
	k.Lang = i18n.PL
	h.doors(t, id, inside)
	h.downloads(t, id, meetings[0])
}

// sound checks what holds on every page: one heading, the next step, no address
// of mail.
func (h *house) sound(t *testing.T, path string) {
	t.Helper()
	doc := h.k.Page(path)
	if doc.Find("main h1").Length() != 1 {
		t.Errorf("%s: %d headings", path, doc.Find("main h1").Length())
	}
	if doc.Find(".promise").Length() == 0 {
		t.Errorf("%s says nothing of the next step", path)
	}
	if strings.Contains(doc.Find("main").Text(), "@") {
		t.Errorf("%s shows an address", path)
	}
	seen := map[string]bool{}
	for _, n := range doc.Find("[id]").Nodes {
		for _, a := range n.Attr {
			if a.Key == "id" && seen[a.Val] {
				t.Errorf("%s: twice id %s", path, a.Val)
			} else if a.Key == "id" {
				seen[a.Val] = true
			}
		}
	}
}

func (h *house) doors(t *testing.T, id ID, inside []string) {
	k := h.k
	k.Who = access.Stranger()
	doc := k.Page(Href(id))
	if text := center.Text(doc.Find("main")); strings.Contains(text, h.coordinator.Name) || strings.Contains(text, k.Ewa.Name) || strings.Contains(text, "spotkania.example") {
		t.Error("a stranger reads people or addresses:", text)
	}
	k.Page(Path + "?nabor=tak&rok=2026&gmina=" + city + "&temat=" + maths)
	if rows := k.Page(Path + "?gmina=" + town).Find("[data-network]"); rows.Length() != 0 {
		t.Error("found in another municipality")
	}
	for _, who := range []access.Actor{h.foreign, h.adviser, k.OtherHead, k.Jan} {
		k.Who = who
		for _, tab := range inside {
			if w := k.Get(Href(id) + tab); w.Code != http.StatusForbidden {
				t.Errorf("%s for %s: %d", tab, who.Name, w.Code)
			}
		}
	}
	k.Who = k.Ewa
	for _, path := range []string{"/plan", "/terminy", "/sprawozdanie", "/ustawienia", "/start", "/osoby", "/szkoly", "/zakonczenie", "/kolejny-rok"} {
		if w := k.Post(Href(id)+path, "powod", "Nie wolno tego zrobić."); w.Code != http.StatusForbidden {
			t.Errorf("a member posts %s: %d", path, w.Code)
		}
	}
	if w := k.Get(NewPath); w.Code != http.StatusForbidden {
		t.Error("a teacher makes a network:", w.Code)
	}
}

func (h *house) downloads(t *testing.T, id ID, meeting MeetingID) {
	k := h.k
	k.Who = k.Ewa
	if w := k.Get(MeetingHref(id, meeting) + "/termin.ics"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "BEGIN:VEVENT") || strings.Contains(w.Body.String(), "spotkania.example") {
		t.Error("calendar:", w.Code, w.Body.String())
	}
	if w := k.Get(MeetingHref(id, meeting) + "/lista.pdf"); w.Code != http.StatusForbidden {
		t.Error("a member prints the list:", w.Code)
	}
	if w := k.Get(Href(id) + "/sprawozdanie.pdf"); w.Code != http.StatusNotFound {
		t.Error("a member prints a draft:", w.Code)
	}
	k.Who = h.coordinator
	for _, path := range []string{MeetingHref(id, meeting) + "/lista.pdf", Href(id) + "/sprawozdanie.pdf"} {
		if w := k.Get(path); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), "%PDF") {
			t.Error(path, w.Code)
		}
	}
}

// TestForms walks through a year by the forms alone.
func TestForms(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	k := h.k
	k.Who = k.Officer
	doc := k.Whole(NewPath, k.Post(NewPath, "osrodek", string(k.At), "rok", "2026", "tytul", "x", "miejsca", "3"), http.StatusUnprocessableEntity)
	if doc.Find(".errsum a[href='#tytul']").Length() != 1 {
		t.Error("no fault at the title")
	}
	w := k.Post(NewPath, "osrodek", string(k.At), "rok", "2026", "tytul", "Czytanie", "cel", "Czytać więcej.", "miejsca", "3", "publiczna", "tak", "nabor", "tak",
		"tematy", maths, "koordynator", string(h.coordinator.Person))
	id := ID(strings.TrimSuffix(strings.TrimPrefix(w.Header().Get("Location"), Path+"/"), tabPlan))
	base := Href(id)
	h.goes(t, k.Ewa, base+"/prosba", "slowa", "Uczę polskiego.")
	m, err := memberOf(t.Context(), h.db, id, string(k.Ewa.Person))
	k.OK(err)
	k.Who = h.coordinator
	if asked := center.Text(k.Page(base + tabMembers).Find("[data-member='" + m.ID + "']")); !strings.Contains(asked, "Ewa Łoś") || !strings.Contains(asked, "Uczę polskiego.") {
		t.Error("request:", asked)
	}
	h.goes(t, h.coordinator, base+"/czlonkowie/"+m.ID, "zrob", "przyjmij")
	for _, day := range []string{"2026-11-20", "2027-01-15", "2027-04-16"} {
		h.goes(t, h.coordinator, base+"/plan", "tytul", "Spotkanie", "dzien", day, "od", "16:00", "do", "17:30", "miejsce", "Biblioteka")
	}
	h.goes(t, h.coordinator, base+"/zadania", "zadanie", "Lektura", "termin", "2026-12-10")
	h.goes(t, h.coordinator, base+"/start", "wersja", k.Page(base+tabSettings).Find("form[action$='/start'] [name=wersja]").AttrOr("value", ""))
	meeting := k.Page(base+tabPlan).Find("[data-meeting]").First().AttrOr("data-meeting", "")
	path := base + "/spotkania/" + meeting
	h.goes(t, h.coordinator, path+"/zapis", "wersja", k.Page(path).Find("form[action$='/zapis'] [name=wersja]").AttrOr("value", ""), "protokol", "Rozmowa o lekturach.",
		"minuty", "90", "obecni", string(k.Ewa.Person), "krocej-"+string(k.Ewa.Person), "")
	k.Who = k.Ewa
	if text := center.Text(k.Page(path).Find("main")); !strings.Contains(text, "Twój udział: 90 minut") || !strings.Contains(text, "Rozmowa o lekturach.") {
		t.Error("the meeting for a member:", text)
	}
	h.hours(t, k.Ewa, id, 2)
	h.finishes(t, base)
}

// finishes goes from the report to the next year.
func (h *house) finishes(t *testing.T, base string) {
	k := h.k
	h.goes(t, h.coordinator, base+"/sprawozdanie/szkic")
	done := k.Page(base + tabReport).Find("[name=zrobiono]").Text()
	h.goes(t, h.coordinator, base+"/sprawozdanie", "wersja", "1", "zrobiono", done, "efekty", "Lepsze rozmowy o tekstach.", "wnioski", "Więcej wspólnych lektur.", "zrob", "koniec")
	k.Who = k.Officer
	doc := k.Page(base + tabSettings)
	h.goes(t, k.Officer, base+"/zakonczenie", "wersja", doc.Find("form[action$='/zakonczenie'] [name=wersja]").AttrOr("value", ""))
	k.Clock = k.Clock.Add(time.Hour)
	k.Who = h.coordinator
	w := k.Post(base + "/kolejny-rok")
	if w.Code != http.StatusSeeOther || !strings.HasSuffix(w.Header().Get("Location"), tabSettings) {
		t.Error("the next year:", w.Code, w.Header())
	}
	if text := center.Text(k.Page(base + tabReport).Find("main")); !strings.Contains(text, "Lepsze rozmowy o tekstach.") {
		t.Error("the report:", text)
	}
	h.goes(t, h.coordinator, strings.TrimSuffix(w.Header().Get("Location"), tabSettings)+"/rezygnacja")
}

// goes sends a form that is taken.
func (h *house) goes(t *testing.T, who access.Actor, path string, pairs ...string) {
	t.Helper()
	h.k.Who = who
	w := h.k.Post(path, pairs...)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%s: %d %s", path, w.Code, center.Text(h.k.Whole(path, w, w.Code).Find(".errsum")))
	}
}
