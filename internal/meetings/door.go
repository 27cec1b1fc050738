package meetings

import (
	"context"
	"errors"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// At the door stand people whom the organizer named, usually two. They scan
// badges or type names; what they note is the list of attendance itself (see
// Note), so that there is one truth. Both may scan the same badge, and a browser
// that lost the network may send what it has kept again: everybody is counted once.

// Duty is somebody at the door of a meeting, from when named until the day of
// the meeting is over, or until the organizer ends it.
type Duty struct {
	Meeting MeetingID       `db:"meeting"`
	Person  access.PersonID `db:"person"`
	NamedAt int64           `db:"named_at"`
	EndedAt int64           `db:"ended_at"` // 0: it was not ended
}

const dutyColumns = `d.meeting, d.person, d.named_at, d.ended_at`

const mostDuty = 20 // people at the door of one meeting

// doorEnds is when everybody's duty is over: with the day of the meeting.
func doorEnds(m Meeting) int64 { return nextMidnight(time.Unix(m.EndsAt, 0)).Unix() }

// DutyOf are those who were named for the door of a meeting.
func DutyOf(ctx context.Context, r db.Reader, id MeetingID) (list []Duty, err error) {
	return list, r.Select(ctx, &list, `select `+dutyColumns+` from meetings_duty d where d.meeting = ? order by d.named_at, d.person`, id)
}

// NameDuty puts somebody at the door, or there again. Who may: whoever runs the
// meeting, until its day is over.
func (s *Service) NameDuty(ctx context.Context, who access.Actor, id MeetingID, person access.PersonID) (err error) {
	defer fault.Wrap(&err, "name somebody for the door of meeting %s", id)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	if person == "" {
		return fault.InvalidFields([]fault.Field{{Name: "osoba", Key: "meetings.lack.empty"}})
	}
	if _, err := s.People.Actor(ctx, person); err != nil {
		return err
	}
	if err := s.beforeEnd(m); err != nil {
		return err
	}
	now := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		list, err := DutyOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if len(list) >= mostDuty {
			return fault.New(fault.Conflict, "meetings.large.fault.duties", "n", mostDuty)
		}
		if _, err := tx.Exec(ctx, `insert into meetings_duty (meeting, person, named_at) values (?, ?, ?) on conflict (meeting, person) do update set ended_at = 0`,
			id, person, now); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "duty", "meeting", string(id), m.Owner, nil)
	})
}

