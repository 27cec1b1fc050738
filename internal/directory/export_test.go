package directory

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

func readCSV(t *testing.T, body []byte) [][]string {
	t.Helper()
	text, marked := bytes.CutPrefix(body, []byte("\ufeff"))
	if !marked {
		t.Error("no mark of UTF-8 at the beginning")
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestCSVHoldsTheFilteredList(t *testing.T) {
	eachReader(t, func(t *testing.T, h *reader) {
		h.lang = "en"
		w := h.get("/instytucje.csv?gmina=120607")
		for name, want := range map[string]string{"Content-Type": "text/csv; charset=utf-8", "X-Content-Type-Options": "nosniff",
			"Content-Disposition": `attachment; filename="kladka-instytucje-2026-11-22.csv"`} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s", name, got)
			}
		}
		rows := readCSV(t, w.Body.Bytes())
		if len(rows) != 6 || rows[0][0] != "Numer RSPO" || len(rows[0]) != len(csvHeader) {
			t.Fatal(rows)
		}
		first := map[string]string{}
		for n, name := range rows[0] {
			first[name] = rows[1][n]
		}
		for name, want := range map[string]string{"Nazwa": "Liceum Ogólnokształcące Ćwiczeń", "Rodzaj": "liceum ogólnokształcące",
			"Gmina": "Liszki", "Zamknięta": "nie", "Szerokość geograficzna": "50,040000", "Rodzaj organu prowadzącego": "powiat"} {
			if first[name] != want {
				t.Errorf("%s is %q", name, first[name])
			}
		}
		for _, row := range rows[1:] {
			if row[1] == "Szkoła Muzyczna Żurawia" && row[24] != "" {
				t.Error("a doubtful point is given away")
			}
		}
	})
}

func TestFormulasAreDefused(t *testing.T) {
	rows := readCSV(t, liteReader(t).get("/instytucje.csv?gmina=121905").Body.Bytes())
	if rows[1][1] != `'=HYPERLINK("x") Zabawa` {
		t.Error(rows[1])
	}
}

func TestJSONHoldsTheListAndSaysWhatItIs(t *testing.T) {
	eachReader(t, func(t *testing.T, h *reader) {
		w := h.get("/instytucje.json?licz=zespoly&wedlug=organ&gmina=120607")
		if got := w.Header().Get("Content-Type"); got != "application/json" {
			t.Error(got)
		}
		var got struct {
			exportMeta
			Items []exportItem `json:"items"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got.Count != 2 || len(got.Items) != 2 || got.Counted != "groups" || got.By != "authority" || got.License != License ||
			got.Generated != "2026-11-22T12:00:00Z" || got.Filters["gmina"][0] != liszki {
			t.Errorf("%+v", got)
		}
		if got.Items[1].Name != "Zespół Szkół w Wymyślonce" || got.Items[1].Municipality.Name != "Liszki" {
			t.Errorf("%+v", got.Items[1])
		}
		if body := h.get("/instytucje.json?q=nieistniejąca").Body.String(); !json.Valid([]byte(body)) || !strings.Contains(body, `"count":0`) {
			t.Error(body)
		}
	})
}

// More rows than one batch holds come out whole and in order.
func TestExportOfManyBatches(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		h := newReader(t, d)
		var many []Institution
		for n := range 2*exportBatch + 7 {
			many = append(many, school(n+1, fmt.Sprintf("Szkoła nr %d", n+1)))
		}
		h.save(many...)
		rows := readCSV(t, h.get("/instytucje.csv").Body.Bytes())
		if len(rows) != len(many)+1 {
			t.Fatalf("%d rows", len(rows))
		}
		for n, row := range rows[1:] {
			if row[1] != fmt.Sprintf("Szkoła nr %d", n+1) {
				t.Fatalf("row %d is %s", n, row[1])
			}
		}
	})
}

func TestPointsOfTheMap(t *testing.T) {
	eachReader(t, func(t *testing.T, h *reader) {
		w := h.get("/instytucje/mapa.geojson?gmina=120607")
		tag := w.Header().Get("ETag")
		var c geoCollection
		if err := json.Unmarshal(w.Body.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if c.Total != 5 || c.Without != 1 || len(c.Features) != 4 || c.Aggregated || w.Header().Get("Content-Type") != "application/geo+json" {
			t.Errorf("%+v", c)
		}
		if w := h.get("/instytucje/mapa.geojson?gmina=120607", "If-None-Match", tag); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
			t.Error(w.Code)
		}
		if other := h.get("/instytucje/mapa.geojson").Header().Get("ETag"); other == tag {
			t.Error("two filters share a tag")
		}
		h.save(school(8, "Nowa"))
		if w := h.get("/instytucje/mapa.geojson?gmina=120607", "If-None-Match", tag); w.Code != http.StatusOK {
			t.Error("a change is not seen")
		}
	})
}

func TestMapPageStandsWithoutScripts(t *testing.T) {
	h := liteReader(t)
	doc := h.page("/instytucje/mapa?rodzaj=kindergarten")
	if _, hidden := doc.Find("#mapa").Attr("hidden"); !hidden {
		t.Error("an empty box is shown where there are no scripts")
	}
	if got, _ := doc.Find("#mapa").Attr("data-points"); got != "/instytucje/mapa.geojson?rodzaj=kindergarten" {
		t.Error(got)
	}
	if doc.Find(`svg a[href="/instytucje?gmina=120607&rodzaj=kindergarten"]`).Length() != 1 || doc.Find("li.item").Length() != 2 {
		t.Error("the picture or the list is missing")
	}
	if doc.Find(`script[src*="leaflet"]`).Length() != 1 || doc.Find(`link[href*="leaflet"]`).Length() != 1 || doc.Find(`script[src*="map."]`).Length() != 1 {
		t.Error("scripts or styles are missing")
	}
}

// So many points that they are gathered: none is lost in the sums.
func TestManyPointsAreGathered(t *testing.T) {
	r := &roll{}
	var hits []int32
	for n := range 9000 {
		r.entries = append(r.entries, entry{point: n%9 > 0, lat: 49 + float32(n%50)/10, lon: 19 + float32(n%30)/10})
		hits = append(hits, int32(n))
	}
	sum := 0
	for _, f := range r.squares(hits) {
		sum += f.Properties.(crowd).N
	}
	if sum != 8000 {
		t.Error(sum)
	}
}
