package settlement

import (
	"context"
	"time"

	"kladka/internal/platform/privacy"
	"kladka/internal/training"
)

// Purposes are what this package holds personal data for.
func (s *Service) Purposes() []privacy.Purpose {
	return []privacy.Purpose{{Key: "training.dues", Module: "training", Text: "settlement.purpose", Controller: privacy.Operator, Basis: "art. 6 ust. 1 lit. c RODO",
		Categories: []string{"privacy.category.identity"}, Recipients: []string{"settlement.recipient.accountant"}, Keep: privacy.Keep{Filed: true},
		Holds: []privacy.Holding{{Table: "training_dues", Title: "settlement.holding.dues", Keeps: "settlement.keeps.dues", Export: s.export}}}}
}

func (s *Service) export(ctx context.Context, person string) (items []privacy.Item, err error) {
	err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var id, state, invoice, note string
		var at, amount int64
		if err := scan(&id, &at, &amount, &state, &invoice, &note); err != nil {
			return err
		}
		fields := []privacy.Field{{Key: "settlement.export.amount", Value: training.Money(s.Texts, amount)}, {Key: "settlement.export.state", Value: state}}
		for _, f := range [][2]string{{"invoice", invoice}, {"note", note}} {
			if f[1] != "" {
				fields = append(fields, privacy.Field{Key: "settlement.export." + f[0], Value: f[1]})
			}
		}
		items = append(items, privacy.Item{ID: id, At: time.Unix(at, 0), Fields: fields})
		return nil
	}, `select d.enrollment, d.changed_at, d.amount, d.state, d.invoice, d.note from training_dues d join training_enrollments e on e.id = d.enrollment
		where e.person = ? order by d.enrollment`, person)
	return items, err
}
