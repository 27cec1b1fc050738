package web_test

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"kladka/assets"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit/browser"
)

// house is a shell with the given viewer, for tests from outside.
func house(t *testing.T, viewer func() web.Viewer) *web.Shell {
	t.Helper()
	catalog, err := i18n.Load(web.Messages)
	if err != nil {
		t.Fatal(err)
	}
	files, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	c := web.Config{Catalog: catalog, Assets: files, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	s := web.New(c, func(h http.Handler) http.Handler { return h }, func(*web.Request) web.Viewer { return viewer() })
	s.AddNav(1, "nav.start", "/a", web.Public)
	return s
}

// within draws parts inside the layout.
func within(p web.Page, parts ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return web.Layout(p).Render(templ.WithChildren(ctx, templ.Join(parts...)), w)
	})
}

func words(html string) templ.Component { return templ.Raw(html) }

// parts are all components of forms and pages at once, some of them at fault.
func parts(p *web.Page) []templ.Component {
	p.Errors = []fault.Field{{Name: "rola", Key: "fault.invalid"}, {Name: "uwagi", Key: "fault.invalid"}, {Name: "tematy", Key: "fault.invalid"}, {Name: "zgoda", Key: "fault.invalid"}}
	roles := []web.Choice{{Value: "n", Label: "Nauczycielka lub nauczyciel", Group: "Szkoła"}, {Value: "d", Label: "Dyrektorka lub dyrektor", Hint: "Także osoby w zastępstwie.", Group: "Szkoła"}, {Value: "u", Label: "Uczennica lub uczeń z bardzo długą nazwą oddziału w zespole szkół ogólnokształcących i zawodowych", Group: "Oddział"}}
	q := *p
	q.Errors = nil
	return []templ.Component{
		words(`<h1>Próbnik</h1>`),
		web.SubNav(*p, []web.Link{{Text: "Moje dane", Href: "/a", Current: true}, {Text: "Bezpieczeństwo", Href: "/b"}, {Text: "Powiadomienia", Href: "/c"}, {Text: "Co o mnie wiemy", Href: "/d"}, {Text: "Kto to oglądał", Href: "/e"}}),
		web.ErrorSummary(*p),
		words(`<form class="stack" method="post">`), web.Once(*p),
		web.Select(*p, web.Pick{Name: "szkola", Label: "Szkoła lub placówka", Hint: "Wybierz jedną.", Choices: roles, Value: "d", Prompt: "wybierz"}),
		web.Radios(*p, web.Pick{Name: "rola", Label: "Rola", Hint: "Jedna odpowiedź.", Choices: roles, Value: "d", Required: true}),
		web.Checks(*p, web.Pick{Name: "tematy", Label: "Tematy", Choices: roles, Values: []string{"n", "u"}}),
		web.Textarea(*p, web.Area{Name: "uwagi", Label: "Uwagi", Hint: "Kilka zdań.", Value: "Dzień dobry <b>", Required: true}),
		web.Check(*p, web.Box{Name: "zgoda", Label: "Potwierdzam, że dane są prawdziwe", Hint: "Bez tego nie wyślemy wniosku."}),
		words(`<p class="row"><button class="btn">Wysyłam</button></p></form>`),
		words(`<h2>Lista</h2>`),
		web.FilterForm(q, web.Filter{Action: "/a", Label: "Szukaj osób", Value: "Nowak", Clear: "/a", Picks: []web.Pick{{Name: "r", Label: "Rola osoby", Choices: roles, Prompt: "wszystkie"}, {Name: "s", Label: "Stan", Choices: roles[:1], Prompt: "każdy"}}}),
		web.Empty(q, "Nie ma jeszcze żadnych zaproszeń", "Zaproszenie jest ważne 7 dni.", "/a", "Zapraszam osobę"),
		words(`<h2>Pierwsze kroki</h2>`),
		web.Steps(q, []web.StepItem{{Title: "Ustaw drugi składnik logowania", Text: "Bez niego nie zobaczysz danych innych osób.", Href: "/a", Done: true}, {Title: "Zaproś kadrę", Href: "/b"}, {Title: "Poczekaj na zatwierdzenie"}}),
		words(`<h2>Liczby</h2>`),
		web.Stats([]web.Figure{{Value: "1 649", Label: "placówek"}, {Value: "12", Label: "zadań nie powiodło się", Href: "/a", More: "stan na 8.00"}, {Value: "0", Label: "zaproszeń"}}),
		web.Facts([]web.Fact{{Name: "Adres", Value: "ul. Długa 4, Wieliczka"}, {Name: "Strona", Value: "sp4.example", Href: "/a"}, {Name: "Stan", Drawn: web.Badge("czynna", "ok")}}),
		words(`<p class="row">`), web.Badge("zwykły", ""), web.Badge("gotowe", "ok"), web.Badge("czeka", "warn"), web.Badge("błąd", "bad"), words(`</p>`),
		web.Danger(q, web.Deed{Title: "Usunięcie konta", Text: "Tego nie da się cofnąć.", Action: "/a", Button: "Usuwam konto", Sure: "Rozumiem, że konta nie będzie można odzyskać", Hidden: []web.Pair{{Name: "id", Value: "7"}}}),
	}
}

