package training

import (
	"context"
	"errors"
	"slices"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Act is what happened in a queue.
type Act string

// The acts. Those that end somebody's stay say why.
const (
	ActSeats    Act = "seats"    // the pool has n seats
	ActSeated   Act = "seated"   // somebody came and there was a free seat; n is the place
	ActWaits    Act = "waits"    // somebody came and waits; n is the place
	ActOffered  Act = "offered"  // a seat that came free was offered to the first who waits
	ActAccepted Act = "accepted" // and was taken
	ActCalled   Act = "called"   // a substitute was reached by phone and comes, past those who were skipped
	ActSkipped  Act = "skipped"  // somebody who waits was not reached, or not called, before a substitute
	ActSwapped  Act = "swapped"  // the enrollment takes over place n of a colleague

	ActDeclined Act = "declined" // said no to the offer
	ActLapsed   Act = "lapsed"   // did not confirm or answer in time
	ActResigned Act = "resigned"
	ActRejected Act = "rejected" // by the head or an officer
	ActMoved    Act = "moved"    // to another date
	ActDropped  Act = "dropped"  // the training was canceled
)

// ends tells whether the act takes somebody out of the queue.
func (a Act) ends() bool {
	return slices.Contains([]Act{ActDeclined, ActLapsed, ActResigned, ActRejected, ActMoved, ActDropped}, a)
}

// QueueRow is one line of the log of a pool.
type QueueRow struct {
	Training   ID           `db:"training"`
	Pool       string       `db:"pool"`
	Seq        int64        `db:"seq"`
	Act        Act          `db:"act"`
	Enrollment EnrollmentID `db:"enrollment"`
	N          int64        `db:"n"` // the place, or of ActSeats the seats
	By         string       `db:"by_person"`
	At         int64        `db:"at"`
}

// QueueLog is what happened in a pool, in order.
func QueueLog(ctx context.Context, r db.Reader, id ID, pool string) (log []QueueRow, err error) {
	return log, r.Select(ctx, &log, `select training, pool, seq, act, enrollment, n, by_person, at
		from training_queue where training = ? and pool = ? order by seq`, id, pool)
}

// queueLine is the queue of one pool while a transaction holds it. Its first
// statement touches the pool's row, so whoever acts on the same pool waits until
// we commit; what is read afterwards is what stands. The numbers are counted
// here and written once, in flush.
type queueLine struct {
	t   Training
	p   Pool  // as it will be written
	seq int64 // as it was found
	log []QueueRow
}

// line takes hold of a pool. The training is read after that, as it stands now.
// No such pool: fault.ErrNotFound.
func (s *Service) line(ctx context.Context, tx *db.Tx, id ID, pool string) (*queueLine, error) {
	l, err := s.holdPool(ctx, tx, id, pool)
	if err == nil {
		l.t, err = ByID(ctx, tx, id)
	}
	return l, err
}

// holdPool takes hold of a pool without looking at the training.
func (s *Service) holdPool(ctx context.Context, tx *db.Tx, id ID, pool string) (l *queueLine, err error) {
	defer fault.Wrap(&err, "queue %q of training %s", pool, id)
	l = &queueLine{}
	err = tx.Get(ctx, &l.p, `update training_pools set seq = seq where training = ? and pool = ?
		returning training, pool, seats, taken, waiting, seq`, id, pool)
	l.seq = l.p.Seq
	return l, err
}

// note writes an act into the log and gives its number.
func (l *queueLine) note(act Act, e EnrollmentID, n int64, by string, at int64) int64 {
	if l.p.Seq == 0 && act != ActSeats {
		l.note(ActSeats, "", int64(l.p.Seats), "", at)
	}
	l.p.Seq++
	if act == ActSeated || act == ActWaits {
		n = l.p.Seq // whoever comes gets the number of the act as the place
	}
	l.log = append(l.log, QueueRow{l.p.Training, l.p.Name, l.p.Seq, act, e, n, by, at})
	return l.p.Seq
}

// come gives the enrollment a seat, when one is free and nobody waits, or the
// last place of the waiting list; which, it tells. The state is the caller's.
func (l *queueLine) come(e *Enrollment, by string, at int64) (seated bool) {
	act := ActWaits
	if seated = l.p.Free() > 0; seated {
		act = ActSeated
		l.p.Taken++
	} else {
		l.p.Waiting++
	}
	e.Pool, e.Seated = l.p.Name, seated
	e.Place = l.note(act, e.ID, 0, by, at)
	return seated
}

// leave takes the enrollment out of the queue. Who never was in it (a guest
// without a seat, an applicant of a course with admission) leaves no line.
func (l *queueLine) leave(e *Enrollment, act Act, by string, at int64) {
	switch {
	case e.Seated:
		l.p.Taken--
	case e.State == Waiting:
		l.p.Waiting--
	default:
		return
	}
	e.Seated = false
	l.note(act, e.ID, e.Place, by, at)
}

// rise gives a free seat to somebody who waits.
func (l *queueLine) rise(e *Enrollment, act Act, by string, at int64) {
	l.p.Taken++
	l.p.Waiting--
	e.Seated = true
	l.note(act, e.ID, e.Place, by, at)
}

// errFaster is a row that changed under our hands. The act is done again from
// the beginning; the person never sees it.
var errFaster = errors.New("a row was changed by somebody else")

// queueColumns is the number of columns of a line of the log.
const queueColumns = 8

// flush writes the numbers of the pool and the lines of the log. The statement
// itself refuses an oversell, whatever was counted before.
func (l *queueLine) flush(ctx context.Context, tx *db.Tx) error {
	if len(l.log) == 0 {
		return nil
	}
	for some := range slices.Chunk(l.log, db.MaxParams/queueColumns) {
		args := make([]any, 0, len(some)*queueColumns)
		for _, r := range some {
			args = append(args, r.Training, r.Pool, r.Seq, r.Act, r.Enrollment, r.N, r.By, r.At)
		}
		_, err := tx.Exec(ctx, `insert into training_queue (training, pool, seq, act, enrollment, n, by_person, at) values `+
			db.Marks(len(some), queueColumns), args...)
		if err != nil {
			return err
		}
	}
	n, err := tx.Exec(ctx, `update training_pools set taken = ?, waiting = ?, seq = ?
		where training = ? and pool = ? and seq = ? and seats >= ?`,
		l.p.Taken, l.p.Waiting, l.p.Seq, l.p.Training, l.p.Name, l.seq, l.p.Taken)
	if err == nil && n == 0 {
		err = errFaster
	}
	l.log, l.seq = nil, l.p.Seq
	return err
}

// change writes an enrollment as it is now, if it is still as it was read.
func change(ctx context.Context, tx *db.Tx, e *Enrollment, at int64) error {
	n, err := tx.Exec(ctx, `update training_enrollments set state = ?, seated = ?, active = ?, place = ?, who_key = ?, person = ?, name = ?, name_key = ?, note = ?,
			needs = ?, left_at = ?, late = ?, hold_until = ?, offer_until = ?, approved_by = ?, approved_at = ?, revision = revision + 1, changed_at = ?
		where id = ? and revision = ?`,
		e.State, e.Seated, e.Active, e.Place, e.WhoKey, e.Person, e.Name, e.NameKey, e.Note,
		e.Needs, e.LeftAt, e.Late,
		e.HoldUntil, e.OfferUntil, e.ApprovedBy, e.ApprovedAt, at, e.ID, e.Revision)
	if err != nil {
		return err
	}
	if n == 0 {
		return errFaster
	}
	e.Revision++
	e.ChangedAt = at
	return nil
}

// to changes the state as the table of steps allows. Nobody needs to know any
// more what somebody needed who does not come.
func (e *Enrollment) to(state State) error {
	if !e.State.May(state) {
		return fault.New(fault.Conflict, "training.queue.fault.state")
	}
	e.State, e.Active = state, state.Active()
	if !e.Active {
		e.Needs = ""
	}
	return nil
}
