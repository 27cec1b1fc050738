package geometry

import (
	"math"
	"slices"
)

// Bounds of the work on one ring: about a quarter of a second together. An outline of a hundred thousand points as
// rough as a river stays below them.
const (
	maxPairs = 3_000_000 // edges compared
	maxCells = 4_000_000 // places of edges in the grid
)

type edge struct{ a, b [2]float64 }

// crossesItself finds a place where a ring crosses itself. Only true crossings count: rings of simplified maps often
// touch themselves, and that harms nobody. sure is false when the work was given up, which takes a ring made for it:
// every way of comparing has rings on which it compares all with all, but hardly a ring is bad for three.
func crossesItself(ring [][2]float64) (at [2]float64, crosses, sure bool) {
	if at, crosses = crossesAtPoint(ring); crosses {
		return at, true, true
	}
	edges := make([]edge, 0, len(ring))
	for i := 1; i < len(ring); i++ {
		if ring[i-1] != ring[i] {
			edges = append(edges, edge{ring[i-1], ring[i]})
		}
	}
	for _, compare := range []func([]edge) ([2]float64, bool, bool){byGrid, byLongitude, byLatitude} {
		if at, crosses, sure = compare(edges); crosses || sure {
			return at, crosses, true
		}
	}
	return at, false, false
}

// byGrid compares edges that share a cell. A boundary is a line: its n edges lie along a few times the root of n cells,
// so there are sixteen cells to an edge, and then few edges in each.
func byGrid(edges []edge) (at [2]float64, crosses, sure bool) {
	g, ok := newGrid(edges)
	if !ok {
		return at, false, false
	}
	pairs := 0
	for cell := range len(g.starts) - 1 {
		inside := g.edges[g.starts[cell]:g.starts[cell+1]]
		for i, e := range inside {
			if pairs += len(inside) - i - 1; pairs > maxPairs {
				return at, false, false
			}
			for _, f := range inside[i+1:] {
				if edges[e].crosses(edges[f]) {
					return edges[e].meets(edges[f]), true, true
				}
			}
		}
	}
	return at, false, true
}

// grid lists the edges of each cell: those of cell n are edges[starts[n]:starts[n+1]].
type grid struct {
	box           Bounds
	side          int // cells in a row, and rows
	width, height float64
	starts, edges []int32
}

// newGrid counts first and fills then; ok is false when long edges would fill too many cells.
func newGrid(edges []edge) (g grid, ok bool) {
	g.box = nowhere()
	for _, e := range edges {
		g.box = g.box.Union(ringBounds([][2]float64{e.a, e.b}))
	}
	g.side = max(1, min(2048, int(4*math.Sqrt(float64(len(edges))))))
	g.width, g.height = (g.box.MaxLon-g.box.MinLon)/float64(g.side), (g.box.MaxLat-g.box.MinLat)/float64(g.side)
	counts, total := make([]int32, g.side*g.side+1), 0
	for _, e := range edges {
		g.walk(e, func(cell int) { counts[cell+1]++; total++ })
		if total > maxCells {
			return g, false
		}
	}
	for i := 1; i < len(counts); i++ {
		counts[i] += counts[i-1]
	}
	g.starts, g.edges = counts, make([]int32, total)
	next := slices.Clone(counts)
	for i, e := range edges {
		g.walk(e, func(cell int) { g.edges[next[cell]] = int32(i); next[cell]++ })
	}
	return g, true
}

// walk visits the cells an edge goes through, row by row. A cell too many does no harm, one too few would hide a
// crossing, so each row's stretch is widened by a hair.
func (g *grid) walk(e edge, visit func(cell int)) {
	if e.a[1] > e.b[1] {
		e.a, e.b = e.b, e.a
	}
	first, last := g.row(e.a[1]), g.row(e.b[1])
	for row := first; row <= last; row++ {
		from, to := e.a[0], e.b[0]
		if first != last {
			slope := (e.b[0] - e.a[0]) / (e.b[1] - e.a[1])
			low := g.box.MinLat + float64(row)*g.height
			if low > e.a[1] {
				from = e.a[0] + (low-e.a[1])*slope
			}
			if high := low + g.height; high < e.b[1] {
				to = e.a[0] + (high-e.a[1])*slope
			}
		}
		if from > to {
			from, to = to, from
		}
		hair := g.width / 1000
		for column := g.column(from - hair); column <= g.column(to+hair); column++ {
			visit(row*g.side + column)
		}
	}
}

