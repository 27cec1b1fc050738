package training

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
)

// Finished tells that somebody completed a training. PersonKey counts a person
// once within the school year, "" when the key of that year is gone. Void says
// that the earlier one no longer holds: the hours were settled anew.
type Finished struct {
	Training    ID                   `json:"training"`
	Enrollment  EnrollmentID         `json:"enrollment"`
	Center      access.InstitutionID `json:"center"`
	Institution string               `json:"institution,omitempty"` // "" where it is not in the directory
	BySeat      string               `json:"by_seat,omitempty"`     // municipality of the institution
	ByRunning   string               `json:"by_running,omitempty"`
	PersonKey   string               `json:"person_key,omitempty"`
	SchoolYear  int                  `json:"school_year"`
	Hours       int                  `json:"hours"` // lesson hours
	Void        bool                 `json:"void"`
	Role        access.Role          `json:"role,omitempty"` // in which they came; "" in events older than the field
	On          string               `json:"on,omitempty"`   // day on which the training ended
}

// EventName implements events.Event.
func (Finished) EventName() string { return "training.completed" }

// WasHeld tells that the last meeting of a training is over. Events older than
// the last three fields have none of them.
type WasHeld struct {
	Training   ID                   `json:"training"`
	Center     access.InstitutionID `json:"center"`
	SchoolYear int                  `json:"school_year,omitempty"`
	On         string               `json:"on,omitempty"`    // the last day
	Hours      int                  `json:"hours,omitempty"` // lesson hours of all meetings
}

// EventName implements events.Event.
func (WasHeld) EventName() string { return "training.held" }

// Settled is one person of a training with what the count of hours says.
type Settled struct {
	Enrollment
	Verdict Verdict
	Marks   []attended
}

// exception is what a person decided against the count.
type exception struct {
	Enrollment EnrollmentID `db:"enrollment"`
	Completed  bool         `db:"completed"`
	Why        string       `db:"why"`
	By         string       `db:"by_person"`
	At         int64        `db:"at"`
}

// thresholds are the law's numbers on the day on which a training begins.
func (s *Service) thresholds(ctx context.Context, r db.Reader, t Training) (out Thresholds, err error) {
	on := s.now()
	if t.StartsAt > 0 {
		on = time.Unix(t.StartsAt, 0)
	}
	for _, one := range []struct {
		key  string
		into *int
	}{{ShortHours, &out.ShortHours}, {ShortThreshold, &out.Short}, {LongThreshold, &out.Long}} {
		v, err := s.Law.Int(ctx, r, one.key, on)
		if err != nil {
			return out, err
		}
		*one.into = int(v.Int)
	}
	return out, nil
}

// Account counts the hours of everybody who is admitted, by name. Whoever runs
// the training may see it.
func (s *Service) Account(ctx context.Context, who access.Actor, id ID) (t Training, list []Settled, err error) {
	defer fault.Wrap(&err, "account of training %s", id)
	if t, err = ByID(ctx, s.db, id); err != nil {
		return t, nil, err
	}
	if err := Manages(ctx, who, t); err != nil {
		return t, nil, err
	}
	list, err = s.account(ctx, s.db, t)
	return t, list, err
}

func (s *Service) account(ctx context.Context, r db.Reader, t Training) (list []Settled, err error) {
	law, err := s.thresholds(ctx, r, t)
	if err != nil {
		return nil, err
	}
	meetings, err := Meetings(ctx, r, t.ID)
	if err != nil {
		return nil, err
	}
	marks, err := allMarks(ctx, r, t.ID)
	if err != nil {
		return nil, err
	}
	exceptions, err := exceptionsOf(ctx, r, t.ID)
	if err != nil {
		return nil, err
	}
	people, err := admitted(ctx, r, t.ID)
	for _, e := range people {
		x := Settled{Enrollment: e}
		for _, m := range meetings {
			if lists(m, e) {
				got := marks[e.ID][m.ID]
				x.Marks = append(x.Marks, attended{m, got.Mark, got.Hours})
			}
		}
		x.Verdict = verdict(t, x.Marks, e.Track, courseRecord{e.Grade, e.Practice, e.ExamResult}, law)
		if ex, there := exceptions[e.ID]; there {
			x.Verdict.Completed, x.Verdict.Exception, x.Verdict.Why = ex.Completed, true, ex.Why
		}
		list = append(list, x)
	}
	return list, err
}

// admitted are those who stand on the lists of attendance, by name.
func admitted(ctx context.Context, r db.Reader, id ID) (list []Enrollment, err error) {
	return list, r.Select(ctx, &list, `select `+EnrollmentColumns+` from training_enrollments e
		where e.training = ? and e.state in (?, ?, ?, ?, ?) order by e.name_key, e.id`, id, Confirmed, Attended, Absent, Completed, Issued)
}

