package tally

import (
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// approvals makes an election of costs and ballots like "a b": projects are
// named a, b, c …
func approvals(t testing.TB, budget Money, costs []Money, ballots ...string) *Election {
	t.Helper()
	var projects []Project
	for i, c := range costs {
		projects = append(projects, Project{ID: string(rune('a' + i)), Cost: c, Selected: Unsaid, Votes: Unsaid, Score: Unsaid})
	}
	var all []Ballot
	for _, text := range ballots {
		var b Ballot
		for _, id := range strings.Fields(text) {
			b.Picks = append(b.Picks, Pick{Project: int32(id[0] - 'a')})
		}
		all = append(all, b)
	}
	e, err := New(0, budget, Approval, projects, all)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestGreedy(t *testing.T) {
	for name, c := range map[string]struct {
		budget  Money
		costs   []Money
		ballots []string
		rule    Rule
		winners string
		ties    string // "tied>by", with spaces between
	}{
		"by votes":             {10, []Money{4, 5, 1}, []string{"a b", "b", "b c"}, Rule{}, "b a c", "a,c>file"},
		"skips what is dear":   {10, []Money{4, 9, 1}, []string{"a b c", "b a", "b"}, Rule{}, "b c", ""},
		"spends all":           {10, []Money{4, 6}, []string{"a b", "a"}, Rule{}, "a b", ""},
		"cheaper first":        {5, []Money{4, 3, 2}, []string{"a b c"}, Rule{Ties: mustTies(t, "cost")}, "c b", "c,b,a>cost"},
		"only what fits ties":  {5, []Money{4, 4, 9}, []string{"a b c"}, Rule{}, "a", "a,b>file"},
		"votes for the money":  {10, []Money{9, 3, 3}, []string{"a", "a b", "a c"}, Rule{Utility: UtilityCardinality, Ties: mustTies(t, "cost")}, "b c", "b,c,a>file"},
		"equal for the money":  {10, []Money{9, 3, 3}, []string{"a", "a b", "a c"}, Rule{Utility: UtilityCardinality}, "a", "a,b,c>file"},
		"free and unwanted":    {5, []Money{0, 5, 0}, []string{"b c"}, Rule{Utility: UtilityCardinality}, "c b a", ""},
		"free comes first":     {5, []Money{5, 0}, []string{"a", "a b"}, Rule{Utility: UtilityCardinality}, "b a", ""},
		"nobody's comes last":  {9, []Money{4, 4}, []string{"b"}, Rule{}, "b a", ""},
		"not below threshold":  {9, []Money{4, 4}, []string{"b"}, Rule{Threshold: 1}, "b", ""},
		"share of the voters":  {9, []Money{9, 3}, []string{"a b", "b", "b"}, Rule{MinShare: big.NewRat(1, 1)}, "b", ""},
		"just the share":       {9, []Money{3, 9}, []string{"a b", "b", "b"}, Rule{MinShare: big.NewRat(1, 1)}, "b", ""},
		"one of the excluding": {9, []Money{2, 2, 2}, []string{"a b", "a b c", "a"}, Rule{Excludes: [][]int{{0, 1}}}, "a c", ""},
		"no ballots":           {9, []Money{2, 2}, nil, Rule{}, "", ""},
		"empty ballots":        {9, []Money{20}, []string{""}, Rule{}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := approvals(t, c.budget, c.costs, c.ballots...)
			c.rule.Name = Greedy
			fast := mustCount(t, e, c.rule)
			plain, err := CountPlainly(e, c.rule)
			if err != nil {
				t.Fatal(err)
			}
			for which, out := range map[string]*Outcome{"fast": fast, "plain": plain} {
				if got := strings.Join(ids(e, out.Winners), " "); got != c.winners {
					t.Errorf("%s: %q won, want %q", which, got, c.winners)
				}
			}
			if diff := cmp.Diff(e.Report(plain), e.Report(fast)); diff != "" {
				t.Error("plain and fast differ:", diff)
			}
			var ties []string
			for _, tie := range fast.Ties {
				ties = append(ties, strings.Join(ids(e, tie.Tied), ",")+">"+string(tie.By.By))
			}
			if got := strings.Join(ties, " "); got != c.ties {
				t.Errorf("ties %q, want %q", got, c.ties)
			}
		})
	}
}
