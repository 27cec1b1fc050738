package budget

import (
	"kladka/internal/access"
	"kladka/internal/platform/web"
)

// projectDesk puts on "Moje sprawy": own projects that wait for something to be
// done, opinions that one was asked for, and, for those who run editions, how
// many projects wait.
func (s *Service) projectDesk(r *web.Request) (items []web.DeskItem, err error) {
	ctx, who, l := r.Context(), access.ActorOf(r.Request), r.L
	if !who.SignedIn() {
		return nil, nil
	}
	now := s.now().Unix()
	var own []Project
	err = s.db.Select(ctx, &own, `select `+ProjectColumns+` from budget_projects p where p.proposer = ? and (p.state in (?, ?)
		or p.state = ? and p.fix <> '' and p.fix_until > ? or p.state = ? and p.protest_until > ?) order by p.id limit 5`,
		speaks(who), ProjectDraft, ProjectSupport, ProjectFormal, now, ProjectRejected, now)
	if err != nil {
		return nil, err
	}
	for _, p := range own {
		items = append(items, web.DeskItem{Rank: 24, Title: l.T("budget.desk.own_"+string(p.State), "title", p.Title), Href: ProjectHref(p.ID)})
	}
	if !who.May(access.BudgetCheck) {
		return items, nil
	}
	var asked []Project
	err = s.db.Select(ctx, &asked, `select `+ProjectColumns+` from budget_projects p where p.state = ? and p.verdict = '' and p.id in
		(select o.project from budget_project_opinions o where o.valuator = ? and o.given_at = 0) order by p.id limit 5`, ProjectMerit, who.Person)
	for _, p := range asked {
		items = append(items, web.DeskItem{Rank: 24, Title: l.T("budget.desk.opinion", "title", p.Title), Href: ProjectHref(p.ID) + "/ocena"})
	}
	return items, err
}
