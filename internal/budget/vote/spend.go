package vote

import (
	"context"

	"kladka/internal/budget"
	"kladka/internal/platform/db"
)

// spend uses a right up, once: false means that there is none, or that it was
// spent already. Of two devices with one slip, or two officers with one
// declaration, one is told so. The hours of the vote are the caller's to check.
//
// The row has no time and no number, and none may be added: with one the order
// of rights could be laid beside the order of envelopes.
func spend(ctx context.Context, tx *db.Tx, edition budget.EditionID, pool budget.PoolID, elector ElectorID, way Way) (bool, error) {
	n, err := tx.Exec(ctx, `update budget_rights set spent = ?, way = ? where edition = ? and pool = ? and elector = ? and spent = ? and way = ''`,
		true, way, edition, pool, elector, false)
	return n > 0, err
}

// Rights are the rights of an elector, spent ones too. It is for the elector's
// own pages and for the desk where they stand, and for nobody else.
func Rights(ctx context.Context, r db.Reader, edition budget.EditionID, elector ElectorID) (list []Right, err error) {
	// An elector belongs to one edition. Asked for by edition, SQLite would walk
	// the rights of all its electors along the primary key.
	err = r.Each(ctx, func(scan func(dest ...any) error) error {
		var of budget.EditionID
		var right Right
		if err := scan(&of, &right.Pool, &right.Spent); err != nil {
			return err
		}
		if of == edition {
			list = append(list, right)
		}
		return nil
	}, `select edition, pool, spent from budget_rights where elector = ? and way <> 'void' order by pool`, elector)
	return list, err
}

// void takes the rights of electors that were not spent away for good. The rows
// stay: had they been deleted, what is left would tell who has voted. The
// condition is a subquery of electors, written in this package.
func void(ctx context.Context, tx *db.Tx, edition budget.EditionID, electors string, args ...any) error {
	_, err := tx.Exec(ctx, `update budget_rights set way = 'void' where edition = ? and spent = ? and elector in (`+electors+`)`,
		append([]any{edition, false}, args...)...)
	return err
}
