package meetings

import (
	"context"
	"errors"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Questions from the floor are sent by telephone to a page that everybody finds
// by the code on the wall. Nobody needs an account, a name is given or not, and
// it is not written who sent one, not even when the sender is signed in. They
// are read by a moderator first, who shows them or puts them aside.

// FloorPath is the page of a floor, followed by its code.
const FloorPath = "/pytania-z-sali"

// FloorHref is the page of a floor, LargeHref where the organizer looks after a
// large meeting.
func FloorHref(code string) string  { return FloorPath + "/" + code }
func LargeHref(id MeetingID) string { return Href(id) + "/organizacja" }

const (
	floorCode        = 6     // signs
	mostWaiting      = 300   // questions that nobody moderated yet
	mostQuestions    = 2_000 // of one meeting
	longestQuestion  = 500
	longestFloorName = 100
)

// Floor is whether questions from the floor of a meeting are taken, and where.
type Floor struct {
	Meeting  MeetingID `db:"meeting"`
	Code     string    `db:"code"`
	OpenedAt int64     `db:"opened_at"`
	ClosedAt int64     `db:"closed_at"` // 0: open
}

// QuestionState is where a question stands.
type QuestionState string

// The states of a question.
const (
	Waiting  QuestionState = "waiting"  // seen by moderators alone
	Shown    QuestionState = "shown"    // to everybody
	Answered QuestionState = "answered" // and was answered
	Aside    QuestionState = "aside"    // will not be shown
)

// Question is one question from the floor.
type Question struct {
	ID      string        `db:"id"`
	Meeting MeetingID     `db:"meeting"`
	Words   string        `db:"words"`
	Name    string        `db:"name"` // "" when none was given
	State   QuestionState `db:"state"`
	At      int64         `db:"at"`
}

const (
	floorColumns    = `f.meeting, f.code, f.opened_at, f.closed_at`
	questionColumns = `q.id, q.meeting, q.words, q.name, q.state, q.at`
)

// FloorOf is the floor of a meeting; one that was never opened is
// fault.ErrNotFound.
func FloorOf(ctx context.Context, r db.Reader, id MeetingID) (f Floor, err error) {
	return f, r.Get(ctx, &f, `select `+floorColumns+` from meetings_floor f where f.meeting = ?`, id)
}

// OpenFloor takes questions from now on, under the code of the first time. Who
// may: whoever records the meeting, from its announcement to the end of its day.
func (s *Service) OpenFloor(ctx context.Context, who access.Actor, id MeetingID) (err error) {
	defer fault.Wrap(&err, "open the floor of meeting %s", id)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return err
	}
	if err := s.beforeEnd(m); err != nil || m.State == Planned {
		return errors.Join(err, stateFault(m.State == Planned))
	}
	code := newCode(floorCode)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `insert into meetings_floor (meeting, code, opened_at) values (?, ?, ?)
			on conflict (meeting) do update set closed_at = 0`, id, code, s.now().Unix()); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "floor", "meeting", string(id), m.Owner, nil)
	})
}

func stateFault(wrong bool) error {
	if !wrong {
		return nil
	}
	return fault.New(fault.Conflict, "meetings.fault.state")
}

// CloseFloor takes no more questions. Who may: whoever records the meeting.
func (s *Service) CloseFloor(ctx context.Context, who access.Actor, id MeetingID) (err error) {
	defer fault.Wrap(&err, "close the floor of meeting %s", id)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update meetings_floor set closed_at = ? where meeting = ? and closed_at = 0`, s.now().Unix(), id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "meetings.large.fault.floor_closed")
		}
		return s.record(ctx, tx, who, "floor_closed", "meeting", string(id), m.Owner, nil)
	})
}

// floorBy finds a floor and its meeting by the code on the wall. Everybody may
// who has the code.
func (s *Service) floorBy(ctx context.Context, code string) (f Floor, m Meeting, err error) {
	if len(code) != floorCode {
		return f, m, fault.ErrNotFound
	}
	if err := s.db.Get(ctx, &f, `select `+floorColumns+` from meetings_floor f where f.code = ?`, code); err != nil {
		return f, m, err
	}
	m, err = MeetingByID(ctx, s.db, f.Meeting)
	return f, m, err
}

// takes tells whether questions are taken now.
func (s *Service) takes(f Floor, m Meeting) bool { return f.ClosedAt == 0 && s.beforeEnd(m) == nil }

// Ask sends a question from the floor. Everybody may who has the code, while the
// floor is open; Conflict when it was closed, also in the same moment.
func (s *Service) Ask(ctx context.Context, code, question, name string) (err error) {
	defer fault.Wrap(&err, "ask from the floor")
	f, m, err := s.floorBy(ctx, code)
	if err != nil {
		return err
	}
	question, name = words(question), line(name)
	if fields := free(needed(nil, "pytanie", question, longestQuestion), "podpis", name, longestFloorName); len(fields) > 0 {
		return fault.InvalidFields(fields)
	}
	if !s.takes(f, m) {
		return fault.New(fault.Conflict, "meetings.large.fault.floor_closed")
	}
	id, now := newID(), s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		// The floor's row is touched first: a question and the closing of the floor follow one another.
		n, err := tx.Exec(ctx, `update meetings_floor set opened_at = opened_at where meeting = ? and closed_at = 0`, f.Meeting)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "meetings.large.fault.floor_closed")
		}
		n, err = tx.Exec(ctx, `insert into meetings_questions (id, meeting, words, name, state, at)
			select cast(? as text), m.id, cast(? as text), cast(? as text), cast(? as text), cast(? as bigint) from meetings_meetings m where m.id = ?
			and (select count(*) from meetings_questions q where q.meeting = m.id and q.state = ?) < ?
			and (select count(*) from meetings_questions q where q.meeting = m.id) < ?`, id, question, name, Waiting, now, f.Meeting, Waiting, mostWaiting, mostQuestions)
		if err == nil && n == 0 {
			return fault.New(fault.Conflict, "meetings.large.fault.floor_full")
		}
		return err
	})
}

// Moderate shows a question to everybody, notes it as answered or puts it aside;
// any of them can be undone. Who may: whoever records the meeting.
func (s *Service) Moderate(ctx context.Context, who access.Actor, id MeetingID, question string, to QuestionState) (err error) {
	defer fault.Wrap(&err, "moderate question %s", question)
	m, err := s.meetingRecord(ctx, who, id)
	if err != nil {
		return err
	}
	if to != Waiting && to != Shown && to != Answered && to != Aside {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update meetings_questions set state = ? where id = ? and meeting = ?`, to, question, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		return s.record(ctx, tx, who, "question", "meeting", string(id), m.Owner, nil)
	})
}

// questionsOf are the questions of a meeting in these states, the oldest first.
func questionsOf(ctx context.Context, r db.Reader, id MeetingID, states ...QuestionState) (list []Question, err error) {
	query, args, err := db.In(`select `+questionColumns+` from meetings_questions q where q.meeting = ? and q.state in (?) order by q.at, q.id limit ?`, id, states, mostQuestions)
	if err != nil {
		return nil, err
	}
	return list, r.Select(ctx, &list, query, args...)
}
