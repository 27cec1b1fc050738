package directory

import (
	"context"
	"strings"

	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// FindNames are the ids of open institutions by the beginnings of words of
// their names, in the order of the list, at most n.
func (s *Service) FindNames(ctx context.Context, words string, n int) (_ []string, err error) {
	defer fault.Wrap(&err, "find institutions")
	r, err := s.rollNow(ctx)
	if err != nil {
		return nil, err
	}
	hits, err := s.matching(ctx, r, strings.Fields(i18n.Fold(words)))
	if err != nil {
		return nil, err
	}
	var ids []string
	for at := range r.entries {
		if len(ids) < n && hits.has(int32(at)) && !r.entries[at].closed {
			ids = append(ids, string(r.entries[at].id))
		}
	}
	return ids, nil
}

// OfKind are the open institutions of a kind by name, the first 200: for
// choosing one of the few that there are.
func (s *Service) OfKind(ctx context.Context, k Kind) (all []Institution, err error) {
	defer fault.Wrap(&err, "institutions of kind %s", k)
	return all, s.db.Select(ctx, &all, `select `+columns+` from directory_institutions where kind = ? and closed = ? order by sort_key, id limit 200`, k, false)
}

// schoolKinds are the kinds in which children learn by classes or groups.
func schoolKinds() []register.Type {
	return []register.Type{register.Kindergarten, register.PreschoolPoint, register.PreschoolGroup, register.Primary, register.LowerSecondary,
		register.GeneralSecondary, register.TechnicalSecondary, register.VocationalFirst, register.VocationalSecond, register.SpecialVocational,
		register.PostSecondary, register.Music, register.Arts}
}

// SchoolsIn are the schools and kindergartens that lie in a municipality,
// whoever runs them: the first most by name, and how many there are. A complex
// is counted by its parts.
func (s *Service) SchoolsIn(ctx context.Context, town string, most int) (list []Institution, all int, err error) {
	defer fault.Wrap(&err, "schools in %s", town)
	count, args, err := db.In(`select count(*) from directory_institutions where municipality = ? and closed = ? and kind in (?)`, town, false, schoolKinds())
	if err != nil {
		return nil, 0, err
	}
	if err := s.db.Get(ctx, &all, count, args...); err != nil {
		return nil, 0, err
	}
	query, args, err := db.In(`select `+columns+` from directory_institutions where municipality = ? and closed = ? and kind in (?)
		order by sort_key, id limit ?`, town, false, schoolKinds(), most)
	if err != nil {
		return nil, 0, err
	}
	return list, all, s.db.Select(ctx, &list, query, args...)
}
