package tally

import (
	"context"
	"math/big"
)

// Phase says in which part of a count a project won.
type Phase string

// The phases.
const (
	PhaseGreedy Phase = "greedy" // by the greedy rule
	PhaseShares Phase = "shares" // paid for by its supporters
	PhaseFill   Phase = "fill"   // with what equal shares left, by supporters
)

// SkipReason says why a project was passed over.
type SkipReason string

// The reasons.
const (
	SkipTooDear   SkipReason = "too_dear"   // the budget left is smaller than its cost, by Missing
	SkipPoor      SkipReason = "poor"       // its supporters have less than it costs, by Missing
	SkipNoSupport SkipReason = "no_support" // nobody supports it
	SkipExcluded  SkipReason = "excluded"   // it may not win beside By, which won
	SkipBarred    SkipReason = "barred"     // it may not win beside a project that won another count; see Rule.BarredBy
	SkipMinShare  SkipReason = "min_share"  // its share of supporters is too small for its cost
	SkipThreshold SkipReason = "threshold"  // it has too few supporters
)

// Skip is a project that was looked at and could not win.
type Skip struct {
	Project int
	Round   int // how many rounds had been won before
	Reason  SkipReason
	Missing *big.Rat // in Money; nil when money was not the reason
	By      int      // the winner that excludes it; -1
}

// Round is one selection.
type Round struct {
	Project    int
	Phase      Phase
	Score      int64    // points or votes that decided, in greedy and fill; in shares the supporters' points
	Supporters int64    // ballots that support it
	Rho        *big.Rat // Money per unit of utility that its supporters pay; nil outside shares
	AtMost     *big.Rat // the most that one supporter pays, in Money; nil outside shares
	Held       *big.Rat // what all voters hold together after it; nil outside shares
	Left       Money    // budget not yet spent after it
	Skipped    []Skip   // passed over since the round before
	Tie        *TieRecord
}

// Outcome is a count: the winners, and everything that made them win.
type Outcome struct {
	Rule    Rule // whole
	Winners []int
	Cost    Money
	Rounds  []Round
	Ties    []TieRecord
	Skipped []Skip // passed over after the last round: the losers, each once

	Endowment *big.Rat // a voter's share in the outcome taken, in Money; nil for greedy
	Start     *big.Rat // the share at first; nil for greedy
	Steps     int      // how often add1 raised the share
}

// Count counts fast. It returns a *RuleFault for a rule that cannot be counted.
func Count(e *Election, rule Rule) (*Outcome, error) {
	return CountContext(context.Background(), e, rule)
}

// CountContext is Count that stops when the context ends, and then returns its
// error. It looks before each purchase of equal shares, of which add1 makes many at
// each of many steps; one takes no longer than going once through the ballots.
func CountContext(ctx context.Context, e *Election, rule Rule) (*Outcome, error) {
	rule, err := rule.Whole(e)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if rule.Name == Greedy {
		return countGreedy(e, rule), nil
	}
	out := countShares(ctx, e, rule)
	if err := ctx.Err(); err != nil {
		return nil, err // the outcome is half a count
	}
	return out, nil
}
