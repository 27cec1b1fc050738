package law

import (
	"cmp"
	"context"
	"slices"

	"kladka/internal/platform/db"
)

const columns = `id, key, valid_from, value, legal_basis, verified, verified_by, verified_at, review_by,
	entered_by, entered_at, withdrawn_by, withdrawn_at, withdrawn_reason`

// readRows reads the whole table, some dozens of rows, by key and from the
// newest date on; among rows of one date the one entered last stands first.
func readRows(ctx context.Context, r db.Reader) (map[string][]Row, error) {
	var all []Row
	err := r.Select(ctx, &all, `select `+columns+` from law_params`)
	if err != nil {
		return nil, err
	}
	byKey := map[string][]Row{}
	for _, row := range all {
		byKey[row.Key] = append(byKey[row.Key], row)
	}
	for _, rows := range byKey {
		slices.SortFunc(rows, func(a, b Row) int {
			return cmp.Or(cmp.Compare(b.ValidFrom, a.ValidFrom), cmp.Compare(b.ID, a.ID))
		})
	}
	return byKey, nil
}

func rowByID(ctx context.Context, r db.Reader, id string) (row Row, err error) {
	err = r.Get(ctx, &row, `select `+columns+` from law_params where id = ?`, id)
	return row, err
}

func insert(ctx context.Context, tx *db.Tx, r Row) error {
	_, err := tx.Exec(ctx, `insert into law_params (`+columns+`) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.Key, r.ValidFrom, r.Value, r.Basis, r.Verified, r.VerifiedBy, r.VerifiedAt, r.ReviewBy,
		r.EnteredBy, r.EnteredAt, r.WithdrawnBy, r.WithdrawnAt, r.WithdrawnReason)
	return err
}

// withdraw marks a standing row; it tells whether the row still stood.
func withdraw(ctx context.Context, tx *db.Tx, id, by, reason string, at int64) (bool, error) {
	n, err := tx.Exec(ctx, `update law_params set withdrawn_by = ?, withdrawn_at = ?, withdrawn_reason = ?
		where id = ? and withdrawn_at = 0`, by, at, reason, id)
	return n == 1, err
}
