package result

import (
	"context"
	"errors"
	"slices"

	"kladka/internal/budget"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// An edition that was canceled is never counted, so there is nothing to object to
// and nothing to keep: envelopes, key and the marks of electors go within the hour.
// Else two keepers could read, years later, votes of which everybody was told that
// nobody ever opens them.

// destroyCanceled destroys what canceled editions have left, once each.
func (s *Service) destroyCanceled(ctx context.Context) (failed error) {
	list, err := s.Editions.Canceled(ctx, s.db)
	if err != nil {
		return err
	}
	for _, id := range list {
		o, err := OpeningOf(ctx, s.db, id)
		if err != nil {
			return errors.Join(failed, err)
		}
		if o.DestroyedAt != 0 {
			continue
		}
		failed = errors.Join(failed, s.dropCanceled(ctx, id))
	}
	return failed
}

// dropCanceled notes that it is done when the traces on the disk are gone too: a
// process that dies in between begins again.
func (s *Service) dropCanceled(ctx context.Context, id budget.EditionID) (err error) {
	defer fault.Wrap(&err, "destroy the envelopes of canceled %s", id)
	e, err := s.Editions.ByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	now := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := s.Box.Destroy(ctx, tx, id, now)
		if err != nil {
			return err
		}
		if err := s.Keys.Forget(ctx, tx, custody.Act{Box: BoxOf(id), Institution: string(e.Owner)}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from budget_ballots where edition = ?`, id); err != nil { // canceled between the opening and the count
			return err
		}
		// A run that is at work finds that the box is not its own any more.
		_, err = tx.Exec(ctx, `insert into budget_openings (edition, state, destroyed) values (?, ?, ?)
			on conflict (edition) do update set destroyed = budget_openings.destroyed + excluded.destroyed, run = '', run_at = 0`, id, Sealed, n)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.db.Forget(ctx, slices.Concat(s.Box.Tables(), custody.Tables(), []string{"budget_ballots"})...); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update budget_openings set destroyed_at = ? where edition = ? and destroyed_at = 0`, now.Unix(), id)
		if err != nil || n == 0 {
			return err
		}
		return s.log(ctx, tx, audit.By{}, actDestroyed, e, nil)
	})
}
