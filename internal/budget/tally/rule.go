package tally

import (
	"math/big"
	"strings"
)

// RuleName names a rule of counting.
type RuleName string

// The rules.
const (
	Greedy      RuleName = "greedy" // by score, skipping what does not fit
	EqualShares RuleName = "mes"    // the method of equal shares
)

// Utility says how much a project is worth to a voter who supports it.
type Utility string

// The utilities. Equal shares asks what a supporter gets for the money; the
// cheapest utility wins a round:
//
//	cost          what the project costs
//	cardinality   one, whatever it costs
//	points        the points on the ballot (one where ballots carry none)
//
// Greedy takes the greatest score first: points, or supporters where ballots
// carry none. That is the utility of the voters per unit of money when utility
// is cost, and so it is called cost or points here; with cardinality the order
// is supporters per unit of money.
const (
	UtilityCost        Utility = "cost"
	UtilityCardinality Utility = "cardinality"
	UtilityPoints      Utility = "points"
)

// Completion says how equal shares spends what it leaves.
type Completion string

// The completions.
const (
	CompleteNone           Completion = "none"
	CompleteAdd1           Completion = "add1"            // raise the shares by Step until they overspend; the last outcome that did not
	CompleteAdd1Exhaustive Completion = "add1-exhaustive" // the same, but stop when nothing affordable is left
	CompleteGreedy         Completion = "greedy"          // fill by the number of supporters
	CompleteAdd1Greedy     Completion = "add1+greedy"     // add1, then fill
)

// Start says what a voter's share is at first.
type Start string

// The starts. On real files the choice changes winners, so it belongs to the
// published rule.
const (
	StartExact Start = "exact" // budget / voters, as a fraction
	StartFloor Start = "floor" // rounded down to a whole currency unit
)

// Rule is the whole rule of one count. The zero value of a field means its
// default, which Whole fills in.
type Rule struct {
	Name       RuleName
	Utility    Utility    // default cost
	Completion Completion // default none; only for equal shares
	Step       int64      // of add1, in whole currency units per voter; default 1
	Start      Start      // default exact
	MinShare   *big.Rat   // eligible when supporters/voters >= MinShare × cost/budget; nil: all
	Threshold  int64      // eligible from so many supporters on; 0: all
	Ties       []Tie      // in order; the order of the file settles what they leave
	Excludes   [][]int    // groups of projects of which at most one may win
	Barred     []Barred   // projects that may not win at all
}

// Barred is a project that may not win, because one that excludes it won another
// count: pools that are counted one after the other can share a group. By is the
// id of that one, which this election does not know, or "".
type Barred struct {
	Project int
	By      string
}

// RuleFault is a rule that says what cannot be counted. What names the part of
// the rule: "rule", "utility", "completion", "step", "start", "min-share",
// "threshold", "ties", "exclude", "barred".
type RuleFault struct{ What, Text string }

func (f *RuleFault) Error() string { return f.What + ": " + f.Text }

// Whole returns the rule with its defaults filled in, or a *RuleFault. Count
// calls it; Outcome.Rule is whole.
func (r Rule) Whole(e *Election) (Rule, error) {
	if r.Utility == "" {
		r.Utility = UtilityCost
	}
	if r.Completion == "" {
		r.Completion = CompleteNone
	}
	if r.Start == "" {
		r.Start = StartExact
	}
	if r.Step == 0 {
		r.Step = 1
	}
	return r, r.check(e)
}

func (r Rule) check(e *Election) error {
	switch {
	case r.Name != Greedy && r.Name != EqualShares:
		return &RuleFault{"rule", string(r.Name)}
	case !oneOf(r.Utility, UtilityCost, UtilityCardinality, UtilityPoints):
		return &RuleFault{"utility", string(r.Utility)}
	case !oneOf(r.Completion, CompleteNone, CompleteAdd1, CompleteAdd1Exhaustive, CompleteGreedy, CompleteAdd1Greedy):
		return &RuleFault{"completion", string(r.Completion)}
	case r.Name == Greedy && r.Completion != CompleteNone:
		return &RuleFault{"completion", "the greedy rule leaves nothing to complete"}
	case r.Step < 0 || r.Step > maxMoney/e.Unit():
		return &RuleFault{"step", "not a positive amount that we take"}
	case !oneOf(r.Start, StartExact, StartFloor):
		return &RuleFault{"start", string(r.Start)}
	case r.MinShare != nil && r.MinShare.Sign() < 0:
		return &RuleFault{"min-share", "less than nothing"}
	case r.Threshold < 0:
		return &RuleFault{"threshold", "less than nothing"}
	}
	for _, group := range r.Excludes {
		for _, p := range group {
			if p < 0 || p >= len(e.Projects) {
				return &RuleFault{"exclude", "a project that is not on the ballot"}
			}
		}
	}
	for _, b := range r.Barred {
		if b.Project < 0 || b.Project >= len(e.Projects) {
			return &RuleFault{"barred", "a project that is not on the ballot"}
		}
	}
	return nil
}

// ParseShare reads a share for MinShare: "1/3", "0.25", "1". It returns a
// *RuleFault for anything else.
func ParseShare(text string) (*big.Rat, error) {
	share, ok := new(big.Rat), len(text) <= 40 && strings.Trim(text, "0123456789./") == ""
	if ok {
		_, ok = share.SetString(text)
	}
	if !ok {
		return nil, &RuleFault{"min-share", "not a share like 1/3 or 0.25: " + shorten(text)}
	}
	return share, nil
}

func oneOf[T comparable](v T, all ...T) bool {
	for _, a := range all {
		if v == a {
			return true
		}
	}
	return false
}

// eligible says whether a project may win at all: when it is not barred, and by
// its share of supporters and the threshold. Where nobody voted, nothing may win.
func (r *Rule) eligible(e *Election, project int) (SkipReason, bool) {
	if e.Voters() == 0 {
		return SkipNoSupport, false
	}
	if _, barred := r.BarredBy(project); barred {
		return SkipBarred, false
	}
	if e.Support(project) < r.Threshold {
		return SkipThreshold, false
	}
	if r.MinShare != nil && !r.shareReached(e, project) {
		return SkipMinShare, false
	}
	return "", true
}

// BarredBy is the winner of another count that bars the project; false when none
// does.
func (r *Rule) BarredBy(project int) (by string, barred bool) {
	for _, b := range r.Barred {
		if b.Project == project {
			return b.By, true
		}
	}
	return "", false
}

// shareReached compares supporters/voters with MinShare × cost/budget, without
// a division: nothing over nothing reaches every share.
func (r *Rule) shareReached(e *Election, project int) bool {
	has := new(big.Rat).Mul(rat(e.Support(project)), rat(e.Budget))
	needs := new(big.Rat).Mul(rat(e.Projects[project].Cost), rat(int64(e.Voters())))
	return has.Cmp(needs.Mul(needs, r.MinShare)) >= 0
}
