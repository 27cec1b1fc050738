package search

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

func shell(t *testing.T, h *house) *web.Shell {
	t.Helper()
	catalog, err := i18n.Load(web.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	files, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	sh := web.New(web.Config{Catalog: catalog, Assets: files, Log: slog.New(slog.DiscardHandler), Now: time.Now},
		func(h http.Handler) http.Handler { return h },
		func(r *web.Request) web.Viewer { return web.Viewer{} })
	h.Routes(sh, Doors{Audience: func(r *web.Request) []string { return r.Header.Values("Test-Who") }})
	return sh
}

func ask(t *testing.T, sh http.Handler, path string, who ...string) (*httptest.ResponseRecorder, *goquery.Document) {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	for _, w := range who {
		r.Header.Add("Test-Who", w)
	}
	w := httptest.NewRecorder()
	sh.ServeHTTP(w, r)
	body := w.Body.String()
	if i := strings.Index(body, "⟦"); i >= 0 {
		t.Errorf("%s: a text is missing: %s", path, body[i:][:60])
	}
	page, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return w, page
}

func text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

func TestMessages(t *testing.T) {
	catalog, err := i18n.Load(web.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range catalog.Check() {
		t.Error(f)
	}
}

func TestPages(t *testing.T) {
	docs := []Doc{
		doc("topic", "t1", "Szkolenie <b>nauczyciela</b> matematyki", "Opis: szkoleń, które & są <script>alert(1)</script> dla szkoły"),
		doc("offer", "s1", "Szkolenie tajne", "", "person:a"),
	}
	for i := range 45 {
		d := doc("institution", "i"+strconv.Itoa(i), "Szkoła nr "+strconv.Itoa(i), "Matematyka w szkole")
		d.Facets = map[string][]string{"gmina": {strconv.Itoa(i % 3)}}
		d.Date, d.Note = "2026-11-0"+strconv.Itoa(1+i%9), "Kraków"
		docs = append(docs, d)
	}
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, docs...)
		sh := shell(t, h)
		t.Run("refusals", func(t *testing.T) {
			for path, want := range map[string]int{
				"/szukaj?q=" + strings.Repeat("a", 10_000):      400, // by the shell
				"/szukaj?q=" + strings.Repeat("b", 5_000):       400,
				"/szukaj?q=" + strings.Repeat("a+", 20):         400,
				"/szukaj?q=%ff":                                 400,
				"/szukaj?q=a&rodzaj=nic":                        404,
				"/szukaj?rodzaj=nic":                            404,
				"/szukaj?rodzaj=topic":                          200,
				"/szukaj?q=nicniema&rodzaj=topic":               200,
				"/szukaj?q=szkola&rodzaj=institution&od=zzzz":   400,
				"/szukaj?q=szkola&rodzaj=institution&od=L3g":    400,
				"/szukaj?q=szkola&rodzaj=institution&f-gmina=1": 200,
				"/szukaj": 200,
			} {
				w, page := ask(t, sh, path)
				if w.Code != want {
					t.Errorf("%.60s: %d", path, w.Code)
				}
				if want == 400 && strings.Contains(path, "bbbb") && !strings.Contains(page.Text(), "200") {
					t.Error("not told how long a question may be", text(page.Find("main")))
				}
			}
			w, page := ask(t, sh, "/szukaj?q=tajne")
			if strings.Contains(w.Body.String(), "Szkolenie tajne") || page.Find("ol.list li").Length() != 0 {
				t.Error("a stranger sees it")
			}
			if _, page := ask(t, sh, "/szukaj?q=tajne", "person:a"); page.Find("ol.list li").Length() != 1 {
				t.Error("its reader does not")
			}
		})
		t.Run("all kinds", func(t *testing.T) {
			w, page := ask(t, sh, "/szukaj?q="+url.QueryEscape("szkolenia dla szkoły matematyki"))
			if w.Code != 200 || page.Find("meta[name=robots][content*=noindex]").Length() != 1 {
				t.Error("the page is not kept out of search engines")
			}
			row := page.Find("ol.list li")
			if row.Length() != 1 || text(row.Find("h4")) != "Szkolenie <b>nauczyciela</b> matematyki" {
				t.Errorf("%d rows: %s", row.Length(), text(row))
			}
			if got := text(row.Find("[data-why]")); got != "Dlaczego? w tytule w treści po odmianie: szkolenie, szkoleń" {
				t.Errorf("why: %s", got)
			}
			if got := row.Find("div > p").Eq(1); text(got) != "Opis: szkoleń, które & są <script>alert(1)</script> dla szkoły" || got.Find("mark").Length() != 2 {
				t.Errorf("excerpt: %s", text(got))
			}
			if page.Find("main script").Length() != 0 {
				t.Error("words of a document became a script")
			}
			_, page = ask(t, sh, "/szukaj?q=szkola")
			if text(page.Find("#ile")) != "46 wyników" || page.Find("ol.list li").Length() != 6 || page.Find("#grupa-institution").Length() != 1 {
				t.Errorf("%s, %d rows", text(page.Find("#ile")), page.Find("ol.list li").Length())
			}
			if href, _ := page.Find("section section a[href*=rodzaj]").Attr("href"); href != "/szukaj?q=szkola&rodzaj=institution" {
				t.Error(href)
			}
			_, page = ask(t, sh, "/szukaj?q=szkolennie")
			if text(page.Find("a[href='/szukaj?q=szkolenie']")) != "szkolenie" {
				t.Error("nothing suggested")
			}
		})
		t.Run("one kind", func(t *testing.T) {
			_, page := ask(t, sh, "/szukaj?q=szkola&rodzaj=institution")
			seen := map[string]bool{}
			for pages := 1; ; pages++ {
				page.Find("ol.list h3 a").Each(func(_ int, a *goquery.Selection) { seen[text(a)] = true })
				next, more := page.Find("a[rel=next]").Attr("href")
				if !more {
					if pages != 3 {
						t.Errorf("%d pages", pages)
					}
					break
				}
				_, page = ask(t, sh, next)
			}
			if len(seen) != 45 {
				t.Errorf("%d institutions on all pages", len(seen))
			}
			_, page = ask(t, sh, "/szukaj?q=szkola&rodzaj=institution&f-gmina=1")
			if text(page.Find("#ile")) != "15 wyników" || page.Find("input[name=f-gmina]").Length() != 3 || page.Find("input[name=f-gmina][checked]").Length() != 1 {
				t.Errorf("%s: %s", text(page.Find("#ile")), text(page.Find(".facets")))
			}
			if href, _ := page.Find(".chip").Attr("href"); href != "/szukaj?q=szkola&rodzaj=institution" {
				t.Error(href)
			}
			if !strings.Contains(text(page.Find(".facets")), "Gmina 1 15") {
				t.Error(text(page.Find(".facets")))
			}
		})
	})
}
