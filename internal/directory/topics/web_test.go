package topics

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/testkit"
)

func TestLanguagesAreComplete(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t, testModules))
	for _, fault := range h.catalog.Check() {
		t.Error(fault)
	}
	for _, action := range auditAction {
		if !h.catalog.Has("audit.action." + action) {
			t.Errorf("%s has no name", action)
		}
	}
	for act := range auditAction {
		if act != actWithdrawn && !h.catalog.Has("topics.act."+act) {
			t.Errorf("%s has no words", act)
		}
	}
	for _, f := range (Record{}).fields() {
		if !h.catalog.Has("topics.field." + f.Name) {
			t.Errorf("the field %s has no name", f.Name)
		}
	}
}

func TestDoors(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t, testModules))
	h.add("a", "b")
	mine, other := h.school("Moja"), h.school("Inna")
	own := "/instytucje/" + string(mine) + "/tematy"
	reads := []string{editorPath, newPath, sheetPath, waitingPath, loadPath, editorPath + "/a", editorPath + "/a/scal", editorPath + "/a/podziel"}
	writes := []string{newPath, loadPath, editorPath + "/a", editorPath + "/a/przenies", editorPath + "/a/scal", editorPath + "/a/podziel",
		editorPath + "/a/rozlacz", editorPath + "/a/cofnij-podzial", editorPath + "/a/wycofaj", editorPath + "/a/przywroc"}
	for _, who := range []access.Actor{access.Stranger(), as(access.Teacher, mine), as(access.SchoolHead, mine)} {
		h.who = who
		get, post := http.StatusForbidden, http.StatusForbidden
		if !who.SignedIn() {
			get, post = http.StatusSeeOther, http.StatusUnauthorized
		}
		for _, path := range reads {
			if w, _ := h.get(path); w.Code != get {
				t.Errorf("%+v reads %s: %d", who.Roles, path, w.Code)
			}
		}
		for _, path := range writes {
			if w, _ := h.post(path); w.Code != post {
				t.Errorf("%+v writes %s: %d", who.Roles, path, w.Code)
			}
		}
		for _, path := range []string{listPath, listPath + ".json", listPath + ".csv", listPath + "/a"} {
			if w, _ := h.get(path); w.Code != http.StatusOK {
				t.Errorf("%+v reads %s: %d", who.Roles, path, w.Code)
			}
		}
	}
	h.who = as(access.SchoolHead, mine)
	if w, _ := h.get("/instytucje/" + string(other) + "/tematy"); w.Code != http.StatusForbidden {
		t.Errorf("a head at another's topics: %d", w.Code)
	}
	if w, _ := h.post("/instytucje/"+string(other)+"/tematy", fieldTopics, string(h.topic("a").ID)); w.Code != http.StatusForbidden {
		t.Errorf("a head tags another's institution: %d", w.Code)
	}
	h.who = as(access.Teacher, mine)
	if w, _ := h.post(own); w.Code != http.StatusForbidden {
		t.Errorf("a teacher tags the school: %d", w.Code)
	}
	h.who = editor
	for _, path := range []string{editorPath + "/none", listPath + "/none", idPath + "none", "/instytucje/none/tematy"} {
		if w, _ := h.get(path); w.Code != http.StatusNotFound && w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestEmptyVocabulary(t *testing.T) {
	for _, lang := range i18n.Langs {
		h := newHouse(t, testkit.SQLite(t, testModules))
		h.lang = lang
		if doc := h.page(listPath); doc.Find("main .blank").Length() != 3 {
			t.Error(lang, "an empty vocabulary says so thrice")
		}
		for _, path := range []string{editorPath, newPath, waitingPath, loadPath, listPath + "?q=nic"} {
			h.page(path)
		}
	}
}

func TestReading(t *testing.T) {
	for _, lang := range i18n.Langs {
		h := newHouse(t, testkit.SQLite(t, testModules))
		h.must(h.Seed(t.Context()))
		h.lang, h.who = lang, access.Stranger()
		doc := h.page(listPath)
		if n := doc.Find("main a[href^='/tematy/']").Length(); n < 200 {
			t.Errorf("%s: %d topics", lang, n)
		}
		if doc.Find("main ul ul ul a[href='/tematy/jezyk-angielski']").Length() != 1 || doc.Find("h1").Length() != 1 {
			t.Error(lang, "the tree has no third level")
		}
		if text := h.page(listPath + "?q=hejt").Find("main section a").First().Text(); !strings.Contains(text, "›") {
			t.Errorf("%s: found %q", lang, text)
		}
		if n := h.page(listPath + "?q=" + strings.Repeat("x", 5000)).Find("main .blank").Length(); n != 1 {
			t.Error(lang, "nothing found, nothing said")
		}
		doc = h.page(listPath + "/jezyk-angielski")
		if doc.Find(".facts [lang]").Length() != 2 || doc.Find(".crumbs a").Length() < 3 || doc.Find("main .blank").Length() != 1 {
			t.Error(lang, doc.Find("main").Text())
		}
	}
}

func TestMergedTopicLeadsOn(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t, testModules))
	h.add("a", "b")
	h.must(h.use("o1", "a"))
	h.must(h.merge("a", "b"))
	h.AddLister(Lister{Kind: "offer", TitleKey: "topics.uses.other", May: nil, Links: h.institutions().Links})
	h.who = access.Stranger()
	w, _ := h.get(listPath + "/a")
	if w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != "/tematy/b?z=a" || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	doc := h.page("/tematy/b?z=a")
	if note := doc.Find("p.notice").Text(); !strings.Contains(note, "Temat a") || !strings.Contains(doc.Find(".facts").Text(), "Temat a") {
		t.Errorf("%q", note)
	}
	if h.page("/tematy/b?z=b").Find("p.notice").Length()+h.page("/tematy/b?z=none").Find("p.notice").Length() != 0 {
		t.Error("a note about nothing")
	}
	if w, _ := h.get("/tematy/b?co=offer&po=%00"); w.Code != http.StatusBadRequest {
		t.Errorf("a made-up place: %d", w.Code)
	}
	if w, _ := h.get(idPath + string(h.topic("b").ID)); w.Header().Get("Location") != "/tematy/b" {
		t.Errorf("%v", w.Header())
	}
	var out struct {
		License string       `json:"license"`
		Items   []exportItem `json:"items"`
	}
	w, _ = h.get(listPath + ".json")
	h.must(json.Unmarshal(w.Body.Bytes(), &out))
	if out.License != "CC0-1.0" || len(out.Items) != 2 || out.Items[0].ReplacedBy != "b" || out.Items[0].State != Merged {
		t.Errorf("%+v", out)
	}
}

