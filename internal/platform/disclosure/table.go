package disclosure

import (
	"cmp"
	"fmt"
	"slices"

	"kladka/internal/platform/fault"
)

// Rule makes the table of a measure over a tree, as Publish stores it. It is a
// pure function. Counts that the measure cannot have are an error of the caller.
func Rule(m Measure, units []Unit, c Counts) (_ Table, err error) {
	defer fault.Wrap(&err, "count %s", m.Name)
	t, err := grow(units)
	if err != nil {
		return Table{}, err
	}
	g, n, err := c.fold(t, m)
	if err != nil {
		return Table{}, err
	}
	d := decide(m, m.k(), g, n)
	out := Table{Measure: m.Name, Class: m.Class, K: m.k(), Each: m.Each, Mean: m.Mean, Categories: c.Categories}
	for i, u := range t.units {
		node := Node{ID: u.ID, Parent: u.Parent, Name: u.Name, Members: u.Members, Depth: t.depths[i],
			Respondents: Cell{Shown: true, N: g.respondents[i]}, Mean: d.means[i]}
		if !m.Mean {
			node.Cells = d.cells[i]
		}
		if m.Class == Sensitive {
			node.blur()
		}
		node.Shown = node.Mean.Shown || slices.ContainsFunc(node.Cells, func(c Cell) bool { return c.Shown })
		out.Nodes = append(out.Nodes, node)
	}
	return out, nil
}

// bands are where the bands of sensitive numbers begin.
var bands = []int{10, 15, 30, 60, 120, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000}

// band is the band of a number; fewer than ten have none.
func band(n int) (Cell, bool) {
	i, exact := slices.BinarySearch(bands, n)
	if exact {
		i++
	}
	if i == 0 {
		return Cell{}, false
	}
	to := n
	if i < len(bands) {
		to = bands[i] - 1
	}
	return Cell{Shown: true, N: bands[i-1], To: to}, true
}

// word is which of the five words tells the share n of all.
func word(n, all int) int {
	switch share := n * 100 / max(1, all); {
	case share < 15:
		return 1
	case share < 40:
		return 2
	case share <= 60:
		return 3
	case share <= 85:
		return 4
	}
	return 5
}

// blur replaces the numbers of a node by bands and words.
func (n *Node) blur() {
	all := n.Respondents.N
	n.Respondents, _ = band(all)
	for i, c := range n.Cells {
		if !c.Shown {
			continue
		}
		b, _ := band(c.N)
		b.Span, b.Word = c.Span, word(c.N, all)
		n.Cells[i] = b
	}
}

// Node finds a unit by its id or by that of a unit that was merged into it.
func (t Table) Node(unit string) (Node, bool) {
	i := slices.IndexFunc(t.Nodes, func(n Node) bool { return n.ID == unit || slices.Contains(n.Members, unit) })
	if i < 0 {
		return Node{}, false
	}
	return t.Nodes[i], true
}

// Cell is what is shown of a category in a unit: hidden, too, when there is no
// such unit or category.
func (t Table) Cell(unit, category string) Cell {
	n, _ := t.Node(unit)
	i := slices.Index(t.Categories, category)
	if i < 0 || i >= len(n.Cells) {
		return Cell{}
	}
	return n.Cells[i]
}

// Sum adds what was shown in tables of one measure and different releases; it
// knows nothing else, so it tells nothing new. A unit that is not in all of
// them is left out with what is below it. A number that was hidden in some is
// at least the sum of the others (Cell.Holes); hidden in all, it stays hidden.
// A mean is that of all answers in periods in which it was shown.
func Sum(tables ...Table) (Table, error) {
	if len(tables) == 0 {
		return Table{}, fmt.Errorf("no tables to sum")
	}
	first := tables[0]
	out := first
	out.Release, out.Periods, out.Nodes = "", len(tables), nil
	seen := map[ReleaseID]bool{}
	for _, t := range tables {
		if t.Measure != first.Measure || t.Mean != first.Mean || !slices.Equal(t.Categories, first.Categories) {
			return Table{}, fmt.Errorf("%s and %s are not the same measure of the same categories", first.Measure, t.Measure)
		}
		if t.Release != "" && seen[t.Release] || t.Periods > 1 {
			return Table{}, fmt.Errorf("release %s is summed twice, or is a sum", t.Release)
		}
		seen[t.Release] = true
		out.K = max(out.K, t.K)
		out.Period.From, out.Period.Until = min(out.Period.From, t.Period.From), max(out.Period.Until, t.Period.Until)
		if t.Object != first.Object {
			out.Object = ""
		}
	}
	if len(tables) > 1 {
		out.Period.Label = ""
	}
	kept := map[string]bool{"": true}
	for _, n := range first.Nodes {
		if same, ok := everywhere(n, tables); ok && kept[n.Parent] {
			kept[n.ID] = true
			out.Nodes = append(out.Nodes, sumNodes(same))
		}
	}
	alignSpans(out.Nodes)
	return out, nil
}

