package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/directory/geometry"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// picture is a map drawn on the server: municipalities in their boundaries
// when these were imported, else as hexagons of one size. Colors and letters
// come from classes, because the page allows no styles inside.
type picture struct {
	Name   string // said to who cannot see it
	Width  int
	Height int
	Real   bool // boundaries, not hexagons
	Small  bool // beside a page: where a place is, without letters
	Tiles  []tile
	Dot    *dot
}

// tile is one municipality of a picture and the link behind it.
type tile struct {
	Href  string
	Label string // all that the tile shows, in words
	Path  string
	X     string // of the middle of the lines
	Lines []tileLine
	Level int  // 0 to 4, by how it stands among the others
	Here  bool // the one that the page is about
}

type tileLine struct {
	Y    string
	Text string
	Main bool // the figure
}

type dot struct{ X, Y string }

// outlines are boundaries by municipality.
type outlines map[string]geometry.Boundary

// readOutlines reads the boundaries of the members. Where there are none,
// none are read: boundaries of a whole country are a map, not a picture.
func readOutlines(ctx context.Context, q db.Reader, r *roll) (_ outlines, err error) {
	defer fault.Wrap(&err, "read the boundaries of the members")
	out := outlines{}
	err = q.Each(ctx, func(scan func(dest ...any) error) error {
		var id, text string
		if err := scan(&id, &text); err != nil {
			return err
		}
		b, err := boundaryOf(text)
		out[id] = b
		return err
	}, `select id, boundary from directory_municipalities where member = ? and boundary <> ''`, true)
	return out, err
}

// boundaryOf reads a GeoJSON geometry that the import has checked before.
func boundaryOf(text string) (geometry.Boundary, error) {
	var b geometry.Boundary
	var g struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	}
	if err := json.Unmarshal([]byte(text), &g); err != nil {
		return b, fmt.Errorf("boundary: %w", err)
	}
	if g.Type == "Polygon" {
		b.Polygons = make([][][][2]float64, 1)
		return b, json.Unmarshal(g.Coordinates, &b.Polygons[0])
	}
	return b, json.Unmarshal(g.Coordinates, &b.Polygons)
}

// levels ranks figures from 0 to 4: a fifth of the municipalities in each, so
// that one city ten times larger than the rest does not make them all alike.
func levels(counts []int) []int {
	sorted := slices.Clone(counts)
	slices.Sort(sorted)
	out := make([]int, len(counts))
	for i, n := range counts {
		below, _ := slices.BinarySearch(sorted, n)
		out[i] = below * 5 / max(1, len(counts))
	}
	return out
}

// drawTowns draws the municipalities with a figure for each. It draws
// boundaries only when it has all of them: a map with holes would lie.
func drawTowns(l *i18n.L, towns []Municipality, out outlines, tileOf func(m Municipality) (count int, href string)) picture {
	counts := make([]int, len(towns))
	tiles := make([]tile, len(towns))
	real := len(towns) > 0
	for i, m := range towns {
		counts[i], tiles[i].Href = tileOf(m)
		tiles[i].Label = m.Name + ": " + l.N("institutions.n", counts[i])
		_, has := out[m.ID]
		real = real && has
	}
	for i, level := range levels(counts) {
		tiles[i].Level = level
	}
	p := picture{Tiles: tiles, Real: real}
	if real {
		p.drawBoundaries(l, towns, out, counts)
	} else {
		p.drawHexagons(l, towns, counts)
	}
	return p
}

const pictureWidth, pictureHeight = 760, 560

func (p *picture) drawBoundaries(l *i18n.L, towns []Municipality, out outlines, counts []int) {
	p.Width, p.Height = pictureWidth, pictureHeight
	var all []geometry.Boundary
	for _, m := range towns {
		all = append(all, out[m.ID])
	}
	fit := geometry.Fit(geometry.BoundsOf(all), pictureWidth, pictureHeight)
	for i, b := range all {
		t := &p.Tiles[i]
		t.Path = geometry.Path(b, fit)
		x, y := fit.Point(middle(b))
		t.X = decimal(x)
		figure := tileLine{Y: decimal(y + 6), Text: l.Number(counts[i]), Main: true}
		if nameFits(towns[i].Name, b, fit) {
			figure.Y = decimal(y + 16)
			t.Lines = []tileLine{{Y: decimal(y - 4), Text: towns[i].Name}}
		}
		t.Lines = append(t.Lines, figure)
	}
}

