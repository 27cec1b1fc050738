package agreements

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// openMost is how many arrangements that wait are told at once.
const openMost = 50

// OpenOf are the arrangements that wait for some institutions, those due first.
// Agreements in force are public, and so is what was arranged under them.
func (s *Service) OpenOf(ctx context.Context, owners []access.InstitutionID) (list []Arrangement, err error) {
	defer fault.Wrap(&err, "open arrangements of %d institutions", len(owners))
	if len(owners) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select `+arrangementColumns+` from agreements_arrangements g join agreements_agreements a on a.id = g.agreement
		where g.owner in (?) and g.state in (?, ?) and a.state <> ? order by g.due, g.id limit ?`, owners, Planned, InProgress, Draft, openMost)
	if err != nil {
		return nil, err
	}
	return list, s.db.Select(ctx, &list, query, args...)
}
