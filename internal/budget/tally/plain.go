package tally

import (
	"context"
	"math/big"
	"slices"
)

// CountPlainly counts as Count does, by code of its own: every voter has a purse,
// every amount is a fraction, every round asks every project, add1 begins anew at
// each step. What the ballots say of each project, who may win at all and who goes
// first in a tie is found here too, from the definitions. It is slow, and meant to
// be read beside them; that both agree is what speaks for the fast one.
//
// The two share what they are given and what they give: the election as Parse or
// New made it, the rule as Rule.Whole fills it in, and the types of the outcome. A
// file that is misread is misread for both.
func CountPlainly(e *Election, rule Rule) (*Outcome, error) {
	return CountPlainlyContext(context.Background(), e, rule)
}

// CountPlainlyContext is CountPlainly that stops when the context ends, and then
// returns its error.
func CountPlainlyContext(ctx context.Context, e *Election, rule Rule) (*Outcome, error) {
	rule, err := rule.Whole(e)
	if err != nil {
		return nil, err
	}
	c := newPlain(e, rule)
	c.ctx = ctx
	out := c.count()
	if err := ctx.Err(); err != nil {
		return nil, err // the outcome is half a count
	}
	return out, nil
}

func (c *plain) count() *Outcome {
	if c.rule.Name == Greedy {
		return c.greedy()
	}
	return c.equalShares()
}

func newPlain(e *Election, rule Rule) *plain {
	c := &plain{ctx: context.Background(), e: e, rule: rule}
	c.addUp()
	c.findBarriers()
	return c
}

type plain struct {
	ctx  context.Context
	e    *Election
	rule Rule

	// Of each project: the ballots that support it, its points, the ballots on
	// which it stands first, and why it may not win at all, "" when it may.
	support, score, firsts []int64
	barriers               []SkipReason

	backers [][]backer // of each project, those to whom it is worth something
	fates   []plainFate
	out     *Outcome
	left    Money
}

// backer is a voter to whom a project is worth something.
type backer struct {
	voter   int
	utility *big.Rat
}

// plainFate is what became of a project so far.
type plainFate struct {
	won      bool
	excluded bool
	by       int // the winner that excludes it
	round    int // how many rounds were won when it was excluded
}

// begin forgets a former pass.
func (c *plain) begin() {
	c.fates = make([]plainFate, len(c.e.Projects))
	c.out = &Outcome{Rule: c.rule}
	c.left = c.e.Budget
}

// in says whether a project may still win.
func (c *plain) in(p int) bool {
	return c.barriers[p] == "" && !c.fates[p].won && !c.fates[p].excluded
}

// win writes a round down.
func (c *plain) win(r Round, tied []int) {
	if len(tied) > 1 {
		tie := c.settle(len(c.out.Rounds)+1, tied)
		r.Tie = &tie
		c.out.Ties = append(c.out.Ties, tie)
	}
	c.left -= c.e.Projects[r.Project].Cost
	r.Left = c.left
	r.Supporters = c.support[r.Project]
	c.out.Rounds = append(c.out.Rounds, r)
	c.out.Winners = append(c.out.Winners, r.Project)
	c.out.Cost += c.e.Projects[r.Project].Cost
	c.fates[r.Project].won = true
	for _, group := range c.rule.Excludes {
		if slices.Contains(group, r.Project) {
			c.exclude(group, r.Project)
		}
	}
}

func (c *plain) exclude(group []int, by int) {
	for _, p := range group {
		if f := &c.fates[p]; !f.won && !f.excluded {
			*f = plainFate{excluded: true, by: by, round: len(c.out.Rounds)}
		}
	}
}

// equalShares is the method with its completion.
func (c *plain) equalShares() *Outcome {
	c.findBackers()
	start := c.startShare()
	share, steps := start, 0
	switch c.rule.Completion {
	case CompleteAdd1, CompleteAdd1Greedy:
		if !c.everythingFits() {
			share, steps = c.add1(start)
		}
	case CompleteAdd1Exhaustive:
		share, steps = c.add1(start)
	}
	c.pass(share)
	return c.finish(start, share, steps)
}

// finish tells of the last pass what its share was, and fills.
func (c *plain) finish(start, share *big.Rat, steps int) *Outcome {
	c.out.Start, c.out.Endowment, c.out.Steps = start, share, steps
	if c.rule.Completion == CompleteGreedy || c.rule.Completion == CompleteAdd1Greedy {
		c.fill()
	}
	return c.out
}

// findBackers turns the ballots round.
func (c *plain) findBackers() {
	c.backers = make([][]backer, len(c.e.Projects))
	for i := range c.e.Voters() {
		projects, points := c.e.Ballot(i)
		for j, p := range projects {
			given := int64(1)
			if points != nil {
				given = int64(points[j])
			}
			if u := c.utility(int(p), given); u.Sign() > 0 {
				c.backers[p] = append(c.backers[p], backer{i, u})
			}
		}
	}
}

