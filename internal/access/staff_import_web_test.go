package access

import (
	"bytes"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// staffHall is the pages of a community as one person after another sees them.
type staffHall struct {
	*community
	who    Actor
	server *httptest.Server
	client *http.Client
	jobs   *jobs.Registry
}

func openStaffHall(t *testing.T) *staffHall {
	t.Helper()
	d := testkit.SQLite(t, staffTables)
	h := &staffHall{community: newStaffCommunity(t, d), jobs: jobs.NewRegistry()}
	h.imports.Jobs(h.jobs)
	catalog, err := i18n.Load(web.Messages, Messages, importing.Messages, sheet.Messages)
	if err != nil {
		t.Fatal(err)
	}
	files, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	h.catalog = catalog
	asPerson := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(WithActor(r.Context(), h.who)))
		})
	}
	sh := web.New(web.Config{Catalog: catalog, Assets: files, Log: slog.New(slog.DiscardHandler), Now: h.clock.now}, asPerson,
		func(*web.Request) web.Viewer {
			return web.Viewer{SignedIn: true, Person: string(h.who.Person), Name: h.who.Name}
		})
	h.staffRoutes(sh)
	h.imports.Routes(sh, importing.Doors{Office: CanAny(ManageStaff, PrepareActs),
		Who: func(r *web.Request) importing.Who { return h.Importer(ActorOf(r.Request)) }})
	h.server = httptest.NewServer(sh)
	t.Cleanup(h.server.Close)
	h.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return h
}

func (h *staffHall) add(role Role) Actor {
	a := h.community.add(Held{role, h.school})
	a.Fresh = true
	return a
}

func (h *staffHall) do(method, path, kind string, body io.Reader) (*http.Response, *goquery.Document) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.server.URL+path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := h.client.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	if text := doc.Text(); strings.Contains(text, "⟦") {
		h.t.Errorf("%s %s lacks a text: %s", method, path, text[strings.Index(text, "⟦"):])
	}
	return res, doc
}

func (h *staffHall) get(path string) *goquery.Document {
	h.t.Helper()
	res, doc := h.do(http.MethodGet, path, "", nil)
	if res.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: %d", path, res.StatusCode)
	}
	return doc
}

// send reads a sheet and says yes to what it would do.
func (h *staffHall) send(text string) (*http.Response, *goquery.Document) {
	h.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile(staffField, "kadra.csv")
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := file.Write([]byte(text)); err != nil {
		h.t.Fatal(err)
	}
	form.Close()
	_, plan := h.do(http.MethodPost, staffSheetPath(h.school), form.FormDataContentType(), &body)
	if n := h.batches(); n != 0 {
		h.t.Errorf("%d lists are kept before anybody said yes", n)
	}
	return h.post(plan, "/zaproszenia")
}

// post sends the form of a page whose address ends so.
func (h *staffHall) post(page *goquery.Document, end string) (*http.Response, *goquery.Document) {
	h.t.Helper()
	form := page.Find(`form[action$="` + end + `"]`)
	if form.Length() != 1 {
		h.t.Fatalf("%d forms to %s: %s", form.Length(), end, page.Find("main").Text())
	}
	values := url.Values{}
	form.Find("input[name]").Each(func(_ int, in *goquery.Selection) {
		values.Add(in.AttrOr("name", ""), in.AttrOr("value", ""))
	})
	return h.do(http.MethodPost, form.AttrOr("action", ""), "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
}

const hallSheet = "osoba;mail;rola\nAnna Nowak;anna@example.org;pedagog\nJan Kos;jan@example.org;król\n"

// TestStaffListPage: the way from a sheet to the page that takes it back.
func TestStaffListPage(t *testing.T) {
	h := openStaffHall(t)
	h.who = h.add(SchoolHead)
	res, _ := h.send(hallSheet)
	path := res.Header.Get("Location")
	if !strings.HasPrefix(path, importing.ListPath+"/") || len(h.sent()) != 1 {
		t.Fatalf("%d %q, %d letters", res.StatusCode, path, len(h.sent()))
	}
	page := h.get(path)
	line := page.Find("[data-line]")
	if text := line.Text(); line.Length() != 1 || !strings.Contains(text, "Anna Nowak") || !strings.Contains(text, "a…@example.org") || strings.Contains(text, "anna@") ||
		!strings.Contains(text, h.catalog.In(i18n.PL).T("role."+string(SchoolSpecialist))) {
		t.Errorf("the line: %s", text)
	}
	if text := h.get(path + "?co=problems").Text(); !strings.Contains(text, "król") {
		t.Errorf("the row that could not be used is not shown: %s", text)
	}
	if h.get(importing.ListPath).Find(`a[href="`+path+`"]`).Length() != 1 {
		t.Error("the list of imports does not lead there")
	}
	res, _ = h.post(h.get(path+"/cofniecie"), "/cofniecie")
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("undo: %d", res.StatusCode)
	}
	if err := testkit.Drain(t, h.db, h.jobs, h.clock.now); err != nil {
		t.Fatal(err)
	}
	if l := h.lines(importing.BatchID(strings.TrimPrefix(path, importing.ListPath+"/")))["Anna"]; l.State != importing.LineUndone {
		t.Errorf("after the job: %+v", l)
	}
	h.get(path)

	h.who = h.community.add(Held{SchoolHead, h.otherSchool})
	if res, _ := h.do(http.MethodGet, path, "", nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("the head of another school: %d", res.StatusCode)
	}
}

// sent are the letters sent so far.
func (h *staffHall) sent() []Letter { return h.community.post.letters }

func TestPreparedStaffListPage(t *testing.T) {
	h := openStaffHall(t)
	h.community.add(Held{SchoolHead, h.school})
	h.who = h.add(SchoolSecretary)
	res, _ := h.send(hallSheet)
	path := res.Header.Get("Location")
	page := h.get(path)
	if len(h.sent()) != 0 || page.Find(`[data-line] a[href="`+ActsPath+`"]`).Length() != 1 || page.Find(`a[href="`+path+`/cofniecie"]`).Length() != 1 {
		t.Errorf("%d letters, %s", len(h.sent()), page.Find("main").Text())
	}
}

// TestStaffLinksPage: where no letters leave, the links stand on the page of
// this moment, which leads to the list.
func TestStaffLinksPage(t *testing.T) {
	h := openStaffHall(t)
	h.letters = noLetters{}
	h.who = h.add(SchoolHead)
	_, page := h.send(hallSheet)
	batch := page.Find(`main a[href^="` + importing.ListPath + `/"]`)
	if page.Find("code.secret").Length() != 1 || batch.Length() != 1 {
		t.Fatalf("%s", page.Find("main").Text())
	}
	if list := h.get(batch.AttrOr("href", "")).Text(); strings.Contains(list, "/zaproszenie/") {
		t.Error("a secret link is kept")
	}
}
