package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kladka/internal/budget"
	"kladka/internal/budget/result"
)

// Issue 8 asks what a participatory budget costs: the count of a city's ballots
// against reading them (budget_tally.go), a vote cast through all of the program
// against its two statements, and the last minutes of a vote (budget_cast.go),
// the opening of the box, and pages over many projects (here). The edition is
// made by the program's own services (budget_fill.go).

// The two parts run together as -only budget.

func budgetCounts(_ context.Context, t *table) error { return tallies(t) }

func budgetVotes(ctx context.Context, t *table) error {
	for _, e := range engines() {
		if err := budgetOn(ctx, t, e); err != nil {
			return err
		}
	}
	return nil
}

func budgetOn(ctx context.Context, t *table, e engine) error {
	p, err := newPoll(ctx, t, e)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := p.projectLists(ctx, t, e); err != nil {
		return err
	}
	stop, err := profiled(e.name)
	if err != nil {
		return err
	}
	err = p.casts(ctx, t, e)
	stop()
	if err != nil {
		return err
	}
	if err := p.lastMinutes(ctx, t, e); err != nil {
		return err
	}
	return p.results(ctx, t, e)
}

// projectLists compares the list of an edition of very many projects with that
// of a small one. Lists come by pages, and the small one fills less than one.
func (p *poll) projectLists(ctx context.Context, t *table, e engine) error {
	const few, page, many = 20, 40, 700 // a page holds thirty
	paths := map[int]string{}
	for _, n := range []int{few, page, many} {
		id, err := p.announce(ctx, fmt.Sprintf("Budżet z %d projektami", n))
		if err != nil {
			return err
		}
		var costs []int64
		for i := range n {
			costs = append(costs, int64(40_000_00+i*1000_00))
		}
		if _, err := p.write(ctx, id, costs); err != nil {
			return err
		}
		paths[n] = budget.ProjectsHref(id)
	}
	p.day(0)
	for _, c := range []struct {
		small int
		aim   string
	}{{few, "1.5x"}, {page, "–"}} {
		a, b, err := alternating(9, func() (time.Duration, error) { return p.serve(paths[c.small]) }, func() (time.Duration, error) { return p.serve(paths[many]) })
		if err != nil {
			return err
		}
		t.add(fmt.Sprintf("%s: list of projects, %d / %d", e.name, many, c.small), fmt.Sprintf("%.2fx (%s / %s)", ratioOf(b, a), ms(b[0]), ms(a[0])), c.aim)
	}
	return nil
}

// serve is the time of the server for one of some requests of a stranger; the
// first goes uncounted.
func (p *poll) serve(path string) (time.Duration, error) {
	a := archive{house: p.house}
	return a.serve(path)
}

// results closes the vote, opens the box with two shares, counts it, and reads
// the pages of the result.
func (p *poll) results(ctx context.Context, t *table, e engine) error {
	envelopes := manyEnvelopes / smaller(e)
	if err := p.fillBox(ctx, envelopes); err != nil {
		return err
	}
	if err := p.closeVote(ctx); err != nil {
		return err
	}
	began := time.Now()
	run, err := p.open(ctx) // closes the box first: that is the list of digests
	if err != nil {
		return err
	}
	closed := time.Since(began)
	began, before := time.Now(), cpu()
	if err := run.Do(ctx); err != nil {
		return err
	}
	t.add(fmt.Sprintf("%s: box of %d closed, digests published", e.name, envelopes), seconds(closed), "–")
	t.add(fmt.Sprintf("%s: %d envelopes opened, sorted and stored", e.name, envelopes), fmt.Sprintf("%s, %d µs CPU each", seconds(time.Since(began)), (cpu()-before).Microseconds()/int64(envelopes)), "–")
	began = time.Now()
	if err := p.count(ctx); err != nil {
		return err
	}
	t.add(e.name+": counted twice, explained and published", seconds(time.Since(began)), "–")
	for _, page := range []struct{ name, path string }{{"results of the edition", result.Href(p.id)}, {fmt.Sprintf("results of a pool of %d projects", len(p.order)), result.PoolHref(p.id, p.pool.ID)}} {
		var each []time.Duration
		for range 5 {
			took, err := p.serve(page.path)
			if err != nil {
				return err
			}
			each = append(each, took)
		}
		t.add(fmt.Sprintf("%s: %s, the server's time", e.name, page.name), ms(median(each)), "–")
	}
	return nil
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// middle is the value below which that many of a hundred lie.
func middle(list []float64, percent int) float64 {
	slices.Sort(list)
	return list[min(len(list)-1, len(list)*percent/100)]
}
