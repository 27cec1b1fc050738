package meetings

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
)

// openOfMost is how many action items of an institution are told at once.
const openOfMost = 50

// OpenOf are the action items that wait for an institution, those due first.
// They are not public: the caller knows who acts for it.
func (s *Service) OpenOf(ctx context.Context, at access.InstitutionID) (list []Action, err error) {
	defer fault.Wrap(&err, "open action items of institution %s", at)
	return list, s.db.Select(ctx, &list, `select `+actionColumns+` from meetings_actions c where c.institution = ? and c.state = ? order by c.due_at, c.id limit ?`,
		at, ActionOpen, openOfMost)
}
