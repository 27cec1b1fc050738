package budget

import (
	"context"
	"database/sql"
	"errors"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// EditionByID reads one edition. NotFound when there is none. It does not ask
// who reads: see Service.Sees.
func EditionByID(ctx context.Context, r db.Reader, id EditionID) (e Edition, err error) {
	if err := known(string(id)); err != nil {
		return e, err
	}
	err = r.Get(ctx, &e, `select `+EditionColumns+` from budget_editions e where e.id = ?`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return e, fault.ErrNotFound
	}
	return e, err
}

// CanceledEditions are the editions that were public and were canceled: nobody
// will count their votes.
func CanceledEditions(ctx context.Context, r db.Reader) (list []EditionID, err error) {
	return list, r.Select(ctx, &list, `select e.id from budget_editions e where e.state = ? and e.published_at > 0 order by e.id`, Canceled)
}

// EditionsIn are the editions of some owners that stand in one of the states.
func EditionsIn(ctx context.Context, r db.Reader, owners []access.InstitutionID, states ...State) (list []Edition, err error) {
	if len(owners) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select `+EditionColumns+` from budget_editions e where e.owner in (?) and e.state in (?) order by e.owner, e.year, e.id`, owners, states)
	if err != nil {
		return nil, err
	}
	return list, r.Select(ctx, &list, query, args...)
}
