package access

import (
	"context"

	"kladka/internal/platform/db"
)

// NamesOf are the names of people by their ids, for pages that may show them.
// Who was erased has none.
func (s *Service) NamesOf(ctx context.Context, ids []string) (map[string]string, error) {
	names := map[string]string{}
	for len(ids) > 0 {
		some := ids[:min(len(ids), db.MaxParams)]
		ids = ids[len(some):]
		args := make([]any, len(some))
		for i, id := range some {
			args[i] = id
		}
		err := s.db.Each(ctx, func(scan func(dest ...any) error) error {
			var id, name string
			if err := scan(&id, &name); err != nil {
				return err
			}
			names[id] = name
			return nil
		}, `select id, name from access_people where id in `+db.Marks(1, len(some)), args...)
		if err != nil {
			return nil, err
		}
	}
	return names, nil
}

// Reachable is the account as letters need it: its address stays inside the
// program. Closed accounts are there as well; see Person.ClosedAt.
func (s *Service) Reachable(ctx context.Context, id PersonID) (Person, error) {
	var p Person
	err := s.db.Get(ctx, &p, `select `+personColumns+` from access_people where id = ?`, id)
	return p, err
}
