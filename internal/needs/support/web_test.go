package support

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
	"kladka/internal/testkit/center"
)

func (h *house) revText(t *testing.T, id string) string {
	return strconv.FormatInt(h.rev(t, id), 10)
}

func TestPages(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	k := h.k
	id, form, needs := h.planned(t)
	for path, want := range map[string]int{Path: http.StatusSeeOther, Href(id): http.StatusSeeOther, UnmetPath: http.StatusSeeOther} {
		k.Who = access.Stranger()
		if w := k.Get(path); w.Code != want {
			t.Errorf("a stranger at %s: %d", path, w.Code)
		}
		k.Who = k.Ewa
		if w := k.Get(path); w.Code != http.StatusForbidden {
			t.Errorf("a teacher at %s: %d", path, w.Code)
		}
	}
	k.Who = k.OtherHead
	for _, path := range []string{Href(id), Href(id) + tabPlan, Href(id) + "/plan/druk", Href(id) + "/plan/pdf", Href(id) + "/arkusz", Href(id) + "/formy/" + form, Href(id) + "/potrzeby/" + needs[0].ID} {
		if w := k.Get(path); w.Code != http.StatusNotFound {
			t.Errorf("another head at %s: %d", path, w.Code)
		}
	}
	for _, lang := range i18n.Langs {
		k.Lang = lang
		h.looks(t, lang, id, form, needs)
	}
}

// looks opens every page in a language.
func (h *house) looks(t *testing.T, lang i18n.Lang, id, form string, needs []Need) {
	k := h.k
	for _, who := range []access.Actor{k.Head, h.adviser} {
		k.Who = who
		doc := k.Page(Path)
		if doc.Find("li[data-process]").Length() != 1 || doc.Find(`[data-promise="next"]`).Length() != 1 {
			t.Errorf("%s: the list", lang)
		}
		for _, path := range []string{NewPath, Href(id), Href(id) + tabPlan, Href(id) + tabForms, Href(id) + tabEffects, Href(id) + "/formy/nowa", Href(id) + "/formy/" + form,
			Href(id) + "/potrzeby/" + needs[0].ID, Href(id) + "/plan/druk", Href(id) + "/plan/druk?wersja=1"} {
			doc := k.Page(path)
			if doc.Find("h1").Length() != 1 || doc.Find(`[data-promise="next"]`).Length() != 1 {
				t.Errorf("%s: %s", lang, path)
			}
			doc.Find("form[method=post] textarea").Each(func(_ int, area *selection) {
				if area.Closest("form").Find(`[data-promise="who-sees"]`).Length() != 1 {
					t.Errorf("%s: %s: who sees %s is not said", lang, path, area.AttrOr("name", ""))
				}
			})
			once := map[string]bool{}
			doc.Find("main [id]").Each(func(_ int, s *selection) {
				if once[s.AttrOr("id", "")] {
					t.Errorf("%s: %s: id %s twice", lang, path, s.AttrOr("id", ""))
				}
				once[s.AttrOr("id", "")] = true
			})
		}
		if doc := k.Page(Href(id) + tabEffects); doc.Find("article[data-need]").Length() != 2 || doc.Find(`[data-need="`+needs[0].ID+`"] a[href$="`+form+`"]`).Length() != 1 {
			t.Errorf("%s: the chain", lang)
		}
		if doc := k.Page(Href(id) + "/plan/druk"); doc.Find("table").Length() != 2 || !strings.Contains(center.Text(doc.Find("table").Last()), "Matematyka w ruchu") {
			t.Errorf("%s: the plan in print", lang)
		}
	}
	k.Who = h.planner
	if doc := k.Page(UnmetPath); doc.Find("tbody tr").Length() != 2 || strings.Contains(center.Text(doc.Find("main")), "Szkoła Podstawowa") {
		t.Errorf("%s: the report", lang)
	}
	k.Who = k.Officer
	if k.Page(NewPath+"?q=szkola").Find(`input[name=szkola]`).Length() != 1 {
		t.Errorf("%s: the center finds no school", lang)
	}
	if doc := k.Page(Href(id)); doc.Find("select[name=osoba] option[selected]").Length() != 1 {
		t.Errorf("%s: naming", lang)
	}
}

