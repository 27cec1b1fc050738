package budget

import (
	"context"
	"slices"
	"strings"

	"kladka/internal/platform/db"
	"kladka/internal/platform/web"
)

// ProjectFilter narrows a list of projects; what is empty narrows nothing.
type ProjectFilter struct {
	Pool     PoolID
	Category string
	State    ProjectState
	Area     string // district
}

const projectsOnPage = 30

// where is the condition of the filter with its arguments. Drafts are in no list.
func (f ProjectFilter) where(edition EditionID) (query string, args []any) {
	parts, args := []string{"p.edition = ?", "p.state <> ?"}, []any{edition, ProjectDraft}
	for _, one := range []struct{ column, value string }{{"p.pool", string(f.Pool)}, {"p.category", f.Category}, {"p.state", string(f.State)}, {"p.area", f.Area}} {
		if one.value != "" {
			parts, args = append(parts, one.column+" = ?"), append(args, one.value)
		}
	}
	return strings.Join(parts, " and "), args
}

// projectsIn reads a page of the projects of an edition by title.
func (s *Service) projectsIn(ctx context.Context, edition EditionID, f ProjectFilter, at web.Cursor) (rows []Project, more bool, err error) {
	side, order := "p.title_key > ? or p.title_key = ? and p.id > ?", "p.title_key, p.id"
	if at.Back {
		side, order = "p.title_key < ? or p.title_key = ? and p.id < ?", "p.title_key desc, p.id desc"
	}
	where, args := f.where(edition)
	err = s.db.Select(ctx, &rows, `select `+ProjectColumns+` from budget_projects p where `+where+` and (`+side+`) order by `+order+` limit ?`,
		append(args, at.Key, at.Key, at.ID, projectsOnPage+1)...)
	if err != nil {
		return nil, false, err
	}
	if more = len(rows) > projectsOnPage; more {
		rows = rows[:projectsOnPage]
	}
	if at.Back {
		slices.Reverse(rows)
	}
	return rows, more, nil
}

// mostOnMap is how many projects the map draws.
const mostOnMap = 3000

// placed are the projects of a filter that have a place on the map, with what the
// map shows of them.
func (s *Service) placed(ctx context.Context, edition EditionID, f ProjectFilter) (list []Project, err error) {
	where, args := f.where(edition)
	return list, s.db.Select(ctx, &list, `select p.id, p.title, p.place, p.lat, p.lon from budget_projects p where `+where+` and p.lat <> 0 order by p.id limit ?`, append(args, mostOnMap)...)
}

// anyPlaced tells whether the map of a filter has anything to show. In a school no
// project need have a place.
func (s *Service) anyPlaced(ctx context.Context, edition EditionID, f ProjectFilter) (found bool, err error) {
	where, args := f.where(edition)
	return found, s.db.Get(ctx, &found, `select exists (select 1 from budget_projects p where `+where+` and p.lat <> 0)`, args...)
}

// draftsOf are the drafts of a person in an edition.
func (s *Service) draftsOf(ctx context.Context, person string, edition EditionID) (list []Project, err error) {
	if person == "" {
		return nil, nil
	}
	return list, s.db.Select(ctx, &list, `select `+ProjectColumns+` from budget_projects p where p.proposer = ? and p.edition = ? and p.state = ? order by p.id`, person, edition, ProjectDraft)
}

// waitingIn are projects of an edition that wait for the office, the oldest
// number first; those whose decision is noted come at the end.
func (s *Service) waitingIn(ctx context.Context, edition EditionID, states ...ProjectState) (list []Project, err error) {
	query, args, err := db.In(`select `+ProjectColumns+` from budget_projects p where p.edition = ? and p.state in (?) order by case when p.verdict = '' then 0 else 1 end, p.number, p.id limit 500`,
		edition, states)
	if err != nil {
		return nil, err
	}
	return list, s.db.Select(ctx, &list, query, args...)
}
