package directory

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/web"
)

func TestNothingIsThereAtAddressesMadeUp(t *testing.T) {
	eachReader(t, func(t *testing.T, h *reader) {
		known := string(testID(1))
		for _, id := range []string{string(testID(99)), "x", "nowa2", strings.ToUpper("01930000-0000-7000-8000-00000000000a"), "{" + known + "}",
			"urn:uuid:" + known, strings.ReplaceAll(known, "-", ""), strings.Repeat("a", 10_000), "%ff%fe", "%00", "..%2f", "%c5%82", "990001"} {
			for _, path := range []string{"/instytucje/" + id, "/instytucje/" + id + "/dane.json", "/instytucje/rspo/" + id + "0", "/instytucje/" + id + "/990001", "/gminy/" + id} {
				w := h.get(path)
				if w.Code != http.StatusNotFound && !(strings.Contains(id, "%00") && w.Code == http.StatusBadRequest) {
					t.Errorf("%.60s: status %d", path, w.Code)
				}
			}
		}
	})
}

func TestShortAddressLeadsToTheInstitution(t *testing.T) {
	h := liteReader(t)
	w := h.get("/instytucje/rspo/990001")
	if w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != href(testID(1)) {
		t.Errorf("%d to %s", w.Code, w.Header().Get("Location"))
	}
}

func TestInstitutionShowsItsGroup(t *testing.T) {
	eachReader(t, func(t *testing.T, h *reader) {
		doc := h.page(href(testID(1)))
		wantTexts(t, doc.Find("h1"), "Zespół Szkół w Wymyślonce")
		wantTexts(t, doc.Find("[aria-labelledby=zespol] dd a"), "Przedszkole „Łąka”", "SP nr 10")
		doc = h.page(href(testID(2)))
		wantTexts(t, doc.Find("[aria-labelledby=zespol] dt"), "Jednostka nadrzędna", "W tym samym zespole")
		if doc.Find(`[aria-labelledby=dane]`).Text() == "" || !strings.Contains(doc.Find("[aria-labelledby=dane]").Text(), "1234") {
			t.Error("the number of pupils is missing")
		}
		if h.page(href(testID(4))).Find("[aria-labelledby=zespol]").Length() != 0 {
			t.Error("a school that stands alone shows a group")
		}
	})
}

func TestClosedAndDoubtfulGiveReasons(t *testing.T) {
	eachReader(t, func(t *testing.T, h *reader) {
		closed := h.page(href(testID(5))).Find("[data-promise=why]")
		if closed.Length() != 1 || !strings.Contains(closed.Text(), "najnowszym pliku") || !strings.Contains(closed.Text(), "31\u00a0sierpnia 2024") {
			t.Error(closed.Text())
		}
		doubt := h.page(href(testID(6))).Find("[data-promise=why]")
		if doubt.Length() != 1 || !strings.Contains(doubt.Text(), "poza Polską") || !strings.Contains(doubt.Text(), "35.88000") {
			t.Error(doubt.Text())
		}
	})
}

func TestCorrectionShowsBothReadings(t *testing.T) {
	eachReader(t, func(t *testing.T, h *reader) {
		part := village()[1]
		part.Corrected = true
		h.save(part)
		doc := h.page(href(testID(2)))
		why := doc.Find("[data-promise=why]")
		wantTexts(t, why.Find(".head"), "Uzasadnienie")
		wantTexts(t, why.Find("dd"), "część zespołu: Zespół Szkół w Wymyślonce", "samodzielna instytucja")
		if doc.Find("[aria-labelledby=zespol]").Length() != 0 {
			t.Error("the group of the register is still shown")
		}
	})
}

