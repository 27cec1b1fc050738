package budget

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

const clockAtOnce = 100 // editions that are read at once

// editionJobs declares the clock and the news of editions.
func (s *Service) editionJobs(r *jobs.Registry) {
	r.Every("budget.clock", time.Minute, s.Clock)
	jobs.On(r, tellKind, func(ctx context.Context, _ jobs.Job, t telling) error { return s.tellEdition(ctx, t) })
}

// Clock opens and closes votes by the calendar. Casting asks for the hours by
// itself, so a clock that is late lets nobody vote after the close. Repeating it
// changes nothing.
func (s *Service) Clock(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "clock of budgets")
	return errors.Join(s.CloseDue(ctx), s.OpenDue(ctx))
}

// OpenDue opens the votes whose hours have begun. One with obstacles stays
// frozen, whoever runs it is told once, and it opens as soon as they are gone.
func (s *Service) OpenDue(ctx context.Context) error {
	now := s.now().Unix()
	return s.due(ctx, `e.state = ? and e.vote_from <= ? and e.vote_to > ?`, []any{Frozen, now, now}, func(tx *db.Tx, e Edition) error {
		obstacles, err := s.Obstacles(ctx, tx, e)
		if err != nil {
			return err
		}
		if len(obstacles) > 0 {
			return s.tellLater(ctx, tx, telling{Edition: e.ID, Key: "stuck"})
		}
		return s.MoveTo(ctx, tx, access.System(), e.ID, Frozen, Voting)
	})
}

// CloseDue closes the votes whose hours are over.
func (s *Service) CloseDue(ctx context.Context) error {
	return s.due(ctx, `e.state = ? and e.vote_to <= ?`, []any{Voting, s.now().Unix()}, func(tx *db.Tx, e Edition) error {
		return s.MoveTo(ctx, tx, access.System(), e.ID, Voting, Closed)
	})
}

// due does something to each edition of a kind, in a transaction of its own. One
// that somebody moved meanwhile is left, and one that fails keeps no other waiting.
func (s *Service) due(ctx context.Context, where string, args []any, do func(tx *db.Tx, e Edition) error) (failed error) {
	var after EditionID
	for {
		var list []Edition
		if err := s.db.Select(ctx, &list, `select `+EditionColumns+` from budget_editions e where `+where+` and e.id > ? order by e.id limit ?`,
			append(slices.Clone(args), after, clockAtOnce)...); err != nil {
			return errors.Join(failed, err)
		}
		for _, e := range list {
			err := s.db.Write(ctx, func(tx *db.Tx) error { return do(tx, e) })
			if err != nil && fault.KindOf(err) != fault.Conflict {
				failed = errors.Join(failed, fmt.Errorf("edition %s: %w", e.ID, err))
			}
			after = e.ID
		}
		if len(list) < clockAtOnce {
			return failed
		}
	}
}
