package directory

import (
	"context"
	"encoding/json"
	"math"

	"kladka/internal/directory/geometry"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// tolerance is how far, in meters, a point may lie outside the boundary of its
// municipality before it is taken for wrong. The boundaries in use are drawn
// with one point per two or three kilometers and cut corners by several
// hundred meters: of the 18 points of the 2022 file that lie outside, ten are
// nearer than this and eight are farther off, in another village.
const tolerance = 1500

// The doubts about a point: it lies outside the country, or outside the
// municipality by more than the tolerance. Such a point is not drawn.
const (
	DoubtCountry      = "country"
	DoubtMunicipality = "municipality"
)

// places are the boundaries that were taken in, ready for questions.
type places struct {
	municipalities map[string]geometry.Boundary
	districts      geometry.Index // of Kraków
	anyDistricts   bool
}

// readPlaces reads the boundaries of some municipalities, of all when only is
// nil, and the districts of Kraków.
func readPlaces(ctx context.Context, r db.Reader, only []string) (p places, err error) {
	defer fault.Wrap(&err, "read the boundaries")
	p.municipalities = map[string]geometry.Boundary{}
	query, args := `select id, boundary from directory_municipalities where boundary <> ''`, []any(nil)
	if only != nil {
		query += ` and id in ` + db.Marks(1, len(only)+1)
		args = append(args, "")
		for _, id := range only {
			args = append(args, id)
		}
	}
	err = r.Each(ctx, func(scan func(dest ...any) error) error {
		var id, text string
		if err := scan(&id, &text); err != nil {
			return err
		}
		b, err := boundaryOf(text)
		p.municipalities[id] = b
		return err
	}, query, args...)
	if err != nil {
		return p, err
	}
	var districts []geometry.Boundary
	err = r.Each(ctx, func(scan func(dest ...any) error) error {
		var number int
		var text string
		if err := scan(&number, &text); err != nil {
			return err
		}
		b, err := boundaryOf(text)
		b.Number = number
		districts = append(districts, b)
		return err
	}, `select number, boundary from directory_districts where municipality = ? and boundary <> '' order by number`, krakow)
	p.districts, p.anyDistricts = geometry.NewIndex(districts), len(districts) > 0
	return p, err
}

// outline is how a boundary is kept: a geometry of GeoJSON.
type outline struct {
	Type        string           `json:"type"`
	Coordinates [][][][2]float64 `json:"coordinates"`
}

// outlineText keeps six decimals, a tenth of a meter.
func outlineText(polygons [][][][2]float64) (string, error) {
	rounded := make([][][][2]float64, len(polygons))
	for i, polygon := range polygons {
		rounded[i] = make([][][2]float64, len(polygon))
		for j, ring := range polygon {
			for _, at := range ring {
				rounded[i][j] = append(rounded[i][j], [2]float64{sixDecimals(at[0]), sixDecimals(at[1])})
			}
		}
	}
	text, err := json.Marshal(outline{"MultiPolygon", rounded})
	return string(text), err
}

func sixDecimals(f float64) float64 { return math.Round(f*1e6) / 1e6 }

// inside answers register.CheckPoints, to the line: a person is asked to look,
// and nothing is decided.
func (p places) inside(municipality string, lat, lon float64) (ok, known bool) {
	b, known := p.municipalities[municipality]
	return known && b.Contains(lat, lon), known
}

// municipalityAt is the municipality in whose boundary the point of a record
// lies, "" when none does or two do: simplified boundaries overlap.
func (p places) municipalityAt(r register.Record) string {
	if !r.HasPoint {
		return ""
	}
	found := ""
	for id, b := range p.municipalities {
		if !b.Contains(r.Lat, r.Lon) {
			continue
		}
		if found != "" {
			return ""
		}
		found = id
	}
	return found
}

// place sets the district of an institution and the doubt about its point.
func (p places) place(i *Institution) {
	i.District, i.PointDoubt = nil, ""
	if i.Lat == nil || i.Lon == nil {
		return
	}
	if i.PointDoubt = p.doubt(i.Municipality, *i.Lat, *i.Lon); i.PointDoubt != "" {
		return
	}
	if i.Municipality != krakow || !p.anyDistricts {
		return
	}
	if b, found := p.districts.Find(*i.Lat, *i.Lon); found {
		i.District = &b.Number
	}
}

func (p places) doubt(municipality string, lat, lon float64) string {
	if !inPoland(lat, lon) {
		return DoubtCountry
	}
	b, known := p.municipalities[municipality]
	if known && !b.Contains(lat, lon) && metersFrom(b, lat, lon) > tolerance {
		return DoubtMunicipality
	}
	return ""
}

// inPoland looks at the country's box with a small margin.
func inPoland(lat, lon float64) bool {
	return geometry.Bounds{MinLon: 14.1, MinLat: 49, MaxLon: 24.2, MaxLat: 54.9}.Contains(lat, lon)
}

// metersFrom is how far a point lies from the nearest line of a boundary. The
// earth is taken for flat around the point, which at some kilometers is exact
// to a fraction of a percent.
func metersFrom(b geometry.Boundary, lat, lon float64) float64 {
	const metersPerDegree = 111_195
	east := metersPerDegree * math.Cos(lat*math.Pi/180)
	flat := func(at [2]float64) (x, y float64) { return (at[0] - lon) * east, (at[1] - lat) * metersPerDegree }
	least := math.Inf(1)
	for _, polygon := range b.Polygons {
		for _, ring := range polygon {
			for n := 1; n < len(ring); n++ {
				x1, y1 := flat(ring[n-1])
				x2, y2 := flat(ring[n])
				least = math.Min(least, fromOrigin(x1, y1, x2, y2))
			}
		}
	}
	return least
}

// fromOrigin is the distance of the origin from a stretch of line.
func fromOrigin(x1, y1, x2, y2 float64) float64 {
	dx, dy := x2-x1, y2-y1
	t := 0.0
	if long := dx*dx + dy*dy; long > 0 {
		t = max(0, min(1, -(x1*dx+y1*dy)/long))
	}
	return math.Hypot(x1+t*dx, y1+t*dy)
}
