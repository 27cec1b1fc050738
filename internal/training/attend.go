package training

import (
	"context"
	"errors"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// LateMinutes is the number of minutes after the beginning from which somebody
// who types the code counts as late. A setting of ours: no act names it.
const LateMinutes = "training.late_minutes"

// Attendee is a person on the list of a meeting, with the mark that holds.
type Attendee struct {
	Enrollment
	Mark   Mark   `db:"mark"` // "" where nobody marked it yet
	Earned int    `db:"earned"`
	By     string `db:"marked_by"` // "" for the code and the program
	MarkBy string `db:"mark_how"`
	At     int64  `db:"marked_at"`
}

// Setting is one mark that somebody sets, and the one that they saw when they
// did: what they did not touch is left alone, whatever others did meanwhile.
type Setting struct {
	Enrollment EnrollmentID
	Mark, Seen Mark
	Late       int // minutes, 0 where nobody noted them
}

// Saved is what came of a list.
type Saved struct {
	Written int // marks that were set
	Over    int // of these, over a mark that somebody else had set meanwhile
}

// MeetingByID reads a meeting with its training, for whoever leads or organizes
// it. A meeting of somebody else's is Forbidden, one of a draft elsewhere not there.
func (s *Service) MeetingByID(ctx context.Context, r db.Reader, who access.Actor, id MeetingID) (m Meeting, t Training, err error) {
	if m, t, err = meetingByID(ctx, r, id); err != nil {
		return m, t, err
	}
	return m, t, LeadsIt(ctx, r, who, t)
}

func meetingByID(ctx context.Context, r db.Reader, id MeetingID) (m Meeting, t Training, err error) {
	if _, err := known(string(id)); err != nil {
		return m, t, err
	}
	if err := r.Get(ctx, &m, `select id, training, no, title, track, starts_at, ends_at, hours, room, place, taken_at, taken_by
		from training_meetings where id = ?`, id); err != nil {
		return m, t, err
	}
	t, err = ByID(ctx, r, m.Training)
	return m, t, err
}

// attendees are the people on the list of a meeting, by name.
func attendees(ctx context.Context, r db.Reader, m Meeting) (list []Attendee, err error) {
	var all []Attendee
	err = r.Select(ctx, &all, `select `+EnrollmentColumns+`, coalesce(a.mark, '') as mark, coalesce(a.hours, 0) as earned,
			coalesce(a.by_person, '') as marked_by, coalesce(a.how, '') as mark_how, coalesce(a.at, 0) as marked_at
		from training_enrollments e left join training_attendance a on a.enrollment = e.id and a.meeting = ?
		where e.training = ? and e.active order by e.name_key, e.id`, m.ID, m.Training)
	for _, a := range all {
		if lists(m, a.Enrollment) {
			list = append(list, a)
		}
	}
	return list, err
}

// mayTake is why the marks of a meeting cannot be set now, nil when they can.
func mayTake(t Training, m Meeting, only []Setting, now time.Time) error {
	switch {
	case t.State == Closed:
		return fault.New(fault.Conflict, "training.desk.fault.settled")
	case t.State != Published && t.State != Held:
		return fault.New(fault.Conflict, "training.desk.fault.no_meeting")
	case now.Unix() >= m.StartsAt-int64(listBefore/time.Second):
		return nil
	case slices.ContainsFunc(only, func(x Setting) bool { return x.Mark != MarkExcused }):
		return fault.New(fault.Conflict, "training.desk.fault.early")
	}
	return nil
}

// Take sets marks of a meeting, by whoever leads or organizes the training.
// Marks equal to those that were seen are not touched, so two people may take
// one list at once; where both changed one person, the last mark holds and both
// are kept. Before the meeting only absences with a reason can be noted; once
// the training is closed, nothing: fault Conflict.
func (s *Service) Take(ctx context.Context, who access.Actor, id MeetingID, marks []Setting) (saved Saved, err error) {
	defer fault.Wrap(&err, "take attendance of %s", id)
	marks = slices.DeleteFunc(slices.Clone(marks), func(x Setting) bool { return x.Mark == x.Seen && x.Late == 0 })
	for _, x := range marks {
		if !slices.Contains(Marks(), x.Mark) || x.Late < 0 || x.Late > 24*60 {
			return saved, fault.New(fault.BadRequest, "fault.bad_request")
		}
	}
	now := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		saved = Saved{}
		m, t, err := s.MeetingByID(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if err := mayTake(t, m, marks, now); err != nil {
			return err
		}
		list, err := attendees(ctx, tx, m)
		if err != nil {
			return err
		}
		for _, x := range marks {
			at := slices.IndexFunc(list, func(a Attendee) bool { return a.ID == x.Enrollment })
			if at < 0 {
				return fault.New(fault.Conflict, "training.desk.fault.left_list")
			}
			over, err := s.setMark(ctx, tx, who, m, t, list[at], x, now)
			if err != nil {
				return err
			}
			if saved.Written++; over {
				saved.Over++
			}
		}
		return nil
	})
	return saved, err
}

