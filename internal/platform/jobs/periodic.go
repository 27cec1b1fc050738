package jobs

import (
	"context"
	"maps"
	"slices"
	"time"

	"kladka/internal/platform/db"
)

// periodKey makes the periodic job of a kind the only one of it: a run that
// takes longer than the period is followed, not overtaken, by the next.
const periodKey = "period"

// Every registers work that is asked for once per period, whichever and
// however many processes run. Periods are counted from 1970 in UTC: every 24
// hours means at midnight UTC, or when the first runner comes up after it. A
// run that fails is repeated with the usual waits; when it is parked, each new
// period gives it one more attempt, and it stays in sight of the administrator.
func (r *Registry) Every(kind string, every time.Duration, do func(ctx context.Context) error) {
	r.add(kind, func(ctx context.Context, _ Job, _ []byte) error { return do(ctx) })
	r.periods[kind] = max(time.Second, every)
}

// askPeriodic enqueues the periodic jobs whose period began. What this process
// asked for already it does not ask the database again.
func (r *Runner) askPeriodic(ctx context.Context) error {
	now := r.now()
	for _, kind := range slices.Sorted(maps.Keys(r.registry.periods)) {
		started := periodStart(now, r.registry.periods[kind])
		if r.asked[kind] == started {
			continue
		}
		err := r.db.Write(ctx, func(tx *db.Tx) error { return askFor(ctx, tx, kind, started) })
		if err != nil {
			return err
		}
		r.asked[kind] = started
	}
	return nil
}

// periodStart is kept instead of the period's number so that a program with
// another period compares rightly with what the former left behind.
func periodStart(now time.Time, every time.Duration) int64 {
	seconds := int64(every / time.Second)
	return now.Unix() / seconds * seconds
}

// askFor enqueues the job if nobody did so for this period.
func askFor(ctx context.Context, tx *db.Tx, kind string, started int64) error {
	n, err := tx.Exec(ctx, `insert into jobs_periods (kind, started) values (?, ?)
		on conflict (kind) do update set started = excluded.started
		where jobs_periods.started < excluded.started`, kind, started)
	if err != nil || n == 0 {
		return err
	}
	_, err = Enqueue(ctx, tx, kind, nil, Unique(periodKey), first)
	return err
}
