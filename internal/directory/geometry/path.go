package geometry

import (
	"math"
	"strconv"
	"strings"
)

// Projection maps latitude and longitude to a drawing whose y grows downward. It is equirectangular: a degree of
// longitude is shortened by the cosine of the middle latitude, which at the size of a voivodeship is off by less than
// a line's width.
type Projection struct {
	lon, lat       float64 // the upper left corner of the box
	scaleX, scaleY float64
	left, top      float64
}

// Fit makes the projection that shows a box as large as possible in the middle of a drawing, keeping proportions. A
// box without extent is shown as a point in the middle.
func Fit(b Bounds, width, height float64) Projection {
	if b.MinLon > b.MaxLon || b.MinLat > b.MaxLat {
		return Projection{left: width / 2, top: height / 2}
	}
	shrink := math.Cos((b.MinLat + b.MaxLat) / 2 * math.Pi / 180)
	wide, high := (b.MaxLon-b.MinLon)*shrink, b.MaxLat-b.MinLat
	scale := math.Inf(1)
	if wide > 0 {
		scale = width / wide
	}
	if high > 0 {
		scale = math.Min(scale, height/high)
	}
	if math.IsInf(scale, 1) {
		scale = 1
	}
	return Projection{
		lon: b.MinLon, lat: b.MaxLat, scaleX: scale * shrink, scaleY: scale,
		left: (width - wide*scale) / 2, top: (height - high*scale) / 2,
	}
}

// Point maps one place, rounded to a tenth as paths are.
func (p Projection) Point(lat, lon float64) (x, y float64) {
	return tenth(p.left + (lon-p.lon)*p.scaleX), tenth(p.top + (p.lat-lat)*p.scaleY)
}

func tenth(n float64) float64 {
	return math.Round(n*10)/10 + 0 // + 0 makes -0 plain
}

// Path is the boundary as the d attribute of an SVG path. Points that fall together after rounding are written once.
// Draw it with fill-rule="evenodd": GeoJSON files do not agree on the direction of holes.
func Path(b Boundary, p Projection) string {
	var out strings.Builder
	for _, polygon := range b.Polygons {
		for _, ring := range polygon {
			writeRing(&out, ring, p)
		}
	}
	return out.String()
}

func writeRing(out *strings.Builder, ring [][2]float64, p Projection) {
	if len(ring) < 4 {
		return
	}
	command := byte('M')
	var lastX, lastY float64
	for _, at := range ring[:len(ring)-1] { // Z draws the closing line
		x, y := p.Point(at[1], at[0])
		if command != 'M' && x == lastX && y == lastY {
			continue
		}
		out.WriteByte(command)
		out.WriteString(number(x) + "," + number(y))
		command, lastX, lastY = 'L', x, y
	}
	out.WriteByte('Z')
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
