package tally

import "math/big"

// StepKind says what a step of a count does.
type StepKind string

// The kinds.
const (
	StepShare StepKind = "share" // every voter gets an equal share
	StepRaise StepKind = "raise" // add1 raised the shares, so many times
	StepWin   StepKind = "win"   // a project wins
	StepEnd   StepKind = "end"   // nothing can win any more
)

// Step is one step of a count, told so that it can be read alone. Amounts are in
// Money, rounded: those that somebody has are rounded down, those that somebody
// lacks or pays up. The exact ones are in the outcome.
type Step struct {
	Kind    StepKind `json:"kind"`
	Project int      `json:"project"` // of StepWin; -1
	Phase   Phase    `json:"phase,omitempty"`
	Cost    Money    `json:"cost"`
	Score   int64    `json:"score"` // that decided, see Round
	Support int64    `json:"support"`
	Before  Money    `json:"before"` // of the budget, not yet spent
	After   Money    `json:"after"`

	// Under equal shares: what a supporter pays for a unit of utility, the most
	// that one of them pays, and what all voters hold.
	Price      float64 `json:"price"`
	AtMost     Money   `json:"at_most"`
	HeldBefore Money   `json:"held_before"`
	HeldAfter  Money   `json:"held_after"`

	Share   Money      `json:"share"` // of each voter after StepShare or StepRaise
	Raised  int        `json:"raised"`
	Passed  []Passed   `json:"passed,omitempty"` // before the one that won; of StepEnd, all losers
	Tie     *TieRecord `json:"tie,omitempty"`
	Winners int        `json:"winners"` // so far
}

// Passed is a project that was passed over.
type Passed struct {
	Project int        `json:"project"`
	Reason  SkipReason `json:"reason"`
	Missing Money      `json:"missing"`
	By      int        `json:"by"` // the winner that excludes it; -1
}

// Replay tells a count step by step, from the whole budget to what is left.
func Replay(e *Election, o *Outcome) []Step {
	var steps []Step
	left, held := e.Budget, Money(0)
	if o.Endowment != nil {
		held = downward(new(big.Rat).Mul(o.Endowment, rat(int64(e.Voters()))))
		steps = append(steps, shareSteps(e, o)...)
	}
	for n, r := range o.Rounds {
		s := Step{Kind: StepWin, Project: r.Project, Phase: r.Phase, Cost: e.Projects[r.Project].Cost, Score: r.Score, Support: r.Supporters,
			Before: left, After: r.Left, Passed: passed(r.Skipped), Tie: r.Tie, Winners: n + 1}
		if r.Phase == PhaseShares {
			s.Price, _ = r.Rho.Float64()
			s.AtMost, s.HeldBefore, s.HeldAfter = RoundUp(r.AtMost), held, downward(r.Held)
			held = s.HeldAfter
		}
		left = r.Left
		steps = append(steps, s)
	}
	return append(steps, Step{Kind: StepEnd, Project: -1, Before: left, After: left, HeldBefore: held, HeldAfter: held, Passed: passed(o.Skipped), Winners: len(o.Winners)})
}

// shareSteps tell what each voter had, and by how much add1 raised it.
func shareSteps(e *Election, o *Outcome) []Step {
	step := func(kind StepKind, share *big.Rat) Step {
		held := downward(new(big.Rat).Mul(share, rat(int64(e.Voters()))))
		return Step{Kind: kind, Project: -1, Before: e.Budget, After: e.Budget, HeldBefore: held, HeldAfter: held, Share: downward(share)}
	}
	steps := []Step{step(StepShare, o.Start)}
	if o.Steps > 0 {
		raise := step(StepRaise, o.Endowment)
		raise.Raised, raise.HeldBefore = o.Steps, steps[0].HeldAfter
		steps = append(steps, raise)
	}
	return steps
}

func passed(skips []Skip) []Passed {
	list := make([]Passed, len(skips))
	for i, s := range skips {
		list[i] = Passed{s.Project, s.Reason, RoundUp(s.Missing), s.By}
	}
	return list
}

func downward(r *big.Rat) int64 { return new(big.Int).Quo(r.Num(), r.Denom()).Int64() }