// alignSpans hides what the root counts together with other neighbors: the
// whole table has one set of heads.
func alignSpans(nodes []Node) {
	for u := range nodes {
		for c, cell := range nodes[u].Cells {
			if cell.Span != 0 && cell.Span != nodes[0].Cells[c].Span {
				nodes[u].Cells[c] = Cell{Holes: max(1, cell.Holes)}
			}
		}
	}
}

// Roots is the sum of the roots of tables over different trees, under a new
// name: a center is the sum of what was shown of its trainings. A release of
// the center itself would tell, by subtraction, the training that was hidden.
func Roots(id, name string, tables ...Table) (Table, error) {
	var roots []Table
	for _, t := range tables {
		if len(t.Nodes) == 0 {
			return Table{}, fmt.Errorf("release %s has no root", t.Release)
		}
		root := t.Nodes[0]
		root.ID, root.Name, root.Members = id, name, nil
		t.Nodes = []Node{root}
		roots = append(roots, t)
	}
	return Sum(roots...)
}

// everywhere finds the same unit in all tables.
func everywhere(n Node, tables []Table) ([]Node, bool) {
	var same []Node
	for _, t := range tables {
		i := slices.IndexFunc(t.Nodes, func(o Node) bool {
			return o.ID == n.ID && o.Parent == n.Parent && slices.Equal(o.Members, n.Members)
		})
		if i < 0 {
			return nil, false
		}
		same = append(same, t.Nodes[i])
	}
	return same, true
}

func sumNodes(same []Node) Node {
	out := same[0]
	out.Cells, out.Mean, out.Shown = nil, meanOf(same), false
	var all []Cell
	for _, n := range same {
		all = append(all, n.Respondents)
	}
	out.Respondents = sumCells(all)
	for c := range same[0].Cells {
		all = all[:0]
		for _, n := range same {
			all = append(all, n.Cells[c])
		}
		out.Cells = append(out.Cells, sumCells(all))
	}
	out.Shown = out.Mean.Shown || slices.ContainsFunc(out.Cells, func(c Cell) bool { return c.Shown })
	return out
}

// sumCells adds the shown ones. Those counted together with different
// neighbors cannot be added.
func sumCells(cells []Cell) (sum Cell) {
	spans := map[int]bool{}
	for _, c := range cells {
		switch {
		case c.Shown:
			sum.Shown = true
			sum.N += c.N
			sum.To += cmp.Or(c.To, c.N)
			spans[c.Span] = true
		case c.Span < 0:
			spans[c.Span] = true
		default:
			sum.Holes++
		}
	}
	if len(spans) > 1 || !sum.Shown && !spans[-1] {
		return Cell{Holes: len(cells)}
	}
	if sum.To == sum.N {
		sum.To = 0
	}
	for span := range spans {
		sum.Span = span
	}
	return sum
}

// meanOf is the mean of means, each with the weight of its answers.
func meanOf(same []Node) (mean Cell) {
	low, high, answers := 0, 0, 0
	for _, n := range same {
		if !n.Mean.Shown {
			mean.Holes++
			continue
		}
		low += n.Mean.N * n.Respondents.N
		high += cmp.Or(n.Mean.To, n.Mean.N) * n.Respondents.N
		answers += n.Respondents.N
	}
	if answers == 0 {
		return mean
	}
	mean.Shown, mean.N = true, (2*low+answers)/(2*answers)
	if high != low {
		mean.To = (2*high + answers) / (2 * answers)
	}
	return mean
}
