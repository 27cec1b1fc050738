package training

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// check lists what is wrong with a record; the names of the fields end with the
// suffix.
func (c courseRecord) check(suffix string) (faults []fault.Field) {
	if utf8.RuneCountInString(c.Grade) > 60 {
		faults = append(faults, fault.Field{Name: "ocena" + suffix, Key: "training.desk.fault.grade"})
	}
	if c.Practice < 0 || c.Practice > 2000 {
		faults = append(faults, fault.Field{Name: "praktyka" + suffix, Key: "training.desk.fault.practice"})
	}
	if c.Exam != "" && c.Exam != examPassed && c.Exam != examFailed {
		faults = append(faults, fault.Field{Name: "egzamin" + suffix, Key: "training.desk.fault.exam"})
	}
	return faults
}

// recordOf is the record of an enrollment as it lies.
func recordOf(e Enrollment) courseRecord {
	return courseRecord{e.Grade, e.Practice, e.ExamResult}
}

// practiceOf reads typed hours: nothing is none, and no number is a fault.
func practiceOf(typed string) int {
	if typed == "" {
		return 0
	}
	n, err := strconv.Atoi(typed)
	if err != nil {
		return -1
	}
	return n
}

func examChoices(l *i18n.L) []web.Choice {
	return []web.Choice{{Value: "", Label: l.T("training.desk.exam_none")}, {Value: examPassed, Label: l.T("training.desk.exam_passed")},
		{Value: examFailed, Label: l.T("training.desk.exam_failed")}}
}

// recordChange is a record as a page showed it and as it is to be.
type recordChange struct {
	Enrollment EnrollmentID
	Was, Is    courseRecord
}

// writeRecord writes the record of one person, and who did it.
func (s *Service) writeRecord(ctx context.Context, tx *db.Tx, who access.Actor, t Training, e Enrollment, rec courseRecord, now time.Time) error {
	if _, err := tx.Exec(ctx, `update training_enrollments set grade = ?, practice = ?, exam = ?, revision = revision + 1, changed_at = ? where id = ?`,
		rec.Grade, rec.Practice, rec.Exam, now.Unix(), e.ID); err != nil {
		return err
	}
	return s.note(ctx, tx, who, t, e, "record", map[string]string{"grade": rec.Grade, "practice": fmt.Sprint(rec.Practice), "exam": rec.Exam}, now)
}

// CourseRecords notes grades, hours of practice and results of the exam of a
// whole qualification course, all or none. Who runs the course may, until it is
// closed. What the page did not change is not written; what somebody else
// changed meanwhile is a Conflict that names the person.
func (s *Service) CourseRecords(ctx context.Context, who access.Actor, id ID, changes []recordChange) (written int, err error) {
	defer fault.Wrap(&err, "records of course %s", id)
	var faults []fault.Field
	for _, c := range changes {
		faults = append(faults, c.Is.check("-"+string(c.Enrollment))...)
	}
	if err := fault.InvalidFields(faults); err != nil {
		return 0, err
	}
	now := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		written = 0
		t, people, err := s.course(ctx, tx, who, id)
		if err != nil {
			return err
		}
		for _, c := range changes {
			n := slices.IndexFunc(people, func(e Enrollment) bool { return e.ID == c.Enrollment })
			switch {
			case c.Is == c.Was:
				continue
			case n < 0:
				return fault.New(fault.Conflict, "training.desk.fault.left_list")
			case recordOf(people[n]) == c.Is:
				continue
			case recordOf(people[n]) != c.Was:
				return fault.New(fault.Conflict, "training.desk.fault.record_changed", "name", people[n].Name)
			}
			if err := s.writeRecord(ctx, tx, who, t, people[n], c.Is, now); err != nil {
				return err
			}
			written++
		}
		return nil
	})
	return written, err
}

// course is a qualification course that is not closed, and its people, for
// whoever runs it.
func (s *Service) course(ctx context.Context, tx *db.Tx, who access.Actor, id ID) (t Training, people []Enrollment, err error) {
	if t, err = ByID(ctx, tx, id); err != nil {
		return t, nil, err
	}
	if err = Manages(ctx, who, t); err != nil {
		return t, nil, err
	}
	switch {
	case t.Form != QualificationCourse:
		return t, nil, fault.New(fault.Conflict, "training.desk.fault.no_course")
	case t.State == Closed:
		return t, nil, fault.New(fault.Conflict, "training.desk.fault.settled")
	}
	people, err = admitted(ctx, tx, id)
	return t, people, err
}

