package result

import (
	"slices"
	"strings"
	"testing"

	"kladka/internal/budget"
	"kladka/internal/budget/tally"
)

func TestDifferences(t *testing.T) {
	even := func(n int) Turnout { return Turnout{Rights: 40, Spent: n, Ways: []Part{{"online", n}}} }
	for name, c := range map[string]struct {
		turnout Turnout
		numbers Numbers
		want    []Difference
	}{
		"even":                   {even(30), Numbers{Envelopes: 30, Valid: 28, Invalid: 2}, nil},
		"nobody voted":           {Turnout{Rights: 40}, Numbers{}, nil},
		"an envelope too much":   {even(30), Numbers{Envelopes: 31, Valid: 31}, []Difference{{"envelopes", 30, 31}}},
		"an envelope is missing": {even(30), Numbers{Envelopes: 29, Valid: 29}, []Difference{{"envelopes", 30, 29}}},
		"one does not open":      {even(30), Numbers{Envelopes: 30, Unreadable: 1, Valid: 29}, []Difference{{"opened", 30, 29}}},
		"a copy beside":          {even(30), Numbers{Envelopes: 30, Copies: 1, Valid: 29}, []Difference{{"opened", 30, 29}}},
		"ways lack one":          {Turnout{Rights: 40, Spent: 3, Ways: []Part{{"slip", 2}}}, Numbers{Envelopes: 3, Valid: 3}, []Difference{{"ways", 3, 2}}},
		"more than rights":       {Turnout{Rights: 2, Spent: 3, Ways: []Part{{"slip", 3}}}, Numbers{Envelopes: 3, Valid: 3}, []Difference{{"rights", 2, 3}}},
	} {
		if got := Differences(c.turnout, c.numbers); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestVoteType(t *testing.T) {
	for _, c := range []struct {
		rules budget.BallotRules
		want  tally.VoteType
	}{
		{budget.BallotRules{Type: budget.Ranked, Min: 3, Max: 3, Points: []int{3, 2, 1}}, tally.Ordinal},
		{budget.BallotRules{Type: budget.Ranked, Min: 3, Points: []int{3, 2, 1}}, tally.Ordinal},
		{budget.BallotRules{Type: budget.Ranked, Min: 1, Max: 3, Points: []int{3, 2, 1}}, tally.Scoring}, // 2 and 1 point can be given alone
		{budget.BallotRules{Type: budget.Ranked, Min: 3, Max: 3, Points: []int{5, 3, 1}}, tally.Scoring},
		{budget.BallotRules{Type: budget.Cumulative, Total: 10}, tally.Cumulative},
		{budget.BallotRules{Type: budget.One}, tally.ChooseOne},
		{budget.BallotRules{Type: budget.Approval}, tally.Approval},
		{budget.BallotRules{Type: budget.Knapsack}, tally.Approval},
	} {
		if got := voteType(c.rules); got != c.want {
			t.Errorf("%+v: %s, want %s", c.rules, got, c.want)
		}
	}
}

// poolOf is a pool with three projects and its ballots.
func poolOf(t *testing.T, rules budget.BallotRules, count budget.CountRules, choices ...budget.Choice) (budget.Edition, budget.Pool, *tally.Election) {
	t.Helper()
	projects := []budget.BallotProject{{ID: "a", Title: "A", Cost: 60, Order: 1}, {ID: "b", Title: "B", Cost: 50, Order: 2}, {ID: "c", Title: "C", Cost: 0, Order: 3}}
	pool := budget.Pool{ID: "p", Budget: 100, Ballot: rules, Count: count}
	e := budget.Edition{ID: "e", Rules: budget.Rules{Pools: []budget.Pool{pool}, Excludes: [][]budget.ProjectID{{"a", "c"}, {"b", "elsewhere"}}}}
	_, order := costs(projects)
	var bodies [][]byte
	for _, c := range choices {
		body, err := pool.Encode(c, order)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	election, err := NewElection(e, pool, projects, bodies)
	if err != nil {
		t.Fatal(err)
	}
	return e, pool, election
}

func choice(picks ...budget.Pick) budget.Choice { return budget.Choice{Picks: picks} }

func TestElectionOfEveryBallot(t *testing.T) {
	pick := func(id budget.ProjectID, points int) budget.Pick { return budget.Pick{Project: id, Points: points} }
	for name, c := range map[string]struct {
		rules   budget.BallotRules
		choices []budget.Choice
		score   [3]int64
	}{
		"ranked":          {budget.BallotRules{Type: budget.Ranked, Min: 2, Points: []int{2, 1}}, []budget.Choice{choice(pick("b", 2), pick("a", 1)), choice(pick("c", 2), pick("a", 1))}, [3]int64{2, 2, 2}},
		"a place is free": {budget.BallotRules{Type: budget.Ranked, Min: 1, Points: []int{2, 1}}, []budget.Choice{choice(pick("a", 1)), choice(pick("c", 2))}, [3]int64{1, 0, 2}},
		"cumulative":      {budget.BallotRules{Type: budget.Cumulative, Total: 9}, []budget.Choice{choice(pick("a", 7), pick("c", 2)), choice()}, [3]int64{7, 0, 2}},
		"approval":        {budget.BallotRules{Type: budget.Approval}, []budget.Choice{choice(pick("a", 0), pick("b", 0)), choice(pick("b", 0))}, [3]int64{1, 2, 0}},
		"one":             {budget.BallotRules{Type: budget.One}, []budget.Choice{choice(pick("c", 0))}, [3]int64{0, 0, 1}},
		"no ballots":      {budget.BallotRules{Type: budget.Knapsack}, nil, [3]int64{}},
	} {
		_, _, e := poolOf(t, c.rules, budget.CountRules{}, c.choices...)
		if got := [3]int64{e.Score(0), e.Score(1), e.Score(2)}; got != c.score || e.Voters() != len(c.choices) {
			t.Errorf("%s: %v of %d, want %v", name, got, e.Voters(), c.score)
		}
		// What is published says the same.
		var file strings.Builder
		if err := writeFile(&file, e, Outcome{}); err != nil {
			t.Fatal(name, err)
		}
		if len(c.choices) == 0 {
			continue
		}
		again, err := tally.Parse(strings.NewReader(file.String()))
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, file.String())
		}
		if got := [3]int64{again.Score(0), again.Score(1), again.Score(2)}; got != c.score || again.Voters() != e.Voters() {
			t.Errorf("%s: the file gives %v, want %v\n%s", name, got, c.score, file.String())
		}
	}
	if _, err := NewElection(budget.Edition{}, budget.Pool{Ballot: budget.BallotRules{Type: budget.One}}, nil, [][]byte{{1, 1, 0}}); err == nil {
		t.Error("a body of another ballot is counted")
	}
}

// TestReasonsOfARule excludes a beside c, asks for two votes, and looks at what
// each project is told.
func TestReasonsOfARule(t *testing.T) {
	rules := budget.BallotRules{Type: budget.Approval}
	count := budget.CountRules{Rule: "greedy", Utility: "cost", Completion: "none", Start: "exact", Step: 1, Ties: "votes"}
	e, pool, election := poolOf(t, rules, count, choice(budget.Pick{Project: "c"}, budget.Pick{Project: "a"}), choice(budget.Pick{Project: "c"}, budget.Pick{Project: "a"}),
		choice(budget.Pick{Project: "c"}), choice(budget.Pick{Project: "b"}))
	pool.LeastVotes = 2
	rule, err := RuleOf(e, pool, election)
	if err != nil || len(rule.Excludes) != 1 || rule.Threshold != 2 {
		t.Fatalf("%+v, %v", rule, err)
	}
	o, err := tally.Count(election, rule)
	if err != nil {
		t.Fatal(err)
	}
	want := []Reason{{Project: "a", Why: LostExcluded, Round: 1, By: "c"}, {Project: "b", Why: LostFew}, {Project: "c", Why: WonGreedy, Round: 1}}
	if got := Reasons(election, o); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	outcome := NewOutcome(e, pool, election, o)
	if brief(outcome.Winners) != "c" || brief(outcome.lost()) != "ab" {
		t.Errorf("%+v", outcome)
	}
	line := `kladka tally x.pb --rule greedy --utility cost --threshold 2 --exclude a,c --ties votes --json`
	if got := Command(outcome.Rule, "x.pb"); got != line {
		t.Error(got)
	}
}

// TestOutcomeHasOneText: what is stored is what was hashed, and reads back whole.
func TestOutcomeHasOneText(t *testing.T) {
	count := budget.CountRules{Rule: "mes", Utility: "cost", Completion: "add1", Start: "floor", Step: 2, MinShare: "1/3", Ties: "cost,lot:x"}
	e, pool, election := poolOf(t, budget.BallotRules{Type: budget.Approval}, count, choice(budget.Pick{Project: "a"}, budget.Pick{Project: "b"}), choice(budget.Pick{Project: "b"}))
	rule, err := RuleOf(e, pool, election)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, f := range []counter{tally.Count, tally.CountPlainly} {
		o, err := f(election, rule)
		if err != nil {
			t.Fatal(err)
		}
		text, err := NewOutcome(e, pool, election, o).Text()
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	if texts[0] != texts[1] {
		t.Errorf("%s\n%s", texts[0], texts[1])
	}
	var back Outcome
	for _, from := range []any{texts[0], []byte(texts[0])} {
		if err := back.Scan(from); err != nil {
			t.Fatal(err)
		}
		if again, err := back.Text(); err != nil || again != texts[0] {
			t.Errorf("%s, %v", again, err)
		}
	}
	if got := Command(back.Rule, "x.pb"); got != `kladka tally x.pb --rule mes --utility cost --completion add1 --step 2 --start floor --min-share 1/3 --exclude a,c --ties cost,lot:x --json` {
		t.Error(got)
	}
	if back.Scan(3) == nil || back.Scan("{") == nil {
		t.Error("what is no outcome is read")
	}
}
