package ledger

import (
	"context"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/privacy"
)

// Purposes are what this package holds personal data for, to be declared in
// wiring. Facts hold pseudonyms, which only access could lead back to people,
// and only while the key of the school year is there; from the account one finds
// only what somebody typed.
func (s *Service) Purposes() []privacy.Purpose {
	const basis = "art. 6 ust. 1 lit. e RODO"
	return []privacy.Purpose{
		{Key: "ledger.facts", Module: "ledger", Text: "ledger.purpose.facts", Controller: privacy.Operator, Basis: basis, Categories: []string{"ledger.category.key"},
			Recipients: []string{"ledger.recipient.officers"}, Keep: privacy.Keep{Filed: true},
			Holds: []privacy.Holding{s.signed("ledger_facts", "facts", "ledger.keeps.key", "reason", "taken_at", "by_person"), counters()}},
		{Key: "ledger.marks", Module: "ledger", Text: "ledger.purpose.marks", Controller: privacy.Operator, Basis: basis,
			Categories: []string{"privacy.category.identity"}, Recipients: []string{"ledger.recipient.officers"}, Keep: privacy.Keep{Filed: true},
			Holds: []privacy.Holding{s.signed("ledger_hand", "hand", keepsSigned, "title", "at", "by_person"),
				s.signed("ledger_joint", "joint", keepsSigned, "kind", "at", "by_person", "ended_by"),
				s.signed("ledger_rulesets", "rules", keepsSigned, "words", "at", "by_person"),
				s.signed("ledger_sheets", "sheets", keepsSigned, "name", "at", "by_person")}}}
}

const keepsSigned = "ledger.keeps.signed"

// counters hold pseudonyms only: nobody can find a person's rows from the
// account, so they are neither downloaded nor erased one by one.
func counters() privacy.Holding {
	return privacy.Holding{Table: "ledger_heads", Title: "ledger.holding.heads", Withheld: "ledger.withheld.key", Keeps: "ledger.keeps.key"}
}

// signed are rows that name, by id, who wrote them, in one column or several;
// they stay without the name.
func (s *Service) signed(table, name, keeps, words, at string, people ...string) privacy.Holding {
	return privacy.Holding{Table: table, Title: "ledger.holding." + name, Keeps: keeps,
		Export: func(ctx context.Context, who string) (items []privacy.Item, err error) {
			var args []any
			for range people {
				args = append(args, who)
			}
			err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
				var id, text string
				var when int64
				if err := scan(&id, &text, &when); err != nil {
					return err
				}
				items = append(items, privacy.Item{ID: id, At: time.Unix(when, 0), Fields: []privacy.Field{{Key: "ledger.export.words", Value: text}}})
				return nil
			}, `select id, `+words+`, `+at+` from `+table+` where `+strings.Join(people, ` = ? or `)+` = ? order by id`, args...)
			return items, err
		},
		Erase: func(ctx context.Context, tx *db.Tx, who string) (int, error) {
			var all int64
			for _, column := range people {
				n, err := tx.Exec(ctx, `update `+table+` set `+column+` = '' where `+column+` = ?`, who)
				if err != nil {
					return 0, err
				}
				all += n
			}
			return int(all), nil
		}}
}
