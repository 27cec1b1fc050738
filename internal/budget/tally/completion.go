package tally

import (
	"context"
	"math/big"
	"slices"
)

// countShares counts by the method of equal shares and completes as the rule
// says.
//
// When the context ends, it stops, and what it returns is worth nothing.
func countShares(ctx context.Context, e *Election, rule Rule) *Outcome {
	c := newSharing(e, &rule)
	c.pass.ctx = ctx
	steps := 0
	switch rule.Completion {
	case CompleteAdd1, CompleteAdd1Greedy:
		if !c.allFit() {
			steps = c.raise(false)
		}
	case CompleteAdd1Exhaustive:
		steps = c.raise(true)
	}
	out := c.outcome(steps)
	if rule.Completion == CompleteGreedy || rule.Completion == CompleteAdd1Greedy {
		c.fill(out)
	}
	return out
}

// fill spends the rest by the number of supporters. What the shares have to say
// of a loser, that its supporters were too poor, stays beside what the rest of
// the budget has to say; the other reasons are the same for both.
func (c *sharing) fill(out *Outcome) {
	f := newFill(c.e, c.rule, c.order, PhaseFill)
	poor := out.Skipped
	out.Skipped, f.out = nil, out
	f.run(worth{of: c.e.support})
	poor = slices.DeleteFunc(poor, func(s Skip) bool {
		return s.Reason != SkipPoor || slices.Contains(out.Winners, s.Project)
	})
	out.Skipped = append(poor, out.Skipped...)
}

// sharing is one count by equal shares.
type sharing struct {
	e     *Election
	rule  *Rule
	order *tieOrder
	crowd *crowd
	start *big.Rat // a voter's share at first, in Money
	pass  *pass
}

func newSharing(e *Election, rule *Rule) *sharing {
	c := &sharing{e: e, rule: rule, order: newTieOrder(e, rule.Ties), start: startShare(e, rule), crowd: newCrowd(e, rule)}
	c.pass = &pass{ctx: context.Background(), crowd: c.crowd, order: c.order, rule: rule}
	return c
}

// startShare is what a voter gets at first: budget/voters, or that rounded down
// to a whole currency unit. Without voters there is nobody to give it to.
func startShare(e *Election, rule *Rule) *big.Rat {
	n := int64(e.Voters())
	switch {
	case n == 0:
		return new(big.Rat)
	case rule.Start == StartFloor:
		return rat(e.Budget / n / e.Unit() * e.Unit())
	}
	return big.NewRat(e.Budget, n)
}

// share is what a voter gets after so many steps of add1.
func (c *sharing) share(steps int) *big.Rat {
	step := new(big.Rat).Mul(rat(c.rule.Step), rat(c.e.Unit()))
	return step.Add(step.Mul(step, rat(int64(steps))), c.start)
}

// allFit says whether the budget pays for every project that may win. Nothing
// is scarce then, and add1, which ends at the first overspending, would never
// end; so it does not begin. (The compute tool of equalshares.net does the
// same. What is left over is for a completion that asks for it.)
func (c *sharing) allFit() bool {
	var sum Money
	for p := range c.e.Projects {
		if _, ok := c.rule.eligible(c.e, p); ok {
			sum += c.e.Projects[p].Cost
		}
	}
	return sum <= c.e.Budget
}

// raise raises the shares step by step and returns the last number of steps
// whose outcome is within the budget; earlier, the first one whose outcome is
// exhaustive, when that is asked for. A count that never overspends ends when
// everything that anybody supports was bought.
func (c *sharing) raise(exhaustive bool) int {
	for steps := 0; ; {
		c.pass.run(c.share(steps), c.e.Budget)
		if c.pass.ctx.Err() != nil {
			return steps
		}
		if c.pass.cost > c.e.Budget {
			return steps - 1
		}
		if c.nothingLeft(exhaustive) {
			return steps
		}
		steps += c.pass.idle(c.rule.Step*c.e.Unit()) + 1
	}
}

// nothingLeft says whether the last pass bought all that may still win; when
// only what fits is asked for, all of it that still fits into the budget.
func (c *sharing) nothingLeft(fits bool) bool {
	settled := c.pass.settled()
	for i := range c.crowd.parties {
		p := &c.crowd.parties[i]
		if !settled[p.project] && (!fits || p.cost <= c.e.Budget-c.pass.cost) {
			return false
		}
	}
	return true
}

// outcome counts once more with the share that was settled on, and tells all.
func (c *sharing) outcome(steps int) *Outcome {
	s := c.pass
	share := c.share(steps)
	s.record = true
	s.run(share, c.e.Budget)
	s.settleLedger()
	out := &Outcome{Rule: *c.rule, Cost: s.cost, Endowment: share, Start: c.start, Steps: steps}
	held := new(big.Rat).Mul(share, rat(int64(c.e.Voters())))
	left := c.e.Budget
	for i := range s.bought {
		b := &s.bought[i]
		held = new(big.Rat).Sub(held, rat(b.cost))
		left -= b.cost
		round := Round{
			Project: b.project, Phase: PhaseShares,
			Score: c.e.Score(b.project), Supporters: c.e.Support(b.project),
			Rho: s.ledger.fraction(s.ledger.prices[i], b.worth), AtMost: b.most, Held: held, Left: left,
		}
		if len(b.tie) > 0 {
			tie := c.order.settle(i+1, b.tie)
			round.Tie = &tie
			out.Ties = append(out.Ties, tie)
		}
		out.Rounds = append(out.Rounds, round)
		out.Winners = append(out.Winners, b.project)
	}
	out.Skipped = c.losers()
	return out
}

// losers says of every project that was not bought why, in the order of the
// file.
func (c *sharing) losers() []Skip {
	s := c.pass
	fates := make([]Skip, len(c.e.Projects))
	for p := range fates {
		fates[p] = Skip{Project: p, Reason: SkipNoSupport, By: -1}
		if reason, ok := c.rule.eligible(c.e, p); !ok {
			fates[p].Reason = reason
		}
	}
	for i := range c.crowd.parties {
		p := &c.crowd.parties[i]
		fates[p.project].Reason = SkipPoor
	}
	for i, b := range s.bought {
		for _, p := range rivals(c.rule, b.project) {
			if fates[p].Reason == SkipPoor && fates[p].By < 0 {
				fates[p] = Skip{Project: p, Round: i + 1, Reason: SkipExcluded, By: b.project}
			}
		}
	}
	for _, b := range s.bought {
		fates[b.project].Reason = ""
	}
	for i := range c.crowd.parties {
		p := &c.crowd.parties[i]
		if f := &fates[p.project]; f.Reason == SkipPoor {
			s.count(p)
			f.Round = len(s.bought)
			f.Missing = s.ledger.fraction(s.ledger.missing(p.cost, s.holds(everybody)), 1)
		}
	}
	return slices.DeleteFunc(fates, func(f Skip) bool { return f.Reason == "" })
}

func everybody(*stake) bool { return true }
