package tally

import (
	"context"
	"slices"
)

// Limit is a border between winning and losing, found by counting again.
type Limit struct {
	State LimitState `json:"state,omitempty"`
	Value int64      `json:"value,omitempty"`
}

// LimitState says how well a limit is known.
type LimitState string

// The states. The zero state is a question that does not arise under the rule.
const (
	Sure    LimitState = "sure"    // it wins at Value, and one further it does not
	Tried   LimitState = "tried"   // it wins at Value; how much further was not found in time
	Never   LimitState = "never"   // it wins at no value
	Unknown LimitState = "unknown" // no value was found at which it wins; there may be one
)

// Wins says whether there is a value at which the project wins.
func (l Limit) Wins() bool { return l.State == Sure || l.State == Tried }

// trial counts again with one thing changed.
//
// Under greedy, and under equal shares with a fixed share, a project that wins
// at some cost wins at each lower one as well: until it is bought, everything
// goes as it went, and being cheaper (or having a greater score) only brings its
// turn forward. So one border is the only one. Under add1 the shares depend on
// what was bought, and there may be further borders; then Sure still means what
// it says, and Never is not claimed.
type trial struct {
	ctx   context.Context
	e     *Election
	rule  Rule
	again *again // under equal shares
}

// askAll finds the limits: of losers before those of winners, and prices, which
// people ask for first, before the rest.
func (t *trial) askAll(list []Explanation, o *Outcome) {
	if t.rule.Name == EqualShares {
		t.again = newAgain(t, o)
	}
	for _, won := range []bool{false, true} {
		for i := range list {
			if list[i].Won == won {
				list[i].Price = t.price(&list[i])
			}
		}
		for i := range list {
			if list[i].Won == won {
				t.askMore(&list[i])
			}
		}
	}
}

func (t *trial) askMore(x *Explanation) {
	switch {
	case t.rule.Name == EqualShares && !x.Won:
		x.Voters = t.voters(x.Project)
	case t.rule.Name == Greedy && x.Score >= 0 && (x.Votes <= 0 || ByVotes(t.e, t.rule)):
		x.Enough = t.enough(x)
	}
}

// price is the greatest cost at which the project wins. Nothing dearer than the
// whole budget ever does.
func (t *trial) price(x *Explanation) Limit {
	find := func(wins func(int64) bool) Limit {
		if x.Won {
			return t.border(x.Cost, t.e.Budget+1, wins)
		}
		return t.tryBorder(min(1, x.Cost), x.Cost, wins)
	}
	if t.again != nil {
		if party := t.again.party(x.Project); party != nil {
			return t.guessed(find, 1, t.again.costing(party, false), t.again.costing(party, true))
		}
	}
	return find(func(cost int64) bool { return t.wins(t.costing(x.Project, cost), x.Project) })
}

// guessed finds a limit by quick counts and, when these turn out wrong, by whole
// ones.
func (t *trial) guessed(find func(func(int64) bool) Limit, further int64, quick, whole func(int64) bool) Limit {
	guess := find(quick)
	if t.rule.oneBorder() {
		return guess // then there are no steps to be left out
	}
	if t.ctx.Err() == nil && confirmed(guess, further, whole) {
		return guess
	}
	return find(whole)
}

// enough is the least score with which the project wins; every voter's vote, or
// one point more than anybody has, is the greatest that is tried.
func (t *trial) enough(x *Explanation) Limit {
	has := Scored(t.e, t.rule, x.Project)
	wins := func(score int64) bool { return t.wins(t.scoring(x.Project, score), x.Project) }
	if x.Won {
		return t.border(has, -1, wins)
	}
	top := int64(t.e.Voters())
	if !ByVotes(t.e, t.rule) {
		top = max(has, slices.Max(t.e.score)) + 1
	}
	return t.tryBorder(top, has, wins)
}

// voters is how many more voters who choose only the project make it win, when
// the budget is shared with them. At most as many as have voted are tried.
func (t *trial) voters(p int) Limit {
	find := func(wins func(int64) bool) Limit {
		for n := int64(1); n <= int64(t.e.Voters()) && t.ctx.Err() == nil; n *= 2 {
			if wins(n) {
				return t.border(n, n/2, wins)
			}
		}
		return Limit{State: Unknown}
	}
	if party := t.again.party(p); party != nil {
		return t.guessed(find, -1, t.again.joined(party, false), t.again.joined(party, true))
	}
	return find(func(n int64) bool { return t.wins(t.joined(p, int(n)), p) })
}

// tryBorder finds the border when there is one at all.
func (t *trial) tryBorder(good, bad int64, wins func(int64) bool) Limit {
	switch {
	case t.ctx.Err() != nil:
		return Limit{State: Unknown}
	case good != bad && wins(good):
		return t.border(good, bad, wins)
	case t.rule.oneBorder():
		return Limit{State: Never}
	}
	return Limit{State: Unknown}
}

// oneBorder says whether winning at a cost means winning at each lower one.
func (r Rule) oneBorder() bool {
	return r.Name == Greedy || r.Completion == CompleteNone
}

// border halves the way between a value at which the project wins and one at
// which it does not, until they are neighbors.
func (t *trial) border(good, bad int64, wins func(int64) bool) Limit {
	for good-bad > 1 || bad-good > 1 {
		if t.ctx.Err() != nil {
			return Limit{Tried, good}
		}
		if middle := bad + (good-bad)/2; wins(middle) {
			good = middle
		} else {
			bad = middle
		}
	}
	return Limit{Sure, good}
}

func (t *trial) wins(e *Election, p int) bool {
	out, err := Count(e, t.rule)
	return err == nil && slices.Contains(out.Winners, p)
}

// costing is the election with another cost of a project.
func (t *trial) costing(p int, cost Money) *Election {
	e := *t.e
	e.Projects = slices.Clone(e.Projects)
	e.Projects[p].Cost = cost
	return &e
}

// scoring is the election as it would be if the project had the score, in votes
// or in points, and everything else stayed.
func (t *trial) scoring(p int, score int64) *Election {
	e := *t.e
	if !ByVotes(t.e, t.rule) {
		e.score = slices.Clone(e.score)
		e.score[p] = score
		return &e
	}
	e.support = slices.Clone(e.support)
	e.support[p] = score
	if !e.Type.Pointed() {
		e.score = e.support
	}
	if e.Type == ChooseOne {
		e.firsts = e.support
	}
	return &e
}

// joined is the election with n more ballots that choose only the project, with
// the most points that any ballot gives to one.
func (t *trial) joined(p, n int) *Election {
	e := *t.e
	most := e.mostPoints()
	e.starts, e.choices, e.points = slices.Clone(e.starts), slices.Clone(e.choices), slices.Clone(e.points)
	for range n {
		e.choices = append(e.choices, int32(p))
		if e.Type.Pointed() {
			e.points = append(e.points, most)
		}
		e.starts = append(e.starts, int32(len(e.choices)))
	}
	e.sums = sums{support: slices.Clone(e.support), score: slices.Clone(e.score), firsts: slices.Clone(e.firsts)}
	e.support[p] += int64(n)
	e.score[p] += int64(n) * int64(most)
	if e.Type != Approval {
		e.firsts[p] += int64(n)
	}
	return &e
}

// mostPoints are the most points that any ballot gives to a project; 1 where
// ballots carry none.
func (e *Election) mostPoints() int32 {
	most := int32(1)
	for _, p := range e.points {
		most = max(most, p)
	}
	return most
}
