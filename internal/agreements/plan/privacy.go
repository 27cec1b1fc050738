package plan

import (
	"context"
	"strings"
	"time"

	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/privacy"
)

// Purposes are what this package holds personal data for, to be declared in
// wiring: who wrote, entered and approved what.
func (s *Service) Purposes() []privacy.Purpose {
	own := privacy.Purpose{Key: "plan.authors", Module: "plan", Text: "plan.purpose.authors", Controller: privacy.Operator, Basis: "art. 6 ust. 1 lit. e RODO",
		Categories: []string{"privacy.category.identity", "privacy.category.role"}, Recipients: []string{"plan.recipient.association"},
		Keep: privacy.Keep{Param: KeepMonths, Since: "plan.since.end"}}
	for _, t := range signedTables() {
		own.Holds = append(own.Holds, s.holdSigned(t))
	}
	return append([]privacy.Purpose{own}, s.draftPurposes()...)
}

// signed is a table whose rows name people by id, each with the words that they
// signed and when. Of is the condition that a row belongs to a plan of the list
// that follows.
type signed struct {
	table, id, of string
	by            []signature
}

// signature is a column with a person's id, and what that person wrote.
type signature struct{ person, words, at string }

// overPlans are plans whose last year ended before a school year.
const overPlans = `(select id from plan_plans where year_to < ?)`

func signedTables() []signed {
	const indicators = `indicator in (select i.id from plan_indicators i where i.plan in ` + overPlans + `)`
	return []signed{{"plan_plans", "id", `id in ` + overPlans, []signature{{"created_by", "title", "created_at"}}},
		{"plan_action_steps", "action", `action in (select a.id from plan_actions a where a.plan in ` + overPlans + `)`, []signature{{"by_person", "words", "at"}}},
		{"plan_indicator_versions", "indicator", indicators, []signature{{"by_person", "words", "at"}}},
		{"plan_readings", "id", indicators, []signature{{"by_person", "note", "at"}, {"decided_by", "reason", "decided_at"}}}}
}

// holdSigned are rows that stay without the names.
func (s *Service) holdSigned(t signed) privacy.Holding {
	return privacy.Holding{Table: t.table, Title: "plan.holding." + t.table, Keeps: "plan.keeps",
		Export: func(ctx context.Context, who string) (items []privacy.Item, err error) {
			for _, by := range t.by {
				if err := s.exportSigned(ctx, t, by, who, &items); err != nil {
					return nil, err
				}
			}
			return items, nil
		},
		Erase: func(ctx context.Context, tx *db.Tx, who string) (n int, err error) {
			return t.clear(ctx, tx, func(by signature) (string, any) { return by.person + ` = ?`, who })
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) from `+t.table+` where (`+t.named()+`) and `+t.of, directory.SchoolYear(before))
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, _ int) (int, error) {
			return t.clear(ctx, tx, func(signature) (string, any) { return t.of, directory.SchoolYear(before) })
		}}
}

// named is the condition that a row still names somebody.
func (t signed) named() string {
	var any []string
	for _, by := range t.by {
		any = append(any, by.person+` <> ''`)
	}
	return strings.Join(any, " or ")
}

// clear empties the columns of people where the condition holds.
func (t signed) clear(ctx context.Context, tx *db.Tx, where func(signature) (string, any)) (all int, err error) {
	for _, by := range t.by {
		condition, arg := where(by)
		n, err := tx.Exec(ctx, `update `+t.table+` set `+by.person+` = '' where `+by.person+` <> '' and `+condition, arg)
		if err != nil {
			return all, err
		}
		all += int(n)
	}
	return all, nil
}

func (s *Service) exportSigned(ctx context.Context, t signed, by signature, who string, items *[]privacy.Item) error {
	return s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var id, words string
		var at int64
		if err := scan(&id, &words, &at); err != nil {
			return err
		}
		when := time.Unix(at, 0)
		*items = append(*items, privacy.Item{ID: id + "/" + when.UTC().Format(time.RFC3339), At: when, Fields: []privacy.Field{{Key: "plan.export.words", Value: words}}})
		return nil
	}, `select `+t.id+`, `+by.words+`, `+by.at+` from `+t.table+` where `+by.person+` = ? order by `+by.at+`, `+t.id, who)
}