func TestForms(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	k := h.k
	k.Who = k.Head
	if w := k.Post(NewPath, "szkola", string(k.School)); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("no center: %d", w.Code)
	}
	w := k.Post(NewPath, "szkola", string(k.School), "osrodek", string(k.At), "rok", "2026")
	if w.Code != http.StatusSeeOther {
		t.Fatalf("begun: %d", w.Code)
	}
	path := w.Header().Get("Location")
	id := strings.TrimPrefix(path, Path+"/")
	if bad := k.Whole("twice", k.Post(NewPath, "szkola", string(k.School), "osrodek", string(k.At), "rok", "2026"), http.StatusConflict); bad.Find("#stop").Length() != 1 {
		t.Error("twice is not said")
	}
	bad := k.Whole("need", k.Post(path+"/potrzeby", "wersja", "1", "opis", "Długie słowa"), http.StatusUnprocessableEntity)
	if bad.Find(".errsum a").Length() != 2 || center.Text(bad.Find("textarea[name=opis]")) != "Długie słowa" {
		t.Error("what was typed is lost")
	}
	see := func(what string, pairs ...string) {
		t.Helper()
		pairs = append(pairs, "wersja", h.revText(t, id))
		if w := k.Post(path+what, pairs...); w.Code != http.StatusSeeOther {
			t.Fatalf("%s: %d", what, w.Code)
		}
	}
	if k.Page(path).Find(`#niepokazane`).Length() != 0 || k.Page(path).Find(`input[name=zgloszone]`).Length() != 1 {
		t.Error("what the school declared is not offered")
	}
	see("/zgloszone", "zgloszone", declaredNeed)
	see("/sposoby", "sposoby", "Warsztaty.")
	old := k.Whole("old page", k.Post(path+"/sposoby", "wersja", "1", "sposoby", "Konsultacje."), http.StatusConflict)
	if center.Text(old.Find("textarea[name=sposoby]")) != "Konsultacje." || !strings.Contains(center.Text(old.Find("form details")), "Warsztaty.") || old.Find("#stop").Length() != 1 {
		t.Error("a conflict loses what was typed, or hides what is saved")
	}
	see("/diagnoza/zgoda", "czesc", "diagnosis", "zgoda", "tak")
	k.Who = k.Director
	see("/osoba", "osoba", string(h.adviser.Person))
	see("/diagnoza/zgoda", "czesc", "diagnosis", "zgoda", "tak")
	h.plansByForm(t, path, id, see)
}

// plansByForm walks the forms of the plan, the work and the effects.
func (h *house) plansByForm(t *testing.T, path, id string, see func(what string, pairs ...string)) {
	k, need := h.k, h.find(t, id).Needs[0].ID
	form := []string{"rodzaj", "workshop", "tytul", "Czytanie", "prowadzi", "Ośrodek", "termin", "2026-11-20", "wskaznik", "Zadania", "potrzeby", need}
	bad := k.Whole("hours", k.Post(path+"/formy/nowa", append(form, "godziny", "dużo", "wersja", h.revText(t, id))...), http.StatusUnprocessableEntity)
	if bad.Find(`.errsum a[href="#godziny"]`).Length() != 1 || bad.Find(`input[name=potrzeby][checked]`).Length() != 1 || bad.Find(`#tytul[value="Czytanie"]`).Length() != 1 {
		t.Error("a form that was refused")
	}
	see("/formy/nowa", append(form, "godziny", "4")...)
	see("/plan", "cele", "Więcej czytania.")
	see("/plan/zgoda", "czesc", "plan", "zgoda", "nie", "uwagi", "Za mało godzin.")
	f := h.find(t, id).Forms[0].ID
	see("/formy/"+f, append(form, "godziny", "6")...)
	see("/plan/zgoda", "czesc", "plan", "zgoda", "tak")
	k.Who = k.Head
	see("/plan/zgoda", "czesc", "plan", "zgoda", "tak")
	if w := k.Get(path + "/plan/pdf?wersja=2"); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), "%PDF") {
		t.Errorf("PDF: %d", w.Code)
	}
	for _, version := range []string{"1", "9", "x", "-1"} { // the first was never agreed
		if w := k.Get(path + "/plan/druk?wersja=" + version); w.Code != http.StatusNotFound {
			t.Errorf("version %s: %d", version, w.Code)
		}
	}
	refused := k.Whole("held", k.Post(path+"/formy/"+f+"/odbyta", "wersja", h.revText(t, id), "dzien", "2026-11-20", "osoby", "0", "katalog", "/szkolenia/"+someTraining), http.StatusUnprocessableEntity)
	if refused.Find(`.errsum a[href="#osoby"]`).Length() != 1 || refused.Find(`#tytul[value="Czytanie"]`).Length() != 1 {
		t.Error("a record that was refused")
	}
	see("/formy/"+f+"/odbyta", "dzien", "2026-11-20", "osoby", "9", "katalog", "/szkolenia/"+someTraining)
	if k.Page(path+tabForms).Find(`a[href="/szkolenia/`+someTraining+`"]`).Length() != 1 {
		t.Error("the training is not linked")
	}
	see("/efekty", "potrzeba", need, "nr", "1", "efekt-1", "partly", "uwaga-1", "=1+1", "wnioski", "Dalej.")
	csv := k.Get(path + "/arkusz?format=csv").Body.String()
	if !strings.Contains(csv, "'=1+1") || !strings.Contains(csv, "Czytanie") || !strings.Contains(csv, ";9;") && !strings.Contains(csv, ",9,") {
		t.Error(csv)
	}
	see("/efekty/zgoda", "czesc", "effects", "zgoda", "tak")
	k.Who = h.adviser
	items := h.deskOf(t)
	if len(items) != 1 || !strings.Contains(items[0], "Wspomaganie: Szkoła Podstawowa nr 1") {
		t.Errorf("the adviser's desk: %v", items)
	}
	see("/efekty/zgoda", "czesc", "effects", "zgoda", "tak")
	see("/zamkniecie")
	if w := k.Post(path+"/efekty", "wersja", h.revText(t, id)); w.Code != http.StatusConflict {
		t.Errorf("a closed process: %d", w.Code)
	}
	if len(h.deskOf(t)) != 0 {
		t.Error("a closed process is on a desk")
	}
	k.Who = k.Officer
	report := k.Get(UnmetPath + "/arkusz?format=csv").Body.String()
	if !strings.Contains(report, "Czytanie") || strings.Contains(report, "Szkoła") {
		t.Error(report)
	}
}
