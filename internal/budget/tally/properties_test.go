package tally

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// sameNumbers lets fractions be compared by their value.
var sameNumbers = cmp.Options{
	cmp.Comparer(func(a, b *big.Rat) bool { return (a == nil) == (b == nil) && (a == nil || a.Cmp(b) == 0) }),
	cmpopts.EquateEmpty(),
}

// ballotBox draws elections that are small and full of ties: few costs, few
// points, many voters who agree, projects that are free, or that nobody wants.
func ballotBox(kinds ...VoteType) *rapid.Generator[*Election] {
	return rapid.Custom(func(t *rapid.T) *Election {
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		costs := rapid.SampledFrom([][]int64{{0, 10, 20, 30}, {100, 101, 150, 200}, {7, 3000, 1999, 12345}}).Draw(t, "costs")
		var projects []Project
		for i := range rapid.IntRange(0, 7).Draw(t, "projects") {
			projects = append(projects, Project{ID: fmt.Sprintf("p%d", (i*7)%11), Cost: rapid.SampledFrom(costs).Draw(t, "cost")})
		}
		var ballots []Ballot
		for range rapid.IntRange(0, 9).Draw(t, "ballots") {
			ballots = append(ballots, drawBallot(t, kind, len(projects)))
		}
		budget := rapid.Int64Range(0, 3*costs[3]).Draw(t, "budget")
		e, err := New(rapid.IntRange(0, 1).Draw(t, "decimals"), budget, kind, projects, ballots)
		if err != nil {
			t.Fatal(err)
		}
		return e
	})
}

func drawBallot(t *rapid.T, kind VoteType, projects int) Ballot {
	b := Ballot{}
	if projects == 0 {
		return b
	}
	names := rapid.SliceOfNDistinct(rapid.IntRange(0, projects-1), 0, min(projects, 5), rapid.ID).Draw(t, "names")
	for i, p := range names {
		points := int64(len(names) - i)
		if kind == Scoring {
			points = rapid.Int64Range(-1, 4).Draw(t, "points")
		}
		b.Picks = append(b.Picks, Pick{Project: int32(p), Points: points})
	}
	return b
}

// anyRule draws a rule, sometimes with a bar and with projects that exclude
// each other.
func anyRule(t *rapid.T, e *Election) Rule {
	r := Rule{Name: EqualShares}
	r.Utility = rapid.SampledFrom([]Utility{UtilityCost, UtilityCardinality, UtilityPoints}).Draw(t, "utility")
	if rapid.IntRange(0, 3).Draw(t, "greedy") == 0 {
		r.Name = Greedy
	} else {
		r.Completion = rapid.SampledFrom([]Completion{CompleteNone, CompleteAdd1, CompleteAdd1Exhaustive, CompleteGreedy, CompleteAdd1Greedy}).Draw(t, "completion")
		r.Start = rapid.SampledFrom([]Start{StartExact, StartFloor}).Draw(t, "start")
		r.Step = rapid.Int64Range(1, 9).Draw(t, "step")
	}
	if rapid.Bool().Draw(t, "barred") {
		r.MinShare = rapid.SampledFrom([]*big.Rat{nil, big.NewRat(1, 3), big.NewRat(1, 1)}).Draw(t, "share")
		r.Threshold = rapid.Int64Range(0, 2).Draw(t, "threshold")
		if n := len(e.Projects); n > 2 {
			r.Excludes = [][]int{{0, n - 1}}
			r.Barred = rapid.SampledFrom([][]Barred{nil, {{1, "w"}}, {{0, ""}, {n - 1, "v"}}}).Draw(t, "barred by others")
		}
	}
	r.Ties = rapid.SampledFrom([][]Tie{nil, {{By: TieID}}, {{By: TieVotes}, {By: TieCost}}, {{By: TieFirst}, {By: TieLot, Seed: "drawn"}}}).Draw(t, "ties")
	return r
}

// TestBothAgree: the fast count and the plain one say the same, to the last
// fraction of each round.
func TestBothAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := ballotBox(Approval, Ordinal, Scoring).Draw(t, "election")
		if diff := disagreement(t, e, anyRule(t, e)); diff != "" {
			t.Fatalf("plain -, fast +:\n%s", diff)
		}
	})
}

