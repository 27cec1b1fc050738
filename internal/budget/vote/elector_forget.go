package vote

import (
	"context"
	"time"

	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// ForgetElectors makes the electors of an edition nobody's, in the transaction
// in which its protests end: the key of the marks is destroyed, accounts, marks,
// declarations, and who was given a slip, are deleted. Rights stay as numbers.
// It may be called again.
func ForgetElectors(ctx context.Context, tx *db.Tx, e budget.EditionID, at time.Time) (err error) {
	defer fault.Wrap(&err, "forget the electors of edition %s", e)
	if _, err := tx.Exec(ctx, `update budget_mark_keys set sealed = '', destroyed_at = ? where edition = ? and destroyed_at = 0`, at.Unix(), e); err != nil {
		return err
	}
	for _, text := range []string{
		`update budget_electors set person = '', mark = '', same_name = '', class = '' where edition = ? and (person <> '' or mark <> '' or same_name <> '' or class <> '')`,
		`delete from budget_slips where edition = ?`,
		`delete from budget_handed where edition = ?`,
		`delete from budget_declared where edition = ?`,
		`delete from budget_limits where edition = ?`,
		`delete from budget_paper_rows where edition = ?`,
		`delete from budget_paper_taken where edition = ?`,
		`update budget_paper_batches set secret = '', first = '', second = '', third = '' where edition = ?`,
		`update budget_paper_pools set finished_by = '' where edition = ?`,
		`delete from budget_roll_rows where roll in (select l.id from budget_rolls l where l.edition = ?)`,
		`update budget_rolls set person = '' where edition = ? and person <> ''`,
		`update budget_boxes set printed_by = '', settled_by = '', settled_with = '' where edition = ?`,
	} {
		if _, err := tx.Exec(ctx, text, e); err != nil {
			return err
		}
	}
	return nil
}

// Jobs declares the work that is done later.
func (s *Service) Jobs(r *jobs.Registry) {
	jobs.On(r, rollKind, func(ctx context.Context, _ jobs.Job, t rollTask) error { return s.takeRoll(ctx, t) })
	r.Every("budget.vote.sweep", time.Hour, s.sweep)
}

// sweep forgets wrong tries and rolls that nobody put to use, after a day.
func (s *Service) sweep(ctx context.Context) error {
	before := s.now().Add(-24 * time.Hour)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from budget_tries where quarter < ?`, quarter(before)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from budget_roll_rows where roll in (select l.id from budget_rolls l where l.state in (?, ?, ?) and l.at < ?)`,
			RollReading, RollWaiting, RollDropped, before.Unix()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update budget_rolls set state = ? where state in (?, ?) and at < ?`, RollDropped, RollReading, RollWaiting, before.Unix())
		return err
	})
}
