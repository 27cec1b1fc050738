package jobs

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"kladka/internal/platform/db"
)

// errLost ends the work of a runner that could not prolong its lease.
var errLost = errors.New("the lease of the job ran out and another runner may have it")

// taken is a job under our lease. The holder is a new random token for each
// claim: a runner that lost a job and took it again is not mistaken for itself.
type taken struct {
	Job
	Payload string `db:"payload"`
	holder  string
}

// claim takes up to n due jobs. The search for them only reads, so an idle
// runner costs the writer nothing. Each row is then taken by the condition in
// the update: of two runners that saw the same row, the second finds its
// due_at moved to the end of the first one's lease. Before that comes what was
// written later: there may be jobs in it. What of it cannot be spread holds up
// no other work.
func (r *Runner) claim(ctx context.Context, n int) ([]taken, error) {
	if _, err := r.db.Spread(ctx); err != nil {
		r.log.Error("spread what was written later", "error", clean(err))
	}
	now := r.now()
	ids, err := r.candidates(ctx, n, now)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	var got []taken
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		got, err = take(ctx, tx, ids, now, r.lease)
		return err
	})
	r.contested = err == nil && len(got) < len(ids)
	return got, err
}

// candidates are the ids of n due jobs, the longest due first. When another
// runner was faster last time, they are n out of many, so that two runners do
// not go on reaching for the same rows.
func (r *Runner) candidates(ctx context.Context, n int, now time.Time) ([]ID, error) {
	among := n
	if r.contested {
		among = 8 * n
	}
	var ids []ID
	err := r.db.Select(ctx, &ids, `select id from jobs where due_at <= ? order by due_at limit ?`, now.Unix(), among)
	if len(ids) > n {
		rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		ids = ids[:n]
	}
	return ids, err
}

func take(ctx context.Context, tx *db.Tx, ids []ID, now time.Time, lease time.Duration) ([]taken, error) {
	holder := uuid.NewString()
	query, args, err := db.In(`update jobs set state = 'running', holder = ?, due_at = ?, attempts = attempts + 1, again = false
		where id in (?) and due_at <= ?
		returning id, kind, payload, progress, attempts, max_attempts`,
		holder, now.Add(lease).Unix(), ids, now.Unix())
	if err != nil {
		return nil, err
	}
	var got []taken
	if err := tx.Select(ctx, &got, query, args...); err != nil {
		return nil, err
	}
	for i := range got {
		got[i].holder = holder
	}
	return got, nil
}

// keep prolongs the lease until stop is called. When that is no longer
// possible it ends the work's context.
func (r *Runner) keep(t taken, lost context.CancelCauseFunc) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	until := r.now().Add(r.lease)
	go func() {
		defer close(ended)
		tick := time.NewTicker(r.lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			var held bool
			if until, held = r.prolong(t, until); !held {
				lost(errLost)
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// prolong moves the end of the lease. A database that does not answer is borne
// until the lease we know of has run out.
func (r *Runner) prolong(t taken, until time.Time) (time.Time, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), r.lease/3)
	defer cancel()
	now := r.now()
	next := now.Add(r.lease)
	var n int64
	err := r.db.Write(ctx, func(tx *db.Tx) (err error) {
		n, err = tx.Exec(ctx, `update jobs set due_at = ? where id = ? and holder = ?`, next.Unix(), t.ID, t.holder)
		return err
	})
	if err != nil {
		r.log.Warn("lease not prolonged", "job", t.ID, "kind", t.Kind, "error", clean(err))
		return until, now.Before(until)
	}
	return next, n == 1
}
