package meetings

import (
	"context"
	"errors"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/trace"
)

// Came is what is noted of a seat: whether somebody sat there, and the name of
// a substitute. Without a name it was whose seat it is.
type Came struct {
	Invitation InvitationID
	Present    bool
	Name       string
	// Drawn is what the list showed when it was opened. What still says the same
	// was not touched by the recorder, and people came in through the door
	// meanwhile: it stays as it is noted now. Nil: all of it is meant.
	Drawn *Drawn
}

// Drawn is a row of the list of attendance as it was shown.
type Drawn struct {
	Present bool
	Name    string
}

// onto is what is to be noted over what is noted already.
func (c Came) onto(was Attendance, noted bool) Came {
	if c.Drawn == nil {
		return c
	}
	if c.Present == c.Drawn.Present {
		c.Present = was.Present
	}
	if noted && c.Name == line(c.Drawn.Name) {
		c.Name = was.Name
	}
	return c
}

// Note notes who came, any number of seats at once; what is noted already as it
// is said stays untouched. After the meeting was held each change is told to the
// register of activities. Who may: whoever records the meeting, from its day on.
func (s *Service) Note(ctx context.Context, who access.Actor, id MeetingID, list []Came) (err error) {
	defer fault.Wrap(&err, "note who came to meeting %s", id)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return err
	}
	if !m.State.Over() && !m.State.Announced() || dayOf(s.now().Unix()) < dayOf(m.StartsAt) {
		return fault.New(fault.Conflict, "meetings.fault.early")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		m, err := takeMeeting(ctx, tx, id)
		if err != nil {
			return err
		}
		n := 0
		for _, c := range list {
			fresh, err := s.note(ctx, tx, m, c, who.Person)
			if err != nil {
				return err
			}
			if fresh {
				n++
			}
		}
		if n == 0 {
			return nil
		}
		return s.record(ctx, tx, who, "attendance", "meeting", string(id), m.Owner, map[string]string{"n": number(int64(n))})
	})
}

// takeMeeting takes the row of a meeting and reads how it stands: what is noted
// before it is held is told when it is held, and what is noted after that at
// once, so that the two must follow one another.
func takeMeeting(ctx context.Context, tx *db.Tx, id MeetingID) (m Meeting, err error) {
	if _, err := tx.Exec(ctx, `update meetings_meetings set changed_at = changed_at where id = ?`, id); err != nil {
		return m, err
	}
	if m, err = MeetingByID(ctx, tx, id); err == nil && !m.State.Over() && !m.State.Announced() {
		err = fault.New(fault.Conflict, "meetings.fault.state")
	}
	return m, err
}

// note writes one seat and tells whether anything changed. A seat of another
// meeting is not there.
func (s *Service) note(ctx context.Context, tx *db.Tx, m Meeting, c Came, by access.PersonID) (bool, error) {
	var v Invitation
	if err := tx.Get(ctx, &v, `select `+InvitationColumns+` from meetings_invitations v where v.id = ? and v.meeting = ?`, c.Invitation, m.ID); err != nil {
		return false, err
	}
	if c.Name = line(c.Name); tooLong(c.Name, longestTitle) {
		return false, fault.InvalidFields([]fault.Field{{Name: substituteField(v.ID), Key: "meetings.lack.long", Args: []any{"n", longestTitle}}})
	}
	was, err := attendanceOf(ctx, tx, v.ID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return false, err
	}
	c = c.onto(was, err == nil)
	a := Attendance{ID: AttendanceID(newID()), Revision: 1, Meeting: m.ID, Invitation: v.ID, Person: v.Person, Role: v.Role, Institution: v.Institution,
		Present: c.Present, Name: c.Name, By: by, At: s.now().Unix()}
	if a.Name != "" {
		a.Person = ""
		if m.Kind == Heads {
			a.Role = access.DeputyHead
		}
	}
	switch {
	case errors.Is(err, fault.ErrNotFound) && !a.Present:
		return false, nil // nobody was noted, and nobody came
	case errors.Is(err, fault.ErrNotFound):
		err = s.place(ctx, tx, &a)
	case err == nil && was.Present == a.Present && was.Name == a.Name && was.Person == a.Person:
		return false, nil
	case err == nil:
		a.ID, a.Revision, a.BySeat, a.ByRunning = was.ID, was.Revision+1, was.BySeat, was.ByRunning
	}
	if err != nil {
		return false, err
	}
	if _, err := tx.Exec(ctx, `insert into meetings_attendance (id, revision, meeting, invitation, person, name, role, institution, by_seat, by_running, present, by_person, at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (invitation) do update set revision = meetings_attendance.revision + 1, person = excluded.person,
		name = excluded.name, role = excluded.role, present = excluded.present, by_person = excluded.by_person, at = excluded.at`,
		a.ID, a.Revision, a.Meeting, a.Invitation, a.Person, a.Name, a.Role, a.Institution, a.BySeat, a.ByRunning, a.Present, a.By, a.At); err != nil {
		return false, err
	}
	// Minutes that were sent round say how many came: they are sent again.
	if _, err := tx.Exec(ctx, `update meetings_papers set content = content + 1 where meeting = ? and sent_at > 0 and adopted_at = 0`, m.ID); err != nil {
		return false, err
	}
	if !m.State.Over() {
		return true, nil
	}
	if a, err = attendanceOf(ctx, tx, v.ID); err != nil {
		return false, err
	}
	return true, s.emitAttended(ctx, tx, m, a, !a.Present)
}

