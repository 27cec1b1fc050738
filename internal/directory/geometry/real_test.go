package geometry

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shared opens a file of the real data beside the repository, or skips.
func shared(t testing.TB, name ...string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join(append([]string{"..", "..", "..", "..", "shared", "data"}, name...)...))
	if err != nil {
		t.Skip("no shared data: ", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func readShared(t testing.TB, name string) ([]Boundary, []Problem) {
	t.Helper()
	boundaries, problems, err := ReadBoundaries(shared(t, "geo", name), testLimit)
	if err != nil {
		t.Fatal(err)
	}
	return boundaries, problems
}

func TestRealFiles(t *testing.T) {
	for name, c := range map[string]struct {
		count    int
		codes    bool
		problems []string
	}{
		"smk15_gminy.geojson":       {15, true, nil},
		"malopolskie_gminy.geojson": {182, true, nil},
		"krakow_18_dzielnic.geojson": {18, false, []string{
			"Bieżanów-Prokocim geometry.problem.name_repaired",
			"Podgórze geometry.problem.crossing", // true, by a meter: checked with exact fractions
			"Wzgórza Krzesławickie geometry.problem.name_repaired"}},
	} {
		t.Run(name, func(t *testing.T) {
			boundaries, problems := readShared(t, name)
			var got []string
			for _, p := range problems {
				got = append(got, p.Name+" "+p.Key)
			}
			if diff := cmp.Diff(c.problems, got); diff != "" || len(boundaries) != c.count {
				t.Error(len(boundaries), diff)
			}
			for _, b := range boundaries {
				if c.codes != (len(b.Code) == 7) || !c.codes != (b.Number > 0) || b.Name == "" {
					t.Error(b.Code, b.Number, b.Name)
				}
			}
		})
	}
}

func TestRealPlaces(t *testing.T) {
	municipalities, _ := readShared(t, "smk15_gminy.geojson")
	districts, _ := readShared(t, "krakow_18_dzielnic.geojson")
	for _, c := range []struct {
		place                  string
		lat, lon               float64
		municipality, district string
	}{
		{"main square", 50.0617, 19.9373, "Kraków", "Stare Miasto"},
		{"central square of Nowa Huta", 50.0722, 20.0376, "Kraków", "Nowa Huta"},
		{"salt mine", 49.9834, 20.0552, "Wieliczka", ""},
		{"Warsaw", 52.23, 21.01, "", ""},
	} {
		municipality, _ := NewIndex(municipalities).Find(c.lat, c.lon)
		district, _ := NewIndex(districts).Find(c.lat, c.lon)
		if municipality.Name != c.municipality || district.Name != c.district {
			t.Errorf("%s: %q, %q", c.place, municipality.Name, district.Name)
		}
	}
}

// The boundaries are simplified: 18 of the 1 649 institutions fall outside their own (PROVENANCE.md).
func TestRealPointsOutside(t *testing.T) {
	municipalities, _ := readShared(t, "smk15_gminy.geojson")
	byKey := map[string]Boundary{}
	for _, b := range municipalities {
		byKey[b.Code[:6]] = b
	}
	rows, err := csv.NewReader(shared(t, "rspo", "smk15_2022-03_reduced.csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[strings.TrimPrefix(name, "\ufeff")] = i
	}
	outside := 0
	for _, row := range rows[1:] {
		key := row[column["teryt_gmina6"]]
		if strings.HasPrefix(key, "1261") {
			key = "126101"
		}
		lat, _ := strconv.ParseFloat(row[column["lat"]], 64)
		lon, _ := strconv.ParseFloat(row[column["lon"]], 64)
		if !byKey[key].Contains(lat, lon) {
			outside++
		}
	}
	if len(rows)-1 != 1649 || outside != 18 {
		t.Errorf("%d of %d outside", outside, len(rows)-1)
	}
}

func TestRealMapIsSmall(t *testing.T) {
	boundaries, _ := readShared(t, "smk15_gminy.geojson")
	p := Fit(BoundsOf(boundaries), 800, 600)
	size := 0
	for _, b := range boundaries {
		size += len(Path(b, p))
	}
	if size < 2_000 || size > 10_000 {
		t.Error(size)
	}
}
