package access

import (
	"context"
	"slices"
	"strings"

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

// OfficeNames are names for pages of the whole installation, such as the log.
// Of pupils and guardians, whom only their school knows, it gives a mark: the
// end of the id, by which two lines about one person can be told to be so.
func (s *Service) OfficeNames(ctx context.Context, ids []string) (map[string]string, error) {
	names, err := s.NamesOf(ctx, ids)
	if err != nil || len(names) == 0 {
		return names, err
	}
	for some := range slices.Chunk(ids, db.MaxParams) {
		args := make([]any, len(some))
		for i, id := range some {
			args[i] = id
		}
		err := s.db.Each(ctx, func(scan func(dest ...any) error) error {
			var id string
			if err := scan(&id); err != nil {
				return err
			}
			names[id] = "№ " + strings.ToUpper(id[max(0, len(id)-6):])
			return nil
		}, `select distinct person from access_roles where role in ('pupil', 'guardian') and person in `+db.Marks(1, len(some)), args...)
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