// setMark writes one mark, its place in the list of marks, and the line of the log.
func (s *Service) setMark(ctx context.Context, tx *db.Tx, who access.Actor, m Meeting, t Training, a Attendee, x Setting, now time.Time) (over bool, err error) {
	over = a.Mark != "" && a.Mark != x.Seen && a.By != string(who.Person)
	hours := hoursOf(x.Mark, m.Hours, time.Duration(x.Late)*time.Minute)
	if err := writeMark(ctx, tx, m.ID, a.ID, x.Mark, hours, x.Late, markByList, who.Person, now); err != nil {
		return false, err
	}
	return over, s.note(ctx, tx, who, t, a.Enrollment, "mark", map[string]string{"mark": string(x.Mark), "meeting": string(m.ID)}, now)
}

func writeMark(ctx context.Context, tx *db.Tx, m MeetingID, e EnrollmentID, mark Mark, hours, late int, how string, by access.PersonID, now time.Time) error {
	if _, err := tx.Exec(ctx, `insert into training_attendance (meeting, enrollment, mark, hours, how, by_person, at) values (?, ?, ?, ?, ?, ?, ?)
		on conflict (meeting, enrollment) do update set mark = excluded.mark, hours = excluded.hours, how = excluded.how,
			by_person = excluded.by_person, at = excluded.at`, m, e, mark, hours, how, by, now.Unix()); err != nil {
		return err
	}
	return logMark(ctx, tx, m, e, mark, late, how, by, now)
}

func logMark(ctx context.Context, tx *db.Tx, m MeetingID, e EnrollmentID, mark Mark, late int, how string, by access.PersonID, now time.Time) error {
	_, err := tx.Exec(ctx, `insert into training_marks (id, meeting, enrollment, mark, late, how, by_person, at) values (?, ?, ?, ?, ?, ?, ?, ?)`,
		newID(), m, e, mark, late, how, by, now.Unix())
	return err
}

// note writes what staff did about one enrollment into the log.
func (s *Service) note(ctx context.Context, tx *db.Tx, who access.Actor, t Training, e Enrollment, action string, details map[string]string, now time.Time) error {
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training." + action, Object: "enrollment", ObjectID: string(e.ID), Institution: string(t.Center),
		Subject: e.Person, Details: details}, now)
}

// CloseMeeting closes the list of a meeting, by whoever leads or organizes the
// training, from its beginning on. Whoever has no mark by then was absent. The
// code ends; marks can still be corrected until the training is settled.
func (s *Service) CloseMeeting(ctx context.Context, who access.Actor, id MeetingID) (absent int, err error) {
	defer fault.Wrap(&err, "close the list of %s", id)
	now := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		absent = 0
		m, t, err := s.MeetingByID(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if now.Unix() < m.StartsAt {
			return fault.New(fault.Conflict, "training.desk.fault.early_close")
		}
		if err := mayTake(t, m, nil, now); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update training_meetings set taken_at = ?, taken_by = ? where id = ? and taken_at = 0`, now.Unix(), who.Person, id)
		if err != nil || n == 0 {
			return err // closed already: nothing more to do
		}
		list, err := attendees(ctx, tx, m)
		if err != nil {
			return err
		}
		for _, a := range list {
			if a.Mark != "" {
				continue
			}
			// Whoever was marked since the list was read keeps that mark.
			n, err := tx.Exec(ctx, `insert into training_attendance (meeting, enrollment, mark, hours, how, by_person, at) values (?, ?, ?, 0, ?, ?, ?)
				on conflict (meeting, enrollment) do nothing`, m.ID, a.ID, MarkAbsent, markByClose, who.Person, now.Unix())
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			absent++
			if err := logMark(ctx, tx, m.ID, a.ID, MarkAbsent, 0, markByClose, who.Person, now); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.close_list", Object: "meeting", ObjectID: string(m.ID),
			Institution: string(t.Center)}, now)
	})
	return absent, err
}

// ReopenMeeting opens a closed list again, so that the marks that the closing
// set can be set by hand. The marks themselves stay.
func (s *Service) ReopenMeeting(ctx context.Context, who access.Actor, id MeetingID) (err error) {
	defer fault.Wrap(&err, "open the list of %s again", id)
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		m, t, err := s.MeetingByID(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if err := mayTake(t, m, nil, now); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update training_meetings set taken_at = 0, taken_by = '' where id = ? and taken_at > 0`, id)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.open_list", Object: "meeting", ObjectID: string(m.ID),
			Institution: string(t.Center)}, now)
	})
}

