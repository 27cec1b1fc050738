package directory

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/testkit"
)

// post sends a form as a person does who sits at one of our pages.
func (h *reader) post(path, contentType string, body io.Reader) (*httptest.ResponseRecorder, *goquery.Document) {
	h.t.Helper()
	r := httptest.NewRequestWithContext(access.WithActor(h.t.Context(), h.who), http.MethodPost, path, body)
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Accept-Language", string(h.lang))
	w := httptest.NewRecorder()
	h.shell.ServeHTTP(w, r)
	if strings.Contains(w.Body.String(), "⟦") {
		h.t.Errorf("%s lacks a text", path)
	}
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return w, doc
}

func (h *reader) postForm(path string, pairs ...string) (*httptest.ResponseRecorder, *goquery.Document) {
	form := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		form.Set(pairs[n], pairs[n+1])
	}
	return h.post(path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (h *reader) upload(name, text string) (*httptest.ResponseRecorder, *goquery.Document) {
	h.t.Helper()
	return h.uploadTo(importsPath, name, text)
}

func (h *reader) uploadTo(path, name, text string) (*httptest.ResponseRecorder, *goquery.Document) {
	h.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile(fileField, name)
	if err == nil {
		_, err = io.WriteString(part, text)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return h.post(path, form.FormDataContentType(), &body)
}

func TestImportDoors(t *testing.T) {
	h := newReader(t, testkit.SQLite(t, writeModules))
	office := anOffice(t, h.Service, "120607")
	h.who = access.Stranger()
	if w, _ := h.postForm(importsPath); w.Code != http.StatusUnauthorized {
		t.Errorf("a stranger posts: %d", w.Code)
	}
	if w := h.get(importsPath); w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/konto/zaloguj") {
		t.Errorf("a stranger looks: %d", w.Code)
	}
	h.who = holding(access.Teacher, "x")
	if w := h.get(importsPath); w.Code != http.StatusForbidden {
		t.Errorf("a teacher looks: %d", w.Code)
	}
	// An office may read the register for what it runs, and for nothing else.
	h.who = holding(access.AuthorityOfficer, office)
	for name, path := range map[string]string{"everything": importsPath, "another office": importsPath + "?zakres=" + string(anOffice(t, h.Service, krakow))} {
		if w, _ := h.uploadTo(path, "x.csv", sampleFile(sampleRows()...)); w.Code != http.StatusForbidden {
			t.Errorf("an office reads for %s: %d", name, w.Code)
		}
	}
	if w, _ := h.uploadTo(importsPath+"?zakres=x", "x.csv", sampleFile(sampleRows()...)); w.Code != http.StatusNotFound {
		t.Errorf("for nobody: %d", w.Code)
	}
	doc := h.page(importsPath)
	if action, _ := doc.Find("form[enctype]").Attr("action"); action != importsPath+"?zakres="+string(office) {
		t.Errorf("the form of an office leads to %q", action)
	}
	h.who = holding(access.Auditor, "")
	if doc := h.page(importsPath); doc.Find("input[type=file]").Length() != 0 {
		t.Error("who may only look has a form")
	}
}

// anOffice is the office that acts for a municipality.
func anOffice(t testing.TB, s *Service, town string) access.InstitutionID {
	t.Helper()
	id, _, err := s.AddBody(t.Context(), officer, Body{Key: access.NewInstitutionID(), Kind: Office, Name: "Urząd " + town, Municipality: town, ActsFor: true})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestImportPages(t *testing.T) {
	for _, lang := range i18n.Langs {
		h := newReader(t, testkit.SQLite(t, writeModules))
		h.lang, h.who = lang, officer
		if doc := h.page(importsPath); doc.Find("form[enctype] input[type=file]").Length() != 1 || doc.Find("[data-promise=next]").Length() != 1 {
			t.Error(lang, "the form is not there")
		}
		w, _ := h.upload("<b>rejestr</b>.csv", sampleFile(sampleRows()...))
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), importing.ListPath+"/") {
			t.Fatal(lang, "upload:", w.Code, w.Header().Get("Location"))
		}
		doc := h.page(w.Header().Get("Location"))
		if text := doc.Find("main").Text(); !strings.Contains(text, "990001") || doc.Find("main b").Length() != 0 {
			t.Error(lang, text)
		}
	}
}