// recordsPage is the records of a course in one form.
type recordsPage struct {
	web.Page
	Training, Path string
	Tabs           []web.Link
	Stop           string
	Practice       string // hours asked for
	ExamAsked      bool
	Exams          []web.Choice
	Rows           []recordRow
	Locked         bool
}

// recordRow is one person; Was is the record as JSON, as this page shows it.
type recordRow struct {
	ID, Name, Href        string
	Grade, Practice, Exam string
	Was                   string
}

func (s *Service) getRecords(w http.ResponseWriter, r *web.Request) error {
	return s.showRecords(w, r, http.StatusOK, nil)
}

func (s *Service) showRecords(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	l := r.L
	t, err := s.managed(r)
	if err != nil {
		return err
	}
	if t.Form != QualificationCourse {
		return fault.ErrNotFound
	}
	people, err := admitted(r.Context(), s.db, t.ID)
	if err != nil {
		return err
	}
	p := recordsPage{Page: r.Page(w, l.T("training.desk.records"), deskCrumbs(l, t, web.Link{Text: l.T("training.tab.attendance"), Href: attendancePath(t.ID)})...).WithErrors(fail),
		Training: t.Title, Path: attendancePath(t.ID), Tabs: Tabs(l, t.ID, "/obecnosc"), Practice: strconv.Itoa(t.PracticeHours), ExamAsked: t.Exam, Exams: examChoices(l),
		Locked: t.State == Closed || t.State == Canceled || t.State == Draft}
	p.NoIndex = true
	if f := fault.As(fail); f != nil && len(f.Fields) == 0 {
		p.Stop = l.T(f.Key, f.Args...)
	}
	for _, e := range people {
		row := recordRow{ID: string(e.ID), Name: e.Name, Href: attendancePath(t.ID) + "/osoba/" + string(e.ID), Grade: e.Grade, Practice: strconv.Itoa(e.Practice), Exam: e.ExamResult}
		was, err := json.Marshal(recordOf(e))
		if err != nil {
			return err
		}
		row.Was = string(was)
		// After a fault of a field what was typed stands again; after a conflict,
		// what others wrote meanwhile.
		if f := fault.As(fail); f != nil && f.Kind == fault.Invalid && r.Request.Form.Has("b-"+row.ID) {
			row.Grade, row.Practice, row.Exam, row.Was = r.Value("ocena-"+row.ID), r.Value("praktyka-"+row.ID), r.Value("egzamin-"+row.ID), r.Value("b-"+row.ID)
		}
		p.Rows = append(p.Rows, row)
	}
	return r.RenderStatus(w, status, recordsView(p))
}

// recordsTyped are the rows of the form that differ from what the page showed.
func recordsTyped(r *web.Request, exam bool) (changes []recordChange, err error) {
	for name := range r.PostForm {
		id, is := strings.CutPrefix(name, "b-")
		if !is {
			continue
		}
		c := recordChange{Enrollment: EnrollmentID(id)}
		if _, err := known(id); err != nil || json.Unmarshal([]byte(r.PostForm.Get(name)), &c.Was) != nil {
			return nil, fault.New(fault.BadRequest, "fault.bad_request")
		}
		c.Is = courseRecord{r.Value("ocena-" + id), practiceOf(r.Value("praktyka-" + id)), r.Value("egzamin-" + id)}
		if !exam {
			c.Is.Exam = c.Was.Exam
		}
		if c.Is != c.Was {
			changes = append(changes, c)
		}
	}
	slices.SortFunc(changes, func(a, b recordChange) int { return strings.Compare(string(a.Enrollment), string(b.Enrollment)) })
	return changes, nil
}

func (s *Service) postRecords(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	t, err := s.managed(r)
	if err != nil {
		return err
	}
	changes, err := recordsTyped(r, t.Exam)
	if err != nil {
		return err
	}
	n, err := s.CourseRecords(r.Context(), access.ActorOf(r.Request), t.ID, changes)
	if f := fault.As(err); f != nil && (f.Kind == fault.Invalid || f.Kind == fault.Conflict) {
		return s.showRecords(w, r, f.Kind.Status(), f)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.desk.records", "n", strconv.Itoa(n))
	return r.Redirect(w, attendancePath(t.ID)+"/przebieg")
}
