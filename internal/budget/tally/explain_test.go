package tally

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// pile is a ballot that n voters cast, the most liked project first.
type pile struct {
	n     int
	picks []int32
}

func piles(t testing.TB, kind VoteType, budget Money, costs []Money, all ...pile) *Election {
	t.Helper()
	var projects []Project
	for i, c := range costs {
		projects = append(projects, Project{ID: string(rune('a' + i)), Cost: c})
	}
	var ballots []Ballot
	for _, p := range all {
		b := Ballot{}
		for i, project := range p.picks {
			b.Picks = append(b.Picks, Pick{project, int64(len(p.picks) - i)})
		}
		for range p.n {
			ballots = append(ballots, b)
		}
	}
	e, err := New(0, budget, kind, projects, ballots)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func explained(t testing.TB, e *Election, r Rule) []Explanation {
	t.Helper()
	return Explain(context.Background(), e, mustCount(t, e, r))
}

// TestExplainGreedy: the numbers of small elections, reckoned by hand.
func TestExplainGreedy(t *testing.T) {
	// a 10 votes, b 7, c 5; 100 to spend.
	box := func(costs ...Money) *Election {
		return piles(t, Approval, 100, costs, pile{10, []int32{0}}, pile{7, []int32{1}}, pile{5, []int32{2}})
	}
	type want struct {
		reason        SkipReason
		left, missing Money
		price, enough Limit
		by, least     int
		votes         int64
	}
	greedy := Rule{Name: Greedy}
	for name, c := range map[string]struct {
		e    *Election
		rule Rule
		p    int
		want want
	}{
		"too dear at its turn": {box(60, 50, 30), greedy, 1, want{reason: SkipTooDear, left: 40, missing: 10, price: Limit{Sure, 40}, enough: Limit{Sure, 11}, by: -1, least: 2}},
		"dearer than it all":   {box(60, 150, 30), greedy, 1, want{reason: SkipTooDear, left: 40, missing: 110, price: Limit{Sure, 40}, enough: Limit{State: Never}, by: -1, least: 2}},
		"nothing was left":     {box(60, 40, 30), greedy, 2, want{reason: SkipTooDear, left: 0, missing: 30, price: Limit{State: Never}, enough: Limit{Sure, 8}, by: -1, least: 1}},
		"a tie goes by file":   {box(60, 50, 30), Rule{Name: Greedy, Ties: []Tie{{By: TieCost}}}, 1, want{reason: SkipTooDear, left: 40, missing: 10, price: Limit{Sure, 40}, enough: Limit{Sure, 10}, by: -1, least: 2}},
		"excluded":             {box(10, 20, 30), Rule{Name: Greedy, Excludes: [][]int{{0, 1}}}, 1, want{reason: SkipExcluded, price: Limit{State: Never}, enough: Limit{Sure, 11}, by: 0, least: 2}},
		"below the threshold":  {box(10, 20, 30), Rule{Name: Greedy, Threshold: 6}, 2, want{reason: SkipThreshold, price: Limit{State: Never}, enough: Limit{Sure, 6}, by: -1, least: 1, votes: 1}},
		"a winner's margin":    {box(60, 30, 10), greedy, 1, want{price: Limit{Sure, 40}, enough: Limit{Sure, 0}, by: -1, least: -1}},
		"a winner on the edge": {box(60, 40, 30), greedy, 1, want{price: Limit{Sure, 40}, enough: Limit{Sure, 5}, by: -1, least: -1}},
	} {
		x := explained(t, c.e, c.rule)[c.p]
		got := want{x.Reason, x.Left, x.Missing, x.Price, x.Enough, x.By, x.Least, x.Votes}
		if got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, c.want)
		}
	}
}

