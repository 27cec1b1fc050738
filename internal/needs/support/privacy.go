package support

import (
	"context"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/privacy"
)

// Purposes are what this package holds personal data for, to be declared in
// wiring: who began a process, who works in it for the center, who agreed for a
// side. The words are about a school; they stay for the report.
func (s *Service) Purposes() []privacy.Purpose {
	return []privacy.Purpose{{Key: "needs.support", Module: "needs", Text: "support.purpose", Controller: privacy.Operator,
		Basis: "art. 6 ust. 1 lit. e RODO", Categories: []string{"privacy.category.identity", "privacy.category.role"},
		Recipients: []string{"support.recipient.school", "support.recipient.center"},
		Keep:       privacy.Keep{Param: Keep, Since: "support.since"},
		Holds:      []privacy.Holding{s.holdProcesses(), s.holdConsents()}}}
}

func (s *Service) holdProcesses() privacy.Holding {
	const old = `(p.person <> '' or p.begun_by <> '') and p.year_ends < ?`
	return privacy.Holding{Table: "needs_support_processes", Title: "support.holding.processes", Keeps: "support.keeps",
		Export: s.exportProcesses,
		Erase: func(ctx context.Context, tx *db.Tx, person string) (int, error) {
			named, err := tx.Exec(ctx, `update needs_support_processes set person = '', revision = revision + 1 where person = ?`, person)
			if err != nil {
				return 0, err
			}
			begun, err := tx.Exec(ctx, `update needs_support_processes set begun_by = '', revision = revision + 1 where begun_by = ?`, person)
			return int(named + begun), err
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) from needs_support_processes p where `+old, before.Unix())
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
			n, err := tx.Exec(ctx, `update needs_support_processes set person = '', begun_by = '', revision = revision + 1 where id in
				(select p.id from needs_support_processes p where `+old+` order by p.year_ends, p.id limit ?)`, before.Unix(), limit)
			return int(n), err
		}}
}

func (s *Service) exportProcesses(ctx context.Context, person string) (items []privacy.Item, err error) {
	var list []Process
	if err := s.db.Select(ctx, &list, `select `+columns+` from needs_support_processes p where p.person = ? or p.begun_by = ? order by p.id`, person, person); err != nil {
		return nil, err
	}
	for _, p := range list {
		what := "begun"
		if p.Person == person {
			what = "named"
		}
		items = append(items, privacy.Item{ID: p.ID, At: time.Unix(p.CreatedAt, 0), Fields: []privacy.Field{
			{Key: "support.export.part", Value: what}, {Key: "support.export.school", Value: string(p.School)}, {Key: "support.export.year", Value: yearText(p.SchoolYear)}}})
	}
	return items, nil
}

func (s *Service) holdConsents() privacy.Holding {
	const old = `from needs_support_consents c join needs_support_processes p on p.id = c.process where c.person <> '' and p.year_ends < ?`
	return privacy.Holding{Table: "needs_support_consents", Title: "support.holding.consents", Keeps: "support.keeps",
		Export: func(ctx context.Context, person string) (items []privacy.Item, err error) {
			var list []Consent
			err = s.db.Select(ctx, &list, `select `+consentColumns+` from needs_support_consents c where c.person = ? order by c.process, c.at`, person)
			for _, c := range list {
				item := privacy.Item{ID: c.Process, At: time.Unix(c.At, 0), Fields: []privacy.Field{{Key: "support.export.part", Value: string(c.What)}}}
				if c.Words != "" {
					item.Fields = append(item.Fields, privacy.Field{Key: "support.export.words", Value: c.Words})
				}
				items = append(items, item)
			}
			return items, err
		},
		Erase: func(ctx context.Context, tx *db.Tx, person string) (int, error) {
			n, err := tx.Exec(ctx, `update needs_support_consents set person = '' where person = ?`, person)
			return int(n), err
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) `+old, before.Unix())
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
			var ids []string
			if err := tx.Select(ctx, &ids, `select distinct c.process `+old+` order by c.process limit ?`, before.Unix(), limit); err != nil || len(ids) == 0 {
				return 0, err
			}
			query, args, err := db.In(`update needs_support_consents set person = '' where person <> '' and process in (?)`, ids)
			if err != nil {
				return 0, err
			}
			n, err := tx.Exec(ctx, query, args...)
			return int(n), err
		}}
}