// SetOf is one mark as it was set, for "who marked what".
type SetOf struct {
	Enrollment EnrollmentID `db:"enrollment"`
	Mark       Mark         `db:"mark"`
	Late       int          `db:"late"`
	How        string       `db:"how"`
	By         string       `db:"by_person"`
	At         int64        `db:"at"`
}

// marksOf are all marks ever set at a meeting, oldest first, by enrollment.
func marksOf(ctx context.Context, r db.Reader, id MeetingID) (map[EnrollmentID][]SetOf, error) {
	var all []SetOf
	err := r.Select(ctx, &all, `select enrollment, mark, late, how, by_person, at from training_marks where meeting = ? order by enrollment, id`, id)
	sets := map[EnrollmentID][]SetOf{}
	for _, m := range all {
		sets[m.Enrollment] = append(sets[m.Enrollment], m)
	}
	return sets, err
}

// grace is how long after the beginning somebody is not late yet.
func (s *Service) grace(ctx context.Context, r db.Reader, m Meeting) (time.Duration, error) {
	v, err := s.Law.Int(ctx, r, LateMinutes, time.Unix(m.StartsAt, 0))
	return time.Duration(v.Int) * time.Minute, err
}

// TypeCode marks whoever holds the enrollment as present, or late, when they
// type the code of the room while the meeting runs. Refusals: a code before or
// after the meeting, or once the list is closed, and more tries than anybody
// needs (Conflict, TooMany); a wrong code (Invalid, counted); an enrollment that
// is not admitted or of another training (NotFound). A mark that is there
// already stays: only whoever leads can change it.
func (s *Service) TypeCode(ctx context.Context, h Holder, id MeetingID, enrollment EnrollmentID, code string) (mark Mark, err error) {
	defer fault.Wrap(&err, "code at %s", id)
	e, err := s.Open(ctx, h, enrollment)
	if err != nil {
		return "", err
	}
	now := s.now()
	var refused error
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		mark, refused = "", nil
		m, t, err := meetingByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if e, err = EnrollmentByID(ctx, tx, enrollment); err != nil {
			return err
		}
		if e.Training != m.Training || !lists(m, e) {
			return fault.ErrNotFound
		}
		if refused = codeRefused(t, m, now); refused != nil {
			return nil
		}
		if mark, refused, err = standing(ctx, tx, m, e); err != nil || refused != nil || mark != "" {
			return err
		}
		mark, refused, err = s.tryCode(ctx, tx, m, e, code, now)
		return err
	})
	return mark, errors.Join(err, refused)
}

// codeRefused is why no code counts now, nil when it does.
func codeRefused(t Training, m Meeting, now time.Time) error {
	if t.State != Published && t.State != Held {
		return fault.New(fault.Conflict, "training.desk.fault.no_meeting")
	}
	switch codeOpen(m, now) {
	case -1:
		return fault.New(fault.Conflict, "training.desk.fault.code_early")
	case 1:
		return fault.New(fault.Conflict, "training.desk.fault.code_over")
	}
	return nil
}

// standing is the mark that somebody has already: it needs no code, or none helps.
func standing(ctx context.Context, r db.Reader, m Meeting, e Enrollment) (mark Mark, refused, err error) {
	err = r.Get(ctx, &mark, `select mark from training_attendance where meeting = ? and enrollment = ?`, m.ID, e.ID)
	switch {
	case errors.Is(err, fault.ErrNotFound):
		return "", nil, nil
	case err != nil:
		return "", nil, err
	case mark == MarkExcused || mark == MarkAbsent:
		return "", fault.New(fault.Conflict, "training.desk.fault.marked"), nil
	}
	return mark, nil, nil
}

