package result

import (
	"context"

	"kladka/internal/budget"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Figures are what a lesson tells of a published pool: votes and reasons in the
// reader's language. Nothing while the count is not published.
func (s *Service) Figures(ctx context.Context, l *i18n.L, e budget.Edition, pool budget.PoolID) (f budget.Figures, err error) {
	defer fault.Wrap(&err, "figures of pool %s", pool)
	o, err := OpeningOf(ctx, s.db, e.ID)
	if err != nil || !o.Published() {
		return f, err
	}
	c, err := CountOf(ctx, s.db, e.ID, pool)
	if err != nil {
		return f, err
	}
	projects, err := s.Editions.OnBallot(ctx, s.db, e.ID, pool)
	if err != nil {
		return f, err
	}
	of, _ := e.Pool(pool)
	names := titles(projects)
	f = budget.Figures{Ballots: c.Valid, Unopened: c.Unopened, Points: voteType(of.Ballot).Pointed(), Votes: map[budget.ProjectID]budget.Votes{}}
	for i, st := range c.Outcome.Standings {
		one := budget.Votes{Votes: st.Votes, Score: st.Score}
		if i < len(c.Reasons) {
			one.Why = whyWords(l, c.Reasons[i], st, names, decimals)
		}
		f.Votes[st.Project] = one
	}
	return f, nil
}
