package budget

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Two projects can be impossible together: two plans for one square. Which these
// are is known only after the filing, so exclusions can be written until the
// freeze, when they become part of the rules that are hashed.

// numbered is a project as people call it, by its number in the edition.
type numbered struct {
	ID     ProjectID `db:"id"`
	Pool   PoolID    `db:"pool"`
	Number int       `db:"number"`
}

func numberedIn(ctx context.Context, r db.Reader, id EditionID) (list []numbered, err error) {
	return list, r.Select(ctx, &list, `select p.id, p.pool, p.number from budget_projects p where p.edition = ? and p.number > 0 order by p.number`, id)
}

// ChangeExcludes writes the groups of projects of which only one can win: one
// group a line, by the numbers of its projects. Projects of a group stand in one
// pool, for pools are counted apart, and a project stands in one group. Who may:
// whoever runs the edition, until the freeze.
func (s *Service) ChangeExcludes(ctx context.Context, who access.Actor, id EditionID, version int64, lines string) error {
	projects, err := numberedIn(ctx, s.db, id)
	if err != nil {
		return err
	}
	return s.changePart(ctx, who, id, version, func(_ Edition, set *Settings) ([]fault.Field, error) {
		groups, key := parseExcludes(projects, lines)
		set.Rules.Excludes = groups
		if key != "" {
			return []fault.Field{{Name: "wykluczenia", Key: key}}, nil
		}
		return nil, nil
	})
}

// parseExcludes reads groups; the key of what is wrong is "" when nothing is.
func parseExcludes(projects []numbered, lines string) (groups [][]ProjectID, key string) {
	taken := map[ProjectID]bool{}
	for text := range strings.SplitSeq(words(lines), "\n") {
		var group []ProjectID
		for part := range strings.FieldsFuncSeq(text, func(c rune) bool { return c == ',' || c == ' ' || c == ';' }) {
			n := slices.IndexFunc(projects, func(p numbered) bool { return strconv.Itoa(p.Number) == part })
			switch {
			case n < 0:
				return nil, "budget.lack.exclude_unknown"
			case taken[projects[n].ID]:
				return nil, "budget.lack.exclude_twice"
			}
			taken[projects[n].ID] = true
			group = append(group, projects[n].ID)
		}
		switch len(group) {
		case 0:
			continue
		case 1:
			return nil, "budget.lack.exclude_one"
		}
		groups = append(groups, group)
	}
	return groups, ""
}

// stillOn leaves of groups the projects that are on a ballot; a group of fewer
// than two excludes nothing.
func stillOn(groups [][]ProjectID, candidates []Project) (left [][]ProjectID) {
	for _, group := range groups {
		group = slices.DeleteFunc(slices.Clone(group), func(id ProjectID) bool {
			return !slices.ContainsFunc(candidates, func(p Project) bool { return p.ID == id })
		})
		if len(group) > 1 {
			left = append(left, group)
		}
	}
	return left
}

// excludeLines writes groups as parseExcludes reads them.
func excludeLines(projects []numbered, groups [][]ProjectID) string {
	var lines []string
	for _, group := range groups {
		var parts []string
		for _, p := range projects {
			if slices.Contains(group, p.ID) {
				parts = append(parts, strconv.Itoa(p.Number))
			}
		}
		lines = append(lines, strings.Join(parts, ", "))
	}
	return strings.Join(lines, "\n")
}

// excludeLinks are the groups of projects of which only one can win, by their titles
// and in the order of the rules. All of them were filed, so that everybody who reads
// the edition may know them.
func (s *Service) excludeLinks(ctx context.Context, r db.Reader, e Edition) (groups [][]web.Link, err error) {
	ids := slices.Concat(e.Rules.Excludes...)
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select p.id, p.title from budget_projects p where p.edition = ? and p.id in (?)`, e.ID, ids)
	if err != nil {
		return nil, err
	}
	var list []Project
	if err := r.Select(ctx, &list, query, args...); err != nil {
		return nil, err
	}
	titles := map[ProjectID]string{}
	for _, p := range list {
		titles[p.ID] = p.Title
	}
	for _, group := range e.Rules.Excludes {
		var links []web.Link
		for _, id := range group {
			links = append(links, web.Link{Text: titles[id], Href: ProjectHref(id)})
		}
		groups = append(groups, links)
	}
	return groups, nil
}

func (s *Service) getExcludes(w http.ResponseWriter, r *web.Request) error {
	return s.excludesForm(w, r, nil)
}

func (s *Service) excludesForm(w http.ResponseWriter, r *web.Request, refusal error) error {
	id := EditionID(r.PathValue("id"))
	e, p, err := s.settings(w, r, "budget.excludes.title", ExcludesHref(id), refusal, Draft, Published)
	if err != nil {
		return err
	}
	projects, err := numberedIn(r.Context(), s.db, id)
	if err != nil {
		return err
	}
	p.Text = r.L.T("budget.excludes.text")
	p.Fields = []templ.Component{web.Textarea(p.Page, web.Area{Name: "wykluczenia", Label: r.L.T("budget.field.wykluczenia"), Hint: r.L.T("budget.hint.wykluczenia"),
		Value: filled(r, refusal, "wykluczenia", excludeLines(projects, e.Rules.Excludes))})}
	return p.form(w, r, refusal)
}

func (s *Service) postExcludes(w http.ResponseWriter, r *web.Request) error {
	id := EditionID(r.PathValue("id"))
	err := s.ChangeExcludes(r.Context(), access.ActorOf(r.Request), id, version(r), r.Value("wykluczenia"))
	if invalid(err) {
		return s.excludesForm(w, r, err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "saved", Href(id))
}
