package privacy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// Run is one nightly deletion: planned, running or done.
type Run struct {
	ID         string `db:"id"`
	State      string `db:"state"`
	PlannedAt  int64  `db:"planned_at"`
	StartedAt  int64  `db:"started_at"`
	FinishedAt int64  `db:"finished_at"`
	Rows       []RunRow
}

// RunRow is what a run does with one holding.
type RunRow struct {
	Run     string `db:"run"`
	Purpose string `db:"purpose"`
	Holding string `db:"holding"`
	Before  int64  `db:"before"`  // what ran out before that moment goes
	Expired int64  `db:"expired"` // rows counted for the preview
	Deleted int64  `db:"deleted"`
	Outcome string `db:"outcome"` // "", done, held, failed
}

const (
	// showFor is how long a preview stands before its run: people must have had
	// a working day to see it and to put a purpose on hold.
	showFor = 20 * time.Hour
	// batch is how many rows go in one transaction, so that writers do not wait long.
	batch = 500
)

// Jobs registers the nightly work.
func (s *Service) Jobs(j *jobs.Registry) { j.Every("privacy.nightly", 24*time.Hour, s.Nightly) }

// Nightly deletes what the last preview showed, makes the next preview, goes on
// with erasures that could not be finished, and reminds of requests. Each part
// is tried whatever became of the others.
func (s *Service) Nightly(ctx context.Context) error {
	return errors.Join(s.runDue(ctx), s.ensurePlan(ctx), s.resumeErasures(ctx), s.remind(ctx))
}

// runDue carries out the preview that stood long enough, or goes on with a run
// that was broken off.
func (s *Service) runDue(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "delete what had its time")
	run, ok, err := s.openRun(ctx)
	if err != nil || !ok {
		return err
	}
	now := s.Now()
	if run.State == "planned" {
		if now.Unix()-run.PlannedAt < int64(showFor/time.Second) {
			return nil
		}
		if err := s.start(ctx, run.ID, now); err != nil {
			return err
		}
	}
	var faults error
	for _, row := range run.Rows {
		if row.Outcome == "" || row.Outcome == "failed" {
			faults = errors.Join(faults, s.deleteFrom(ctx, row, now))
		}
	}
	return errors.Join(faults, s.finish(ctx, run.ID, now))
}

func (s *Service) start(ctx context.Context, id string, now time.Time) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update privacy_runs set state = 'running', started_at = ? where id = ? and state = 'planned'`, now.Unix(), id)
		return err
	})
}

func (s *Service) finish(ctx context.Context, id string, now time.Time) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update privacy_runs set state = 'done', finished_at = ? where id = ? and state = 'running'`, now.Unix(), id)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.By{}, audit.Entry{Action: "privacy.deleted", Object: "run", ObjectID: id}, now)
	})
}

// deleteFrom deletes one holding's rows, batch by batch. Each batch asks for a
// hold in its own transaction. A time that was made longer since the preview
// counts: of two moments the earlier one decides.
func (s *Service) deleteFrom(ctx context.Context, row RunRow, now time.Time) error {
	h, p, ok := s.holding(row.Purpose, row.Holding)
	if !ok || h.Sweep == nil {
		return s.markRow(ctx, row, "done") // the program no longer knows it
	}
	before := time.Unix(row.Before, 0)
	cut, _, err := s.cutoff(ctx, s.DB, p.Keep, now)
	if err == nil && cut.Before(before) {
		before = cut
	}
	outcome := "done"
	for round := 0; err == nil; round++ {
		var n int
		var held bool
		err = s.DB.Write(ctx, func(tx *db.Tx) (err error) {
			if held, err = onHold(ctx, tx, row.Purpose); err != nil || held {
				return err
			}
			n, err = h.Sweep(ctx, tx, before, batch)
			return err
		})
		if err == nil {
			row.Deleted += int64(n)
		}
		if held {
			outcome = "held"
		}
		if held || n < batch {
			break
		}
		if round >= rounds {
			err = errors.New("it deletes rows again and again")
		}
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s/%s: %w", row.Purpose, row.Holding, err), s.markRow(ctx, row, "failed"))
	}
	return s.markRow(ctx, row, outcome)
}

