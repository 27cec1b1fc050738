package geometry

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const testLimit = 4 << 20

func sample(t testing.TB) []Boundary {
	t.Helper()
	f, err := os.Open("testdata/sample.geojson")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	boundaries, _, err := ReadBoundaries(f, testLimit)
	if err != nil {
		t.Fatal(err)
	}
	return boundaries
}

func TestReadBoundaries(t *testing.T) {
	b := sample(t)
	if len(b) != 3 || b[0].Code != "1206992" || b[1].Code != "0601992" || b[1].Name != "Dwudzielna" ||
		b[2].Number != 12 || b[2].Name != "Bieżanów-Prokocim" {
		t.Fatalf("%+v", b)
	}
	if last := b[2].Polygons[0][0]; len(last) != 5 || last[0] != last[4] {
		t.Error("not closed:", last)
	}
	if diff := cmp.Diff(Bounds{20, 50, 22.5, 51}, b[1].Bounds()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Bounds{19, 50, 22.5, 51}, BoundsOf(b)); diff != "" {
		t.Error(diff)
	}
}

func TestContains(t *testing.T) {
	b := sample(t)
	for _, c := range []struct {
		in       int
		lat, lon float64
		want     bool
	}{
		{0, 50.1, 19.1, true}, {0, 50.5, 19.5, false}, {0, 50.39, 19.5, true}, {0, 49.9, 19.5, false}, {0, 50.5, 20.5, false},
		{1, 50.5, 20.5, true}, {1, 50.2, 22.4, true}, {1, 50.4, 22.1, false}, {1, 50.5, 21.5, false},
		{2, 50.5, 19.5, true},
	} {
		if got := b[c.in].Contains(c.lat, c.lon); got != c.want {
			t.Errorf("%s contains %v, %v: %v", b[c.in].Name, c.lat, c.lon, got)
		}
	}
	if (Boundary{}).Contains(50, 20) {
		t.Error("nothing contains nothing")
	}
}

func TestIndex(t *testing.T) {
	index := NewIndex(sample(t))
	for name, at := range map[string][2]float64{"Wymyślonka": {50.1, 19.1}, "Bieżanów-Prokocim": {50.5, 19.5}, "": {49, 19}} {
		if b, found := index.Find(at[0], at[1]); b.Name != name || found != (name != "") {
			t.Errorf("%v: %q", at, b.Name)
		}
	}
}

// Squares that share edges: every point falls to exactly one, also on the lines and corners between them.
func TestNeighborsShareNoPoint(t *testing.T) {
	var squares []Boundary
	for x := range 3 {
		for y := range 3 {
			w, s := 19+float64(x), 50+float64(y)
			ring := [][2]float64{{w, s}, {w + 1, s}, {w + 1, s + 1}, {w, s + 1}, {w, s}}
			squares = append(squares, Boundary{Polygons: [][][][2]float64{{ring}}})
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		lat := 50 + float64(rapid.IntRange(0, 11).Draw(t, "lat"))/4
		lon := 19 + float64(rapid.IntRange(0, 11).Draw(t, "lon"))/4
		n := 0
		for _, b := range squares {
			if b.Contains(lat, lon) {
				n++
			}
		}
		if n != 1 {
			t.Fatalf("%v, %v lies in %d squares", lat, lon, n)
		}
	})
}

func square(properties, kind, coordinates string) string {
	return fmt.Sprintf(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":%s,"geometry":{"type":%q,"coordinates":%s}}]}`,
		properties, kind, coordinates)
}

const good = `[[[19,50],[20,50],[20,51],[19,51],[19,50]]]`

