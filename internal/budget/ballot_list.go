package budget

import (
	"context"

	"kladka/internal/platform/db"
)

// OnBallot are the projects on the ballot of a pool in the drawn order: those
// that wait for the vote and, after it, those that won or lost. Nothing before
// the freeze.
func OnBallot(ctx context.Context, r db.Reader, edition EditionID, pool PoolID) (list []BallotProject, err error) {
	query, args, err := db.In(`select p.id, p.title, p.cost, p.ballot_order, p.category, p.area as district from budget_projects p
		where p.edition = ? and p.pool = ? and p.ballot_order > 0 and p.state in (?) order by p.ballot_order, p.id`,
		edition, pool, []ProjectState{ProjectOnBallot, ProjectWon, ProjectLost, ProjectInProgress, ProjectDelivered})
	if err != nil {
		return nil, err
	}
	return list, r.Select(ctx, &list, query, args...)
}
