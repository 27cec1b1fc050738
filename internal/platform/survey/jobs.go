package survey

import (
	"context"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

const (
	jobClose   = "survey.close"
	jobDropped = "survey.dropped"

	closeEvery = 2 * time.Minute
	tellAtOnce = 200
)

// Jobs registers the work of this package: rounds are closed when their time
// comes, and people are told that their answers were destroyed.
func (s *Service) Jobs(j *jobs.Registry) {
	j.Every(jobClose, closeEvery, s.closeDue)
	jobs.On(j, jobDropped, func(ctx context.Context, _ jobs.Job, id RoundID) error { return s.tellDropped(ctx, id) })
}

// closeDue closes rounds whose time is over. Answers are refused from that
// moment on whether or not this has run.
func (s *Service) closeDue(ctx context.Context) error {
	now := s.now().Unix()
	var due []RoundID
	if err := s.db.Select(ctx, &due, `select id from survey_rounds where state = 'open' and closes_at <= ? order by id`, now); err != nil {
		return err
	}
	for _, id := range due {
		// A Conflict: somebody was faster.
		if err := s.Close(ctx, audit.By{}, id); err != nil && fault.KindOf(err) != fault.Conflict {
			return err
		}
	}
	return s.sweep(ctx)
}

// sweep destroys what must not be there: envelopes that came to a round after it
// was opened or dropped.
func (s *Service) sweep(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from survey_envelopes where round in (select id from survey_rounds where state in ('opened', 'dropped'))`)
		return err
	})
}

// tellDropped tells those who had answered that their answers were destroyed.
func (s *Service) tellDropped(ctx context.Context, id RoundID) error {
	if s.tell == nil {
		return nil
	}
	rd, err := s.RoundByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	d, err := s.DefinitionByID(ctx, s.db, rd.Definition)
	if err != nil {
		return err
	}
	for after := ""; ; {
		var people []string
		err := s.db.Select(ctx, &people, `select person from survey_invited where round = ? and answered = true and person > ?
			order by person limit ?`, id, after, tellAtOnce)
		if err != nil || len(people) == 0 {
			return err
		}
		err = s.db.Write(ctx, func(tx *db.Tx) error {
			for _, p := range people {
				if err := s.tell.Tell(ctx, tx, ToldDropped, p, rd, d.Title); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		after = people[len(people)-1]
	}
}
