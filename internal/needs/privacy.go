package needs

import (
	"context"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/privacy"
)

// Purposes are what this package holds personal data for, to be declared in
// wiring. What people answer lies in package survey, which has its own.
func (s *Service) Purposes() []privacy.Purpose {
	keep := privacy.Keep{Param: KeepMonths, Since: "needs.since.year"}
	return []privacy.Purpose{
		{Key: "needs.declarations", Module: "needs", Text: "needs.purpose.declarations", Controller: privacy.Operator, Basis: "art. 6 ust. 1 lit. e RODO",
			Categories: []string{"privacy.category.identity", "privacy.category.role"}, Recipients: []string{"needs.recipient.planners"}, Keep: keep,
			Holds: []privacy.Holding{s.holdDeclarations(), holdLines(), s.holdSigned("needs_campaigns", "campaigns", "created_by", "id", "title", "created_at"),
				s.holdSigned("needs_acts", "acts", "by_person", "campaign", "words", "at"), s.holdSigned("needs_decisions", "decisions", "by_person", "id", "title", "at")}},
		{Key: "needs.interest", Module: "needs", Text: "needs.purpose.interest", Controller: privacy.Operator, Basis: "art. 6 ust. 1 lit. a RODO", Voluntary: true,
			Categories: []string{"privacy.category.identity", "needs.category.topics"}, Recipients: []string{"privacy.recipient.self"}, Keep: keep,
			Holds: []privacy.Holding{s.holdInterest()}}}
}

// over are campaigns whose school year ended before a moment.
const over = `(select id from needs_campaigns where school_year < ?)`

// named are declarations that still name somebody: who wrote them, or somebody
// in own words.
const named = `(by_person <> '' or exists (select 1 from needs_lines l where l.declaration = needs_declarations.id and l.words <> ''))`

