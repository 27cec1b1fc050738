package vote

import (
	"context"
	"slices"
	"time"

	"kladka/internal/budget"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/seal"
	"kladka/internal/platform/web"
)

// CustodyOwner is the owner of an edition's key in package custody.
const CustodyOwner = "budget"

// KeyBox is whose envelopes the key of an edition closes.
func KeyBox(id budget.EditionID) custody.Box { return custody.Box{Owner: CustodyOwner, ID: string(id)} }

// ballot is one pool of a frozen edition with all that casting needs and that
// cannot change any more.
type ballot struct {
	Edition  budget.EditionID
	Pool     budget.Pool
	Projects []budget.BallotProject // in the drawn order
	order    []budget.ProjectID
	costs    map[budget.ProjectID]int64
	public   seal.Public
	info     []byte
	size     int
	sealer   *seal.Sealer // of these three; nil where nothing is sealed
}

// readBallot reads the ballot of a pool. NotFound when the edition has no such
// pool, or no key: then no vote was opened.
func readBallot(ctx context.Context, r db.Reader, e budget.Edition, pool budget.PoolID) (*ballot, error) {
	p, known := e.Pool(pool)
	if !known || e.RulesHash == "" {
		return nil, fault.ErrNotFound
	}
	list, err := budget.OnBallot(ctx, r, e.ID, pool)
	if err != nil {
		return nil, err
	}
	key, err := custody.Read(ctx, r, KeyBox(e.ID))
	if err != nil {
		return nil, err
	}
	if key.Public == "" {
		return nil, fault.ErrNotFound
	}
	b := newBallot(e, p, list, key.Public)
	b.sealer, err = key.Public.Sealer(b.info, b.size)
	return b, err
}

func newBallot(e budget.Edition, p budget.Pool, list []budget.BallotProject, public seal.Public) *ballot {
	b := &ballot{Edition: e.ID, Pool: p, Projects: slices.Clone(list), costs: map[budget.ProjectID]int64{},
		public: public, info: budget.Info(e, p.ID), size: p.SizeFor(len(list))}
	slices.SortFunc(b.Projects, func(x, y budget.BallotProject) int { return x.Order - y.Order })
	for _, project := range b.Projects {
		b.order = append(b.order, project.ID)
		b.costs[project.ID] = project.Cost
	}
	return b
}

// check names all faults of a choice.
func (b *ballot) check(c budget.Choice) []fault.Field {
	return b.Pool.Ballot.Check(c, b.costs, b.Pool.Budget)
}

// seal closes a checked choice into an envelope. All envelopes of a pool have one
// length, and one opens for its edition, pool and rules only.
func (b *ballot) seal(c budget.Choice) ([]byte, error) {
	body, err := b.Pool.Encode(c, b.order)
	if err != nil {
		return nil, err
	}
	defer clear(body)
	return b.sealer.Seal(body)
}

// votes refuses a ballot that arrives at a moment when none is taken. The hours
// count by the instant at which the request arrived, from the first second and
// before the last: one that waited in the queue behind thousands is in time.
func votes(e budget.Edition, at time.Time) error {
	from, to := time.Unix(e.Rules.Calendar.VoteFrom, 0), time.Unix(e.Rules.Calendar.VoteTo, 0)
	switch {
	case e.State == budget.Canceled:
		return fault.New(fault.Conflict, "vote.fault.canceled")
	case !at.Before(to) && e.RulesHash != "":
		return fault.New(fault.Conflict, "vote.fault.late", "date", hourOf(to))
	case at.Before(from) || !e.State.In(budget.Voting, budget.Closed):
		return fault.New(fault.Conflict, "vote.fault.early", "date", hourOf(from))
	}
	return nil
}

// hourOf is a moment as it stands in a refusal, alike in all languages.
func hourOf(t time.Time) string { return t.In(web.Warsaw).Format("2.01.2006, 15:04") }
