package result

import (
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/vote"
	"kladka/internal/platform/db"
)

// Budget is package budget as Editions.
type Budget struct{ *budget.Service }

// ByID implements Editions.
func (Budget) ByID(ctx context.Context, r db.Reader, id budget.EditionID) (budget.Edition, error) {
	return budget.EditionByID(ctx, r, id)
}

// Canceled implements Editions.
func (Budget) Canceled(ctx context.Context, r db.Reader) ([]budget.EditionID, error) {
	return budget.CanceledEditions(ctx, r)
}

// Uncounted implements Editions.
func (Budget) Uncounted(ctx context.Context, r db.Reader, owners []access.InstitutionID) ([]budget.Edition, error) {
	return budget.EditionsIn(ctx, r, owners, budget.Closed, budget.Counted)
}

// OnBallot implements Editions.
func (Budget) OnBallot(ctx context.Context, r db.Reader, edition budget.EditionID, pool budget.PoolID) ([]budget.BallotProject, error) {
	return budget.OnBallot(ctx, r, edition, pool)
}

// VoteBox is package vote as the Box.
type VoteBox struct{ Votes *vote.Service }

// Close implements Box.
func (b VoteBox) Close(ctx context.Context, e budget.Edition) error {
	return b.Votes.CloseBoxes(ctx, e)
}

// Count implements Box.
func (VoteBox) Count(ctx context.Context, r db.Reader, edition budget.EditionID, pool budget.PoolID) (int, error) {
	return vote.BoxCount(ctx, r, edition, pool)
}

// Lie implements Box.
func (VoteBox) Lie(ctx context.Context, r db.Reader, edition budget.EditionID, pool budget.PoolID) (int, error) {
	return vote.Lie(ctx, r, edition, pool)
}

// Each implements Box.
func (VoteBox) Each(ctx context.Context, r db.Reader, edition budget.EditionID, pool budget.PoolID, f func(sealed []byte) error) error {
	return vote.Envelopes(ctx, r, edition, pool, f)
}

// Turnout implements Box. Sources and ways stand in the order of package budget
// and vote; those of which there is nothing are left out.
func (VoteBox) Turnout(ctx context.Context, r db.Reader, e budget.Edition) (map[budget.PoolID]Turnout, error) {
	granted, err := vote.GrantedBy(ctx, r, e.ID)
	if err != nil {
		return nil, err
	}
	spent, err := vote.Spent(ctx, r, e)
	if err != nil {
		return nil, err
	}
	declared, err := vote.DeclaredTold(ctx, r, e)
	if err != nil {
		return nil, err
	}
	lists, err := vote.ListsOf(ctx, r, e)
	if err != nil {
		return nil, err
	}
	lost, err := vote.LostRights(ctx, r, e.ID)
	if err != nil {
		return nil, err
	}
	all, slips := map[budget.PoolID]Turnout{}, map[budget.PoolID]int{}
	for _, p := range e.Rules.Pools {
		all[p.ID] = Turnout{Declared: declared}
	}
	for _, g := range granted {
		t := all[g.Pool]
		t.Rights += g.N
		t.Sources = add(t.Sources, string(g.Source), g.N)
		all[g.Pool] = t
		if g.Source == budget.Slips {
			slips[g.Pool] += g.N
		}
	}
	for _, s := range spent {
		t := all[s.Pool]
		t.Spent += s.N
		t.Refused += s.Void
		t.Rights += s.Void // they were granted, and GrantedBy does not count them any more
		t.Ways = add(t.Ways, string(s.Way), s.N)
		all[s.Pool] = t
		if s.Source == budget.Slips {
			slips[s.Pool] += s.Void
		}
	}
	for pool, t := range all {
		t.Lost = lost[pool]
		t.Spare = t.Rights + t.Lost - lists.Electors(t.Rights-slips[pool], slips[pool]+t.Lost)
		all[pool] = t
	}
	return all, nil
}

// Paper implements Box.
func (VoteBox) Paper(ctx context.Context, r db.Reader, edition budget.EditionID) (list []PaperCount, err error) {
	counts, err := vote.PaperCounts(ctx, r, edition)
	for _, c := range counts {
		list = append(list, PaperCount{c.Pool, c.Declared, c.Ballots, c.Words, c.Withdrawn})
	}
	return list, err
}

// add counts n more under a name.
func add(parts []Part, name string, n int) []Part {
	if i := slices.IndexFunc(parts, func(p Part) bool { return p.Name == name }); i >= 0 {
		parts[i].N += n
		return parts
	}
	return append(parts, Part{name, n})
}

// Destroy implements Box.
func (VoteBox) Destroy(ctx context.Context, tx *db.Tx, edition budget.EditionID, at time.Time) (int, error) {
	n, err := vote.DestroyEnvelopes(ctx, tx, edition)
	if err != nil {
		return 0, err
	}
	return n, vote.ForgetElectors(ctx, tx, edition, at)
}

// Tables implements Box. Rows of rights stay as numbers, and so do those of
// electors whose names were blanked: their older copies must not.
func (VoteBox) Tables() []string {
	return []string{"budget_envelopes", "budget_rights", "budget_electors", "budget_handed", "budget_declared", "budget_paper_rows", "budget_paper_batches",
		"budget_mark_keys", "budget_slips", "budget_limits", "budget_paper_taken"}
}
