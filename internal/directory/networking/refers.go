package networking

import (
	"context"
	"slices"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Refers tells which of the institutions an entry or a request names: such an
// institution may be closed, but not removed.
func (s *Service) Refers(ctx context.Context, r db.Reader, ids []string) (named map[string]bool, err error) {
	defer fault.Wrap(&err, "what contacts name institutions")
	named = map[string]bool{}
	for some := range slices.Chunk(ids, db.MaxParams) {
		for _, query := range []string{
			`select distinct institution from directory_network_entries where institution in (?)`,
			`select distinct institution from directory_contact_requests where institution in (?)`,
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