func TestInstitutionPages(t *testing.T) {
	for _, lang := range i18n.Langs {
		h := newHouse(t, testkit.SQLite(t, testModules))
		h.lang = lang
		h.add("a", "b<a", "c<b", "d")
		id := h.school("Szkoła Wymyślona")
		page := "/instytucje/" + string(id)
		h.who = access.Stranger()
		if h.page(page).Find("a[href='"+page+"/tematy']").Length() != 0 {
			t.Error(lang, "a stranger may choose")
		}
		h.who = as(access.DeputyHead, id)
		if h.page(page).Find("a[href='"+page+"/tematy']").Length() != 1 {
			t.Error(lang, "no way to choose")
		}
		doc := h.page(page + "/tematy")
		if doc.Find("input[name=tematy]").Length() != 4 || doc.Find("input[checked]").Length() != 0 || doc.Find("[data-promise=next]").Length() != 1 {
			t.Error(lang, "the form")
		}
		a, c := h.topic("a"), h.topic("c")
		w, _ := h.post(page+"/tematy", "bylo", value(doc, "bylo"), fieldTopics, string(c.ID), fieldTopics, string(a.ID))
		if w.Code != http.StatusSeeOther {
			t.Fatal(lang, w.Code, w.Body.String())
		}
		h.who = access.Stranger()
		if h.page(page).Find("section a[href='/tematy/c']").Length() != 1 {
			t.Error(lang, "the section")
		}
		if doc := h.page("/tematy/a"); doc.Find("a[href='"+page+"']").Length() != 1 {
			t.Error(lang, "the page of the topic")
		}
		h.who = as(access.SchoolHead, id)
		old := value(h.page(page+"/tematy"), "bylo")
		h.must(h.Divide(t.Context(), editor, c.ID, c.Revision, []ID{a.ID, h.topic("d").ID}))
		doc = h.page(page + "/tematy")
		if doc.Find("fieldset .hint").Length() != 1 || doc.Find("input[checked]").Length() != 2 {
			t.Error(lang, "the split is not told")
		}
		w, doc = h.post(page+"/tematy", "bylo", old, fieldTopics, "none")
		if w.Code != http.StatusUnprocessableEntity || doc.Find("#errsum a[href='#tematy']").Length() != 1 || doc.Find("#tematy").Length() != 1 {
			t.Error(lang, w.Code)
		}
		if w, _ = h.post(page+"/tematy", "bylo", "", fieldTopics, string(a.ID)); w.Code != http.StatusConflict {
			t.Error(lang, w.Code)
		}
	}
}