func gallery(t *testing.T, viewer func() web.Viewer) *httptest.Server {
	t.Helper()
	s := house(t, viewer)
	s.Handle("GET /a", web.Public, func(w http.ResponseWriter, r *web.Request) error {
		p := r.Page(w, "Próbnik")
		drawn := parts(&p)
		return r.Render(w, within(p, drawn...))
	})
	for _, path := range []string{"GET /{$}", "GET /konto/koniec", "GET /konto/zaloguj"} {
		s.Handle(path, web.Public, func(w http.ResponseWriter, r *web.Request) error {
			return r.Render(w, within(r.Page(w, "Koniec"), words("<h1>Koniec</h1>")))
		})
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server
}

func page(t *testing.T, address string) *goquery.Document {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func severalHats() web.Viewer {
	return web.Viewer{SignedIn: true, Person: "p1", Name: "Anna Nowak-Kowalska", HatKey: "b", For: "Piotr Zieliński", Hats: []web.Hat{
		{Key: "a", Words: "Nauczycielka, Szkoła Podstawowa nr 4 w Wieliczce"}, {Key: "b", Words: "Dyrektorka, Zespół Szkół Ogólnokształcących nr 12 w Krakowie", Current: true}}}
}

// TestFieldsAreLinked: labels, hints, faults and the summary belong together.
func TestFieldsAreLinked(t *testing.T) {
	doc := page(t, gallery(t, severalHats).URL+"/a")
	doc.Find("#errsum a").Each(func(_ int, a *goquery.Selection) {
		href, _ := a.Attr("href")
		if f := doc.Find(href); f.Length() != 1 || !f.Is("input, select, textarea") {
			t.Errorf("%s leads to %d fields", href, f.Length())
		}
	})
	doc.Find("main [aria-describedby]").Each(func(_ int, f *goquery.Selection) {
		ids, _ := f.Attr("aria-describedby")
		for _, id := range splitWords(ids) {
			if doc.Find("#"+id).Length() != 1 {
				t.Errorf("described by %q, which is not there once", id)
			}
		}
	})
	doc.Find("main input:not([type=hidden]), main select, main textarea").Each(func(_ int, f *goquery.Selection) {
		id, _ := f.Attr("id")
		if doc.Find("label[for='"+id+"']").Length() != 1 {
			t.Errorf("%q has no label, or several", id)
		}
	})
	for selector, want := range map[string]int{
		"select#szkola option[selected][value=d]": 1, "select#szkola optgroup": 2, "#rola[type=radio]": 1,
		"input[name=rola][checked][value=d]": 1, "input[name=tematy][checked]": 2, "fieldset.err": 2,
		"textarea#uwagi[aria-invalid]": 1, "#zgoda[aria-invalid]:not([checked])": 1, ".todo .done": 1,
		".danger form[method=post] input[name=_klucz]": 1, ".danger input[name=id][value='7']": 1, "main form[role=search][method=get]": 1,
		".subnav a[aria-current]": 1, ".blank a.btn": 1, "ul.tiles a.tile": 1, "dl.facts dd .tag.ok": 1,
	} {
		if got := doc.Find(selector).Length(); got != want {
			t.Errorf("%s: %d", selector, got)
		}
	}
	if got := doc.Find("textarea#uwagi").Text(); got != "Dzień dobry <b>" {
		t.Errorf("the text came back as %q", got)
	}
}

func splitWords(s string) []string {
	var out []string
	for len(s) > 0 {
		i := 0
		for i < len(s) && s[i] != ' ' {
			i++
		}
		out = append(out, s[:i]) // an empty word is a finding
		s = s[min(i+1, len(s)):]
	}
	return out
}

func TestTheHeaderSaysAsWhom(t *testing.T) {
	doc := page(t, gallery(t, severalHats).URL+"/a?q=1")
	form := doc.Find(".tools.wide details.hats form[method=post][action='/konto/dzialam-jako']")
	if form.Length() != 1 || form.Find("button[name=jako]").Length() != 2 || form.Find("button[value=b][aria-current]").Length() != 1 {
		t.Error("no switch, or not for every hat")
	}
	if back, _ := form.Find("input[name=wroc]").Attr("value"); back != "/a?q=1" {
		t.Errorf("goes back to %q", back)
	}
	if got := doc.Find(".tools.wide .hats summary").Text(); got != "Działasz jako: Dyrektorka, Zespół Szkół Ogólnokształcących nr 12 w Krakowie" {
		t.Error(got)
	}
	if doc.Find("aside.behalf").Length() != 1 {
		t.Error("nothing says on whose behalf")
	}
	if hat, _ := doc.Find("main input[name=_jako]").First().Attr("value"); !strings.HasPrefix(hat, "b~") {
		t.Errorf("the form carries the hat %q", hat)
	}
	one := page(t, gallery(t, func() web.Viewer {
		return web.Viewer{SignedIn: true, Name: "Jan", Hats: []web.Hat{{Key: "a", Words: "Nauczyciel", Current: true}}}
	}).URL+"/a")
	if one.Find(".hats, .behalf, [data-idle]").Length() != 0 || one.Find(".tools.wide .role").Text() != "Działasz jako: Nauczyciel" {
		t.Error("one hat is not said in words")
	}
}

// TestPartsInABrowser looks at all components as people do.
// KLADKA_TEST_PICTURES names a folder for pictures of them.
func TestPartsInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a browser")
	}
	b := browser.Start(t)
	pupil := func() web.Viewer {
		v := severalHats()
		v.Hats, v.For, v.Hat, v.Shared = nil, "", "Uczennica, klasa 5a", true
		return v
	}
	for name, viewer := range map[string]func() web.Viewer{"parts": severalHats, "shared": pupil} {
		address := gallery(t, viewer).URL + "/a"
		for _, v := range []browser.View{{Width: 1280}, {Width: 1280, Dark: true}, {Width: 390}, {Width: 390, Dark: true}, {Width: 390, Print: true}, {Width: 1280, ForcedColors: true}} {
			v.Lang, v.Scripts = "pl", true
			t.Run(name+"/"+v.String(), func(t *testing.T) {
				tab := b.Open(t, address, v)
				found, err := tab.Findings(browser.Page{Name: name, Path: "/a", Status: 200})
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range found {
					t.Error(f)
				}
				picture(t, tab, name+"-"+v.String())
			})
		}
	}
}

