package tally

import (
	"cmp"
	"context"
	"math"
	"math/big"
	"slices"
)

// Explanation says why one project won or lost, and what would have turned it.
//
// Nothing in it is guessed. What happened is read from the outcome; what would
// have happened is counted again, with one thing changed and the same ballots
// (see Limit). Money is in the unit of the election.
type Explanation struct {
	Project int        `json:"project"`
	Won     bool       `json:"won"`
	Phase   Phase      `json:"phase,omitempty"`  // in which it won
	Reason  SkipReason `json:"reason,omitempty"` // for which it lost
	// Round is the one in which it won, from 1; for a loser, how many had been
	// won when it was passed over for good.
	Round   int        `json:"round"`
	Cost    Money      `json:"cost"`
	Support int64      `json:"support"`
	Score   int64      `json:"score"`
	Left    Money      `json:"left"`    // of the budget, when its turn came; where SkipTooDear decided
	Missing Money      `json:"missing"` // money that it lacked, rounded up
	Votes   int64      `json:"votes"`   // supporters that it lacked to be eligible
	By      int        `json:"by"`      // the winner that excludes it; -1
	Least   int        `json:"least"`   // under greedy, the winner with the least score; -1
	Tie     *TieRecord `json:"tie,omitempty"`

	// Price is the greatest cost at which it wins. Enough is the least score with
	// which it wins under greedy, in votes or points as Scored says. Voters are how
	// many more voters it needs under equal shares, who choose it alone.
	Price  Limit `json:"price"`
	Enough Limit `json:"enough"`
	Voters Limit `json:"voters"`

	Purse *Purse `json:"purse,omitempty"` // under equal shares
}

// Purse is what became of the money of a project's supporters: how much each and
// all of them had, what is left of it, and for what they paid. Amounts are
// rounded to the nearest unit of money; they tell, and decide nothing.
type Purse struct {
	Each  Money     `json:"each"` // rounded down
	First Money     `json:"first"`
	Kept  Money     `json:"kept"`
	Paid  []Payment `json:"paid"` // for other projects, the most first
}

// Payment is what supporters of one project paid for another.
type Payment struct {
	Project int   `json:"project"`
	Amount  Money `json:"amount"`
	Payers  int   `json:"payers"`
}

// Explain explains the outcome of an election for every project, in the order of
// the file. It counts again some dozens of times for each, so that it may take
// a while: when the context ends, whatever was not found until then is Unknown or
// Tried, and the rest stands.
func Explain(ctx context.Context, e *Election, o *Outcome) []Explanation {
	list := make([]Explanation, len(e.Projects))
	for p := range list {
		list[p] = Explanation{Project: p, Reason: SkipTooDear, Cost: e.Projects[p].Cost, Support: e.Support(p), Score: e.Score(p), By: -1, Least: -1}
	}
	tellRounds(e, o, list)
	tellPurses(e, o, list)
	t := &trial{ctx: ctx, e: e, rule: o.Rule}
	t.askAll(list, o)
	return list
}

// tellRounds reads from the outcome what happened to each project.
func tellRounds(e *Election, o *Outcome, list []Explanation) {
	for n, round := range o.Rounds {
		tellSkips(e, o, round.Skipped, list)
		x := &list[round.Project]
		x.Won, x.Phase, x.Reason, x.Round = true, round.Phase, "", n+1
	}
	tellSkips(e, o, o.Skipped, list)
	for i := range o.Ties {
		for _, p := range o.Ties[i].Tied {
			list[p].Tie = &o.Ties[i]
		}
	}
	if o.Rule.Name == Greedy && len(o.Winners) > 0 {
		last := slices.MinFunc(o.Winners, func(a, b int) int { return cmp.Compare(Scored(e, o.Rule, a), Scored(e, o.Rule, b)) })
		for p := range list {
			if !list[p].Won {
				list[p].Least = last
			}
		}
	}
}

func tellSkips(e *Election, o *Outcome, skips []Skip, list []Explanation) {
	for _, s := range skips {
		x := &list[s.Project]
		x.Reason, x.Round, x.By = s.Reason, s.Round, s.By
		x.Missing = RoundUp(s.Missing)
		switch s.Reason {
		case SkipTooDear:
			x.Left = x.Cost - x.Missing
		case SkipThreshold:
			x.Votes = o.Rule.Threshold - x.Support
		case SkipMinShare:
			x.Votes = votesForShare(e, o.Rule, x.Cost) - x.Support
		}
	}
}

