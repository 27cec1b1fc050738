package papers

import (
	"context"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/privacy"
)

// keepBirths is how long birth data stay that no paper came of, in days.
const keepBirths = 365

// Purposes are what this package holds personal data for, to be declared in
// wiring. Papers are the center's documentation: who asks for erasure is told
// that they stay, and why.
func (s *Service) Purposes() []privacy.Purpose {
	categories := []string{"privacy.category.identity", "papers.category.birth", "papers.category.course"}
	recipients := []string{"papers.recipient.officers", "papers.recipient.holders"}
	return []privacy.Purpose{{Key: "papers.papers", Module: "training", Text: "papers.purpose.papers", Controller: privacy.Institution,
		Basis: "art. 6 ust. 1 lit. c RODO, przepisy o placówkach doskonalenia nauczycieli (podstawa do sprawdzenia)", Categories: categories, Recipients: recipients,
		Keep: privacy.Keep{Filed: true}, Holds: []privacy.Holding{s.holdPapers(), s.holdCopies(), s.holdBirths(), holdSettings()}}}
}

func (s *Service) holdPapers() privacy.Holding {
	return privacy.Holding{Table: "training_papers", Title: "papers.holding.papers", Keeps: "papers.keeps.papers", Export: s.exportPapers}
}

// addressKey is the key under which enrollments keep the confirmed address of a
// person, "" when there is none, or nobody to ask.
func (s *Service) addressKey(ctx context.Context, person string) (string, error) {
	keys, ok := s.Trainings.(interface{ EmailKey(address string) string })
	if !ok || s.People == nil {
		return "", nil
	}
	p, err := s.People.Reachable(ctx, access.PersonID(person))
	if fault.KindOf(err) == fault.NotFound || err == nil && p.Email == "" {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return keys.EmailKey(p.Email), nil
}

// allOf are the papers of a person, with those got as a guest under the address
// that the account has.
func (s *Service) allOf(ctx context.Context, person string) ([]Owned, error) {
	key, err := s.addressKey(ctx, person)
	if err != nil {
		return nil, err
	}
	return s.ofPerson(ctx, person, key)
}

func item(id string, at int64, pairs ...string) privacy.Item {
	it := privacy.Item{ID: id, At: time.Unix(at, 0)}
	for n := 0; n+1 < len(pairs); n += 2 {
		if pairs[n+1] != "" {
			it.Fields = append(it.Fields, privacy.Field{Key: "papers.export." + pairs[n], Value: pairs[n+1]})
		}
	}
	return it
}

func (s *Service) exportPapers(ctx context.Context, person string) (items []privacy.Item, err error) {
	list, err := s.allOf(ctx, person)
	for _, p := range list {
		items = append(items, item(string(p.ID), p.IssuedAt, "number", p.Number, "name", p.Name, "title", p.Title, "hours", strconv.Itoa(p.Hours), "issued", p.IssuedOn, "state", string(p.State)))
	}
	return items, err
}

func (s *Service) holdCopies() privacy.Holding {
	return privacy.Holding{Table: "training_paper_copies", Title: "papers.holding.copies", Keeps: "papers.keeps.papers", Export: s.exportCopies}
}

func (s *Service) exportCopies(ctx context.Context, person string) (items []privacy.Item, err error) {
	list, err := s.allOf(ctx, person)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		copies, err := copiesOf(ctx, s.db, p.ID)
		if err != nil {
			return nil, err
		}
		for _, c := range copies {
			words, err := s.unseal(c.ID, c.Content)
			if err != nil {
				return nil, err
			}
			items = append(items, item(string(c.ID), c.At, "number", words.Number, "name", words.Name, "birth", words.BirthDay+", "+words.BirthPlace, "title", words.Title))
		}
	}
	return items, nil
}

// bornOf picks the birth data of a person, those of a guest under the address
// of the account among them.
const bornOf = `(person = ? or person = '' and enrollment in ` + enrolled + `)`

// holdBirths are erased with the person where no paper was issued.
func (s *Service) holdBirths() privacy.Holding {
	const loose = `not exists (select 1 from training_papers p where p.enrollment = training_paper_births.enrollment)`
	return privacy.Holding{Table: "training_paper_births", Title: "papers.holding.births", Keeps: "papers.keeps.papers", Export: s.exportBirths,
		Erase: func(ctx context.Context, tx *db.Tx, person string) (int, error) {
			key, err := s.addressKey(ctx, person)
			if err != nil {
				return 0, err
			}
			n, err := tx.Exec(ctx, `delete from training_paper_births where `+bornOf+` and `+loose, append([]any{person}, enrolledBy(person, key)...)...)
			return int(n), err
		}}
}

func (s *Service) exportBirths(ctx context.Context, person string) (items []privacy.Item, err error) {
	var rows []struct {
		Enrollment string `db:"enrollment"`
		At         int64  `db:"at"`
	}
	key, err := s.addressKey(ctx, person)
	if err != nil {
		return nil, err
	}
	if err := s.db.Select(ctx, &rows, `select enrollment, at from training_paper_births where `+bornOf+` order by enrollment`, append([]any{person}, enrolledBy(person, key)...)...); err != nil {
		return nil, err
	}
	for _, row := range rows {
		b, err := s.birthOf(ctx, s.db, enrollmentID(row.Enrollment))
		if err != nil {
			return nil, err
		}
		items = append(items, item(row.Enrollment, row.At, "birth", b.Day+", "+b.Place))
	}
	return items, nil
}

func holdSettings() privacy.Holding {
	return privacy.Holding{Table: "training_paper_centers", Title: "papers.holding.settings", Withheld: "papers.withheld.settings", Keeps: "papers.keeps.papers"}
}

// sweepBirths forgets birth data of a year ago that no paper came of.
func (s *Service) sweepBirths(ctx context.Context, now time.Time) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from training_paper_births where enrollment in (select b.enrollment from training_paper_births b where b.at < ?
			and not exists (select 1 from training_papers p where p.enrollment = b.enrollment) limit 500)`, now.AddDate(0, 0, -keepBirths).Unix())
		return err
	})
}
