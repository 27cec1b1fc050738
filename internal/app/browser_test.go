package app_test

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kladka/internal/testkit/browser"
	"kladka/tools/look/stage"
)

// TestPagesInABrowser opens every page of the list in a real browser: two of
// three as most people see it, the third in another view, by turns: dark,
// narrow, in another language, without scripts. Every third one is walked through
// by keyboard as well, and of the plain refusals, which are all one page in other
// words, every sixth is drawn and the others are only asked for; so are two thirds of
// all, others each day. The tool look takes all combinations; more than one view of
// each page would take a test longer than people wait.
func TestPagesInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	t.Parallel() // beside the walks, which wait for their browsers
	b := browser.Start(t)
	site := openSite(t)
	turns, only, day := browser.Turns(), onlyPages(t), time.Now().YearDay()
	t.Run("pages", func(t *testing.T) {
		gate := make(chan struct{}, 2) // two tabs at once, or the browser starves
		for i, p := range browser.Pages() {
			if !only.MatchString(p.Name) {
				continue
			}
			v, turn := browser.Desk, i/3+day/3
			if turn%3 == 0 {
				v = turns[turn/3%len(turns)]
			}
			t.Run(p.Name+"/"+v.String(), func(t *testing.T) {
				t.Parallel()
				gate <- struct{}{}
				defer func() { <-gate }()
				if p.Refused() && i%6 != 0 || rests(p, i+day) {
					askFor(t, site, p)
					return
				}
				lookAt(t, b, site, p, v, turn%3 == 1)
			})
		}
	})
}

// onlyPages are the names of pages that whoever builds some wants to see: a
// pattern in KLADKA_TEST_PAGES, which is empty in CI and so fits all.
func onlyPages(t *testing.T) *regexp.Regexp {
	t.Helper()
	only, err := regexp.Compile(os.Getenv("KLADKA_TEST_PAGES"))
	if err != nil {
		t.Fatal(err)
	}
	return only
}

func lookAt(t *testing.T, b *browser.Browser, site *browser.Site, p browser.Page, v browser.View, keys bool) {
	t.Helper()
	tab, err := b.Look(site, p, v)
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Close()
	look := tab.Glance
	if keys {
		look = tab.Findings
	}
	found, err := look(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("%s as %q: %s", p.Path, p.Role, f)
	}
}

// rests tells whether a page is only asked for today: two thirds of those that
// nothing is pressed or sent on, others each day, for all of them take eight
// minutes. KLADKA_TEST_PAGES looks at whatever it names: "." at all of them.
func rests(p browser.Page, turn int) bool {
	return os.Getenv("KLADKA_TEST_PAGES") == "" && p.Form == "" && p.Press == "" && turn%3 != 0
}

// askFor asks for a page without a browser.
func askFor(t *testing.T, site *browser.Site, p browser.Page) {
	t.Helper()
	status, heading, err := site.Ask(p)
	if status == http.StatusSeeOther && !p.Refused() {
		status = http.StatusOK // a browser would follow
	}
	if want := cmp.Or(p.Status, http.StatusOK); err != nil || status != want || p.Refused() && heading == "" {
		t.Errorf("%s as %q: %d %q, %v; want %d", p.Path, p.Role, status, heading, err, want)
	}
}

// openSite serves a demo with something on every page, and beside it a new
// installation that waits for its first administrator.
func openSite(t *testing.T) *browser.Site {
	t.Helper()
	ctx := context.Background()
	h, fresh := openHouse(t), openHouseReal(t)
	sample, err := os.ReadFile(filepath.Join("..", "directory", "register", "testdata", "smk-2022.csv"))
	if err != nil {
		t.Fatal(err)
	}
	site, err := stage.Furnish(ctx, stage.House{App: h.App, Base: h.server.URL}, stage.House{App: fresh.App, Base: fresh.server.URL}, sample)
	if err != nil {
		t.Fatal(err)
	}
	return site
}

