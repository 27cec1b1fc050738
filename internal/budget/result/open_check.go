package result

import (
	"bytes"
	"context"
	"slices"

	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// check opens the envelopes of a counted edition once more and compares what is
// in them with the ballots that were counted. It is what envelopes and keys are
// kept for until the result is final. Nothing but the finding is written, and a pool
// that was not opened is not opened now either.
func (o *Run) check(ctx context.Context) error {
	same := true
	for _, pool := range o.e.Rules.Pools {
		count, err := CountOf(ctx, o.s.db, o.e.ID, pool.ID)
		if err != nil {
			return err
		}
		f, err := o.findPool(ctx, pool, count.Unopened)
		if err != nil {
			return err
		}
		agrees, err := o.asCounted(ctx, count, f)
		if err != nil {
			return err
		}
		same = same && agrees
	}
	o.opener.Close()
	return o.s.db.Write(ctx, func(tx *db.Tx) error { return o.finishCheck(ctx, tx, same) })
}

// asCounted compares what was found with the stored ballots and numbers of its pool.
func (o *Run) asCounted(ctx context.Context, count PoolCount, f *found) (bool, error) {
	bodies, err := o.s.bodies(ctx, o.e.ID, f.pool.ID)
	return count.Numbers == f.Numbers && slices.EqualFunc(bodies, f.bodies, bytes.Equal), err
}

func (o *Run) finishCheck(ctx context.Context, tx *db.Tx, same bool) error {
	now := o.s.now()
	n, err := tx.Exec(ctx, `update budget_openings set run_at = 0, checked_at = ?, checked_same = ? where edition = ? and run = ? and state = ?`,
		now.Unix(), same, o.e.ID, o.ID, Counted)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "result.fault.running")
	}
	if err := custody.Discard(ctx, tx, BoxOf(o.e.ID)); err != nil {
		return err
	}
	if err := o.s.log(ctx, tx, o.by, actChecked, o.e, nil); err != nil {
		return err
	}
	return jobs.Finish(ctx, tx, o.ID, jobs.ProgressDone, "", now)
}
