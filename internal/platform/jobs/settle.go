package jobs

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"kladka/internal/platform/db"
)

// settle writes what became of a job. Every statement asks for our holder
// token: whoever lost the lease changes nothing and gets errLost.
func (r *Runner) settle(ctx context.Context, t taken, outcome error, stopped bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	at, wait := r.now(), backoff(t.Attempt, rand.Float64())
	return r.db.Write(ctx, func(tx *db.Tx) error {
		switch {
		case outcome == nil:
			return finish(ctx, tx, t)
		case stopped:
			return giveBack(ctx, tx, t)
		case t.Attempt >= t.MaxAttempts || permanent(outcome):
			return park(ctx, tx, t, outcome, at, wait)
		}
		return postpone(ctx, tx, t, outcome, at, wait)
	})
}

// finish deletes a job that is done, unless it was asked for again meanwhile.
func finish(ctx context.Context, tx *db.Tx, t taken) error {
	err := one(tx.Exec(ctx, `delete from jobs where id = ? and holder = ? and again = false`, t.ID, t.holder))
	if !errors.Is(err, errLost) {
		return err
	}
	return one(tx.Exec(ctx, `update jobs set state = 'waiting', due_at = ?, holder = '', attempts = 0, again = false
		where id = ? and holder = ?`, dueNow, t.ID, t.holder))
}

// giveBack returns a job that the end of this process cut short. That attempt
// does not count: it was not the job's fault.
func giveBack(ctx context.Context, tx *db.Tx, t taken) error {
	return one(tx.Exec(ctx, `update jobs set state = 'waiting', due_at = ?, holder = '', attempts = attempts - 1, again = false
		where id = ? and holder = ?`, dueNow, t.ID, t.holder))
}

func postpone(ctx context.Context, tx *db.Tx, t taken, cause error, at time.Time, wait time.Duration) error {
	return one(tx.Exec(ctx, `update jobs set state = 'waiting', due_at = ?, holder = '', again = false, last_error = ?, failed_at = ?
		where id = ? and holder = ?`, at.Add(wait).Unix(), shorten(clean(cause)), at.Unix(), t.ID, t.holder))
}

// park puts a job aside for the administrator. If it was asked for again while
// it ran, that wish is not swallowed: it gets one more attempt.
func park(ctx context.Context, tx *db.Tx, t taken, cause error, at time.Time, wait time.Duration) error {
	err := one(tx.Exec(ctx, `update jobs set state = 'parked', due_at = null, holder = '', last_error = ?, failed_at = ?
		where id = ? and holder = ? and again = false`, shorten(clean(cause)), at.Unix(), t.ID, t.holder))
	if errors.Is(err, errLost) {
		return one(tx.Exec(ctx, `update jobs set state = 'waiting', due_at = ?, holder = '', again = false,
			attempts = max_attempts - 1, last_error = ?, failed_at = ? where id = ? and holder = ?`,
			at.Add(wait).Unix(), shorten(clean(cause)), at.Unix(), t.ID, t.holder))
	}
	if err != nil || t.Progress == "" {
		return err
	}
	return turnProgress(ctx, tx, t.Progress, ProgressRunning, ProgressFailed, at)
}

// one says that a statement had to touch our row.
func one(n int64, err error) error {
	if err == nil && n == 0 {
		return errLost
	}
	return err
}