func value(doc *goquery.Document, name string) string {
	return doc.Find("main input[name="+name+"]").Last().AttrOr("value", "")
}

func TestEditorPages(t *testing.T) {
	for _, lang := range i18n.Langs {
		h := newHouse(t, testkit.SQLite(t, testModules))
		h.lang = lang
		h.must(h.Seed(t.Context()))
		w, doc := h.post(newPath, fieldKind, "topic", "nazwa_pl", "Nowy <b>temat</b>", "nazwa_en", "New", "synonimy_pl", "jedno\ndrugie")
		if w.Code != http.StatusUnprocessableEntity || doc.Find("#errsum a[href='#nazwa_uk']").Length() != 1 || doc.Find("main b").Length() != 0 ||
			doc.Find("#synonimy_pl").Text() != "jedno\ndrugie" {
			t.Error(lang, w.Code, doc.Find("#errsum").Text())
		}
		w, _ = h.post(newPath, fieldKind, "topic", "nazwa_pl", "Nowy temat", "nazwa_en", "New", "nazwa_uk", "Новa", fieldParent, "matura")
		if w.Header().Get("Location") != editorPath+"/nowy-temat" {
			t.Fatal(lang, w.Code, w.Body.String())
		}
		path := editorPath + "/nowy-temat"
		doc = h.page(path)
		if doc.Find("tbody tr").Length() != 1 || !strings.Contains(doc.Find("tbody").Text(), "Ewa Redakcyjna") || doc.Find("main form").Length() != 3 {
			t.Error(lang, doc.Find("tbody").Text())
		}
		stale := value(doc, "rewizja")
		if w, doc = h.post(path, "rewizja", stale, "nazwa_pl", "", "nazwa_en", "New", "nazwa_uk", "Новa"); w.Code != http.StatusUnprocessableEntity || doc.Find("#nazwa_pl-error").Length() != 1 {
			t.Error(lang, w.Code)
		}
		if w, _ = h.post(path, "rewizja", stale, "nazwa_pl", "Nowsza", "nazwa_en", "New", "nazwa_uk", "Новa"); w.Code != http.StatusSeeOther {
			t.Error(lang, w.Code)
		}
		if w, _ = h.post(path+"/wycofaj", "rewizja", stale); w.Code != http.StatusConflict {
			t.Error(lang, "a stale form was taken:", w.Code)
		}
		if w, doc = h.post(path+"/przenies", "rewizja", "2", fieldParent, "kurs"); w.Code != http.StatusUnprocessableEntity || doc.Find("#nadrzedny-error").Length() != 1 {
			t.Error(lang, w.Code)
		}
		if w, _ = h.post(path+"/przenies", "rewizja", "2", fieldParent, ""); w.Code != http.StatusSeeOther {
			t.Error(lang, w.Code)
		}
		h.must(h.use("o1", "nowy-temat"))
		h.walkMerge(path)
		h.walkSplit(path)
		h.page(editorPath + "?q=nowsz")
		h.page(path)
		if w, _ := h.get(sheetPath); w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Content-Disposition"), ".xlsx") {
			t.Error(lang, w.Code)
		}
	}
}

