package training

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// staffRoles are those whose holders are the staff of an institution.
func staffRoles() []access.Role {
	return []access.Role{access.SchoolHead, access.DeputyHead, access.SchoolSecretary, access.Teacher, access.ClassTutor, access.SchoolSpecialist,
		access.CenterDirector, access.CenterOfficer, access.Trainer, access.MethodologicalAdviser, access.NetworkCoordinator, access.Counselor}
}

// staffAtOnce bounds how many people one form enrolls.
const staffAtOnce = 200

// EnrollStaff enrolls people of an institution at once, those with an account
// and those without (by name and address). The actor must hold EnrollStaff
// there; who may also approve, approves by it. Each person has a receipt, in
// the order given: who is refused reads why in Refused, and the others are
// enrolled all the same. Of an account it must be the institution's own.
func (s *Service) EnrollStaff(ctx context.Context, who access.Actor, id ID, at access.InstitutionID, people []Applicant) (all []Receipt, err error) {
	defer fault.Wrap(&err, "enroll staff of %s in training %s", at, id)
	now := s.now().Unix()
	if at == "" {
		return nil, fault.ErrNotFound
	}
	if err := who.MayAt(ctx, access.EnrollStaff, at); err != nil {
		return nil, err
	}
	if len(people) == 0 || len(people) > staffAtOnce {
		return nil, fault.New(fault.Invalid, "training.queue.fault.staff_size", "most", staffAtOnce)
	}
	err = s.turns.alone(ctx, func() error {
		for range tries {
			if all, err = s.enrollStaff(ctx, who, id, at, people, now); !errors.Is(err, errStale) && !errors.Is(err, errFaster) {
				return err
			}
			s.offers.forget(id)
		}
		return fault.New(fault.Conflict, "fault.conflict")
	}, id)
	return all, err
}

