package result

import (
	"context"
	"slices"

	"kladka/internal/budget"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// destroy deletes the envelopes of a final result and what is known of their key,
// and then the traces that deleted rows leave: SQLite keeps them in its log and
// in free pages, PostgreSQL as dead rows that still tell which transaction wrote
// them. Only when the traces are gone the edition is noted as destroyed, so that a
// process that dies in between begins again.
//
// Copies of the database that were made before (backups, replicas, an archived
// log) hold the sealed envelopes still. Without two of the three shares nobody
// opens them: the page asks the custodians to destroy theirs.
func (s *Service) destroy(ctx context.Context, id budget.EditionID) (err error) {
	defer fault.Wrap(&err, "destroy the envelopes of %s", id)
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
		_, err = tx.Exec(ctx, `update budget_openings set destroyed = destroyed + ? where edition = ? and state = ?`, n, id, Final)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.db.Forget(ctx, slices.Concat(s.Box.Tables(), custody.Tables())...); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update budget_openings set state = ?, destroyed_at = ? where edition = ? and state = ?`, Destroyed, now.Unix(), id, Final)
		if err != nil || n == 0 {
			return err
		}
		return s.log(ctx, tx, audit.By{}, actDestroyed, e, nil)
	})
}
