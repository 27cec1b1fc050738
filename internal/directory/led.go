package directory

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Led are the units whose head is that of one of the institutions: these
// themselves, and the parts of a complex that one of them is. It lists what
// Leads tells one by one. No institutions lead nothing.
func (s *Service) Led(ctx context.Context, heads []access.InstitutionID) (ids []access.InstitutionID, err error) {
	defer fault.Wrap(&err, "units led by %d institutions", len(heads))
	if len(heads) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select id from directory_institutions where id in (?) or head_unit in (?) order by id`, heads, heads)
	if err != nil {
		return nil, err
	}
	return ids, s.db.Select(ctx, &ids, query, args...)
}
