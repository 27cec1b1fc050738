package budget

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExercisesComeFromFigures(t *testing.T) {
	on := func(id string, cost int64) BallotProject {
		return BallotProject{ID: ProjectID(id), Title: id, Cost: cost}
	}
	ballot := []BallotProject{on("ławka", 2_000_00), on("farba", 500_00), on("piłki", 2_500_00), on("kino", 2_800_00)}
	o := settled(Pool{Budget: 5_000_00}, ballot, []ProjectID{"farba", "kino"})
	if o.Spent != 4_500_00 || o.Left() != 500_00 || o.Winners[0].ID != "piłki" || o.Losers[0].ID != "farba" {
		t.Fatalf("parted into %+v", o)
	}
	votes := Figures{Votes: map[ProjectID]Votes{"ławka": {Votes: 100}, "piłki": {Votes: 90}}}
	want := []Exercise{
		{"sum", []any{"n", 2, "budget_money", int64(5_000_00), "spent_money", int64(4_500_00), "left_money", int64(500_00)}},
		{"fits", []any{"title", "farba", "cost_money", int64(500_00), "left_money", int64(500_00)}},
		{"without", []any{"title", "piłki", "cost_money", int64(2_500_00), "left_money", int64(500_00), "free_money", int64(3_000_00), "n", 2}},
		{"per_vote", []any{"title", "ławka", "cost_money", int64(2_000_00), "votes", 100, "per_money", int64(20_00)}},
	}
	if diff := cmp.Diff(want, exercises(o, votes)); diff != "" {
		t.Error(diff)
	}
	o = settled(Pool{Budget: 5_000_00}, ballot, []ProjectID{"kino", "ławka"})
	if got := exercises(o, Figures{}); len(got) != 3 || got[1].Key != "fits" {
		t.Errorf("without votes: %v", got)
	}
	o = settled(Pool{Budget: 3_000_00}, ballot[1:], []ProjectID{"kino"})
	if got := exercises(o, Figures{}); got[1].Key != "cheaper" || got[1].Args[7] != int64(2_800_00) {
		t.Errorf("a loser that is too dear: %v", got)
	}
	if got := exercises(settled(Pool{Budget: 1}, nil, nil), votes); got != nil {
		t.Errorf("of nothing: %v", got)
	}
}
