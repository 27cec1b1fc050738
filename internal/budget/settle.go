package budget

import (
	"context"
	"slices"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Settle says which projects of a pool won and which lost, and tells those who
// proposed or watch them. Every project of the ballot must stand in one of the
// lists: one that is forgotten would wait on the ballot for ever. It is part of
// the count (package result), which says who asked. A pool that is settled
// already is a Conflict.
func (s *Service) Settle(ctx context.Context, tx *db.Tx, id EditionID, pool PoolID, winners, lost []ProjectID) (err error) {
	defer fault.Wrap(&err, "settle pool %s of %s", pool, id)
	e, err := EditionByID(ctx, tx, id)
	if err != nil {
		return err
	}
	list, err := OnBallot(ctx, tx, id, pool)
	if err != nil {
		return err
	}
	if len(list) != len(winners)+len(lost) {
		return fault.New(fault.Conflict, "budget.fault.moved")
	}
	for _, on := range list {
		to := ProjectLost
		switch {
		case slices.Contains(winners, on.ID):
			to = ProjectWon
		case !slices.Contains(lost, on.ID):
			return fault.New(fault.Conflict, "budget.fault.moved")
		}
		p, err := ProjectByID(ctx, tx, on.ID)
		if err != nil {
			return err
		}
		if _, err := s.move(ctx, tx, e, p, step{To: to, By: ByProgram}); err != nil {
			return err
		}
	}
	return nil
}
