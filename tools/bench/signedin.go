package main

import (
	"context"
	"fmt"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
)

// signedIn compares a page for a head with the same page for a stranger, in
// alternating rounds.
func signedIn(ctx context.Context, t *table) error {
	for _, e := range engines() {
		if err := signedInOn(ctx, t, e); err != nil {
			return err
		}
	}
	return nil
}

func signedInOn(ctx context.Context, t *table, e engine) error {
	h, err := demoHouse(ctx, e, 0)
	if err != nil {
		return err
	}
	defer h.stop()
	_, cookie, err := h.as(ctx, access.SchoolHead)
	if err != nil {
		return err
	}
	for _, p := range []struct{ name, path, encoding string }{
		{"front page", "/", ""}, {"front page, compressed", "/", "gzip"},
		{"institutions list", "/instytucje", ""}, {"institutions list, compressed", "/instytucje", "gzip"},
	} {
		stranger, known, err := alternating(7, func() (time.Duration, error) { return cost(h.base+p.path, 200, p.encoding) },
			func() (time.Duration, error) { return costAs(cookie, h.base+p.path, 200, p.encoding) })
		if err != nil {
			return err
		}
		aim := "1.3x"
		t.add(e.name+": "+p.name+", signed in / stranger", fmt.Sprintf("%.2fx (%d / %d µs)", ratioOf(known, stranger), known[0].Microseconds(), stranger[0].Microseconds()), aim)
	}
	return nil
}

// alternating runs both by turns, so that a noisy moment is noisy for both.
func alternating(rounds int, f, g func() (time.Duration, error)) (a, b []time.Duration, err error) {
	for range rounds {
		x, err := f()
		if err != nil {
			return nil, nil, err
		}
		y, err := g()
		if err != nil {
			return nil, nil, err
		}
		a, b = append(a, x), append(b, y)
	}
	return a, b, nil
}

// ratioOf is the median of the ratios of rounds; it leaves the medians in
// front of the lists.
func ratioOf(a, b []time.Duration) float64 {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = float64(a[i]) / float64(b[i])
	}
	a[0], b[0] = median(a), median(b)
	return median(ratios)
}

// checks measures whether somebody may do something, the session being read.
func checks(ctx context.Context, t *table) error {
	for _, e := range engines() {
		if err := checksOn(ctx, t, e); err != nil {
			return err
		}
	}
	return nil
}

func checksOn(ctx context.Context, t *table, e engine) error {
	h, err := demoHouse(ctx, e, 0)
	if err != nil {
		return err
	}
	defer h.stop()
	_, cookie, err := h.as(ctx, access.AuthorityOfficer)
	if err != nil {
		return err
	}
	officer, err := h.actorOf(cookie)
	if err != nil {
		return err
	}
	var schools []access.InstitutionID
	err = h.db.Select(ctx, &schools, `select b.id from directory_institutions a join directory_institutions b on b.running_id = a.id
		where a.id = ? and a.kind = ? order by b.id limit 100`, officer.Roles[0].Institution, directory.Office)
	if err != nil || len(schools) == 0 {
		return fmt.Errorf("the office of %s runs nothing: %w", officer.Name, err)
	}
	mayAt := func(at access.InstitutionID) func() error {
		return func() error { return officer.MayAt(ctx, access.SeePeople, at) }
	}
	t.add(e.name+": the first question about each school, per check", fastest(1, len(schools), func(i int) error { return mayAt(schools[i])() }), "–")
	if e.name == "SQLite" {
		t.add("permission check: May", fastest(5, 100_000, func(int) error {
			if !officer.May(access.SeePeople) {
				return fmt.Errorf("%s may not", officer.Name)
			}
			return nil
		}), "2 µs")
		t.add("permission check: MayAt, own institution", fastest(5, 100_000, func(int) error { return mayAt(officer.Roles[0].Institution)() }), "2 µs")
	}
	t.add(e.name+": permission check: MayAt, an officer over a school", fastest(5, 20_000, func(i int) error { return mayAt(schools[i%len(schools)])() }), "2 µs")
	return nil
}

// fastest is the time of one call in the fastest of the rounds.
func fastest(rounds, calls int, f func(i int) error) string {
	best := time.Duration(1 << 62)
	for range rounds {
		began := time.Now()
		for i := range calls {
			if err := f(i); err != nil {
				return err.Error()
			}
		}
		best = min(best, time.Since(began)/time.Duration(calls))
	}
	return fmt.Sprintf("%.2f µs", float64(best.Nanoseconds())/1000)
}