// holdDeclarations: an institution's needs stay, the person who wrote them and
// the own words, which may name somebody, go. The words are the institution's:
// they outlive the account of who wrote them, but not the time of keeping.
func (s *Service) holdDeclarations() privacy.Holding {
	return privacy.Holding{Table: "needs_declarations", Title: "needs.holding.declarations", Keeps: "needs.keeps.declarations", Export: s.exportDeclarations,
		Erase: func(ctx context.Context, tx *db.Tx, person string) (int, error) {
			n, err := tx.Exec(ctx, `update needs_declarations set by_person = '' where by_person = ?`, person)
			return int(n), err
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) from needs_declarations where `+named+` and campaign in `+over, directory.SchoolYear(before))
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
			var ids []string
			err := tx.Select(ctx, &ids, `select id from needs_declarations where `+named+` and campaign in `+over+` order by id limit ?`, directory.SchoolYear(before), limit)
			if err != nil {
				return 0, err
			}
			for _, id := range ids {
				if _, err := tx.Exec(ctx, `update needs_declarations set by_person = '' where id = ?`, id); err != nil {
					return 0, err
				}
				if _, err := tx.Exec(ctx, `update needs_lines set words = '' where declaration = ?`, id); err != nil {
					return 0, err
				}
			}
			return len(ids), nil
		}}
}

func (s *Service) exportDeclarations(ctx context.Context, person string) (items []privacy.Item, err error) {
	var list []struct {
		Declaration
		Title string `db:"title"`
	}
	err = s.db.Select(ctx, &list, `select `+declarationColumns+`, c.title from needs_declarations d join needs_campaigns c on c.id = d.campaign where d.by_person = ? order by d.id`, person)
	if err != nil {
		return nil, err
	}
	polish := s.Catalog.In(i18n.PL)
	for _, d := range list {
		names, err := s.Directory.Names(ctx, []access.InstitutionID{d.Institution})
		if err != nil {
			return nil, err
		}
		item := privacy.Item{ID: d.ID, At: time.Unix(d.ChangedAt, 0), Fields: []privacy.Field{{Key: "needs.export.campaign", Value: d.Title},
			{Key: "needs.export.institution", Value: names[d.Institution]}, {Key: "needs.export.as", Value: polish.T("needs.as." + string(d.As))}}}
		lines, err := linesOf(ctx, s.db, d.ID)
		if err != nil {
			return nil, err
		}
		words, err := s.declareWords(ctx, polish, lines)
		if err != nil {
			return nil, err
		}
		for _, w := range words {
			item.Fields = append(item.Fields, privacy.Field{Key: "needs.export.line", Value: w})
		}
		items = append(items, item)
	}
	return items, nil
}

// holdLines: the needs of an institution are downloaded, and their words go, with
// the declaration that they stand in.
func holdLines() privacy.Holding {
	return privacy.Holding{Table: "needs_lines", Title: "needs.holding.lines", Withheld: "needs.withheld.lines", Keeps: "needs.keeps.lines",
		Erase:   func(context.Context, *db.Tx, string) (int, error) { return 0, nil },
		Expired: func(context.Context, db.Reader, time.Time) (int, error) { return 0, nil },
		Sweep:   func(context.Context, *db.Tx, time.Time, int) (int, error) { return 0, nil }}
}

// holdSigned are rows that name who wrote them, by id, and stay without the name.
func (s *Service) holdSigned(table, name, person, id, words, at string) privacy.Holding {
	keeps := "needs.keeps." + name
	if name == "acts" {
		keeps = "needs.keeps.campaigns"
	}
	clear := func(where string) string {
		return `update ` + table + ` set ` + person + ` = '' where ` + person + ` <> '' and ` + where
	}
	old := map[string]string{"campaigns": `id in ` + over, "acts": `campaign in ` + over,
		"decisions": `need in (select n.id from needs_needs n where n.campaign in ` + over + `)`}[name]
	return privacy.Holding{Table: table, Title: "needs.holding." + name, Keeps: keeps,
		Export: func(ctx context.Context, who string) (items []privacy.Item, err error) {
			err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
				var key, text string
				var when int64
				if err := scan(&key, &text, &when); err != nil {
					return err
				}
				items = append(items, privacy.Item{ID: key + "/" + strconv.FormatInt(when, 10), At: time.Unix(when, 0), Fields: []privacy.Field{{Key: "needs.export.words", Value: text}}})
				return nil
			}, `select `+strings.Join([]string{id, words, at}, ", ")+` from `+table+` where `+person+` = ? order by `+at+`, `+id, who)
			return items, err
		},
		Erase: func(ctx context.Context, tx *db.Tx, who string) (int, error) {
			n, err := tx.Exec(ctx, clear(person+` = ?`), who)
			return int(n), err
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) from `+table+` where `+person+` <> '' and `+old, directory.SchoolYear(before))
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, _ int) (int, error) {
			n, err := tx.Exec(ctx, clear(old), directory.SchoolYear(before))
			return int(n), err
		}}
}

// holdInterest goes as a whole: nothing is left to tell.
func (s *Service) holdInterest() privacy.Holding {
	return privacy.Holding{Table: "needs_interest", Title: "needs.holding.interest",
		Export: func(ctx context.Context, person string) (items []privacy.Item, err error) {
			var rows []struct {
				Campaign string `db:"campaign"`
				Title    string `db:"title"`
				Topic    string `db:"topic"`
			}
			err = s.db.Select(ctx, &rows, `select i.campaign, c.title, i.topic from needs_interest i join needs_campaigns c on c.id = i.campaign
				where i.person = ? order by i.campaign, i.topic`, person)
			if err != nil {
				return nil, err
			}
			var ids []string
			for _, r := range rows {
				ids = append(ids, r.Topic)
			}
			names, err := s.Topics.Names(ctx, s.Catalog.In(i18n.PL), ids)
			for _, r := range rows {
				items = append(items, privacy.Item{ID: r.Campaign + "/" + r.Topic, Fields: []privacy.Field{{Key: "needs.export.campaign", Value: r.Title}, {Key: "needs.export.topic", Value: names[r.Topic]}}})
			}
			return items, err
		},
		Erase: func(ctx context.Context, tx *db.Tx, person string) (int, error) {
			n, err := tx.Exec(ctx, `delete from needs_interest where person = ?`, person)
			return int(n), err
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) from needs_interest where campaign in `+over, directory.SchoolYear(before))
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, _ int) (int, error) {
			n, err := tx.Exec(ctx, `delete from needs_interest where campaign in `+over, directory.SchoolYear(before))
			return int(n), err
		}}
}