// TestExplainShares: a project whose supporters paid for others.
func TestExplainShares(t *testing.T) {
	// 10 voters with 10 each. a: 6 voters, 30; b: 4 of them and 1 more, 40.
	e := piles(t, Approval, 100, []Money{30, 40}, pile{4, []int32{0, 1}}, pile{2, []int32{0}}, pile{1, []int32{1}}, pile{3, nil})
	x := explained(t, e, Rule{Name: EqualShares})[1]
	if x.Won || x.Reason != SkipPoor || x.Missing != 10 || x.Purse.Kept != 30 || x.Purse.First != 50 || x.Purse.Each != 10 {
		t.Errorf("%+v %+v", x, x.Purse)
	}
	if len(x.Purse.Paid) != 1 || x.Purse.Paid[0] != (Payment{0, 20, 4}) {
		t.Error("paid", x.Purse.Paid)
	}
	if x.Price != (Limit{Sure, 30}) {
		t.Error("price", x.Price)
	}
	if x.Voters.State != Sure || x.Voters.Value < 1 {
		t.Error("voters", x.Voters)
	}
	e = piles(t, Approval, 100, []Money{30, 40}, pile{4, []int32{0}})
	if x = explained(t, e, Rule{Name: EqualShares})[1]; x.Reason != SkipNoSupport || x.Price.State != Never {
		t.Errorf("without support: %+v", x)
	}
}

// TestExplainIsTrue: what is said to turn a count turns it. Every limit is set,
// and one further is set, and the ballots are counted by the plain count, which
// has no part in finding them.
func TestExplainIsTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := ballotBox(Approval, Ordinal, Scoring).Draw(t, "election")
		rule := anyRule(t, e)
		out, err := Count(e, rule)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range Explain(context.Background(), e, out) {
			if x.Won != slices.Contains(out.Winners, x.Project) {
				t.Fatalf("%+v of %v", x, out.Winners)
			}
			try := &trial{ctx: context.Background(), e: e, rule: out.Rule}
			checkLimit(t, "price", x.Price, 1, x.Project, rule, func(v int64) *Election { return try.costing(x.Project, v) })
			checkLimit(t, "enough", x.Enough, -1, x.Project, rule, func(v int64) *Election { return try.scoring(x.Project, v) })
			checkLimit(t, "voters", x.Voters, -1, x.Project, rule, func(v int64) *Election { return try.joined(x.Project, int(v)) })
			checkPurse(t, e, x)
		}
	})
}

// checkLimit: the project wins at the limit and not one further.
func checkLimit(t *rapid.T, what string, l Limit, further int64, p int, rule Rule, at func(int64) *Election) {
	wins := func(v int64) bool {
		e := at(v)
		rule, err := rule.Whole(e)
		if err != nil {
			t.Fatal(err)
		}
		c := newPlain(e, rule)
		c.support, c.score, c.firsts = e.support, e.score, e.firsts // a score is changed, and no ballot
		c.findBarriers()
		return slices.Contains(c.count().Winners, p)
	}
	switch {
	case l.State == Tried:
		t.Fatalf("%s of %d: the time did not end", what, p)
	case l.State != Sure:
	case !wins(l.Value):
		t.Fatalf("%s of %d: it loses at %d", what, p, l.Value)
	case l.Value+further >= 0 && wins(l.Value+further):
		t.Fatalf("%s of %d: it wins one further than %d", what, p, l.Value)
	}
}

// checkPurse: supporters have, paid and kept the same money.
func checkPurse(t *rapid.T, e *Election, x Explanation) {
	if x.Purse == nil {
		return
	}
	all := x.Purse.Kept
	for _, p := range x.Purse.Paid {
		all += p.Amount
	}
	if x.Won {
		all = x.Purse.First // they paid for it as well
	}
	if off := all - x.Purse.First; off > int64(len(e.Projects)) || off < -int64(len(e.Projects)) {
		t.Fatalf("purse of %d: %+v", x.Project, x.Purse)
	}
}

// TestExplainEndsInTime: what was not found says so.
func TestExplainEndsInTime(t *testing.T) {
	e := piles(t, Approval, 100, []Money{60, 50}, pile{10, []int32{0}}, pile{7, []int32{1}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	x := Explain(ctx, e, mustCount(t, e, Rule{Name: Greedy}))
	if x[1].Missing != 10 || x[1].Price.State != Unknown || x[0].Price != (Limit{Tried, 60}) {
		t.Errorf("%+v", x)
	}
}
