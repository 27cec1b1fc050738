package training

import (
	"net/http"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

func attendancePath(id ID) string { return DeskPath(id) + "/obecnosc" }

// deskCrumbs lead from the center's trainings to one of them.
func deskCrumbs(l *i18n.L, t Training, more ...web.Link) []web.Link {
	return append([]web.Link{{Text: l.T("training.desk.trainings"), Href: CenterPath}, {Text: t.Title, Href: DeskPath(t.ID)}}, more...)
}

// managed reads the training of an address for whoever runs it.
func (s *Service) managed(r *web.Request) (Training, error) {
	t, err := ByID(r.Context(), s.db, ID(r.PathValue("id")))
	if err != nil {
		return t, err
	}
	return t, Manages(r.Context(), access.ActorOf(r.Request), t)
}

// attendancePage is the meetings of a training and where settling stands.
type attendancePage struct {
	web.Page
	Training string
	Tabs     []web.Link
	Meetings []meetingItem
	State    string
	Settle   string // "" while it cannot be settled
	Records  string // page of the records of a course, "" for other forms
	Prints   string
	Next     web.Step
}

func (s *Service) getAttendance(w http.ResponseWriter, r *web.Request) error {
	ctx := r.Context()
	t, err := s.managed(r)
	if err != nil {
		return err
	}
	var list []Led
	if err := s.db.Select(ctx, &list, `select m.id, m.training, m.no, m.title, m.track, m.starts_at, m.ends_at, m.hours, m.room, m.place, m.taken_at, m.taken_by,
			(select count(*) from training_enrollments e where e.training = m.training and e.state in (?, ?, ?, ?, ?)) as people,
			(select count(*) from training_attendance a where a.meeting = m.id) as marked
		from training_meetings m where m.training = ? order by m.starts_at, m.id`, Confirmed, Attended, Absent, Completed, Issued, t.ID); err != nil {
		return err
	}
	p := attendancePage{Page: r.Page(w, r.L.T("training.tab.attendance"), deskCrumbs(r.L, t)...), Training: t.Title, Tabs: Tabs(r.L, t.ID, "/obecnosc"),
		State: r.L.T("training.state." + string(t.State)), Prints: DeskPath(t.ID) + "/druki"}
	p.NoIndex = true
	open := 0
	for _, m := range list {
		m.Called, m.Where = t.Title, t.Place
		if m.TakenAt == 0 {
			open++
		}
		p.Meetings = append(p.Meetings, s.meetingItem(r.L, m))
	}
	if t.Form == QualificationCourse {
		p.Records = attendancePath(t.ID) + "/przebieg"
	}
	p.Next = s.attendanceNext(r.L, t, open)
	if t.State == Held || t.State == Closed || t.State == Published && t.EndsAt > 0 && t.EndsAt <= s.now().Unix() {
		p.Settle = attendancePath(t.ID) + "/rozlicz"
	}
	return r.Render(w, attendanceView(p))
}

// attendanceNext says what has to happen before papers can be issued.
func (s *Service) attendanceNext(l *i18n.L, t Training, open int) web.Step {
	switch {
	case t.State == Closed:
		return web.Step{What: l.T("training.desk.next_papers"), Who: l.T("training.desk.next_officer"), Href: DeskPath(t.ID) + "/dokumenty"}
	case t.EndsAt == 0 || t.EndsAt > s.now().Unix():
		return web.Step{What: l.T("training.desk.next_meetings"), Who: l.T("training.desk.next_trainer"), When: deskSpan(l, t.StartsAt, t.EndsAt)}
	case open > 0:
		return web.Step{What: l.N("training.desk.next_close", open), Who: l.T("training.desk.next_trainer")}
	}
	return web.Step{What: l.T("training.desk.next_settle"), Who: l.T("training.desk.next_officer"), Href: attendancePath(t.ID) + "/rozlicz"}
}

// settlePage is everybody's hours, and the button that closes the training.
type settlePage struct {
	web.Page
	Training, Path string
	Tabs           []web.Link
	Rows           []settleRow
	Figures        []web.Figure
	Open           string // lists that are still open; "" when none is
	MaySettle      bool
	Closed         string // when it was settled
	Course         bool
	Why            string
	Rule           web.Reason
	TooEarly       bool
}

type settleRow struct {
	Name, Href, Institution, Hours, Percent, Outcome, Kind, More string
}

func (s *Service) getSettle(w http.ResponseWriter, r *web.Request) error {
	return s.showSettle(w, r, http.StatusOK, nil)
}

func (s *Service) showSettle(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	ctx := r.Context()
	t, list, err := s.Account(ctx, access.ActorOf(r.Request), ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	people := make([]Enrollment, len(list))
	for n, x := range list {
		people[n] = x.Enrollment
	}
	places, err := s.institutionNames(ctx, people)
	if err != nil {
		return err
	}
	p := settlePage{Page: r.Page(w, r.L.T("training.desk.settle"), deskCrumbs(r.L, t, web.Link{Text: r.L.T("training.tab.attendance"), Href: attendancePath(t.ID)})...).WithErrors(fail),
		Training: t.Title, Path: attendancePath(t.ID), Tabs: Tabs(r.L, t.ID, "/obecnosc"), Course: t.Form == QualificationCourse, Why: r.Value("uzasadnienie")}
	p.NoIndex = true
	done := 0
	for _, x := range list {
		row := settleRow{Name: x.Name, Href: attendancePath(t.ID) + "/osoba/" + string(x.ID), Institution: places(x.Enrollment)}
		row.Hours = r.L.T("training.desk.of", "n", x.Verdict.Hours, "of", x.Verdict.Total)
		row.Percent = strconv.Itoa(x.Verdict.Percent) + "%"
		row.Outcome, row.Kind, row.More = outcome(r.L, x)
		if x.Verdict.Completed {
			done++
		}
		p.Rows = append(p.Rows, row)
	}
	p.Figures = []web.Figure{{Value: r.L.Number(len(list)), Label: r.L.T("training.desk.figure_people")}, {Value: r.L.Number(done), Label: r.L.T("training.desk.figure_done")},
		{Value: r.L.Number(len(list) - done), Label: r.L.T("training.desk.figure_not")}}
	law, err := s.thresholds(ctx, s.db, t)
	if err != nil {
		return err
	}
	p.Rule = s.thresholdReason(r.L, t, law)
	open, err := unclosed(ctx, s.db, t.ID)
	if err != nil {
		return err
	}
	over := t.State == Held || t.State == Published && t.EndsAt > 0 && t.EndsAt <= s.now().Unix()
	p.MaySettle, p.TooEarly = over && open == 0, !over && t.State != Closed
	if open > 0 && over {
		p.Open = r.L.N("training.desk.next_close", open)
	}
	if t.State == Closed {
		p.Closed = r.L.DateTime(time.Unix(t.ClosedAt, 0).In(web.Warsaw))
	}
	return r.RenderStatus(w, status, settleView(p))
}

// outcome is what the count, or a person, says about somebody, in words.
func outcome(l *i18n.L, x Settled) (text, kind, more string) {
	text, kind = l.T("training.desk.outcome_not"), "warn"
	if x.Verdict.Completed {
		text, kind = l.T("training.desk.outcome_done"), "ok"
	}
	if x.State == Issued {
		more = l.T("training.status." + string(Issued))
	}
	if x.Verdict.Exception {
		more = l.T("training.desk.outcome_exception")
	}
	return text, kind, more
}

// thresholdReason is the rule of completion of a training with its numbers.
func (s *Service) thresholdReason(l *i18n.L, t Training, law Thresholds) web.Reason {
	percent := threshold(t.Threshold, t.Hours, law)
	why := web.Reason{Text: l.T("training.desk.threshold", "percent", percent), Rule: l.T("training.desk.threshold_law", "hours", law.ShortHours, "short", law.Short, "long", law.Long)}
	if t.Threshold > 0 {
		why.Rule = l.T("training.desk.threshold_own")
	}
	if t.Form == QualificationCourse {
		why.Rule += " " + l.T("training.desk.threshold_course")
	}
	return why
}

func (s *Service) postSettle(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if r.Value("potwierdzam") != "tak" {
		err := fault.InvalidFields([]fault.Field{{Name: "potwierdzam", Key: "training.desk.fault.sure"}})
		return s.showSettle(w, r, http.StatusUnprocessableEntity, err)
	}
	id := ID(r.PathValue("id"))
	if err := s.Settle(r.Context(), access.ActorOf(r.Request), id); err != nil {
		return err
	}
	r.Notify(w, "notice.desk.settled")
	return r.Redirect(w, attendancePath(id)+"/rozlicz")
}

func (s *Service) postReopen(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := ID(r.PathValue("id"))
	err := s.Reopen(r.Context(), access.ActorOf(r.Request), id, r.Value("uzasadnienie"))
	if f := fault.As(err); f != nil && f.Kind == fault.Invalid {
		return s.showSettle(w, r, f.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.desk.reopened")
	return r.Redirect(w, attendancePath(id)+"/rozlicz")
}

// accountPage is the hours of one person, with the reason of the outcome.
type accountPage struct {
	web.Page
	Training, Path  string
	Institution     string
	Rows            []accountRow
	Why             web.Reason
	Decision        *web.Reason
	Locked          bool
	Course          bool
	PracticeAsked   string
	Grade, Practice string
	ExamAsked       bool
	Exam            string
	Exams           []web.Choice
	Outcome, Words  string
	Outcomes        []web.Choice
	Lacks           []string
}

type accountRow struct{ Title, When, Mark, Hours string }

func (s *Service) getAccount(w http.ResponseWriter, r *web.Request) error {
	return s.showAccount(w, r, http.StatusOK, nil)
}

// settledOne is one person of an account. Somebody who is not in it is not there.
func (s *Service) settledOne(r *web.Request) (t Training, x Settled, err error) {
	t, list, err := s.Account(r.Context(), access.ActorOf(r.Request), ID(r.PathValue("id")))
	if err != nil {
		return t, x, err
	}
	for _, x := range list {
		if string(x.ID) == r.PathValue("enrollment") {
			return t, x, nil
		}
	}
	return t, x, fault.ErrNotFound
}

func (s *Service) showAccount(w http.ResponseWriter, r *web.Request, status int, fail error) error {
	ctx, l := r.Context(), r.L
	t, x, err := s.settledOne(r)
	if err != nil {
		return err
	}
	places, err := s.institutionNames(ctx, []Enrollment{x.Enrollment})
	if err != nil {
		return err
	}
	base := attendancePath(t.ID)
	p := accountPage{Page: r.Page(w, x.Name, deskCrumbs(l, t, web.Link{Text: l.T("training.desk.settle"), Href: base + "/rozlicz"})...).WithErrors(fail),
		Training: t.Title, Path: base + "/osoba/" + string(x.ID), Institution: places(x.Enrollment), Locked: t.State == Closed || t.State == Canceled || t.State == Draft}
	p.NoIndex = true
	for _, m := range x.Marks {
		row := accountRow{Title: meetingTitle(l, m.Meeting), When: deskSpan(l, m.Meeting.StartsAt, m.Meeting.EndsAt), Mark: l.T("training.desk.unmarked"),
			Hours: l.T("training.desk.of", "n", m.Hours, "of", m.Meeting.Hours)}
		if m.Mark != "" {
			row.Mark = l.T("training.desk.mark." + string(m.Mark))
		}
		p.Rows = append(p.Rows, row)
	}
	law, err := s.thresholds(ctx, s.db, t)
	if err != nil {
		return err
	}
	p.Why = s.verdictReason(l, t, x, law)
	for _, key := range x.Verdict.Lacks {
		p.Lacks = append(p.Lacks, l.T(key))
	}
	if err := s.accountDecision(r, x, &p); err != nil {
		return err
	}
	s.accountForms(r, t, x, &p)
	return r.RenderStatus(w, status, accountView(p))
}

// verdictReason is why the count says what it says.
func (s *Service) verdictReason(l *i18n.L, t Training, x Settled, law Thresholds) web.Reason {
	counted := verdict(t, x.Marks, x.Track, courseRecord{x.Grade, x.Practice, x.ExamResult}, law)
	why := s.thresholdReason(l, t, law)
	why.Text = l.T("training.desk.count_not")
	if counted.Completed {
		why.Text = l.T("training.desk.count_done")
	}
	why.Numbers = []web.Pair{{Name: l.T("training.desk.pair_hours"), Value: l.T("training.desk.of", "n", counted.Hours, "of", counted.Total)},
		{Name: l.T("training.desk.pair_percent"), Value: strconv.Itoa(counted.Percent) + "%"}, {Name: l.T("training.desk.pair_threshold"), Value: strconv.Itoa(counted.Threshold) + "%"}}
	return why
}

// accountDecision adds what a person decided against the count.
func (s *Service) accountDecision(r *web.Request, x Settled, p *accountPage) error {
	if !x.Verdict.Exception {
		return nil
	}
	all, err := exceptionsOf(r.Context(), s.db, x.Training)
	if err != nil {
		return err
	}
	ex := all[x.ID]
	names, err := s.namesOf(r.Context(), []string{ex.By})
	if err != nil {
		return err
	}
	text, _, _ := outcome(r.L, x)
	p.Decision = &web.Reason{Text: text + ". " + ex.Why, Human: true, Numbers: []web.Pair{{Name: r.L.T("training.desk.pair_who"), Value: names[ex.By]},
		{Name: r.L.T("training.desk.pair_when"), Value: r.L.DateTime(time.Unix(ex.At, 0).In(web.Warsaw))}}}
	p.Words = ex.Why
	p.Outcome = string(Absent)
	if ex.Completed {
		p.Outcome = string(Completed)
	}
	return nil
}

// accountForms fills the forms, with what was typed when one was refused.
func (s *Service) accountForms(r *web.Request, t Training, x Settled, p *accountPage) {
	l := r.L
	p.Outcomes = []web.Choice{{Value: string(Completed), Label: l.T("training.desk.outcome_done")}, {Value: string(Absent), Label: l.T("training.desk.outcome_not")},
		{Value: "cofam", Label: l.T("training.desk.outcome_back")}}
	p.Course, p.ExamAsked = t.Form == QualificationCourse, t.Exam
	p.PracticeAsked = strconv.Itoa(t.PracticeHours)
	p.Exams = examChoices(l)
	p.Grade, p.Practice, p.Exam = x.Grade, strconv.Itoa(x.Practice), x.ExamResult
	if r.Method != http.MethodPost {
		return
	}
	if r.Request.Form.Has("ocena") {
		p.Grade, p.Practice, p.Exam = r.Value("ocena"), r.Value("praktyka"), r.Value("egzamin")
	} else {
		p.Outcome, p.Words = r.Value("wynik"), r.Value("uzasadnienie")
	}
}

func (s *Service) postExcept(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	_, x, err := s.settledOne(r)
	if err != nil {
		return err
	}
	state := State(r.Value("wynik"))
	switch state {
	case "cofam":
		state = ""
	case Completed, Absent:
	default:
		return s.showAccount(w, r, http.StatusUnprocessableEntity, fault.InvalidFields([]fault.Field{{Name: "wynik", Key: "training.desk.fault.outcome"}}))
	}
	return s.accountDone(w, r, s.Except(r.Context(), access.ActorOf(r.Request), x.ID, state, r.Value("uzasadnienie")))
}

func (s *Service) postRecord(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	_, x, err := s.settledOne(r)
	if err != nil {
		return err
	}
	return s.accountDone(w, r, s.CourseRecord(r.Context(), access.ActorOf(r.Request), x.ID, r.Value("ocena"), practiceOf(r.Value("praktyka")), r.Value("egzamin")))
}

// accountDone goes back to the person's page, with the form when it was refused.
func (s *Service) accountDone(w http.ResponseWriter, r *web.Request, err error) error {
	if f := fault.As(err); f != nil && f.Kind == fault.Invalid {
		return s.showAccount(w, r, f.Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.desk.noted")
	return r.Redirect(w, attendancePath(ID(r.PathValue("id")))+"/osoba/"+r.PathValue("enrollment"))
}
