package directory

import (
	"context"
	"encoding/json"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// tutorAct is the kind of act by which a secretary or a deputy asks the head to
// make somebody a tutor: that person will then see children's names.
const tutorAct = "class_tutor"

// tutorship is the payload of such an act.
type tutorship struct {
	Class  ClassID         `json:"class"`
	Name   string          `json:"name"` // of the class
	Person access.PersonID `json:"person"`
	Who    string          `json:"who"` // name of the person
}

func (s *Service) tutorActKind() access.ActKind {
	read := func(a access.Act) (t tutorship, err error) {
		err = json.Unmarshal([]byte(a.Payload), &t)
		return t, err
	}
	return access.ActKind{
		Do: func(ctx context.Context, who access.Actor, a access.Act) error {
			t, err := read(a)
			if err != nil {
				return err
			}
			prepared, err := s.SetTutor(ctx, who, a.Institution, t.Class, t.Person)
			if err == nil && prepared {
				return fault.New(fault.Forbidden, "fault.forbidden")
			}
			return err
		},
		Tell: func(a access.Act) (string, []any) {
			t, err := read(a)
			if err != nil {
				return "classes.act_unreadable", nil
			}
			return "classes.act_tutor", []any{"name", t.Who, "class", t.Name}
		},
	}
}

// SetTutor entrusts a class to somebody who teaches at the school ("" to
// nobody). The former tutor does not see the class any more with the next
// click. Who asks holds ManageRoster there. When the new tutor has no such role
// yet, giving it takes the head: for others the wish is prepared for approval,
// and prepared is true.
func (s *Service) SetTutor(ctx context.Context, who access.Actor, at access.InstitutionID, id ClassID, person access.PersonID) (prepared bool, err error) {
	c, err := s.class(ctx, who, access.ManageRoster, at, id)
	if err != nil || c.Tutor == person {
		return false, err
	}
	if person == "" {
		return false, s.writeTutor(ctx, who, c, "")
	}
	teaches, err := s.people.HoldsAt(ctx, person, at, access.Teacher, access.ClassTutor)
	if err != nil {
		return false, err
	}
	if !teaches {
		return false, fault.InvalidFields([]fault.Field{{Name: "wychowawca", Key: "classes.fault.tutor"}})
	}
	has, err := s.people.HoldsAt(ctx, person, at, access.ClassTutor)
	if err != nil {
		return false, err
	}
	if !has {
		err := who.MayGive(ctx, access.ClassTutor, at)
		if fault.KindOf(err) == fault.Forbidden && err != nil {
			return true, s.prepareTutor(ctx, who, c, person)
		}
		if err != nil {
			return false, err
		}
	}
	return false, s.writeTutor(ctx, who, c, person)
}

func (s *Service) prepareTutor(ctx context.Context, who access.Actor, c ClassGroup, person access.PersonID) error {
	names, err := s.people.PersonNames(ctx, []access.PersonID{person})
	if err != nil {
		return err
	}
	return s.people.Prepare(ctx, who, c.Institution, tutorAct, tutorship{c.ID, c.Name, person, names[person]})
}

func (s *Service) writeTutor(ctx context.Context, who access.Actor, c ClassGroup, person access.PersonID) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := hold(ctx, tx, c.ID); err != nil {
			return err
		}
		if person != "" {
			if err := s.people.MakeTutor(ctx, tx, who, person, c.Institution, now); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `update directory_classes set tutor = ? where id = ?`, person, c.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "directory.class.tutor", Object: "class", ObjectID: string(c.ID), Institution: string(c.Institution),
			Subject: string(person), Details: map[string]string{"before": string(c.Tutor)}}, now)
	})
}

// TutorLeft passes the classes of a tutor who left on to the successor, if that
// one teaches there too, else to nobody: the head then finds it on the desk.
// Access itself ended with the role. Told late or twice, it does no harm: who
// is a tutor there again meanwhile keeps the classes.
func (s *Service) TutorLeft(ctx context.Context, e access.Left) error {
	if e.Role != access.ClassTutor && e.Role != access.Teacher {
		return nil
	}
	back, err := s.people.HoldsAt(ctx, e.Person, e.Institution, access.ClassTutor)
	if err != nil || back {
		return err
	}
	next := e.Successor
	if next != "" {
		teaches, err := s.people.HoldsAt(ctx, next, e.Institution, access.Teacher, access.ClassTutor)
		if err != nil {
			return err
		}
		if !teaches {
			next = ""
		}
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var ids []ClassID
		if err := tx.Select(ctx, &ids, `select id from directory_classes where tutor = ? and institution = ? and closed = ? order by id`, e.Person, e.Institution, false); err != nil {
			return err
		}
		if len(ids) > 0 && next != "" {
			if err := s.people.MakeTutor(ctx, tx, access.System(), next, e.Institution, now); err != nil {
				return err
			}
		}
		for _, id := range ids {
			n, err := tx.Exec(ctx, `update directory_classes set tutor = ?, revision = revision + 1 where id = ? and tutor = ?`, next, id, e.Person)
			if err != nil || n == 0 {
				return err
			}
			if err := audit.Record(ctx, tx, access.System().By(), audit.Entry{Action: "directory.class.tutor", Object: "class", ObjectID: string(id),
				Institution: string(e.Institution), Subject: string(next), Details: map[string]string{"before": string(e.Person)}}, now); err != nil {
				return err
			}
		}
		return nil
	})
}
