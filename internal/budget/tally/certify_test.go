package tally

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestCertificateAgrees: with any number of checked steps the plain outcome is the
// one that a whole plain count has, and with enough of them it is a full count.
func TestCertificateAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := ballotBox(Approval, Ordinal, Scoring).Draw(t, "election")
		fast, err := Count(e, anyRule(t, e))
		if err != nil {
			t.Fatal(err)
		}
		steps := rapid.SampledFrom([]int{0, 3, 1 << 20}).Draw(t, "steps")
		if fast.Steps > 100 {
			steps = min(steps, 3) // a project that waits for ever
		}
		plain, cert, err := Certify(e, fast, steps, "ziarno")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(plain, fast, sameNumbers); diff != "" {
			t.Fatalf("plain -, fast +:\n%s", diff)
		}
		if want := min(steps, fast.Steps); len(cert.Checked) != want || cert.Steps != fast.Steps || cert.Full() != (want == fast.Steps) {
			t.Fatalf("%+v", cert)
		}
	})
}

// waiting is an election in which add1 waits for 41 steps: two voters lack 82 for a
// project that only they support, and at the 42nd step it overspends.
func waiting(t *testing.T) (*Election, Rule) {
	t.Helper()
	e, err := New(0, 100, Approval, []Project{{ID: "a", Cost: 50}, {ID: "b", Cost: 132}},
		[]Ballot{{Picks: []Pick{{Project: 0}}}, {Picks: []Pick{{Project: 0}}}, {Picks: []Pick{{Project: 1}}}, {Picks: []Pick{{Project: 1}}}})
	if err != nil {
		t.Fatal(err)
	}
	return e, Rule{Name: EqualShares, Completion: CompleteAdd1}
}

// TestCertificateFindsLies changes what the fast count says.
func TestCertificateFindsLies(t *testing.T) {
	e, rule := waiting(t)
	fast, err := Count(e, rule)
	if err != nil {
		t.Fatal(err)
	}
	if fast.Steps != 40 {
		t.Fatal(fast.Steps)
	}
	_, cert, err := Certify(e, fast, 5, "x")
	if err != nil || cert.Stopped || cert.Full() || len(cert.Checked) != 5 {
		t.Fatalf("%+v, %v", cert, err)
	}
	for name, c := range map[string]struct{ steps, step int }{"too early": {39, 40}, "too late": {41, 41}, "far too late": {90, 90}} {
		lie := *fast
		lie.Steps = c.steps
		_, _, err := Certify(e, &lie, 0, "x")
		var d *Disagreement
		if !errors.As(err, &d) || d.Step != c.step {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The last step holds by itself, but an earlier one that is checked overspends.
	lie := *fast
	lie.Steps = 60
	if _, _, err := Certify(e, &lie, 60, "x"); err == nil {
		t.Error("an earlier end is not seen")
	}
	// Other prices at a checked step.
	quick := newSharing(e, &fast.Rule)
	other := quick.outcome(7)
	other.Rounds[0].Rho = rat(3)
	c := newPlain(e, fast.Rule)
	c.findBackers()
	c.pass(c.shareAt(7))
	if sameRounds(7, c.out, other) == nil || sameRounds(7, c.out, quick.outcome(7)) != nil {
		t.Error("a price is not compared")
	}
}

// TestDrawSteps: the same for everybody, sorted, within bounds, all when few.
func TestDrawSteps(t *testing.T) {
	if got := drawSteps(3, 5, "a"); !slices.Equal(got, []int{0, 1, 2}) {
		t.Error(got)
	}
	if got := drawSteps(1000, 4, "ziarno"); !slices.Equal(got, drawSteps(1000, 4, "ziarno")) || slices.Equal(got, drawSteps(1000, 4, "inne")) ||
		len(got) != 4 || !slices.IsSorted(got) || got[3] >= 1000 || len(slices.Compact(got)) != 4 {
		t.Error(got)
	}
	if got := drawSteps(6, 5, "a"); len(got) != 5 {
		t.Error(got)
	}
}

// TestBarred: who is barred by the winner of another count loses, in both counts,
// and the report says by whom.
func TestBarred(t *testing.T) {
	e, shares := waiting(t)
	for _, rule := range []Rule{{Name: Greedy}, shares, {Name: EqualShares, Completion: CompleteAdd1Greedy}, {Name: EqualShares, Completion: CompleteGreedy}} {
		rule.Barred = []Barred{{0, "elsewhere"}}
		if diff := disagreement(t, e, rule); diff != "" {
			t.Error(diff)
		}
		out, err := Count(e, rule)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(out.Winners, 0) {
			t.Errorf("%s: a barred project wins", rule.Completion)
		}
		r := e.Report(out)
		at := slices.IndexFunc(r.Lost, func(s SkipReport) bool { return s.Project == "a" })
		if at < 0 || r.Lost[at].Reason != SkipBarred || r.Lost[at].By != "elsewhere" || !slices.Equal(r.Parameters.Barred, []BarPart{{"a", "elsewhere"}}) {
			t.Errorf("%+v, %+v", r.Lost, r.Parameters)
		}
	}
	if _, err := Count(e, Rule{Name: Greedy, Barred: []Barred{{Project: 2}}}); err == nil {
		t.Error("a project that is not there is barred")
	}
}
