package jobs

import (
	"context"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// ParkedJob is a job that failed too often, as an administrator sees it. The
// payload is not shown: it speaks of people by their ids.
type ParkedJob struct {
	ID        ID     `db:"id"`
	Kind      string `db:"kind"`
	Attempts  int    `db:"attempts"`
	LastError string `db:"last_error"`
	FailedAt  int64  `db:"failed_at"`
}

// Failed is when the last attempt failed.
func (p ParkedJob) Failed() time.Time { return time.Unix(p.FailedAt, 0) }

// Parked lists parked jobs, the oldest first, after the given one ("" for the
// first page).
func Parked(ctx context.Context, r db.Reader, after ID, limit int) ([]ParkedJob, error) {
	var list []ParkedJob
	err := r.Select(ctx, &list, `select id, kind, attempts, last_error, failed_at from jobs
		where state = 'parked' and id > ? order by id limit ?`, after, limit)
	return list, err
}

// Tally is how many jobs there are. A job whose process died counts as running
// until its lease has run out and another took it.
type Tally struct{ Waiting, Running, Parked int }

// Counts counts the jobs.
func Counts(ctx context.Context, r db.Reader) (Tally, error) {
	var rows []struct {
		State string `db:"state"`
		N     int    `db:"n"`
	}
	if err := r.Select(ctx, &rows, `select state, count(*) as n from jobs group by state`); err != nil {
		return Tally{}, err
	}
	var t Tally
	for _, row := range rows {
		switch row.State {
		case "waiting":
			t.Waiting = row.N
		case "running":
			t.Running = row.N
		case "parked":
			t.Parked = row.N
		}
	}
	return t, nil
}

// Retry gives a parked job all its attempts anew, at once. It returns
// fault.NotFound when there is no such job (any more) and fault.Conflict when
// it is not parked.
func Retry(ctx context.Context, tx *db.Tx, id ID) (err error) {
	defer fault.Wrap(&err, "retry job %s", id)
	progress, err := progressOfParked(ctx, tx, id)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `update jobs set state = 'waiting', due_at = ?, attempts = 0 where id = ? and state = 'parked'`, dueNow, id)
	if err != nil || n == 0 || progress == "" {
		return notParked(n, err)
	}
	_, err = tx.Exec(ctx, `update jobs_progress set state = 'running' where id = ? and state = 'failed'`, progress)
	return err
}

// Discard deletes a parked job for good. Errors as for Retry.
func Discard(ctx context.Context, tx *db.Tx, id ID) (err error) {
	defer fault.Wrap(&err, "discard job %s", id)
	if _, err := progressOfParked(ctx, tx, id); err != nil {
		return err
	}
	return notParked(tx.Exec(ctx, `delete from jobs where id = ? and state = 'parked'`, id))
}

// progressOfParked tells a job that is not there from one that is not parked.
func progressOfParked(ctx context.Context, tx *db.Tx, id ID) (ProgressID, error) {
	var row struct {
		State    string     `db:"state"`
		Progress ProgressID `db:"progress"`
	}
	if err := tx.Get(ctx, &row, `select state, progress from jobs where id = ?`, id); err != nil {
		return "", err
	}
	if row.State != "parked" {
		return "", errNotParked()
	}
	return row.Progress, nil
}

// notParked is for the one who was a moment later than another administrator.
func notParked(n int64, err error) error {
	if err == nil && n == 0 {
		return errNotParked()
	}
	return err
}

func errNotParked() error { return fault.New(fault.Conflict, "jobs.fault.not_parked") }
