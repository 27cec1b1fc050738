package training

import (
	"context"
	"strconv"
	"time"

	"kladka/internal/platform/db"
)

// lapse ends what ran out in the pool: seats that a guest did not confirm, and
// offers that were not answered. It is done by the job, and by whoever acts on
// the pool first: so a deadline missed by a second is missed. What comes free is
// offered at once.
func (s *Service) lapse(ctx context.Context, tx *db.Tx, l *queueLine, at int64) error {
	var list []Enrollment
	err := tx.Select(ctx, &list, `select `+EnrollmentColumns+` from training_enrollments e where e.training = ? and e.pool = ?
		and (e.state = 'pending' and e.hold_until <= ? or e.state in ('offered', 'qualified') and e.offer_until <= ?) order by e.place, e.id`,
		l.p.Training, l.p.Name, at, at)
	if err != nil {
		return err
	}
	for n := range list {
		swap := list[n].State == Pending && list[n].SwappedFrom != "" // the place was the colleague's all the time
		if err := s.end(ctx, tx, l, &list[n], Lapsed, ActLapsed, "", at); err != nil {
			return err
		}
		if swap {
			continue
		}
		if err := s.tell(ctx, tx, list[n], NewsLapsed, "lapsed"); err != nil {
			return err
		}
	}
	return s.offerNext(ctx, tx, l, at)
}

// end takes an enrollment out: of its state, of the queue, and tells other
// modules. Whoever calls has the seats that came free offered (offerNext). Late
// are only those who resigned themselves.
func (s *Service) end(ctx context.Context, tx *db.Tx, l *queueLine, e *Enrollment, state State, act Act, by string, at int64) error {
	late := e.State == Confirmed && act == ActResigned && s.tooLateToLeave(ctx, tx, l.t, *e, at)
	return s.endAs(ctx, tx, l, e, state, act, by, at, late)
}

func (s *Service) endAs(ctx context.Context, tx *db.Tx, l *queueLine, e *Enrollment, state State, act Act, by string, at int64, late bool) error {
	was := e.State
	l.leave(e, act, by, at)
	if err := e.to(state); err != nil {
		return err
	}
	e.LeftAt, e.Late = at, late
	if err := change(ctx, tx, e, at); err != nil {
		return err
	}
	return s.tellLeft(ctx, tx, l.t, *e, was, late, at)
}

// tooLateToLeave tells whether the last moment of free resignation is over. A
// number of the law that cannot be read counts as not over: nobody shall pay
// for our fault.
func (s *Service) tooLateToLeave(ctx context.Context, r db.Reader, t Training, e Enrollment, at int64) bool {
	until, err := s.FreeUntil(ctx, r, t, e)
	return err == nil && !until.IsZero() && at >= until.Unix()
}

// FreeUntil is the moment before which the holder of the enrollment resigns from
// the training without a fee; of an empty one, whoever agrees to it now. The zero time where no date is set. From then on one may still resign,
// until the training begins, but a fee may be due.
func (s *Service) FreeUntil(ctx context.Context, r db.Reader, t Training, e Enrollment) (time.Time, error) {
	if t.FreeUntil > 0 || t.StartsAt == 0 {
		return freeUntil(t, e, 0), nil
	}
	days, err := s.Law.Int(ctx, r, FreeDays, time.Unix(t.StartsAt, 0))
	if err != nil {
		return time.Time{}, err
	}
	return freeUntil(t, e, int(days.Int)), nil
}

// offerHours is how long an offered seat waits for the answer.
func (s *Service) offerHours(ctx context.Context, r db.Reader, t Training, at int64) (int, error) {
	if t.OfferHours > 0 {
		return t.OfferHours, nil
	}
	v, err := s.Law.Int(ctx, r, OfferHours, time.Unix(at, 0))
	return int(v.Int), err
}

// offerNext offers the free seats of the pool to those who wait, the first
// first, in the transaction in which the seats came free.
func (s *Service) offerNext(ctx context.Context, tx *db.Tx, l *queueLine, at int64) error {
	free := min(l.p.Seats-l.p.Taken, l.p.Waiting)
	if free <= 0 || offerUntil(l.t, 1, at) == 0 {
		return nil
	}
	hours, err := s.offerHours(ctx, tx, l.t, at)
	if err != nil {
		return err
	}
	var list []Enrollment
	err = tx.Select(ctx, &list, `select `+EnrollmentColumns+` from training_enrollments e
		where e.training = ? and e.pool = ? and e.state = 'waiting' order by e.place, e.id limit ?`, l.p.Training, l.p.Name, free)
	if err != nil {
		return err
	}
	for n := range list {
		e := &list[n]
		l.rise(e, ActOffered, "", at)
		if err := e.to(Offered); err != nil {
			return err
		}
		e.OfferUntil = offerUntil(l.t, hours, at)
		if err := change(ctx, tx, e, at); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, *e, NewsOffered, "offered/"+strconv.FormatInt(l.p.Seq, 10)); err != nil {
			return err
		}
	}
	return nil
}
