package vote

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// FindForPaper finds the place of somebody who brings a declaration, as CheckIn
// does. Conflict where the rules know no paper, and outside the hours of voting.
func (s *Service) FindForPaper(ctx context.Context, who access.Actor, id budget.EditionID, i Identity, district string) (a AtDesk, err error) {
	return s.placeForPaper(ctx, who, id, i, district, false)
}

// AddForPaper is FindForPaper that makes the place, as AddAtDesk does.
func (s *Service) AddForPaper(ctx context.Context, who access.Actor, id budget.EditionID, i Identity, district string) (a AtDesk, err error) {
	return s.placeForPaper(ctx, who, id, i, district, true)
}

func (s *Service) placeForPaper(ctx context.Context, who access.Actor, id budget.EditionID, i Identity, district string, makes bool) (a AtDesk, err error) {
	e, err := s.paperDesk(ctx, who, id, access.BudgetDesk)
	if err == nil {
		err = votes(e, s.now())
	}
	if err != nil {
		return a, err
	}
	return s.atPlace(ctx, who, id, i, district, makes)
}

// DeclareOnPaper spends the rights of an elector in the pools of their
// declaration: all of them or, when one is spent already, none (Conflict
// vote.fault.paper_spent, said to the person who stands there). Who may: BudgetDesk
// at the owner, within the hours of voting. What is written is that the rights are
// spent, by which way, and in the log that a declaration was taken, not whose. The
// number (see NewNumber) is written on the signed sheet, and with it a mistake can be
// undone for a while (see Withdraw); a declaration that comes again under its number
// is taken once.
func (s *Service) DeclareOnPaper(ctx context.Context, who access.Actor, id budget.EditionID, c Code, elector ElectorID, pools []budget.PoolID) (err error) {
	defer fault.Wrap(&err, "take a declaration of edition %s", id)
	at := s.now()
	e, err := s.paperDesk(ctx, who, id, access.BudgetDesk)
	if err == nil {
		err = votes(e, at)
	}
	if err != nil {
		return err
	}
	pools = slices.Clone(pools)
	slices.Sort(pools) // two desks lock rights in one order
	if pools = slices.Compact(pools); len(pools) == 0 {
		return fault.InvalidFields([]fault.Field{{Name: fieldPool, Key: "vote.fault.paper_no_pool"}})
	}
	key, err := s.markKey(ctx, e.ID)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if before, err := takenBefore(ctx, tx, key, e.ID, c, elector, pools); err != nil || before {
			return err
		}
		for _, pool := range pools {
			if err := declare(ctx, tx, e, pool, elector); err != nil {
				return err
			}
		}
		if err := keepTaken(ctx, tx, key, e.ID, c, elector, pools); err != nil {
			return err
		}
		return note(ctx, tx, who, e, "vote.paper_declare", nil, at)
	})
}

// declare spends one right for a declaration.
func declare(ctx context.Context, tx *db.Tx, e budget.Edition, pool budget.PoolID, elector ElectorID) error {
	fresh, err := spend(ctx, tx, e.ID, pool, elector, Paper)
	if err != nil || fresh {
		return err
	}
	err = unspent(ctx, tx, e.ID, Ballot{Pool: pool, Elector: elector})
	if fault.KindOf(err) == fault.Conflict {
		p, _ := e.Pool(pool)
		return fault.New(fault.Conflict, "vote.fault.paper_spent", "pool", p.Name)
	}
	return err
}
