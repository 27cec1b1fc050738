package jobs

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// DefaultAttempts is how often a job is tried before it is parked. With the
// waits of backoff the last attempt comes about four and a half hours after
// the first: longer than a usual outage of a mail server.
const DefaultAttempts = 8

// Jobs without a time are due at 0 and so come before all that have one.
const (
	dueFirst int64 = -1 // periodic work: a heap of other jobs must not hold it up
	dueNow   int64 = 0
)

type order struct {
	key      *string
	due      int64
	attempts int
	progress ProgressID
}

// Option changes how a job is enqueued.
type Option func(*order)

// Unique keeps one job of this kind for the key: what is asked for twice is
// done once, with the later payload. See Enqueue.
func Unique(key string) Option { return func(o *order) { o.key = &key } }

// At lets the job run no earlier than that.
func At(t time.Time) Option { return func(o *order) { o.due = t.Unix() } }

// MaxAttempts is how often the job is tried before it is parked.
func MaxAttempts(n int) Option { return func(o *order) { o.attempts = max(1, n) } }

// WithProgress ties the job to a progress row, which turns to failed when the
// job is parked: nobody shall watch a bar that can no longer move.
func WithProgress(id ProgressID) Option { return func(o *order) { o.progress = id } }

func first(o *order) { o.due = dueFirst }

// Enqueue writes a job in the transaction of the change that asks for it.
//
// With Unique, a job of that kind and key that is there already takes the new
// payload, and the ID returned is "". If it waits, it will do the work; if it
// was asked for an earlier time now, it comes earlier. If it runs, it may have
// read what this transaction changes, so it will run once more. If it is
// parked, it gets one more attempt.
func Enqueue(ctx context.Context, tx *db.Tx, kind string, payload any, options ...Option) (_ ID, err error) {
	defer fault.Wrap(&err, "enqueue %s", kind)
	text, err := json.Marshal(payload)
	if err != nil {
		return "", err
	}
	o := order{due: dueNow, attempts: DefaultAttempts}
	for _, set := range options {
		set(&o)
	}
	return insert(ctx, tx, kind, string(text), o)
}

// insert touches the row of the same key even when it waits, and does not say
// "do nothing": the lock makes a runner of another process wait for our commit
// before it takes the job. Otherwise it might run the job on the old data,
// delete it, and our change would have no job.
func insert(ctx context.Context, tx *db.Tx, kind, payload string, o order) (ID, error) {
	id, err := newID()
	if err != nil {
		return "", err
	}
	var there ID
	err = tx.Get(ctx, &there, `insert into jobs (id, kind, unique_key, payload, progress, max_attempts, state, due_at)
		values (?, ?, ?, ?, ?, ?, 'waiting', ?)
		on conflict (kind, unique_key) where unique_key is not null do update set
			payload = excluded.payload,
			again = (jobs.state = 'running'),
			attempts = case when jobs.state = 'parked' then jobs.max_attempts - 1 else jobs.attempts end,
			due_at = case
				when jobs.state = 'parked' then excluded.due_at
				when jobs.state = 'waiting' and jobs.attempts = 0 and excluded.due_at < jobs.due_at then excluded.due_at
				else jobs.due_at end,
			state = case when jobs.state = 'parked' then 'waiting' else jobs.state end
		returning id`, id, kind, o.key, payload, o.progress, o.attempts, o.due)
	if err != nil || there != id {
		return "", err
	}
	return id, nil
}

// EnqueueLater is Enqueue for work that nobody will ask for again and whose id
// nobody needs, such as the delivery of an event: the row goes with the others
// that follow the deed (see db.Tx.Later) and comes to the table of jobs when a
// runner looks for work the next time, which is when it would have been found.
func EnqueueLater(ctx context.Context, tx *db.Tx, kind string, payload any) (err error) {
	defer fault.Wrap(&err, "enqueue %s", kind)
	text, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	id, err := newID()
	if err != nil {
		return err
	}
	const progress, holder, again, attempts = "", "", false, int64(0)
	return tx.Later(ctx, "jobs", string(id), kind, nil, string(text), progress, "waiting", dueNow, holder, again, attempts, int64(DefaultAttempts))
}

func newID() (ID, error) {
	u, err := uuid.NewV7()
	return ID(u.String()), err
}