type marked struct {
	Meeting    MeetingID    `db:"meeting"`
	Enrollment EnrollmentID `db:"enrollment"`
	Mark       Mark         `db:"mark"`
	Hours      int          `db:"hours"`
}

func allMarks(ctx context.Context, r db.Reader, id ID) (map[EnrollmentID]map[MeetingID]marked, error) {
	var rows []marked
	err := r.Select(ctx, &rows, `select a.meeting, a.enrollment, a.mark, a.hours from training_attendance a
		join training_meetings m on m.id = a.meeting where m.training = ?`, id)
	all := map[EnrollmentID]map[MeetingID]marked{}
	for _, row := range rows {
		if all[row.Enrollment] == nil {
			all[row.Enrollment] = map[MeetingID]marked{}
		}
		all[row.Enrollment][row.Meeting] = row
	}
	return all, err
}

func exceptionsOf(ctx context.Context, r db.Reader, id ID) (map[EnrollmentID]exception, error) {
	var rows []exception
	err := r.Select(ctx, &rows, `select x.enrollment, x.completed, x.why, x.by_person, x.at from training_exceptions x
		join training_enrollments e on e.id = x.enrollment where e.training = ?`, id)
	all := map[EnrollmentID]exception{}
	for _, row := range rows {
		all[row.Enrollment] = row
	}
	return all, err
}

// unclosed is how many meetings still have an open list.
func unclosed(ctx context.Context, r db.Reader, id ID) (n int, err error) {
	return n, r.Get(ctx, &n, `select count(*) from training_meetings where training = ? and taken_at = 0`, id)
}

