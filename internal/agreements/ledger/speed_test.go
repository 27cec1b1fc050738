package ledger

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// TestSpeed measures; it is run by hand with KLADKA_LEDGER_SPEED=1, or with a
// greater number that is how many facts to try instead of a million. What an
// indicator page asks must not feel how many facts there are.
func TestSpeed(t *testing.T) {
	many, err := strconv.Atoi(os.Getenv("KLADKA_LEDGER_SPEED"))
	if err != nil {
		t.Skip("KLADKA_LEDGER_SPEED is not set")
	}
	if many == 1 {
		many = 1_000_000
	}
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.rules("2022-01-01", Rule{Topic: maths, Area: area1, Action: action1}, Rule{Area: area2})
		made, few := 0, time.Duration(0)
		for _, facts := range []int{10_000, many} {
			k.crowd(made, facts)
			made = facts
			at := time.Now()
			k.ok(k.Rebuild(t.Context(), func(int64, int64) error { return nil }))
			rebuilt := time.Since(at)
			took := k.indicator()
			if few == 0 {
				few = took
			}
			t.Logf("FIGURE %s indicator page, %d facts: %v (aim 50 ms), %.2f of that with 10 000 (aim 2)", d.Name(), facts, took, took.Seconds()/few.Seconds())
			t.Logf("FIGURE %s rebuilding %d facts: %v", d.Name(), facts, rebuilt.Round(time.Millisecond))
			at = time.Now()
			ref := k.activity("training", "2026-10-02", maths)
			for n := range 200 {
				k.came(ref, fmt.Sprint("late", n), nil)
			}
			t.Logf("FIGURE %s taking a fact beside %d: %v", d.Name(), facts, (time.Since(at) / 200).Round(10*time.Microsecond))
		}
	})
}

// indicator is the middle time of what a page of an indicator asks.
func (k *kit) indicator() time.Duration {
	var all []time.Duration
	for n := range 31 {
		scope := []Scope{All, Action(action1), Near(area2)}[n%3]
		q := Query{Scope: scope, From: 2022, To: 2026}
		at := time.Now()
		_, err := k.Totals(k.t.Context(), k.db, q)
		k.ok(err)
		q.Group = Teachers
		_, err = k.ByTown(k.t.Context(), k.db, q)
		k.ok(err)
		_, _, err = k.Activities(k.t.Context(), k.db, scope, 2025, zeroCursor, 25)
		k.ok(err)
		_, err = FreshAt(k.t.Context(), k.db, scope)
		k.ok(err)
		all = append(all, time.Since(at))
	}
	slices.Sort(all)
	return all[len(all)/2].Round(10 * time.Microsecond)
}

// crowd writes facts by direct inserts, fifty of each activity, over five years
// and twenty municipalities.
func (k *kit) crowd(from, to int) {
	k.t.Helper()
	const each = 50
	for begin := from; begin < to; begin += 10_000 {
		var facts, keys, activities [][]any
		for n := begin; n < min(to, begin+10_000); n += each {
			ref := k.activity("training", fmt.Sprintf("%d-%02d-15", 2022+n/each%5, 9+n/each%4), []string{maths, algebra, inclusion}[n/each%3])
			a := k.world.activities[ref]
			activities = append(activities, []any{ref.Kind, ref.ID, a.On, a.SchoolYear, join(a.Topics)})
			for i := range each {
				id, key := k.id(), fmt.Sprintf("speed/%d", n+i)
				place := fmt.Sprintf("1206%02d", (n+i)%20)
				facts = append(facts, []any{id, key, 1, 1, "", "training.completed", "event", ref.Kind, ref.ID, a.On, a.SchoolYear, "", place, place,
					Groups()[i%4], fmt.Sprintf("person%d", (n*7+i)%15_000), true, 1, 90, 0, "", "", "", k.clock.Unix()})
				keys = append(keys, []any{key, 1, id})
			}
		}
		k.write(func(ctx context.Context, tx *db.Tx) error {
			if err := writeRows(ctx, tx, `insert into ledger_facts (`+factColumns+`) values `, facts, ``); err != nil {
				return err
			}
			if err := writeRows(ctx, tx, `insert into ledger_latest (key, version, fact) values `, keys, ``); err != nil {
				return err
			}
			return writeRows(ctx, tx, `insert into ledger_activities (kind, id, on_date, school_year, topics) values `, activities, ``)
		})
	}
}
