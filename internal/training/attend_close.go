package training

import (
	"context"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// closeQueues ends what nobody decided about a training that is over, pool by
// pool. Expire does the same within a minute should this be cut short.
func (s *Service) closeQueues(ctx context.Context, id ID) (err error) {
	defer fault.Wrap(&err, "close the queues of training %s", id)
	pools, err := Pools(ctx, s.db, id)
	if err != nil {
		return err
	}
	at := s.now().Unix()
	return s.turns.alone(ctx, func() error {
		for _, p := range pools {
			err := again(func() error {
				return s.db.Write(ctx, func(tx *db.Tx) error { return s.expire(ctx, tx, id, p.Name, at) })
			})
			if err != nil {
				return err
			}
		}
		return nil
	}, id)
}

// closeList ends the stay of everybody in a pool who, when the training is over,
// still waits for a seat, a decision or an answer: nobody waits for ever. They
// are told so; a guest who never confirmed the address is not.
func (s *Service) closeList(ctx context.Context, tx *db.Tx, l *queueLine, at int64) error {
	var list []Enrollment
	err := tx.Select(ctx, &list, `select `+EnrollmentColumns+` from training_enrollments e where e.training = ? and e.pool = ?
		and e.state in ('pending', 'applied', 'waiting', 'offered', 'qualified') order by e.place, e.id`, l.p.Training, l.p.Name)
	if err != nil {
		return err
	}
	for n := range list {
		was := list[n].State
		if err := s.end(ctx, tx, l, &list[n], Lapsed, ActLapsed, "", at); err != nil {
			return err
		}
		if was == Pending {
			continue
		}
		if err := s.tell(ctx, tx, list[n], NewsOver, string(NewsOver)); err != nil {
			return err
		}
	}
	return nil
}