// tryCode counts the try first, in one statement, and then looks at the code: a
// wrong one must stay counted, so it is no error of the transaction.
func (s *Service) tryCode(ctx context.Context, tx *db.Tx, m Meeting, e Enrollment, code string, now time.Time) (mark Mark, refused, err error) {
	n, err := tx.Exec(ctx, `insert into training_code_tries (meeting, enrollment, tries) values (?, ?, 1)
		on conflict (meeting, enrollment) do update set tries = training_code_tries.tries + 1 where training_code_tries.tries < ?`, m.ID, e.ID, mostTries)
	if err != nil {
		return "", nil, err
	}
	if n == 0 {
		return "", fault.New(fault.TooMany, "training.desk.fault.tries"), nil
	}
	if !codeFits(s.Keys, m.ID, now, code) {
		return "", fault.InvalidFields([]fault.Field{{Name: "kod", Key: "training.desk.fault.code"}}), nil
	}
	grace, err := s.grace(ctx, tx, m)
	if err != nil {
		return "", nil, err
	}
	mark, late := arrival(time.Unix(m.StartsAt, 0), now, grace)
	n, err = tx.Exec(ctx, `insert into training_attendance (meeting, enrollment, mark, hours, how, by_person, at) values (?, ?, ?, ?, ?, '', ?)
		on conflict (meeting, enrollment) do nothing`, m.ID, e.ID, mark, hoursOf(mark, m.Hours, late), markByCode, now.Unix())
	if err != nil || n == 0 {
		return mark, nil, err
	}
	return mark, nil, logMark(ctx, tx, m.ID, e.ID, mark, int(late/time.Minute), markByCode, "", now)
}

// Code is the code of a meeting as it is now, and when it changes, for whoever
// leads or organizes it. Outside the meeting there is none: Conflict.
func (s *Service) Code(ctx context.Context, who access.Actor, id MeetingID) (code string, until time.Time, err error) {
	m, t, err := s.MeetingByID(ctx, s.db, who, id)
	if err != nil {
		return "", until, err
	}
	now := s.now()
	if err := codeRefused(t, m, now); err != nil {
		return "", until, err
	}
	return codeAt(s.Keys, id, now), now.Truncate(codeWindow).Add(codeWindow), nil
}

// ownAt is the enrollment by which a signed-in person stands on a meeting's list.
func (s *Service) ownAt(ctx context.Context, r db.Reader, who access.Actor, m Meeting) (e Enrollment, err error) {
	if who.Person == "" {
		return e, fault.ErrNotFound
	}
	err = r.Get(ctx, &e, `select `+EnrollmentColumns+` from training_enrollments e where e.training = ? and e.person = ? and e.active`, m.Training, who.Person)
	if err == nil && !lists(m, e) {
		err = fault.ErrNotFound
	}
	return e, err
}

// Led is a meeting for the page of whoever leads it.
type Led struct {
	Meeting
	Called string        `db:"training_title"`
	State  TrainingState `db:"training_state"`
	Where  string        `db:"training_place"`
	People int           `db:"people"`
	Marked int           `db:"marked"`
}

// Leading are the meetings of the trainings that the actor is named to lead,
// from a day ago for so many days on, or before it (back), nearest first.
func (s *Service) Leading(ctx context.Context, who access.Actor, back bool) (list []Led, err error) {
	defer fault.Wrap(&err, "meetings led")
	if err := who.Must(access.LeadTrainings); err != nil {
		return nil, err
	}
	today := s.now().In(web.Warsaw)
	from := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, web.Warsaw).Unix()
	where, order := `m.starts_at >= ?`, `m.starts_at, m.id`
	if back {
		where, order = `m.starts_at < ?`, `m.starts_at desc, m.id desc`
	}
	err = s.db.Select(ctx, &list, `select m.id, m.training, m.no, m.title, m.track, m.starts_at, m.ends_at, m.hours, m.room, m.place, m.taken_at, m.taken_by,
			t.title as training_title, t.state as training_state, t.place as training_place,
			(select count(*) from training_enrollments e where e.training = t.id and e.seated and e.active) as people,
			(select count(*) from training_attendance a where a.meeting = m.id) as marked
		from training_meetings m join training_trainings t on t.id = m.training
		where t.state in (?, ?, ?) and `+where+` and exists (select 1 from training_trainers l where l.training = t.id and l.person = ?)
		order by `+order+` limit 60`, Published, Held, Closed, from, who.Person)
	return list, err
}
