package budget

import (
	"net/http"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// LessonHref is the lesson about an edition: before the count about how one
// votes in it, after it about what came of it.
func LessonHref(id EditionID) string { return Href(id) + "/lekcja" }

func (s *Service) lessonRoutes(sh *web.Shell) {
	sh.Handle("GET "+Path+"/{id}/lekcja", web.Public, s.getLesson)
}

// lessonPage is the lesson.
type lessonPage struct {
	web.Page
	Of     Edition
	Rules  []RuleGroup  // before the count
	Pools  []lessonPool // after it
	Plans  []web.Link
	Course []string // before the count: what to do in which minutes
	Next   web.Step
}

type lessonPool struct {
	Name          string
	Facts         []web.Fact
	Winners       []lessonLine
	Losers        []lessonLine
	Rest          string
	Tasks         []lessonTask
	Href          string // of the result
	Votes, Points bool
}

type lessonLine struct{ Title, Href, Cost, Votes, Score, Why string }

type lessonTask struct{ Text, Answer string }

// lines are the parts of a text of several lines.
func lines(text string) []string { return strings.Split(text, "\n") }

func (s *Service) getLesson(w http.ResponseWriter, r *web.Request) error {
	l := r.L
	e, err := s.editionRead(r.Context(), access.ActorOf(r.Request), EditionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := lessonPage{Page: r.Page(w, l.T("budget.lesson.title"), crumbsOf(l, e)...), Of: e, Plans: planLinks(l), Next: e.next(l, s.now())}
	p.NoIndex = e.Kind == School
	if !e.State.In(Counted, Final, Archived) {
		p.Rules, p.Course = e.InWords(l), lines(l.T("budget.lesson.course"))
		return r.Render(w, lessonView(p))
	}
	for _, pool := range e.Rules.Pools {
		one, err := s.lessonPool(r, e, pool)
		if err != nil {
			return err
		}
		if len(one.Winners)+len(one.Losers) > 0 {
			p.Pools = append(p.Pools, one)
		}
	}
	return r.Render(w, lessonView(p))
}

func (s *Service) lessonPool(r *web.Request, e Edition, pool Pool) (v lessonPool, err error) {
	ctx, l := r.Context(), r.L
	o, err := outcomeOf(ctx, s.db, e, pool)
	if err != nil {
		return v, err
	}
	var f Figures
	if s.Figures != nil {
		if f, err = s.Figures(ctx, l, e, pool.ID); err != nil {
			return v, err
		}
	}
	v = lessonPool{Name: pool.Name, Href: ResultsHref(e.ID) + "/" + string(pool.ID), Votes: len(f.Votes) > 0 && !f.Unopened, Points: f.Points, Rest: l.T(e.to("budget.lesson.rest"), "left", Money(l, o.Left()))}
	v.Facts = []web.Fact{{Name: l.T("budget.lesson.fact_budget"), Value: Money(l, pool.Budget)}, {Name: l.T("budget.lesson.fact_spent"), Value: Money(l, o.Spent)},
		{Name: l.T("budget.lesson.fact_left"), Value: Money(l, o.Left())}}
	if f.Ballots > 0 {
		v.Facts = append(v.Facts, web.Fact{Name: l.T("budget.lesson.fact_ballots"), Value: l.Number(f.Ballots)})
	}
	v.Winners, v.Losers = lessonLines(l, o.Winners, f, nil), lessonLines(l, o.Losers, f, func(p BallotProject) string { return lostWords(l, o, p) })
	for _, x := range exercises(o, f) {
		args := moneyArgs(l, x.Args)
		v.Tasks = append(v.Tasks, lessonTask{Text: l.T("budget.task."+x.Key, args...), Answer: l.T("budget.task."+x.Key+"_answer", args...)})
	}
	return v, nil
}

// lessonLines are projects with what they got; where the count does not say why,
// the money does.
func lessonLines(l *i18n.L, list []BallotProject, f Figures, why func(BallotProject) string) (lines []lessonLine) {
	for _, p := range list {
		got := f.Votes[p.ID]
		one := lessonLine{Title: p.Title, Href: ProjectHref(p.ID), Cost: Money(l, p.Cost), Votes: l.Number(int(got.Votes)), Score: l.Number(int(got.Score)), Why: got.Why}
		if one.Why == "" && why != nil {
			one.Why = why(p)
		}
		lines = append(lines, one)
	}
	return lines
}

func lostWords(l *i18n.L, o Outcome, p BallotProject) string {
	if over := p.Cost - o.Left(); over > 0 {
		return l.T("budget.lesson.lost_dear", "over", Money(l, over))
	}
	return l.T("budget.lesson.lost_other")
}
