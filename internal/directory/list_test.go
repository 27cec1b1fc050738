package directory

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

func TestListIsInPolishOrderAndHidesClosed(t *testing.T) {
	eachReader(t, func(t *testing.T, h *reader) {
		wantTexts(t, h.page("/instytucje").Find("#lista li.item h3"), "=HYPERLINK(\"x\") Zabawa",
			"Liceum Ogólnokształcące Ćwiczeń", "Przedszkole „Łąka”", "SP nr 10",
			"Szkoła Muzyczna Żurawia", "Zespół Szkół w Wymyślonce")
		doc := h.page("/instytucje?zamkniete=1&q=nr")
		wantTexts(t, doc.Find("#lista li.item h3"), "SP nr 2", "SP nr 10")
		wantTexts(t, doc.Find(".tag.bad"), "zamknięta")
	})
}

func TestHeadingSaysWhatIsCounted(t *testing.T) {
	eachReader(t, func(t *testing.T, h *reader) {
		for query, want := range map[string]string{
			"":                             "Znaleziono 6 instytucji, według siedziby",
			"?gmina=120607":                "Znaleziono 5 instytucji, według siedziby",
			"?gmina=120607&wedlug=organ":   "Znaleziono 4 instytucje, według organu prowadzącego",
			"?licz=zespoly":                "Znaleziono 4 zespoły lub samodzielne instytucje, według siedziby",
			"?gmina=121905":                "Znaleziono 1 instytucję, według siedziby",
			"?zamkniete=1":                 "Znaleziono 7 instytucji, według siedziby",
			"?q=przed&rodzaj=kindergarten": "Znaleziono 1 instytucję, według siedziby",
			"?q=szk":                       "Znaleziono 2 instytucje, według siedziby",
			"?q=990004":                    "Znaleziono 1 instytucję, według siedziby",
			"?q=muz+SZK":                   "Znaleziono 1 instytucję, według siedziby",
			"?q=uzyczna":                   "Znaleziono 0 instytucji, według siedziby",
			"?q=%3F%3F":                    "Znaleziono 0 instytucji, według siedziby",
		} {
			wantTexts(t, h.page("/instytucje"+query).Find("h2#ile"), want)
		}
		wantTexts(t, h.page("/instytucje?licz=zespoly&rodzaj=complex").Find(".item .side .tag"), "z 2 podległymi jednostkami")
	})
}

// option finds the count beside a box.
func option(doc *goquery.Document, name, value string) string {
	return doc.Find(fmt.Sprintf(`input[name=%q][value=%q]`, name, value)).Parent().Find(".n").Text()
}

func TestEachFacetCountsGivenTheOthers(t *testing.T) {
	eachReader(t, func(t *testing.T, h *reader) {
		doc := h.page("/instytucje?rodzaj=kindergarten&gmina=121905")
		for _, c := range []struct{ name, value, want string }{
			{"rodzaj", "kindergarten", "1"}, // in Wieliczka
			{"rodzaj", "primary", "0"},
			{"gmina", "121905", "1"}, // kindergartens
			{"gmina", liszki, "1"},
			{"prowadzi", "gmina", "1"}, // both filters hold
			{"prowadzi", "county", "0"},
			{"status", "public", "1"},
		} {
			if got := option(doc, c.name, c.value); got != c.want {
				t.Errorf("%s=%s counts %q, want %s", c.name, c.value, got, c.want)
			}
		}
		doc = h.page("/instytucje?rodzaj=kindergarten&rodzaj=music")
		wantTexts(t, doc.Find("h2#ile"), "Znaleziono 3 instytucje, według siedziby")
		wantTexts(t, doc.Find(".chip"), "Usuń filtr: Przedszkole ×", "Usuń filtr: Szkoła muzyczna ×")
		if got, _ := doc.Find(".chip").First().Attr("href"); got != "/instytucje?rodzaj=music" {
			t.Errorf("the chip leads to %s", got)
		}
	})
}

