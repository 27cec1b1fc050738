package vote

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Claim binds the account of whoever asks to the place that a roll or a desk
// made for the identity they type. It is bound once: a second account with the
// same words finds it taken (Conflict), and an account has one place in an
// edition. Words that stand on no roll are Invalid, and after some of them
// answers wait (TooMany).
//
// What is typed proves nothing by itself: a neighbor may know it. It is the
// place that is unique, and the account that is known.
func (s *Service) Claim(ctx context.Context, who access.Actor, id budget.EditionID, i Identity) (elector ElectorID, err error) {
	e, err := s.ownPlace(ctx, who, id)
	if err != nil {
		return "", err
	}
	if !e.Rules.Who.Has(budget.Roll) && !e.Rules.Who.Has(budget.Desk) {
		return "", fault.New(fault.Conflict, "vote.fault.not_a_source")
	}
	now := s.now()
	i, faults := i.read(now)
	if err := fault.InvalidFields(faults); err != nil {
		return "", err
	}
	if err := s.takeTry(ctx, s.tryPlace("claim", string(who.Person)), claimTries, now); err != nil {
		return "", err
	}
	key, err := s.markKey(ctx, e.ID)
	if err != nil {
		return "", err
	}
	elector, err = s.bind(ctx, who, e, key.person(i), key.sameName(i))
	if fault.KindOf(err) == fault.NotFound {
		return "", fault.New(fault.Invalid, "vote.fault.not_on_roll")
	}
	return elector, err
}

// ownPlace reads an edition in which whoever asks may look for a place of their
// own and has none yet.
func (s *Service) ownPlace(ctx context.Context, who access.Actor, id budget.EditionID) (budget.Edition, error) {
	e, err := s.seen(ctx, who, id)
	if err != nil {
		return e, err
	}
	switch _, err := s.ElectorOf(ctx, s.db, who, e); {
	case err == nil:
		return e, fault.New(fault.Conflict, "vote.fault.have_place")
	case fault.KindOf(err) != fault.NotFound:
		return e, err
	}
	return e, s.takesElectors(e)
}

// bind gives a place that has nobody to an account. Of two accounts at once, one
// finds it taken.
func (s *Service) bind(ctx context.Context, who access.Actor, e budget.Edition, mark, same string) (elector ElectorID, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		elector, err = bindIn(ctx, tx, who, e, mark, same)
		return err
	})
	if db.Duplicate(err) { // the account got another place meanwhile
		err = fault.New(fault.Conflict, "vote.fault.have_place")
	}
	return elector, err
}

// bindIn is bind in a transaction; ErrNotFound when no roll and no desk has made
// such a place. Somebody whom the national sign-in knows under another address must
// not have a second right on the roll: the desk decides whether it is a namesake.
func bindIn(ctx context.Context, tx *db.Tx, who access.Actor, e budget.Edition, mark, same string) (elector ElectorID, err error) {
	if e.Rules.Who.Has(budget.OIDC) {
		if err := holdName(ctx, tx, e.ID, same); err != nil {
			return "", err
		}
	}
	n, err := tx.Exec(ctx, `update budget_electors set person = ? where edition = ? and mark = ? and mark <> '' and person = '' and source in (?, ?)
		and not exists (select 1 from budget_electors o where o.edition = ? and o.person = ? and o.person <> '')
		and not exists (select 1 from budget_handed h where h.edition = ? and h.elector = budget_electors.id)`,
		who.Person, e.ID, mark, budget.Roll, budget.Desk, e.ID, who.Person, e.ID)
	if err != nil {
		return "", err
	}
	if err := tx.Get(ctx, &elector, `select id from budget_electors where edition = ? and mark = ? and mark <> '' and source in (?, ?)`,
		e.ID, mark, budget.Roll, budget.Desk); err != nil {
		return "", err
	}
	if n == 0 {
		return "", fault.New(fault.Conflict, "vote.fault.place_taken")
	}
	verified := 0
	err = tx.Get(ctx, &verified, `select count(*) from budget_electors where edition = ? and same_name = ? and same_name <> '' and id <> ? and source = ?`,
		e.ID, same, elector, budget.OIDC)
	if err == nil && verified > 0 {
		err = fault.New(fault.Conflict, "vote.fault.same_name")
	}
	return elector, err
}
