package evaluation

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
)

// onePage is what was published of one subject, for those who led it and for the
// center.
type onePage struct {
	web.Page
	Subject string
	Of      Kind
	Ended   string
	Desk    string // of the subject, for the center
	Stages  []stageView
	Rule    web.Reason
}

// stageView is one asking and what came of it.
type stageView struct {
	ID, Stage, Title string
	Form             string // see formOf
	State, Part      string
	Together         []string // titles of what it is published with
	TogetherText     string
	Low              *web.Reason
	Means            []meanRow
	Band             bool // a mean is a band
	Charts           []chart
	Hidden           []string    // distributions of which nothing is shown, with their answers
	Why              *web.Reason // why something is hidden; nil when nothing is
	Remarks          *remarksView
	Next             web.Step
}

// meanRow is a mean drawn as a bar.
type meanRow struct {
	Label, Ends, Value, Answers string
	Bar                         bar
	Shown                       bool
}

// chart is a distribution drawn as bars.
type chart struct {
	ID, Caption, Answers string
	Rows                 []chartRow // none where everything is hidden
}

type chartRow struct {
	Label, Value, Share string
	Bar                 bar
	Shown               bool
}

// remarksView is what people wrote.
type remarksView struct {
	Action string // of the form of the center; "" for who only reads
	Stage  string
	Form   string // see formOf
	Of     Kind
	Rows   []remarkRow
	Said   string // why there are none, or when they were passed on
	Names  int    // remarks with words that may be names
}

type remarkRow struct {
	Digest, Body, Names string
	Withheld            bool
}

func (s *Service) getOne(w http.ResponseWriter, r *web.Request) error {
	ctx, l := r.Context(), r.L
	sub, view, err := s.asked(r)
	if err != nil {
		return err
	}
	p := onePage{Page: r.Page(w, l.T("evaluation.title.one", "title", sub.Title), s.back(l, sub, view)...), Subject: sub.Title, Of: sub.Kind,
		Ended: l.T("evaluation.ended", "date", l.Date(day(sub.EndedAt))), Rule: rule(l)}
	p.NoIndex = true
	if from := s.Subjects[sub.Kind]; from != nil && view == AsCenter {
		_, p.Desk = from.Paths(sub.ID)
	}
	if sub.Kind == Meeting {
		p.Rule = meetingRule(l)
	}
	rounds, err := roundsOf(ctx, s.db, sub.Kind, sub.ID)
	if err != nil {
		return err
	}
	for _, x := range rounds {
		v, err := s.stageView(r, sub, x, view)
		if err != nil {
			return err
		}
		v.Next.About = v.Title // each stage has its own
		p.Stages = append(p.Stages, v)
	}
	return r.Render(w, oneView(p))
}

// back are the pages above that of a subject.
func (s *Service) back(l *i18n.L, sub stored, view View) []web.Link {
	switch {
	case sub.Kind == Meeting:
		return nil // the page of the meeting leads here and back
	case view == AsCenter:
		return []web.Link{{Text: l.T("evaluation.title.center"), Href: CenterPath}}
	}
	return []web.Link{{Text: l.T("evaluation.title.led"), Href: LeadPath}}
}

// texts is the key of a sentence as it is said of a kind.
func texts(kind Kind, key string) string {
	if kind == Meeting {
		return key + ".meeting"
	}
	return key
}

// asked is the subject of the address, for somebody who may see it.
func (s *Service) asked(r *web.Request) (sub stored, view View, err error) {
	kind, err := kindOf(r.PathValue("kind"))
	if err != nil {
		return sub, 0, err
	}
	if sub, err = storedByID(r.Context(), s.db, kind, r.PathValue("id")); err != nil {
		return sub, 0, err
	}
	view, err = s.sees(r.Context(), access.ActorOf(r.Request), sub)
	return sub, view, err
}

