package vote

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/web"
)

// deskItems puts on "Moje sprawy" what waits for an officer: drawn declarations
// for those who run editions, and for those who serve a vote what a colleague did
// and another person confirms. What waits for voters stands on the page of the
// edition; a desk that counted who has voted would be a list of voters.
func (s *Service) deskItems(r *web.Request) (items []web.DeskItem, err error) {
	who := access.ActorOf(r.Request)
	if !who.SignedIn() || who.Shared {
		return nil, nil
	}
	for _, list := range []func(*web.Request, access.Actor) ([]web.DeskItem, error){s.keyItems, s.declaredItems, s.boxItems, s.paperItems} {
		more, err := list(r, who)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
	}
	return items, nil
}

// waiting is how much of an edition waits for somebody.
type waiting struct {
	Edition budget.EditionID `db:"edition"`
	N       int              `db:"n"`
}

// oursOf begins the condition of a query of eachWaiting: editions of the actor's own
// institutions, so that no others fill the list.
const oursOf = ` in (select e.id from budget_editions e where e.owner in (?)) and `

// eachWaiting reads editions in which something waits for the actor, and makes an
// item of each that the actor serves.
func (s *Service) eachWaiting(ctx context.Context, who access.Actor, p access.Permission, item func(budget.Edition, int) (web.DeskItem, bool), query string, args ...any) (items []web.DeskItem, err error) {
	owners := who.Where(p)
	if len(owners) == 0 {
		return nil, nil
	}
	query, args, err = db.In(query, append([]any{owners}, args...)...)
	if err != nil {
		return nil, err
	}
	var rows []waiting
	if err := s.db.Select(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	for _, row := range rows {
		e, err := budget.EditionByID(ctx, s.db, row.Edition)
		if err != nil {
			return nil, err
		}
		if s.Budget.Serves(ctx, who, p, e) != nil {
			continue
		}
		if it, ok := item(e, row.N); ok {
			items = append(items, it)
		}
	}
	return items, nil
}

// keyItems are keys of which the actor keeps a share that is to be confirmed, or
// that have not opened their trial envelope: the vote cannot open before.
func (s *Service) keyItems(r *web.Request, who access.Actor) (items []web.DeskItem, err error) {
	ctx := r.Context()
	duties, err := custody.Duties(ctx, s.db, CustodyOwner, string(who.Person), true)
	if err != nil {
		return nil, err
	}
	for _, d := range duties {
		e, err := budget.EditionByID(ctx, s.db, budget.EditionID(d.Box))
		if err != nil {
			return nil, err
		}
		if !mayMake(e) {
			continue // canceled, or over
		}
		key := "vote.desk_item.trial"
		if d.Confirm {
			key = "vote.desk_item.share"
		}
		item := web.DeskItem{Rank: 14, Title: r.L.T(key, "title", e.Title), Href: KeyHref(e.ID)}
		if at := e.Rules.Calendar.VoteFrom; at != 0 {
			item.By = hours(r, at)
		}
		items = append(items, item)
	}
	return items, nil
}

func (s *Service) declaredItems(r *web.Request, who access.Actor) ([]web.DeskItem, error) {
	return s.eachWaiting(r.Context(), who, access.BudgetRun, func(e budget.Edition, n int) (web.DeskItem, bool) {
		return web.DeskItem{Rank: 40, Title: r.L.T("vote.desk_item.declared", "title", e.Title), Text: r.L.N("vote.desk_item.declared_n", n),
			Href: declaredHref(e.ID), By: budget.EndWords(r.L, e.Rules.Calendar.VoteTo)}, s.takes(e, budget.Self) == nil
	}, `select d.edition, count(*) as n from budget_declared d where d.edition`+oursOf+`d.drawn and d.state = ? and d.first <> ? and d.person <> ?
		group by d.edition order by d.edition limit 20`, Given, who.Person, who.Person)
}

// boxItems are boxes of slips that a colleague has counted.
func (s *Service) boxItems(r *web.Request, who access.Actor) ([]web.DeskItem, error) {
	return s.eachWaiting(r.Context(), who, access.BudgetDesk, func(e budget.Edition, n int) (web.DeskItem, bool) {
		return web.DeskItem{Rank: 30, Title: r.L.T("vote.desk_item.box", "title", e.Title), Text: r.L.N("vote.desk_item.box_n", n), Href: SlipsHref(e.ID)}, s.voteOver(e)
	}, `select b.edition, count(*) as n from budget_boxes b where b.edition`+oursOf+`b.state = ? and b.settled_by <> '' and b.settled_by not in (?, ?) and b.settled_with not in (?, ?)
		group by b.edition order by b.edition limit 20`, boxOpen, who.Person, behalf(who), who.Person, behalf(who))
}

// paperItems are declarations on paper that a colleague asks to withdraw.
func (s *Service) paperItems(r *web.Request, who access.Actor) ([]web.DeskItem, error) {
	return s.eachWaiting(r.Context(), who, access.BudgetDesk, func(e budget.Edition, n int) (web.DeskItem, bool) {
		return web.DeskItem{Rank: 30, Title: r.L.T("vote.desk_item.withdraw", "title", e.Title), Text: r.L.N("vote.desk_item.withdraw_n", n),
			Href: WithdrawHref(e.ID), By: budget.EndWords(r.L, e.Rules.Calendar.VoteTo)}, votes(e, s.now()) == nil
	}, `select t.edition, count(distinct t.mark) as n from budget_paper_taken t where t.edition`+oursOf+`t.first <> '' and t.first not in (?, ?) group by t.edition order by t.edition limit 20`,
		who.Person, behalf(who))
}

// behalf is on whose behalf somebody acts: their own, where they act for nobody.
func behalf(who access.Actor) access.PersonID {
	if who.For != "" {
		return who.For
	}
	return who.Person
}