func TestWarningsOnThePage(t *testing.T) {
	for _, lang := range i18n.Langs {
		h := newReader(t, testkit.SQLite(t, writeModules))
		h.lang, h.who = lang, officer
		var rows, shifted []sampleRow
		for n := range 30 {
			row := sampleRows()[3]
			row.rspo = 991000 + n
			rows = append(rows, row)
			row.rspo += 5000
			shifted = append(shifted, row)
		}
		applied(t, h.Service, sampleFile(rows...))
		for name, file := range map[string]string{"mass closing": sampleFile(rows[:15]...), "slipped columns": sampleFile(shifted...)} {
			w, _ := h.upload("drugi.csv", file)
			path := w.Header().Get("Location")
			if h.page(path).Find("input[type=checkbox][name=zgoda]").Length() != 1 {
				t.Errorf("%s, %s: no box to tick", lang, name)
			}
			h.page(path + "?co=closed")
		}
	}
}

func TestUploadRefuses(t *testing.T) {
	h := newReader(t, testkit.SQLite(t, writeModules))
	h.who = officer
	for name, text := range map[string]string{"empty": "", "zip": "PK\x03\x04", "header": sampleHead} {
		w, doc := h.upload("x.csv", text)
		if w.Code != http.StatusUnprocessableEntity || doc.Find("#errsum a[href='#plik']").Length() != 1 || doc.Find("#plik[aria-invalid]").Length() != 1 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	if w, doc := h.upload("", sampleFile(sampleRows()...)); w.Code != http.StatusUnprocessableEntity || doc.Find("#errsum").Length() != 1 {
		t.Errorf("no file: %d", w.Code)
	}
	if w, _ := h.postForm(importsPath, "plik", "x"); w.Code != http.StatusBadRequest {
		t.Errorf("not multipart: %d", w.Code)
	}
	var n int
	if err := h.db.Get(t.Context(), &n, `select count(*) from importing_batches`); err != nil || n != 0 {
		t.Errorf("%d imports were left, %v", n, err)
	}
}

// endless is a body that goes on, and counts what was taken of it.
type endless struct{ taken int64 }

func (e *endless) Read(b []byte) (int, error) {
	for n := range b {
		b[n] = 'a'
	}
	e.taken += int64(len(b))
	return len(b), nil
}

func TestUploadIsCutOffEarly(t *testing.T) {
	h := newReader(t, testkit.SQLite(t, writeModules))
	h.who = officer
	head := "--grenze\r\nContent-Disposition: form-data; name=\"plik\"; filename=\"x.csv\"\r\n\r\n"
	for name, length := range map[string]int64{"with its length": 2 << 30, "without": -1} {
		rest := &endless{}
		r := httptest.NewRequestWithContext(access.WithActor(t.Context(), officer), http.MethodPost, importsPath, io.MultiReader(strings.NewReader(head), rest))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=grenze")
		r.ContentLength = length
		w := httptest.NewRecorder()
		h.shell.ServeHTTP(w, r)
		if w.Code != http.StatusRequestEntityTooLarge && w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", name, w.Code)
		}
		if length > 0 && rest.taken > 1<<20 || rest.taken > maxFile+2<<20 {
			t.Errorf("%s: %d MB were taken", name, rest.taken>>20)
		}
		if !strings.Contains(w.Body.String(), "64") || strings.Contains(w.Body.String(), "⟦") {
			t.Errorf("%s: the page does not tell the limit", name)
		}
	}
}

