package survey

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/privacy"
)

// keptDays is how long what was answered is kept after the close: two school
// years, so that a year can be counted again beside the one before it. What was
// published stays.
const keptDays = 730

// Purposes are what this package holds personal data for, to be declared in
// wiring. Answers of anonymous rounds are nobody's, and stand here all the same:
// people write of people, and they are deleted in time.
func (s *Service) Purposes() []privacy.Purpose {
	return []privacy.Purpose{{Key: "survey.answers", Module: "survey", Text: "survey.purpose", Controller: privacy.Operator,
		Basis: "art. 6 ust. 1 lit. e RODO", Voluntary: true,
		Categories: []string{"privacy.category.identity", "survey.category", "privacy.category.words"},
		Recipients: []string{"privacy.recipient.self", "survey.recipient"},
		Keep:       privacy.Keep{Days: keptDays, Since: "survey.since"},
		Holds: []privacy.Holding{
			s.holding("survey_invited", "survey.holding.invited", "person", s.exportInvited, eraseRows(`delete from survey_invited where person = ?`)),
			s.holding("survey_answers", "survey.holding.answers", "id", s.exportAnswers, eraseRows(`delete from survey_answers where person = ?`)),
			s.holding("survey_drafts", "survey.holding.drafts", "person", s.exportDrafts, eraseRows(`delete from survey_drafts where person = ?`)),
			s.nobodys("survey_envelopes", "survey.holding.envelopes", "id"),
			s.nobodys("survey_opened", "survey.holding.opened", "n"),
			s.nobodys("survey_texts", "survey.holding.words", "question, n"),
		}}}
}

type exporting func(ctx context.Context, person string) ([]privacy.Item, error)
type erasing func(ctx context.Context, tx *db.Tx, person string) (int, error)

// holding is a table of rows that go with their round: a row is expired when its
// round was over long ago. The key names it beside the round.
func (s *Service) holding(table, title, key string, export exporting, erase erasing) privacy.Holding {
	columns := "round, " + key
	old := ` where round in (select id from survey_rounds where closes_at < ?)`
	return privacy.Holding{Table: table, Title: title, Export: export, Erase: erase,
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			err = r.Get(ctx, &n, `select count(*) from `+table+old, before.Unix())
			return n, err
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
			n, err := tx.Exec(ctx, `delete from `+table+` where (`+columns+`) in (select `+columns+` from `+table+old+` limit ?)`, before.Unix(), limit)
			return int(n), err
		}}
}

func (s *Service) withheld(h privacy.Holding, why string) privacy.Holding {
	h.Withheld = why
	return h
}

// nobodys are rows of which nobody can say whose they are.
func (s *Service) nobodys(table, title, key string) privacy.Holding {
	h := s.withheld(s.holding(table, title, key, nil, nil), "survey.withheld")
	h.Keeps = "survey.keeps"
	return h
}

func eraseRows(statement string) erasing {
	return func(ctx context.Context, tx *db.Tx, person string) (int, error) {
		n, err := tx.Exec(ctx, statement, person)
		return int(n), err
	}
}

// exportRow is any row of a person.
type exportRow struct {
	Round      RoundID      `db:"round"`
	Definition DefinitionID `db:"definition"`
	Unit       string       `db:"unit"`
	Answered   bool         `db:"answered"`
	Sealed     string       `db:"sealed"`
	ChangedAt  int64        `db:"changed_at"`
}

func (s *Service) exported(ctx context.Context, query, person string, fields func(row exportRow, d Definition) ([]privacy.Field, error)) (items []privacy.Item, err error) {
	var rows []exportRow
	if err := s.db.Select(ctx, &rows, query, person); err != nil {
		return nil, err
	}
	for _, row := range rows {
		d, err := s.DefinitionByID(ctx, s.db, row.Definition)
		if err != nil {
			return nil, err
		}
		item := privacy.Item{ID: string(row.Round), Fields: []privacy.Field{{Key: "survey.export.title", Value: d.Title[i18n.PL]}}}
		if row.ChangedAt != 0 {
			item.At = time.Unix(row.ChangedAt, 0)
		}
		more, err := fields(row, d)
		if err != nil {
			return nil, err
		}
		item.Fields = append(item.Fields, more...)
		items = append(items, item)
	}
	return items, nil
}

func (s *Service) exportInvited(ctx context.Context, person string) ([]privacy.Item, error) {
	return s.exported(ctx, `select i.round, r.definition, i.unit, i.answered from survey_invited i join survey_rounds r on r.id = i.round
		where i.person = ? order by i.round`, person, func(row exportRow, _ Definition) ([]privacy.Field, error) {
		return []privacy.Field{{Key: "survey.export.unit", Value: row.Unit}, {Key: "survey.export.answered", Value: s.yes(row.Answered)}}, nil
	})
}

// yes is a truth in Polish, the language of the archive.
func (s *Service) yes(is bool) string {
	if s.catalog == nil {
		return fmt.Sprint(is)
	}
	if is {
		return s.catalog.In(i18n.PL).T("survey.yes")
	}
	return s.catalog.In(i18n.PL).T("survey.no")
}

func (s *Service) exportAnswers(ctx context.Context, person string) ([]privacy.Item, error) {
	return s.exported(ctx, `select a.round, r.definition, a.unit, a.sealed, a.changed_at from survey_answers a join survey_rounds r on r.id = a.round
		where a.person = ? order by a.round`, person, func(row exportRow, d Definition) ([]privacy.Field, error) {
		a, err := s.unseal(answersKey, row.Round, person, row.Sealed)
		return []privacy.Field{{Key: "survey.export.unit", Value: row.Unit}, {Key: "survey.export.answer", Value: d.plain(a)}}, err
	})
}

func (s *Service) exportDrafts(ctx context.Context, person string) ([]privacy.Item, error) {
	return s.exported(ctx, `select a.round, r.definition, a.sealed, a.changed_at from survey_drafts a join survey_rounds r on r.id = a.round
		where a.person = ? order by a.round`, person, func(row exportRow, d Definition) ([]privacy.Field, error) {
		a, err := s.unseal(draftsKey, row.Round, person, row.Sealed)
		return []privacy.Field{{Key: "survey.export.answer", Value: d.plain(a)}}, err
	})
}

// plain are answers in words, a line for each.
func (d Definition) plain(a Answers) string {
	var lines []string
	for _, s := range d.Sections {
		for i := range s.Questions {
			q := &s.Questions[i]
			for _, key := range q.keys() {
				if len(a[key]) == 0 {
					continue
				}
				line := q.Title[i18n.PL]
				if row, ok := strings.CutPrefix(key, q.ID+"."); ok {
					if at := optionAt(q.Rows, row); at >= 0 {
						line += " " + q.Rows[at].Text[i18n.PL]
					}
				}
				var values []string
				for _, v := range a[key] {
					if at := optionAt(q.Options, v); at >= 0 {
						v = q.Options[at].Text[i18n.PL]
					}
					values = append(values, v)
				}
				lines = append(lines, line+": "+strings.Join(values, ", "))
			}
		}
	}
	return strings.Join(lines, "\n")
}