// EndDuty ends somebody's duty at once. Who may: whoever runs the meeting.
func (s *Service) EndDuty(ctx context.Context, who access.Actor, id MeetingID, person access.PersonID) (err error) {
	defer fault.Wrap(&err, "end a duty at the door of meeting %s", id)
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update meetings_duty set ended_at = ? where meeting = ? and person = ? and ended_at = 0`, s.now().Unix(), id, person)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		return s.record(ctx, tx, who, "duty_out", "meeting", string(id), m.Owner, nil)
	})
}

// atDoor reads a meeting at whose door the actor stands: by name, or because the
// actor records the meeting anyway. Whoever may read the meeting is told why
// not; a stranger is told that there is none.
func (s *Service) atDoor(ctx context.Context, who access.Actor, id MeetingID) (m Meeting, err error) {
	if m, err = MeetingByID(ctx, s.db, id); err != nil {
		return m, err
	}
	if Records(who, m) == nil {
		return m, nil
	}
	var d Duty
	err = s.db.Get(ctx, &d, `select `+dutyColumns+` from meetings_duty d where d.meeting = ? and d.person = ? and d.person <> ''`, id, who.Person)
	switch {
	case errors.Is(err, fault.ErrNotFound):
		return m, hide(fault.New(fault.Forbidden, "meetings.large.fault.no_duty"), s.Sees(ctx, who, m))
	case err != nil:
		return m, err
	case d.EndedAt > 0 || s.now().Unix() >= doorEnds(m):
		return m, fault.New(fault.Forbidden, "meetings.large.fault.duty_over")
	}
	return m, nil
}

// doorOpen tells whether people are let in now: on the day of the meeting.
func (s *Service) doorOpen(m Meeting) bool {
	now := s.now().Unix()
	return (m.State.Over() || m.State.Announced()) && dayOf(now) >= dayOf(m.StartsAt) && now < doorEnds(m)
}

// Entry is what became of a code at the door.
type Entry string

// What may become of it. None of these is an error: a queue goes on.
const (
	CameIn    Entry = "in"
	CameAgain Entry = "again"     // was let in before; counted once
	Elsewhere Entry = "elsewhere" // the badge of another meeting
	NoSuch    Entry = "unknown"
)

// Passed is a code at the door and what became of it.
type Passed struct {
	Code  string
	What  Entry
	Name  string // of whom it is
	From  string
	Guest bool
	Since int64 // of CameAgain: when
}

// Pass lets in whoever holds a code and tells who it is. A code that is sent
// again, by the same person or by another, changes nothing. Instead names
// somebody who came in the holder's place, "" for the holder or the substitute
// who was announced. Who may: whoever stands at the door, on the day of the meeting.
func (s *Service) Pass(ctx context.Context, who access.Actor, id MeetingID, text, instead string) (p Passed, err error) {
	defer fault.Wrap(&err, "pass the door of meeting %s", id)
	m, err := s.atDoor(ctx, who, id)
	if err != nil {
		return p, err
	}
	if !s.doorOpen(m) {
		return p, fault.New(fault.Conflict, "meetings.fault.early")
	}
	return s.pass(ctx, who, m, text, instead)
}

func (s *Service) pass(ctx context.Context, who access.Actor, m Meeting, text, instead string) (p Passed, err error) {
	code, ok := codeIn(text)
	if !ok {
		return Passed{Code: text, What: NoSuch}, nil
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		p = Passed{Code: code, What: NoSuch}
		m, err := takeMeeting(ctx, tx, m.ID)
		if err != nil {
			return err
		}
		var b badge
		err = tx.Get(ctx, &b, `select `+badgeColumns+` from meetings_badges b where b.code = ?`, code)
		switch {
		case errors.Is(err, fault.ErrNotFound):
			return nil
		case err != nil:
			return err
		case b.Meeting != m.ID:
			p.What = Elsewhere
			return nil
		}
		// The badge's row is touched before anything is read, so that two who scan
		// it at once stand in line here.
		if _, err := tx.Exec(ctx, `update meetings_badges set scans = scans + 1 where code = ?`, code); err != nil {
			return err
		}
		if b.Guest {
			err = s.passGuest(ctx, tx, b, &p)
		} else {
			err = s.passSeat(ctx, tx, m, b, line(instead), who, &p)
		}
		if err != nil || p.What != CameIn {
			return err
		}
		return s.record(ctx, tx, who, "door", "meeting", string(m.ID), m.Owner, nil)
	})
	if err != nil || p.What == NoSuch || p.What == Elsewhere || p.Guest {
		return p, err
	}
	return p, s.nameSeat(ctx, code, &p)
}

func (s *Service) passGuest(ctx context.Context, tx *db.Tx, b badge, p *Passed) error {
	var g Guest
	if err := tx.Get(ctx, &g, `select `+guestColumns+` from meetings_guests g where g.id = ?`, b.Holder); err != nil {
		return err
	}
	p.Guest, p.Name, p.From, p.What, p.Since = true, g.Name, g.From, CameAgain, g.CameAt
	if g.CameAt > 0 {
		return nil
	}
	p.What = CameIn
	_, err := tx.Exec(ctx, `update meetings_guests set came_at = ? where id = ?`, s.now().Unix(), g.ID)
	return err
}

// passSeat notes a seat as taken in the list of attendance, unless it is.
func (s *Service) passSeat(ctx context.Context, tx *db.Tx, m Meeting, b badge, instead string, who access.Actor, p *Passed) error {
	was, err := attendanceOf(ctx, tx, InvitationID(b.Holder))
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	if err == nil && was.Present {
		p.What, p.Since = CameAgain, was.At
		return nil
	}
	if instead == "" {
		if err := tx.Get(ctx, &instead, `select v.instead from meetings_invitations v where v.id = ?`, b.Holder); err != nil {
			return err
		}
	}
	p.What = CameIn
	_, err = s.note(ctx, tx, m, Came{Invitation: InvitationID(b.Holder), Present: true, Name: instead}, who.Person)
	return err
}

// nameSeat says whose seat a code is: who came, and the first unit of the seat.
func (s *Service) nameSeat(ctx context.Context, code string, p *Passed) error {
	var row struct {
		Person      access.PersonID      `db:"person"`
		Name        string               `db:"name"`
		Institution access.InstitutionID `db:"institution"`
	}
	if err := s.db.Get(ctx, &row, `select a.person, a.name, v.institution from meetings_badges b join meetings_invitations v on v.id = b.holder
		join meetings_attendance a on a.invitation = v.id where b.code = ?`, code); err != nil {
		return err
	}
	names, err := s.People.NamesOf(ctx, []string{string(row.Person)})
	if err != nil {
		return err
	}
	places, err := s.Directory.Names(ctx, []access.InstitutionID{row.Institution})
	p.Name, p.From = joined("", row.Name, names[string(row.Person)]), places[row.Institution]
	return err
}
