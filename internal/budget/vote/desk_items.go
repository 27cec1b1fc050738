package vote

import (
	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/web"
)

// deskItems puts on "Moje sprawy", for those who run editions: drawn declarations
// that wait for an officer. What waits for voters stands on the page of the
// edition; a desk that counted who has voted would be a list of voters.
func (s *Service) deskItems(r *web.Request) (items []web.DeskItem, err error) {
	ctx, who := r.Context(), access.ActorOf(r.Request)
	if !who.SignedIn() || who.Shared || !who.May(access.BudgetRun) {
		return nil, nil
	}
	var rows []struct {
		Edition budget.EditionID `db:"edition"`
		N       int              `db:"n"`
	}
	err = s.db.Select(ctx, &rows, `select d.edition, count(*) as n from budget_declared d where d.drawn and d.state = ? and d.first <> ? and d.person <> ?
		group by d.edition order by d.edition limit 20`, Given, who.Person, who.Person)
	for _, row := range rows {
		e, err := budget.EditionByID(ctx, s.db, row.Edition)
		if err != nil {
			return nil, err
		}
		if s.Budget.Serves(ctx, who, access.BudgetRun, e) != nil || s.takes(e, budget.Self) != nil {
			continue
		}
		items = append(items, web.DeskItem{Rank: 40, Title: r.L.T("vote.desk_item.declared", "title", e.Title), Text: r.L.N("vote.desk_item.declared_n", row.N),
			Href: declaredHref(e.ID), By: budget.EndWords(r.L, e.Rules.Calendar.VoteTo)})
	}
	return items, err
}
