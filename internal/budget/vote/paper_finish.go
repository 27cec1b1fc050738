package vote

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// PaperCount is what came of the paper of a pool that was finished: declarations
// that spent a right, ballots that lie in the box, and what explains a difference.
// Withdrawn are declarations that gave their right back and are not among these.
type PaperCount struct {
	Pool      budget.PoolID `db:"pool"`
	Declared  int           `db:"declared"`
	Ballots   int           `db:"ballots"`
	Withdrawn int           `db:"withdrawn"`
	Words     string        `db:"words"`
}

// PaperCounts are the pools whose paper was finished. None is before the last
// hour of the vote.
func PaperCounts(ctx context.Context, r db.Reader, e budget.EditionID) (list []PaperCount, err error) {
	return list, r.Select(ctx, &list, `select pool, declared, ballots, withdrawn, words from budget_paper_pools where edition = ? and state = ? order by pool`, e, paperFinished)
}

// FinishPaper says that all ballots of a pool lie in the box; nothing is typed
// after it. Fewer ballots than declarations need words that explain it, and they
// are published: somebody took a ballot home, or it was lost. Who may: BudgetRun
// at the owner, from two minutes after the last hour of the vote on, when a
// declaration that still waited is in. Faults: Conflict vote.fault.not_closed,
// paper_unfinished, paper_finished; Invalid at the field opis.
func (s *Service) FinishPaper(ctx context.Context, who access.Actor, id budget.EditionID, pool budget.PoolID, words string) (err error) {
	defer fault.Wrap(&err, "finish the paper of pool %s", pool)
	e, err := s.paperDesk(ctx, who, id, access.BudgetRun)
	if err != nil {
		return err
	}
	if _, known := e.Pool(pool); !known {
		return fault.ErrNotFound
	}
	if e.State != budget.Closed || s.now().Unix() < e.Rules.Calendar.VoteTo+closeWait {
		return fault.New(fault.Conflict, "vote.fault.not_closed")
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := finishPool(ctx, tx, who, e.ID, pool, words)
		if err != nil {
			return err
		}
		// Its box waited for this; a job that finds others waiting closes this one.
		if _, err := jobs.Enqueue(ctx, tx, jobCloseBoxes, e.ID, jobs.Unique(string(e.ID))); err != nil {
			return err
		}
		p, _ := e.Pool(pool)
		return note(ctx, tx, who, e, "vote.paper_finish", map[string]string{"pool": p.Name, "declared": number(c.Declared), "n": number(c.Ballots), "withdrawn": number(c.Withdrawn), "words": c.Words}, at)
	})
}

func finishPool(ctx context.Context, tx *db.Tx, who access.Actor, e budget.EditionID, pool budget.PoolID, words string) (c PaperCount, err error) {
	if err := hold(ctx, tx, e, pool); err != nil {
		return c, err
	}
	unfinished, err := paperTally(ctx, tx, e, pool, &c)
	switch {
	case err != nil:
		return c, err
	case unfinished > 0:
		return c, fault.New(fault.Conflict, "vote.fault.paper_unfinished", "n", unfinished)
	case c.Ballots != c.Declared:
		if c.Words, err = readWords(words); err != nil {
			return c, err
		}
	}
	if err := forgetTaken(ctx, tx, e, pool, false); err != nil {
		return c, err
	}
	_, err = tx.Exec(ctx, `update budget_paper_pools set state = ?, declared = ?, ballots = ?, words = ?, finished_by = ? where edition = ? and pool = ?`,
		paperFinished, c.Declared, c.Ballots, c.Words, who.Person, e, pool)
	return c, err
}

// paperTally counts the paper of a pool, and its batches that are not finished.
func paperTally(ctx context.Context, r db.Reader, e budget.EditionID, pool budget.PoolID, c *PaperCount) (unfinished int, err error) {
	if c.Declared, err = declared(ctx, r, e, pool); err != nil {
		return 0, err
	}
	if err := r.Get(ctx, &c.Ballots, `select coalesce(sum(size), 0) from budget_paper_batches where edition = ? and pool = ? and state = ?`, e, pool, BatchDone); err != nil {
		return 0, err
	}
	if err := r.Get(ctx, &c.Withdrawn, `select coalesce(max(withdrawn), 0) from budget_paper_pools where edition = ? and pool = ?`, e, pool); err != nil {
		return 0, err
	}
	return unfinished, r.Get(ctx, &unfinished, `select count(*) from budget_paper_batches where edition = ? and pool = ? and state not in (?, ?)`,
		e, pool, BatchDone, BatchDropped)
}

// PaperObstacles are what keeps the boxes of an edition from closing on the side
// of paper: batches that have more ballots than there are declarations, batches
// that are not typed to their end, pools of which nobody said that all is in. A
// pool without declarations, withdrawn ones too, and batches has none.
func (s *Service) PaperObstacles(ctx context.Context, r db.Reader, e budget.Edition) (list []budget.Obstacle, err error) {
	if !e.Rules.Paper {
		return nil, nil
	}
	batches, err := Batches(ctx, r, e.ID)
	if err != nil {
		return nil, err
	}
	for _, b := range batches {
		if !b.open() {
			continue
		}
		over, err := surplus(ctx, r, b)
		if err != nil {
			return nil, err
		}
		o := budget.Obstacle{Key: "vote.obstacle.paper_batch", Args: []any{"batch", b.No}, Who: "vote.obstacle.paper_batch_who", Href: batchHref(b)}
		if over {
			o.Key, o.Who = "vote.obstacle.paper_over", "vote.obstacle.paper_who"
		}
		list = append(list, o)
	}
	for _, p := range e.Rules.Pools {
		waits, err := waitsForPaper(ctx, r, e.ID, p.ID)
		if err != nil {
			return nil, err
		}
		if waits {
			list = append(list, budget.Obstacle{Key: "vote.obstacle.paper_pool", Args: []any{"pool", p.Name}, Who: "vote.obstacle.paper_who", Href: BatchesHref(e.ID)})
		}
	}
	return list, nil
}

// waitsForPaper tells that there is paper of a pool and nobody has finished it.
func waitsForPaper(ctx context.Context, r db.Reader, e budget.EditionID, pool budget.PoolID) (bool, error) {
	state, err := paperState(ctx, r, e, pool)
	if err != nil || state == paperFinished {
		return false, err
	}
	var c PaperCount
	unfinished, err := paperTally(ctx, r, e, pool, &c)
	return unfinished+c.Declared+c.Ballots+c.Withdrawn > 0, err
}
