package disclosure

// grove is a tree of units as numbers: every parent stands before its children
// and 0 is the root.
type grove struct {
	children    [][]int
	respondents []int
}

// answering are the children of a node in which somebody answered. What is in
// the others is known: nothing.
func (g grove) answering(parent int) []int {
	var some []int
	for _, u := range g.children[parent] {
		if g.respondents[u] > 0 {
			some = append(some, u)
		}
	}
	return some
}

// decision is what is shown of a table: for each node and category a cell, and
// for each node the mean.
type decision struct {
	cells [][]Cell
	means []Cell
}

// tally is how many people of a node count in a category.
type tally [][]int

// safe is the rule for one number n of at most ceiling people: neither they nor
// the others are fewer than k.
func safe(n, ceiling, k int) bool { return n >= k && ceiling-n >= k }

// decide applies the rule, from the root down. It is the whole of what an
// attacker has to know: nothing else of the answers leaves this package.
func decide(m Measure, k int, g grove, n tally) decision {
	d := decision{make([][]Cell, len(n)), make([]Cell, len(n))}
	for u := range n {
		d.cells[u] = make([]Cell, len(n[u]))
	}
	switch {
	case m.Class == Official:
		d.showAll(n)
	case m.Mean:
		d.showMeans(m, k, g, n)
	case m.Each:
		d.showParts(m, k, g, n)
	default:
		d.showEach(m, k, g, n)
	}
	return d
}

func (d decision) showAll(n tally) {
	for u := range n {
		for c, v := range n[u] {
			d.cells[u][c] = Cell{Shown: true, N: v}
		}
	}
}

// level calls f for the root, and then for the children of each node for which
// f said that something was shown there.
func (g grove) level(f func(parent int, units []int) bool) {
	if g.respondents[0] == 0 {
		return
	}
	var below func(parent int, units []int)
	below = func(parent int, units []int) {
		if len(units) == 0 || !f(parent, units) {
			return
		}
		for _, u := range units {
			below(u, g.answering(u))
		}
	}
	below(-1, []int{0})
}

// showEach is the rule for categories of which a person may choose several. Each
// category is decided alone: it is shown in all children of a unit or in none.
// Where the number of choices is bounded, what is shown also bounds what is
// hidden, and the level is shown only if that leaves room enough.
func (d decision) showEach(m Measure, k int, g grove, n tally) {
	g.level(func(parent int, units []int) bool {
		l := level{m: m, k: k, g: g, n: n, parent: parent, units: units, last: g.same(parent, units)}
		for c := range n[0] {
			switch {
			case parent >= 0 && !d.cells[parent][c].Shown:
				l.above = append(l.above, c)
			case l.last || all(units, func(u int) bool { return safe(n[u][c], g.respondents[u], k) }):
				l.shown = append(l.shown, c)
			default:
				l.here = append(l.here, c)
			}
		}
		if !l.last && !l.roomy(d) {
			return false
		}
		for _, u := range units {
			for _, c := range l.shown {
				d.cells[u][c] = Cell{Shown: true, N: n[u][c]}
			}
		}
		return len(l.shown) > 0
	})
}

// same tells that the only child in which somebody answered is its parent again.
func (g grove) same(parent int, units []int) bool { return parent >= 0 && len(units) == 1 }

// level is the children of one unit and what may be shown of them.
type level struct {
	m      Measure
	k      int
	g      grove
	n      tally
	parent int // −1: the level is the root alone
	units  []int
	last   bool  // the level is its parent again
	shown  []int // categories that are safe here
	here   []int // shown in the parent and hidden here
	above  []int // hidden in the parent
}

// roomy tells that the bounds on how many categories a person may choose leave
// the hidden numbers their room. Who knows that everybody chose at most three,
// and sees three numbers that use up all choices, knows that the fourth is zero.
//
// It is decided by published numbers alone, so that the decision tells nothing,
// and it is enough: with it a population can be built in which one unit, the
// closed one, has no hidden choice at all and the others share the hidden
// totals in proportion to their room; and then every hidden number can be moved
// through k values without anything changing that is published.
func (l level) roomy(d decision) bool {
	if l.m.Most == 0 && l.m.Least == 0 || len(l.shown) == 0 || len(l.here)+len(l.above) == 0 {
		return true
	}
	room := make([]int, len(l.units))
	closed, total := 0, 0
	for i, u := range l.units {
		r, used := l.g.respondents[u], 0
		for _, c := range l.shown {
			used += l.n[u][c]
		}
		if used < l.m.Least*r { // the hidden ones must hold something
			return false
		}
		room[i] = (len(l.here) + len(l.above)) * r
		if l.m.Most > 0 {
			room[i] = min(room[i], l.m.Most*r-used)
		}
		if room[i] < l.k {
			return false
		}
		total += room[i]
		if room[i] < room[closed] {
			closed = i
		}
	}
	if l.parent < 0 || len(l.here) == 0 {
		return true
	}
	return l.nothingLost(d) && l.shares(room, closed, total-room[closed])
}

