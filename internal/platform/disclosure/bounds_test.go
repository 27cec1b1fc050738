package disclosure

import (
	"math/rand/v2"
	"os"
	"testing"

	"pgregory.net/rapid"
)

// world is a generated large plot with the answers of its leaves.
type world struct {
	p    plot
	rows [][]int
}

// drawWorld makes a tree of up to three levels, and answers in which most units
// agree more or less and some do not.
func drawWorld(seed uint64, m Measure, k, cats int) world {
	rnd := rand.New(rand.NewPCG(seed, 6))
	p := plot{m: m, k: k, parents: []int{-1}, cats: cats}
	for range 2 + rnd.IntN(4) {
		p.parents = append(p.parents, 0)
	}
	for u := 1; u < len(p.parents) && len(p.parents) < 30; u++ {
		if p.parents[u] == 0 || rnd.IntN(4) == 0 {
			for range rnd.IntN(5) {
				p.parents = append(p.parents, u)
			}
		}
	}
	like := make([]float64, cats)
	for c := range like {
		like[c] = rnd.Float64()
	}
	_, leaves := plot{parents: p.parents, answers: make([]int, len(p.parents))}.grove()
	w := world{p: p}
	for range leaves {
		r := 2*k + rnd.IntN(8*k)
		if rnd.IntN(12) == 0 {
			r = rnd.IntN(2 * k)
		}
		w.p.answers = append(w.p.answers, r)
		row := make([]int, cats)
		for range r {
			answerOne(rnd, m, like, row)
		}
		w.rows = append(w.rows, row)
	}
	return w
}

// answerOne lets one person answer.
func answerOne(rnd *rand.Rand, m Measure, like []float64, row []int) {
	if m.Each || m.Mean {
		c := rnd.IntN(len(row))
		for rnd.Float64() > like[c] {
			c = rnd.IntN(len(row))
		}
		row[c]++
		return
	}
	chosen := 0
	most := m.Most
	if most == 0 {
		most = len(row)
	}
	for _, c := range rnd.Perm(len(row)) {
		if chosen < most && (rnd.Float64() < like[c] || chosen < m.Least) {
			row[c]++
			chosen++
		}
	}
}

// bounds is the attacker who draws what follows from sums: a number is no more
// than its total less the least of its siblings, and so on until nothing moves.
type bounds struct {
	w      world
	g      grove
	d      decision
	lo, hi [][]int
	moved  bool
}

// attack tells how many numbers are shown below the root, how many are hidden,
// and how many of those are known too well.
func attack(w world, decide rule) (shown, n, leaks int) {
	g, leaves := w.p.grove()
	t := make(tally, len(w.p.parents))
	for u := range t {
		t[u] = make([]int, w.p.cats)
	}
	for i, leaf := range leaves {
		for u := leaf; u >= 0; u = w.p.parents[u] {
			for c, v := range w.rows[i] {
				t[u][c] += v
			}
		}
	}
	b := &bounds{w: w, g: g, d: decide(w.p.m, w.p.k, g, t)}
	for u := range t {
		lo, hi := make([]int, w.p.cats), make([]int, w.p.cats)
		for c := range hi {
			hi[c] = g.respondents[u]
			if b.d.cells[u][c].Shown && b.d.cells[u][c].Span == 0 {
				lo[c], hi[c] = t[u][c], t[u][c]
			}
		}
		b.lo, b.hi = append(b.lo, lo), append(b.hi, hi)
	}
	for b.moved = true; b.moved; {
		b.moved = false
		for u := range t {
			b.across(u, t)
			for c := range w.p.cats {
				b.down(u, c)
			}
		}
	}
	for u := range t {
		for c, v := range t[u] {
			if b.lo[u][c] > v || b.hi[u][c] < v {
				panic("the attacker reckons wrongly")
			}
			cell := b.d.cells[u][c]
			if u > 0 {
				shown += number(cell.Shown || b.d.means[u].Shown)
			}
			if !(cell.Shown && cell.Span == 0) {
				n++
				if b.hi[u][c]-b.lo[u][c]+1 < needed(w.p.k, g, w.p.parents, b.d, u, c) {
					leaks++
				}
			}
		}
	}
	return shown, n, leaks
}

// term is a number times a weight in a sum.
type term struct{ u, c, weight int }

// sum takes that terms add up to something from low to high.
func (b *bounds) sum(terms []term, low, high int) {
	lo, hi := 0, 0
	for _, t := range terms {
		lo += t.weight * b.lo[t.u][t.c]
		hi += t.weight * b.hi[t.u][t.c]
	}
	for _, t := range terms {
		if t.weight == 0 {
			continue
		}
		most := high - (lo - t.weight*b.lo[t.u][t.c])
		least := low - (hi - t.weight*b.hi[t.u][t.c])
		if v := floor(most, t.weight); v < b.hi[t.u][t.c] {
			b.hi[t.u][t.c], b.moved = v, true
		}
		if v := -floor(-least, t.weight); v > b.lo[t.u][t.c] {
			b.lo[t.u][t.c], b.moved = v, true
		}
	}
}