// Contacts come from files of others: what is no plain address is text.
func TestContactLinksAreSafe(t *testing.T) {
	doc := liteReader(t).page(href(testID(7)))
	contact := doc.Find("[aria-labelledby=kontakt]")
	if contact.Find(`a[href^="tel:+48123456789"]`).Length() != 1 || contact.Find(`a[href="mailto:biuro@example.org"]`).Length() != 1 {
		t.Error(contact.Html())
	}
	if contact.Find(`a[href^="javascript"]`).Length() != 0 || !strings.Contains(contact.Text(), "javascript:alert(1)") {
		t.Error("the address of the website is a link or gone")
	}
	for text, want := range map[string]string{"http://sp1.example.org/": "http://sp1.example.org/", "sp1.example.org": "http://sp1.example.org",
		"https://a.example.org/x?y=1": "https://a.example.org/x?y=1", "javascript:alert(1)": "", "data:text/html,x": "", "http://u:p@example.org": "",
		"brak": "", "": "", "//example.org": ""} {
		if got := websiteLink(text).Href; got != want {
			t.Errorf("%q leads to %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"12 345 67 89": "tel:+48123456789", "+48 12 345-67-89": "tel:+48123456789",
		"012 345 67 89": "tel:+48123456789", "12 345 67 89 wew. 2": "", "123456789; 987654321": "", "": "", "12": ""} {
		if got := phoneLink(text).Href; got != want {
			t.Errorf("%q calls %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"a@example.org": "mailto:a@example.org", "a@example.org?bcc=b@example.org": "", "A <a@example.org>": "", "x": ""} {
		if got := emailLink(text).Href; got != want {
			t.Errorf("%q writes to %q, want %q", text, got, want)
		}
	}
}

func TestNearestOfTheSameKind(t *testing.T) {
	h := liteReader(t)
	h.save(school(8, "Szkoła Podstawowa nr 8"), school(9, "Szkoła Podstawowa nr 9"))
	doc := h.page(href(testID(2)))
	near := doc.Find("aside li a")
	wantTexts(t, near, "Szkoła Podstawowa nr 8", "Szkoła Podstawowa nr 9")
	wantTexts(t, doc.Find("aside li .muted"), "450 m", "500 m")
}

func TestOnlyWhoMayCorrectsTheGroup(t *testing.T) {
	h := liteReader(t)
	edit := `a[href="` + href(testID(2)) + `/zespol"]`
	for name, c := range map[string]struct {
		who  access.Actor
		want int
	}{
		"stranger": {access.Stranger(), 0}, "officer of the association": {officer, 1},
		"officer elsewhere": {holding(access.AuthorityOfficer, testID(7)), 0}, "head there": {holding(access.SchoolHead, testID(2)), 0},
	} {
		h.who = c.who
		if got := h.page(href(testID(2))).Find(edit).Length(); got != c.want {
			t.Errorf("%s sees %d links", name, got)
		}
	}
}

func TestSectionsOfOtherModules(t *testing.T) {
	h := liteReader(t)
	add := func(rank int, title string, c templ.Component) {
		h.AddSection(func(r *web.Request, _ access.Actor, i Institution) (Section, error) {
			return Section{Title: title + " " + i.City, Rank: rank, Component: c}, nil
		})
	}
	add(20, "Druga", templ.Raw("<p>b</p>"))
	add(10, "Pierwsza", templ.Raw("<p>a</p>"))
	add(5, "Nic", nil)
	titles := textsOf(h.page(href(testID(2))).Find("section h2"))
	if got := strings.Join(titles, ", "); got != "Adres i kontakt, Zespół, Pierwsza Wymyślonka, Druga Wymyślonka, Dane urzędowe" {
		t.Error(got)
	}
}

func TestInstitutionAsData(t *testing.T) {
	eachReader(t, func(t *testing.T, h *reader) {
		w := h.get(href(testID(6)) + "/dane.json")
		var got map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got["rspo"] != 990006.0 || got["kind"] != "music" || got["license"] != License || got["latitude"] != nil || got["point_doubt"] != "country" {
			t.Error(got)
		}
	})
}

func TestMunicipalitiesCountBothWays(t *testing.T) {
	eachReader(t, func(t *testing.T, h *reader) {
		doc := h.page("/gminy")
		if n := doc.Find("tbody tr").Length(); n != 15 {
			t.Errorf("%d members", n)
		}
		row := doc.Find(`tbody a[href="/gminy/120607"]`).Closest("tr")
		wantTexts(t, row.Find("td"), "5", "3", "1234 (podaje 1 z 5)", "4", "2", "1234 (podaje 1 z 4)")
		wantTexts(t, doc.Find("tfoot td"), "6", "4", "1234 (podaje 1 z 6)", "4", "2", "1234 (podaje 1 z 4)")
		tiles := doc.Find("svg.picture.hexes a")
		if tiles.Length() != 15 {
			t.Errorf("%d tiles", tiles.Length())
		}
		label := doc.Find(`svg.picture a[href="/gminy/120607"] title`).Text()
		if label != "Liszki: 5 instytucji" {
			t.Error(label)
		}
		town := h.page("/gminy/120607")
		wantTexts(t, town.Find(`[aria-labelledby=rodzaje] tbody td`), "1", "2", "1", "1", "1", "0", "1", "0", "1", "1")
		wantTexts(t, town.Find(`[aria-labelledby=rodzaje] tbody th`), "Przedszkole", "Szkoła podstawowa",
			"Liceum ogólnokształcące", "Szkoła muzyczna", "Zespół szkół lub placówek")
		if h.page("/gminy/126101").Find(".districts li").Length() != 18 {
			t.Error("Kraków lacks districts")
		}
	})
}

func TestDoorwayCountsOpenInstitutions(t *testing.T) {
	h := liteReader(t)
	var got []web.Doorway
	h.shell.Handle("GET /proba", web.Public, func(w http.ResponseWriter, r *web.Request) (err error) {
		got, err = h.shell.Doorways(r)
		return err
	})
	h.get("/proba")
	if len(got) != 3 || got[0].Figure != "6 instytucji" || got[0].Href != "/instytucje" || got[2].Figure != "2 gminy" {
		t.Errorf("%+v", got)
	}
}

// Boundaries turn the pictures from hexagons into maps.
func TestBoundariesAreDrawn(t *testing.T) {
	eachReader(t, func(t *testing.T, h *reader) {
		square := `{"type":"MultiPolygon","coordinates":[[[[19.6,50.0],[19.9,50.0],[19.9,50.1],[19.6,50.1],[19.6,50.0]]]]}`
		err := h.db.Write(t.Context(), func(tx *db.Tx) error {
			if err := db.Raise(t.Context(), tx, versionName); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), `update directory_municipalities set boundary = ? where id = ?`, square, liszki)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if h.page("/instytucje/mapa").Find("svg.picture.hexes").Length() != 1 {
			t.Error("one boundary of fifteen makes a map with holes")
		}
		doc := h.page(href(testID(2)))
		if doc.Find("svg.picture:not(.hexes) circle.dot").Length() != 1 {
			t.Error("the point is not drawn")
		}
		if h.page(href(testID(6))).Find("circle.dot").Length() != 0 {
			t.Error("a doubtful point is drawn")
		}
		var c geoCollection
		if err := json.Unmarshal(h.get("/gminy.geojson").Body.Bytes(), &c); err != nil || len(c.Features) != 1 {
			t.Error(err, c)
		}
		err = h.db.Write(t.Context(), func(tx *db.Tx) error {
			if err := db.Raise(t.Context(), tx, versionName); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), `update directory_municipalities set boundary = ?`, square)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if h.page("/gminy").Find("svg.picture:not(.hexes) a").Length() != 15 {
			t.Error("all boundaries are there and not drawn")
		}
	})
}
