package disclosure

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"testing"
)

// plot is a small world: a tree, how many answered in each leaf, and what is
// published of them.
type plot struct {
	name    string
	m       Measure
	k       int
	parents []int // of each node; −1 of the root, which is the first
	answers []int // respondents of each leaf, in order
	cats    int   // how many categories people choose from
	cuts    []cut // when more than the measure alone is published
	silent  bool  // the last unit is never shown
	alone   bool  // who chooses the last category chooses no other
}

// cut is a measure that counts the same answers with categories put together.
type cut struct {
	m  Measure
	of []int // category → category of the cut
}

func (c cut) cats() int { return slices.Max(c.of) + 1 }

func (p plot) views() []cut {
	if p.cuts != nil {
		return p.cuts
	}
	same := make([]int, p.cats)
	for c := range same {
		same[c] = c
	}
	return []cut{{p.m, same}}
}

func (p plot) grove() (grove, []int) {
	g := grove{children: make([][]int, len(p.parents)), respondents: make([]int, len(p.parents))}
	for u, parent := range p.parents {
		if parent >= 0 {
			g.children[parent] = append(g.children[parent], u)
		}
	}
	var leaves []int
	for u := range p.parents {
		if len(g.children[u]) == 0 {
			leaves = append(leaves, u)
		}
	}
	for i, u := range leaves {
		for v := u; v >= 0; v = p.parents[v] {
			g.respondents[v] += p.answers[i]
		}
	}
	return g, leaves
}

// rows are all ways in which r people can answer.
func (p plot) rows(r int) (out [][]int) {
	one := p.m.Each || p.m.Mean
	row := make([]int, p.cats)
	var fill func(c, sum int)
	fill = func(c, sum int) {
		if c < p.cats {
			for v := 0; v <= r && !(one && sum+v > r); v++ {
				row[c] = v
				fill(c+1, sum+v)
			}
			return
		}
		if one && sum != r || p.m.Most > 0 && sum > p.m.Most*r || sum < p.m.Least*r {
			return
		}
		if last := p.cats - 1; p.alone && slices.Max(row[:last])+row[last] > r {
			return
		}
		out = append(out, slices.Clone(row))
	}
	fill(0, 0)
	return out
}

// rule is what the attacker knows of the publisher.
type rule func(m Measure, k int, g grove, n tally) decision

// crowd is all populations of which the same is published.
type crowd struct {
	d      []decision
	values [][]uint64 // view → node × category: bits of the values that occur
	unions map[int]uint64
}

// attacker knows the rule, the tree and how many answered everywhere.
type attacker struct {
	p      plot
	g      grove
	leaves []int
	views  []cut
	decide rule
	n      []tally // per view
	crowds map[string]*crowd
	tried  int
}

// enumerate makes all populations, puts those together of which the same is
// published, and tells which hidden numbers have too few values left.
func enumerate(p plot, decide rule) (leaks []string, tried int) {
	a := &attacker{p: p, views: p.views(), decide: decide, crowds: map[string]*crowd{}}
	a.g, a.leaves = p.grove()
	for _, v := range a.views {
		n := make(tally, len(p.parents))
		for u := range n {
			n[u] = make([]int, v.cats())
		}
		a.n = append(a.n, n)
	}
	a.fill(0)
	for _, c := range a.crowds {
		for v := range a.views {
			leaks = append(leaks, a.leaks(c, v)...)
		}
	}
	return leaks, a.tried
}

func (a *attacker) fill(leaf int) {
	if leaf == len(a.leaves) {
		a.judge()
		return
	}
	for _, row := range a.p.rows(a.p.answers[leaf]) {
		a.put(leaf, row, 1)
		a.fill(leaf + 1)
		a.put(leaf, row, -1)
	}
}

func (a *attacker) put(leaf int, row []int, sign int) {
	for u := a.leaves[leaf]; u >= 0; u = a.p.parents[u] {
		for v, view := range a.views {
			for c := range row {
				a.n[v][u][view.of[c]] += sign * row[c]
			}
		}
	}
}

