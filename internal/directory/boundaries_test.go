package directory

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/directory/geometry"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/importing"
	"kladka/internal/testkit"
)

func square(properties string, lon, lat, size float64) string {
	return fmt.Sprintf(`{"type":"Feature","properties":{%s},"geometry":{"type":"Polygon","coordinates":[[[%[2]f,%[3]f],[%[4]f,%[3]f],[%[4]f,%[5]f],[%[2]f,%[5]f],[%[2]f,%[3]f]]]}}`,
		properties, lon, lat, lon+size, lat+size)
}

func collectionOf(features ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
}

func TestImportBoundaries(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		_, err := s.ImportBoundaries(ctx, officer, strings.NewReader("{"), true)
		wantKind(t, err, fault.Invalid, "geometry.refused.not_json")

		at := func(name, municipality string, lat, lon float64) Institution {
			return Institution{ID: access.NewInstitutionID(), Origin: Invented, Kind: "primary", Name: name, Municipality: municipality, Lat: &lat, Lon: &lon}
		}
		const south = 50.0 // Kraków's square goes from 50.0 to 50.2 north, 19.8 to 20.0 east
		list := []Institution{
			at("inside district 1", krakow, 50.05, 19.85), at("inside district 2", krakow, 50.05, 19.95),
			at("in no district", krakow, 50.15, 19.95), at("half a kilometer off", krakow, south-0.0045, 19.9),
			at("five kilometers off", krakow, south-0.045, 19.9), at("Malta", krakow, 35.88, 14.5),
			at("elsewhere", "120607", 50.05, 19.85), {ID: access.NewInstitutionID(), Origin: Invented, Kind: "primary", Name: "no point", Municipality: krakow},
		}
		err = d.Write(ctx, func(tx *db.Tx) error { return s.Save(ctx, tx, list) })
		if err != nil {
			t.Fatal(err)
		}
		file := collectionOf(
			square(`"terc":"1261011","name":"Kraków"`, 19.8, 50, 0.2), square(`"name":"Zielonki"`, 19.8, 50.2, 0.1),
			square(`"nr":1,"name":"Stare Miasto"`, 19.8, 50, 0.1), square(`"nr":2,"name":"Grzegorzki"`, 19.9, 50, 0.1),
			square(`"nr":3,"name":"Praga-Północ"`, 20.9, 52, 0.1), square(`"terc":"1465011","name":"Warszawa"`, 20.9, 52, 0.1),
			square(`"terc":"1261029","name":"Kraków-Krowodrza"`, 19.8, 50, 0.1))
		report, err := s.ImportBoundaries(ctx, officer, strings.NewReader(file), false)
		if err != nil || report.Municipalities != 2 || report.Districts != 2 || len(report.Skipped) != 3 || report.Applied || report.Placed != 0 {
			t.Fatalf("got %+v, %v", report, err)
		}
		if report, err = s.ImportBoundaries(ctx, officer, strings.NewReader(file), true); err != nil || !report.Applied {
			t.Fatalf("got %+v, %v", report, err)
		}
		for n, want := range []outcome{{1, ""}, {2, ""}, {0, ""}, {0, ""}, {0, DoubtMunicipality}, {0, DoubtCountry}, {0, ""}, {0, ""}} {
			i, err := ByID(ctx, d, list[n].ID)
			if got := placedAt(i); err != nil || got != want {
				t.Errorf("%s: got %+v, want %+v, %v", list[n].Name, got, want, err)
			}
		}
		if report, err = s.ImportBoundaries(ctx, officer, strings.NewReader(file), true); err != nil || report.Placed != 0 {
			t.Errorf("the same again: %+v, %v", report, err)
		}
		var n int
		if err := d.Get(ctx, &n, `select count(*) from directory_municipalities`); err != nil || n != 15 {
			t.Errorf("%d municipalities, %v", n, err)
		}
	})
}

func TestMetersFrom(t *testing.T) {
	b := geometry.Boundary{Polygons: [][][][2]float64{{{{20, 50}, {20.1, 50}, {20.1, 50.1}, {20, 50.1}, {20, 50}}}}}
	for _, tt := range []struct{ lat, lon, want float64 }{
		{49.99, 20.05, 1112}, {50.05, 20.11, 714}, {49.99, 19.99, 1322}, {50, 20.05, 0},
	} {
		if got := metersFrom(b, tt.lat, tt.lon); math.Abs(got-tt.want) > 10 {
			t.Errorf("%v, %v: got %.0f m, want %.0f", tt.lat, tt.lon, got, tt.want)
		}
	}
}

func TestRealBoundaries(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		take := func(name string) BoundaryReport {
			f, err := os.Open(testkit.Shared(t, "data/geo/"+name))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			report, err := s.ImportBoundaries(ctx, officer, f, true)
			if err != nil {
				t.Fatal(err)
			}
			return report
		}
		if got := take("smk15_gminy.geojson"); got.Municipalities != 15 || len(got.Skipped) != 0 {
			t.Errorf("got %+v", got)
		}
		if got := take("krakow_18_dzielnic.geojson"); got.Districts != 18 || len(got.Skipped) != 0 {
			t.Errorf("got %+v", got)
		}
		f, err := os.Open(testkit.Shared(t, "data/rspo/smk15_2022-03_reduced.csv"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		i, err := s.Preview(ctx, officer, "smk.csv", f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Apply(ctx, officer, i.ID, false); err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		err = d.Each(ctx, func(scan func(dest ...any) error) error {
			var row Institution
			if err := scan(&row.PointDoubt, &row.District, &row.Municipality, &row.Lat); err != nil {
				return err
			}
			counts[row.PointDoubt]++
			if row.Municipality == krakow && row.Lat != nil && row.PointDoubt == "" && row.District == nil {
				counts["without district"]++
			}
			return nil
		}, `select point_doubt, district, municipality, lat from directory_institutions`)
		outside := 0
		if err == nil {
			err = s.EachProblem(ctx, officer, i.ID, func(p importing.Problem) error {
				if p.Key == "register.problem.point_outside" {
					outside++
				}
				return nil
			})
		}
		t.Logf("outside: %d, doubts: %v", outside, counts)
		if err != nil || outside == 0 || counts[DoubtMunicipality] == 0 || counts[DoubtMunicipality] >= outside || counts["without district"] > 10 {
			t.Errorf("outside: %d, doubts: %v, %v", outside, counts, err)
		}
	})
}
