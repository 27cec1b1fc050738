package access

import (
	"context"
	"slices"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Refers tells which of the institutions are named by a role, an invitation, a
// claim, an act or a proxy, of today or of the past: such an institution may be
// closed, but not removed.
func (s *Service) Refers(ctx context.Context, r db.Reader, ids []string) (named map[string]bool, err error) {
	defer fault.Wrap(&err, "what people hold in institutions")
	named = map[string]bool{}
	for some := range slices.Chunk(ids, db.MaxParams) {
		for _, query := range []string{
			`select distinct institution from access_roles where institution in (?)`,
			`select distinct institution from access_invitations where institution in (?)`,
			`select distinct institution from access_claims where institution in (?)`,
			`select distinct institution from access_acts where institution in (?)`,
			`select distinct institution from access_proxies where institution in (?)`,
		} {
			text, args, err := db.In(query, some)
			if err != nil {
				return nil, err
			}
			var found []string
			if err := r.Select(ctx, &found, text, args...); err != nil {
				return nil, err
			}
			for _, id := range found {
				named[id] = true
			}
		}
	}
	return named, nil
}
