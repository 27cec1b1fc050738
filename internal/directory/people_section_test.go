package directory

import (
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

func TestInstitutionNamesOnlyPublicRoles(t *testing.T) {
	testkit.EachDB(t, classModules, func(t *testing.T, d *db.DB) {
		h := openClassHouse(t, d)
		h.ShowPeople(func(_ *web.Request, who access.Actor, person access.PersonID, at access.InstitutionID) string {
			return "/proba/" + string(person) + "/" + string(at)
		})
		adviser := h.person("Ula Kos", access.MethodologicalAdviser, h.school)
		h.person("Uczeń Ada", access.Pupil, h.school)
		pupil := h.person("Kuba Mak", access.Pupil, h.school)
		shared := h.head
		shared.Shared = true
		for name, c := range map[string]struct {
			who   access.Actor
			names []string
			asks  int
		}{
			"stranger": {access.Stranger(), []string{"Ewa Łoś"}, 0}, "pupil": {pupil, []string{"Ewa Łoś"}, 0},
			"shared computer": {shared, []string{"Ewa Łoś"}, 0},
			"tutor":           {h.tutor, []string{"Ewa Łoś", "Ula Kos"}, 2},
			"the head":        {h.head, []string{"Ewa Łoś", "Ula Kos"}, 1}, "the adviser": {adviser, []string{"Ewa Łoś", "Ula Kos"}, 1},
		} {
			h.who = c.who
			doc := h.page(href(h.school))
			if got := textsOf(doc.Find("[data-people] strong")); len(got) != len(c.names) || got[0] != c.names[0] || got[len(got)-1] != c.names[len(c.names)-1] {
				t.Errorf("%s sees %q, want %q", name, got, c.names)
			}
			if got := doc.Find(`[data-people] a[href^="/proba/"]`).Length(); got != c.asks {
				t.Errorf("%s can ask %d people, want %d", name, got, c.asks)
			}
		}
	})
}

func TestPeopleOfAGroupOfABodyAndOfTheClosed(t *testing.T) {
	h := openClassHouse(t, testkit.SQLite(t, classModules))
	h.ShowPeople(nil)
	part := Institution{ID: testID(3), Origin: Invented, Kind: "kindergarten", Name: "Przedszkole", Municipality: krakow, RegisterParent: &h.school}
	company := Institution{ID: testID(4), Origin: ByHand, Kind: Company, Name: "Firma", Municipality: krakow}
	closed := Institution{ID: testID(5), Origin: Invented, Kind: "primary", Name: "Dawna", Municipality: krakow, Closed: true}
	h.save(part, company, closed)
	h.person("Prezeska Firmy", access.SchoolHead, company.ID)
	h.person("Dawna Dyrektorka", access.SchoolHead, closed.ID)
	see := func(who access.Actor, at access.InstitutionID, want ...string) {
		t.Helper()
		h.who = who
		wantTexts(t, h.page(href(at)).Find("[data-people] strong"), want...)
	}
	see(access.Stranger(), part.ID, "Ewa Łoś")
	if led := h.page(href(part.ID)).Find(`.card a[href="` + href(h.school) + `"]`); led.Length() == 0 {
		t.Error("the page of a part does not lead to the unit whose head leads it")
	}
	see(access.Stranger(), company.ID)
	see(h.tutor, company.ID, "Prezeska Firmy")
	see(h.tutor, closed.ID)
	see(access.Stranger(), h.other)
	if title := h.page(href(h.other)).Find("section.card h2").Text(); title == "" {
		t.Error("no sections at all")
	}
	h.who = h.tutor
	if empty := h.page(href(h.other)).Find("section.card p.muted").Text(); empty == "" {
		t.Error("nothing says that nobody has an account")
	}
}
