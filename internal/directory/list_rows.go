package directory

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// rowsShown reads what the rows of a list show, in the order of the ids. It
// takes eleven of the forty columns and scans them by hand: the rest would be
// half of what the page costs.
func rowsShown(ctx context.Context, q db.Reader, ids []access.InstitutionID) (_ []Institution, err error) {
	defer fault.Wrap(&err, "read the rows of a page")
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select id, name, kind, closed, municipality, city, street, house, flat, running_name, running_kind
		from directory_institutions where id in (?)`, ids)
	if err != nil {
		return nil, err
	}
	at := make(map[access.InstitutionID]int, len(ids))
	for n, id := range ids {
		at[id] = n
	}
	rows := make([]Institution, len(ids))
	err = q.Each(ctx, func(scan func(dest ...any) error) error {
		var i Institution
		if err := scan(&i.ID, &i.Name, &i.Kind, &i.Closed, &i.Municipality, &i.City, &i.Street, &i.House, &i.Flat, &i.RunningName, &i.RunningKind); err != nil {
			return err
		}
		rows[at[i.ID]] = i
		return nil
	}, query, args...)
	return rows, err
}
