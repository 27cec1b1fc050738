package result

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

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

// counted is the count of one pool before it is stored.
type counted struct {
	pool           budget.PoolID
	outcome        Outcome
	text           string // of the outcome
	plainHash      string
	fileHash       string
	reasons        string
	winners, lost  []budget.ProjectID
	implementation error // that the two did not agree; nil
}

// hash is that of the outcome by the fast implementation.
func (c counted) hash() string { return Hash(c.text) }

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
	if err != nil {
		return err
	}
	var all []counted
	var differ error
	for _, pool := range e.Rules.Pools {
		c, err := s.countPool(ctx, e, pool)
		if err != nil {
			return err
		}
		differ = errors.Join(differ, c.implementation)
		all = append(all, c)
	}
	if differ != nil {
		return s.stop(ctx, e, differ)
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.publish(ctx, tx, e, all) })
}

// countPool counts one pool by both implementations.
func (s *Service) countPool(ctx context.Context, e budget.Edition, pool budget.Pool) (c counted, err error) {
	defer fault.Wrap(&err, "count pool %s", pool.ID)
	election, err := s.election(ctx, e, pool)
	if err != nil {
		return c, err
	}
	both, err := s.countBoth(e, pool, election)
	if err != nil {
		return c, err
	}
	c = counted{pool: pool.ID, outcome: both.outcome, text: both.text, plainHash: Hash(both.plainText), winners: both.outcome.Winners, lost: both.outcome.lost()}
	if both.text != both.plainText {
		c.implementation = fmt.Errorf("pool %s: the implementations differ: %s and %s", pool.ID, c.hash(), c.plainHash)
	}
	reasons, err := json.Marshal(Reasons(election, both.fast))
	if err != nil {
		return c, err
	}
	c.reasons = string(reasons)
	var file bytes.Buffer
	if err := writeFile(&file, election, both.outcome); err != nil {
		return c, err
	}
	c.fileHash = Hash(file.Bytes())
	return c, nil
}

// twice is a count by both implementations.
type twice struct {
	fast            *tally.Outcome
	outcome         Outcome
	text, plainText string
}

func (s *Service) countBoth(e budget.Edition, pool budget.Pool, election *tally.Election) (t twice, err error) {
	rule, err := RuleOf(e, pool, election)
	if err != nil {
		return t, err
	}
	if t.fast, err = s.fast(election, rule); err != nil {
		return t, err
	}
	plain, err := s.plain(election, rule)
	if err != nil {
		return t, err
	}
	t.outcome = NewOutcome(e, pool, election, t.fast)
	if t.text, err = t.outcome.Text(); err != nil {
		return t, err
	}
	t.plainText, err = NewOutcome(e, pool, election, plain).Text()
	return t, err
}

// election reads the opened ballots of a pool.
func (s *Service) election(ctx context.Context, e budget.Edition, pool budget.Pool) (*tally.Election, error) {
	projects, err := s.Editions.OnBallot(ctx, s.db, e.ID, pool.ID)
	if err != nil {
		return nil, err
	}
	bodies, err := s.bodies(ctx, e.ID, pool.ID)
	if err != nil {
		return nil, err
	}
	return NewElection(e, pool, projects, bodies)
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
		if _, err := tx.Exec(ctx, `update budget_counts set outcome = ?, outcome_hash = ?, plain_hash = ?, file_hash = ?, reasons = ? where edition = ? and pool = ?`,
			c.text, c.hash(), c.plainHash, c.fileHash, c.reasons, e.ID, c.pool); err != nil {
			return err
		}
		if err := s.Editions.Settle(ctx, tx, e.ID, c.pool, c.winners, c.lost); err != nil {
			return err
		}
	}
	if err := s.log(ctx, tx, audit.By{}, actCounted, e, nil); err != nil {
		return err
	}
	return s.Editions.MoveTo(ctx, tx, access.System(), e.ID, budget.Closed, budget.Counted)
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

const countColumns = `edition, pool, turnout, envelopes, copies, unreadable, invalid, valid, outcome, outcome_hash, plain_hash, file_hash, reasons`

type countRow struct {
	PoolCount
	Text string `db:"reasons"`
}

func (r countRow) count() (PoolCount, error) {
	c := r.PoolCount
	if r.Text == "" {
		return c, nil
	}
	return c, json.Unmarshal([]byte(r.Text), &c.Reasons)
}
