package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"kladka/internal/access"
	"kladka/internal/demo"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

const fewPeople, manyPeople = 500, 50_000

// people compares lists of people at 50 000 accounts with those at 500.
func people(ctx context.Context, t *table) error {
	for _, e := range engines() {
		if err := peopleOn(ctx, t, e); err != nil {
			return err
		}
	}
	return nil
}

// crew is a house with so many accounts and an administrator in it.
type crew struct {
	*house
	admin  access.Actor
	cookie string
	middle web.Cursor
}

func newCrew(ctx context.Context, t *table, e engine, n int) (c crew, err error) {
	began := time.Now()
	if c.house, err = demoHouse(ctx, e, n); err != nil {
		return c, err
	}
	if n == manyPeople {
		t.add(fmt.Sprintf("%s: the demo and a crowd of %d written in", e.name, n), fmt.Sprintf("%.1f s", time.Since(began).Seconds()), "–")
	}
	if c.admin, c.cookie, err = c.as(ctx, access.Administrator); err != nil {
		return c, err
	}
	var p access.Person
	err = c.db.Get(ctx, &p, `select id, sort_key from access_people where sort_key >= ? order by sort_key, id limit 1`, i18n.SortKey("Katarzyna")) // the middle of the first names
	c.middle = web.Cursor{Key: p.SortKey, ID: string(p.ID)}
	return c, err
}

func peopleOn(ctx context.Context, t *table, e engine) error {
	small, err := newCrew(ctx, t, e, fewPeople)
	if err != nil {
		return err
	}
	defer small.stop()
	large, err := newCrew(ctx, t, e, manyPeople)
	if err != nil {
		return err
	}
	defer large.stop()
	for _, l := range []struct {
		name   string
		f      access.Filter
		middle bool
	}{
		{"first page", access.Filter{}, false},
		{"a page in the middle", access.Filter{}, true},
		{"common text", access.Filter{Text: "ma"}, false},
		{"rare text", access.Filter{Text: demo.CrowdRare}, false},
		{"common role", access.Filter{Role: access.Teacher}, false},
		{"rare role", access.Filter{Role: access.Auditor}, false},
		{"common text and role", access.Filter{Text: "ma", Role: access.Teacher}, false},
	} {
		name := e.name + ": people list, " + l.name
		a, b, err := alternating(9, func() (time.Duration, error) { return small.list(ctx, l.f, l.middle) },
			func() (time.Duration, error) { return large.list(ctx, l.f, l.middle) })
		if err != nil {
			return err
		}
		t.add(name+", 50 000 / 500", fmt.Sprintf("%.2fx (%d / %d µs)", ratioOf(b, a), b[0].Microseconds(), a[0].Microseconds()), "1.5x")
	}
	for _, l := range []struct{ name, query string }{{"first page", ""}, {"common text", "?q=ma"}, {"common role", "?rola=" + url.QueryEscape(string(access.Teacher))}} {
		a, b, err := alternating(5, func() (time.Duration, error) { return small.page(l.query) }, func() (time.Duration, error) { return large.page(l.query) })
		if err != nil {
			return err
		}
		t.add(e.name+": page of people, "+l.name+", 50 000 / 500", fmt.Sprintf("%.2fx (%d / %d µs CPU)", ratioOf(b, a), b[0].Microseconds(), a[0].Microseconds()), "1.5x")
	}
	return nil
}

// list is the CPU time of one call, in a run of many; where the database is
// another process, the time that goes by.
func (c crew) list(ctx context.Context, f access.Filter, middle bool) (time.Duration, error) {
	clock := clockOf(c.db)
	const calls = 20
	at := web.Cursor{}
	if middle {
		at = c.middle
	}
	began := clock()
	for range calls {
		if _, _, err := c.app.Access().People(ctx, c.admin, f, at); err != nil {
			return 0, err
		}
	}
	return (clock() - began) / calls, nil
}

// clockOf is CPU time where the database runs in this process, and the time
// that goes by where it is another.
func clockOf(d *db.DB) func() time.Duration {
	if d.Name() == "sqlite" {
		return cpu
	}
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}

func (c crew) page(query string) (time.Duration, error) {
	return costAs(c.cookie, c.base+"/administracja/osoby"+query, 60, "")
}
