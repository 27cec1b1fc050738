package tally

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// workedExample is a small case with all outcomes that some order of breaking
// ties gives.
type workedExample struct {
	Name     string
	Projects map[string]json.Number
	Budget   json.Number
	Ballots  [][]string
	Expected map[string][][]string
}

// election counts money in so fine a unit that a step of add1, which is a whole
// currency unit, can be as small as the case asks.
func (w workedExample) election(t *testing.T, unit int64) *Election {
	t.Helper()
	amount := func(n json.Number) Money {
		r, _ := new(big.Rat).SetString(n.String())
		return r.Mul(r, rat(unit)).Num().Int64()
	}
	var names []string
	for id := range w.Projects {
		names = append(names, id)
	}
	slices.Sort(names)
	var projects []Project
	for _, id := range names {
		projects = append(projects, Project{ID: id, Cost: amount(w.Projects[id])})
	}
	var ballots []Ballot
	for _, approved := range w.Ballots {
		b := Ballot{}
		for _, id := range approved {
			b.Picks = append(b.Picks, Pick{Project: int32(slices.Index(names, id))})
		}
		ballots = append(ballots, b)
	}
	e, err := New(0, amount(w.Budget), Approval, projects, ballots)
	if err != nil {
		t.Fatal(w.Name, err)
	}
	return e
}

// workedRules are the rules of the examples that we have: the rule, and into
// how many parts of a currency unit it divides money.
var workedRules = map[string]struct {
	rule Rule
	unit int64
}{
	"greedy/Cost":                         {Rule{Name: Greedy}, 100},
	"greedy/Cardinality":                  {Rule{Name: Greedy, Utility: UtilityCardinality}, 100},
	"mes/Cost":                            {Rule{Name: EqualShares}, 100},
	"mes/Cardinality":                     {Rule{Name: EqualShares, Utility: UtilityCardinality}, 100},
	"mes/any":                             {Rule{Name: EqualShares, Utility: UtilityCardinality}, 100},
	"mes_iterated/Cost":                   {Rule{Name: EqualShares, Completion: CompleteAdd1Exhaustive, Step: 10}, 100},
	"mes_iterated/Cardinality":            {Rule{Name: EqualShares, Utility: UtilityCardinality, Completion: CompleteAdd1Exhaustive, Step: 10}, 100},
	"mes_iterated/any":                    {Rule{Name: EqualShares, Completion: CompleteAdd1Exhaustive, Step: 10}, 100},
	"mes+budget_increase(step=1/24)/Cost": {Rule{Name: EqualShares, Completion: CompleteAdd1Exhaustive, Step: 1}, 24},
	"mes+budget_increase(step=5)/Cost":    {Rule{Name: EqualShares, Completion: CompleteAdd1Exhaustive, Step: 5 * 24}, 24},
}

// otherRules are the rules of the examples that we do not have: welfare, Phragmén,
// and a count that begins with a winner.
var otherRules = []string{"max_welfare/Cost", "max_welfare/Cardinality", "sequential_phragmen", "mes+budget_increase(step=1/24, g already funded)/Cost"}

// How much the file of examples holds.
const (
	workedExamples = 6
	workedCases    = 21 // rules of an example that are counted
	workedOthers   = 6
)

// TestWorkedExamples: each order of breaking ties gives one of the outcomes of
// the case, and the orders together give all of them where lots can be drawn
// often enough to say so.
func TestWorkedExamples(t *testing.T) {
	var all struct{ Examples []workedExample }
	readReference(t, "worked_examples.json", &all)
	counted, others := 0, 0
	for _, w := range all.Examples {
		for name, outcomes := range w.Expected {
			if slices.Contains(otherRules, name) {
				others++
				continue
			}
			r, ours := workedRules[name]
			if !ours || len(outcomes) == 0 {
				t.Errorf("%s: what is %q, with %d outcomes?", w.Name, name, len(outcomes))
				continue
			}
			counted++
			e := w.election(t, r.unit)
			seen := map[string]bool{}
			for lot := range 60 {
				r.rule.Ties = []Tie{{By: TieLot, Seed: fmt.Sprint(lot)}}
				got := strings.Join(sorted(ids(e, mustCount(t, e, r.rule).Winners)), " ")
				seen[got] = true
			}
			want := map[string]bool{}
			for _, o := range outcomes {
				want[strings.Join(sorted(o), " ")] = true
			}
			for o := range want {
				if !seen[o] {
					t.Errorf("%s %s: no order gives %q", w.Name, name, o)
				}
			}
			for o := range seen {
				if !want[o] {
					t.Errorf("%s %s: %q is not expected: %v", w.Name, name, o, outcomes)
				}
			}
		}
	}
	if len(all.Examples) != workedExamples || counted != workedCases || others != workedOthers {
		t.Errorf("%d examples, %d cases, %d others; want %d, %d, %d", len(all.Examples), counted, others, workedExamples, workedCases, workedOthers)
	}
}
