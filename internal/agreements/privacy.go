package agreements

import (
	"context"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/privacy"
)

// Purposes are what this package holds personal data for, to be declared in
// wiring: who wrote what in the register, whom parties gave as experts, and who
// signed. Signatures are public acts of people in office and stay.
func (s *Service) Purposes() []privacy.Purpose {
	keep := privacy.Keep{Param: KeepMonths, Since: "agreements.since"}
	categories := []string{"privacy.category.identity", "privacy.category.role"}
	return []privacy.Purpose{
		{Key: "agreements.register", Module: "agreements", Text: "agreements.purpose.register", Controller: privacy.Operator, Basis: "art. 6 ust. 1 lit. e RODO",
			Categories: categories, Recipients: []string{"agreements.recipient.parties"}, Keep: keep,
			Holds: []privacy.Holding{
				s.signed("agreements_agreements", "created_by", "id", "title", "created_at"), s.signed("agreements_proposals", "by_person", "id", "words", "at"),
				s.signed("agreements_arrangements", "by_person", "id", "title", "created_at"), s.signed("agreements_confirmations", "by_person", "id", "remarks", "at")}},
		{Key: "agreements.experts", Module: "agreements", Text: "agreements.purpose.experts", Controller: privacy.Operator, Basis: "art. 6 ust. 1 lit. e RODO",
			Categories: categories, Recipients: []string{"agreements.recipient.parties"}, Keep: keep, Holds: []privacy.Holding{s.holdRequests()}},
		{Key: "agreements.signatories", Module: "agreements", Text: "agreements.purpose.signatories", Controller: privacy.Operator, Basis: "art. 6 ust. 1 lit. e RODO",
			Categories: categories, Recipients: []string{"agreements.recipient.public"}, Keep: keep, Holds: []privacy.Holding{holdSignatories()}}}
}

// signed are rows that name by id who wrote them, and stay without the name.
func (s *Service) signed(table, person, id, words, at string) privacy.Holding {
	name := strings.TrimPrefix(table, "agreements_")
	clear := `update ` + table + ` set ` + person + ` = '' where ` + person + ` <> '' and `
	return privacy.Holding{Table: table, Title: "agreements.holding." + name, Keeps: "agreements.keeps",
		Export: func(ctx context.Context, who string) ([]privacy.Item, error) {
			return s.written(ctx, `select `+strings.Join([]string{id, words, at}, ", ")+` from `+table+` where `+person+` = ? order by `+id, who)
		},
		Erase: func(ctx context.Context, tx *db.Tx, who string) (int, error) {
			n, err := tx.Exec(ctx, clear+person+` = ?`, who)
			return int(n), err
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) from `+table+` where `+person+` <> '' and `+at+` < ?`, before.Unix())
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
			n, err := tx.Exec(ctx, clear+id+` in (select `+id+` from `+table+` where `+person+` <> '' and `+at+` < ? order by `+id+` limit ?)`, before.Unix(), limit)
			return int(n), err
		}}
}

// written reads rows of an id, words and a moment.
func (s *Service) written(ctx context.Context, query string, args ...any) (items []privacy.Item, err error) {
	err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var id, words string
		var at int64
		if err := scan(&id, &words, &at); err != nil {
			return err
		}
		items = append(items, privacy.Item{ID: id, At: unix(at), Fields: []privacy.Field{{Key: "agreements.export.words", Value: words}}})
		return nil
	}, query, args...)
	return items, err
}

// holdRequests: who asked and who answered go by id; the expert, whom the asked
// party named in words, goes with the time of keeping.
func (s *Service) holdRequests() privacy.Holding {
	const named = `(asked_by <> '' or answered_by <> '' or expert <> '')`
	return privacy.Holding{Table: "agreements_requests", Title: "agreements.holding.requests", Keeps: "agreements.keeps",
		Export: func(ctx context.Context, who string) ([]privacy.Item, error) {
			return s.written(ctx, `select id, topic, asked_at from agreements_requests where asked_by = ? or answered_by = ? order by id`, who, who)
		},
		Erase: func(ctx context.Context, tx *db.Tx, who string) (int, error) {
			asked, err := tx.Exec(ctx, `update agreements_requests set asked_by = '' where asked_by = ?`, who)
			if err != nil {
				return 0, err
			}
			answered, err := tx.Exec(ctx, `update agreements_requests set answered_by = '' where answered_by = ?`, who)
			return int(asked + answered), err
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) from agreements_requests where `+named+` and asked_at < ?`, before.Unix())
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
			n, err := tx.Exec(ctx, `update agreements_requests set asked_by = '', answered_by = '', expert = '' where id in
				(select id from agreements_requests where `+named+` and asked_at < ? order by id limit ?)`, before.Unix(), limit)
			return int(n), err
		}}
}

// holdSignatories: names on a public act are not tied to accounts and stay.
func holdSignatories() privacy.Holding {
	return privacy.Holding{Table: "agreements_signatories", Title: "agreements.holding.signatories", Withheld: "agreements.withheld.signatories", Keeps: "agreements.keeps.signatories",
		Erase:   func(context.Context, *db.Tx, string) (int, error) { return 0, nil },
		Expired: func(context.Context, db.Reader, time.Time) (int, error) { return 0, nil },
		Sweep:   func(context.Context, *db.Tx, time.Time, int) (int, error) { return 0, nil }}
}