// votesForShare is how many supporters a cost asks for: the least n with
// n/voters >= MinShare × cost/budget.
func votesForShare(e *Election, rule Rule, cost Money) int64 {
	if e.Budget == 0 {
		return 0
	}
	need := new(big.Rat).Mul(rule.MinShare, rat(cost))
	return RoundUp(need.Mul(need, big.NewRat(int64(e.Voters()), e.Budget)))
}

// RoundUp is an amount rounded up to a whole unit: whoever lacks a part of one lacks
// one. Nil is nothing.
func RoundUp(r *big.Rat) int64 {
	if r == nil {
		return 0
	}
	n, rest := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		n.Add(n, big.NewInt(1))
	}
	return n.Int64()
}

// ByVotes says whether greedy orders by supporters; else it orders by points.
func ByVotes(e *Election, rule Rule) bool {
	return !e.Type.Pointed() || rule.Utility == UtilityCardinality
}

// Scored is what a project has of that by which greedy orders.
func Scored(e *Election, rule Rule, p int) int64 {
	if ByVotes(e, rule) {
		return e.Support(p)
	}
	return e.Score(p)
}

// tellPurses follows the money of all voters through the rounds of equal shares.
func tellPurses(e *Election, o *Outcome, list []Explanation) {
	if o.Rule.Name != EqualShares || o.Endowment == nil {
		return
	}
	share, _ := o.Endowment.Float64()
	paid := payments(e, o, share)
	for p := range list {
		x := &list[p]
		first := share * float64(x.Support)
		purse := &Purse{Each: downward(o.Endowment), First: nearest(first)}
		for _, f := range paid[p] {
			first -= f.amount
			if f.payers > 0 && f.project != p {
				purse.Paid = append(purse.Paid, Payment{f.project, nearest(f.amount), f.payers})
			}
		}
		purse.Kept = max(0, nearest(first))
		if x.Reason == SkipPoor {
			purse.Kept = x.Cost - x.Missing // as the count itself found it
		}
		slices.SortStableFunc(purse.Paid, func(a, b Payment) int { return cmp.Compare(b.Amount, a.Amount) })
		x.Purse = purse
	}
}

func nearest(amount float64) Money { return Money(math.Round(amount)) }

// flow is what the supporters of a project paid for one winner.
type flow struct {
	project int
	amount  float64
	payers  int
}

// payments are the flows from the supporters of each project, by rounds.
func payments(e *Election, o *Outcome, share float64) [][]flow {
	purses := make([]float64, e.Voters())
	for i := range purses {
		purses[i] = share
	}
	paid := make([][]flow, len(e.Projects))
	for _, round := range o.Rounds {
		if round.Phase != PhaseShares {
			continue
		}
		for p := range paid {
			paid[p] = append(paid[p], flow{project: round.Project})
		}
		rho, _ := round.Rho.Float64()
		for i := range purses {
			pays := min(purses[i], rho*e.worth(i, round.Project, o.Rule.Utility))
			if pays <= 0 {
				continue
			}
			purses[i] -= pays
			e.eachSupported(i, func(p int, _ int32) {
				f := &paid[p][len(paid[p])-1]
				f.amount += pays
				f.payers++
			})
		}
	}
	return paid
}

// worth is the utility of a project to voter i, 0 when the ballot does not
// support it.
func (e *Election) worth(i, project int, u Utility) (worth float64) {
	e.eachSupported(i, func(p int, points int32) {
		switch {
		case p != project:
		case u == UtilityCost:
			worth = float64(e.Projects[p].Cost)
		case u == UtilityCardinality:
			worth = 1
		default:
			worth = float64(points)
		}
	})
	return worth
}

// eachSupported calls f with each project that ballot i supports, and its points,
// which are 1 where ballots carry none.
func (e *Election) eachSupported(i int, f func(project int, points int32)) {
	projects, points := e.Ballot(i)
	for j, p := range projects {
		switch {
		case points == nil:
			f(int(p), 1)
		case points[j] > 0:
			f(int(p), points[j])
		}
	}
}
