package budget

import (
	"context"
	"database/sql"
	"errors"

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
