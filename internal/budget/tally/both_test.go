package tally

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBothAgreeOnRealFiles: the plain count takes its time, so that by default
// it gets the small files only; KLADKA_TALLY_PLAIN=1 gives it all.
func TestBothAgreeOnRealFiles(t *testing.T) {
	most, step := 50_000, int64(300)
	if os.Getenv("KLADKA_TALLY_PLAIN") != "" {
		most, step = maxBytes, 10
	}
	readShared(t, "index.csv") // or skip
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "..", "shared", "data", "pb", "*.pb"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		text := readShared(t, name)
		if len(text) > most {
			continue
		}
		e := parsed(t, text)
		at := time.Now()
		for _, utility := range []Utility{UtilityCost, UtilityCardinality, UtilityPoints} {
			rules := []Rule{{Name: Greedy}, {Name: EqualShares, Completion: CompleteGreedy}}
			if e.Voters() <= 300 { // a step of add1 costs the plain count a second where voters are many
				rules = append(rules, Rule{Name: EqualShares, Completion: CompleteAdd1Greedy, Step: step}, Rule{Name: EqualShares, Completion: CompleteAdd1Exhaustive, Step: step, Start: StartFloor})
			}
			for _, r := range rules {
				r.Utility = utility
				if diff := disagreement(t, e, r); diff != "" {
					t.Errorf("%s %s %s %s: plain -, fast +:\n%s", name, r.Name, utility, r.Completion, diff)
				}
			}
		}
		t.Log(strings.TrimSuffix(name, ".pb"), time.Since(at).Round(time.Millisecond))
		for _, utility := range []Utility{UtilityCost, UtilityCardinality} {
			if e.Type != Approval {
				continue
			}
			if text := leftOut(t, e, Rule{Name: EqualShares, Utility: utility}); text != "" {
				t.Error(name, text)
			}
		}
	}
}
