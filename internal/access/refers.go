package access

import (
	"context"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Refers tells which of the institutions are named by a role, an invitation, a
// claim, an act, a proxy or a card, of today or of the past: such an
// institution may be closed, but not removed.
func (s *Service) Refers(ctx context.Context, r db.Reader, ids []string) (_ map[string]bool, err error) {
	defer fault.Wrap(&err, "what people hold in institutions")
	return db.Among(ctx, r, ids,
		`select distinct institution from access_roles where institution in (?)`,
		`select distinct institution from access_invitations where institution in (?)`,
		`select distinct institution from access_claims where institution in (?)`,
		`select distinct institution from access_acts where institution in (?)`,
		`select distinct institution from access_proxies where institution in (?)`,
		`select distinct institution from access_cards where institution in (?)`)
}
