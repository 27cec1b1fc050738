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

// InRostersOnly tells which of the people are pupils or guardians and never were
// anything else: their names are seen in the rosters of their school alone.
func (s *Service) InRostersOnly(ctx context.Context, ids []string) (map[string]bool, error) {
	only := map[string]bool{}
	for some := range slices.Chunk(ids, db.MaxParams) {
		query, args, err := db.In(`select p.id from access_people p where p.id in (?)
			and exists (select 1 from access_roles r where r.person = p.id and r.role in ('pupil', 'guardian'))
			and not exists (select 1 from access_roles r where r.person = p.id and r.role not in ('pupil', 'guardian'))`, some)
		if err != nil {
			return nil, err
		}
		var found []string
		if err := s.db.Select(ctx, &found, query, args...); err != nil {
			return nil, err
		}
		for _, id := range found {
			only[id] = true
		}
	}
	return only, nil
}

// Reachable is the account as letters need it: its address stays inside the
// program. Closed accounts are there as well; see Person.ClosedAt.
func (s *Service) Reachable(ctx context.Context, id PersonID) (Person, error) {
	var p Person
	err := s.db.Get(ctx, &p, `select `+personColumns+` from access_people where id = ?`, id)
	return p, err
}
