package result

import (
	"context"
	"errors"
	"slices"

	"kladka/internal/budget"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/seal"
)

// Run is a box that is about to be opened: the whole key is in it. Call Do once.
type Run struct {
	ID jobs.ProgressID // how far it is

	s      *Service
	by     audit.By
	e      budget.Edition
	state  State // of the edition: Sealed, or Counted when its envelopes are checked
	opener *seal.Opener
	total  int64 // envelopes of all pools
	seen   int64
}

// Do opens all envelopes and stores what was in them in the order of the content,
// pool by pool. When it fails, or the process dies, the box stays sealed and
// nothing is lost: two shares are asked for again, and the next run clears away
// what this one left. Envelopes stay where they are until the result is final.
func (o *Run) Do(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "open the box of edition %s", o.e.ID)
	defer o.opener.Close()
	defer func() {
		if err != nil {
			err = errors.Join(err, o.giveUp(context.WithoutCancel(ctx)))
		}
	}()
	if o.state == Counted {
		return o.check(ctx)
	}
	if err := o.clear(ctx); err != nil {
		return err
	}
	// The box is closed, so rights do not change any more; a city has half a million.
	turnout, err := o.s.Box.Turnout(ctx, o.s.db, o.e)
	if err != nil {
		return err
	}
	var all []*found
	for _, pool := range o.e.Rules.Pools {
		f, err := o.findPool(ctx, pool, turnout[pool.ID].tooFew())
		if err != nil {
			return err
		}
		if err := o.store(ctx, f); err != nil {
			return err
		}
		f.bodies = nil
		all = append(all, f)
	}
	o.opener.Close()
	return o.s.db.Write(ctx, func(tx *db.Tx) error { return o.finish(ctx, tx, all, turnout) })
}

func (o *Run) giveUp(ctx context.Context) error {
	return o.s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update budget_openings set run_at = 0 where edition = ? and run = ? and state = ?`, o.e.ID, o.ID, o.state); err != nil {
			return err
		}
		return jobs.Finish(ctx, tx, o.ID, jobs.ProgressFailed, "result.open.failed", o.s.now())
	})
}

// mine refuses a run that was taken for dead: another one is at work.
func (o *Run) mine(ctx context.Context, tx *db.Tx) error {
	n, err := tx.Exec(ctx, `update budget_openings set run_at = ? where edition = ? and run = ? and state = ?`, o.s.now().Unix(), o.e.ID, o.ID, o.state)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "result.fault.running")
	}
	return err
}

// clear takes away what a run that died has left.
func (o *Run) clear(ctx context.Context) error {
	return o.s.db.Write(ctx, func(tx *db.Tx) error {
		if err := o.mine(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `delete from budget_ballots where edition = ?`, o.e.ID)
		return err
	})
}

// findPool opens the box of a pool, or counts its envelopes and leaves them sealed
// where the electors are too few for their votes to stay secret.
func (o *Run) findPool(ctx context.Context, pool budget.Pool, tooFew bool) (*found, error) {
	if !tooFew {
		return o.openPool(ctx, pool)
	}
	n, err := o.s.Box.Lie(ctx, o.s.db, o.e.ID, pool.ID)
	return &found{pool: pool, Numbers: Numbers{Envelopes: n, Unopened: true}}, err
}

// openPool opens the box of a pool, as openBox does, and reports how far it is.
func (o *Run) openPool(ctx context.Context, pool budget.Pool) (*found, error) {
	projects, err := o.s.Editions.OnBallot(ctx, o.s.db, o.e.ID, pool.ID)
	if err != nil {
		return nil, err
	}
	return openBox(o.opener, o.e, pool, projects, func(take func(sealed []byte) error) error {
		return o.s.Box.Each(ctx, o.s.db, o.e.ID, pool.ID, func(sealed []byte) error {
			if o.seen++; o.seen%openStep == 0 {
				if err := o.step(ctx); err != nil {
					return err
				}
			}
			return take(sealed)
		})
	})
}

// openStep is after how many envelopes the progress moves.
const openStep = 2000

// step tells how far the run is, and that it is alive.
func (o *Run) step(ctx context.Context) error {
	if err := o.s.db.Write(ctx, func(tx *db.Tx) error { return o.mine(ctx, tx) }); err != nil {
		return err
	}
	return jobs.Report(ctx, o.s.db, o.ID, o.seen, o.total, o.s.now())
}

// openBatch is how many statements one transaction of store has, so that nobody
// waits long for theirs.
const openBatch = 10

// store writes the ballots of a pool. Until finish nobody reads them.
func (o *Run) store(ctx context.Context, f *found) error {
	const columns = 4
	rows := make([]any, 0, len(f.bodies)*columns)
	for n, body := range f.bodies {
		rows = append(rows, o.e.ID, f.pool.ID, n+1, body)
	}
	const perStatement = db.MaxParams / columns * columns
	for batch := range slices.Chunk(rows, perStatement*openBatch) {
		err := o.s.db.Write(ctx, func(tx *db.Tx) error {
			if err := o.mine(ctx, tx); err != nil {
				return err
			}
			for some := range slices.Chunk(batch, perStatement) {
				if _, err := tx.Exec(ctx, `insert into budget_ballots (edition, pool, n, body) values `+db.Marks(len(some)/columns, columns), some...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// finish makes the box opened and orders the count, in one transaction. Envelopes
// are counted once more: one that came to the table after the others were read
// would be lost.
func (o *Run) finish(ctx context.Context, tx *db.Tx, all []*found, turnout map[budget.PoolID]Turnout) error {
	now := o.s.now()
	n, err := tx.Exec(ctx, `update budget_openings set state = ?, run_at = 0, opened_at = ? where edition = ? and run = ? and state = ?`,
		Opened, now.Unix(), o.e.ID, o.ID, Sealed)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "result.fault.running")
	}
	for _, f := range all {
		if err := o.keepNumbers(ctx, tx, f, turnout[f.pool.ID]); err != nil {
			return err
		}
	}
	if err := custody.Discard(ctx, tx, BoxOf(o.e.ID)); err != nil {
		return err
	}
	if err := o.s.log(ctx, tx, o.by, actOpened, o.e, nil); err != nil {
		return err
	}
	if err := o.s.orderCount(ctx, tx, o.e.ID); err != nil {
		return err
	}
	return jobs.Finish(ctx, tx, o.ID, jobs.ProgressDone, "", now)
}

func (o *Run) keepNumbers(ctx context.Context, tx *db.Tx, f *found, turnout Turnout) error {
	there, err := o.s.Box.Lie(ctx, tx, o.e.ID, f.pool.ID)
	if err != nil {
		return err
	}
	if there != f.Envelopes {
		return fault.New(fault.Conflict, "result.fault.more_envelopes")
	}
	if _, err := tx.Exec(ctx, `delete from budget_counts where edition = ? and pool = ?`, o.e.ID, f.pool.ID); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into budget_counts (edition, pool, turnout, envelopes, copies, unreadable, invalid, valid, unopened) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		o.e.ID, f.pool.ID, turnout, f.Envelopes, f.Copies, f.Unreadable, f.Invalid, f.Valid, f.Unopened)
	return err
}
