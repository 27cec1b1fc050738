package disclosure

import (
	"fmt"
	"slices"
)

// NewCounts makes an empty tally with the categories in public order.
func NewCounts(categories ...string) Counts {
	return Counts{Categories: categories, Respondents: map[string]int{}, N: map[string]map[string]int{}}
}

// Scale makes an empty tally for the mean of a scale.
func Scale(low, high int) Counts { return NewCounts(Measure{Low: low, High: high}.steps()...) }

// Add counts one respondent of a unit, in each of the given categories once.
func (c *Counts) Add(unit string, categories ...string) {
	c.Respondents[unit]++
	if c.N[unit] == nil {
		c.N[unit] = map[string]int{}
	}
	for _, category := range categories {
		c.N[unit][category]++
	}
}

// fold puts the counts of the original units into the nodes of the tree.
func (c Counts) fold(t tree, m Measure) (grove, tally, error) {
	g := grove{t.children, make([]int, len(t.units))}
	n := make(tally, len(t.units))
	for u := range n {
		n[u] = make([]int, len(c.Categories))
	}
	at := map[string]int{}
	for i, name := range c.Categories {
		at[name] = i
	}
	if len(at) != len(c.Categories) || m.Mean && !slices.Equal(c.Categories, m.steps()) {
		return g, n, fmt.Errorf("categories %v do not fit %s", c.Categories, m.Name)
	}
	for unit := range c.N {
		if _, known := c.Respondents[unit]; !known {
			return g, n, fmt.Errorf("unit %s has answers and no respondents", unit)
		}
	}
	for unit, r := range c.Respondents {
		leaf, known := t.leafOf[unit]
		if !known {
			return g, n, fmt.Errorf("unit %s is no leaf of the plan", unit)
		}
		row, err := c.row(unit, at, m, r)
		if err != nil {
			return g, n, err
		}
		for u := leaf; u >= 0; u = t.parents[u] {
			g.respondents[u] += r
			for i, v := range row {
				n[u][i] += v
			}
		}
	}
	return g, n, nil
}

// row is the counts of a unit, if r people can have given them: the rule would
// protect nothing that is counted by another measure than it thinks.
func (c Counts) row(unit string, at map[string]int, m Measure, r int) ([]int, error) {
	row, sum := make([]int, len(c.Categories)), 0
	for name, v := range c.N[unit] {
		i, known := at[name]
		if !known || v < 0 || v > r && m.Class != Official {
			return nil, fmt.Errorf("unit %s: %d of %d in category %q", unit, v, r, name)
		}
		row[i] = v
		sum += v
	}
	switch {
	case r < 0, m.Class == Official:
	case (m.Each || m.Mean) && sum != r:
		return nil, fmt.Errorf("unit %s: %d respondents made %d single choices", unit, r, sum)
	case m.Most > 0 && sum > m.Most*r, sum < m.Least*r:
		return nil, fmt.Errorf("unit %s: %d respondents made %d choices, of %d to %d each", unit, r, sum, m.Least, m.Most)
	}
	if r < 0 {
		return nil, fmt.Errorf("unit %s: %d respondents", unit, r)
	}
	return row, nil
}
