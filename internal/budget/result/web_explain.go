package result

import (
	"net/http"
	"slices"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/tally"
	"kladka/internal/platform/chart"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// WhyHref is the explanation of one project, StepsHref the count step by step and
// CompareHref other rules on the same ballots.
func WhyHref(id budget.EditionID, pool budget.PoolID, project budget.ProjectID) string {
	return PoolHref(id, pool) + "/dlaczego/" + string(project)
}
func StepsHref(id budget.EditionID, pool budget.PoolID) string {
	return PoolHref(id, pool) + "/krok-po-kroku"
}
func CompareHref(id budget.EditionID, pool budget.PoolID) string {
	return PoolHref(id, pool) + "/porownanie"
}

// explainRoutes opens the doors of what is told about a count.
func (s *Service) explainRoutes(sh *web.Shell) {
	pool := budget.Path + "/{id}/wyniki/{pool}"
	sh.Handle("GET "+pool+"/dlaczego/{project}", web.Public, s.getWhy)
	sh.Handle("GET "+pool+"/krok-po-kroku", web.Public, s.getSteps)
	sh.Handle("GET "+pool+"/porownanie", web.Public, s.getCompare)
}

// toldPage is what the pages about a count have in common.
type toldPage struct {
	web.Page
	Edition budget.Edition
	Pool    budget.Pool
	Ready   bool // explained
	Few     bool // too few ballots to be told
	// Unopened says that no envelope was opened, and why; "" when they were.
	Unopened string
	Links    []web.Link
}

// told begins a page about the count of a pool, for whoever may read the result.
func (s *Service) told(w http.ResponseWriter, r *web.Request, titleKey string, at func(toldPage) string) (p toldPage, t teller, err error) {
	e, c, pool, err := s.published(r.Context(), access.ActorOf(r.Request), editionOf(r), budget.PoolID(r.PathValue("pool")))
	if err != nil {
		return p, t, err
	}
	x, ready, err := s.explained(r.Context(), s.db, c)
	if err != nil {
		return p, t, err
	}
	p = toldPage{Edition: e, Pool: pool, Ready: ready}
	if c.Unopened {
		p.Unopened = unopenedWords(r.L)
	}
	p.Page = r.Page(w, r.L.T(titleKey), crumbs(r.L, e, web.Link{Text: r.L.T("result.title"), Href: Href(e.ID)}, web.Link{Text: pool.Name, Href: PoolHref(e.ID, pool.ID)})...)
	p.Lead = r.L.T("result.explain.lead", "pool", pool.Name, "title", e.Title)
	here := at(p)
	for _, link := range []web.Link{{Text: r.L.T("result.pool.title", "pool", pool.Name), Href: PoolHref(e.ID, pool.ID)},
		{Text: r.L.T("result.steps.title"), Href: StepsHref(e.ID, pool.ID)}, {Text: r.L.T("result.compare.title"), Href: CompareHref(e.ID, pool.ID)}} {
		link.Current = link.Href == here
		p.Links = append(p.Links, link)
	}
	return p, s.teller(r.L, pool, c.Outcome, x), nil
}

// whyPage explains one project.
type whyPage struct {
	toldPage
	Project string // where its own page is
	Facts   []web.Fact
	Reason  web.Reason
	Turns   []string
	Had     string     // what everybody who voted had, under equal shares
	Money   []web.Fact // of its supporters
	Paid    []string   // for which other projects they paid
	Chart   chart.Picture
}

func (s *Service) getWhy(w http.ResponseWriter, r *web.Request) error {
	told, t, err := s.told(w, r, "result.explain.title", func(toldPage) string { return "" })
	if err != nil {
		return err
	}
	p, id := whyPage{toldPage: told}, budget.ProjectID(r.PathValue("project"))
	if !told.Ready {
		return r.Render(w, whyView(p))
	}
	at := t.find(id)
	if at < 0 {
		return fault.ErrNotFound
	}
	p.Project = budget.ProjectHref(id)
	p.Title = r.L.T("result.explain.of", "project", t.title(at))
	if at >= len(t.Why) {
		p.Few = true
		return r.Render(w, whyView(p))
	}
	x := t.Why[at]
	p.Facts = []web.Fact{{Name: r.L.T("result.col.outcome"), Value: r.L.T(wonKey(x.Won))}, {Name: r.L.T("result.col.cost"), Value: t.money(x.Cost)}, {Name: r.L.T("result.col.votes"), Value: r.L.Number(int(x.Support))}}
	if voteType(told.Pool.Ballot).Pointed() {
		p.Facts = append(p.Facts, web.Fact{Name: r.L.T("result.col.points"), Value: r.L.Number(int(x.Score))})
	}
	p.Reason = web.Reason{Text: t.head(x), Rule: ruleWords(r.L, t.outcome.Rule), Numbers: ruleNumbers(r.L, t.outcome)}
	p.Turns = t.turns(x)
	p.Had = t.had(x)
	p.Money, p.Paid, p.Chart = t.purse(x)
	return r.Render(w, whyView(p))
}

func wonKey(won bool) string {
	if won {
		return "result.won"
	}
	return "result.lost"
}

// paidMost is for how many other projects it is told what supporters paid.
const paidMost = 5

// had tells what everybody who voted had to pay with. Shares that were raised are told
// beside those at first, which the replay shows as its first step.
func (t teller) had(x tally.Explanation) string {
	if x.Purse == nil || !t.raised() {
		return t.T("result.purse.text")
	}
	return t.T("result.purse.text_raised", "first", t.money(t.Steps[0].Share), "share", t.money(x.Purse.Each))
}

// raised tells that voters paid with shares that had been raised.
func (t teller) raised() bool {
	return t.outcome.Steps > 0 && len(t.Steps) > 0 && t.Steps[0].Kind == tally.StepShare
}

// purse tells what became of the money of a project's supporters.
func (t teller) purse(x tally.Explanation) (facts []web.Fact, list []string, picture chart.Picture) {
	if x.Purse == nil || x.Support == 0 {
		return nil, nil, nil
	}
	var spent, rest int64
	bars := chart.Bars{Head: chart.Head{ID: "pieniadze-osob", Title: t.T("result.purse.chart"), Level: 3, Names: t.T("result.col.project")},
		Parts: []string{t.T("result.purse.paid")}}
	row := func(name string, amount int64) {
		bars.Rows = append(bars.Rows, chart.Row{Name: name, Values: []chart.Value{zloty(amount)}})
	}
	for i, paid := range x.Purse.Paid {
		if spent += paid.Amount; i < paidMost {
			row(t.Projects[paid.Project].Title, paid.Amount)
			list = append(list, t.T("result.purse.row", "project", t.title(paid.Project), "amount", t.money(paid.Amount), "n", paid.Payers))
		} else {
			rest += paid.Amount
		}
	}
	if rest > 0 {
		row(t.T("result.purse.rest"), rest)
	}
	row(t.T("result.purse.kept"), x.Purse.Kept)
	bars.Unit = moneyUnit(bars.Rows)
	each, first := "result.purse.each", "result.purse.first"
	if t.raised() {
		each, first = each+"_raised", first+"_raised"
	}
	facts = []web.Fact{{Name: t.T(each), Value: t.money(x.Purse.Each)}, {Name: t.T(first), Value: t.money(x.Purse.First)},
		{Name: t.T("result.purse.elsewhere"), Value: t.money(spent)}, {Name: t.T("result.purse.kept"), Value: t.money(x.Purse.Kept)}}
	return facts, list, bars
}

// linked are the names of projects with the explanations of each, for tables.
func (p toldPage) linked(t teller, projects []int) []web.Link {
	links := make([]web.Link, len(projects))
	for i, at := range projects {
		links[i] = web.Link{Text: t.Projects[at].Title, Href: WhyHref(p.Edition.ID, p.Pool.ID, t.Projects[at].ID)}
	}
	return links
}

// winnersAnywhere are the projects that won by any of the rules, in the order of
// the ballot.
func winnersAnywhere(rules []ComparedRule) []int {
	var all []int
	for _, r := range rules {
		all = append(all, r.Winners...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