// TestNeverOverBudget: whatever the rule, and each winner once.
func TestNeverOverBudget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := ballotBox(Approval, Ordinal, Scoring).Draw(t, "election")
		out, err := Count(e, anyRule(t, e))
		if err != nil {
			t.Fatal(err)
		}
		var cost Money
		for _, p := range out.Winners {
			cost += e.Projects[p].Cost
		}
		if cost != out.Cost || cost > e.Budget {
			t.Fatalf("%v cost %d, said %d, of %d", out.Winners, cost, out.Cost, e.Budget)
		}
		if s := slices.Sorted(slices.Values(out.Winners)); len(slices.Compact(s)) != len(out.Winners) {
			t.Fatalf("a winner twice: %v", out.Winners)
		}
	})
}

// TestVotersAreAlike: in whichever order the ballots lie.
func TestVotersAreAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := ballotBox(Approval, Ordinal, Scoring).Draw(t, "election")
		r := anyRule(t, e)
		before, err := Count(e, r)
		if err != nil {
			t.Fatal(err)
		}
		order := make([]int, e.Voters())
		for i := range order {
			order[i] = i
		}
		var mixed []Ballot
		for _, i := range rapid.Permutation(order).Draw(t, "order") {
			projects, points := e.Ballot(i)
			b := Ballot{}
			for j, p := range projects {
				pick := Pick{Project: p}
				if points != nil {
					pick.Points = int64(points[j])
				}
				b.Picks = append(b.Picks, pick)
			}
			mixed = append(mixed, b)
		}
		again, err := New(e.Decimals, e.Budget, e.Type, e.Projects, mixed)
		if err != nil {
			t.Fatal(err)
		}
		after, err := Count(again, r)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, after, sameNumbers); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestAdd1GoesAsFarAsItCan: the outcome taken is within the budget, and either
// nothing was left to buy or one step more would overspend.
func TestAdd1GoesAsFarAsItCan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := ballotBox(Approval, Ordinal, Scoring).Draw(t, "election")
		r, err := anyRule(t, e).Whole(e)
		if err != nil {
			t.Fatal(err)
		}
		r.Name, r.Completion, r.Excludes = EqualShares, CompleteAdd1, nil
		out, err := Count(e, r)
		if err != nil {
			t.Fatal(err)
		}
		if out.Cost > e.Budget {
			t.Fatalf("cost %d of %d", out.Cost, e.Budget)
		}
		c := newSharing(e, &out.Rule)
		c.pass.run(c.share(out.Steps), e.Budget)
		if c.allFit() || c.nothingLeft(false) {
			return
		}
		if c.pass.run(c.share(out.Steps+1), e.Budget); c.pass.cost <= e.Budget {
			t.Fatalf("step %d costs %d of %d", out.Steps+1, c.pass.cost, e.Budget)
		}
	})
}

// TestNobodyIsLeftOut: equal shares satisfies EJR+ up to one project on approval
// ballots (Brill, Peters, "Robust and Verifiable Proportionality Axioms for
// Multiwinner Voting", 2023, carried over to costs). Take any voters who
// together support a loser: with the shares of so many, somebody among them
// must get more than their money would have bought of the loser's kind, were
// the loser added.
func TestNobodyIsLeftOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := ballotBox(Approval).Draw(t, "election")
		r := Rule{Name: EqualShares}
		r.Utility = rapid.SampledFrom([]Utility{UtilityCost, UtilityCardinality}).Draw(t, "utility")
		r.Completion = rapid.SampledFrom([]Completion{CompleteNone, CompleteAdd1, CompleteGreedy}).Draw(t, "completion")
		if text := leftOut(t, e, r); text != "" {
			t.Fatal(text)
		}
	})
}

// leftOut finds voters whom the outcome fails, "" when there are none. Of all
// groups of one size, those who got the least are the first to complain.
func leftOut(t rapid.TB, e *Election, r Rule) string {
	out, err := Count(e, r)
	if err != nil {
		t.Fatal(err)
	}
	worth := func(p int) Money {
		if r.Utility == UtilityCardinality {
			return 1
		}
		return e.Projects[p].Cost
	}
	got := make([]Money, e.Voters())
	supporters := make([][]int, len(e.Projects))
	for i := range got {
		projects, _ := e.Ballot(i)
		for _, p := range projects {
			supporters[p] = append(supporters[p], i)
			if slices.Contains(out.Winners, int(p)) {
				got[i] += worth(int(p))
			}
		}
	}
	for p, voters := range supporters {
		cost := e.Projects[p].Cost
		if cost == 0 || slices.Contains(out.Winners, p) {
			continue
		}
		slices.SortFunc(voters, func(a, b int) int { return int(got[a] - got[b]) })
		for size, i := range voters {
			money := big.NewRat(e.Budget, int64(e.Voters()))
			money.Mul(money, rat(int64(size+1)))
			due := new(big.Rat).Mul(money, big.NewRat(worth(p), cost))
			if money.Cmp(rat(cost)) >= 0 && rat(got[i]+worth(p)).Cmp(due) <= 0 {
				return fmt.Sprintf("%d supporters of %s got at most %d, due is %s", size+1, e.Projects[p].ID, got[i], due)
			}
		}
	}
	return ""
}