// Settle closes a training whose last meeting is over and whose lists are all
// closed: everybody's hours are written, and who has enough of them, or an
// exception, completed it. It tells them, and the other modules. Whoever runs
// the training may. Too early, an open list, or settled already: Conflict.
// People whose paper is issued keep it; a mistake there is mended with the paper.
func (s *Service) Settle(ctx context.Context, who access.Actor, id ID) (err error) {
	defer fault.Wrap(&err, "settle training %s", id)
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		t, err := s.settles(ctx, tx, who, id, now)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update training_trainings set state = ?, closed_at = ?, changed_at = ?, revision = revision + 1 where id = ? and state = ?`,
			Closed, now.Unix(), now.Unix(), id, Held)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "training.desk.fault.settled")
		}
		list, err := s.account(ctx, tx, t)
		if err != nil {
			return err
		}
		for _, x := range list {
			if err := s.settleOne(ctx, tx, who, t, x, now); err != nil {
				return err
			}
		}
		if err := deskStep(ctx, tx, t, "training.trace.settled", now); err != nil {
			return err
		}
		if err := s.touch(ctx, tx, string(id)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.settle", Object: "training", ObjectID: string(id), Institution: string(t.Center),
			Details: map[string]string{"people": fmt.Sprint(len(list))}}, now)
	})
}

// settles checks what must hold before a training is settled.
func (s *Service) settles(ctx context.Context, tx *db.Tx, who access.Actor, id ID, now time.Time) (t Training, err error) {
	if t, err = ByID(ctx, tx, id); err != nil {
		return t, err
	}
	if err := Manages(ctx, who, t); err != nil {
		return t, err
	}
	switch {
	case t.State == Closed:
		return t, fault.New(fault.Conflict, "training.desk.fault.settled")
	case t.State == Published && t.EndsAt > 0 && t.EndsAt <= now.Unix():
		if _, err := s.markHeld(ctx, tx, t, now); err != nil { // the job comes within minutes; nobody has to wait for it
			return t, err
		}
		t.State = Held
	case t.State != Held:
		return t, fault.New(fault.Conflict, "training.desk.fault.not_over")
	}
	n, err := unclosed(ctx, tx, id)
	if err == nil && n > 0 {
		err = fault.New(fault.Conflict, "training.desk.fault.open_lists", "n", n)
	}
	return t, err
}

// settleOne writes the outcome of one person and tells it.
func (s *Service) settleOne(ctx context.Context, tx *db.Tx, who access.Actor, t Training, x Settled, now time.Time) error {
	if x.State == Issued {
		return nil
	}
	state := Absent
	if x.Verdict.Completed {
		state = Completed
	}
	n, err := tx.Exec(ctx, `update training_enrollments set state = ?, hours = ?, revision = revision + 1, changed_at = ?
		where id = ? and state = ?`, state, x.Verdict.Hours, now.Unix(), x.ID, x.State)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "fault.conflict") // somebody was faster; the button can be pressed again
	}
	was, same := x.State, x.State == state && x.Hours == x.Verdict.Hours
	x.State, x.Hours, x.Revision = state, x.Verdict.Hours, x.Revision+1
	if same {
		return nil // settled anew, with the same outcome: nobody is told twice
	}
	if state == Completed || was == Completed {
		if err := s.emitCompleted(ctx, tx, t, x.Enrollment, state != Completed, now); err != nil {
			return err
		}
	}
	title := "training.trace.absent"
	if state == Completed {
		title = "training.trace.completed"
	}
	if err := s.step(ctx, tx, t, x.Enrollment, title, now.Unix()); err != nil {
		return err
	}
	return s.tell(ctx, tx, x.Enrollment, NewsCompleted, fmt.Sprintf("completed %d", x.Revision))
}

func (s *Service) emitCompleted(ctx context.Context, tx *db.Tx, t Training, e Enrollment, void bool, now time.Time) error {
	person := e.Person
	if person == "" {
		person = "mail:" + e.EmailKey
	}
	key, err := s.People.PersonKey(ctx, tx, person, t.SchoolYear)
	if fault.KindOf(err) == fault.Conflict {
		key, err = "", nil // the year's keys are destroyed: the sums of it stand already
	}
	if err != nil {
		return err
	}
	return s.Bus.Emit(ctx, tx, Finished{Training: t.ID, Enrollment: e.ID, Center: t.Center, Institution: e.Institution, BySeat: e.BySeat,
		ByRunning: e.ByRunning, PersonKey: key, SchoolYear: t.SchoolYear, Hours: e.Hours, Void: void, Role: e.Role, On: localDay(t.EndsAt)},
		events.Envelope{Subject: string(e.ID), Version: e.Revision, Trace: trace.ID(t.Trace), At: now})
}

// localDay is the day of an instant in Kraków, "" where there is none.
func localDay(at int64) string {
	if at == 0 {
		return ""
	}
	return time.Unix(at, 0).In(web.Warsaw).Format(time.DateOnly)
}

// deskStep is a step of a training's matter, for its center.
func deskStep(ctx context.Context, tx *db.Tx, t Training, key string, now time.Time) error {
	if t.Trace == "" {
		return nil
	}
	return trace.Step(ctx, tx, trace.StepRow{Trace: trace.ID(t.Trace), Kind: "training", ID: string(t.ID), TitleKey: key, At: now.Unix(), Audience: "inst:" + string(t.Center)})
}

// Reopen takes a closed training back into settling, with a reason. Outcomes
// stay until it is settled anew.
func (s *Service) Reopen(ctx context.Context, who access.Actor, id ID, why string) (err error) {
	defer fault.Wrap(&err, "reopen training %s", id)
	if err := reasoned(why); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		t, err := ByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := Manages(ctx, who, t); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update training_trainings set state = ?, closed_at = 0, changed_at = ?, revision = revision + 1 where id = ? and state = ?`,
			Held, now.Unix(), id, Closed)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "training.desk.fault.not_settled")
		}
		if err := deskStep(ctx, tx, t, "training.trace.reopened", now); err != nil {
			return err
		}
		if err := s.touch(ctx, tx, string(id)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.reopen", Object: "training", ObjectID: string(id), Institution: string(t.Center),
			Details: map[string]string{"why": why}}, now)
	})
}

// mostWhy bounds the words of a reason, in letters.
const mostWhy = 1000

// reasoned asks for words: every decision of a person has some.
func reasoned(why string) error {
	switch n := utf8.RuneCountInString(strings.TrimSpace(why)); {
	case n == 0:
		return fault.InvalidFields([]fault.Field{{Name: "uzasadnienie", Key: "training.desk.fault.why"}})
	case n > mostWhy:
		return fault.InvalidFields([]fault.Field{{Name: "uzasadnienie", Key: "training.desk.fault.why_long", Args: []any{"n", mostWhy}}})
	}
	return nil
}

// Except decides about one person against the count of hours, with words that
// the person will read; outcome "" takes an earlier decision back. Whoever runs
// the training may, until it is closed: after that Conflict.
func (s *Service) Except(ctx context.Context, who access.Actor, id EnrollmentID, outcome State, why string) (err error) {
	defer fault.Wrap(&err, "exception for %s", id)
	if outcome != "" {
		if outcome != Completed && outcome != Absent {
			return fault.New(fault.BadRequest, "fault.bad_request")
		}
		if err := reasoned(why); err != nil {
			return err
		}
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		e, t, err := s.settling(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if outcome == "" {
			_, err = tx.Exec(ctx, `delete from training_exceptions where enrollment = ?`, id)
		} else {
			_, err = tx.Exec(ctx, `insert into training_exceptions (enrollment, completed, why, by_person, at) values (?, ?, ?, ?, ?)
				on conflict (enrollment) do update set completed = excluded.completed, why = excluded.why, by_person = excluded.by_person, at = excluded.at`,
				id, outcome == Completed, strings.TrimSpace(why), who.Person, now.Unix())
		}
		if err != nil {
			return err
		}
		return s.note(ctx, tx, who, t, e, "except", map[string]string{"outcome": string(outcome)}, now)
	})
}

