package portfolio

import (
	"context"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/privacy"
)

// Purposes are what this package holds personal data for, to be declared in
// wiring. A portfolio is kept as long as the account: only its owner, or the end
// of the account, deletes it.
func (s *Service) Purposes() []privacy.Purpose {
	return []privacy.Purpose{{Key: "training.portfolio", Module: "training", Text: "portfolio.purpose", Controller: privacy.Operator,
		Basis: "art. 6 ust. 1 lit. e RODO", Voluntary: true, Categories: []string{"privacy.category.identity", "portfolio.category.training", "privacy.category.words"},
		Recipients: []string{"privacy.recipient.self", "portfolio.recipient.head"},
		Keep:       privacy.Keep{Param: access.AccountsKeep, Since: "account_data.since.closed"},
		Holds:      []privacy.Holding{s.holdEntries(), s.holdNotes()}}}
}

// kept rows go with the account alone.
func kept(context.Context, db.Reader, time.Time) (int, error)      { return 0, nil }
func nothing(context.Context, *db.Tx, time.Time, int) (int, error) { return 0, nil }

func (s *Service) holdEntries() privacy.Holding {
	return privacy.Holding{Table: "training_portfolio", Title: "portfolio.holding.entries", Export: s.exportEntries, Erase: s.eraseEntries, Expired: kept, Sweep: nothing}
}

func (s *Service) exportEntries(ctx context.Context, person string) (items []privacy.Item, err error) {
	var list []Entry
	if err := s.db.Select(ctx, &list, `select `+columns+` from training_portfolio where person = ? order by id`, person); err != nil {
		return nil, err
	}
	for _, e := range list {
		item := privacy.Item{ID: e.ID, At: time.Unix(e.CreatedAt, 0)}
		for _, f := range [][2]string{{"title", e.Title}, {"issuer", e.Issuer}, {"form", e.Form}, {"hours", strconv.Itoa(e.Hours)}, {"day", e.DoneOn},
			{"state", string(e.State)}, {"place", e.Place}, {"reason", e.Reason}} {
			if f[1] != "" {
				item.Fields = append(item.Fields, privacy.Field{Key: "portfolio.export." + f[0], Value: f[1]})
			}
		}
		items = append(items, item)
	}
	return items, nil
}

func (s *Service) eraseEntries(ctx context.Context, tx *db.Tx, person string) (int, error) {
	var list []Entry
	if err := tx.Select(ctx, &list, `select `+columns+` from training_portfolio where person = ? order by id limit 200`, person); err != nil {
		return 0, err
	}
	for _, e := range list {
		if err := s.remove(ctx, tx, e); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

func (s *Service) holdNotes() privacy.Holding {
	return privacy.Holding{Table: "training_portfolio_notes", Title: "portfolio.holding.notes", Export: s.exportNotes,
		Erase: func(ctx context.Context, tx *db.Tx, person string) (int, error) {
			n, err := tx.Exec(ctx, `delete from training_portfolio_notes where person = ?`, person)
			return int(n), err
		}, Expired: kept, Sweep: nothing}
}

func (s *Service) exportNotes(ctx context.Context, person string) (items []privacy.Item, err error) {
	var list []Note
	if err := s.db.Select(ctx, &list, `select item, sealed, revision, changed_at from training_portfolio_notes where person = ? order by item`, person); err != nil {
		return nil, err
	}
	for _, n := range list {
		if n, err = s.open(person, n); err != nil {
			return nil, err
		}
		items = append(items, privacy.Item{ID: n.Item, At: time.Unix(n.ChangedAt, 0), Fields: []privacy.Field{{Key: "portfolio.export.note", Value: n.Text}}})
	}
	return items, nil
}
