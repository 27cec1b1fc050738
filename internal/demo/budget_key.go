package demo

import (
	"context"
	"fmt"
	"time"

	"kladka/internal/budget"
	"kladka/internal/budget/result"
	"kladka/internal/budget/vote"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/seal"
)

// ring holds the shares of a key while an edition happens. Nothing shows them:
// the vote that goes on in a demo is opened by nobody.
type ring struct {
	*poll
	shares []seal.Share
}

func (p *poll) act(n int) custody.Act {
	return custody.Act{By: p.keepers[n].By(), Box: vote.KeyBox(p.id), Institution: string(p.owner)}
}

// makeKey has the key made and given to the keepers, two of whom open the trial
// envelope; a third, or who runs the edition for the safe, confirms the share.
func (p *poll) makeKey(ctx context.Context) (*ring, error) {
	var people []string
	for _, k := range p.keepers {
		people = append(people, string(k.Person))
	}
	makes := custody.Act{By: p.runner.By(), Box: vote.KeyBox(p.id), Institution: string(p.owner), Runs: true}
	shares, err := p.keys.Make(ctx, makes, people, false)
	if err != nil {
		return nil, err
	}
	r := &ring{p, shares}
	for n := range custody.Needed {
		if _, err := p.keys.Try(ctx, p.act(n), shares[n].Text()); err != nil {
			return nil, err
		}
	}
	third := makes // for the safe
	if len(p.keepers) > custody.Needed {
		third = p.act(custody.Needed)
	}
	return r, p.keys.Confirm(ctx, third, shares[custody.Needed].Text())
}

func (r *ring) forget() {
	for _, s := range r.shares {
		s.Forget()
	}
}

// count opens the closed box with two shares and counts what is in it.
func (r *ring) count(ctx context.Context) error {
	r.past = r.at(r.stages.voted, 17)
	for n := range custody.Needed {
		run, err := r.results.Bring(ctx, r.keepers[n], r.id, r.shares[n].Text())
		if err != nil {
			return err
		}
		if run == nil {
			continue // the second share is awaited
		}
		if err := run.Do(ctx); err != nil {
			return err
		}
	}
	if err := r.runCount(ctx); err != nil {
		return err
	}
	e, err := r.edition(ctx)
	if err == nil && e.State != budget.Counted {
		err = fmt.Errorf("the votes of %q were not counted", r.title)
	}
	return err
}

// runCount runs the count, which waits as a job. It is ordered for a time before
// the first of all clocks and run there, so that no other job that waits is
// touched: those are for the program when it serves.
func (r *ring) runCount(ctx context.Context) error {
	const kind, hour = "budget.count", 3600
	err := r.d.Write(ctx, func(tx *db.Tx) error {
		_, err := jobs.Enqueue(ctx, tx, kind, struct {
			Edition budget.EditionID `json:"edition"`
		}{r.id}, jobs.Unique(string(r.id)), jobs.At(time.Unix(-2*hour, 0)))
		return err
	})
	if err != nil {
		return err
	}
	registry := jobs.NewRegistry()
	r.results.Jobs(registry)
	return jobs.NewRunner(r.d, registry, func() time.Time { return time.Unix(-hour, 0) }, r.results.Log).Drain(ctx)
}

// winners are the projects that won in the pools, those of the first pool first.
func (p *poll) winners(ctx context.Context) (list []budget.ProjectID, err error) {
	for _, pool := range p.pools {
		c, err := result.CountOf(ctx, p.d, p.id, pool)
		if err != nil {
			return nil, err
		}
		list = append(list, c.Outcome.Winners...)
	}
	return list, nil
}