// settling is an enrollment of a training that is not closed yet, for whoever
// runs the training.
func (s *Service) settling(ctx context.Context, r db.Reader, who access.Actor, id EnrollmentID) (e Enrollment, t Training, err error) {
	if e, t, err = s.ofDesk(ctx, r, who, id); err != nil {
		return e, t, err
	}
	if t.State == Closed {
		return e, t, fault.New(fault.Conflict, "training.desk.fault.settled")
	}
	if !e.State.In() {
		return e, t, fault.New(fault.Conflict, "training.desk.fault.left_list")
	}
	return e, t, nil
}

// ofDesk is an enrollment with its training, for whoever runs the training.
func (s *Service) ofDesk(ctx context.Context, r db.Reader, who access.Actor, id EnrollmentID) (e Enrollment, t Training, err error) {
	if e, err = EnrollmentByID(ctx, r, id); err != nil {
		return e, t, err
	}
	if t, err = ByID(ctx, r, e.Training); err != nil {
		return e, t, err
	}
	return e, t, Manages(ctx, who, t)
}

// CourseRecord notes the grade, the hours of practice and the result of the exam
// of one person at a qualification course. Whoever runs the course may, until it
// is closed.
func (s *Service) CourseRecord(ctx context.Context, who access.Actor, id EnrollmentID, grade string, practice int, exam string) (err error) {
	defer fault.Wrap(&err, "course record of %s", id)
	rec := courseRecord{strings.TrimSpace(grade), practice, exam}
	if err := fault.InvalidFields(rec.check("")); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		e, t, err := s.settling(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if t.Form != QualificationCourse {
			return fault.New(fault.Conflict, "training.desk.fault.no_course")
		}
		return s.writeRecord(ctx, tx, who, t, e, rec, now)
	})
}

// holdEnded makes Held of every published training whose last meeting is over.
func (s *Service) holdEnded(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "hold ended trainings")
	var errs []error
	for {
		var ids []ID
		now := s.now()
		if err := s.db.Select(ctx, &ids, `select id from training_trainings where state = ? and ends_at > 0 and ends_at <= ? order by ends_at, id limit 100`,
			Published, now.Unix()); err != nil || len(ids) == 0 {
			return errors.Join(append(errs, err)...)
		}
		for _, id := range ids {
			err := s.db.Write(ctx, func(tx *db.Tx) error {
				t, err := ByID(ctx, tx, id)
				if err != nil {
					return err
				}
				_, err = s.markHeld(ctx, tx, t, now)
				return err
			})
			if err != nil {
				return errors.Join(append(errs, err)...)
			}
			errs = append(errs, s.closeQueues(ctx, id)) // of one, it does not hold up the others
		}
	}
}

// markHeld makes Held of a published training that is over, once.
func (s *Service) markHeld(ctx context.Context, tx *db.Tx, t Training, now time.Time) (done bool, err error) {
	n, err := tx.Exec(ctx, `update training_trainings set state = ?, changed_at = ?, revision = revision + 1
		where id = ? and state = ? and ends_at > 0 and ends_at <= ?`, Held, now.Unix(), t.ID, Published, now.Unix())
	if err != nil || n == 0 {
		return false, err
	}
	if err := s.Bus.Emit(ctx, tx, WasHeld{Training: t.ID, Center: t.Center, SchoolYear: t.SchoolYear, On: localDay(t.EndsAt), Hours: t.Hours}, events.Envelope{Subject: string(t.ID), Version: t.Revision + 1,
		Trace: trace.ID(t.Trace), At: now}); err != nil {
		return false, err
	}
	return true, errors.Join(deskStep(ctx, tx, t, "training.trace.held", now), s.touch(ctx, tx, string(t.ID)))
}

// forgetNeeds deletes what people said of their needs once the training is over
// or canceled, and the counted tries of codes of meetings long past.
func (s *Service) forgetNeeds(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "forget needs")
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update training_enrollments set needs = '' where needs <> '' and training in
			(select id from training_trainings where state in (?, ?, ?))`, Held, Closed, Canceled); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `delete from training_code_tries where meeting in (select id from training_meetings where ends_at < ?)`,
			now.Add(-24*time.Hour).Unix())
		return err
	})
}
