package vote

import (
	"context"
	"crypto/rand"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// batchPurpose is what the keys of batches are sealed for.
const batchPurpose = "budget.vote.paper"

// NewBatch is a stack of mixed ballots that somebody has counted and begins to
// type. Small says that they have read what fewer than leastBatch mean.
type NewBatch struct {
	Pool  budget.PoolID
	Size  int
	Small bool
}

// OpenBatch begins a batch; whoever opens it types it first. Who may: BudgetDesk
// at the owner. A batch that has more ballots than there are declarations is
// opened all the same, for it lies on the table: it is an obstacle that everybody
// sees (see PaperObstacles), and is not typed. Faults: Invalid at the fields pula,
// liczba (fewer than leastBatch before the last hour of the vote, or more than
// mostBatch) and mala (see NewBatch); Conflict vote.fault.paper_small_twice,
// paper_finished, paper_not_now, and paper_asked_first while a declaration of the
// pool waits to be withdrawn: from the batch on none can be (see Withdraw).
func (s *Service) OpenBatch(ctx context.Context, who access.Actor, id budget.EditionID, b NewBatch) (no int, err error) {
	defer fault.Wrap(&err, "open a batch of edition %s", id)
	e, err := s.paperDesk(ctx, who, id, access.BudgetDesk)
	if err == nil {
		err = s.types(e)
	}
	if err == nil {
		err = fault.InvalidFields(s.checkBatch(e, b))
	}
	if err != nil {
		return 0, err
	}
	key := make([]byte, 32)
	rand.Read(key) // never fails, see crypto/rand
	fresh := Batch{Edition: e.ID, Pool: b.Pool, Size: b.Size, State: BatchFirst, First: who.Person, Secret: s.Keys.Seal(batchPurpose, string(e.ID), key)}
	at := s.now()
	return no, s.db.Write(ctx, func(tx *db.Tx) error {
		if no, err = addBatch(ctx, tx, fresh); err != nil {
			return err
		}
		if err := forgetTaken(ctx, tx, e.ID, b.Pool, !s.voteOver(e)); err != nil {
			return err
		}
		return note(ctx, tx, who, e, "vote.paper_open", map[string]string{"batch": number(no), "n": number(b.Size)}, at)
	})
}

func (s *Service) checkBatch(e budget.Edition, b NewBatch) (faults []fault.Field) {
	at := func(name, key string, args ...any) {
		faults = append(faults, fault.Field{Name: name, Key: key, Args: args})
	}
	if _, known := e.Pool(b.Pool); !known {
		at(fieldPool, "vote.fault.paper_no_pool")
	}
	switch {
	case b.Size < 1 || b.Size > mostBatch:
		at("liczba", "vote.fault.paper_size", "least", leastBatch, "most", mostBatch)
	case b.Size < leastBatch && !s.voteOver(e):
		at("liczba", "vote.fault.paper_small_early", "least", leastBatch)
	case b.Size < leastBatch && !b.Small:
		at("mala", "vote.fault.paper_small")
	}
	return faults
}

// addBatch writes a batch under the next number of its edition. Two pools may ask
// for one number at once: who comes second asks for another.
func addBatch(ctx context.Context, tx *db.Tx, b Batch) (no int, err error) {
	if err := hold(ctx, tx, b.Edition, b.Pool); err != nil {
		return 0, err
	}
	small := 0
	if err := tx.Get(ctx, &small, `select count(*) from budget_paper_batches where edition = ? and pool = ? and size < ? and state <> ?`,
		b.Edition, b.Pool, leastBatch, BatchDropped); err != nil {
		return 0, err
	}
	if b.Size < leastBatch && small > 0 {
		return 0, fault.New(fault.Conflict, "vote.fault.paper_small_twice")
	}
	const tries = 5
	for range tries {
		if err := tx.Get(ctx, &no, `select coalesce(max(no), 0) + 1 from budget_paper_batches where edition = ?`, b.Edition); err != nil {
			return 0, err
		}
		n, err := tx.Exec(ctx, `insert into budget_paper_batches (edition, no, pool, size, state, secret, first) values (?, ?, ?, ?, ?, ?, ?)
			on conflict (edition, no) do nothing`, b.Edition, no, b.Pool, b.Size, b.State, b.Secret, b.First)
		if err != nil || n > 0 {
			return no, err
		}
	}
	return 0, fault.New(fault.Conflict, "fault.conflict")
}

// DropBatch puts a batch aside: nothing that was typed is used, and the ballots are
// typed anew under another number. Words say why; they and who did it are in the
// log. Who may: BudgetRun at the owner. Conflict vote.fault.paper_done when it
// lies in the box or was dropped.
func (s *Service) DropBatch(ctx context.Context, who access.Actor, id budget.EditionID, no int, words string) (err error) {
	defer fault.Wrap(&err, "drop batch %d of edition %s", no, id)
	e, err := s.paperDesk(ctx, who, id, access.BudgetRun)
	if err == nil {
		words, err = readWords(words)
	}
	if err != nil {
		return err
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := heldBatch(ctx, tx, e.ID, no); err != nil {
			return err
		}
		if err := endBatch(ctx, tx, e.ID, no, BatchDropped); err != nil {
			return err
		}
		return note(ctx, tx, who, e, "vote.paper_drop", map[string]string{"batch": number(no), "words": words}, at)
	})
}

// heldBatch reads a batch that is not done, with its pool held.
func heldBatch(ctx context.Context, tx *db.Tx, e budget.EditionID, no int) (Batch, error) {
	b, err := batchOf(ctx, tx, e, no)
	if err == nil {
		err = hold(ctx, tx, e, b.Pool)
	}
	if err != nil {
		return b, err
	}
	// Read again: it may have moved while the pool was another's.
	if b, err = batchOf(ctx, tx, e, no); err == nil && !b.open() {
		err = fault.New(fault.Conflict, "vote.fault.paper_done")
	}
	return b, err
}

// endBatch ends a batch: what was typed and the key it was compared under are gone.
func endBatch(ctx context.Context, tx *db.Tx, e budget.EditionID, no int, state string) error {
	if _, err := tx.Exec(ctx, `update budget_paper_batches set state = ?, secret = '' where edition = ? and no = ?`, state, e, no); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `delete from budget_paper_rows where edition = ? and batch = ?`, e, no)
	return err
}