func (s *Service) enrollStaff(ctx context.Context, who access.Actor, id ID, at access.InstitutionID, people []Applicant, now int64) ([]Receipt, error) {
	o, err := s.offer(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	all := make([]Receipt, len(people))
	var come []*newcomer
	var of []int
	for i, a := range people {
		a.Institution, a.TypedName = at, ""
		n, err := s.colleague(ctx, who, o, a, now)
		if err != nil && fault.As(err) == nil {
			return nil, err
		}
		if all[i].Refused = err; err == nil {
			come, of = append(come, n), append(of, i)
		}
	}
	if len(come) == 0 {
		return all, nil
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error { return s.comeIn(ctx, tx, come) })
	for i, n := range come {
		all[of[i]] = n.receipt
	}
	return all, err
}

// colleague is a newcomer whom the institution sends.
func (s *Service) colleague(ctx context.Context, who access.Actor, o offered, a Applicant, now int64) (*newcomer, error) {
	if a.Person != "" {
		own, err := s.People.HoldsAt(ctx, a.Person, a.Institution, staffRoles()...)
		if err != nil {
			return nil, err
		}
		if !own {
			return nil, fault.New(fault.Forbidden, "training.queue.fault.not_own_staff")
		}
	}
	return s.newcomer(ctx, who, o, a, ByHead, now)
}

// Approve is the head's word on a teacher's enrollment. The actor must hold
// ApproveTrainings at the participant's institution or at its head unit; where nobody could (an
// institution that is not in the directory, or has no head here), those who run
// the training say it. A no frees the seat.
func (s *Service) Approve(ctx context.Context, who access.Actor, id EnrollmentID, yes bool, why string) error {
	at := s.now()
	e, err := s.forApproval(ctx, who, id)
	if err != nil {
		return err
	}
	_, err = s.take(ctx, who, e, at, func(ctx context.Context, t *turn) error {
		switch {
		case !t.l.t.Approval || !slices.Contains([]State{Applied, Waiting, Offered}, t.e.State):
			return fault.New(fault.Conflict, "training.queue.fault.state")
		case t.e.ApprovedBy != "" && yes:
			return nil
		case !yes:
			return t.reject(ctx, "approve_no", why)
		}
		t.e.ApprovedBy, t.e.ApprovedAt = t.by, t.at
		if t.e.State == Applied && t.e.Seated {
			if err := t.e.to(Confirmed); err != nil {
				return err
			}
		}
		if err := t.save(ctx); err != nil {
			return err
		}
		if err := t.staffDid(ctx, true, "approve", nil); err != nil || t.e.State != Confirmed {
			return err
		}
		return s.tell(ctx, t.tx, t.e, NewsConfirmed, string(NewsConfirmed))
	})
	return err
}

// forApproval finds the enrollment for whoever may say yes or no to it. It is
// not there for others.
func (s *Service) forApproval(ctx context.Context, who access.Actor, id EnrollmentID) (Enrollment, error) {
	e, err := EnrollmentByID(ctx, s.db, id)
	if err != nil {
		return e, err
	}
	units, err := s.approvedAt(ctx, e.Institution)
	if err != nil {
		return Enrollment{}, err
	}
	for _, at := range units {
		if who.MayAt(ctx, access.ApproveTrainings, at) == nil {
			return e, nil
		}
	}
	t, err := ByID(ctx, s.db, e.Training)
	if err != nil {
		return e, err
	}
	if err := Manages(ctx, who, t); err != nil {
		if fault.KindOf(err) == fault.Forbidden {
			err = fault.ErrNotFound
		}
		return Enrollment{}, err
	}
	heads, err := s.People.Holders(ctx, access.ApproveTrainings, units...)
	if err == nil && len(heads) > 0 {
		err = fault.New(fault.Forbidden, "training.queue.fault.head_decides")
	}
	return e, err
}

func (t *turn) reject(ctx context.Context, action, why string) error {
	t.e.Note = oneNote(why)
	if err := t.leave(ctx, Rejected, ActRejected); err != nil {
		return err
	}
	if err := t.staffDid(ctx, true, action, nil); err != nil {
		return err
	}
	return t.s.tell(ctx, t.tx, t.e, NewsRejected, string(NewsRejected))
}

// Qualify is the officer's decision on an applicant of a training with admission.
// A yes gives a seat, to be confirmed by the person in time, or a place on the
// waiting list in the order of the decisions. Where the head approves as well,
// that comes first.
func (s *Service) Qualify(ctx context.Context, who access.Actor, id EnrollmentID, yes bool, why string) error {
	at := s.now()
	e, err := s.managedOne(ctx, who, id)
	if err != nil {
		return err
	}
	_, err = s.take(ctx, who, e, at, func(ctx context.Context, t *turn) error {
		switch {
		case !t.l.t.Admission || t.e.State != Applied && (yes || t.e.State != Waiting && t.e.State != Qualified):
			return fault.New(fault.Conflict, "training.queue.fault.state")
		case !yes:
			return t.reject(ctx, "qualify_no", why)
		case t.l.t.Approval && t.e.ApprovedBy == "":
			return fault.New(fault.Conflict, "training.queue.fault.head_first")
		case t.l.t.begun(t.at):
			return fault.New(fault.Conflict, "training.queue.fault.begun")
		}
		return t.qualify(ctx)
	})
	return err
}

func (t *turn) qualify(ctx context.Context) error {
	state, news := Waiting, NewsWaiting
	if t.l.come(&t.e, t.by, t.at) {
		state, news = Qualified, NewsQualified
		hours, err := t.s.offerHours(ctx, t.tx, t.l.t, t.at)
		if err != nil {
			return err
		}
		t.e.OfferUntil = t.at + int64(hours)*3600
		if t.l.t.StartsAt > 0 {
			t.e.OfferUntil = min(t.e.OfferUntil, t.l.t.StartsAt)
		}
	}
	if err := t.e.to(state); err != nil {
		return err
	}
	if err := t.save(ctx); err != nil {
		return err
	}
	if err := t.staffDid(ctx, true, "qualify", nil); err != nil {
		return err
	}
	return t.s.tell(ctx, t.tx, t.e, news, string(news))
}

// managedOne finds an enrollment for those who run its training. It is not there
// for others.
func (s *Service) managedOne(ctx context.Context, who access.Actor, id EnrollmentID) (Enrollment, error) {
	e, err := EnrollmentByID(ctx, s.db, id)
	if err != nil {
		return e, err
	}
	t, err := ByID(ctx, s.db, e.Training)
	if err == nil {
		err = Manages(ctx, who, t)
	}
	if fault.KindOf(err) == fault.Forbidden {
		err = fault.ErrNotFound
	}
	if err != nil {
		return Enrollment{}, err
	}
	return e, nil
}

// Call notes that a substitute was phoned. Who comes is confirmed at once, if a
// seat is free: those who stand before are noted as skipped, with who did it,
// and the words say why. Who was not reached, or cannot come just now, keeps the
// place (Resign takes it). An offered seat is answered in the same way.
func (s *Service) Call(ctx context.Context, who access.Actor, id EnrollmentID, comes bool, note string) error {
	at := s.now()
	e, err := s.managedOne(ctx, who, id)
	if err != nil {
		return err
	}
	note = oneNote(note)
	words := noted(note)
	_, err = s.take(ctx, who, e, at, func(ctx context.Context, t *turn) error {
		over := t.l.t.EndsAt > 0 && t.at >= t.l.t.EndsAt || t.l.t.State != Published
		switch {
		case over || t.e.State != Waiting && t.e.State != Offered:
			return fault.New(fault.Conflict, "training.queue.fault.state")
		case t.e.State == Offered && comes:
			if err := t.staffDid(ctx, true, "call", words); err != nil {
				return err
			}
			return t.accept(ctx, ActAccepted)
		case !comes:
			return t.skip(ctx, note, words)
		case t.l.p.Taken >= t.l.p.Seats:
			return fault.New(fault.Conflict, "training.queue.fault.no_seat")
		}
		return t.call(ctx, words)
	})
	return err
}

// noted tells the log that there are words about somebody, and not which: the
// log is kept longer than they are.
func noted(words string) map[string]string {
	if words == "" {
		return map[string]string{}
	}
	return map[string]string{"note": "1"}
}

func (t *turn) skip(ctx context.Context, note string, words map[string]string) error {
	if t.e.State == Offered {
		return fault.New(fault.Conflict, "training.queue.fault.state")
	}
	t.l.note(ActSkipped, t.e.ID, t.e.Place, t.by, t.at)
	t.e.Note = note
	if err := t.save(ctx); err != nil {
		return err
	}
	return t.staffDid(ctx, true, "skip", words)
}

// call seats somebody from the middle of the waiting list. The log says first
// who was skipped for it.
func (t *turn) call(ctx context.Context, words map[string]string) error {
	var before []struct {
		ID    EnrollmentID `db:"id"`
		Place int64        `db:"place"`
	}
	err := t.tx.Select(ctx, &before, `select id, place from training_enrollments where training = ? and pool = ? and state = 'waiting' and place < ?
		order by place, id`, t.e.Training, t.e.Pool, t.e.Place)
	if err != nil {
		return err
	}
	for _, b := range before {
		t.l.note(ActSkipped, b.ID, b.Place, t.by, t.at)
	}
	t.l.rise(&t.e, ActCalled, t.by, t.at)
	if err := t.e.to(Confirmed); err != nil {
		return err
	}
	if err := t.save(ctx); err != nil {
		return err
	}
	words["skipped"] = strconv.Itoa(len(before))
	if err := t.staffDid(ctx, true, "call", words); err != nil {
		return err
	}
	return t.s.tell(ctx, t.tx, t.e, NewsConfirmed, string(NewsConfirmed))
}

// setPools gives a training its seats: names of municipalities, "" for everybody
// (always there), and how many. A pool that is not named any more goes, when
// nobody is in it. Fewer seats than are taken: Conflict. Seats that are added
// are offered at once to those who wait. The caller raises the revision, if
// people are to be told.
func (s *Service) setPools(ctx context.Context, tx *db.Tx, by access.Actor, id ID, pools map[string]int) error {
	at := s.now().Unix()
	now, err := Pools(ctx, tx, id)
	if err != nil {
		return err
	}
	want := maps.Clone(pools)
	if _, ok := want[""]; !ok {
		want[""] = 0
	}
	names := slices.Collect(maps.Keys(want))
	for _, p := range now {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	capacity := 0
	for _, name := range slices.Compact(names) {
		seats, stays := want[name]
		if seats < 0 {
			return fault.New(fault.Invalid, "training.queue.fault.seats")
		}
		capacity += seats
		known := slices.ContainsFunc(now, func(p Pool) bool { return p.Name == name })
		if err := s.setPool(ctx, tx, by, Pool{Training: id, Name: name, Seats: seats}, known, stays, at); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `update training_trainings set capacity = ? where id = ?`, capacity, id); err != nil {
		return err
	}
	return s.touch(ctx, tx, string(id))
}

// setPool changes one pool, makes it, or takes it away.
func (s *Service) setPool(ctx context.Context, tx *db.Tx, by access.Actor, want Pool, known, stays bool, at int64) error {
	if !known {
		// A pool of that name may have been there before: its log goes on.
		_, err := tx.Exec(ctx, `insert into training_pools (training, pool, seats, seq)
			values (?, ?, 0, (select coalesce(max(seq), 0) from training_queue where training = ? and pool = ?)) on conflict do nothing`,
			want.Training, want.Name, want.Training, want.Name)
		if err != nil {
			return err
		}
	}
	l, err := s.line(ctx, tx, want.Training, want.Name)
	if err != nil {
		return err
	}
	if known && stays && l.p.Seats == want.Seats {
		return nil
	}
	if err := s.lapse(ctx, tx, l, at); err != nil {
		return err
	}
	if want.Seats < l.p.Taken || !stays && l.p.Waiting > 0 {
		return fault.New(fault.Conflict, "training.queue.fault.seats_taken", "pool", want.Name, "taken", l.p.Taken, "waiting", l.p.Waiting)
	}
	if err := l.flush(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update training_pools set seats = ? where training = ? and pool = ?`, want.Seats, want.Training, want.Name); err != nil {
		return err
	}
	l.p.Seats = want.Seats
	l.note(ActSeats, "", int64(want.Seats), string(by.Person), at)
	if err := s.offerNext(ctx, tx, l, at); err != nil {
		return err
	}
	if err := l.flush(ctx, tx); err != nil || stays {
		return err
	}
	_, err = tx.Exec(ctx, `delete from training_pools where training = ? and pool = ?`, want.Training, want.Name)
	return err
}

// dropAll ends the stay of everybody who is in a training or on the way into it,
// because it is canceled. The caller has changed the training's state before, so
// that nobody comes in afterwards, and has everybody told.
func (s *Service) dropAll(ctx context.Context, tx *db.Tx, by access.Actor, t Training) error {
	at := s.now().Unix()
	pools, err := Pools(ctx, tx, t.ID)
	if err != nil {
		return err
	}
	for _, p := range pools {
		l, err := s.line(ctx, tx, t.ID, p.Name)
		if err != nil {
			return err
		}
		var list []Enrollment
		err = tx.Select(ctx, &list, `select `+EnrollmentColumns+` from training_enrollments e where e.training = ? and e.pool = ?
			and e.state in ('pending', 'applied', 'waiting', 'offered', 'qualified', 'confirmed') order by e.place, e.id`, t.ID, p.Name)
		if err != nil {
			return err
		}
		for n := range list {
			if err := s.end(ctx, tx, l, &list[n], Dropped, ActDropped, string(by.Person), at); err != nil {
				return err
			}
		}
		if err := l.flush(ctx, tx); err != nil {
			return err
		}
	}
	if len(pools) == 0 {
		return nil
	}
	return audit.Record(ctx, tx, by.By(), audit.Entry{Action: "training.queue.drop", Object: "training", ObjectID: string(t.ID),
		Institution: string(t.Center)}, time.Unix(at, 0))
}

// leaveQueue takes somebody out within another deed, such as the erasure of a
// person: the seat goes to the next. Who is not on the way into the training
// any more is left as they are. It is never late.
func (s *Service) leaveQueue(ctx context.Context, tx *db.Tx, id EnrollmentID, by string, at int64) error {
	e, err := EnrollmentByID(ctx, tx, id)
	if err != nil || !e.State.May(Resigned) {
		return err
	}
	l, err := s.line(ctx, tx, e.Training, e.Pool)
	if err != nil {
		return err
	}
	if e, err = EnrollmentByID(ctx, tx, id); err != nil || !e.State.May(Resigned) {
		return err
	}
	if err := s.endAs(ctx, tx, l, &e, Resigned, ActResigned, by, at, false); err != nil {
		return err
	}
	if err := s.offerNext(ctx, tx, l, at); err != nil {
		return err
	}
	return l.flush(ctx, tx)
}
