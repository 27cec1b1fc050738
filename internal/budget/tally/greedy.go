package tally

import (
	"cmp"
	"math/big"
	"slices"
)

// countGreedy takes the projects in the order of their worth and skips what
// does not fit. A project that nobody supports comes last, and wins when there
// is money for it; a Threshold of 1 prevents that.
func countGreedy(e *Election, rule Rule) *Outcome {
	f := newFill(e, &rule, newTieOrder(e, rule.Ties), PhaseGreedy)
	f.out = &Outcome{Rule: rule}
	f.run(scoreWorth(e, rule.Utility))
	return f.out
}

// worth is what greedy orders by: votes or points, divided by the cost when
// over is set. Greater comes first.
type worth struct {
	of   []int64
	over []Project // nil, or the costs to divide by
}

func scoreWorth(e *Election, u Utility) worth {
	if u == UtilityCardinality {
		return worth{e.support, e.Projects}
	}
	return worth{of: e.score}
}

// compare says which project comes first; 0 is a tie. Fractions are compared
// exactly.
func (w worth) compare(a, b int) int {
	if w.over == nil {
		return cmp.Compare(w.of[b], w.of[a])
	}
	// b/costB − a/costA has the sign of b×costA − a×costB, unless something
	// costs nothing: its worth has no bound, or is nothing when nobody wants it.
	costA, costB := w.over[a].Cost, w.over[b].Cost
	if costA == 0 || costB == 0 {
		return cmp.Compare(w.rank(a), w.rank(b))
	}
	return compareProducts(w.of[b], costA, w.of[a], costB)
}

// rank puts what is wanted and costs nothing first, and what nobody wants last.
func (w worth) rank(p int) int {
	switch {
	case w.of[p] == 0:
		return 2
	case w.over[p].Cost == 0:
		return 0
	}
	return 1
}

// fill spends what is left of the budget, by worth. It serves the greedy rule,
// which begins with the whole budget, and the completion of equal shares.
type fill struct {
	e      *Election
	rule   *Rule
	ties   *tieOrder
	phase  Phase
	out    *Outcome
	passed []bool // won, or passed over for good
	fresh  []Skip // passed over since the last round
	chosen chosen
}

func newFill(e *Election, rule *Rule, ties *tieOrder, phase Phase) *fill {
	return &fill{e: e, rule: rule, ties: ties, phase: phase, passed: make([]bool, len(e.Projects)), chosen: newChosen(len(e.Projects), rule.Excludes)}
}

// chosen are the groups of which one project can win, with the one that has.
type chosen struct {
	groups [][]int // of each project, by their places in the rule
	first  []int   // that won in each group, -1 while none has
}

func newChosen(projects int, groups [][]int) chosen {
	c := chosen{groups: make([][]int, projects), first: make([]int, len(groups))}
	for g, group := range groups {
		c.first[g] = -1
		for _, p := range group {
			c.groups[p] = append(c.groups[p], g)
		}
	}
	return c
}

func (c chosen) win(p int) {
	for _, g := range c.groups[p] {
		if c.first[g] < 0 {
			c.first[g] = p
		}
	}
}

// of is a winner beside which the project may not win, -1 when there is none.
func (c chosen) of(p int) int {
	for _, g := range c.groups[p] {
		if won := c.first[g]; won >= 0 && won != p {
			return won
		}
	}
	return -1
}

// run goes through the projects that have not won. Projects of equal worth are
// a tie as long as more than one of them fits.
func (f *fill) run(w worth) {
	for _, p := range f.out.Winners {
		f.passed[p] = true
		f.chosen.win(p)
	}
	var order []int
	for p := range f.e.Projects {
		if !f.passed[p] && f.allowed(p) {
			order = append(order, p)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		if c := w.compare(a, b); c != 0 {
			return c
		}
		return cmp.Compare(f.ties.rank[a], f.ties.rank[b])
	})
	for len(order) > 0 {
		same := 1
		for same < len(order) && w.compare(order[0], order[same]) == 0 {
			same++
		}
		f.equals(order[:same], w)
		order = order[same:]
	}
	f.out.Skipped = append(f.out.Skipped, f.fresh...)
}

// allowed passes a project over that may not win whatever is left.
func (f *fill) allowed(p int) bool {
	reason, ok := f.rule.eligible(f.e, p)
	if !ok {
		f.fresh = append(f.fresh, Skip{Project: p, Round: len(f.out.Rounds), Reason: reason, By: -1})
	}
	return ok
}

// equals takes what fits of projects of equal worth, in the order of the ties.
func (f *fill) equals(same []int, w worth) {
	for {
		same = slices.DeleteFunc(same, func(p int) bool { return !f.fits(p) })
		if len(same) == 0 {
			return
		}
		f.take(same, w)
		same = same[1:]
	}
}

// fits says whether a project may win now. What does not, never will.
func (f *fill) fits(p int) bool {
	if by := f.chosen.of(p); by >= 0 {
		f.fresh = append(f.fresh, Skip{Project: p, Round: len(f.out.Rounds), Reason: SkipExcluded, By: by})
		return false
	}
	missing := f.e.Projects[p].Cost - (f.e.Budget - f.out.Cost)
	if missing > 0 {
		f.fresh = append(f.fresh, Skip{Project: p, Round: len(f.out.Rounds), Reason: SkipTooDear, Missing: rat(missing), By: -1})
	}
	return missing <= 0
}

// take lets the first of the tied win.
func (f *fill) take(tied []int, w worth) {
	p := tied[0]
	round := Round{Project: p, Phase: f.phase, Score: w.of[p], Supporters: f.e.support[p], Skipped: f.fresh}
	if len(tied) > 1 {
		tie := f.ties.settle(len(f.out.Rounds)+1, slices.Clone(tied))
		round.Tie = &tie
		f.out.Ties = append(f.out.Ties, tie)
	}
	f.fresh, f.passed[p] = nil, true
	f.chosen.win(p)
	f.out.Winners = append(f.out.Winners, p)
	f.out.Cost += f.e.Projects[p].Cost
	round.Left = f.e.Budget - f.out.Cost
	f.out.Rounds = append(f.out.Rounds, round)
}

// compareProducts compares a×b with c×d.
func compareProducts(a, b, c, d int64) int {
	left := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
	return left.Cmp(new(big.Int).Mul(big.NewInt(c), big.NewInt(d)))
}
