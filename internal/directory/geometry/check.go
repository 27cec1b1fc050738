package geometry

import (
	"encoding/json"
	"slices"
	"strconv"
)

// position takes the first two numbers; a third is an altitude.
type position []float64

func (rd *reading) coordinates(kind string, raw json.RawMessage) ([][][][2]float64, bool) {
	var polygons [][][]position
	var err error
	switch kind {
	case "MultiPolygon":
		err = json.Unmarshal(raw, &polygons)
	case "Polygon":
		polygons = make([][][]position, 1)
		err = json.Unmarshal(raw, &polygons[0])
	default:
		rd.report(Error, "type", "type", clip(kind))
		return nil, false
	}
	if err != nil {
		rd.report(Error, "coordinates")
		return nil, false
	}
	return rd.convert(polygons)
}

func (rd *reading) convert(polygons [][][]position) (out [][][][2]float64, ok bool) {
	for _, polygon := range polygons {
		var rings [][][2]float64
		for _, ring := range polygon {
			converted, ok := rd.ring(ring)
			if !ok {
				return nil, false
			}
			rings = append(rings, converted)
		}
		if rings != nil {
			out = append(out, rings)
		}
	}
	if out == nil {
		rd.report(Error, "no_geometry")
	}
	return out, out != nil
}

// ring converts one ring and closes it if need be.
func (rd *reading) ring(ring []position) (out [][2]float64, ok bool) {
	rd.points -= len(ring)
	for _, at := range ring {
		if len(at) < 2 {
			rd.report(Error, "coordinates")
			return nil, false
		}
		out = append(out, [2]float64{at[0], at[1]})
	}
	if len(out) > 2 && out[0] != out[len(out)-1] {
		out = append(out, out[0])
		rd.report(Warning, "unclosed")
	}
	if len(out) < 4 {
		rd.report(Error, "short_ring", "points", strconv.Itoa(len(out)))
		return nil, false
	}
	return out, true
}

// Poland with a margin, in degrees.
var poland = Bounds{MinLon: 14, MinLat: 48.9, MaxLon: 24.3, MaxLat: 55}

// check looks where the feature lies and whether its rings cross themselves.
func (rd *reading) check(polygons [][][][2]float64) bool {
	box := Boundary{Polygons: polygons}.Bounds()
	switch {
	case within(box, poland):
	case within(Bounds{box.MinLat, box.MinLon, box.MaxLat, box.MaxLon}, poland):
		rd.report(Error, "swapped")
		return false
	case within(box, Bounds{-180, -90, 180, 90}):
		rd.report(Error, "outside_poland")
		return false
	default: // meters, most often
		rd.report(Error, "out_of_range")
		return false
	}
	for _, polygon := range polygons {
		for _, ring := range polygon {
			rd.checkCrossing(ring)
		}
	}
	return true
}

func within(inner, outer Bounds) bool {
	return outer.Contains(inner.MinLat, inner.MinLon) && outer.Contains(inner.MaxLat, inner.MaxLon)
}

// maxPairs bounds the comparison of edges in one ring: about a twentieth of a second.
const maxPairs = 2_000_000

func (rd *reading) checkCrossing(ring [][2]float64) {
	switch crosses, sure := crossesItself(ring); {
	case crosses:
		rd.report(Warning, "crossing")
	case !sure:
		rd.report(Note, "crossing_unchecked")
	}
}

type edge struct{ a, b [2]float64 }

// crossesItself compares edges that overlap from west to east. Only true crossings count: rings of simplified maps
// often touch themselves, and that harms nobody. sure is false when the work was given up.
func crossesItself(ring [][2]float64) (crosses, sure bool) {
	edges := make([]edge, 0, len(ring))
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if b[0] < a[0] {
			a, b = b, a
		}
		edges = append(edges, edge{a, b})
	}
	slices.SortFunc(edges, func(e, f edge) int {
		if e.a[0] < f.a[0] {
			return -1
		} else if e.a[0] > f.a[0] {
			return 1
		}
		return 0
	})
	pairs := 0
	for i, e := range edges {
		for _, f := range edges[i+1:] {
			if f.a[0] > e.b[0] {
				break
			}
			if pairs++; pairs > maxPairs {
				return false, false
			}
			if e.crosses(f) {
				return true, true
			}
		}
	}
	return false, true
}

// crosses reports whether the ends of each edge lie strictly on both sides of the other.
func (e edge) crosses(f edge) bool {
	return side(e, f.a)*side(e, f.b) < 0 && side(f, e.a)*side(f, e.b) < 0
}

// side is the sign of the turn from the edge to a point.
func side(e edge, at [2]float64) int {
	turn := (e.b[0]-e.a[0])*(at[1]-e.a[1]) - (e.b[1]-e.a[1])*(at[0]-e.a[0])
	switch {
	case turn > 0:
		return 1
	case turn < 0:
		return -1
	}
	return 0
}
