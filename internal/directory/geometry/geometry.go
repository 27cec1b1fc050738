// Package geometry reads boundaries from GeoJSON, answers which of them holds a point, and turns them into paths for
// maps drawn on the server. It is pure: it opens no files and knows neither municipalities nor districts, only shapes
// with a code, a number and a name.
package geometry

import "math"

// Boundary is the outline of a municipality or a district.
type Boundary struct {
	Code   string // TERYT code of seven digits, or ""
	Number int    // number of a district, or 0
	Name   string

	// Polygons hold rings, rings hold positions, a position is longitude, latitude. The first ring of a polygon is its
	// outline, the others are holes. Rings are closed.
	Polygons [][][][2]float64
}

// Bounds is the box around a shape.
type Bounds struct{ MinLon, MinLat, MaxLon, MaxLat float64 }

// Bounds returns the box around the boundary.
func (b Boundary) Bounds() Bounds {
	box := nowhere()
	for _, polygon := range b.Polygons {
		for _, ring := range polygon {
			box = box.Union(ringBounds(ring))
		}
	}
	return box
}

// nowhere is the empty box: it holds nothing and adds nothing to another.
func nowhere() Bounds {
	return Bounds{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
}

func ringBounds(ring [][2]float64) Bounds {
	box := nowhere()
	for _, at := range ring {
		box = box.Union(Bounds{at[0], at[1], at[0], at[1]})
	}
	return box
}

// Union is the box around both.
func (b Bounds) Union(other Bounds) Bounds {
	return Bounds{
		math.Min(b.MinLon, other.MinLon), math.Min(b.MinLat, other.MinLat),
		math.Max(b.MaxLon, other.MaxLon), math.Max(b.MaxLat, other.MaxLat),
	}
}

// Contains reports whether a point lies in the box or on its edge.
func (b Bounds) Contains(lat, lon float64) bool {
	return lon >= b.MinLon && lon <= b.MaxLon && lat >= b.MinLat && lat <= b.MaxLat
}

// BoundsOf is the box around many boundaries.
func BoundsOf(boundaries []Boundary) Bounds {
	box := nowhere()
	for _, b := range boundaries {
		box = box.Union(b.Bounds())
	}
	return box
}

// Contains reports whether a point lies in the boundary. Holes are outside.
func (b Boundary) Contains(lat, lon float64) bool {
	for _, polygon := range b.Polygons {
		if inPolygon(polygon, lat, lon) {
			return true
		}
	}
	return false
}

func inPolygon(polygon [][][2]float64, lat, lon float64) bool {
	for i, ring := range polygon {
		if inside := inRing(ring, lat, lon); inside == (i > 0) { // outside the outline, or in a hole
			return false
		}
	}
	return len(polygon) > 0
}

// inRing counts how often a ray to the east crosses the ring. An edge includes its lower end and not its upper one,
// so that a point on the line between two neighbors falls to exactly one of them.
func inRing(ring [][2]float64, lat, lon float64) bool {
	inside := false
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if a[1] > b[1] {
			a, b = b, a // both neighbors compute the very same numbers for a shared edge
		}
		if a[1] <= lat && lat < b[1] && lon < a[0]+(lat-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
			inside = !inside
		}
	}
	return inside
}

// Index finds the boundary of a point among many.
type Index struct {
	boundaries []Boundary
	boxes      []Bounds
}

// NewIndex computes the boxes once. A few hundred municipalities are walked through faster than a tree is built.
func NewIndex(boundaries []Boundary) Index {
	index := Index{boundaries: boundaries, boxes: make([]Bounds, len(boundaries))}
	for i, b := range boundaries {
		index.boxes[i] = b.Bounds()
	}
	return index
}

// Find returns the first boundary that contains the point.
func (x Index) Find(lat, lon float64) (Boundary, bool) {
	for i, box := range x.boxes {
		if box.Contains(lat, lon) && x.boundaries[i].Contains(lat, lon) {
			return x.boundaries[i], true
		}
	}
	return Boundary{}, false
}
