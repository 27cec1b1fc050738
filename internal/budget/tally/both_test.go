package tally

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// How much of the real files the plain count goes through by default. It needs
// some seconds for one pass of a whole city, and add1 has a pass for each step.
const (
	mostShared = 20_000 // voters, for one pass of equal shares
	mostTwice  = 2_600  // voters, for all utilities, not the usual one alone
	mostRaised = 300    // voters, for add1

	sharedFiles = realFileCount - 2 // of so few voters
	raisedFiles = 8
)

// TestBothAgreeOnRealFiles: by default every file by greedy, all but the two of
// all Kraków by a pass of equal shares, and the smallest by add1. The rest is
// counted by
//
//	KLADKA_TALLY_PLAIN=1 go test ./internal/budget/tally -run TestBothAgreeOnRealFiles -v -timeout 2h
//
// (or -run TestBothAgreeOnRealFiles/FILE/UTILITY): every file by every utility, by
// greedy, by a pass of equal shares and by two kinds of add1, in full where a file
// has up to mostRaised voters and by a certificate where it has more. That is some
// ten minutes of one free core, most of them for the two files of all Kraków.
func TestBothAgreeOnRealFiles(t *testing.T) {
	everything := os.Getenv("KLADKA_TALLY_PLAIN") != ""
	ran, shared, raised := 0, 0, 0
	for _, name := range realNames(t) {
		t.Run(name, func(t *testing.T) {
			e := realElection(t, name+".pb")
			passes, raises := agreeOnFile(t, e, everything)
			ran, shared, raised = ran+1, shared+one(passes > 0), raised+one(raises > 0)
		})
	}
	if ran == realFileCount && !everything && (shared != sharedFiles || raised != raisedFiles) {
		t.Errorf("%d files by equal shares and %d by add1, want %d and %d", shared, raised, sharedFiles, raisedFiles)
	}
}

// agreeOnFile counts one file by many rules. It says how many of them were a pass
// of equal shares, and how many add1.
func agreeOnFile(t *testing.T, e *Election, everything bool) (passes, raises int) {
	step := int64(10)
	if !everything {
		step = int64(max(50, e.Voters()))
	}
	for _, utility := range []Utility{UtilityCost, UtilityCardinality, UtilityPoints} {
		t.Run(string(utility), func(t *testing.T) {
			agree(t, e, Rule{Name: Greedy, Utility: utility})
			// Where ballots carry no points, one project is one point.
			same := utility == UtilityPoints && !e.Type.Pointed() && e.Voters() > mostRaised
			if !everything && (same || utility != usual(e) && e.Voters() > mostTwice) {
				return
			}
			if everything || e.Voters() <= mostShared {
				agree(t, e, Rule{Name: EqualShares, Utility: utility, Completion: CompleteGreedy})
				passes++
			}
			if everything || e.Voters() <= mostRaised {
				agree(t, e, Rule{Name: EqualShares, Utility: utility, Completion: CompleteAdd1Greedy, Step: step})
				agree(t, e, Rule{Name: EqualShares, Utility: utility, Completion: CompleteAdd1Exhaustive, Step: step, Start: StartFloor})
				raises++
			}
			if e.Type == Approval && utility != UtilityPoints {
				if text := leftOut(t, e, Rule{Name: EqualShares, Utility: utility}); text != "" {
					t.Error(text)
				}
			}
		})
	}
	return passes, raises
}

// TestBothKnowTheSame: what the ballots say of each project, who may win, and how
// any projects that stand equal are put in order is worked out twice, and alike.
func TestBothKnowTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := ballotBox(Approval, Ordinal, Scoring, Cumulative).Draw(t, "election")
		r, err := anyRule(t, e).Whole(e)
		if err != nil {
			t.Fatal(err)
		}
		r.Ties = nil
		for _, by := range rapid.SliceOfN(rapid.SampledFrom([]TieBy{TieCost, TieVotes, TieFirst, TieFile, TieID, TieLot}), 0, 3).Draw(t, "ties") {
			r.Ties = append(r.Ties, Tie{By: by, Seed: "z"})
		}
		c, order := newPlain(e, r), newTieOrder(e, r.Ties)
		var some []int
		for p := range e.Projects {
			if rapid.Bool().Draw(t, "tied") {
				some = append(some, p)
			}
			reason, _ := r.eligible(e, p)
			if fast, plain := []any{e.Support(p), e.Score(p), e.Firsts(p), reason}, []any{c.support[p], c.score[p], c.firsts[p], c.barriers[p]}; !slices.Equal(fast, plain) {
				t.Fatalf("of %d the fast count knows %v, the plain one %v", p, fast, plain)
			}
		}
		if len(some) < 2 {
			return
		}
		if diff := cmp.Diff(c.settle(1, some), order.settle(1, slices.Clone(some))); diff != "" {
			t.Fatalf("ties %s of %v: plain -, fast +:\n%s", FormatTies(r.Ties), some, diff)
		}
	})
}

// usual is the utility that a city would take for such ballots.
func usual(e *Election) Utility {
	if e.Type.Pointed() {
		return UtilityPoints
	}
	return UtilityCost
}

// agree counts by both and compares everything. Where add1 has many voters, the
// plain count makes a certificate: of three drawn steps, or of one in a whole city.
func agree(t *testing.T, e *Election, r Rule) {
	t.Helper()
	at := time.Now()
	fast := mustCount(t, e, r)
	how := "in full"
	plain, err := (*Outcome)(nil), error(nil)
	if fast.raised() && e.Voters() > mostRaised {
		steps, cert := 3, Certificate{}
		if e.Voters() > mostShared {
			steps = 1
		}
		plain, cert, err = Certify(e, fast, steps, t.Name())
		how = fmt.Sprintf("%d and 2 of %d steps", len(cert.Checked), cert.Steps)
	} else {
		plain, err = CountPlainly(e, r)
	}
	diff := ""
	if err == nil {
		diff = cmp.Diff(plain, fast, sameNumbers)
	}
	if err != nil || diff != "" {
		t.Errorf("%s %s %s: %v; plain -, fast +:\n%s", r.Name, r.Utility, r.Completion, err, diff)
	}
	t.Logf("FIGURE %d voters: %s %s %s, %d winners, %s, %v", e.Voters(), r.Name, r.Utility, r.Completion, len(fast.Winners), how, time.Since(at).Round(time.Millisecond))
}
