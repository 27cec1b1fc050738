package budget

import (
	"cmp"
	"context"
	"slices"

	"kladka/internal/platform/db"
)

// Figures are what a count found in one pool, for a lesson about it. Package
// result knows them; an edition that was not counted has none.
type Figures struct {
	Ballots int
	Points  bool // Score is a sum of points and not the number of votes
	Votes   map[ProjectID]Votes
	// Unopened tells that the pool had fewer than LeastElectors: nobody knows its votes.
	Unopened bool
}

// Votes are what one project got, with the reason why it won or lost in a
// sentence of the reader's language.
type Votes struct {
	Votes, Score int64
	Why          string
}

// Outcome is what came of a pool, as a lesson tells it. Money is in grosze.
type Outcome struct {
	Pool    Pool
	Winners []BallotProject // the dearest first
	Losers  []BallotProject // the cheapest first
	Spent   int64
}

// Left is what winners left of the pool's money.
func (o Outcome) Left() int64 { return o.Pool.Budget - o.Spent }

// outcomeOf reads who won and who lost in a pool.
func outcomeOf(ctx context.Context, r db.Reader, e Edition, pool Pool) (o Outcome, err error) {
	list, err := OnBallot(ctx, r, e.ID, pool.ID)
	if err != nil {
		return o, err
	}
	var lost []ProjectID
	if err := r.Select(ctx, &lost, `select p.id from budget_projects p where p.edition = ? and p.pool = ? and p.state = ? order by p.id`, e.ID, pool.ID, ProjectLost); err != nil {
		return o, err
	}
	return settled(pool, list, lost), nil
}

// settled parts the projects of a ballot into those that won and those that lost.
func settled(pool Pool, list []BallotProject, lost []ProjectID) Outcome {
	o := Outcome{Pool: pool}
	for _, p := range list {
		if slices.Contains(lost, p.ID) {
			o.Losers = append(o.Losers, p)
			continue
		}
		o.Winners, o.Spent = append(o.Winners, p), o.Spent+p.Cost
	}
	slices.SortStableFunc(o.Winners, func(a, b BallotProject) int { return cmp.Compare(b.Cost, a.Cost) })
	slices.SortStableFunc(o.Losers, func(a, b BallotProject) int { return cmp.Compare(a.Cost, b.Cost) })
	return o
}

// Exercise is a task about an outcome with its answer: the texts "budget.task."
// and the key, and the same with "_answer". Args whose names end with "_money"
// are grosze.
type Exercise struct {
	Key  string
	Args []any
}

// exercises makes tasks of real figures. What the outcome does not offer, such as
// a project that lost, is not asked for.
func exercises(o Outcome, f Figures) (list []Exercise) {
	add := func(key string, args ...any) { list = append(list, Exercise{key, args}) }
	if len(o.Winners) == 0 {
		return nil
	}
	dearest := o.Winners[0]
	add("sum", "n", len(o.Winners), "budget_money", o.Pool.Budget, "spent_money", o.Spent, "left_money", o.Left())
	if len(o.Losers) > 0 {
		cheapest := o.Losers[0]
		if over := cheapest.Cost - o.Left(); over > 0 {
			add("cheaper", "title", cheapest.Title, "cost_money", cheapest.Cost, "left_money", o.Left(), "over_money", over)
		} else {
			add("fits", "title", cheapest.Title, "cost_money", cheapest.Cost, "left_money", o.Left())
		}
		free, fit := o.Left()+dearest.Cost, 0
		for _, p := range o.Losers {
			if p.Cost <= free {
				fit++
			}
		}
		add("without", "title", dearest.Title, "cost_money", dearest.Cost, "left_money", o.Left(), "free_money", free, "n", fit)
	}
	if best, per, found := cheapestVote(o, f); found {
		add("per_vote", "title", best.Title, "cost_money", best.Cost, "votes", int(f.Votes[best.ID].Votes), "per_money", per)
	}
	return list
}

// cheapestVote is the winner for which a vote cost the least, with that cost
// rounded to whole grosze.
func cheapestVote(o Outcome, f Figures) (best BallotProject, per int64, found bool) {
	for _, p := range o.Winners {
		votes := f.Votes[p.ID].Votes
		if votes <= 0 {
			continue
		}
		if one := (p.Cost + votes/2) / votes; !found || one < per {
			best, per, found = p, one, true
		}
	}
	return best, per, found && len(o.Winners) > 1
}
