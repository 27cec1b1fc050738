package tally

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The two reference programs break ties each in its own way; it matters on real
// files, so it is written down here.
const (
	tiesOfPabutools  = "id"         // the id of the project, compared as text
	tiesOfEqualTool  = "votes,cost" // and what is left, in the order of the file
	wieliczka        = "Poland_Wieliczka_2023_Green_Budget.pb"
	swiecie          = "Poland_Swiecie_2023.pb"
	assen            = "Netherlands_Assen_2024.pb"
	pabutoolsRunning = "method_of_equal_shares"
)

// How many cases the references hold. A key that was renamed, or a file that lost
// its end, would leave nothing to compare, and nothing would be wrong with it.
const (
	ordersOfFile      = 12 // rules in each of the three files of orders
	equalToolCases    = 78
	pabutoolsFiles    = 8
	pabutoolsCompared = 41
	pabutoolsLeft     = 12 // sequential Phragmén, what took too long, points divided by costs
)

// sharedFolder holds real data, beside the project.
var sharedFolder = filepath.Join("..", "..", "..", "..", "shared", "data", "pb")

// readShared reads a file of real data, which lies beside the project. A clone
// alone does without.
func readShared(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(sharedFolder, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("waits for the folder shared beside the project")
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func realElection(t testing.TB, name string) *Election {
	t.Helper()
	e, err := Parse(bytes.NewReader(readShared(t, name)))
	if err != nil {
		t.Fatal(name, err)
	}
	return e
}

func readReference(t testing.TB, name string, into any) {
	t.Helper()
	if err := json.Unmarshal(readShared(t, name), into); err != nil {
		t.Fatal(name, err)
	}
}

func mustTies(t testing.TB, spec string) []Tie {
	t.Helper()
	ties, err := ParseTies(spec)
	if err != nil {
		t.Fatal(err)
	}
	return ties
}

func mustCount(t testing.TB, e *Election, r Rule) *Outcome {
	t.Helper()
	out, err := Count(e, r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// ids are the winners in the order of their winning.
func ids(e *Election, winners []int) []string {
	all := []string{}
	for _, p := range winners {
		all = append(all, e.Projects[p].ID)
	}
	return all
}

func sorted(ids []string) []string {
	s := slices.Clone(ids)
	slices.Sort(s)
	return s
}

// TestReferenceOrders compares winners and the order of winning with pabutools,
// which counted three approval files with fractions.
func TestReferenceOrders(t *testing.T) {
	rules := map[string]Rule{
		"greedy_votes":           {Name: Greedy},
		"greedy_votes_per_cost":  {Name: Greedy, Utility: UtilityCardinality},
		"mes_cost":               {Name: EqualShares, Utility: UtilityCost},
		"mes_cost_singleprofile": {Name: EqualShares, Utility: UtilityCost},
		"mes_cost_greedy":        {Name: EqualShares, Utility: UtilityCost, Completion: CompleteGreedy},
		"mes_cost_add1":          {Name: EqualShares, Utility: UtilityCost, Completion: CompleteAdd1Exhaustive},
		"mes_card":               {Name: EqualShares, Utility: UtilityCardinality},
		"mes_card_singleprofile": {Name: EqualShares, Utility: UtilityCardinality},
		"mes_card_greedy":        {Name: EqualShares, Utility: UtilityCardinality, Completion: CompleteGreedy},
		"mes_card_add1":          {Name: EqualShares, Utility: UtilityCardinality, Completion: CompleteAdd1Exhaustive},
	}
	for _, file := range []string{assen, swiecie, wieliczka} {
		e := realElection(t, file)
		var reference struct {
			Rules map[string]struct {
				Order []string
				Cost  json.Number
			}
		}
		readReference(t, "reference/"+strings.TrimSuffix(file, ".pb")+".json", &reference)
		if len(reference.Rules) != ordersOfFile {
			t.Errorf("%s: %d rules, want %d", file, len(reference.Rules), ordersOfFile)
		}
		for name, want := range reference.Rules {
			rule, known := rules[name]
			if !known { // *_add1_greedy: they fill after add1-exhaustive, a completion that we do not have
				filled := false
				if rule, filled = rules[strings.TrimSuffix(name, "_greedy")]; !filled {
					t.Errorf("%s: what is %q?", file, name)
					continue
				}
			}
			if len(want.Order) == 0 || want.Cost == "" {
				t.Errorf("%s %s says nothing", file, name)
			}
			rule.Ties = mustTies(t, tiesOfPabutools)
			got := mustCount(t, e, rule)
			if !known {
				fillUp(e, got)
			}
			if !slices.Equal(ids(e, got.Winners), want.Order) || e.Amount(got.Cost) != want.Cost.String() {
				t.Errorf("%s %s:\n got %v %s\nwant %v %s", file, name, ids(e, got.Winners), e.Amount(got.Cost), want.Order, want.Cost)
			}
		}
	}
}

// fillUp adds the greedy completion to an outcome.
func fillUp(e *Election, out *Outcome) {
	c := &sharing{e: e, rule: &out.Rule, order: newTieOrder(e, out.Rule.Ties)}
	c.fill(out)
}

// TestReferenceEqualTool compares with the compute tool of equalshares.net.
func TestReferenceEqualTool(t *testing.T) {
	completions := map[string]Completion{
		"none": CompleteNone, "utilitarian": CompleteGreedy, "add1": CompleteAdd1, "add1u": CompleteAdd1Greedy,
	}
	var all struct {
		Tool struct {
			Results []struct {
				File, Completion, Accuracy string
				Winners                    []string `json:"winners_in_selection_order"`
				Cost                       json.Number
				Endowment                  float64
			}
		} `json:"equalshares_compute_tool"`
	}
	readReference(t, "expected_rule_outcomes.json", &all)
	if n := len(all.Tool.Results); n != equalToolCases {
		t.Errorf("%d cases, want %d", n, equalToolCases)
	}
	for _, want := range all.Tool.Results {
		completion, known := completions[want.Completion]
		if !known {
			t.Errorf("%s: what is the completion %q?", want.File, want.Completion)
			continue
		}
		e := realElection(t, want.File)
		rule := Rule{Name: EqualShares, Completion: completion, Ties: mustTies(t, tiesOfEqualTool)}
		got := mustCount(t, e, rule)
		endowment, _ := new(big.Rat).Quo(got.Endowment, rat(e.Unit())).Float64()
		if !slices.Equal(ids(e, got.Winners), want.Winners) || e.Amount(got.Cost) != want.Cost.String() || abs(endowment-want.Endowment) > 1e-6 {
			t.Errorf("%s %s (%s):\n got %v %s from %f\nwant %v %s from %f", want.File, want.Completion, want.Accuracy,
				ids(e, got.Winners), e.Amount(got.Cost), endowment, want.Winners, want.Cost, want.Endowment)
		}
	}
}

func abs(f float64) float64 { return max(f, -f) }

// TestReferencePabutools compares sets of winners, also for points.
func TestReferencePabutools(t *testing.T) {
	utilities := map[string]Utility{
		"Cost_Sat": UtilityCost, "Cardinality_Sat": UtilityCardinality,
		"Additive_Cardinal_Sat": UtilityPoints, "Additive_Borda_Sat": UtilityPoints,
	}
	rules := map[string]Rule{
		"greedy_utilitarian_welfare": {Name: Greedy},
		pabutoolsRunning:             {Name: EqualShares},
		pabutoolsRunning + "+add1(step=n voters,exhaustive_stop=False)": {Name: EqualShares, Completion: CompleteAdd1},
		pabutoolsRunning + "+add1(step=n voters,exhaustive_stop=True)":  {Name: EqualShares, Completion: CompleteAdd1Exhaustive},
	}
	var all struct {
		Pabutools struct {
			Results []struct {
				File    string
				Results []struct {
					Rule, Error string
					Winners     []string
				}
			}
		}
	}
	readReference(t, "expected_rule_outcomes.json", &all)
	compared, left := 0, 0
	for _, file := range all.Pabutools.Results {
		e := realElection(t, file.File)
		for _, want := range file.Results {
			// Sequential Phragmén, and what took that program too long.
			if want.Rule == "sequential_phragmen" || want.Error == "timeout50" {
				left++
				continue
			}
			name, sat, _ := strings.Cut(want.Rule, "/")
			rule, known := rules[name]
			utility, usual := utilities[sat]
			if !known || !usual || want.Error != "" {
				t.Errorf("%s: what is %q, %q?", file.File, want.Rule, want.Error)
				continue
			}
			rule.Utility, rule.Ties = utility, mustTies(t, tiesOfPabutools)
			counted := e
			if sat == "Additive_Borda_Sat" {
				counted = lessOne(t, e)
			}
			if rule.Name == Greedy && rule.Utility == UtilityPoints {
				left++
				continue // it divides points by costs, which no rule of ours does
			}
			compared++
			if got := mustCount(t, counted, rule); !slices.Equal(sorted(ids(e, got.Winners)), sorted(want.Winners)) {
				t.Errorf("%s %s:\n got %v\nwant %v", file.File, want.Rule, sorted(ids(e, got.Winners)), sorted(want.Winners))
			}
		}
	}
	if n := len(all.Pabutools.Results); n != pabutoolsFiles || compared != pabutoolsCompared || left != pabutoolsLeft {
		t.Errorf("%d files, %d compared, %d left; want %d, %d, %d", n, compared, left, pabutoolsFiles, pabutoolsCompared, pabutoolsLeft)
	}
}

// lessOne takes a point from every choice. The Borda score of pabutools gives
// 2, 1 and nothing to three places, where the city gave 3, 2 and 1.
func lessOne(t *testing.T, e *Election) *Election {
	t.Helper()
	var ballots []Ballot
	for i := range e.Voters() {
		projects, points := e.Ballot(i)
		b := Ballot{}
		for j, p := range projects {
			b.Picks = append(b.Picks, Pick{p, int64(points[j]) - pow10(e.PointDecimals)})
		}
		ballots = append(ballots, b)
	}
	less, err := New(e.Decimals, e.Budget, Scoring, e.Projects, ballots)
	if err != nil {
		t.Fatal(err)
	}
	return less
}

// TestOfficialWinners: what three towns announced. No tie decided there: every
// order of breaking gives the same.
func TestOfficialWinners(t *testing.T) {
	third := big.NewRat(1, 3)
	for _, town := range []struct {
		file string
		rule Rule
		same bool
	}{
		{wieliczka, Rule{Completion: CompleteAdd1}, true},
		{wieliczka, Rule{Completion: CompleteAdd1, Start: StartFloor}, true},
		{wieliczka, Rule{Completion: CompleteAdd1Exhaustive}, false},
		{swiecie, Rule{Completion: CompleteAdd1, MinShare: third}, true},
		{assen, Rule{Completion: CompleteAdd1}, true},
	} {
		e := realElection(t, town.file)
		var announced []string
		for _, p := range e.Projects {
			if p.Selected == 1 {
				announced = append(announced, p.ID)
			}
		}
		if len(announced) == 0 {
			t.Errorf("%s announces nobody", town.file)
		}
		for _, ties := range []string{"", tiesOfPabutools, tiesOfEqualTool, "cost", "lot:any"} {
			town.rule.Name, town.rule.Ties = EqualShares, mustTies(t, ties)
			got := sorted(ids(e, mustCount(t, e, town.rule).Winners))
			if slices.Equal(got, sorted(announced)) != town.same {
				t.Errorf("%s, %s from %s, ties %q:\n      got %v\nannounced %v", town.file, town.rule.Completion, town.rule.Start, ties, got, sorted(announced))
			}
		}
	}
}
