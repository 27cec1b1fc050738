package result

import (
	"math/big"

	"kladka/internal/budget"
	"kladka/internal/budget/tally"
)

// Why names why a project won or lost. Its words are the text "result.why." and
// the name.
type Why string

// The reasons. Lost ones are those of package tally.
const (
	WonGreedy    Why = "won_greedy" // most points among what fitted
	WonShares    Why = "won_shares" // its supporters paid for it
	WonFill      Why = "won_fill"   // with what was left
	LostTooDear  Why = "too_dear"
	LostPoor     Why = "poor"
	LostNone     Why = "no_support"
	LostExcluded Why = "excluded"
	LostBarred   Why = "barred" // excluded by a winner of a pool that was counted before
	LostMinShare Why = "min_share"
	LostFew      Why = "threshold"
	LostOther    Why = "other" // the count passed it over before it came to a reason of its own
)

// Reason is why one project won or lost, with the numbers that decided. Money in
// grosze.
type Reason struct {
	Project budget.ProjectID `json:"project"`
	Why     Why              `json:"why"`
	Round   int              `json:"round"`   // in which it won, or after how many it was passed over
	Missing int64            `json:"missing"` // money that it lacked, rounded up
	AtMost  int64            `json:"at_most"` // the most that one supporter paid, rounded up
	By      budget.ProjectID `json:"by"`      // the winner beside which it may not win, perhaps of another pool
}

var skipped = map[tally.SkipReason]Why{
	tally.SkipTooDear: LostTooDear, tally.SkipPoor: LostPoor, tally.SkipNoSupport: LostNone,
	tally.SkipExcluded: LostExcluded, tally.SkipBarred: LostBarred, tally.SkipMinShare: LostMinShare, tally.SkipThreshold: LostFew,
}

var phases = map[tally.Phase]Why{tally.PhaseGreedy: WonGreedy, tally.PhaseShares: WonShares, tally.PhaseFill: WonFill}

// Reasons tells of every project why it won or lost, in the order of the ballot.
// A loser may have been passed over more than once; the last time counts, for
// then nothing could be changed any more.
func Reasons(election *tally.Election, o *tally.Outcome) []Reason {
	list := make([]Reason, len(election.Projects))
	id := func(p int) budget.ProjectID { return budget.ProjectID(election.Projects[p].ID) }
	for i := range list {
		list[i] = Reason{Project: id(i), Why: LostOther}
	}
	pass := func(some []tally.Skip) {
		for _, s := range some {
			r := Reason{Project: id(s.Project), Why: skipped[s.Reason], Round: s.Round, Missing: upward(s.Missing)}
			switch by, barred := o.Rule.BarredBy(s.Project); {
			case s.Reason == tally.SkipExcluded:
				r.By = id(s.By)
			case s.Reason == tally.SkipBarred && barred:
				r.By = budget.ProjectID(by)
			}
			list[s.Project] = r
		}
	}
	for _, round := range o.Rounds {
		pass(round.Skipped)
	}
	pass(o.Skipped)
	for n, round := range o.Rounds {
		list[round.Project] = Reason{Project: id(round.Project), Why: phases[round.Phase], Round: n + 1, AtMost: upward(round.AtMost)}
	}
	return list
}

// upward rounds an amount up to whole grosze; who lacks a part of one lacks one.
func upward(r *big.Rat) int64 {
	if r == nil {
		return 0
	}
	n, rest := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		n.Add(n, big.NewInt(1))
	}
	return n.Int64()
}
