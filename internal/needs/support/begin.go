package support

import (
	"context"
	"fmt"
	"slices"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
)

// Beginning is what a process begins with.
type Beginning struct {
	School access.InstitutionID
	Center access.InstitutionID
	Year   int    // of its September
	Person string // who works with the school for the center; the center names it, now or later
}

// Begin opens a process. Either side may: the head's for the own school, the
// center's for a school. Faults: SignedOut, Forbidden, NotFound for a school
// that is not there, Invalid with fields, Conflict when the two have a process
// in that year.
func (s *Service) Begin(ctx context.Context, who access.Actor, b Beginning) (id string, err error) {
	defer fault.Wrap(&err, "begin the support of %s", b.School)
	side, err := s.beginner(ctx, who, b)
	if err != nil {
		return "", err
	}
	school, err := s.checkBeginning(ctx, side, b)
	if err != nil {
		return "", err
	}
	way, err := trace.New()
	if err != nil {
		return "", err
	}
	now := s.now()
	p := Process{ID: newID(), Revision: 1, Trace: string(way), Slot: slotOf(b), School: b.School, SchoolKey: school.SortKey, HeadUnit: school.HeadUnit, Center: b.Center,
		Person: b.Person, SchoolYear: b.Year, YearEnds: yearEnds(b.Year).Unix(), State: Diagnosis, BegunBy: string(who.Person), BegunSide: side,
		CreatedAt: now.Unix(), ChangedAt: now.Unix()}
	d := deed{Whole: &Whole{Process: p, Side: side}, s: s, who: who, at: now}
	if err := d.addressees(ctx, p); err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := insert(ctx, tx, p); err != nil {
			return err
		}
		if err := d.log(ctx, tx, "begun", nil); err != nil {
			return err
		}
		if err := d.step(ctx, tx, processThing, p.ID, "begun"); err != nil {
			return err
		}
		return d.tell(ctx, tx, side.Other(), "begun")
	})
	if db.Duplicate(err) {
		return "", fault.New(fault.Conflict, "support.fault.twice")
	}
	return p.ID, err
}

func slotOf(b Beginning) string { return fmt.Sprintf("%s %s %d", b.School, b.Center, b.Year) }

// beginner tells for which side the actor begins. An adviser of the center
// begins for it and is the one who is named.
func (s *Service) beginner(ctx context.Context, who access.Actor, b Beginning) (Side, error) {
	if !who.SignedIn() {
		return "", fault.New(fault.SignedOut, "fault.signed_out")
	}
	if known(string(b.School)) != nil || known(string(b.Center)) != nil {
		return "", fault.ErrNotFound
	}
	err := who.MayAt(ctx, access.SupportOwn, b.School)
	if err == nil {
		return School, nil
	}
	if fault.KindOf(err) != fault.Forbidden {
		return "", err
	}
	if err := who.MayAt(ctx, access.SupportSchool, b.Center); err != nil {
		return "", err
	}
	err = who.MayAt(ctx, access.ManageTrainings, b.Center)
	if fault.KindOf(err) == fault.Forbidden && b.Person == string(who.Person) {
		err = nil
	}
	return Center, err
}

func (s *Service) checkBeginning(ctx context.Context, side Side, b Beginning) (school directory.Institution, err error) {
	if school, err = directory.ByID(ctx, s.db, b.School); err != nil {
		return school, err
	}
	centers, err := s.Centers(ctx)
	if err != nil {
		return school, err
	}
	var wrong checker
	if !slices.ContainsFunc(centers, func(c web.Choice) bool { return c.Value == string(b.Center) }) {
		wrong.add("osrodek", "support.fault.center")
	}
	if school.Closed || school.ID == b.Center || school.Kind == directory.Association || school.Kind == directory.Office {
		wrong.add("szkola", "support.fault.school")
	}
	if !slices.Contains(s.schoolYears(), b.Year) {
		wrong.add("rok", "support.fault.year")
	}
	if b.Person != "" {
		if side == School {
			return school, fault.New(fault.Forbidden, "support.fault.named_by_center")
		}
		if err := s.checkPerson(ctx, b.Center, b.Person, &wrong); err != nil {
			return school, err
		}
	}
	return school, wrong.fault()
}

// checkPerson sees that somebody may work with schools for the center.
func (s *Service) checkPerson(ctx context.Context, center access.InstitutionID, person string, wrong *checker) error {
	all, err := s.People.Holders(ctx, access.SupportSchool, center)
	if err == nil && !slices.Contains(all, access.PersonID(person)) {
		wrong.add("osoba", "support.fault.person")
	}
	return err
}

// Name says who works with the school for the center. Only its management and
// officers do. Faults: those of every change, Forbidden, Invalid with fields.
func (s *Service) Name(ctx context.Context, who access.Actor, id string, revision int64, person string) (err error) {
	defer fault.Wrap(&err, "name who supports in %s", id)
	w, err := s.Find(ctx, who, id)
	if err != nil {
		return err
	}
	if err := who.MayAt(ctx, access.ManageTrainings, w.Center); err != nil {
		return err
	}
	var wrong checker
	if err := s.checkPerson(ctx, w.Center, person, &wrong); err != nil {
		return err
	}
	if err := wrong.fault(); err != nil {
		return err
	}
	return s.change(ctx, who, id, revision, func(ctx context.Context, tx *db.Tx, d *deed) error {
		d.Person = person
		d.staff = others([]access.PersonID{access.PersonID(person)}, who)
		if err := d.log(ctx, tx, "named", nil); err != nil {
			return err
		}
		if err := d.tell(ctx, tx, Center, "named"); err != nil {
			return err
		}
		return d.tell(ctx, tx, School, "person")
	})
}

// Drop ends a process before its time, with a reason. Either side may, until
// the effects are agreed. Faults: those of every change, Invalid with fields,
// Conflict for a state in which there is nothing left to drop.
func (s *Service) Drop(ctx context.Context, who access.Actor, id string, revision int64, reason string) (err error) {
	defer fault.Wrap(&err, "drop the support %s", id)
	reason = line(reason)
	return s.change(ctx, who, id, revision, func(ctx context.Context, tx *db.Tx, d *deed) error {
		if d.State == Evaluated {
			return errState
		}
		var wrong checker
		wrong.text("powod", reason, longestReason, true)
		if err := wrong.fault(); err != nil {
			return err
		}
		d.State, d.Reason, d.Slot = Dropped, reason, d.ID
		if err := d.log(ctx, tx, "dropped", nil); err != nil {
			return err
		}
		if err := d.step(ctx, tx, processThing, d.ID, "dropped"); err != nil {
			return err
		}
		return d.tell(ctx, tx, d.Side.Other(), "dropped")
	})
}

// Close ends the year after both sides agreed to its effects. Either side may.
// Faults: those of every change, Conflict before that.
func (s *Service) Close(ctx context.Context, who access.Actor, id string, revision int64) (err error) {
	defer fault.Wrap(&err, "close the support %s", id)
	return s.change(ctx, who, id, revision, func(ctx context.Context, tx *db.Tx, d *deed) error {
		if d.State != Evaluated {
			return errState
		}
		d.State = Closed
		if err := d.log(ctx, tx, "closed", nil); err != nil {
			return err
		}
		if err := d.step(ctx, tx, processThing, d.ID, "closed"); err != nil {
			return err
		}
		return d.tell(ctx, tx, d.Side.Other(), "closed")
	})
}