// TestHairbreadth: prices that differ by less than a float can tell. The costs
// are as large as we take, one unit apart.
func TestHairbreadth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var projects []Project
		for i := range 6 {
			cost := maxMoney - rapid.Int64Range(0, 3).Draw(t, "less")
			projects = append(projects, Project{ID: fmt.Sprint(i), Cost: cost})
		}
		var ballots []Ballot
		for range rapid.IntRange(1, 12).Draw(t, "ballots") {
			b := drawBallot(t, Scoring, len(projects))
			for i := range b.Picks {
				b.Picks[i].Points = maxPoints - max(0, b.Picks[i].Points)
			}
			ballots = append(ballots, b)
		}
		e, err := New(0, maxMoney, Scoring, projects, ballots)
		if err != nil {
			t.Fatal(err)
		}
		e.Budget = 3 * maxMoney // more than a file may say, so that several win
		r := Rule{Name: EqualShares, Utility: rapid.SampledFrom([]Utility{UtilityCost, UtilityCardinality, UtilityPoints}).Draw(t, "utility")}
		if diff := disagreement(t, e, r); diff != "" {
			t.Fatal(diff)
		}
	})
}

// crowdOf makes an election of 9973 voters, a prime number, so that a share of
// the budget has a long fraction. The groups are how many voters support which
// projects. Each of those voters also supports one of 97 projects that nobody
// can pay for, so that many different ballots make up a sum.
func crowdOf(t *testing.T, budget Money, costs []Money, groups map[int][]int32) *Election {
	t.Helper()
	ballots := make([]Ballot, 9973)
	next := 0
	for _, size := range slices.Sorted(maps.Keys(groups)) {
		for range size {
			for _, p := range append(groups[size], int32(len(costs)+next%97)) {
				ballots[next].Picks = append(ballots[next].Picks, Pick{Project: p})
			}
			next++
		}
	}
	for range 97 {
		costs = append(costs, maxMoney)
	}
	var projects []Project
	for i, cost := range costs {
		projects = append(projects, Project{ID: fmt.Sprint(i), Cost: cost})
	}
	e, err := New(0, budget, Approval, projects, ballots)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestByAHair: what supporters lack, or have too much, is a ten-thousandth of
// the smallest coin where the amounts have fourteen digits.
func TestByAHair(t *testing.T) {
	const voters = 9973
	for budget := Money(maxMoney - 8); budget <= maxMoney; budget++ {
		size := int64(1) // of a group whose shares make a whole number and a hair
		for size*(budget%voters)%voters != 1 {
			size++
		}
		shares := func(size int64) Money { // of so many, to the nearest coin
			all := new(big.Rat).Mul(big.NewRat(budget, voters), rat(size))
			all.Add(all, big.NewRat(1, 2))
			return new(big.Int).Div(all.Num(), all.Denom()).Int64()
		}
		for cost, winners := range map[Money]int{shares(size): 1, shares(size) + 1: 0} {
			e := crowdOf(t, budget, []Money{cost}, map[int][]int32{int(size): {0}})
			if out := mustCount(t, e, Rule{Name: EqualShares}); len(out.Winners) != winners {
				t.Errorf("budget %d: %d winners of a project for %d, want %d", budget, len(out.Winners), cost, winners)
			}
		}
		// A third of the supporters of project 1 paid 1000 for project 0. What
		// they have left is what project 1 asks, but for a hair: more, or less.
		for _, size := range []int64{size, voters - size} {
			if budget < maxMoney || size < 3 {
				continue // the plain count takes a while
			}
			e := crowdOf(t, budget, []Money{size / 3 * 1000, shares(size) - 1000*size}, map[int][]int32{int(size / 3): {0, 1}, int(size - size/3): {1}})
			if diff := disagreement(t, e, Rule{Name: EqualShares, Utility: UtilityCardinality}); diff != "" {
				t.Errorf("%d supporters:\n%s", size, diff)
			}
		}
	}
}

// disagreement is what the plain count says and the fast one does not.
func disagreement(t rapid.TB, e *Election, r Rule) string {
	fast, err := Count(e, r)
	if err != nil {
		t.Fatal(err)
	}
	slow, err := CountPlainly(e, r)
	if err != nil {
		t.Fatal(err)
	}
	return cmp.Diff(slow, fast, sameNumbers)
}

// TestAdd1Ends: a project that one of a thousand voters supports, and that the
// budget cannot pay for, keeps add1 waiting for ninety million steps.
func TestAdd1Ends(t *testing.T) {
	projects := []Project{{ID: "many", Cost: 1_000_000}, {ID: "one", Cost: 90_000_000}}
	ballots := make([]Ballot, 1000)
	for i := range ballots {
		ballots[i].Picks = []Pick{{Project: 0}}
	}
	ballots[0].Picks = []Pick{{Project: 1}}
	for _, budget := range []Money{10_000_000, 90_500_000} {
		e, err := New(0, budget, Approval, projects, ballots)
		if err != nil {
			t.Fatal(err)
		}
		out := mustCount(t, e, Rule{Name: EqualShares, Completion: CompleteAdd1})
		share := new(big.Rat).Add(out.Endowment, rat(1))
		if len(out.Winners) != 1 || out.Endowment.Cmp(rat(90_000_000)) >= 0 || share.Cmp(rat(90_000_000)) < 0 {
			t.Errorf("budget %d: winners %v with the share %s after %d steps", budget, out.Winners, out.Endowment.FloatString(2), out.Steps)
		}
	}
	// The same with a third project that the winner excludes.
	e, err := New(0, 10_000_000, Approval, append(projects, Project{ID: "twin", Cost: 2_000_000}), append(ballots, Ballot{Picks: []Pick{{Project: 2}}}))
	if err != nil {
		t.Fatal(err)
	}
	if out := mustCount(t, e, Rule{Name: EqualShares, Completion: CompleteAdd1, Excludes: [][]int{{0, 2}}}); len(out.Winners) != 1 {
		t.Errorf("won: %v", ids(e, out.Winners))
	}
	// As soon as the only voter can pay for either, the dear one comes first and
	// leaves nothing for the cheap one; waiting for both would be too long.
	e, err = New(0, 105, Approval, []Project{{ID: "dear", Cost: 100}, {ID: "cheap", Cost: 10}},
		append(make([]Ballot, 9), Ballot{Picks: []Pick{{Project: 0}, {Project: 1}}}))
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(e, mustCount(t, e, Rule{Name: EqualShares, Completion: CompleteAdd1}).Winners); !slices.Equal(got, []string{"dear"}) {
		t.Errorf("won: %v", got)
	}
}

// TestNothingToCount: no voters, no projects, no money, nothing supported.
func TestNothingToCount(t *testing.T) {
	free, dear, unwanted := Project{ID: "free"}, Project{ID: "dear", Cost: 500}, Project{ID: "unwanted", Cost: 1}
	both := []Ballot{{Picks: []Pick{{Project: 0, Points: 1}, {Project: 1, Points: 1}}}, {}}
	refused := []Ballot{{Picks: []Pick{{Project: 0, Points: 0}, {Project: 1, Points: -3}}}}
	for _, c := range []struct {
		name     string
		budget   Money
		projects []Project
		ballots  []Ballot
		utility  Utility
		want     []string
	}{
		{"no projects", 100, nil, []Ballot{{}}, UtilityPoints, nil},
		{"no voters", 100, []Project{free, dear}, nil, UtilityPoints, nil},
		{"no money, and what is free is worth its cost", 0, []Project{free, dear, unwanted}, both, UtilityCost, nil},
		{"no money, and what is free is worth a point", 0, []Project{free, dear, unwanted}, both, UtilityPoints, []string{"free"}},
		{"dearer than the budget", 499, []Project{free, dear, unwanted}, both, UtilityCardinality, []string{"free"}},
		{"an empty ballot has half of the money", 500, []Project{free, dear, unwanted}, both, UtilityCardinality, []string{"free"}},
		{"no points and fewer are no support", 1000, []Project{free, dear, unwanted}, refused, UtilityPoints, nil},
	} {
		e, err := New(0, c.budget, Scoring, c.projects, c.ballots)
		if err != nil {
			t.Fatal(c.name, err)
		}
		got := mustCount(t, e, Rule{Name: EqualShares, Utility: c.utility})
		if !slices.Equal(ids(e, got.Winners), c.want) {
			t.Errorf("%s: %v, want %v", c.name, ids(e, got.Winners), c.want)
		}
		for _, completion := range []Completion{CompleteAdd1, CompleteAdd1Exhaustive, CompleteAdd1Greedy, CompleteGreedy} {
			if diff := disagreement(t, e, Rule{Name: EqualShares, Utility: c.utility, Completion: completion}); diff != "" {
				t.Errorf("%s, %s: %s", c.name, completion, diff)
			}
		}
	}
}