func (a *attacker) judge() {
	a.tried++
	var key []byte
	var ds []decision
	for v, view := range a.views {
		d := a.decide(view.m, a.p.k, a.g, a.n[v])
		ds = append(ds, d)
		for u := range d.cells {
			for _, cell := range append(d.cells[u], d.means[u]) {
				key = binary.AppendVarint(key, int64(cell.To))
				key = binary.AppendVarint(key, int64(cell.Span))
				key = binary.AppendVarint(key, int64(cell.N)*2+int64(number(cell.Shown)))
			}
		}
	}
	c := a.crowds[string(key)]
	if c == nil {
		c = &crowd{d: ds, unions: map[int]uint64{}}
		for v, view := range a.views {
			c.values = append(c.values, make([]uint64, len(a.n[v])*view.cats()))
		}
		a.crowds[string(key)] = c
	}
	for v, view := range a.views {
		for u := range a.n[v] {
			for i, value := range a.n[v][u] {
				c.values[v][u*view.cats()+i] |= 1 << value
			}
		}
	}
	if a.p.cats == 1 && a.p.cuts == nil {
		for set := range 1 << len(a.leaves) {
			sum := 0
			for i, u := range a.leaves {
				sum += a.n[0][u][0] * (set >> i & 1)
			}
			c.unions[set] |= 1 << sum
		}
	}
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func count(set uint64) (n int) {
	for ; set != 0; set &= set - 1 {
		n++
	}
	return n
}

func (a *attacker) leaks(c *crowd, v int) (leaks []string) {
	d, cats := c.d[v], a.views[v].cats()
	for u := range d.cells {
		for i := range d.cells[u] {
			if set := c.values[v][u*cats+i]; !a.told(c, v, u, i) && count(set) < a.needed(d, u, i) {
				leaks = append(leaks, fmt.Sprintf("view %d unit %d category %d: values %b in %v", v, u, i, set, c.d))
			}
		}
	}
	for set, values := range c.unions {
		if count(values) < a.neededOf(d, set) {
			leaks = append(leaks, fmt.Sprintf("units %b together: values %b in %v", set, values, c.d))
		}
	}
	return leaks
}

// told is whether the number is published, in this or in another cut.
func (a *attacker) told(c *crowd, v, u, category int) bool {
	for w, other := range a.views {
		for i, cell := range c.d[w].cells[u] {
			same := true
			for from, to := range other.of {
				same = same && (to == i) == (a.views[v].of[from] == category)
			}
			if same && cell.Shown && cell.Span == 0 {
				return true
			}
		}
	}
	return false
}

// needed is how many values a hidden number must keep: k, but for a unit of
// fewer people all that it can have; and so for the others that share a shown
// total with it, as each value of theirs is one of its own.
func (a *attacker) needed(d decision, u, c int) int {
	return needed(a.p.k, a.g, a.p.parents, d, u, c)
}

func needed(k int, g grove, parents []int, d decision, u, c int) int {
	need := min(k, g.respondents[u]+1)
	for v := parents[u]; v >= 0; v = parents[v] {
		if d.cells[v][c].Shown || d.cells[v][c].Span < 0 || d.means[v].Shown {
			return min(need, g.respondents[v]-g.respondents[u]+1)
		}
	}
	return need
}

// neededOf is the same for several leaves together: those that are not whole
// shown units, counted within the shown unit that they belong to.
func (a *attacker) neededOf(d decision, set int) int {
	shown := func(u int) bool { return d.cells[u][0].Shown }
	people := map[int]int{} // shown unit, or −1 → people of the set
	whole := map[int]int{}
	for i, leaf := range a.leaves {
		u := leaf
		for u >= 0 && !shown(u) {
			u = a.p.parents[u]
		}
		whole[u] += a.p.answers[i]
		people[u] += a.p.answers[i] * (set >> i & 1)
	}
	need := 0
	for u, r := range people {
		if u < 0 {
			need = max(need, min(a.p.k, r+1))
		} else {
			need = max(need, min(a.p.k, r+1, whole[u]-r+1))
		}
	}
	return need
}

func flat(n int) []int { return append([]int{-1}, make([]int, n)...) }

var (
	topics  = Measure{Class: Opinion}
	single  = Measure{Class: Opinion, Each: true}
	scale   = Measure{Class: Opinion, Each: true, Ordered: true}
	mean3   = Measure{Class: Opinion, Mean: true, Low: 1, High: 3}
	mean5   = Measure{Class: Opinion, Mean: true, Low: 1, High: 5}
	two     = []int{-1, 0, 0, 1, 1, 2, 2}
	oneDeep = []int{-1, 0, 0, 1, 1}
)

func choices(least, most int) Measure { return Measure{Class: Opinion, Least: least, Most: most} }

// followed is a question and one that was asked only after its first answer.
var followed = []cut{{single, []int{0, 0, 1}}, {single, []int{0, 1, 2}}}

var plots = []plot{
	{name: "two units", m: topics, k: 2, parents: flat(2), answers: []int{5, 4}, cats: 1},
	{name: "one person answered", m: topics, k: 2, parents: flat(2), answers: []int{5, 1}, cats: 1, silent: true},
	{name: "nobody answered", m: topics, k: 2, parents: flat(3), answers: []int{5, 0, 4}, cats: 1},
	{name: "three units", m: topics, k: 3, parents: flat(3), answers: []int{7, 6, 8}, cats: 1},
	{name: "four units", m: topics, k: 3, parents: flat(4), answers: []int{6, 6, 7, 3}, cats: 1, silent: true},
	{name: "five units", m: topics, k: 2, parents: flat(5), answers: []int{4, 4, 5, 4, 6}, cats: 1},
	{name: "two large units", m: topics, k: 5, parents: flat(2), answers: []int{12, 10}, cats: 1},
	{name: "three large units", m: topics, k: 5, parents: flat(3), answers: []int{11, 10, 13}, cats: 1},
	{name: "two levels", m: topics, k: 2, parents: two, answers: []int{4, 5, 4, 6}, cats: 1},
	{name: "levels of different depth", m: topics, k: 2, parents: []int{-1, 0, 0, 1, 1, 1}, answers: []int{9, 4, 1, 4}, cats: 1, silent: true},
	{name: "an only child", m: topics, k: 2, parents: []int{-1, 0, 1, 1}, answers: []int{5, 4}, cats: 1},
	{name: "two categories", m: topics, k: 2, parents: flat(2), answers: []int{4, 5}, cats: 2},
	{name: "single choice of two", m: single, k: 2, parents: flat(3), answers: []int{4, 5, 6}, cats: 2},
	{name: "single choice of three", m: single, k: 2, parents: flat(2), answers: []int{7, 6}, cats: 3},
	{name: "single choice, k 3", m: single, k: 3, parents: flat(2), answers: []int{9, 9}, cats: 3},
	{name: "a scale of one unit", m: scale, k: 3, parents: flat(0), answers: []int{12}, cats: 5},
	{name: "a scale", m: scale, k: 2, parents: flat(2), answers: []int{7, 6}, cats: 3},
	{name: "a scale of four", m: scale, k: 2, parents: flat(2), answers: []int{6, 6}, cats: 4},
	{name: "a scale in levels", m: scale, k: 2, parents: oneDeep, answers: []int{4, 4, 4}, cats: 3},
	{name: "a mean", m: mean5, k: 3, parents: flat(0), answers: []int{10}, cats: 5},
	{name: "a mean, k 5", m: mean5, k: 5, parents: flat(0), answers: []int{12}, cats: 5},
	{name: "means of two units", m: mean3, k: 2, parents: flat(2), answers: []int{5, 6}, cats: 3},
	{name: "means in levels", m: mean3, k: 2, parents: oneDeep, answers: []int{4, 4, 5}, cats: 3},
	{name: "at most one of three", m: choices(0, 1), k: 2, parents: flat(2), answers: []int{5, 6}, cats: 3},
	{name: "exactly one of three", m: choices(1, 1), k: 2, parents: flat(2), answers: []int{5, 6}, cats: 3, silent: true},
	{name: "exactly two of three", m: choices(2, 2), k: 2, parents: flat(3), answers: []int{4, 4, 4}, cats: 3, silent: true},
	{name: "one or two of three", m: choices(1, 2), k: 2, parents: flat(2), answers: []int{4, 5}, cats: 3},
	{name: "two of four", m: choices(2, 2), k: 3, parents: flat(0), answers: []int{8}, cats: 4},
	{name: "an option alone in one unit", m: topics, k: 3, parents: flat(0), answers: []int{9}, cats: 4, alone: true},
	{name: "at least one", m: choices(1, 0), k: 2, parents: flat(2), answers: []int{4, 5}, cats: 3},
	{name: "at most one, in levels", m: choices(0, 1), k: 2, parents: oneDeep, answers: []int{4, 4, 4}, cats: 3},
	{name: "a question and what follows from it", m: single, k: 2, parents: flat(2), answers: []int{7, 6}, cats: 3, cuts: followed},
}

var deepPlots = []plot{
	{name: "five units, k 3", m: topics, k: 3, parents: flat(5), answers: []int{6, 7, 6, 8, 6}, cats: 1},
	{name: "four units, k 5", m: topics, k: 5, parents: flat(4), answers: []int{10, 11, 12, 10}, cats: 1},
	{name: "two levels, k 3", m: topics, k: 3, parents: two, answers: []int{6, 7, 6, 8}, cats: 1},
	{name: "three levels", m: topics, k: 2, parents: []int{-1, 0, 0, 1, 1, 3, 3}, answers: []int{8, 5, 4, 4}, cats: 1},
	{name: "two categories, three units", m: topics, k: 2, parents: flat(3), answers: []int{4, 5, 4}, cats: 2},
	{name: "single choice of four", m: single, k: 2, parents: flat(2), answers: []int{9, 9}, cats: 4},
	{name: "single choice of three in three", m: single, k: 3, parents: flat(3), answers: []int{10, 9, 9}, cats: 3},
	{name: "single choice in levels", m: single, k: 2, parents: two, answers: []int{5, 5, 5, 5}, cats: 3},
	{name: "a scale of five", m: scale, k: 2, parents: flat(2), answers: []int{9, 8}, cats: 5},
	{name: "a scale of three units", m: scale, k: 2, parents: flat(3), answers: []int{6, 7, 7}, cats: 3},
	{name: "a scale, k 5", m: scale, k: 5, parents: flat(2), answers: []int{16, 14}, cats: 3},
	{name: "means of two units, to five", m: mean5, k: 2, parents: flat(2), answers: []int{7, 8}, cats: 5},
	{name: "means of three units", m: mean3, k: 3, parents: flat(3), answers: []int{8, 9, 8}, cats: 3},
	{name: "a mean of 24, k 5", m: mean5, k: 5, parents: flat(0), answers: []int{24}, cats: 5},
	{name: "at most two of four", m: choices(0, 2), k: 2, parents: flat(2), answers: []int{4, 5}, cats: 4},
	{name: "exactly two of four", m: choices(2, 2), k: 2, parents: flat(2), answers: []int{6, 5}, cats: 4},
	{name: "at most one of three, k 3", m: choices(0, 1), k: 3, parents: flat(2), answers: []int{9, 10}, cats: 3},
	{name: "at most one of three in three", m: choices(0, 1), k: 2, parents: flat(3), answers: []int{5, 5, 6}, cats: 3},
	{name: "at most one of five", m: choices(0, 1), k: 2, parents: flat(2), answers: []int{6, 6}, cats: 5},
	{name: "one or two, three units", m: choices(1, 2), k: 2, parents: flat(3), answers: []int{4, 4, 4}, cats: 3},
	{name: "at most one, four leaves", m: choices(0, 1), k: 2, parents: two, answers: []int{4, 4, 4, 4}, cats: 2},
	{name: "follow-up, larger", m: single, k: 3, parents: flat(2), answers: []int{13, 12}, cats: 3, cuts: followed},
	{name: "follow-up of three answers", m: single, k: 2, parents: flat(2), answers: []int{8, 8}, cats: 4, cuts: []cut{{single, []int{0, 0, 0, 1}}, {single, []int{0, 1, 2, 3}}}},
}

// TestEnumerated: no hidden number of any small population is known to fewer
// than k values. KLADKA_DISCLOSURE_DEEP=1 adds some millions of populations.
func TestEnumerated(t *testing.T) {
	list := plots
	if os.Getenv("KLADKA_DISCLOSURE_DEEP") == "1" {
		list = slices.Concat(plots, deepPlots)
	}
	all := 0
	for _, p := range list {
		leaks, tried := enumerate(p, decide)
		all += tried
		if len(leaks) > 0 {
			t.Errorf("%s: %d leaks in %d populations, one of them %s", p.name, len(leaks), tried, leaks[0])
		}
	}
	t.Logf("%d populations", all)
}

// TestSomethingIsShown: a rule that hides everything would pass the others.
func TestSomethingIsShown(t *testing.T) {
	for _, p := range plots {
		below := false
		look := func(m Measure, k int, g grove, n tally) decision {
			d := decide(m, k, g, n)
			last := len(d.cells) - 1
			below = below || d.means[last].Shown || slices.ContainsFunc(d.cells[last], func(c Cell) bool { return c.Shown })
			return d
		}
		enumerate(p, look)
		if below == p.silent {
			t.Errorf("%s: in the last unit something is shown: %t", p.name, below)
		}
	}
}

// TestWeakerRulesLeak: the attacker is able to find something.
func TestWeakerRulesLeak(t *testing.T) {
	for _, tt := range []struct {
		why  string
		p    plot
		rule rule
	}{
		{"the complement is not looked at", plot{m: topics, k: 2, parents: flat(2), answers: []int{4, 1}, cats: 1}, weakNoComplement},
		{"small cells are hidden with the next smallest", plot{m: topics, k: 2, parents: flat(3), answers: []int{6, 6, 6}, cats: 1}, weakNextSmallest},
		{"each unit is judged alone", plot{m: topics, k: 2, parents: flat(2), answers: []int{4, 4}, cats: 1}, weakAlone},
		{"neighbors are joined again below", plot{m: scale, k: 2, parents: flat(2), answers: []int{7, 6}, cats: 3}, weakJoinAgain},
		{"the number of choices is not looked at", plot{m: choices(0, 1), k: 2, parents: flat(2), answers: []int{5, 6}, cats: 3}, weakNoRoom},
		{"the number of choices is not looked at in the root", plot{m: choices(2, 2), k: 3, parents: flat(0), answers: []int{8}, cats: 4}, weakNoRoom},
		{"a mean two k points from the ends", plot{m: mean5, k: 3, parents: flat(0), answers: []int{10}, cats: 5}, weakMean},
		{"a single choice is cut by category", plot{m: single, k: 2, parents: flat(2), answers: []int{5, 6}, cats: 3}, weakParts},
		{"who chose nothing is left out, and the measure does not say so", plot{m: choices(1, 0), k: 2, parents: flat(2), answers: []int{5, 6}, cats: 2}, weakNoRoom},
		{"an option that stands alone is a category", plot{m: topics, k: 2, parents: flat(2), answers: []int{4, 6}, cats: 2, alone: true}, decide},
		{"one question in two measures", plot{m: scale, k: 2, parents: flat(0), answers: []int{9}, cats: 3, cuts: []cut{{single, []int{0, 1, 2}}, {single, []int{0, 0, 1}}, {single, []int{0, 1, 1}}}}, decide},
	} {
		if leaks, tried := enumerate(tt.p, tt.rule); len(leaks) == 0 {
			t.Errorf("%s: the attacker found nothing in %d populations", tt.why, tried)
		} else {
			t.Logf("%s: %d leaks in %d populations, as %s", tt.why, len(leaks), tried, slices.Min(leaks))
		}
	}
}

// weakTop shows what ok tells of each unit, whatever is shown of the others.
func weakTop(g grove, n tally, ok func(u, c int) bool) decision {
	d := decision{make([][]Cell, len(n)), make([]Cell, len(n))}
	for u := range n {
		d.cells[u] = make([]Cell, len(n[u]))
		for c, v := range n[u] {
			if ok(u, c) {
				d.cells[u][c] = Cell{Shown: true, N: v}
			}
		}
	}
	return d
}

// weakNoComplement is the rule as the issue words it.
func weakNoComplement(_ Measure, k int, g grove, n tally) decision {
	return weakTop(g, n, func(u, c int) bool {
		return u == 0 || n[0][c] >= 2*k && all(g.children[0], func(u int) bool { return n[u][c] >= k })
	})
}

func weakAlone(_ Measure, k int, g grove, n tally) decision {
	return weakTop(g, n, func(u, c int) bool { return safe(n[u][c], g.respondents[u], k) })
}

func weakNextSmallest(_ Measure, k int, g grove, n tally) decision {
	return weakTop(g, n, func(u, c int) bool {
		values, small := []int{}, 0
		for _, v := range g.children[0] {
			values = append(values, n[v][c])
			small += number(n[v][c] < k)
		}
		slices.Sort(values)
		if small == 1 {
			small = 2
		}
		if u == 0 {
			return safe(n[0][c], g.respondents[0], k)
		}
		return small == 0 || n[u][c] > values[small-1]
	})
}

func weakNoRoom(m Measure, k int, g grove, n tally) decision {
	m.Most, m.Least = 0, 0
	return decide(m, k, g, n)
}

func weakParts(m Measure, k int, g grove, n tally) decision {
	m.Each = false
	return decide(m, k, g, n)
}

func weakMean(m Measure, k int, g grove, n tally) decision {
	d := weakTop(g, n, func(int, int) bool { return false })
	d.cells[0] = make([]Cell, len(n[0]))
	points := 0
	for c, v := range n[0] {
		points += c * v
	}
	if safe(points, (m.High-m.Low)*g.respondents[0], 2*k) {
		d.means[0] = Cell{Shown: true, N: points}
	}
	return d
}

func weakJoinAgain(m Measure, k int, g grove, n tally) decision {
	d := decide(m, k, g, n)
	var atoms []part
	for c, cell := range d.cells[0] {
		if cell.Shown {
			atoms = append(atoms, part{c, c + max(1, cell.Span)})
		}
	}
	list := join(atoms, func(p part) bool {
		return all(g.children[0], func(u int) bool { return p.of(n[u]) >= k })
	})
	for _, u := range g.children[0] {
		for _, p := range list {
			if len(list) > 1 {
				d.showPart(u, p, n[u])
			}
		}
	}
	return d
}