// notLookedAt are the doors that lead to no page of their own.
var notLookedAt = map[string]string{
	"/jezyk/{lang}":                            "sends back with another language",
	"/motyw/{theme}":                           "sends back with another theme",
	"/robots.txt":                              "for machines",
	"/zdrowie":                                 "for machines",
	"/tozsamosc/powrot":                        "takes the answer of the national sign-in and sends on",
	"/instytucje.csv":                          "a file",
	"/instytucje.json":                         "a file",
	"/instytucje/mapa.geojson":                 "for the map",
	"/instytucje/{id}/dane.json":               "for machines",
	"/instytucje/{id}/{number}":                "sends on to the institution with that number",
	"/gminy.geojson":                           "for the map",
	"/administracja/wczytania/{id}/postep":     "a stream for the page of the difference",
	"/administracja/wczytania/{id}/wykaz":      "a file",
	"/administracja/tematy/arkusz":             "a file",
	"/tematy.csv":                              "a file",
	"/tematy.json":                             "a file",
	"/tematy/id/{id}":                          "sends on to the topic of that id",
	"/instytucje.geojson":                      "a file",
	"/instytucje/{id}/dane.jsonld":             "for machines",
	"/administracja/dziennik.csv":              "a file",
	"/administracja/osoby.csv":                 "a file",
	"/instytucje/{id}/osoby.csv":               "a file",
	"/konto/moje-dane/pobierz":                 "a file",
	"/konto/powiadomienia/{id}":                "marks a notification as read and sends on",
	"/instytucje/{id}/osoby/wczytaj/wzor.csv":  "a file",
	"/administracja/prywatnosc/usuwanie/{run}": "needs a night and a day; looked at in platform/privacy",
	"/konto/odnosnik/wyslano":                  "seen on the line link-sent, after its form",
	"/konto/karta/pin":                         "needs a card at hand; the walk of people looks at it",
	"/administracja/pliki/{id}":                "no module keeps files yet",
	"/kalendarz/{file}":                        "a file for calendars",
	"/powiadomienia/{file}":                    "a file for readers of feeds",
	"/szkolenia/mapa.geojson":                  "for the map",
	"/szkolenia/szkolenia.ics":                 "a file for calendars",
	"/szkolenia/szkolenia.atom":                "a file for readers of feeds",
	"/szkolenia/szkolenia.json":                "a file",
	"/szkolenia/szkolenia.csv":                 "a file",
	"/szkolenia/{id}/termin.ics":               "a file for calendars",
	"/szkolenia/{id}/materialy/{file}":         "a file",
	"/zapisy/{id}/termin.ics":                  "a file for calendars",
	"/zapisy/{id}/{key}/termin.ics":            "a file for calendars",
	"/zapisy/{id}/materialy":                   "a file",
	"/zapisy/{id}/{key}/materialy":             "a file",
	"/dokumenty/znalezione/{id}":               "sends on to the paper that was found",
	"/osrodek/przejecie/{what}/wzor.csv":       "a file",
	"/osrodek/rejestr/arkusz":                  "a file",
	"/osrodek/rejestr/{id}/plik/{druk}":        "a file",
	"/osrodek/blankiety/wzor/plik":             "a file",
	"/osrodek/szkolenia/{id}/zapisy/arkusz":    "a file",
	"/osrodek/szkolenia/{id}/zapisy/kwalifikacja/{enrollment}/plik/{file}": "a file",
	"/osrodek/szkolenia/{id}/druki/lista.pdf":                              "a file",
	"/osrodek/szkolenia/{id}/druki/identyfikatory.pdf":                     "a file",
	"/osrodek/szkolenia/{id}/druki/prowadzacy.pdf":                         "a file",
	"/osrodek/szkolenia/{id}/druki/drzwi.pdf":                              "a file",
	"/osrodek/szkolenia/{id}/rozliczenie/arkusz":                           "a file",
	"/osrodek/szkolenia/{id}/dokumenty/postep/{postep}/strumien":           "a stream for the page of the progress",
	"/zapisy/{id}/zalaczniki":                                              "a file",
	"/zapisy/{id}/{key}/zalaczniki":                                        "a file",
	"/ankiety/{round}":                                                     "sends on to the survey at its new address",
	"/ankieta/{round}/miejsca/{unit}":                                      "needs a link that somebody gave out; looked at in platform/survey",
	"/ankiety/wzory/kod/{code}/plik":                                       "a file",
	"/potrzeby/bez-odpowiedzi/arkusz":                                      "a file",
	"/potrzeby/kampanie/{id}/lista/arkusz":                                 "a file",
	"/potrzeby/kampanie/{id}/mapa/arkusz":                                  "a file",
	"/potrzeby/kampanie/{id}/glosy/arkusz":                                 "a file",
	"/wspomaganie/{id}/plan/pdf":                                           "a file",
	"/wspomaganie/{id}/arkusz":                                             "a file",
	"/wspomaganie/niezaspokojone/arkusz":                                   "a file",
	"/moje-doskonalenie/arkusz":                                            "a file",
	"/moje-doskonalenie/{id}/skan":                                         "a file",
	"/kadra/dokumenty/{id}/skan":                                           "a file",
	"/zaswiadczenia/wystawca/{plik}":                                       "for machines",
	"/zaswiadczenia/wystawca/{plik}/odwolane.json":                         "for machines",
	"/zaswiadczenia/{number}/{key}/odznaka.json":                           "for machines",
	"/porozumienia/{id}/pliki/{file}":                                      "a file",
	"/porozumienia/rejestr/dzialanie/{kind}/{id}/plik/{file}":              "a file",
	"/porozumienia/rejestr/arkusz/wzor.csv":                                "a file",
	"/plan-jakosci/plan/{id}/wskazniki":                                    "a file",
	"/plan-jakosci/wskaznik/{id}/odczyty":                                  "a file",
	"/plan-jakosci/zrodlo/{id}/dane":                                       "a file",
	"/plan-jakosci/tekst/{plan}/wersja/{no}/uwagi/arkusz":                  "a file",
	"/spotkania/{id}/kalendarz.ics":                                        "a file for calendars",
	"/spotkania/{id}/protokol/terminy.ics":                                 "a file for calendars",
	"/spotkania/{id}/protokol/pdf":                                         "a file",
	"/spotkania/{id}/protokol/tekst":                                       "a file",
	"/spotkania/{id}/lista-obecnosci.pdf":                                  "a file",
	"/spotkania/{id}/identyfikatory.pdf":                                   "a file",
	"/spotkania/{id}/materialy/{plik}":                                     "a file",
	"/sieci-wspolpracy/{id}/materialy/{file}":                              "a file",
	"/sieci-wspolpracy/{id}/sprawozdanie.pdf":                              "a file",
	"/sieci-wspolpracy/{id}/spotkania/{meeting}/termin.ics":                "a file for calendars",
	"/sieci-wspolpracy/{id}/spotkania/{meeting}/lista.pdf":                 "a file",
	"/budzet-obywatelski/{id}/zasady.json":                                 "a file",
	"/budzet-obywatelski/{id}/projekty.geojson":                            "for the map",
	"/budzet-obywatelski/{id}/uprawnienia/spis/wzor.csv":                   "a file",
	"/budzet-obywatelski/{id}/urna/{pool}/skroty.txt":                      "a file",
	"/budzet-obywatelski/{id}/liczenie/urna":                               "a file",
	"/budzet-obywatelski/{id}/wyniki/{pool}/glosy.pb":                      "a file",
	"/projekt-obywatelski/{project}/kampania/plakat.pdf":                   "a file",
	"/projekt-obywatelski/{project}/poparcie/lista/{plik}":                 "a file",
	"/projekt-obywatelski/{project}/zdjecie/{plik}":                        "a picture",
	"/projekt-obywatelski/{project}/zdjecie/{plik}/male":                   "a picture",
}