func (s *Service) markRow(ctx context.Context, row RunRow, outcome string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update privacy_run_rows set deleted = ?, outcome = ? where run = ? and purpose = ? and holding = ?`,
			row.Deleted, outcome, row.Run, row.Purpose, row.Holding)
		return err
	})
}

func (s *Service) holding(purpose, table string) (Holding, Purpose, bool) {
	p, _ := s.Registry.Purpose(purpose)
	for _, h := range p.Holds {
		if h.Table == table {
			return h, p, true
		}
	}
	return Holding{}, p, false
}

// ensurePlan makes the next preview when none stands.
func (s *Service) ensurePlan(ctx context.Context) error {
	if _, ok, err := s.openRun(ctx); err != nil || ok {
		return err
	}
	return s.plan(ctx)
}

// Plan counts anew what the next run will delete, and gives people the whole
// time again to look at it. Faults: Forbidden for a role of one institution,
// Conflict while a run is going on.
func (s *Service) Plan(ctx context.Context, by audit.By) error {
	if err := whole(by); err != nil {
		return err
	}
	return s.plan(ctx)
}

// plan replaces the standing preview.
func (s *Service) plan(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "count what had its time")
	now, id := s.Now(), newID()
	rows, err := s.count(ctx, now)
	if err != nil {
		return err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from privacy_runs where state = 'planned'`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into privacy_runs (id, state, planned_at) values (?, 'planned', ?)`, id, now.Unix())
		if err != nil {
			return err
		}
		for _, r := range rows {
			_, err := tx.Exec(ctx, `insert into privacy_run_rows (run, purpose, holding, before, expired) values (?, ?, ?, ?, ?)`,
				id, r.Purpose, r.Holding, r.Before, r.Expired)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if db.Duplicate(err) {
		return fault.New(fault.Conflict, "fault.conflict")
	}
	return err
}

// count asks every holding how many of its rows had their time.
func (s *Service) count(ctx context.Context, now time.Time) ([]RunRow, error) {
	var rows []RunRow
	for _, p := range s.Registry.purposes {
		cut, ends, err := s.cutoff(ctx, s.DB, p.Keep, now)
		if err != nil {
			return nil, err
		}
		for _, h := range p.Holds {
			if !ends || h.Expired == nil {
				continue
			}
			n, err := h.Expired(ctx, s.DB, cut)
			if err != nil {
				return nil, fmt.Errorf("%s/%s: %w", p.Key, h.Table, err)
			}
			rows = append(rows, RunRow{Purpose: p.Key, Holding: h.Table, Before: cut.Unix(), Expired: int64(n)})
		}
	}
	return rows, nil
}

const runColumns = `id, state, planned_at, started_at, finished_at`

// openRun is the run that is not done, with its rows, if there is one. A
// running one comes first: the plan waits behind it.
func (s *Service) openRun(ctx context.Context) (Run, bool, error) {
	var runs []Run
	err := s.DB.Select(ctx, &runs, `select `+runColumns+` from privacy_runs where state in ('planned', 'running')
		order by case state when 'running' then 0 else 1 end limit 1`)
	if err != nil || len(runs) == 0 {
		return Run{}, false, err
	}
	run, err := s.withRows(ctx, runs[0])
	return run, true, err
}

func (s *Service) withRows(ctx context.Context, run Run) (Run, error) {
	err := s.DB.Select(ctx, &run.Rows, `select run, purpose, holding, before, expired, deleted, outcome
		from privacy_run_rows where run = ?`, run.ID)
	return run, err
}

// run is a run with its rows. Fault: NotFound.
func (s *Service) run(ctx context.Context, id string) (run Run, err error) {
	if !isID(id) {
		return run, fault.ErrNotFound
	}
	if err := s.DB.Get(ctx, &run, `select `+runColumns+` from privacy_runs where id = ?`, id); err != nil {
		return run, err
	}
	return s.withRows(ctx, run)
}

// past are the last runs that are done, the newest first.
func (s *Service) past(ctx context.Context) (runs []Run, err error) {
	err = s.DB.Select(ctx, &runs, `select `+runColumns+` from privacy_runs where state = 'done' order by id desc limit 60`)
	return runs, err
}
