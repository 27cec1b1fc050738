package directory

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// applyJob is the kind of the job that takes in an approved import.
const applyJob = "directory.apply_import"

type applyPayload struct {
	Import ImportID `json:"import"`
}

// applyAttempts is few: somebody waits at the page.
const applyAttempts = 3

// ApplyLater approves an import like Apply, with the same refusals, but leaves
// the work to a job whose progress the page shows.
func (s *Service) ApplyLater(ctx context.Context, who access.Actor, id ImportID, allowMassClosing bool) (err error) {
	defer fault.Wrap(&err, "approve import %s", id)
	i, err := s.mayApply(ctx, who, id, allowMassClosing)
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		progress, err := jobs.StartProgress(ctx, tx, jobs.Progress{Kind: applyJob, TitleKey: "import.applying",
			Owner: string(who.Person), Total: int64(i.Changes())}, now)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update directory_imports set state = ?, settled_by = ?, progress = ?, refusal_key = ''
			where id = ? and state = ?`, ImportApplying, who.Person, progress, id, ImportShown)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "import.refused.settled")
		}
		_, err = jobs.Enqueue(ctx, tx, applyJob, applyPayload{id}, jobs.Unique(string(id)),
			jobs.WithProgress(progress), jobs.MaxAttempts(applyAttempts))
		return err
	})
}

// Jobs registers the work of this module.
func (s *Service) Jobs(r *jobs.Registry) {
	jobs.On(r, applyJob, func(ctx context.Context, job jobs.Job, p applyPayload) error {
		return s.applyApproved(ctx, job, p.Import)
	})
	r.Every("directory.imports.sweep", 24*time.Hour, s.sweepImports)
}

// applyApproved takes in an approved import. It was allowed when it was
// approved. What fails for a reason that no repetition mends, or fails to the
// end, is written beside the import, so that the page can say it.
func (s *Service) applyApproved(ctx context.Context, job jobs.Job, id ImportID) error {
	i, err := importByID(ctx, s.db, id)
	if err != nil || i.State != ImportApplying {
		return err // done already by a run whose end was lost
	}
	if job.Progress != "" {
		if err := jobs.Report(ctx, s.db, job.Progress, int64(i.Changes())/2, int64(i.Changes()), s.now()); err != nil {
			return err
		}
	}
	err = s.takeIn(ctx, i, func(ctx context.Context, tx *db.Tx) error {
		return jobs.Finish(ctx, tx, job.Progress, jobs.ProgressDone, "", s.now())
	})
	key := "import.refused.failed"
	if f := fault.As(err); f != nil && f.Kind == fault.Conflict {
		key = f.Key
	} else if err == nil || job.Attempt < job.MaxAttempts {
		return err
	}
	if e := s.applyFailed(ctx, job, id, key); e != nil {
		return e
	}
	if key == "import.refused.failed" {
		s.log.Error("import failed to the end", "import", id, "err", err)
	}
	return nil // the import tells that it failed; there is nothing to retry
}

func (s *Service) applyFailed(ctx context.Context, job jobs.Job, id ImportID, key string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update directory_imports set state = ?, refusal_key = ? where id = ? and state = ?`,
			ImportFailed, key, id, ImportApplying)
		if err != nil {
			return err
		}
		return jobs.Finish(ctx, tx, job.Progress, jobs.ProgressFailed, key, s.now())
	})
}

// What is kept of imports: a difference that nobody decided on goes after a
// month, the rows of one that was taken in after a year. The numbers stay.
const (
	undecidedFor = 30 * 24 * time.Hour
	detailsFor   = 365 * 24 * time.Hour
)

func (s *Service) sweepImports(ctx context.Context) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update directory_imports set state = ? where state in (?, ?) and created_at < ?`,
			ImportDiscarded, ImportShown, ImportFailed, now.Add(-undecidedFor).Unix()); err != nil {
			return err
		}
		for _, statement := range []string{
			`delete from directory_import_changes where import in (select id from directory_imports where state = ? or created_at < ?)`,
			`delete from directory_import_problems where import in (select id from directory_imports where state = ? or created_at < ?)`,
		} {
			if _, err := tx.Exec(ctx, statement, ImportDiscarded, now.Add(-detailsFor).Unix()); err != nil {
				return err
			}
		}
		return nil
	})
}
