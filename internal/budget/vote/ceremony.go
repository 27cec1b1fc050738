package vote

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// KeyHref is the page of the key of an edition.
func KeyHref(id budget.EditionID) string { return budget.Href(id) + "/klucz" }

// CeremonyRoutes puts the pages of the key among those of an edition: making,
// handing over, confirming and the trial. Who makes a key or opens the trial has
// typed the password just now.
func (s *Service) CeremonyRoutes(sh *web.Shell, keys *custody.Service) {
	keys.Mount(sh, edition+"/klucz", access.SignedIn, access.Fresh, ceremony{s})
}

// ceremony answers package custody for editions.
type ceremony struct{ *Service }

// Key implements custody.Owner. The key is made when the rules are frozen, and
// anew as long as no vote was opened: an envelope that was sealed to another key
// would stay closed for ever.
func (c ceremony) Key(r *web.Request) (v custody.View, err error) {
	who := access.ActorOf(r.Request)
	e, err := c.seen(r.Context(), who, editionOf(r))
	if err != nil {
		return v, err
	}
	v = custody.View{Box: KeyBox(e.ID), By: who.By(), Institution: string(e.Owner), Title: e.Title, Path: KeyHref(e.ID), Crumbs: crumbs(r.L, e),
		Refused: c.Budget.Serves(r.Context(), who, access.BudgetRun, e), MayMake: mayMake(e), Over: e.State.In(budget.Final, budget.Archived, budget.Canceled), Trial: true,
		Intro: r.L.T("vote.ceremony.intro"), Lost: r.L.T("vote.ceremony.lost"), Nobody: r.L.T("vote.ceremony.nobody")}
	v.Next = ceremonyNext(r, e)
	return v, nil
}

// mayMake tells that the key can be made, or made anew.
func mayMake(e budget.Edition) bool { return e.State.In(budget.Published, budget.Frozen) }

// ceremonyNext is what the key waits for when nothing is missing.
func ceremonyNext(r *web.Request, e budget.Edition) web.Step {
	switch {
	case e.State == budget.Published:
		return web.Step{What: r.L.T("vote.ceremony.next_freeze"), Href: budget.Href(e.ID)}
	case e.State == budget.Frozen:
		return web.Step{What: r.L.T("vote.cast.next_open"), When: hours(r, e.Rules.Calendar.VoteFrom), Href: budget.Href(e.ID)}
	case e.State == budget.Voting:
		return web.Step{What: r.L.T("vote.ceremony.next_close"), When: budget.EndWords(r.L, e.Rules.Calendar.VoteTo), Href: budget.Href(e.ID)}
	case e.State == budget.Closed:
		return web.Step{What: r.L.T("vote.ceremony.next_open"), Who: r.L.T("vote.box.next_who"), Href: budget.Href(e.ID) + "/liczenie"}
	}
	return web.Step{What: r.L.T("vote.ceremony.next_results"), Href: budget.Href(e.ID) + "/wyniki"}
}

// Keepers implements custody.Owner: those whose role at the owner lets them keep a
// share.
func (c ceremony) Keepers(r *web.Request, b custody.Box) (people []string, err error) {
	e, err := budget.EditionByID(r.Context(), c.db, budget.EditionID(b.ID))
	if err != nil {
		return nil, err
	}
	holders, err := c.People.Holders(r.Context(), access.BudgetKeep, e.Owner)
	for _, id := range holders {
		people = append(people, string(id))
	}
	return people, err
}

// After implements custody.Owner: a key that was made in the moment in which the
// vote opened is not made.
func (c ceremony) After(ctx context.Context, tx *db.Tx, b custody.Box, what custody.Change, _ custody.Key) error {
	if what != custody.WasMade {
		return nil
	}
	e, err := budget.EditionByID(ctx, tx, budget.EditionID(b.ID))
	if err == nil && !mayMake(e) {
		err = fault.New(fault.Conflict, "vote.fault.key_late")
	}
	return err
}

// Ready lists what keeps the vote of an edition from opening: its key, the trial
// of the key, pools with too few rights to be secret. Wiring gives it to package
// budget.
func (s *Service) Ready(ctx context.Context, r db.Reader, e budget.Edition) ([]budget.Obstacle, error) {
	list, err := s.Obstacles(ctx, r, e)
	if err != nil {
		return nil, err
	}
	key, err := custody.Read(ctx, r, KeyBox(e.ID))
	if lack := key.Lacks(true); lack != "" {
		list = append([]budget.Obstacle{{Key: "vote.lack." + string(lack), Who: "custody.who." + string(lack), Href: KeyHref(e.ID)}}, list...)
	}
	return list, err
}
