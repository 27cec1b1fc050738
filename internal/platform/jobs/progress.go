package jobs

import (
	"context"
	"time"

	"github.com/google/uuid"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// ProgressID names a progress row.
type ProgressID string

// ProgressState is where a long work stands.
type ProgressState string

// The states of a progress row.
const (
	ProgressRunning ProgressState = "running"
	ProgressDone    ProgressState = "done"
	ProgressFailed  ProgressState = "failed"
)

// Progress is how far a long work is, such as an import. A page reads it once
// a second while its reader waits.
type Progress struct {
	ID        ProgressID    `db:"id"`
	Kind      string        `db:"kind"`
	TitleKey  string        `db:"title_key"` // message key of what is being done
	Owner     string        `db:"owner"`     // the person who may look; the page checks it
	Done      int64         `db:"done"`
	Total     int64         `db:"total"` // 0 while unknown
	State     ProgressState `db:"state"`
	Note      string        `db:"note"` // message key of the outcome, or ""
	UpdatedAt int64         `db:"updated_at"`
}

// progressKept is how long a row stays after it last moved: the person may
// come back for the outcome after a weekend.
const progressKept = 7 * 24 * time.Hour

// StartProgress writes the row of p in the transaction that enqueues the work
// (see WithProgress) and returns its id. An id made before, so that a form sent
// twice starts one work, is kept; repeating it changes nothing.
func StartProgress(ctx context.Context, tx *db.Tx, p Progress, at time.Time) (ProgressID, error) {
	if p.ID == "" {
		u, err := uuid.NewV7()
		if err != nil {
			return "", err
		}
		p.ID = ProgressID(u.String())
	}
	_, err := tx.Exec(ctx, `insert into jobs_progress (id, kind, title_key, owner, done, total, state, note, updated_at)
		values (?, ?, ?, ?, ?, ?, 'running', '', ?) on conflict (id) do nothing`,
		p.ID, p.Kind, p.TitleKey, p.Owner, p.Done, p.Total, at.Unix())
	return p.ID, err
}

// Report writes how far the work is, in a transaction of its own. Call it
// every few hundred steps, not at each. A row that is swept, or done already,
// is left alone: the work matters more than its bar.
func Report(ctx context.Context, d *db.DB, id ProgressID, done, total int64, at time.Time) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update jobs_progress set done = ?, total = ?, updated_at = ?, state = 'running'
			where id = ? and state <> 'done'`, done, total, at.Unix(), id)
		return err
	})
}

// Finish writes the outcome, in the transaction of the last step of the work.
// Note is a message key that says more, or "".
func Finish(ctx context.Context, tx *db.Tx, id ProgressID, state ProgressState, note string, at time.Time) error {
	_, err := tx.Exec(ctx, `update jobs_progress set state = ?, note = ?, updated_at = ?,
		done = case when ? then total else done end where id = ? and state <> 'done'`,
		state, note, at.Unix(), state == ProgressDone, id)
	return err
}

// ReadProgress reads one row; fault.NotFound when it is not there.
func ReadProgress(ctx context.Context, r db.Reader, id ProgressID) (p Progress, err error) {
	defer fault.Wrap(&err, "progress %s", id)
	err = r.Get(ctx, &p, `select id, kind, title_key, owner, done, total, state, note, updated_at
		from jobs_progress where id = ?`, id)
	return p, err
}

func turnProgress(ctx context.Context, tx *db.Tx, id ProgressID, from, to ProgressState, at time.Time) error {
	_, err := tx.Exec(ctx, `update jobs_progress set state = ?, updated_at = ? where id = ? and state = ?`, to, at.Unix(), id, from)
	return err
}

// SweepProgress registers the daily job that deletes rows that have not moved
// for a week.
func SweepProgress(r *Registry, d *db.DB, now func() time.Time) {
	r.Every("jobs.sweep_progress", 24*time.Hour, func(ctx context.Context) error {
		before := now().Add(-progressKept).Unix()
		return d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `delete from jobs_progress where updated_at < ?`, before)
			return err
		})
	})
}
