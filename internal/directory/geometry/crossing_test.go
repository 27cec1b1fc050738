package geometry

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func closed(points ...[2]float64) [][2]float64 { return append(points, points[0]) }

func TestCrossesItself(t *testing.T) {
	for name, c := range map[string]struct {
		ring [][2]float64
		want bool
		at   [2]float64
	}{
		"square":             {closed([2]float64{0, 0}, [2]float64{1, 0}, [2]float64{1, 1}, [2]float64{0, 1}), false, [2]float64{}},
		"bow tie":            {closed([2]float64{0, 0}, [2]float64{2, 2}, [2]float64{2, 0}, [2]float64{0, 2}), true, [2]float64{1, 1}},
		"bow tie with point": {closed([2]float64{0, 0}, [2]float64{1, 1}, [2]float64{2, 2}, [2]float64{2, 0}, [2]float64{1, 1}, [2]float64{0, 2}), true, [2]float64{1, 1}},
		"touching point":     {closed([2]float64{0, 0}, [2]float64{1, 1}, [2]float64{2, 0}, [2]float64{2, 2}, [2]float64{1, 1}, [2]float64{0, 2}), false, [2]float64{}},
		"there and back":     {closed([2]float64{0, 0}, [2]float64{1, 0}, [2]float64{3, 0}, [2]float64{1, 0}, [2]float64{1, 1}), false, [2]float64{}},
		"a line":             {closed([2]float64{0, 0}, [2]float64{1, 0}, [2]float64{2, 0}), false, [2]float64{}},
		"a point":            {closed([2]float64{1, 1}, [2]float64{1, 1}, [2]float64{1, 1}), false, [2]float64{}},
		"repeated points":    {closed([2]float64{0, 0}, [2]float64{0, 0}, [2]float64{2, 2}, [2]float64{2, 2}, [2]float64{2, 0}, [2]float64{0, 2}), true, [2]float64{1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			at, crosses, sure := crossesItself(c.ring)
			if crosses != c.want || !sure || at != c.at {
				t.Error(at, crosses, sure)
			}
		})
	}
}

// The three ways of comparing agree with each other and with comparing all with all.
func TestWaysOfComparingAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		points := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [2]float64 {
			return [2]float64{float64(rapid.IntRange(0, 30).Draw(t, "x")) / 7, float64(rapid.IntRange(0, 30).Draw(t, "y")) / 3}
		}), 3, 12).Draw(t, "points")
		ring := closed(points...)
		var edges []edge
		for i := 1; i < len(ring); i++ {
			edges = append(edges, edge{ring[i-1], ring[i]})
		}
		want := false
		for i, e := range edges {
			for _, f := range edges[i+1:] {
				want = want || e.crosses(f)
			}
		}
		for i, compare := range []func([]edge) ([2]float64, bool, bool){byGrid, byLongitude, byLatitude} {
			if _, crosses, sure := compare(edges); crosses != want || !sure {
				t.Errorf("way %d: %v, want %v", i, crosses, want)
			}
		}
	})
}

// wobbly is a ring of n points round a middle, as rough as a river; it does not cross itself.
func wobbly(n int) [][2]float64 {
	random := rand.New(rand.NewPCG(1, 2))
	points := make([][2]float64, n)
	for i := range points {
		angle, far := 2*math.Pi*float64(i)/float64(n), 0.2+0.0001*random.Float64()
		points[i] = [2]float64{20 + far*math.Cos(angle), 50 + far*math.Sin(angle)}
	}
	return closed(points...)
}

// comb has n teeth along one axis, each as long as the whole.
func comb(n int, axis int) [][2]float64 {
	var points [][2]float64
	for i := range 2 * n {
		at := [2]float64{}
		at[axis], at[1-axis] = 20+float64(i)/float64(4*n), 50+float64((i+1)/2%2)
		points = append(points, at)
	}
	end := [2]float64{}
	end[axis], end[1-axis] = 20.5, 49.9
	start := end
	start[axis] = 20
	return closed(append(points, end, start)...)
}

func TestLargeRingsAreCheckedFast(t *testing.T) {
	for name, ring := range map[string][][2]float64{
		"rough": wobbly(100_000), "comb": comb(100_000, 0), "comb across": comb(100_000, 1),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, crosses, sure := crossesItself(ring)
			if took := time.Since(start); took > 10*time.Second { // a fifth of one here; the bound catches squares, not slow machines
				t.Error(took)
			} else {
				t.Log(took)
			}
			if crosses || !sure {
				t.Error(crosses, sure)
			}
			spoilt := append([][2]float64{}, ring...)
			spoilt[len(ring)/2] = [2]float64{21, 50.05} // over to the other side
			if ring[0][0] > 30 {
				spoilt[len(ring)/2] = [2]float64{50.05, 21}
			}
			if at, crosses, _ := crossesItself(spoilt); !crosses || at[0] < 19 || at[1] < 19 {
				t.Error("one point leads through everything, and nobody saw", at)
			}
		})
	}
}

// A ring that defeats every way of comparing is given up, soon.
func TestHopelessRing(t *testing.T) {
	n := 60_000
	var points [][2]float64
	for i := range n { // a fan: long edges all over the box that meet in one point only
		angle := 0.5 * math.Pi * float64(i) / float64(n)
		points = append(points, [2]float64{20 + math.Cos(angle), 50 + math.Sin(angle)}, [2]float64{20, 50})
	}
	start := time.Now()
	_, crosses, sure := crossesItself(closed(points...))
	if took := time.Since(start); crosses || sure || took > 10*time.Second { // a fifth of one here; the bound catches squares, not slow machines
		t.Error(crosses, sure, took)
	} else {
		t.Log(took)
	}
}
