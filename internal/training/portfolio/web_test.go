package portfolio

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
	"kladka/internal/testkit/center"
)

// send sends a form with a scan.
func (h *house) send(t *testing.T, path string, scan []byte, pairs ...string) *httptest.ResponseRecorder {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for n := 0; n+1 < len(pairs); n += 2 {
		h.k.OK(form.WriteField(pairs[n], pairs[n+1]))
	}
	if scan != nil {
		part, err := form.CreateFormFile("skan", "skan.png")
		h.k.OK(err)
		_, err = part.Write(scan)
		h.k.OK(err)
	}
	h.k.OK(form.Close())
	r := httptest.NewRequestWithContext(access.WithActor(t.Context(), h.k.Who), http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Accept-Language", string(h.k.Lang))
	w := httptest.NewRecorder()
	h.k.Shell.ServeHTTP(w, r)
	return w
}

func TestPages(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	k := h.k
	k.Who = access.Stranger()
	if w := k.Get(Path); w.Code != http.StatusSeeOther {
		t.Errorf("a stranger: %d", w.Code)
	}
	k.Who = k.Ewa
	k.Who.Shared = true
	if w := k.Get(Path); w.Code != http.StatusForbidden {
		t.Errorf("at a shared computer: %d", w.Code)
	}
	k.Who = k.Deputy
	if w := k.Get(HeadPath); w.Code != http.StatusForbidden {
		t.Errorf("a deputy sees what waits: %d", w.Code)
	}
	k.Who = k.Iza
	if k.Page(Path).Find(".blank").Length() != 1 {
		t.Error("an empty portfolio says nothing")
	}
	k.Who = k.Ewa
	h.filled(t)
	e := h.asked(t, k.Ewa, k.School)
	for _, lang := range i18n.Langs {
		k.Lang, k.Who = lang, k.Ewa
		doc := k.Page(Path)
		if n := doc.Find("li[data-item]").Length(); n != 3 {
			t.Errorf("%s: %d items of this year", lang, n)
		}
		if doc.Find("progress, meter").Length() != 0 || doc.Find("table caption").Length() != 1 {
			t.Errorf("%s: sums", lang)
		}
		if k.Page(Path+"?rok=2025").Find("li[data-item]").Length() != 2 {
			t.Errorf("%s: the year before", lang)
		}
		if k.Page(Path+"/nowe").Find(`[data-promise="who-sees"]`).Length() != 1 {
			t.Errorf("%s: who sees is not said", lang)
		}
		if k.Page(entryPath(e.ID)).Find(`[data-promise="next"]`).Length() != 1 {
			t.Errorf("%s: what is next is not said", lang)
		}
		if k.Page(notePath(keyOf(External, e.ID))).Find(`[data-promise="who-sees"]`).Length() != 1 {
			t.Errorf("%s: who sees the note", lang)
		}
		if k.Page(Path+"/zestawienie").Find(`input[name="co"][checked]`).Length() != 6 || k.Page(Path+"/zestawienie?rok=2019").Find(`input[name="co"]`).Length() != 1 {
			t.Errorf("%s: choosing", lang)
		}
		k.Who = k.Head
		if doc := k.Page(HeadPath); doc.Find("article").Length() != 1 || doc.Find("textarea").Length() != 1 || !strings.Contains(center.Text(doc.Find("article h2")), "Ewa") {
			t.Errorf("%s: the head sees no request", lang)
		}
	}
	h.headDecides(t, e)
}

// headDecides walks the head's forms and looks at what the owner sees then.
func (h *house) headDecides(t *testing.T, e Entry) {
	k := h.k
	k.Lang, k.Who = i18n.PL, k.Head
	path := HeadPath + "/" + e.ID
	if w := k.Get(path + "/skan"); w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("the scan: %d", w.Code)
	}
	bad := k.Whole("no reason", k.Post(path, "wersja", "2", "decyzja", "nie"), http.StatusUnprocessableEntity)
	if bad.Find(`.errsum a[href="#powod-`+e.ID+`"]`).Length() != 1 {
		t.Error("the lack of a reason is not said")
	}
	if w := k.Post(path, "wersja", "1", "decyzja", "tak"); w.Code != http.StatusConflict {
		t.Errorf("an old page: %d", w.Code)
	}
	if w := k.Post(path, "wersja", "2", "decyzja", "tak"); w.Code != http.StatusSeeOther {
		t.Fatalf("a yes: %d", w.Code)
	}
	if w := k.Get(path + "/skan"); w.Code != http.StatusNotFound {
		t.Errorf("the scan after the decision: %d", w.Code)
	}
	if w := k.Get(entryPath(e.ID)); w.Code != http.StatusNotFound {
		t.Errorf("the head opens the entry: %d", w.Code)
	}
	k.Who = k.Ewa
	if doc := k.Page(entryPath(e.ID)); doc.Find(`[data-promise="why"]`).Length() != 1 || !strings.Contains(center.Text(doc.Selection), "Szkoła Podstawowa nr 1, Hanna Głowa") {
		t.Error("who confirmed is not said")
	}
}

