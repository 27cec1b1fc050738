package budget

import (
	"context"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/privacy"
)

// Purposes are what this package holds personal data for, to be declared in
// wiring. Votes are not among them: see package vote.
func (s *Service) Purposes() []privacy.Purpose {
	keep := privacy.Keep{Param: KeepMonths, Since: "budget.since.change"}
	return []privacy.Purpose{
		{Key: "budget.editions", Module: "budget", Text: "budget.purpose.editions", Controller: privacy.Operator, Basis: "art. 6 ust. 1 lit. e RODO",
			Categories: []string{"privacy.category.identity", "privacy.category.role"}, Recipients: []string{"privacy.recipient.institution"}, Keep: keep,
			Holds: []privacy.Holding{
				s.hold(naming{table: "budget_editions", name: "editions", people: []string{"created_by"}, words: "title", at: "created_at", old: "changed_at < ?"}),
				s.hold(naming{table: "budget_prices", name: "prices", people: []string{"noted_by"}, words: "name", at: "at",
					old: `edition in (select e.id from budget_editions e where e.changed_at < ?)`})}},
		{Key: "budget.projects", Module: "budget", Text: "budget.purpose.projects", Controller: privacy.Operator, Basis: "art. 6 ust. 1 lit. e RODO",
			Categories: []string{"privacy.category.identity", "privacy.category.words"}, Recipients: []string{"privacy.recipient.institution", "privacy.recipient.public"}, Keep: keep,
			Holds: s.holdProjects()},
	}
}

// holdProjects are the tables of projects that name people.
func (s *Service) holdProjects() []privacy.Holding {
	const project = `(select p.title from budget_projects p where p.id = `
	of := func(table string) (title, old string) {
		return project + table + `.project)`, `project in (select p.id from budget_projects p join budget_editions e on e.id = p.edition where e.changed_at < ?)`
	}
	row := func(table, name, id, at string, people ...string) privacy.Holding {
		title, old := of(table)
		return s.hold(naming{table: table, name: name, id: id, people: people, words: title, at: at, old: old})
	}
	gone := func(table, name string) privacy.Holding {
		title, old := of(table)
		return s.hold(naming{table: table, name: name, id: "project", people: []string{"person"}, words: title, at: "at", old: old, whole: true})
	}
	return []privacy.Holding{
		s.hold(naming{table: "budget_projects", name: "projects", people: []string{"proposer", "decided_by"}, words: "title", at: "created_at",
			old: `edition in (select e.id from budget_editions e where e.changed_at < ?)`}),
		gone("budget_project_signatures", "signatures"),
		gone("budget_project_watchers", "watchers"),
		row("budget_project_lists", "lists", "id", "at", "counted_by"),
		row("budget_project_opinions", "opinions", "id", "asked_at", "valuator"),
		row("budget_project_protests", "protests", "project", "filed_at", "decided_by"),
		row("budget_merges", "merges", "id", "offered_at", "offered_by"),
		row("budget_milestones", "milestones", "id", "at", "noted_by"),
	}
}

// naming is a table whose rows name people. All its parts are written in this
// file: nothing foreign comes into the SQL.
type naming struct {
	table, name string
	id          string   // of a row; "id" when empty
	people      []string // columns with ids of people
	words, at   string   // what a row is shown by in a download
	old         string   // rows of editions that nobody has changed since a moment
	whole       bool     // the row is nothing without the person and goes with the name
}

func (n naming) any(test string) string {
	return "(" + strings.Join(n.people, test+" or ") + test + ")"
}

// hold: an account that is erased leaves the rows without its id, or takes them
// along; after the time of keeping all names go.
func (s *Service) hold(n naming) privacy.Holding {
	if n.id == "" {
		n.id = "id"
	}
	full := n.any(" <> ''") + " and " + n.old
	return privacy.Holding{Table: n.table, Title: "budget.holding." + n.name, Keeps: n.keeps(),
		Export: func(ctx context.Context, person string) (items []privacy.Item, err error) {
			args := make([]any, len(n.people))
			for i := range args {
				args[i] = person
			}
			err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
				var id, words string
				var at int64
				if err := scan(&id, &words, &at); err != nil {
					return err
				}
				items = append(items, privacy.Item{ID: id, At: time.Unix(at, 0), Fields: []privacy.Field{{Key: "budget.export.words", Value: words}}})
				return nil
			}, `select `+n.id+`, coalesce(`+n.words+`, ''), `+n.at+` from `+n.table+` where `+n.any(" = ?")+` order by 1`, args...)
			return items, err
		},
		Erase: func(ctx context.Context, tx *db.Tx, person string) (rows int, err error) {
			for _, column := range n.people {
				query := `update ` + n.table + ` set ` + column + ` = '' where ` + column + ` = ?`
				if n.whole {
					query = `delete from ` + n.table + ` where ` + column + ` = ?`
				}
				k, err := tx.Exec(ctx, query, person)
				if err != nil {
					return 0, err
				}
				rows += int(k)
			}
			return rows, nil
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (rows int, err error) {
			return rows, r.Get(ctx, &rows, `select count(*) from `+n.table+` where `+full, before.Unix())
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, _ int) (int, error) {
			query := `update ` + n.table + ` set ` + strings.Join(n.people, " = '', ") + ` = '' where ` + full
			if n.whole {
				query = `delete from ` + n.table + ` where ` + n.old
			}
			k, err := tx.Exec(ctx, query, before.Unix())
			return int(k), err
		}}
}

// keeps says what stays without the name; nothing stays of a row that goes.
func (n naming) keeps() string {
	if n.whole {
		return ""
	}
	return "budget.keeps." + n.name
}
