package result

import (
	"context"
	"encoding/json"
	"errors"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/tally"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

const jobCount = "budget.count"

// countOrder is the payload of the job that counts.
type countOrder struct {
	Edition budget.EditionID `json:"edition"`
}

func (s *Service) orderCount(ctx context.Context, tx *db.Tx, id budget.EditionID) error {
	_, err := jobs.Enqueue(ctx, tx, jobCount, countOrder{id}, jobs.Unique(string(id)))
	return err
}

// count counts all pools of an edition that is opened and publishes what comes
// of it. It can be run again at any time before the publication; after it,
// nothing is left to do.
func (s *Service) count(ctx context.Context, id budget.EditionID) (err error) {
	defer fault.Wrap(&err, "count edition %s", id)
	o, err := OpeningOf(ctx, s.db, id)
	if err != nil || o.State != Opened && o.State != Differs {
		return err
	}
	e, err := s.Editions.ByID(ctx, s.db, id)
	if err != nil || e.State == budget.Canceled { // nobody counts its votes any more
		return err
	}
	all, err := s.twoCounts.edition(e, func(pool budget.Pool) (ballots, error) { return s.ballots(ctx, e, pool) })
	if err != nil {
		return err
	}
	if err := differ(all); err != nil {
		return s.stop(ctx, e, err)
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.publish(ctx, tx, e, all) })
}

// ballots reads what is counted in a pool.
func (s *Service) ballots(ctx context.Context, e budget.Edition, pool budget.Pool) (b ballots, err error) {
	if b.projects, err = s.Editions.OnBallot(ctx, s.db, e.ID, pool.ID); err != nil {
		return b, err
	}
	c, err := CountOf(ctx, s.db, e.ID, pool.ID)
	if err != nil {
		return b, err
	}
	b.unopened = c.Unopened
	b.bodies, err = s.bodies(ctx, e.ID, pool.ID)
	return b, err
}

// election is the election of a pool that was opened.
func (s *Service) election(ctx context.Context, e budget.Edition, pool budget.Pool) (*tally.Election, error) {
	b, err := s.ballots(ctx, e, pool)
	if err != nil {
		return nil, err
	}
	return NewElection(e, pool, b.projects, b.bodies)
}

// ruleOf is the rule by which a pool of a counted edition was counted: RuleOf with
// the winners of the pools before it.
func (s *Service) ruleOf(ctx context.Context, e budget.Edition, pool budget.Pool, election *tally.Election) (rule tally.Rule, err error) {
	var won []budget.ProjectID
	for _, before := range inOrder(e) {
		if before.ID == pool.ID {
			break
		}
		c, err := CountOf(ctx, s.db, e.ID, before.ID)
		if err != nil {
			return rule, err
		}
		won = append(won, c.Outcome.Winners...)
	}
	return RuleOf(e, pool, election, won...)
}

// bodies are the opened ballots of a pool in the order of their content.
func (s *Service) bodies(ctx context.Context, edition budget.EditionID, pool budget.PoolID) (bodies [][]byte, err error) {
	err = s.db.Select(ctx, &bodies, `select body from budget_ballots where edition = ? and pool = ? order by n`, edition, pool)
	return bodies, err
}

// stop notes that the implementations differ, tells those who run the edition,
// and fails for good, so that the job stands before the administrator's eyes. The
// ballots stay: the count is run again when the program was mended.
func (s *Service) stop(ctx context.Context, e budget.Edition, differ error) error {
	s.Log.Error("two counts of one ballot box differ; nothing is published", "edition", e.ID, "err", differ)
	runners, err := s.runners(ctx, e)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update budget_openings set state = ? where edition = ? and state = ?`, Differs, e.ID, Opened)
		if err != nil || n == 0 {
			return err
		}
		if err := s.log(ctx, tx, audit.By{}, actDiffers, e, nil); err != nil {
			return err
		}
		return s.tell(ctx, tx, runners, "differs", e, OpenHref(e.ID))
	})
	return jobs.Permanent(errors.Join(differ, err))
}

// publish stores the outcomes, settles the projects and makes the edition
// counted, all at once.
func (s *Service) publish(ctx context.Context, tx *db.Tx, e budget.Edition, all []counted) error {
	n, err := tx.Exec(ctx, `update budget_openings set state = ?, counted_at = ? where edition = ? and state in (?, ?)`,
		Counted, s.now().Unix(), e.ID, Opened, Differs)
	if err != nil || n == 0 {
		return err
	}
	for _, c := range all {
		if err := c.store(ctx, tx, e.ID); err != nil {
			return err
		}
		if err := s.Editions.Settle(ctx, tx, e.ID, c.pool, c.outcome.Winners, c.outcome.lost()); err != nil {
			return err
		}
	}
	if err := s.orderExplain(ctx, tx, e.ID); err != nil {
		return err
	}
	if err := s.log(ctx, tx, audit.By{}, actCounted, e, nil); err != nil {
		return err
	}
	return s.Editions.MoveTo(ctx, tx, access.System(), e.ID, budget.Closed, budget.Counted)
}

// store writes the count of a pool beside its numbers.
func (c counted) store(ctx context.Context, tx *db.Tx, id budget.EditionID) error {
	reasons, err := jsonOf(&c.reasons)
	if err != nil {
		return err
	}
	certificate, err := jsonOf(c.certificate)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update budget_counts set outcome = ?, outcome_hash = ?, plain_hash = ?, file_hash = ?, reasons = ?, certificate = ? where edition = ? and pool = ?`,
		c.text, c.hash(), c.plainHash, Hash(c.file), reasons, certificate, id, c.pool)
	return err
}

// Counts are the counts of an edition's pools. They are for pages of whoever may
// read the edition; before the publication they hold numbers only, no outcome.
func Counts(ctx context.Context, r db.Reader, id budget.EditionID) (list []PoolCount, err error) {
	var rows []countRow
	err = r.Select(ctx, &rows, `select `+countColumns+` from budget_counts where edition = ? order by pool`, id)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		c, err := row.count()
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// CountOf is the count of one pool; NotFound before the box is opened.
func CountOf(ctx context.Context, r db.Reader, id budget.EditionID, pool budget.PoolID) (PoolCount, error) {
	var row countRow
	if err := r.Get(ctx, &row, `select `+countColumns+` from budget_counts where edition = ? and pool = ?`, id, pool); err != nil {
		return PoolCount{}, err
	}
	return row.count()
}

const countColumns = `edition, pool, turnout, envelopes, copies, unreadable, invalid, valid, unopened, outcome, outcome_hash, plain_hash, file_hash, reasons, certificate`

type countRow struct {
	PoolCount
	Why     string `db:"reasons"`
	Vouched string `db:"certificate"`
}

func (r countRow) count() (c PoolCount, err error) {
	c = r.PoolCount
	if r.Why != "" {
		err = json.Unmarshal([]byte(r.Why), &c.Reasons)
	}
	if r.Vouched != "" {
		err = errors.Join(err, json.Unmarshal([]byte(r.Vouched), &c.Certificate))
	}
	return c, err
}