// walkMerge merges the topic into Polish and takes it back.
func (h *house) walkMerge(path string) {
	h.t.Helper()
	doc := h.page(path + "/scal")
	if doc.Find("form[method=post]").Length() != 0 {
		h.t.Error("one may merge without having seen the effects")
	}
	into := string(h.topic("jezyk-polski").ID)
	doc = h.page(path + "/scal?" + fieldInto + "=" + into)
	if doc.Find("[data-promise=why]").Length() != 1 || value(doc, "uzycia") != "1" {
		h.t.Error("the effects are not told")
	}
	if w, doc := h.get(path + "/scal?" + fieldInto + "=none"); w.Code != http.StatusUnprocessableEntity || doc.Find("#"+fieldInto+"-error").Length() != 1 {
		h.t.Error(w.Code)
	}
	pairs := []string{fieldInto, into, "rewizja", value(doc, "rewizja"), "rewizja_drugiego", value(doc, "rewizja_drugiego"), "uzycia"}
	if w, _ := h.post(path+"/scal", append(pairs, "0")...); w.Code != http.StatusConflict {
		h.t.Error("uses changed meanwhile:", w.Code)
	}
	if w, _ := h.post(path+"/scal", append(pairs, "1")...); w.Code != http.StatusSeeOther {
		h.t.Error(w.Code, w.Body.String())
	}
	if doc = h.page(path); doc.Find("a[href='/tematy/jezyk-polski']").Length() == 0 || doc.Find("#nazwa_pl").Length() != 0 {
		h.t.Error("a merged topic does not say where it leads")
	}
	if w, _ := h.post(path+"/rozlacz", "rewizja", value(doc, "rewizja")); w.Code != http.StatusSeeOther {
		h.t.Error(w.Code)
	}
}

// walkSplit splits the topic and takes it back.
func (h *house) walkSplit(path string) {
	h.t.Helper()
	doc := h.page(path + "/podziel")
	rev, a, b := value(doc, "rewizja"), string(h.topic("historia").ID), string(h.topic("muzyka").ID)
	if w, doc := h.post(path+"/podziel", "rewizja", rev, partField(0), a); w.Code != http.StatusUnprocessableEntity || doc.Find("#czesci-error").Length() != 1 {
		h.t.Error(w.Code)
	}
	if w, _ := h.post(path+"/podziel", "rewizja", rev, partField(0), a, partField(2), b); w.Code != http.StatusSeeOther {
		h.t.Error(w.Code, w.Body.String())
	}
	if doc = h.page(waitingPath); doc.Find("main section h2").Length() == 0 || doc.Find("h3").Length() != 1 {
		h.t.Error("nothing waits:", doc.Find("main").Text())
	}
	if h.page(editorPath).Find("a[href='"+waitingPath+"']").Length() != 1 {
		h.t.Error("the editor does not hear of it")
	}
	if h.page(strings.Replace(path, editorPath, listPath, 1)).Find("#czesci").Length() != 1 {
		h.t.Error("the page does not say what it was split into")
	}
	if w, _ := h.post(path+"/cofnij-podzial", "rewizja", strconv.FormatInt(h.topic("nowy-temat").Revision, 10)); w.Code != http.StatusSeeOther {
		h.t.Error(w.Code)
	}
}

func TestLoad(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t, testModules))
	send := func(text string) (int, string, *goquery.Document) {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		if text != "" {
			part, err := form.CreateFormFile(fileField, "tematy.csv")
			h.must(err)
			_, err = part.Write([]byte(text))
			h.must(err)
		}
		h.must(form.Close())
		w, doc := h.ask(http.MethodPost, loadPath, form.FormDataContentType(), &body)
		return w.Code, w.Header().Get("Location"), doc
	}
	for _, text := range []string{"", "kod;nazwa\na;b\n", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1stary"} {
		if code, _, doc := send(text); code != http.StatusUnprocessableEntity || doc.Find("#plik-error").Length() != 1 {
			t.Errorf("%q: %d", text, code)
		}
	}
	if code, to, _ := send(short + row("a", "")); code != http.StatusSeeOther || !strings.HasPrefix(to, importing.ListPath+"/") {
		t.Errorf("%d %s", code, to)
	}
}