func picture(t *testing.T, tab *browser.Tab, name string) {
	t.Helper()
	folder := os.Getenv("KLADKA_TEST_PICTURES")
	if folder == "" {
		return
	}
	data, err := tab.Screenshot()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestIdleSignsOut: at a shared computer the page signs out by itself, with
// scripts after a warning that can be answered, without scripts as well.
func TestIdleSignsOut(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a browser")
	}
	b := browser.Start(t)
	pupil := func() web.Viewer { return web.Viewer{SignedIn: true, Name: "Ola", Shared: true} }
	left := make(chan string, 10)
	s := house(t, pupil)
	s.Handle("GET /a", web.Public, func(w http.ResponseWriter, r *web.Request) error {
		return r.Render(w, within(r.Page(w, "A"), words("<h1>A</h1>")))
	})
	s.Handle("POST /konto/wyloguj", web.Public, func(w http.ResponseWriter, r *web.Request) error {
		left <- r.Value("powod")
		return r.Redirect(w, "/konto/koniec")
	})
	s.Handle("GET /konto/koniec", web.Public, func(w http.ResponseWriter, r *web.Request) error {
		web.LeaveNothing(w)
		left <- "koniec"
		return r.Render(w, within(r.Page(w, "Koniec"), words("<h1>Koniec</h1>")))
	})
	// Three minutes are made three seconds on the way.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Accept-Encoding")
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, r)
		maps.Copy(w.Header(), rec.Header())
		w.WriteHeader(rec.Code)
		io.WriteString(w, strings.NewReplacer(`data-idle="180"`, `data-idle="3"`, `content="180;`, `content="1;`).Replace(rec.Body.String()))
	}))
	defer server.Close()
	wait := func(want string) {
		t.Helper()
		select {
		case got := <-left:
			if got != want {
				t.Errorf("left with %q, not %q", got, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s did not come", want)
		}
	}
	began := time.Now()
	tab := b.Open(t, server.URL+"/a", browser.View{Width: 390, Lang: "pl", Scripts: true})
	if err := tab.Press("#idle button"); err != nil {
		t.Error(err)
	}
	picture(t, tab, "idle")
	wait("bezczynnosc")
	if still := time.Since(began); still < 3*time.Second {
		t.Errorf("signed out after %v", still)
	}
	wait("koniec")
	b.Open(t, server.URL+"/a", browser.View{Width: 390, Lang: "pl"})
	wait("koniec")
}

// TestTheSwitchInABrowser opens the list of hats on wide and narrow screens.
func TestTheSwitchInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a browser")
	}
	b := browser.Start(t)
	address := gallery(t, severalHats).URL + "/a"
	for _, v := range []browser.View{{Width: 1280}, {Width: 1280, Dark: true}, {Width: 390}, {Width: 390, Dark: true}} {
		v.Lang, v.Scripts = "pl", true
		t.Run(v.String(), func(t *testing.T) {
			tab := b.Open(t, address, v)
			way := []string{".tools.wide .hats summary"}
			if v.Width < 600 {
				way = []string{".menu > summary", ".menu .hats summary"}
			}
			for _, press := range way {
				if err := tab.Press(press); err != nil {
					t.Fatal(err)
				}
			}
			picture(t, tab, "switch-"+v.String())
			for _, check := range []func() ([]string, error){tab.Overflow, tab.Targets} {
				for _, f := range browser.Must(t, check) {
					t.Error(f)
				}
			}
			for _, f := range browser.Must(t, tab.Axe) {
				t.Error(f)
			}
		})
	}
}
