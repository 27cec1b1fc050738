package tally

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestReplayAddsUp: each step begins where the one before it ended, each winner
// has one step, and each loser is told once in the last.
func TestReplayAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := ballotBox(Approval, Ordinal).Draw(t, "election")
		out, err := Count(e, anyRule(t, e))
		if err != nil {
			t.Fatal(err)
		}
		steps, left := Replay(e, out), e.Budget
		var winners []int
		for _, s := range steps {
			if s.Before != left {
				t.Fatalf("%+v begins with %d, not %d", s, s.Before, left)
			}
			if s.Kind == StepWin {
				winners = append(winners, s.Project)
				left -= s.Cost
			}
			if s.After != left || s.Winners != len(winners) {
				t.Fatalf("%+v ends with %d", s, left)
			}
		}
		if !slices.Equal(winners, out.Winners) || steps[len(steps)-1].Kind != StepEnd {
			t.Fatalf("%v, want %v", winners, out.Winners)
		}
	})
}

func TestReplayOfShares(t *testing.T) {
	e := piles(t, Approval, 100, []Money{30, 40}, pile{4, []int32{0, 1}}, pile{2, []int32{0}}, pile{1, []int32{1}}, pile{3, nil})
	steps := Replay(e, mustCount(t, e, Rule{Name: EqualShares, Completion: CompleteAdd1}))
	if s := steps[0]; s.Kind != StepShare || s.Share != 10 || s.HeldAfter != 100 {
		t.Errorf("%+v", s)
	}
	for _, s := range steps {
		if s.Kind == StepWin && s.Project == 0 && (s.AtMost != 5 || s.HeldBefore-s.HeldAfter != 30) {
			t.Errorf("%+v", s)
		}
	}
}

func TestCompare(t *testing.T) {
	// The greater part likes a and b, which take it all; c has the others.
	e := piles(t, Approval, 100, []Money{50, 50, 36}, pile{6, []int32{0, 1}}, pile{4, []int32{2}}, pile{1, nil})
	e.Projects[0].Categories, e.Projects[2].Categories = []string{"sport", "greenery"}, []string{"greenery"}
	e.Projects[1].District = "Old Town"
	list, err := Compare(e, []Rule{{Name: Greedy}, {Name: EqualShares, Completion: CompleteGreedy}})
	if err != nil {
		t.Fatal(err)
	}
	greedy, shares := list[0], list[1]
	if !slices.Equal(greedy.Winners, []int{0, 1}) || greedy.Without != 4 || greedy.Voters != 10 || greedy.Choices != 16 || greedy.Fulfilled != 12 {
		t.Errorf("%+v", greedy)
	}
	if shares.Without != 0 || shares.Fulfilled != 10 || !slices.Equal(greedy.Common(shares), []int{0}) {
		t.Errorf("%+v", shares)
	}
	if want := []Spending{{"", 50, 1}, {"greenery", 50, 1}, {"sport", 50, 1}}; !slices.Equal(greedy.Category, want) {
		t.Error(greedy.Category)
	}
	if want := []Spending{{"", 50, 1}, {"Old Town", 50, 1}}; !slices.Equal(greedy.District, want) {
		t.Error(greedy.District)
	}
	if _, err := Compare(e, []Rule{{Name: "coin"}}); err == nil {
		t.Error("a rule that is none")
	}
}

// TestExplainRealFiles: on a real greedy count all limits are found and true; how
// long it takes is told when KLADKA_TALLY_SPEED is set.
func TestExplainRealFiles(t *testing.T) {
	for _, c := range []struct {
		file string
		rule Rule
		long bool
	}{
		{"Poland_Krakow_2025_Czyzyny.pb", Rule{Name: Greedy}, false},
		{"Poland_Krakow_2024.pb", Rule{Name: Greedy}, false},
		{assen, Rule{Name: EqualShares, Completion: CompleteAdd1}, true},
		{wieliczka, Rule{Name: EqualShares, Completion: CompleteAdd1}, true},
		{"Poland_Krakow_2024.pb", Rule{Name: EqualShares, Utility: UtilityPoints}, true},
		{"Poland_Krakow_2024.pb", Rule{Name: EqualShares, Utility: UtilityPoints, Completion: CompleteAdd1}, true},
	} {
		if c.long && os.Getenv("KLADKA_TALLY_SPEED") == "" {
			continue
		}
		e := realElection(t, c.file)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		at := time.Now()
		list := Explain(ctx, e, mustCount(t, e, c.rule))
		cancel()
		states := map[LimitState]int{}
		for _, x := range list {
			states[x.Price.State]++
		}
		t.Logf("FIGURE %s %s %s: %d projects, %v, prices %v", c.file, c.rule.Name, c.rule.Completion, len(list), time.Since(at).Round(time.Millisecond), states)
		if !c.long && states[Tried]+states[Unknown] > 0 {
			t.Errorf("%s: %v", c.file, states)
		}
		if len(list) < 50 {
			checkPrices(t, e, c.rule, list)
		}
	}
}

// checkPrices sets each price that was found, and one grosz more, and counts.
func checkPrices(t *testing.T, e *Election, rule Rule, list []Explanation) {
	t.Helper()
	try := &trial{ctx: t.Context(), e: e, rule: rule}
	for _, x := range list {
		if x.Price.State != Sure {
			continue
		}
		if !try.wins(try.costing(x.Project, x.Price.Value), x.Project) || try.wins(try.costing(x.Project, x.Price.Value+1), x.Project) {
			t.Errorf("%s does not turn at %s", e.Projects[x.Project].ID, e.Amount(x.Price.Value))
		}
	}
}
