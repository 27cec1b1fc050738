package result

import (
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
	// Of too few ballots for more to be said: see Outcome.Few.
	WonUntold  Why = "won_untold"
	LostUntold Why = "lost_untold"
	// Of a pool that was not opened: see Numbers.Unopened.
	LostUnopened Why = "unopened"
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
			r := Reason{Project: id(s.Project), Why: skipped[s.Reason], Round: s.Round, Missing: tally.RoundUp(s.Missing)}
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
		list[round.Project] = Reason{Project: id(round.Project), Why: phases[round.Phase], Round: n + 1, AtMost: tally.RoundUp(round.AtMost)}
	}
	return list
}

// reasons are as much of the reasons as may be told. Of too few ballots it is what
// follows from the published votes, the winners and the rules.
func (o Outcome) reasons(all []Reason) []Reason {
	told := make([]Reason, len(all))
	if o.Unopened {
		for i, r := range all {
			told[i] = Reason{Project: r.Project, Why: LostUnopened}
		}
		return told
	}
	if !o.Few {
		return all
	}
	for i, r := range all {
		told[i] = Reason{Project: r.Project, Why: r.Why, By: r.By}
		switch r.Why {
		case WonShares, WonFill:
			told[i].Why = WonUntold
		case LostTooDear, LostPoor, LostOther:
			told[i].Why = LostUntold
		}
	}
	return told
}