// What a box says is what a click on it shows.
func TestCountsAreWhatAClickShows(t *testing.T) {
	h := liteReader(t)
	doc := h.page("/instytucje?gmina=120607&status=public&wedlug=siedziba")
	doc.Find(`input[name=rodzaj]`).Each(func(_ int, s *goquery.Selection) {
		value, _ := s.Attr("value")
		n := s.Parent().Find(".n").Text()
		shown := h.page("/instytucje?gmina=120607&status=public&rodzaj=" + value).Find("li.item").Length()
		if fmt.Sprint(shown) != n {
			t.Errorf("%s says %s, a click shows %d", value, n, shown)
		}
	})
}

func TestPagesGoByPlaceInTheList(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		h := newReader(t, d)
		var many []Institution
		for n := range 45 {
			many = append(many, school(n+1, fmt.Sprintf("Szkoła nr %d", (n*7)%45+1)))
		}
		h.save(many...)
		var seen []string
		path, last := "/instytucje", ""
		for range 5 {
			doc := h.page(path)
			seen = append(seen, textsOf(doc.Find("li.item h3"))...)
			next, more := doc.Find(`.pager a[rel=next]`).Attr("href")
			last = path
			if !more {
				break
			}
			path = next
		}
		var want []string
		for n := range 45 {
			want = append(want, fmt.Sprintf("Szkoła nr %d", n+1))
		}
		if !slices.Equal(seen, want) {
			t.Errorf("forward: %q", seen)
		}
		previous, ok := h.page(last).Find(`.pager a[rel=prev]`).Attr("href")
		if !ok {
			t.Fatal("no way back")
		}
		wantTexts(t, h.page(previous).Find("li.item h3"), want[20:40]...)
		beyond := web.Cursor{Key: "ff", ID: string(testID(1))}.String()
		wantTexts(t, h.page("/instytucje?od="+beyond).Find("li.item h3"), want[:20]...)
		before := web.Cursor{Key: "00", ID: string(testID(1))}.String()
		wantTexts(t, h.page("/instytucje?do="+before).Find("li.item h3"), want[:20]...)
	})
}

func TestFilterThatWeDoNotKnowIsRefused(t *testing.T) {
	h := liteReader(t)
	for _, query := range []string{"rodzaj=castle", "gmina=999999", "gmina=%ff", "prowadzi=king", "status=secret", "zamkniete=2",
		"wedlug=x", "licz=x", "q=" + strings.Repeat("a", 201), "q=%ff%fe", "q=" + strings.Repeat("a+", 20) + "b",
		"od=nowhere", "od=" + strings.Repeat("A", 5000), "do=%ff", "q=" + url.QueryEscape("a b c d e f g h i j k l m")} {
		for _, path := range []string{"/instytucje", "/instytucje.csv", "/instytucje.json", "/instytucje/mapa", "/instytucje/mapa.geojson"} {
			if path != "/instytucje" && (strings.HasPrefix(query, "od") || strings.HasPrefix(query, "do")) {
				continue // these have no pages
			}
			want := http.StatusBadRequest
			if query == "q="+strings.Repeat("a+", 20)+"b" {
				want = http.StatusOK // two different words
			}
			if w := h.get(path + "?" + query); w.Code != want {
				t.Errorf("%s?%.40s: status %d", path, query, w.Code)
			}
		}
	}
}

func TestEmptyListSaysWhatToDo(t *testing.T) {
	h := liteReader(t)
	doc := h.page("/instytucje?q=nieistniejąca&rodzaj=music")
	if doc.Find(".empty li").Length() != 3 || doc.Find(`.empty a[href="/instytucje"]`).Length() != 1 {
		t.Error(doc.Find(".empty").Text())
	}
	wantTexts(t, h.page("/instytucje?q=nieistniej%C4%85ca").Find(".chip"), "Usuń filtr: szukane słowa: nieistniejąca ×")
}