func (g *grid) row(lat float64) int    { return place(lat-g.box.MinLat, g.height, g.side) }
func (g *grid) column(lon float64) int { return place(lon-g.box.MinLon, g.width, g.side) }

func place(distance, size float64, side int) int {
	if size <= 0 {
		return 0
	}
	return max(0, min(side-1, int(distance/size)))
}

// byLongitude compares edges that overlap from west to east, which is quick where edges are many, long and upright.
func byLongitude(edges []edge) (at [2]float64, crosses, sure bool) { return sweep(edges, 0) }

// byLatitude compares those that overlap from south to north.
func byLatitude(edges []edge) (at [2]float64, crosses, sure bool) { return sweep(edges, 1) }

func sweep(edges []edge, axis int) (at [2]float64, crosses, sure bool) {
	sorted := slices.Clone(edges)
	for i, e := range sorted {
		if e.b[axis] < e.a[axis] {
			sorted[i] = edge{e.b, e.a}
		}
	}
	slices.SortFunc(sorted, func(e, f edge) int {
		if e.a[axis] < f.a[axis] {
			return -1
		} else if e.a[axis] > f.a[axis] {
			return 1
		}
		return 0
	})
	pairs := 0
	for i, e := range sorted {
		for _, f := range sorted[i+1:] {
			if f.a[axis] > e.b[axis] {
				break
			}
			if pairs++; pairs > maxPairs {
				return at, false, false
			}
			if e.crosses(f) {
				return e.meets(f), true, true
			}
		}
	}
	return at, false, true
}

// crosses reports whether the ends of each edge lie strictly on both sides of the other.
func (e edge) crosses(f edge) bool {
	return side(e, f.a)*side(e, f.b) < 0 && side(f, e.a)*side(f, e.b) < 0
}

// meets is where two edges that cross do so.
func (e edge) meets(f edge) [2]float64 {
	a, b := turn(f, e.a), turn(f, e.b)
	share := a / (a - b)
	return [2]float64{e.a[0] + share*(e.b[0]-e.a[0]), e.a[1] + share*(e.b[1]-e.a[1])}
}

// side is the sign of the turn from the edge to a point.
func side(e edge, at [2]float64) int {
	switch turn := turn(e, at); {
	case turn > 0:
		return 1
	case turn < 0:
		return -1
	}
	return 0
}

func turn(e edge, at [2]float64) float64 {
	return (e.b[0]-e.a[0])*(at[1]-e.a[1]) - (e.b[1]-e.a[1])*(at[0]-e.a[0])
}

// visit is one passing of a ring through a point: where it came from and where it went.
type visit struct{ from, to [2]float64 }

// maxVisits is how many passings through one point are remembered; more are some drawing, not a boundary.
const maxVisits = 8

// crossesAtPoint finds a crossing that has a point of the ring of its own, as programs that repair maps put there: no
// edges cross then. The ring passes twice, and the second way leads from one side of the first to the other.
func crossesAtPoint(ring [][2]float64) (at [2]float64, crosses bool) {
	var points [][2]float64 // without repetitions
	for i, at := range ring[:len(ring)-1] {
		if i == 0 || at != ring[i-1] {
			points = append(points, at)
		}
	}
	seen := make(map[[2]float64][]visit, len(points))
	for i, at := range points {
		now := visit{points[(i+len(points)-1)%len(points)], points[(i+1)%len(points)]}
		before := seen[at]
		for _, past := range before {
			if past.splits(now, at) {
				return at, true
			}
		}
		if len(before) < maxVisits {
			seen[at] = append(before, now)
		}
	}
	return at, false
}

// splits reports whether another passing leads from one side of this one to the other. Ways that run along each other
// touch.
func (v visit) splits(other visit, at [2]float64) bool {
	from := angle(at, v.from)
	to, in, out := turned(from, angle(at, v.to)), turned(from, angle(at, other.from)), turned(from, angle(at, other.to))
	if in == 0 || out == 0 || in == to || out == to || to == 0 {
		return false
	}
	return (in < to) != (out < to)
}

func angle(at, toward [2]float64) float64 { return math.Atan2(toward[1]-at[1], toward[0]-at[0]) }

// turned is how far one has to turn to the left, from 0 to a full circle.
func turned(from, to float64) float64 {
	if to < from {
		to += 2 * math.Pi
	}
	return to - from
}