// TestEveryDoorIsLookedAt finds pages that are missing from the list of pages
// to look at, and lines of the lists that lead nowhere.
func TestEveryDoorIsLookedAt(t *testing.T) {
	site := openSite(t)
	doors, mux := map[string]bool{}, http.NewServeMux()
	for _, r := range openHouse(t).Shell().Routes() {
		if path, ok := strings.CutPrefix(r.Pattern, "GET "); ok {
			doors[path] = false
			mux.HandleFunc(r.Pattern, func(http.ResponseWriter, *http.Request) {})
		}
	}
	for _, p := range browser.Pages() {
		address, _, err := site.Locate(p)
		if err != nil {
			t.Error(err)
			continue
		}
		doors[doorOf(t, mux, address)] = true
	}
	for path, why := range notLookedAt {
		if looked, there := doors[path]; !there || looked {
			t.Errorf("%s (%s) is not a door, or is looked at after all", path, why)
		}
		doors[path] = true
	}
	delete(doors, "") // the page of an address that does not exist
	for path, looked := range doors {
		if !looked {
			t.Errorf("GET %s has no line in internal/testkit/browser/pages.go", path)
		}
	}
}

// doorOf is the pattern of the door to which an address leads.
func doorOf(t *testing.T, mux *http.ServeMux, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	_, pattern := mux.Handler(&http.Request{Method: http.MethodGet, URL: u, Host: u.Host})
	return strings.TrimPrefix(pattern, "GET ")
}

// TestPagesHaveNames: reports and pictures are named after pages.
func TestPagesHaveNames(t *testing.T) {
	var names []string
	for _, p := range browser.Pages() {
		if p.Name == "" || slices.Contains(names, p.Name) {
			t.Errorf("%q (%s) has no name of its own", p.Name, p.Path)
		}
		names = append(names, p.Name)
	}
}