// utility is what a project is worth to a voter who gave it so many points.
func (c *plain) utility(p int, points int64) *big.Rat {
	switch {
	case points <= 0:
		return new(big.Rat)
	case c.rule.Utility == UtilityCost:
		return rat(c.e.Projects[p].Cost)
	case c.rule.Utility == UtilityCardinality:
		return rat(1)
	}
	return rat(points)
}

func (c *plain) startShare() *big.Rat {
	if c.e.Voters() == 0 {
		return new(big.Rat)
	}
	share := big.NewRat(c.e.Budget, int64(c.e.Voters()))
	if c.rule.Start == StartFloor {
		units := new(big.Rat).Quo(share, rat(c.e.Unit()))
		whole := new(big.Int).Quo(units.Num(), units.Denom())
		share = new(big.Rat).Mul(new(big.Rat).SetInt(whole), rat(c.e.Unit()))
	}
	return share
}

func (c *plain) everythingFits() bool {
	var sum Money
	for p := range c.e.Projects {
		if c.barriers[p] == "" {
			sum += c.e.Projects[p].Cost
		}
	}
	return sum <= c.e.Budget
}

// add1 raises the share until the outcome costs more than there is, and goes
// one step back, or until nothing is wanted any more.
func (c *plain) add1(start *big.Rat) (*big.Rat, int) {
	step := new(big.Rat).Mul(rat(c.rule.Step), rat(c.e.Unit()))
	share := start
	for steps := 0; ; steps++ {
		c.pass(share)
		if c.ctx.Err() != nil {
			return share, steps
		}
		if c.left < 0 {
			return new(big.Rat).Sub(share, step), steps - 1
		}
		if !c.wants() {
			return share, steps
		}
		share = new(big.Rat).Add(share, step)
	}
}

// wants says whether after the last pass some backed project can still win; if
// the completion is exhaustive, one that fits.
func (c *plain) wants() bool {
	for p := range c.e.Projects {
		fits := c.e.Projects[p].Cost <= c.left
		if c.in(p) && len(c.backers[p]) > 0 && (fits || c.rule.Completion != CompleteAdd1Exhaustive) {
			return true
		}
	}
	return false
}

// pass is equal shares with one share: as long as some project can be paid for
// by its backers, the one with the least rho is bought.
func (c *plain) pass(share *big.Rat) {
	c.begin()
	purses := make([]*big.Rat, c.e.Voters())
	for i := range purses {
		purses[i] = new(big.Rat).Set(share)
	}
	held := new(big.Rat).Mul(share, rat(int64(len(purses))))
	for c.ctx.Err() == nil {
		var least *big.Rat
		var tied []int
		for p := range c.e.Projects {
			rho := c.rho(p, purses)
			if rho == nil || least != nil && rho.Cmp(least) > 0 {
				continue
			}
			if least == nil || rho.Cmp(least) < 0 {
				least, tied = rho, nil
			}
			tied = append(tied, p)
		}
		if least == nil {
			break
		}
		won := c.inOrder(tied)[0]
		most := c.collect(won, least, purses)
		held = new(big.Rat).Sub(held, rat(c.e.Projects[won].Cost))
		c.win(Round{Project: won, Phase: PhaseShares, Score: c.score[won], Rho: least, AtMost: most, Held: held}, tied)
	}
	c.tellLosers(purses)
}

// rho is the number for which the backers of a project, each paying rho times
// the utility or the whole purse if that is less, pay its cost exactly; nil when
// they cannot, or the project may not win.
func (c *plain) rho(p int, purses []*big.Rat) *big.Rat {
	backers := c.backers[p]
	unpaid := rat(c.e.Projects[p].Cost)
	if !c.in(p) || len(backers) == 0 || c.together(p, purses).Cmp(unpaid) < 0 {
		return nil
	}
	// In the order of purse per utility: whoever comes first runs dry first.
	reach := make(map[int]*big.Rat, len(backers))
	utility := new(big.Rat)
	for _, b := range backers {
		reach[b.voter] = new(big.Rat).Quo(purses[b.voter], b.utility)
		utility.Add(utility, b.utility)
	}
	slices.SortFunc(backers, func(a, b backer) int { return reach[a.voter].Cmp(reach[b.voter]) })
	for _, b := range backers {
		rho := new(big.Rat).Quo(unpaid, utility)
		if rho.Cmp(reach[b.voter]) <= 0 {
			return rho // b can pay it, and so can all who come after
		}
		unpaid.Sub(unpaid, purses[b.voter])
		utility.Sub(utility, b.utility)
	}
	return nil
}

// together is what the backers of a project have.
func (c *plain) together(p int, purses []*big.Rat) *big.Rat {
	sum := new(big.Rat)
	for _, b := range c.backers[p] {
		sum.Add(sum, purses[b.voter])
	}
	return sum
}