func floor(a, b int) int {
	if a < 0 && a%b != 0 {
		return a/b - 1
	}
	return a / b
}

// across uses what is known of the sums of categories in one unit.
func (b *bounds) across(u int, t tally) {
	m, r := b.w.p.m, b.g.respondents[u]
	low, high := m.Least*r, b.w.p.cats*r
	switch {
	case m.Each || m.Mean:
		low, high = r, r
	case m.Most > 0:
		high = m.Most * r
	}
	var row, points []term
	value := 0
	for c := range b.w.p.cats {
		row = append(row, term{u, c, 1})
		points = append(points, term{u, c, c})
		value += c * t[u][c]
		if cell := b.d.cells[u][c]; cell.Span > 1 {
			var span []term
			for i := range cell.Span {
				span = append(span, term{u, c + i, 1})
			}
			b.sum(span, cell.N, cell.N)
		}
	}
	b.sum(row, low, high)
	if b.d.means[u].Shown && b.d.means[u].To == 0 { // more than is published: the sum itself
		b.sum(points, value, value)
	}
}

// down uses that a unit is the sum of its children.
func (b *bounds) down(u, c int) {
	if len(b.g.children[u]) == 0 {
		return
	}
	var kids []term
	lo, hi := 0, 0
	for _, v := range b.g.children[u] {
		kids = append(kids, term{v, c, 1})
		lo += b.lo[v][c]
		hi += b.hi[v][c]
	}
	b.sum(kids, b.lo[u][c], b.hi[u][c])
	if lo > b.lo[u][c] {
		b.lo[u][c], b.moved = lo, true
	}
	if hi < b.hi[u][c] {
		b.hi[u][c], b.moved = hi, true
	}
}

var kinds = []struct {
	m    Measure
	cats int
}{
	{topics, 6}, {single, 4}, {scale, 5}, {mean5, 5}, {mean3, 3},
	{choices(0, 2), 6}, {choices(1, 3), 5}, {choices(2, 2), 4}, {choices(0, 1), 4},
}

// TestBounded attacks generated trees with sums.
func TestBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		k := rapid.SampledFrom([]int{2, 3, 5, 10}).Draw(t, "k")
		w := drawWorld(rapid.Uint64().Draw(t, "seed"), kind.m, k, kind.cats)
		if _, n, leaks := attack(w, decide); leaks > 0 {
			t.Errorf("%d of %d hidden numbers are known too well, of %v by %v", leaks, n, w.rows, w.p.parents)
		}
	})
	seeds := uint64(100)
	if os.Getenv("KLADKA_DISCLOSURE_DEEP") == "1" {
		seeds = 20_000
	}
	shown, hidden := 0, 0
	for _, kind := range kinds {
		below := 0
		for seed := range seeds {
			s, h, leaks := attack(drawWorld(seed, kind.m, 2+int(seed%4), kind.cats), decide)
			below, hidden = below+s, hidden+h
			if leaks > 0 {
				t.Fatalf("%+v, world %d: %d of %d hidden numbers are known too well", kind.m, seed, leaks, h)
			}
		}
		if below == 0 {
			t.Errorf("%+v: nothing is ever shown below the root", kind.m)
		}
		shown += below
	}
	t.Logf("%d numbers shown below the root, %d hidden", shown, hidden)
}

// TestBoundsFindLeaks: the same attacker finds what weaker rules give away.
func TestBoundsFindLeaks(t *testing.T) {
	for name, tt := range map[string]struct {
		m    Measure
		cats int
		rule rule
	}{
		"next smallest": {topics, 1, weakNextSmallest},
		"alone":         {topics, 2, weakAlone},
		"no complement": {topics, 2, weakNoComplement},
		"parts":         {single, 3, weakParts},
		"no room":       {choices(1, 1), 3, weakNoRoom},
	} {
		found := 0
		for seed := range uint64(200) {
			w := drawWorld(seed, tt.m, 3, tt.cats)
			w.p.parents = flat(len(w.rows)) // the weak ones know two levels only
			_, _, leaks := attack(w, tt.rule)
			found += number(leaks > 0)
			if _, _, leaks := attack(w, decide); leaks > 0 {
				t.Errorf("%s: the rule itself leaks in world %d", name, seed)
			}
		}
		if found == 0 {
			t.Errorf("%s: nothing was found", name)
		}
	}
}
