package training

import (
	"context"
	"errors"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Swap lets a colleague of the same institution take the place over: the same
// seat, the same place in the queue. Those who run the training and the office of
// the person's school put the colleague in at once. When the holder does it, the
// place stays the holder's until the colleague says yes (Confirm); the receipt is
// the same whether the colleague was asked or is enrolled already, and holds no
// id. A colleague who is enrolled already makes nothing happen (Known, for staff).
// Where the head approves, the colleague is asked for anew. Conflict after the
// beginning, and where an officer admits people one by one.
func (s *Service) Swap(ctx context.Context, h Holder, id EnrollmentID, colleague Applicant) (r Receipt, err error) {
	at := s.now()
	e, t, staff, err := s.handles(ctx, h, id)
	if err != nil {
		return r, err
	}
	if t.Admission {
		return r, fault.New(fault.Conflict, "training.queue.fault.swap_admission")
	}
	n, err := s.successor(ctx, h.Actor, e, t, colleague, staff)
	if err != nil {
		return r, err
	}
	_, err = s.take(ctx, h.Actor, e, at, func(ctx context.Context, t *turn) error {
		if !staff {
			r = Receipt{State: Pending}
			return s.handOver(ctx, t, *n)
		}
		r, err = s.takeOver(ctx, t, *n)
		return err
	})
	return r, err
}

// successor is the colleague as a newcomer. The colleague comes in the other's
// stead, so the window of enrollment and the eyes on the offer are the other's.
func (s *Service) successor(ctx context.Context, who access.Actor, e Enrollment, t Training, colleague Applicant, staff bool) (*newcomer, error) {
	at := s.now().Unix()
	o, err := readOffer(ctx, s.db, t)
	if err != nil {
		return nil, err
	}
	o.t.EnrollFrom, o.t.EnrollUntil, o.t.FirstUntil, o.t.State = 0, 0, 0, Published
	if o.t.begun(at) {
		return nil, fault.New(fault.Conflict, "training.queue.fault.begun")
	}
	how := BySwap
	if staff {
		how = ByHead
		if Manages(ctx, who, t) == nil {
			how = ByPhone
		}
	}
	colleague.Institution, colleague.TypedName, colleague.SeenRev = access.InstitutionID(e.Institution), e.TypedName, 0
	colleague.Track = e.Track
	n, err := s.newcomer(ctx, who, o, colleague, how, at)
	if err != nil || staff {
		return n, err
	}
	hours, err := s.offerHours(ctx, s.db, t, at) // no seat waits for it: a day or two does no harm
	n.e.HoldUntil = at + int64(hours)*3600
	if t.StartsAt > 0 {
		n.e.HoldUntil = min(n.e.HoldUntil, t.StartsAt)
	}
	return n, err
}

// handsOver are the states in which a place can go to a colleague.
var handsOver = []State{Applied, Waiting, Offered, Confirmed}

// handOver asks the colleague of a holder: a row without a seat, until the
// colleague confirms. Whom the holder asked before is asked no more.
func (s *Service) handOver(ctx context.Context, t *turn, n newcomer) error {
	if !slices.Contains(handsOver, t.e.State) {
		return fault.New(fault.Conflict, "training.queue.fault.state")
	}
	if err := t.mayStillLeave(Resigned); err != nil {
		return err
	}
	known, err := s.knownHere(ctx, t.tx, t.e.Training, []*newcomer{&n})
	if err != nil {
		return err
	}
	if old := known.find(n.e, t.at); old != nil {
		return s.welcomeBack(ctx, t.tx, &n, old)
	}
	var before []Enrollment
	err = t.tx.Select(ctx, &before, `select `+EnrollmentColumns+` from training_enrollments e where e.training = ? and e.swapped_from = ? and e.state = ?`,
		t.e.Training, t.e.ID, Pending)
	if err != nil {
		return err
	}
	for i := range before {
		if err := s.end(ctx, t.tx, t.l, &before[i], Lapsed, ActLapsed, t.by, t.at); err != nil {
			return err
		}
	}
	e := n.e
	e.Pool, e.State, e.SwappedFrom = t.e.Pool, Pending, string(t.e.ID)
	if err := insertEnrollments(ctx, t.tx, []*Enrollment{&e}); err != nil {
		return err
	}
	return s.tell(ctx, t.tx, e, NewsLink, "link")
}

// confirmSwap passes the place from its holder to the colleague who says yes. It
// is a Conflict when the holder has it no more.
func (t *turn) confirmSwap(ctx context.Context) error {
	old, err := EnrollmentByID(ctx, t.tx, EnrollmentID(t.e.SwappedFrom))
	if err != nil {
		return err
	}
	switch {
	case old.Pool != t.e.Pool, !slices.Contains(handsOver, old.State):
		return fault.New(fault.Conflict, "training.queue.fault.swap_over")
	case t.l.t.State != Published && t.l.t.State != Postponed:
		return fault.New(fault.Conflict, "training.queue.fault.closed")
	case t.l.t.begun(t.at):
		return fault.New(fault.Conflict, "training.queue.fault.begun")
	}
	if err := t.gather(ctx); err != nil {
		return err
	}
	if err := t.give(ctx, &old, &t.e); err != nil {
		return err
	}
	t.e.HoldUntil = 0
	if err := t.save(ctx); err != nil {
		return err
	}
	return t.tellGiven(ctx, old, t.e)
}

// give ends the one and puts the other in its place; the other is not written yet.
func (t *turn) give(ctx context.Context, old, e *Enrollment) error {
	state := old.State
	if state == Confirmed && t.l.t.Approval && e.ApprovedBy == "" {
		state = Applied
	}
	e.Place, e.Seated, e.OfferUntil, e.SwappedFrom = old.Place, old.Seated, old.OfferUntil, string(old.ID)
	if e.State == "" {
		e.State = state
	} else if err := e.to(state); err != nil {
		return err
	}
	if e.Place > 0 {
		t.l.note(ActSwapped, e.ID, e.Place, t.by, t.at)
	}
	old.Seated, old.LeftAt = false, t.at
	if err := old.to(Resigned); err != nil {
		return err
	}
	return change(ctx, t.tx, old, t.at)
}

// tellGiven tells both, and the heads and other modules.
func (t *turn) tellGiven(ctx context.Context, old, e Enrollment) error {
	s := t.s
	if err := s.tellLeft(ctx, t.tx, t.l.t, old, Confirmed, false, t.at); err != nil {
		return err
	}
	if err := s.tell(ctx, t.tx, old, NewsSwapped, string(NewsSwapped)); err != nil {
		return err
	}
	if e.State == Offered {
		return errors.Join(s.tellEnrolled(ctx, t.tx, t.l.t, e, t.at), s.tell(ctx, t.tx, e, NewsOffered, "offered/swap"))
	}
	return s.tellState(ctx, t.tx, t.l.t, e, t.at)
}

// takeOver puts the colleague in at once, as staff do.
func (s *Service) takeOver(ctx context.Context, t *turn, n newcomer) (r Receipt, err error) {
	if !slices.Contains(handsOver, t.e.State) {
		return r, fault.New(fault.Conflict, "training.queue.fault.state")
	}
	if err := t.mayStillLeave(Resigned); err != nil {
		return r, err
	}
	known, err := s.knownHere(ctx, t.tx, t.e.Training, []*newcomer{&n})
	if err != nil {
		return r, err
	}
	if old := known.find(n.e, t.at); old != nil {
		return Receipt{ID: old.ID, State: old.State, Known: true}, nil
	}
	e := n.e
	e.Pool = t.e.Pool
	if err := t.give(ctx, &t.e, &e); err != nil {
		return r, err
	}
	if err := insertEnrollments(ctx, t.tx, []*Enrollment{&e}); err != nil {
		return r, err
	}
	if err := t.tellGiven(ctx, t.e, e); err != nil {
		return r, err
	}
	err = t.staffDid(ctx, true, "swap", map[string]string{"from": string(t.e.ID), "to": string(e.ID)})
	return Receipt{ID: e.ID, State: e.State}, err
}

// Move takes somebody to another date of the same series: a seat there first,
// then the old one is given back. No free seat there, or another series, is a
// Conflict, and nothing changes.
func (s *Service) Move(ctx context.Context, h Holder, id EnrollmentID, to ID) (r Receipt, err error) {
	defer fault.Wrap(&err, "move enrollment %s to %s", id, to)
	at := s.now().Unix()
	e, t, staff, err := s.handles(ctx, h, id)
	if err != nil {
		return r, err
	}
	s.offers.forget(to) // rare enough to look anew
	o, err := s.offer(ctx, s.db, to)
	if err != nil {
		return r, err
	}
	if o.t.Series == "" || o.t.Series != t.Series || o.t.ID == t.ID {
		return r, fault.New(fault.Conflict, "training.queue.fault.not_of_series")
	}
	if o.t.State == Draft {
		return r, fault.ErrNotFound
	}
	if err := mayEnroll(o.t, ByHead, 0, at); err != nil {
		return r, err
	}
	from, err := s.homeOf(ctx, access.InstitutionID(e.Institution))
	if err != nil {
		return r, err
	}
	if err := s.fitsDate(ctx, e, t, o.t, o.eligible, from); err != nil {
		return r, err
	}
	if err := s.goesFirst(ctx, o, Applicant{Person: access.PersonID(e.Person), Institution: access.InstitutionID(e.Institution)}, e.How, at); err != nil {
		return r, err
	}
	pool := poolFor(o.pools, from.by(o.t))
	var answer error
	err = s.turns.alone(ctx, func() error {
		return again(func() error {
			return s.db.Write(ctx, func(tx *db.Tx) (err error) {
				r, answer, err = s.move(ctx, tx, mover{h.Actor, e, o, pool, staff}, at)
				return err
			})
		})
	}, t.ID, to)
	return r, errors.Join(err, answer)
}

// fitsDate tells whether the enrollment may go to another date: it is for the
// same people, and admits them in the same way. Who was not admitted, or not of
// the staff, does not become so by moving.
func (s *Service) fitsDate(ctx context.Context, e Enrollment, t, to Training, eligible Eligible, from home) error {
	if t.Admission != to.Admission {
		return fault.New(fault.Conflict, "training.queue.fault.other_admission")
	}
	if to.ForInstitution != "" && to.ForInstitution != t.ForInstitution {
		return fault.New(fault.Conflict, "training.queue.fault.not_for_school")
	}
	if err := s.fitsStaffTraining(ctx, to, access.InstitutionID(e.Institution)); err != nil {
		return err
	}
	return eligible.fits(e.Role, from.Kind, from.by(to))
}

// mover is who moves, and where to.
type mover struct {
	who   access.Actor
	e     Enrollment
	o     offered
	pool  string
	staff bool
}

// move holds both queues, in the order of the trainings' ids, so that two who
// change places do not wait for each other.
func (s *Service) move(ctx context.Context, tx *db.Tx, m mover, at int64) (r Receipt, answer, err error) {
	var there *queueLine
	hold := func() (err error) { there, err = s.line(ctx, tx, m.o.t.ID, m.pool); return err }
	first := m.o.t.ID < m.e.Training
	if first {
		if err := hold(); err != nil {
			return r, nil, err
		}
	}
	t, err := s.holdLine(ctx, tx, m.who, m.e, at)
	if err != nil {
		return r, nil, err
	}
	if !first {
		if err := hold(); err != nil {
			return r, nil, err
		}
	}
	if err := s.lapse(ctx, tx, there, at); err != nil {
		return r, nil, err
	}
	r, answer, err = s.changeDate(ctx, t, there, m)
	if err != nil {
		return r, nil, err
	}
	if err := s.offerNext(ctx, tx, t.l, at); err != nil {
		return r, nil, err
	}
	return r, answer, errors.Join(t.l.flush(ctx, tx), there.flush(ctx, tx))
}

func (s *Service) changeDate(ctx context.Context, t *turn, there *queueLine, m mover) (r Receipt, answer, err error) {
	if err := t.mayStillLeave(Resigned); err != nil {
		return r, err, nil
	}
	if !slices.Contains([]State{Applied, Waiting, Offered, Confirmed}, t.e.State) || t.l.t.Admission && t.e.State != Confirmed {
		return r, fault.New(fault.Conflict, "training.queue.fault.state"), nil
	}
	if there.t.State != Published || there.t.Revision != m.o.t.Revision {
		return r, fault.New(fault.Conflict, "training.queue.fault.changed"), nil
	}
	if there.p.Free() == 0 {
		return r, fault.New(fault.Conflict, "training.queue.fault.no_seat_there"), nil
	}
	e := dated(t.e, m.o, t.at)
	if e.Needs, err = s.sealAgain(t.e, e.ID); err != nil {
		return r, nil, err
	}
	n := &newcomer{t: there.t, e: e, who: m.who, at: t.at}
	known, err := s.knownHere(ctx, t.tx, there.t.ID, []*newcomer{n})
	if err != nil {
		return r, nil, err
	}
	if known.find(e, t.at) != nil {
		return r, fault.New(fault.Conflict, "training.queue.fault.known_there"), nil
	}
	there.come(&e, t.by, t.at)
	e.State = Confirmed
	if there.t.Approval && e.ApprovedBy == "" {
		e.State = Applied
	}
	if err := insertEnrollments(ctx, t.tx, []*Enrollment{&e}); err != nil {
		return r, nil, err
	}
	if err := t.leave(ctx, Resigned, ActMoved); err != nil {
		return r, nil, err
	}
	if err := s.tellEnrolled(ctx, t.tx, there.t, e, t.at); err != nil {
		return r, nil, err
	}
	if err := t.staffDid(ctx, m.staff, "move", map[string]string{"to": string(e.ID)}); err != nil {
		return r, nil, err
	}
	if err := s.tell(ctx, t.tx, e, NewsMoved, string(NewsMoved)); err != nil {
		return r, nil, err
	}
	if e.State == Applied {
		err = s.tell(ctx, t.tx, e, NewsAsked, "asked")
	}
	return Receipt{ID: e.ID, State: e.State}, nil, err
}

// dated is the enrollment as it will be at the other date.
func dated(e Enrollment, o offered, at int64) Enrollment {
	n := e
	n.ID, n.Training, n.MovedFrom, n.Revision = EnrollmentID(newID()), o.t.ID, string(e.Training), 1
	n.Place, n.Seated, n.Active, n.OfferUntil, n.HoldUntil, n.SwappedFrom = 0, false, true, 0, 0, ""
	n.Agreed, n.AgreedRev, n.CreatedAt, n.ChangedAt, n.Note = o.agreed, o.t.Revision, at, at, ""
	if !slices.Contains(o.tracks, n.Track) {
		n.Track = ""
	}
	return n
}

// sealAgain seals the needs of an enrollment for the one that follows it.
func (s *Service) sealAgain(e Enrollment, id EnrollmentID) (string, error) {
	if e.Needs == "" {
		return "", nil
	}
	plain, err := s.openNeeds(e)
	if err != nil {
		return "", err
	}
	return s.sealNeeds(id, plain), nil
}

// MovesTo are the other dates of the series to which the enrollment could move
// now, and where a seat is free as of this moment.
func (s *Service) MovesTo(ctx context.Context, e Enrollment) (list []Training, err error) {
	t, err := ByID(ctx, s.db, e.Training)
	if err != nil || t.Series == "" {
		return nil, err
	}
	at := s.now().Unix()
	err = s.db.Select(ctx, &list, `select `+Columns+` from training_trainings t where t.series = ? and t.id <> ? and t.state = 'published'
		and t.starts_at > ? order by t.starts_at, t.id limit 50`, t.Series, t.ID, at)
	if err != nil {
		return nil, err
	}
	from, err := s.homeOf(ctx, access.InstitutionID(e.Institution))
	if err != nil {
		return nil, err
	}
	free := list[:0]
	for _, o := range list {
		pools, err := Pools(ctx, s.db, o.ID)
		if err != nil {
			return nil, err
		}
		names := make([]string, len(pools))
		for n := range pools {
			names[n] = pools[n].Name
		}
		mine := poolFor(names, from.by(o))
		has := slices.ContainsFunc(pools, func(p Pool) bool { return p.Name == mine && p.Free() > 0 })
		if !has || mayEnroll(o, ByHead, 0, at) != nil {
			continue
		}
		eligible, err := EligibleFor(ctx, s.db, o.ID)
		if err != nil {
			return nil, err
		}
		err = s.fitsDate(ctx, e, t, o, eligible, from)
		if err != nil && fault.KindOf(err) == fault.Internal {
			return nil, err
		}
		if err == nil {
			free = append(free, o)
		}
	}
	return free, nil
}
