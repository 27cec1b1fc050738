package evaluation

import (
	"context"
	"fmt"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/privacy"
)

// keepParam is the number of the module above: how long needs are kept.
const keepParam = "needs.keep"

// Purposes are what this package holds personal data for, to be declared in
// wiring: who led what. Answers, and who was asked, are held by package survey.
func (s *Service) Purposes() []privacy.Purpose {
	return []privacy.Purpose{{Key: "needs.evaluation", Module: "needs", Text: "evaluation.purpose", Controller: privacy.Institution,
		Basis: "art. 6 ust. 1 lit. e RODO", Categories: []string{"evaluation.category.led"}, Recipients: []string{"evaluation.recipient.center"},
		Keep: privacy.Keep{Param: keepParam, Since: "evaluation.since.year"}, Holds: []privacy.Holding{s.holdLeaders()}}}
}

func (s *Service) holdLeaders() privacy.Holding {
	return privacy.Holding{Table: "needs_eval_leaders", Title: "evaluation.holding.leaders", Export: s.exportLed,
		Erase: func(ctx context.Context, tx *db.Tx, person string) (int, error) {
			n, err := tx.Exec(ctx, `delete from needs_eval_leaders where person = ?`, person)
			return int(n), err
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) from needs_eval_leaders where ended_key < ?`, lapsed(before))
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
			n, err := tx.Exec(ctx, `delete from needs_eval_leaders where (kind, subject, person) in
				(select kind, subject, person from needs_eval_leaders where ended_key < ? order by ended_key, subject, person limit ?)`, lapsed(before), limit)
			return int(n), err
		}}
}

// lapsed is the key of the beginning of the school year of a moment: what ended
// before it ended in a school year that was over then.
func lapsed(before time.Time) string { return endedKey(schoolYearStart(before).Unix()) }

func (s *Service) exportLed(ctx context.Context, person string) (items []privacy.Item, err error) {
	var list []stored
	if err := s.db.Select(ctx, &list, `select `+storedColumns+` from needs_eval_leaders l join needs_eval_subjects s on s.kind = l.kind and s.id = l.subject
		where l.person = ? order by l.ended_key, l.subject`, person); err != nil {
		return nil, err
	}
	for _, x := range list {
		items = append(items, privacy.Item{ID: x.ID, At: time.Unix(x.EndedAt, 0), Fields: []privacy.Field{{Key: "evaluation.export.title", Value: x.Title}}})
	}
	return items, nil
}

// endedKey is a moment as text of one length, which every database orders alike.
func endedKey(at int64) string { return fmt.Sprintf("%016x", at) }
