package vote

import (
	"context"
	"errors"
	"slices"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// A vote on paper has two parts.
//
// The declaration says who votes and in which pools. A desk finds the person as
// for any other vote, and the declaration spends the rights at once, by the way
// "paper" (paper_declare.go): whoever has voted on a page is told so, and whoever
// declared on paper votes on no page any more. Nothing else is kept of it.
//
// The ballot says nothing of anybody. At the desk the parts are separated and
// ballots are mixed; then they are typed in batches of at least leastBatch, which
// have a number and no more. A ballot is sealed as it is typed. A second person
// types the batch again, blind; what differs is shown by its place in the batch,
// not by what was typed, until two people have typed the same everywhere. Only
// then the envelopes go into the box, all at once and in an order that is none
// (paper_batch.go).
//
// A blank ballot, or one that is not valid, becomes an envelope as well, with
// notValid in it: so rights spent, envelopes and opened votes are one number. When
// all ballots of a pool lie in the box, somebody who runs the edition says so
// (paper_finish.go). Boxes do not close before.

// Limits of a batch. Fewer than leastBatch are taken once, as the last ones, after
// a page that explains what it means.
const (
	leastBatch = 20
	mostBatch  = 100
)

// States of a batch.
const (
	BatchFirst   = "first"   // is typed
	BatchSecond  = "second"  // waits for another person, or is typed by them
	BatchDiffers = "differs" // was typed twice, not the same everywhere
	BatchDone    = "done"    // lies in the box
	BatchDropped = "dropped" // is not used
)

// Batch is a batch of ballots on paper.
type Batch struct {
	Edition budget.EditionID `db:"edition"`
	No      int              `db:"no"`
	Pool    budget.PoolID    `db:"pool"`
	Size    int              `db:"size"`
	State   string           `db:"state"`
	Secret  string           `db:"secret"`
	First   access.PersonID  `db:"first"`
	Second  access.PersonID  `db:"second"`
	Third   access.PersonID  `db:"third"`
}

const batchColumns = `b.edition, b.no, b.pool, b.size, b.state, b.secret, b.first, b.second, b.third`

func (b Batch) open() bool { return b.State != BatchDone && b.State != BatchDropped }

// Batches are the batches of an edition by number.
func Batches(ctx context.Context, r db.Reader, e budget.EditionID) (list []Batch, err error) {
	return list, r.Select(ctx, &list, `select `+batchColumns+` from budget_paper_batches b where b.edition = ? order by b.no`, e)
}

func batchOf(ctx context.Context, r db.Reader, e budget.EditionID, no int) (b Batch, err error) {
	return b, r.Get(ctx, &b, `select `+batchColumns+` from budget_paper_batches b where b.edition = ? and b.no = ?`, e, no)
}

// paperDesk reads an edition that takes votes on paper, at whose desk the actor
// works. Conflict vote.fault.no_paper where the rules know none.
func (s *Service) paperDesk(ctx context.Context, who access.Actor, id budget.EditionID, p access.Permission) (budget.Edition, error) {
	e, err := s.held(ctx, who, id, p)
	if err == nil && !e.Rules.Paper {
		err = fault.New(fault.Conflict, "vote.fault.no_paper")
	}
	return e, err
}

// types refuses to take ballots when there are none to type: before the vote, and
// when the boxes are closed. Each box is looked at by hold.
func (s *Service) types(e budget.Edition) error {
	if !e.State.In(budget.Voting, budget.Closed) || s.now().Unix() < e.Rules.Calendar.VoteFrom {
		return fault.New(fault.Conflict, "vote.fault.paper_not_now")
	}
	return nil
}

const (
	paperOpen     = "open"
	paperFinished = "finished"
)

// hold lets one transaction at a time work on the ballots of a pool, and refuses
// all once the pool was finished.
func hold(ctx context.Context, tx *db.Tx, e budget.EditionID, pool budget.PoolID) error {
	if _, err := tx.Exec(ctx, `insert into budget_paper_pools (edition, pool, state) values (?, ?, ?)
		on conflict (edition, pool) do update set state = budget_paper_pools.state`, e, pool, paperOpen); err != nil {
		return err
	}
	state, err := paperState(ctx, tx, e, pool)
	if err != nil {
		return err
	}
	if _, err := BoxCount(ctx, tx, e, pool); err == nil || state == paperFinished {
		return fault.New(fault.Conflict, "vote.fault.paper_finished")
	} else if fault.KindOf(err) != fault.Conflict {
		return err
	}
	return nil
}

// paperState is where a pool stands; paperOpen when nobody has begun.
func paperState(ctx context.Context, r db.Reader, e budget.EditionID, pool budget.PoolID) (state string, err error) {
	err = r.Get(ctx, &state, `select state from budget_paper_pools where edition = ? and pool = ?`, e, pool)
	if errors.Is(err, fault.ErrNotFound) {
		return paperOpen, nil
	}
	return state, err
}

// declared counts the rights of a pool that declarations on paper have spent.
// Before the close it is compared and shown to nobody. The way stands in the text,
// not in an argument, for the index that holds these rights alone.
func declared(ctx context.Context, r db.Reader, e budget.EditionID, pool budget.PoolID) (n int, err error) {
	return n, r.Get(ctx, &n, `select count(*) from budget_rights where edition = ? and pool = ? and way = 'paper'`, e, pool)
}

// surplus tells that there would be more ballots than declarations, once this batch
// and those before it lay in the box. By how many is not said: whoever opens a
// large batch would learn how many declarations there are.
func surplus(ctx context.Context, r db.Reader, b Batch) (bool, error) {
	n, err := declared(ctx, r, b.Edition, b.Pool)
	if err != nil {
		return false, err
	}
	ballots := 0
	err = r.Get(ctx, &ballots, `select coalesce(sum(b.size), 0) from budget_paper_batches b
		where b.edition = ? and b.pool = ? and (b.state = ? or b.no <= ? and b.state <> ?)`, b.Edition, b.Pool, BatchDone, b.No, BatchDropped)
	return ballots > n, err
}

// isOne tells whether the actor is that person, or acts for them.
func isOne(who access.Actor, people ...access.PersonID) bool {
	return slices.Contains(people, who.Person) || who.For != "" && slices.Contains(people, who.For)
}
