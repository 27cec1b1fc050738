package tally

import (
	"cmp"
	"slices"
)

// Compared is what one rule makes of the ballots that others count too.
type Compared struct {
	Rule    Rule  `json:"-"`
	Winners []int `json:"winners"` // in the order of selection
	Cost    Money `json:"cost"`
	Voters  int   `json:"voters"` // who chose something
	// Without are the voters who chose something and got nothing of it. Choices
	// are all that was chosen, and Fulfilled those of them that won.
	Without   int        `json:"without"`
	Choices   int64      `json:"choices"`
	Fulfilled int64      `json:"fulfilled"`
	Category  []Spending `json:"category"`
	District  []Spending `json:"district"`
}

// Spending is what goes into one category or district. A project of several
// categories counts in each of them, so the parts may make more than the whole.
type Spending struct {
	Name     string `json:"name"` // "" for none
	Cost     Money  `json:"cost"`
	Projects int    `json:"projects"`
}

// Compare counts one election by several rules. It returns a *RuleFault for the
// first rule that cannot be counted.
func Compare(e *Election, rules []Rule) ([]Compared, error) {
	list := make([]Compared, len(rules))
	for i, rule := range rules {
		o, err := Count(e, rule)
		if err != nil {
			return nil, err
		}
		list[i] = compared(e, o)
	}
	return list, nil
}

func compared(e *Election, o *Outcome) Compared {
	c := Compared{Rule: o.Rule, Winners: slices.Clone(o.Winners), Cost: o.Cost}
	won := make([]bool, len(e.Projects))
	for _, p := range o.Winners {
		won[p] = true
	}
	for i := range e.Voters() {
		chosen, got := 0, 0
		e.eachSupported(i, func(p int, _ int32) {
			chosen++
			if won[p] {
				got++
			}
		})
		if chosen == 0 {
			continue
		}
		c.Voters++
		c.Choices, c.Fulfilled = c.Choices+int64(chosen), c.Fulfilled+int64(got)
		if got == 0 {
			c.Without++
		}
	}
	c.Category = spending(e, o.Winners, func(p *Project) []string { return p.Categories })
	c.District = spending(e, o.Winners, func(p *Project) []string { return []string{p.District} })
	return c
}

// spending sums the cost of winners by the names that each has, by name.
func spending(e *Election, winners []int, names func(*Project) []string) []Spending {
	var list []Spending
	for _, w := range winners {
		p := &e.Projects[w]
		all := names(p)
		if len(all) == 0 {
			all = []string{""}
		}
		for _, name := range all {
			at := slices.IndexFunc(list, func(s Spending) bool { return s.Name == name })
			if at < 0 {
				at = len(list)
				list = append(list, Spending{Name: name})
			}
			list[at].Cost += p.Cost
			list[at].Projects++
		}
	}
	slices.SortFunc(list, func(a, b Spending) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// Common are the winners of both, in the order of the first.
func (c Compared) Common(other Compared) (list []int) {
	for _, p := range c.Winners {
		if slices.Contains(other.Winners, p) {
			list = append(list, p)
		}
	}
	return list
}
