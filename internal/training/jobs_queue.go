package training

import (
	"context"
	"errors"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

func (s *Service) queueJobs(r *jobs.Registry) {
	r.Every("training.expire", time.Minute, s.Expire)
}

// Expire ends what ran out and offers what comes free: held seats that were not
// confirmed, offers that were not answered, and whatever was not decided about
// trainings that are over. It offers as well what could not be offered before and now can,
// because the training got another date. The same is done by whoever acts on a queue first; the job is
// for queues in which nobody acts.
func (s *Service) Expire(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "end what ran out")
	at := s.now().Unix()
	var queues []struct {
		Training ID     `db:"training"`
		Pool     string `db:"pool"`
	}
	err = s.db.Select(ctx, &queues, `select training, pool from training_enrollments where state = 'pending' and hold_until <= ?
		union select training, pool from training_enrollments where state in ('offered', 'qualified') and offer_until <= ?
		union select e.training, e.pool from training_trainings t join training_enrollments e on e.training = t.id and e.state in ('waiting', 'applied', 'offered', 'qualified')
			where t.state in ('published', 'held', 'closed') and t.ends_at > 0 and t.ends_at <= ?
		union select p.training, p.pool from training_pools p join training_trainings t on t.id = p.training
			where p.waiting > 0 and p.taken < p.seats and t.state in ('published', 'postponed') and (t.starts_at = 0 or t.starts_at >= ?)`,
		at, at, at, at+int64(phoneBefore/time.Second))
	if err != nil {
		return err
	}
	var errs []error
	for _, q := range queues {
		errs = append(errs, s.turns.alone(ctx, func() error {
			return again(func() error {
				return s.db.Write(ctx, func(tx *db.Tx) error { return s.expire(ctx, tx, q.Training, q.Pool, at) })
			})
		}, q.Training))
	}
	return errors.Join(errs...)
}

func (s *Service) expire(ctx context.Context, tx *db.Tx, id ID, pool string, at int64) error {
	l, err := s.line(ctx, tx, id, pool)
	if err != nil {
		return err
	}
	if err := s.lapse(ctx, tx, l, at); err != nil {
		return err
	}
	if l.t.EndsAt > 0 && at >= l.t.EndsAt {
		if err := s.closeList(ctx, tx, l, at); err != nil {
			return err
		}
	}
	return l.flush(ctx, tx)
}
