package agreements

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit/center"
)

// pages walks every page on the database of the other cases, in all languages.
func pages(t *testing.T, h *house, w Whole) {
	k := h.k
	k.Who = k.Stranger
	for _, lang := range i18n.Langs {
		k.Lang = lang
		k.Page(Path)
		k.Page(Href(w.ID))
		k.Page(Href(w.ID) + "/rok/2025")
		k.Page(Href(w.ID) + "/obszar/" + w.Areas[1].ID + "?rok=2025")
		k.Page(Href(w.ID) + "/obszar/" + w.Areas[1].ID + "?obok=tak")
	}
	k.Lang = i18n.PL
	public(t, h, w)
	refused(t, h, w)
	downloads(t, h, w)
	forms(t, h, w)
}

func public(t *testing.T, h *house, w Whole) {
	doc := h.k.Page(Href(w.ID))
	area := doc.Find(`[data-area="2"]`)
	for what, want := range map[string]string{"the sum": "2 działania, 3 uczestnictwa", "an activity": "Warsztat 1", "people once": ""} {
		if !strings.Contains(center.Text(area), want) {
			t.Errorf("area 2 lacks %s: %s", what, center.Text(area))
		}
	}
	if href, _ := area.Find(`a:contains("Warsztat 1")`).Attr("href"); href != "/szkolenia/"+someTraining(1) {
		t.Errorf("the activity leads to %q", href)
	}
	first := center.Text(doc.Find(`[data-area="1"]`))
	if !strings.Contains(first, "Konferencja się odbyła") || !strings.Contains(first, "1250,00 zł") {
		t.Errorf("area 1 lacks what came of its arrangement: %s", first)
	}
	text := center.Text(doc.Selection)
	for _, want := range []string{"Wspólny newsletter", "Jan Kowal, Dyrektor Biura", "Brzmienie według notatki.", "zna gminy", "27 października 2022", "Więcej osób korzysta z oferty"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(text, "Maria Nowa") {
		t.Error("the expert is named in public")
	}
	if doc.Find(`[data-promise="next"]`).Length() != 1 || doc.Find(`[data-outcome="1"] th:contains("2021/2022 (rok odniesienia)")`).Length() != 1 {
		t.Error("the page lacks what comes next, or the baseline")
	}
	ids(t, doc)
}

// ids must differ within a page.
func ids(t *testing.T, doc *goquery.Document) {
	t.Helper()
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if seen[id] {
			t.Errorf("id %s stands twice", id)
		}
		seen[id] = true
	})
}

func refused(t *testing.T, h *house, w Whole) {
	for _, x := range []struct {
		who  access.Actor
		path string
		want int
	}{
		{h.other, Href(w.ID) + tabDesk, http.StatusForbidden}, {h.other, Href(w.ID) + tabExperts, http.StatusForbidden}, {h.other, Href(w.ID) + tabJoint, http.StatusForbidden},
		{h.other, deedHref(w.ID, "ustalenie", ""), http.StatusForbidden}, {h.k.Officer, deedHref(w.ID, "nic", ""), http.StatusNotFound},
		{h.k.Stranger, Path + "/nic", http.StatusNotFound}, {h.k.Stranger, Href(w.ID) + "/rok/1999", http.StatusNotFound}, {h.k.Stranger, Href(w.ID) + "/rok/2025.exe", http.StatusNotFound},
	} {
		h.k.Who = x.who
		if got := h.k.Get(x.path).Code; got != x.want {
			t.Errorf("%s: %d, want %d", x.path, got, x.want)
		}
	}
}

func downloads(t *testing.T, h *house, w Whole) {
	for end, start := range map[string]string{".pdf": "%PDF-", ".xlsx": "PK", ".csv": "\ufeff"} {
		if got := h.k.Get(Href(w.ID) + "/rok/2025" + end); got.Code != http.StatusOK || !strings.HasPrefix(got.Body.String(), start) {
			t.Errorf("%s: %d %.20q", end, got.Code, got.Body.String())
		}
	}
}

// attach sends a file that says it is a PDF.
func attach(t *testing.T, h *house, w Whole, content string) int {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	h.k.OK(form.WriteField("nazwa", "Tekst podpisany"))
	part, err := form.CreateFormFile("plik", "umowa.pdf")
	h.k.OK(err)
	_, err = part.Write([]byte(content))
	h.k.OK(err)
	h.k.OK(form.Close())
	r := httptest.NewRequestWithContext(access.WithActor(t.Context(), h.k.Who), http.MethodPost, Href(w.ID)+"/pliki", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	answer := httptest.NewRecorder()
	h.k.Shell.ServeHTTP(answer, r)
	return answer.Code
}

func forms(t *testing.T, h *house, w Whole) {
	k := h.k
	for _, lang := range i18n.Langs {
		k.Lang, k.Who = lang, h.officer
		k.Page(NewPath)
		k.Page(Href(w.ID) + tabDesk)
		k.Page(Href(w.ID) + tabExperts)
		k.Page(Href(w.ID) + tabJoint + "?obszar=" + w.Areas[1].ID + "&oznaczone=tak")
		for name, d := range deeds {
			if d.of == "" && !d.button() {
				k.Page(deedHref(w.ID, name, ""))
			}
		}
	}
	k.Lang, k.Who = i18n.PL, k.Officer
	if got := attach(t, h, w, "MZ to nie jest PDF"); got != http.StatusUnprocessableEntity {
		t.Errorf("a file that is not what it says: %d", got)
	}
	list, err := h.Arrangements(t.Context(), w.ID)
	k.OK(err)
	k.Page(arrangementHref(list[0]))
	k.Page(deedHref(w.ID, "zmiana", list[0].ID))
	k.Page(deedHref(w.ID, "stan", list[0].ID))
	if got := k.Post(deedHref(w.ID, "ustalenie", ""), "co", "Nowe", "kwota", "dużo"); got.Code != http.StatusUnprocessableEntity {
		t.Errorf("a bad amount: %d", got.Code)
	}
	if got := k.Post(deedHref(w.ID, "ustalenie", ""), "co", "Lista ekspertów", "kto", "Biuro", "obszar", w.Areas[0].ID, "termin", "2027-01-15"); got.Code != http.StatusSeeOther {
		t.Errorf("an arrangement: %d", got.Code)
	}
	ref := ledger.Ref{Kind: "training", ID: someTraining(2)}
	if got := k.Post(Href(w.ID)+tabJoint, "rodzaj", ref.Kind, "dzialanie", ref.ID, "cofnij", "tak"); got.Code != http.StatusSeeOther {
		t.Errorf("taking a mark back: %d", got.Code)
	}
	doc := k.Page(Href(w.ID) + "/rok/2025")
	if got := center.Text(doc.Find("#roznice").Parent()); !strings.Contains(got, "2 działania") || !strings.Contains(got, "1 działanie") {
		t.Errorf("the difference is not shown: %s", got)
	}
	k.OK(h.MarkJoint(t.Context(), k.Officer, w.ID, ref, "2025-10-15"))
	if got := k.Post(NewPath, "jako", string(k.At), "tytul", "Nowe porozumienie", "rodzaj", "framework"); got.Code != http.StatusSeeOther {
		t.Errorf("a new agreement: %d", got.Code)
	}
	k.Who = k.Stranger
}