// The order of the page is the order of reading, at both widths.
func TestListPageIsInReadingOrder(t *testing.T) {
	doc := liteReader(t).page("/instytucje")
	var order []string
	doc.Find("main h1, main .seg, main #q, main .jump, main ol.list, main aside").Each(func(_ int, s *goquery.Selection) {
		order = append(order, goquery.NodeName(s))
	})
	if got := strings.Join(order, " "); got != "h1 nav input p ol aside" {
		t.Error(got)
	}
	form := doc.Find("form#filtry")
	for name, want := range map[string]string{"hx-get": "/instytucje", "hx-trigger": "change", "hx-target": "#lista",
		"hx-select": "#lista", "hx-swap": "outerMorph", "hx-push-url": "true", "method": "get"} {
		if got, _ := form.Attr(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if doc.Find(`#panel a, .jump a[href="#panel"]`).Length() == 0 {
		t.Error("no jump to the filters")
	}
}

func TestPagesAreWholeInEveryLanguage(t *testing.T) {
	h := liteReader(t)
	for _, h.lang = range i18n.Langs {
		for _, path := range []string{"/instytucje", "/instytucje?licz=zespoly&wedlug=organ&zamkniete=1&rodzaj=music&gmina=120607&prowadzi=gmina&status=public&q=x",
			"/instytucje/mapa", "/instytucje/mapa?wedlug=organ&licz=zespoly", "/gminy", "/gminy/120607", "/gminy/126101",
			href(testID(1)), href(testID(2)), href(testID(4)), href(testID(5)), href(testID(6)), href(testID(7))} {
			doc := h.page(path)
			if doc.Find("h1").Length() != 1 || strings.TrimSpace(doc.Find("h1").Text()) == "" {
				t.Errorf("%s in %s has no heading", path, h.lang)
			}
			ids := map[string]bool{}
			doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
				id, _ := s.Attr("id")
				if ids[id] {
					t.Errorf("%s: id %s is there twice", path, id)
				}
				ids[id] = true
			})
		}
	}
}

// A change is seen at once: the roll belongs to a version of the directory.
func TestListSeesAChangeAtOnce(t *testing.T) {
	eachReader(t, func(t *testing.T, h *reader) {
		wantTexts(t, h.page("/instytucje?q=nowa").Find("h2#ile"), "Znaleziono 0 instytucji, według siedziby")
		h.save(school(8, "Nowa Szkoła"))
		wantTexts(t, h.page("/instytucje?q=nowa").Find("h2#ile"), "Znaleziono 1 instytucję, według siedziby")
		wantTexts(t, h.page("/instytucje").Find("h2#ile"), "Znaleziono 7 instytucji, według siedziby")
	})
}

// Sifting agrees with the plainest reading of the filter.
func TestSiftAgainstPlainReading(t *testing.T) {
	h := liteReader(t)
	r, err := h.rollNow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	towns := [][]string{nil, {liszki}, {liszki, wieliczka}}
	kinds := [][]Kind{nil, {Kind(register.Primary)}, {Kind(register.Kindergarten), Kind(register.Music)}}
	for _, town := range towns {
		for _, kind := range kinds {
			for n := range 8 {
				f := Filter{Municipalities: town, Kinds: kind, scope: scope{Closed: n&1 > 0, ByAuthority: n&2 > 0, Groups: n&4 > 0}}
				got := len(r.sift(f, nil).hits)
				want := 0
				for _, i := range village() {
					at := i.Municipality
					if f.ByAuthority {
						at = i.RunningMunicipality
					}
					want += bit((len(town) == 0 || slices.Contains(town, at)) && (len(kind) == 0 || slices.Contains(kind, i.Kind)) &&
						(f.Closed || !i.Closed) && (!f.Groups || i.RegisterParent == nil), 1)
				}
				if got != want {
					t.Errorf("%+v: %d, want %d", f, got, want)
				}
			}
		}
	}
}

func FuzzFilter(f *testing.F) {
	f.Add("q=szko%C5%82a&rodzaj=primary&gmina=120607&zamkniete=1")
	f.Add("wedlug=organ&licz=zespoly&status=public&prowadzi=gmina&q=%ff")
	r := &roll{townAt: map[string]int16{liszki: 0}}
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		filter, err := filterOf(q, r)
		if err != nil {
			return
		}
		again, err := filterOf(filter.query(), r)
		if err != nil || again.href("/") != filter.href("/") {
			t.Errorf("%+v is written as %s and read as %+v, %v", filter, filter.href("/"), again, err)
		}
	})
}