func (s *Service) stageView(r *web.Request, sub stored, x round, view View) (v stageView, err error) {
	ctx, l := r.Context(), r.L
	form := string(formOf(x.Kind, x.Stage))
	v = stageView{ID: map[Stage]string{After: "zaraz", Later: "pozniej"}[x.Stage], Stage: string(x.Stage), Form: form, Title: l.T("evaluation.stage." + form)}
	switch x.State {
	case planned:
		v.State = l.T("evaluation.state.planned_on", "date", l.Date(day(max(x.OpensAt, x.DueAt))))
		v.Next = web.Step{What: l.T("evaluation.step.ask"), Who: l.T("evaluation.step.program"), When: l.Date(day(max(x.OpensAt, x.DueAt)))}
		return v, nil
	case skipped:
		v.State = l.T(texts(x.Kind, x.Why))
		return v, nil
	}
	if v.Part, err = s.partText(r, x); err != nil {
		return v, err
	}
	g, err := groupByID(ctx, s.db, x.Group)
	if err != nil {
		return v, err
	}
	if err := s.withOthers(r, &v, x, g); err != nil {
		return v, err
	}
	switch {
	case x.State == open:
		v.State = l.T("evaluation.state.open_until", "date", l.Date(day(x.ClosesAt-1)))
		v.Next = web.Step{What: l.T("evaluation.step.close"), Who: l.T("evaluation.step.program"), When: l.Date(day(x.ClosesAt))}
		return v, nil
	case g.State == released:
		v.State = l.T("evaluation.state.released_on", "date", l.Date(day(g.ReleasedAt)))
		if err := s.drawn(r, &v, g); err != nil {
			return v, err
		}
	case g.State == gathering:
		until := time.Unix(g.FirstAt, 0).AddDate(0, 0, gatherDays)
		v.State = l.T(texts(x.Kind, "evaluation.state.gathering"))
		v.Next = web.Step{What: l.T(texts(x.Kind, "evaluation.step.gather")), Who: l.T("evaluation.step.program"), When: l.T("evaluation.step.latest", "date", l.Date(until.In(web.Warsaw)))}
	default:
		v.State = l.T("evaluation.state.closed")
		v.Next = web.Step{What: l.T(texts(x.Kind, "evaluation.step.count")), Who: l.T("evaluation.step.program")}
	}
	if v.Remarks, err = s.remarksView(r, sub, x, view); err != nil {
		return v, err
	}
	if x.Kind == Training && v.Next.What == "" && view == AsCenter && x.RemarksAt == 0 && len(v.Remarks.Rows) > 0 {
		v.Next = web.Step{What: l.T("evaluation.step.remarks"), Who: l.T("evaluation.step.center"), Href: "#" + v.ID + "-uwagi"}
	}
	return v, nil
}

// partText is how many were asked and answered: a figure of participation, not
// of what they said. Among fewer than five people it would name those who did not.
func (s *Service) partText(r *web.Request, x round) (string, error) {
	if x.Roster < least {
		return r.L.T("evaluation.part_few", "k", least), nil
	}
	part, err := survey.PartOf(r.Context(), s.db, x.ID)
	if err != nil {
		return "", err
	}
	return r.L.T("evaluation.part", "answered", r.L.Number(part.Answered), "asked", r.L.Number(part.Invited)), nil
}

// withOthers names what the figures are published with.
func (s *Service) withOthers(r *web.Request, v *stageView, x round, g group) error {
	if g.Alone {
		return nil
	}
	err := s.db.Select(r.Context(), &v.Together, `select s.title from needs_eval_rounds x join needs_eval_subjects s on s.kind = x.kind and s.id = x.subject
		where x.grp = ? and x.id <> ? order by x.id`, g.ID, x.ID)
	v.TogetherText = r.L.T(texts(x.Kind, "evaluation.small"), "alone", aloneFrom)
	if len(v.Together) > 0 {
		v.TogetherText += " " + r.L.T("evaluation.small_with")
	}
	return err
}

// drawn puts the releases of a group on the page.
func (s *Service) drawn(r *web.Request, v *stageView, g group) error {
	tables, err := s.tables(r.Context(), g.ID)
	if err != nil {
		return err
	}
	for _, t := range tables {
		q, known := questionOf(t.Measure)
		if !known || len(t.Nodes) == 0 {
			continue
		}
		if v.Why == nil && t.Hides() {
			why := disclosure.Reason(r.L, t)
			why.About += ", " + v.Title // each stage gives its own
			v.Why = &why
		}
		if t.Mean {
			v.Means = append(v.Means, meanRowOf(r.L, q, t))
			v.Band = v.Band || band(t.Nodes[0].Mean)
			continue
		}
		c := chartOf(r.L, v.ID, q, t)
		if len(c.Rows) == 0 {
			v.Hidden = append(v.Hidden, c.Caption+", "+c.Answers)
			continue
		}
		v.Charts = append(v.Charts, c)
	}
	if g.Low {
		why := lowReason(r.L, figuresOf(g.Figures))
		v.Low = &why
	}
	return nil
}