// collect lets the backers pay and returns the most that one of them paid.
func (c *plain) collect(p int, rho *big.Rat, purses []*big.Rat) *big.Rat {
	most := new(big.Rat)
	for _, b := range c.backers[p] {
		pays := new(big.Rat).Mul(rho, b.utility)
		if purses[b.voter].Cmp(pays) < 0 {
			pays = purses[b.voter]
		}
		if pays.Cmp(most) > 0 {
			most = pays
		}
		purses[b.voter] = new(big.Rat).Sub(purses[b.voter], pays)
	}
	return most
}

// tellLosers says why each project that was not bought was not.
func (c *plain) tellLosers(purses []*big.Rat) {
	for p := range c.e.Projects {
		f := c.fates[p]
		skip := Skip{Project: p, By: -1}
		switch {
		case f.won:
			continue
		case c.barriers[p] != "":
			skip.Reason = c.barriers[p]
		case len(c.backers[p]) == 0:
			skip.Reason = SkipNoSupport
		case f.excluded:
			skip.Reason, skip.By, skip.Round = SkipExcluded, f.by, f.round
		default:
			skip.Reason, skip.Round = SkipPoor, len(c.out.Rounds)
			skip.Missing = new(big.Rat).Sub(rat(c.e.Projects[p].Cost), c.together(p, purses))
		}
		c.out.Skipped = append(c.out.Skipped, skip)
	}
}

// fill spends the rest by the number of supporters. Of the shares, it leaves
// standing who could not pay for the losers.
func (c *plain) fill() {
	poor := c.out.Skipped
	c.out.Skipped = nil
	c.spend(PhaseFill, func(p int) (int64, *big.Rat) { return c.support[p], rat(c.support[p]) })
	poor = slices.DeleteFunc(poor, func(s Skip) bool { return s.Reason != SkipPoor || c.fates[s.Project].won })
	c.out.Skipped = append(poor, c.out.Skipped...)
}

// greedy takes the greatest score first: points or supporters, by the unit of
// money when the utility is cardinality.
func (c *plain) greedy() *Outcome {
	c.begin()
	c.spend(PhaseGreedy, func(p int) (int64, *big.Rat) {
		if c.rule.Utility != UtilityCardinality {
			return c.score[p], rat(c.score[p])
		}
		if c.support[p] == 0 {
			return 0, new(big.Rat)
		}
		if c.e.Projects[p].Cost == 0 {
			return c.support[p], nil
		}
		return c.support[p], big.NewRat(c.support[p], c.e.Projects[p].Cost)
	})
	return c.out
}

// spend takes, as long as something fits, what is worth the most, and passes
// over what is worth as much or more and does not fit. A worth of nil has no
// bound.
func (c *plain) spend(phase Phase, worth func(p int) (score int64, worth *big.Rat)) {
	order := func(a, b int) int {
		_, worthA := worth(a)
		_, worthB := worth(b)
		return compareWorth(worthA, worthB)
	}
	open, passed := c.contenders()
	slices.SortFunc(open, func(a, b int) int {
		if worthier := order(a, b); worthier != 0 {
			return worthier
		}
		return c.turn(a, b)
	})
	for len(open) > 0 {
		best := slices.IndexFunc(open, c.fits)
		var tied, rest []int
		for _, p := range open {
			switch {
			case best >= 0 && order(p, open[best]) > 0:
				rest = append(rest, p)
			case c.fits(p):
				tied = append(tied, p)
			default:
				passed = append(passed, c.passOver(p))
			}
		}
		if best < 0 {
			break
		}
		score, _ := worth(tied[0])
		c.win(Round{Project: tied[0], Phase: phase, Score: score, Skipped: passed}, slices.Clone(tied))
		open, passed = append(tied[1:], rest...), nil
	}
	c.out.Skipped = append(c.out.Skipped, passed...)
}

// contenders are the projects that have not won, those that may not apart.
func (c *plain) contenders() (open []int, barred []Skip) {
	for p := range c.e.Projects {
		if c.fates[p].won {
			continue
		}
		if c.barriers[p] != "" {
			barred = append(barred, Skip{Project: p, Round: len(c.out.Rounds), Reason: c.barriers[p], By: -1})
			continue
		}
		open = append(open, p)
	}
	return open, barred
}

func compareWorth(a, b *big.Rat) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return b.Cmp(a)
}

func (c *plain) fits(p int) bool { return c.in(p) && c.e.Projects[p].Cost <= c.left }

func (c *plain) passOver(p int) Skip {
	if f := c.fates[p]; f.excluded {
		return Skip{Project: p, Round: len(c.out.Rounds), Reason: SkipExcluded, By: f.by}
	}
	return Skip{Project: p, Round: len(c.out.Rounds), Reason: SkipTooDear, Missing: rat(c.e.Projects[p].Cost - c.left), By: -1}
}
