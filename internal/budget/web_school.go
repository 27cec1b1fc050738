package budget

import (
	"net/http"
	"net/url"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Paths of what helps a school: its eight steps, how an idea gets a price, and
// lesson plans.
const (
	SchoolPath   = Path + "/szkola"
	CostHelpPath = SchoolPath + "/od-pomyslu-do-kosztu"
	planPath     = SchoolPath + "/scenariusz"
)

// plans are the lesson plans: the word of the address and the group of the texts.
var plans = []struct{ word, key string }{{"od-pomyslu-do-kosztu", "cost"}, {"tajne-glosowanie", "secret"}, {"jak-liczyc-glosy", "count"}}

func (s *Service) schoolRoutes(sh *web.Shell) {
	sh.Handle("GET "+SchoolPath, web.Public, s.getSchool)
	sh.Handle("GET "+CostHelpPath, web.Public, s.getCostHelp)
	sh.Handle("GET "+planPath+"/{scenariusz}", web.Public, s.getPlan)
}

// schoolSteps are the eight steps of a school's budget.
var schoolSteps = []string{"promote", "file", "check", "list", "draw", "campaign", "vote", "results"}

// schoolBegins are what a school does before the first step.
var schoolBegins = []string{"agree", "roles", "edition", "prices", "key", "slips"}

// schoolPage is how a school runs its budget.
type schoolPage struct {
	web.Page
	Own    []editionLine // of the reader's school
	City   []editionLine // votes of cities that pupils can take part in too
	Plans  []web.Link
	Begins bool // the reader can begin one
	Next   web.Step
}

func (s *Service) getSchool(w http.ResponseWriter, r *web.Request) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	p := schoolPage{Page: r.Page(w, l.T("budget.school.title"), web.Link{Text: l.T("budget.title"), Href: Path}), Plans: planLinks(l), Begins: who.May(access.BudgetRun)}
	p.Next = web.Step{What: l.T("budget.school.next"), Who: l.T("budget.school.next_who")}
	if p.Begins {
		p.Next.Href = Path + "/nowa"
	}
	own, err := s.ownEditions(ctx, who)
	if err != nil {
		return err
	}
	own = slices.DeleteFunc(own, func(e Edition) bool { return e.Kind != School })
	if p.Own, err = s.editionLines(ctx, l, own); err != nil {
		return err
	}
	var city []Edition
	if err := s.db.Select(ctx, &city, `select `+EditionColumns+` from budget_editions e where e.kind = ? and e.published_at > 0 and e.state in (?, ?, ?)
		order by e.year desc, e.id desc limit 5`, City, Published, Frozen, Voting); err != nil {
		return err
	}
	if p.City, err = s.editionLines(ctx, l, city); err != nil {
		return err
	}
	return r.Render(w, schoolView(p))
}

func planLinks(l *i18n.L) (list []web.Link) {
	for _, one := range plans {
		list = append(list, web.Link{Text: l.T("budget.plan." + one.key + "_title"), Href: planPath + "/" + one.word})
	}
	return list
}

// costHelpPage leads from an idea to a cost.
type costHelpPage struct {
	web.Page
	Steps  []string
	Prices []web.Link // price lists of the reader's schools
	Next   web.Step
}

// costSteps lead from an idea to a cost, in a school and elsewhere.
var (
	costSteps     = []string{"what", "list", "count", "price", "add", "ask"}
	costStepsCity = []string{"what", "list", "count", "price_city", "add", "ask_city"}
)

// costHelpHref is the help with costs for whoever writes a project of an edition. It
// leads back to the project, when it is given, or to the edition.
func costHelpHref(e EditionID, p ProjectID) string {
	q := url.Values{"budzet": {string(e)}}
	if p != "" {
		q.Set("projekt", string(p))
	}
	return CostHelpPath + "?" + q.Encode()
}

func schoolCrumbs(l *i18n.L) []web.Link {
	return []web.Link{{Text: l.T("budget.title"), Href: Path}, {Text: l.T("budget.school.title"), Href: SchoolPath}}
}

func (s *Service) getCostHelp(w http.ResponseWriter, r *web.Request) error {
	l := r.L
	p := costHelpPage{Page: r.Page(w, l.T("budget.cost_help.title"), schoolCrumbs(l)...), Steps: costSteps,
		Next: web.Step{What: l.T("budget.cost_help.next"), Who: l.T("budget.cost_help.next_who"), Href: Path}}
	if id := r.Value("budzet"); id != "" {
		return s.costHelpIn(w, r, p, EditionID(id))
	}
	own, err := s.ownEditions(r.Context(), access.ActorOf(r.Request))
	if err != nil {
		return err
	}
	for _, e := range own {
		if e.PublishedAt > 0 {
			p.Prices = append(p.Prices, web.Link{Text: l.T("budget.prices.of", "title", e.Title), Href: PricesHref(e.ID)})
		}
	}
	return r.Render(w, costHelpView(p))
}

// costHelpIn is the same help for an edition: in its words, with its price list, and
// back to where the reader came from.
func (s *Service) costHelpIn(w http.ResponseWriter, r *web.Request, p costHelpPage, id EditionID) error {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	e, err := s.editionRead(ctx, who, id)
	if err != nil {
		return err
	}
	p.Page = r.Page(w, p.Title, crumbsOf(l, e)...)
	p.NoIndex = true
	if e.Kind != School {
		p.Steps = costStepsCity
	}
	back, err := s.takes(ctx, who, e, ProjectID(r.Value("projekt")))
	if err != nil {
		return err
	}
	prices := PricesHref(e.ID)
	switch {
	case back != "":
		prices += "?projekt=" + url.QueryEscape(r.Value("projekt"))
		p.Next.Href = back
	case Filing(e, s.now()) == nil:
		p.Next.Href = ProjectsHref(e.ID) + "/nowy"
	default:
		p.Next.Href = ProjectsHref(e.ID)
	}
	p.Prices = []web.Link{{Text: l.T("budget.prices.of", "title", e.Title), Href: prices}}
	return r.Render(w, costHelpView(p))
}

// planPage is a lesson plan, to be read and to be printed.
type planPage struct {
	web.Page
	Key   string
	Parts []RuleGroup
	Tasks []lessonTask
	Next  web.Step
}

func (s *Service) getPlan(w http.ResponseWriter, r *web.Request) error {
	l, word := r.L, r.PathValue("scenariusz")
	for _, one := range plans {
		if one.word != word {
			continue
		}
		key := "budget.plan." + one.key
		p := planPage{Page: r.Page(w, l.T(key+"_title"), schoolCrumbs(l)...), Key: key, Next: web.Step{What: l.T("budget.plan.next"), Who: l.T("budget.plan.next_who"), Href: SchoolPath}}
		for _, part := range []string{"goals", "needs", "course"} {
			p.Parts = append(p.Parts, RuleGroup{Title: l.T("budget.plan." + part), Lines: lines(l.T(key + "_" + part))})
		}
		answers := lines(l.T(key + "_answers"))
		for n, task := range lines(l.T(key + "_tasks")) {
			p.Tasks = append(p.Tasks, lessonTask{Text: task, Answer: answers[min(n, len(answers)-1)]})
		}
		return r.Render(w, planView(p))
	}
	return fault.ErrNotFound
}