// nameFits tells whether a name above the figure stays inside its boundary.
// The others are named by the list and when pointed at.
func nameFits(name string, b geometry.Boundary, fit geometry.Projection) bool {
	const perLetter, high = 8.5, 26 // at the size of the letters in the style sheet
	lat, lon := middle(b)
	box := b.Bounds()
	left, top := fit.Point(box.MaxLat, box.MinLon)
	right, bottom := fit.Point(box.MinLat, box.MaxLon)
	if right <= left || bottom <= top {
		return false
	}
	perX, perY := (box.MaxLon-box.MinLon)/(right-left), (box.MaxLat-box.MinLat)/(bottom-top)
	wide := perLetter * float64(len([]rune(name)))
	for step := range 5 {
		x := lon + (float64(step)/4-0.5)*wide*perX
		if !b.Contains(lat, x) || !b.Contains(lat+high*perY, x) {
			return false
		}
	}
	return true
}

// middle is the center of gravity of the largest polygon, good enough for a
// label (a municipality shaped like a horseshoe would have it outside).
func middle(b geometry.Boundary) (lat, lon float64) {
	largest := 0.0
	for _, polygon := range b.Polygons {
		if len(polygon) == 0 || len(polygon[0]) == 0 {
			continue
		}
		area, cx, cy := gravity(polygon[0])
		if math.Abs(area) > largest {
			largest, lon, lat = math.Abs(area), cx, cy
		}
	}
	return lat, lon
}

func gravity(ring [][2]float64) (area, x, y float64) {
	o := ring[0] // small numbers keep their digits
	for i := 1; i < len(ring); i++ {
		ax, ay := ring[i-1][0]-o[0], ring[i-1][1]-o[1]
		bx, by := ring[i][0]-o[0], ring[i][1]-o[1]
		cross := ax*by - bx*ay
		area += cross
		x += (ax + bx) * cross
		y += (ay + by) * cross
	}
	if area == 0 {
		return 0, o[0], o[1]
	}
	return area, o[0] + x/(3*area), o[1] + y/(3*area)
}

// A hexagon stands on a point; odd rows are shifted by half a tile.
const hexRadius = 64

var hexWidth = math.Sqrt(3) * hexRadius

func (p *picture) drawHexagons(l *i18n.L, towns []Municipality, counts []int) {
	places := hexPlaces(towns)
	right, low := 0.0, 0.0
	for i, at := range places {
		x := hexWidth * (float64(at[0]) + 0.5 + 0.5*float64(at[1]&1))
		y := hexRadius + 1.5*hexRadius*float64(at[1])
		right, low = max(right, x+hexWidth/2), max(low, y+hexRadius)
		t := &p.Tiles[i]
		t.Path, t.X = hexagon(x, y), decimal(x)
		t.Lines = hexLines(towns[i].Name, l.Number(counts[i]), y)
	}
	p.Width, p.Height = int(math.Ceil(right)), int(math.Ceil(low))
}

// hexPlaces are the columns and rows, moved so that they begin at 0. Where
// two municipalities have the same place (nobody gave them any), they stand
// row by row in their order.
func hexPlaces(towns []Municipality) [][2]int {
	places := make([][2]int, len(towns))
	taken := map[[2]int]bool{}
	left, top := math.MaxInt, math.MaxInt
	for i, m := range towns {
		places[i] = [2]int{m.HexCol, m.HexRow}
		taken[places[i]] = true
		left, top = min(left, m.HexCol), min(top, m.HexRow)
	}
	columns := int(math.Ceil(math.Sqrt(float64(len(towns)))))
	for i := range places {
		if len(taken) < len(towns) {
			places[i] = [2]int{i % columns, i / columns}
		} else {
			// An even shift of rows keeps which of them are moved aside.
			places[i] = [2]int{places[i][0] - left, places[i][1] - (top - top&1)}
		}
	}
	return places
}

func hexagon(x, y float64) string {
	var b strings.Builder
	for i := range 6 {
		angle := math.Pi/3*float64(i) + math.Pi/6
		const gap = 2
		b.WriteString(cmp.Or(map[int]string{0: "M"}[i], "L"))
		b.WriteString(decimal(x+(hexRadius-gap)*math.Cos(angle)) + "," + decimal(y+(hexRadius-gap)*math.Sin(angle)))
	}
	return b.String() + "Z"
}

// hexLines breaks a long name once, after its hyphen or at its space.
func hexLines(name, figure string, y float64) []tileLine {
	lines := []string{name}
	if at := strings.IndexAny(name, "- "); at > 0 && len([]rune(name)) > 11 {
		lines = []string{strings.TrimSpace(name[:at+1]), name[at+1:]}
	}
	const line = 18
	top := y - float64(len(lines))*line/2 + 2
	var out []tileLine
	for i, text := range lines {
		out = append(out, tileLine{Y: decimal(top + float64(i)*line), Text: text})
	}
	return append(out, tileLine{Y: decimal(top + float64(len(lines))*line + 6), Text: figure, Main: true})
}

func decimal(x float64) string {
	return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64)
}