func TestGroupPage(t *testing.T) {
	h := newReader(t, testkit.SQLite(t, writeModules))
	applied(t, h.Service, sampleFile(sampleRows()...))
	group, school, other := byNumber(t, h.Service, 990001), byNumber(t, h.Service, 990002), byNumber(t, h.Service, 990004)
	path := href(school.ID) + "/zespol"
	h.who = access.Stranger()
	if w, _ := h.postForm(path); w.Code != http.StatusUnauthorized {
		t.Errorf("a stranger: %d", w.Code)
	}
	h.who = holding(access.AuthorityOfficer, other.ID)
	if w := h.get(path); w.Code != http.StatusForbidden {
		t.Errorf("another office: %d", w.Code)
	}
	h.who = officer
	if w := h.get(href("nic") + "/zespol"); w.Code != http.StatusNotFound {
		t.Errorf("no such unit: %d", w.Code)
	}
	for _, lang := range i18n.Langs {
		h.lang = lang
		doc := h.page(path)
		if doc.Find("input[type=radio]").Length() != 3 || doc.Find("input[value=register][checked]").Length() != 1 ||
			doc.Find("[data-promise=why]").Length() != 1 || doc.Find("[data-promise=next]").Length() != 1 ||
			!strings.Contains(doc.Find(".lead").Text(), group.Name) {
			t.Error(lang, doc.Find("main").Text())
		}
		h.page(href(group.ID) + "/zespol")
	}
	if w, doc := h.postForm(path, "wybor", "under", "rspo", "12", "rewizja", "1"); w.Code != http.StatusUnprocessableEntity ||
		doc.Find("#errsum a[href='#rspo']").Length() != 1 || doc.Find("#rspo[value='12']").Length() != 1 {
		t.Errorf("unknown number: %d", w.Code)
	}
	if w, _ := h.postForm(path, "wybor", "alone", "rewizja", "x"); w.Code != http.StatusConflict {
		t.Errorf("broken revision: %d", w.Code)
	}
	if w, _ := h.postForm(path, "wybor", "under", "rspo", "990004", "rewizja", "1"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != href(school.ID) {
		t.Errorf("save: %d", w.Code)
	}
	if after := byNumber(t, h.Service, 990002); after.HeadUnit != other.ID {
		t.Errorf("got %+v", after)
	}
	if w, _ := h.postForm(path, "wybor", "alone", "rewizja", "1"); w.Code != http.StatusConflict {
		t.Errorf("an old form: %d", w.Code)
	}
	if v, _ := h.page(path).Find("#rspo").Attr("value"); v != "990004" {
		t.Errorf("the form does not show what holds: %q", v)
	}
}

func TestBodyPage(t *testing.T) {
	h := newReader(t, testkit.SQLite(t, writeModules))
	path := listPath + "/nowa"
	h.who = holding(access.AuthorityOfficer, "x")
	if w := h.get(path); w.Code != http.StatusForbidden {
		t.Errorf("an office: %d", w.Code)
	}
	h.who = officer
	key := ""
	for _, lang := range i18n.Langs {
		h.lang = lang
		doc := h.page(path)
		key, _ = doc.Find("input[name=klucz]").Attr("value")
		if doc.Find("[data-promise=who-sees]").Length() != 1 || doc.Find("#gmina option").Length() != 15 || doc.Find("#rodzaj option").Length() != 6 {
			t.Error(lang, doc.Find("main").Text())
		}
	}
	w, doc := h.postForm(path, "klucz", key, "rodzaj", "ngo", "nazwa", "", "gmina", "126101", "nip", "1")
	if w.Code != http.StatusUnprocessableEntity || doc.Find("#errsum li").Length() != 2 || doc.Find("#nip[value='1'][aria-invalid]").Length() != 1 ||
		doc.Find("#rodzaj option[value=ngo][selected]").Length() != 1 {
		t.Errorf("got %d: %s", w.Code, doc.Find("#errsum").Text())
	}
	for range 2 { // twice, as impatient people do
		w, _ = h.postForm(path, "klucz", key, "rodzaj", "ngo", "nazwa", "Fundacja „Łąka”", "gmina", "126101", "regon", "123456785")
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != href(access.InstitutionID(key)) {
			t.Fatalf("got %d", w.Code)
		}
	}
	if doc = h.page(w.Header().Get("Location")); !strings.Contains(doc.Find("h1").Text(), "Fundacja „Łąka”") {
		t.Error("the body has no page")
	}
}
