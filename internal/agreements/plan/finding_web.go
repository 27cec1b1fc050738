package plan

import (
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/platform/web"
)

func (s *Service) getNewFinding(w http.ResponseWriter, r *web.Request) error {
	of, err := s.run(r.Context(), access.ActorOf(r.Request), ID(r.PathValue("plan")))
	if err != nil {
		return err
	}
	return s.showFinding(w, r, of, Finding{}, nil)
}

func (s *Service) getFinding(w http.ResponseWriter, r *web.Request) error {
	f, of, err := s.FindingByID(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.showFinding(w, r, of, f, nil)
}

// showFinding draws the form of a finding: its words, and boxes for the figures
// and goals of the plan.
func (s *Service) showFinding(w http.ResponseWriter, r *web.Request, of Plan, f Finding, fail error) error {
	l, rev := r.L, f.Revision
	if fail != nil {
		f, rev = findingOf(r, f.ID), seen(r)
	}
	title := l.T("plan.finding.new")
	if f.ID != "" {
		title = l.T("plan.finding.edit")
	}
	p := newForm(w, r, title, fail, crumbs(l, of, web.Link{Text: l.T("plan.diagnosis.title"), Href: diagnosisHref(of.ID)})...)
	p.Hidden = []web.Pair{version(rev)}
	figures, chosen, err := s.figureChoices(r, of, f)
	if err != nil {
		return err
	}
	t, err := TreeOf(r.Context(), s.db, of)
	if err != nil {
		return err
	}
	themes, err := s.Themes(r.Context(), l)
	if err != nil {
		return err
	}
	var goals, topics []web.Choice
	var follows []string
	for _, g := range t.Goals {
		goals = append(goals, web.Choice{Value: string(g.ID), Label: g.Title})
	}
	for _, g := range f.Goals {
		follows = append(follows, string(g))
	}
	for _, one := range themes {
		topics = append(topics, web.Choice{Value: one.ID, Label: one.Title})
	}
	p.Parts = []templ.Component{
		web.Field(p.Page, web.Input{Name: "tytul", Label: l.T("plan.finding.name"), Hint: l.T("plan.finding.name_hint"), Value: f.Title, Required: true}),
		web.Textarea(p.Page, web.Area{Name: "opis", Label: l.T("plan.finding.words"), Value: f.Words}),
		web.Select(p.Page, web.Pick{Name: "temat", Label: l.T("plan.finding.theme"), Prompt: l.T("plan.finding.no_theme"), Choices: topics, Value: f.Theme}),
		web.Checks(p.Page, web.Pick{Name: "liczby", Label: l.T("plan.finding.rests"), Hint: l.T("plan.finding.rests_hint"), Choices: figures, Values: chosen, Required: true})}
	if slices.ContainsFunc(f.Rests, Rest.Stale) && f.ID != "" && fail == nil {
		p.Parts = append(p.Parts, web.Check(p.Page, web.Box{Name: "odswiez", Label: l.T("plan.finding.renew"), Hint: l.T("plan.finding.renew_hint")}))
	}
	if len(goals) > 0 {
		p.Parts = append(p.Parts, web.Checks(p.Page, web.Pick{Name: "cele", Label: l.T("plan.finding.goals"), Choices: goals, Values: follows}))
	}
	p.Next = web.Step{What: l.T("plan.diagnosis.next.goals"), Who: l.T("plan.association"), Href: Href(of.ID)}
	return p.render(w, r, fail)
}

// mostChoices keeps the form of a finding to what can be looked through: of each
// source the newest figures, and those that were chosen before.
const mostChoices = 20

// figureChoices are the figures of a plan's sources that a finding may rest on.
func (s *Service) figureChoices(r *web.Request, of Plan, f Finding) (list []web.Choice, chosen []string, err error) {
	towns, err := s.townsByID(r)
	if err != nil {
		return nil, nil, err
	}
	for _, one := range f.Rests {
		chosen = append(chosen, restKey(one.Source, one.Year, one.Town))
	}
	sources, err := s.Sources(r.Context(), access.ActorOf(r.Request), of)
	if err != nil {
		return nil, nil, err
	}
	for _, src := range sources {
		var figures []Datum
		if err := s.db.Select(r.Context(), &figures, `select source, town, year, value, note from plan_figures where source = ? order by year desc, town`, src.ID); err != nil {
			return nil, nil, err
		}
		for n, d := range figures {
			key := restKey(d.Source, d.Year, d.Town)
			if n < mostChoices || slices.Contains(chosen, key) {
				list = append(list, web.Choice{Value: key, Label: r.L.T("plan.finding.figure", "source", src.Title, "place", towns[d.Town], "year", periodYear(src.Period, d.Year),
					"value", unitWords(r.L, d.Value, src.Unit))})
			}
		}
	}
	return list, chosen, nil
}

func findingOf(r *web.Request, id string) Finding {
	f := Finding{ID: id, Title: r.Value("tytul"), Words: r.Value("opis"), Theme: r.Value("temat")}
	for _, key := range r.PostForm["liczby"] {
		f.Rests = append(f.Rests, restOf(key))
	}
	for _, g := range r.PostForm["cele"] {
		f.Goals = append(f.Goals, GoalID(g))
	}
	return f
}

func (s *Service) postNewFinding(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	of, err := s.run(r.Context(), access.ActorOf(r.Request), ID(r.PathValue("plan")))
	if err != nil {
		return err
	}
	_, err = s.SaveFinding(r.Context(), access.ActorOf(r.Request), of.ID, findingOf(r, ""), 0, false)
	return done(w, r, err, func(fail error) error { return s.showFinding(w, r, of, Finding{}, fail) }, "notice.plan.finding", diagnosisHref(of.ID))
}

func (s *Service) postFinding(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	f, of, err := s.FindingByID(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	_, err = s.SaveFinding(r.Context(), access.ActorOf(r.Request), of.ID, findingOf(r, f.ID), seen(r), r.Value("odswiez") != "")
	return done(w, r, err, func(fail error) error { return s.showFinding(w, r, of, f, fail) }, "notice.plan.finding", diagnosisHref(of.ID))
}
