package privacy

import (
	"context"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Refers tells which of the institutions are controllers here, signed an
// agreement, got a request or keep documentation: such an institution may be
// closed, but not removed.
func (s *Service) Refers(ctx context.Context, r db.Reader, ids []string) (_ map[string]bool, err error) {
	defer fault.Wrap(&err, "what privacy names institutions")
	return db.Among(ctx, r, ids,
		`select distinct institution from privacy_parties where institution in (?)`,
		`select distinct institution from privacy_agreements where institution in (?)`,
		`select distinct institution from privacy_requests where institution in (?)`,
		`select distinct institution from privacy_records where institution in (?)`)
}