// nothingLost tells that no category was lost between the root and the parent.
func (l level) nothingLost(d decision) bool {
	for _, c := range l.above {
		if d.cells[0][c].Shown {
			return false
		}
	}
	return true
}

// shares tells that all units but the closed one can share the hidden totals in
// proportion to their room, with k left over in each unit and each category.
func (l level) shares(room []int, closed, total int) bool {
	demand := 0
	for _, c := range l.here {
		demand += l.n[l.parent][c]
	}
	for i, u := range l.units {
		if i == closed {
			continue
		}
		if room[i]*(total-demand) < l.k*total { // room − its share of the demand
			return false
		}
		for _, c := range l.here {
			if (l.g.respondents[u]-l.k)*total < l.n[l.parent][c]*room[i] {
				return false
			}
		}
	}
	return true
}

func all(units []int, ok func(u int) bool) bool {
	for _, u := range units {
		if !ok(u) {
			return false
		}
	}
	return true
}

// part is a run of neighboring categories that are counted together.
type part struct{ from, to int } // from ≤ c < to

func (p part) of(row []int) (sum int) {
	for _, v := range row[p.from:p.to] {
		sum += v
	}
	return sum
}

// showParts is the rule for a single choice, where the categories add up to the
// respondents: all of them are shown in all children of a unit, or nothing is.
// Ordered categories that are too small alone are counted with the next ones.
func (d decision) showParts(m Measure, k int, g grove, n tally) {
	parts := map[int][]part{} // as shown in a node
	g.level(func(parent int, units []int) bool {
		atoms := parts[parent]
		if parent < 0 {
			for c := range n[0] {
				atoms = append(atoms, part{c, c + 1})
			}
		}
		enough := func(p part) bool {
			return all(units, func(u int) bool { return p.of(n[u]) >= k })
		}
		list := atoms
		if parent < 0 && m.Ordered {
			list = join(atoms, enough)
		}
		if len(list) < 2 || !every(list, enough) {
			return false
		}
		for _, u := range units {
			parts[u] = list
			for _, p := range list {
				d.showPart(u, p, n[u])
			}
		}
		return true
	})
}

func (d decision) showPart(u int, p part, row []int) {
	for c := p.from + 1; c < p.to; c++ {
		d.cells[u][c] = Cell{Span: -1}
	}
	d.cells[u][p.from] = Cell{Shown: true, N: p.of(row)}
	if p.to-p.from > 1 {
		d.cells[u][p.from].Span = p.to - p.from
	}
}

func every(list []part, ok func(part) bool) bool {
	for _, p := range list {
		if !ok(p) {
			return false
		}
	}
	return true
}

// join puts neighbors together, from the first on, until each part is enough;
// what is left at the end joins the last part.
func join(atoms []part, enough func(part) bool) []part {
	var list []part
	open := false // the last part of the list is not enough yet
	for _, a := range atoms {
		if open {
			list[len(list)-1].to = a.to
		} else {
			list = append(list, a)
		}
		open = !enough(list[len(list)-1])
	}
	if open && len(list) > 1 {
		list[len(list)-2].to = list[len(list)-1].to
		list = list[:len(list)-1]
	}
	return list
}

// showMeans is the rule for the mean of a scale. A mean with a known number of
// answers is their sum, so the sum is protected like a count, and k people can
// carry it k times the width of the scale away from either end. Nearer to an end
// the root says only that: the mean is a band from there to the end.
func (d decision) showMeans(m Measure, k int, g grove, n tally) {
	width := m.High - m.Low
	points := func(u int) (sum int) {
		for c, v := range n[u] {
			sum += c * v
		}
		return sum
	}
	g.level(func(parent int, units []int) bool {
		if !g.same(parent, units) && !all(units, func(u int) bool { return safe(points(u), width*g.respondents[u], k*width) }) {
			if parent < 0 && g.respondents[0] >= 2*k {
				d.means[0] = nearEnd(m, k, points(0), g.respondents[0])
			}
			return false
		}
		for _, u := range units {
			r := g.respondents[u]
			d.means[u] = Cell{Shown: true, N: 10*m.Low + (20*points(u)+r)/(2*r)}
		}
		return true
	})
}

// nearEnd is the band of a mean, in tenths, that is too near to an end of the
// scale. How wide it is follows from the number of answers alone.
func nearEnd(m Measure, k, points, r int) Cell {
	far := (10*k*(m.High-m.Low) + r - 1) / r // rounded up, so that the band holds the mean
	if 2*points > (m.High-m.Low)*r {
		return Cell{Shown: true, N: 10*m.High - far, To: 10 * m.High}
	}
	return Cell{Shown: true, N: 10 * m.Low, To: 10*m.Low + far}
}