func TestForms(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	k := h.k
	k.Who = k.Ewa
	good := []string{"tytul", "=Kurs", "organizator", "Uniwersytet", "forma", Postgraduate, "godziny", "180", "dzien", "2026-06-20"}
	bad := k.Whole("bad", h.send(t, Path+"/nowe", picture(t), "tytul", "Kurs", "godziny", "dużo"), http.StatusUnprocessableEntity)
	sent, there := bad.Find(`input[name="przyslany"]`).Attr("value")
	if !there || bad.Find(`.errsum a`).Length() != 4 || bad.Find(`#tytul[value="Kurs"]`).Length() != 1 {
		t.Fatal("what was typed and sent is lost")
	}
	if w := h.send(t, Path+"/nowe", []byte("MZ no picture"), good...); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a program: %d", w.Code)
	}
	if w := h.send(t, Path+"/nowe", nil, append(good, "przyslany", sent)...); w.Code != http.StatusSeeOther || w.Header().Get("Location") != Path+"?rok=2025" {
		t.Fatalf("adding: %d", w.Code)
	}
	f, err := h.Folder(t.Context(), k.Ewa)
	k.OK(err)
	var e *Entry
	for _, i := range f.Items {
		if i.Kind == External {
			e = i.Entry
		}
	}
	if e == nil || e.Scan == "" || e.Hours != 180 {
		t.Fatalf("added %+v", e)
	}
	path := entryPath(e.ID)
	if w := k.Get(path + "/skan"); w.Code != http.StatusOK {
		t.Errorf("own scan: %d", w.Code)
	}
	csv := k.Get(Path + "/arkusz?format=csv").Body.String()
	if !strings.Contains(csv, "Uniwersytet") || !strings.Contains(csv, "'=Kurs") || !strings.Contains(csv, "wpisane przez") {
		t.Error(csv)
	}
	if w := k.Post(Path+"/zestawienie", "jako", "pdf"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("nothing ticked: %d", w.Code)
	}
	if w := k.Post(Path+"/zestawienie", "jako", "pdf", "co", keyOf(External, e.ID)); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), "%PDF") {
		t.Errorf("the list: %d", w.Code)
	}
	if w := k.Post(path+"/prosba", "wersja", "1", "placowka", string(k.Other)); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("another school: %d", w.Code)
	}
	if w := k.Post(notePath(keyOf(External, e.ID)), "wersja", "0", "notatka", "Na radzie."); w.Code != http.StatusSeeOther {
		t.Errorf("a note: %d", w.Code)
	}
	if k.Post(path+"/usun", "wersja", "1").Code != http.StatusUnprocessableEntity || k.Post(path+"/usun", "wersja", "1", "potwierdzam", "tak").Code != http.StatusSeeOther {
		t.Error("removing")
	}
	k.Who = k.Jan
	if w := k.Get(path + "/skan"); w.Code != http.StatusNotFound {
		t.Errorf("another's scan: %d", w.Code)
	}
}
