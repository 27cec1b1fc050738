package result

import (
	"context"
	"errors"
	"testing"

	"kladka/internal/budget"
	"kladka/internal/budget/tally"
)

// TestRecountFreesItsPlace: whoever has an answer may ask again at once, and so may
// the next visitor.
func TestRecountFreesItsPlace(t *testing.T) {
	s := New(Config{})
	for n := range 1000 {
		if err := s.limited(func() error { return nil }); err != nil {
			t.Fatal(n, err)
		}
	}
}

// TestRecountStops: a count whose visitor is gone ends with nothing.
func TestRecountStops(t *testing.T) {
	one := func(projects ...int32) (b tally.Ballot) {
		for _, p := range projects {
			b.Picks = append(b.Picks, tally.Pick{Project: p})
		}
		return b
	}
	e, err := tally.New(2, 1_650_000_000, tally.Approval, []tally.Project{{ID: "a", Cost: 100_000_000}, {ID: "b", Cost: 1_000_000_000}, {ID: "c", Cost: 900_000_000}},
		[]tally.Ballot{one(0, 1), one(1), one(2)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err = New(Config{}).recount(ctx, budget.Edition{}, budget.Pool{}, e, tally.Rule{Name: tally.EqualShares, Utility: tally.UtilityCardinality, Completion: tally.CompleteAdd1})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
