package tally

import (
	"math/big"
	"slices"
)

// again counts by equal shares with one project changed, and faster than from the
// beginning: the ballots stay grouped, and of add1 only the last steps are taken,
// near where the explained outcome ended. What is found so is a guess under add1;
// whole confirms it by taking all steps.
type again struct {
	t         *trial
	c         *sharing
	endowment *big.Rat
	margin    int // of steps before the end of the explained outcome
}

func newAgain(t *trial, o *Outcome) *again {
	c := newSharing(t.e, &t.rule)
	return &again{t: t, c: c, endowment: o.Endowment, margin: o.Steps/8 + 8}
}

// party is the project in the crowd; nil when it may not win, or nobody supports
// it, or the rule asks for a share of the voters, which others reach or not with
// the change.
func (a *again) party(p int) *party {
	if a.t.rule.MinShare != nil {
		return nil
	}
	for i := range a.c.crowd.parties {
		if a.c.crowd.parties[i].project == p {
			return &a.c.crowd.parties[i]
		}
	}
	return nil
}

// with counts the election e, which differs from ours in one project, and says
// whether that one wins. The party must differ alike.
func (a *again) with(e *Election, p int, whole bool) bool {
	a.c.e, a.c.order, a.c.start = e, newTieOrder(e, a.t.rule.Ties), startShare(e, &a.t.rule)
	a.c.pass.order = a.c.order
	steps := 0
	if !whole {
		steps = a.near()
	}
	steps, ended := a.end(steps)
	if !ended {
		steps, _ = a.end(0)
	}
	a.c.pass.run(a.c.share(steps), e.Budget)
	o := &Outcome{Cost: a.c.pass.cost}
	for _, b := range a.c.pass.bought {
		o.Winners = append(o.Winners, b.project)
	}
	if oneOf(a.t.rule.Completion, CompleteGreedy, CompleteAdd1Greedy) {
		a.c.fill(o)
	}
	return slices.Contains(o.Winners, p)
}

// near is a number of steps after which the shares are a little below those of the
// explained outcome.
func (a *again) near() int {
	step := new(big.Rat).Mul(rat(a.t.rule.Step), rat(a.t.e.Unit()))
	way := new(big.Rat).Sub(a.endowment, a.c.start)
	steps := downward(way.Quo(way, step))
	return max(0, int(steps)-a.margin)
}

// end is where add1 ends when it is taken up after so many steps; false when it
// must have ended before.
func (a *again) end(steps int) (int, bool) {
	exhaustive := a.t.rule.Completion == CompleteAdd1Exhaustive
	switch a.t.rule.Completion {
	case CompleteNone, CompleteGreedy:
		return 0, true
	case CompleteAdd1, CompleteAdd1Greedy:
		if a.c.allFit() {
			return 0, true
		}
	}
	for first := steps; ; {
		a.c.pass.run(a.c.share(steps), a.c.e.Budget)
		if a.c.pass.cost > a.c.e.Budget {
			return steps - 1, steps > first || first == 0
		}
		if a.c.nothingLeft(exhaustive) {
			return steps, steps > first || first == 0
		}
		steps += a.c.pass.idle(a.t.rule.Step*a.t.e.Unit()) + 1
	}
}

// costing asks whether the project wins at a cost.
func (a *again) costing(p *party, whole bool) func(Money) bool {
	return func(cost Money) bool {
		before, worth := p.cost, p.worth
		defer func() { p.cost, p.worth = before, worth }()
		p.cost = cost
		if a.t.rule.Utility == UtilityCost {
			p.worth = cost
		}
		return a.with(a.t.costing(p.project, cost), p.project, whole)
	}
}

// joined asks whether the project wins with n more voters, who choose only it.
func (a *again) joined(p *party, whole bool) func(int64) bool {
	units := int64(1)
	if a.t.rule.Utility == UtilityPoints {
		units = int64(a.t.e.mostPoints())
	}
	run := p.runOf(units)
	return func(n int64) bool {
		members := p.runs[run].members
		defer func() {
			p.runs[run].members = members
			p.ballots, p.total, a.c.crowd.groups = p.ballots-n, p.total-n*units, a.c.crowd.groups-1
		}()
		p.runs[run].members = append(slices.Clip(members), member{int32(a.c.crowd.groups), int32(n)})
		p.ballots, p.total, a.c.crowd.groups = p.ballots+n, p.total+n*units, a.c.crowd.groups+1
		return a.with(a.t.joined(p.project, int(n)), p.project, whole)
	}
}

// confirmed is a limit that was found by guesses, when whole counts say the same
// of it and of what lies one further.
func confirmed(guess Limit, further int64, wins func(int64) bool) bool {
	return guess.State == Sure && wins(guess.Value) && !wins(guess.Value+further)
}