func TestFeatures(t *testing.T) {
	named := `{"terc":"1206992","name":"A"}`
	for name, c := range map[string]struct {
		text  string
		taken bool
		keys  string
	}{
		"good":            {square(named, "Polygon", good), true, ""},
		"unclosed":        {square(named, "Polygon", `[[[19,50],[20,50],[20,51],[19,51]]]`), true, "warning unclosed"},
		"crossing":        {square(named, "Polygon", `[[[19,50],[20,51],[20,50],[19,51],[19,50]]]`), true, "warning crossing"},
		"touching":        {square(named, "Polygon", `[[[19,50],[20,50],[19.5,50.5],[20,51],[19,51],[19.5,50.5],[19,50]]]`), true, ""},
		"two points":      {square(named, "Polygon", `[[[19,50],[20,50],[19,50]]]`), false, "error short_ring"},
		"swapped":         {square(named, "Polygon", `[[[50,19],[50,20],[51,20],[51,19],[50,19]]]`), false, "error swapped"},
		"elsewhere":       {square(named, "Polygon", `[[[2,48],[3,48],[3,49],[2,49],[2,48]]]`), false, "error outside_poland"},
		"meters":          {square(named, "Polygon", `[[[560000,240000],[560100,240000],[560100,240100],[560000,240000]]]`), false, "error out_of_range"},
		"beyond floats":   {square(named, "Polygon", `[[[1e999,50],[20,50],[20,51],[19,50]]]`), false, "error coordinates"},
		"one number":      {square(named, "Polygon", `[[[19],[20,50],[20,51],[19,50]]]`), false, "error coordinates"},
		"not numbers":     {square(named, "Polygon", `[["a"]]`), false, "error coordinates"},
		"point":           {square(named, "Point", `[19,50]`), false, "error type"},
		"nothing":         {square(named, "MultiPolygon", `[]`), false, "error no_geometry"},
		"empty polygons":  {square(named, "MultiPolygon", `[[],[]]`), false, "error no_geometry"},
		"null geometry":   {`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"nr":1},"geometry":null}]}`, false, "error no_geometry"},
		"unnamed":         {square(`{"x":1}`, "Polygon", good), false, "error unnamed"},
		"null properties": {square(`null`, "Polygon", good), false, "error unnamed"},
		"odd code":        {square(`{"terc":"126101","name":"A"}`, "Polygon", good), true, "warning code_invalid"},
		"lost zero":       {square(`{"terc":601992}`, "Polygon", good), true, ""},
		"text number":     {square(`{"nr":"7"}`, "Polygon", good), true, ""},
		"misspelt":        {square(`{"nr":17,"name":"Krzeszławickie"}`, "Polygon", good), true, "note name_repaired"},
		"not a feature":   {`{"type":"FeatureCollection","features":[7]}`, false, "error not_feature"},
	} {
		t.Run(name, func(t *testing.T) {
			boundaries, problems, err := ReadBoundaries(strings.NewReader(c.text), testLimit)
			if err != nil || (len(boundaries) == 1) != c.taken {
				t.Fatal(err, boundaries)
			}
			var keys []string
			for _, p := range problems {
				keys = append(keys, string(p.Level)+" "+strings.TrimPrefix(p.Key, "geometry.problem."))
			}
			if got := strings.Join(keys, ", "); got != c.keys {
				t.Errorf("got %q, want %q", got, c.keys)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	many := strings.Repeat("0,", maxFeatures) + "0"
	var points strings.Builder
	for range maxPoints {
		points.WriteString("[19,50],")
	}
	for name, c := range map[string]struct{ text, key string }{
		"empty":          {"", "not_json"},
		"cut off":        {`{"type":"FeatureCollection","features":[`, "not_json"},
		"nan":            {square(`{"nr":1}`, "Polygon", `[[[NaN,50]]]`), "not_json"},
		"deep":           {strings.Repeat("[", 20_000), "not_json"},
		"list":           {"[]", "not_collection"},
		"one feature":    {`{"type":"Feature"}`, "not_collection"},
		"no features":    {`{"type":"FeatureCollection","features":[]}`, "empty"},
		"meters":         {`{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2180"}},"features":[1]}`, "crs"},
		"many features":  {`{"type":"FeatureCollection","features":[` + many + `]}`, "too_many_features"},
		"many points":    {square(`{"nr":1}`, "Polygon", "[["+points.String()+"[19,50]]]"), "too_many_points"},
		"too many bytes": {strings.Repeat(" ", 6<<20), "too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := ReadBoundaries(strings.NewReader(c.text), 6<<20-1)
			var refusal *Refusal
			if !errors.As(err, &refusal) || refusal.Key != "geometry.refused."+c.key {
				t.Errorf("got %v, want %s", err, c.key)
			}
		})
	}
}

func TestCodeTwice(t *testing.T) {
	one := strings.TrimSuffix(strings.TrimPrefix(square(`{"terc":"1206992"}`, "Polygon", good), `{"type":"FeatureCollection","features":[`), "]}")
	b, problems, err := ReadBoundaries(strings.NewReader(`{"type":"FeatureCollection","features":[`+one+","+one+"]}"), testLimit)
	if err != nil || len(b) != 2 || len(problems) != 1 || problems[0].Key != "geometry.problem.code_twice" || problems[0].Feature != 2 {
		t.Error(b, problems, err)
	}
}

func TestPath(t *testing.T) {
	b := sample(t)
	p := Fit(Bounds{19, 50, 20, 51}, 100, 100)
	if x, y := p.Point(50.5, 19.5); x != 50 || y != 50 {
		t.Error("the middle is not in the middle:", x, y)
	}
	// At 50.5 degrees a degree of longitude is 0.636 of one of latitude: 63.6 wide, 18.2 to the left.
	if got, want := Path(b[0], p), "M18.2,100L81.8,100L81.8,0L18.2,0ZM43.6,60L56.4,60L56.4,40L43.6,40Z"; got != want {
		t.Errorf("got %s", got)
	}
	tiny := Boundary{Polygons: [][][][2]float64{{{{19, 50}, {19.00001, 50}, {19.00001, 50.00001}, {19, 50}}}}}
	if got := Path(tiny, p); got != "M18.2,100Z" {
		t.Errorf("points that fall together: %s", got)
	}
}

func TestFitWithoutExtent(t *testing.T) {
	for _, box := range []Bounds{{19, 50, 19, 50}, nowhere()} {
		if x, y := Fit(box, 40, 20).Point(50, 19); x != 20 || y != 10 {
			t.Error(box, x, y)
		}
	}
}

func TestProjectionKeepsWhatIsInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lon, lat := rapid.Float64Range(14, 24).Draw(t, "lon"), rapid.Float64Range(49, 54).Draw(t, "lat")
		box := Bounds{lon, lat, lon + rapid.Float64Range(0.001, 5).Draw(t, "wide"), lat + rapid.Float64Range(0.001, 5).Draw(t, "high")}
		x, y := Fit(box, 600, 400).Point(
			rapid.Float64Range(box.MinLat, box.MaxLat).Draw(t, "y"), rapid.Float64Range(box.MinLon, box.MaxLon).Draw(t, "x"))
		if x < -0.1 || x > 600.1 || y < -0.1 || y > 400.1 {
			t.Fatal(x, y)
		}
	})
}

func FuzzReadBoundaries(f *testing.F) {
	data, err := os.ReadFile("testdata/sample.geojson")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(data))
	f.Add(square(`{"nr":"1","terc":1}`, "MultiPolygon", `[[],[[[20,50],[21,50],[21,51]]]]`))
	f.Fuzz(func(t *testing.T, text string) {
		boundaries, _, err := ReadBoundaries(strings.NewReader(text), 1<<20)
		var refusal *Refusal
		if err != nil && !errors.As(err, &refusal) {
			t.Fatal(err)
		}
		for _, b := range boundaries {
			if !within(b.Bounds(), poland) {
				t.Error(b.Bounds())
			}
			p := Path(b, Fit(b.Bounds(), 600, 400))
			if strings.Contains(p, "N") || strings.Contains(p, "I") || !strings.HasSuffix(p, "Z") {
				t.Error(p)
			}
		}
		NewIndex(boundaries).Find(50, 20)
	})
}
