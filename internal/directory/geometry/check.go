package geometry

import (
	"encoding/json"
	"fmt"
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

// maxHopeless is how many rings may be given up before the others are not even tried: a file of nothing else would keep
// the server busy for a minute.
const maxHopeless = 10

// checkCrossing reports a ring that crosses itself and takes it nonetheless: files in wide use cross themselves by a
// meter, and a district left out would mislead more. Which side of such a loop is inside, no file says.
func (rd *reading) checkCrossing(ring [][2]float64) {
	if rd.hopeless >= maxHopeless {
		rd.report(Note, "crossing_unchecked")
		return
	}
	switch at, crosses, sure := crossesItself(ring); {
	case crosses:
		rd.report(Warning, "crossing", "value", fmt.Sprintf("%.5f, %.5f", at[1], at[0]))
	case !sure:
		rd.hopeless++
		rd.report(Note, "crossing_unchecked")
	}
}
