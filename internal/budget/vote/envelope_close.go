package vote

import (
	"context"
	"time"

	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

const jobCloseBoxes = "budget.vote.close_boxes"

// CastJobs registers the work that follows casting: boxes are closed, and their
// digests published, some minutes after the vote.
func (s *Service) CastJobs(j *jobs.Registry) {
	jobs.On(j, jobCloseBoxes, func(ctx context.Context, _ jobs.Job, id budget.EditionID) error {
		e, err := budget.EditionByID(ctx, s.db, id)
		if err != nil || !e.State.In(budget.Voting, budget.Closed) {
			return err // canceled, or somebody who opened the envelopes was faster
		}
		err = s.CloseBoxes(ctx, e)
		if f := fault.As(err); f != nil && f.Key == "vote.fault.paper_waits" {
			return nil // closed by whoever opens the envelopes, once all is typed in
		}
		return err
	})
}

// VoteClosed hears that the hours of voting of an edition are over. Heard twice it
// enqueues one job.
func (s *Service) VoteClosed(ctx context.Context, heard budget.VoteClosed) (err error) {
	defer fault.Wrap(&err, "close the boxes of %s later", heard.Edition)
	e, err := budget.EditionByID(ctx, s.db, heard.Edition)
	if err != nil {
		return err
	}
	due := time.Unix(e.Rules.Calendar.VoteTo+closeWait, 0)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := jobs.Enqueue(ctx, tx, jobCloseBoxes, e.ID, jobs.Unique(string(e.ID)), jobs.At(due))
		return err
	})
}