// substituteField is the name of the field in which a substitute is typed.
func substituteField(id InvitationID) string { return "kto-" + string(id) }

func attendanceOf(ctx context.Context, r db.Reader, v InvitationID) (a Attendance, err error) {
	return a, r.Get(ctx, &a, `select `+AttendanceColumns+` from meetings_attendance a where a.invitation = ?`, v)
}

// place writes where the institution of a seat lies and who runs it, as it is now.
func (s *Service) place(ctx context.Context, r db.Reader, a *Attendance) error {
	if a.Institution == "" {
		return nil
	}
	i, err := directory.ByID(ctx, r, a.Institution)
	a.BySeat, a.ByRunning = i.Municipality, i.RunningMunicipality
	return err
}

// emitAll tells a meeting and everybody present anew, or takes both back.
func (s *Service) emitAll(ctx context.Context, tx *db.Tx, m Meeting, void bool) error {
	err := s.Bus.Emit(ctx, tx, WasHeld{Meeting: m.ID, Owner: m.Owner, Kind: m.Kind, SchoolYear: m.SchoolYear, On: dayOf(m.StartsAt), Minutes: m.Minutes, Void: void},
		events.Envelope{Subject: string(m.ID), Version: m.Revision, Trace: trace.ID(m.Trace), At: s.now()})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update meetings_attendance set revision = revision + 1 where meeting = ? and present = ?`, m.ID, true); err != nil {
		return err
	}
	list, err := AttendanceOf(ctx, tx, m.ID)
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.Present {
			if err := s.emitAttended(ctx, tx, m, a, void); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) emitAttended(ctx context.Context, tx *db.Tx, m Meeting, a Attendance, void bool) error {
	key, err := s.personKey(ctx, tx, a.Person, m.SchoolYear)
	if err != nil {
		return err
	}
	return s.Bus.Emit(ctx, tx, Attended{Meeting: m.ID, Owner: m.Owner, Kind: m.Kind, Institution: a.Institution, BySeat: a.BySeat, ByRunning: a.ByRunning,
		PersonKey: key, Role: a.Role, SchoolYear: m.SchoolYear, On: dayOf(m.StartsAt), Minutes: m.Minutes, Void: void},
		events.Envelope{Subject: string(a.ID), Version: a.Revision, Trace: trace.ID(m.Trace), At: s.now()})
}

// personKey is the key by which a person is counted once in a school year, ""
// for somebody without an account and for a year whose key is gone.
func (s *Service) personKey(ctx context.Context, tx *db.Tx, person access.PersonID, year int) (string, error) {
	if person == "" {
		return "", nil
	}
	key, err := s.People.PersonKey(ctx, tx, string(person), year)
	if fault.KindOf(err) == fault.Conflict {
		return "", nil
	}
	return key, err
}