func meanRowOf(l *i18n.L, q asked, t disclosure.Table) meanRow {
	n := t.Nodes[0]
	row := meanRow{Label: l.T("evaluation.measure." + string(q.Stage) + "." + q.Key), Ends: l.T("evaluation.scale", "low", q.Measure.Low, "high", q.Measure.High),
		Value: disclosure.MeanWords(l, n.Mean), Answers: answersOf(l, t), Shown: n.Mean.Shown}
	if q.Key == usedKey {
		row.Ends, row.Value = l.T("evaluation.scale_used"), useText(l, n.Mean)
	}
	if n.Mean.Shown {
		row.Bar = barOf(n.Mean, q.Measure.Low, q.Measure.High)
	}
	return row
}

// answersOf is how many answered a question. Where they are few it is not told
// exactly: some questions may be left out, and one answer is somebody's.
func answersOf(l *i18n.L, t disclosure.Table) string {
	if n := t.Nodes[0].Respondents; n.Shown && n.N < t.K {
		return l.T("evaluation.few", "k", t.K)
	}
	return disclosure.Words(l, t.Nodes[0].Respondents)
}

// chartOf draws a distribution: a row for each category, or for several that are
// counted together.
func chartOf(l *i18n.L, stage string, q asked, t disclosure.Table) chart {
	n := t.Nodes[0]
	c := chart{ID: stage + "-" + idOf(q.Key), Caption: l.T("evaluation.measure." + string(q.Stage) + "." + q.Key), Answers: l.T("evaluation.answers_n", "n", answersOf(l, t))}
	group, _, _ := strings.Cut(q.Key, ".") // rows of one matrix have the same categories
	name := func(category string) string { return l.T("evaluation.category." + group + "." + category) }
	if q.Key == "overall" {
		name = func(category string) string { return category }
	}
	if !n.Shown {
		return c
	}
	for i, cell := range n.Cells {
		if cell.Span < 0 {
			continue
		}
		row := chartRow{Label: t.Label(i, cell, name), Value: disclosure.Words(l, cell), Shown: cell.Shown}
		if cell.Shown && n.Respondents.N > 0 {
			row.Bar = bar{0, cell.N * 1000 / n.Respondents.N}
			row.Share = strconv.Itoa((200*cell.N+n.Respondents.N)/(2*n.Respondents.N)) + "%"
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// idOf is a key fit for an id and a message key.
func idOf(key string) string { return strings.ReplaceAll(key, ".", "_") }

// remarksView is the remarks as the reader may see them.
func (s *Service) remarksView(r *web.Request, sub stored, x round, view View) (*remarksView, error) {
	l := r.L
	v := &remarksView{Stage: string(x.Stage), Form: string(formOf(x.Kind, x.Stage)), Of: x.Kind}
	if view == AsLeader && x.RemarksAt == 0 {
		v.Said = l.T("evaluation.remarks.not_yet")
		return v, nil
	}
	list, err := s.remarks(r.Context(), x)
	if fault.KindOf(err) == fault.Conflict {
		v.Said = l.T("evaluation.remarks.few", "k", least)
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		row := remarkRow{Digest: m.Digest, Body: m.Body, Withheld: m.Withheld}
		if len(m.Names) > 0 && view == AsCenter {
			v.Names++
			row.Names = l.T("evaluation.remarks.names", "words", strings.Join(m.Names, ", "))
		}
		if view == AsCenter || !m.Withheld {
			v.Rows = append(v.Rows, row)
		}
	}
	switch {
	case len(list) == 0:
		v.Said = l.T("evaluation.remarks.none")
	case view == AsCenter && x.Kind == Training:
		v.Action = onePath(sub.Kind, sub.ID) + "/uwagi"
		if x.RemarksAt > 0 {
			v.Said = l.T("evaluation.remarks.passed", "date", l.Date(day(x.RemarksAt)))
		}
	}
	return v, nil
}

func (s *Service) postRemarks(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	sub, _, err := s.asked(r)
	if err != nil {
		return err
	}
	stage := Stage(r.Value("etap"))
	if stage != After && stage != Later {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	if err := s.PassOn(r.Context(), access.ActorOf(r.Request), sub.Kind, sub.ID, stage, r.PostForm["zatrzymaj"]); err != nil {
		return err
	}
	r.Notify(w, "notice.evaluation.remarks")
	return r.Redirect(w, onePath(sub.Kind, sub.ID))
}
