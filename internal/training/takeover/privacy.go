package takeover

import (
	"context"
	"slices"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/privacy"
	"kladka/internal/training"
)

// Purposes are what this package holds personal data for, to be declared in
// wiring after those of training.
func (s *Service) Purposes() []privacy.Purpose {
	basis := "art. 6 ust. 1 lit. e RODO"
	return []privacy.Purpose{
		{Key: "takeover.register", Module: "training", Text: "takeover.purpose.register", Controller: privacy.Operator, Basis: basis,
			Categories: []string{"privacy.category.identity"}, Recipients: []string{"training.recipient.center"}, Keep: privacy.Keep{Filed: true},
			Holds: []privacy.Holding{{Table: "training_taken", Title: "takeover.holding.taken", Withheld: "takeover.withheld.taken", Keeps: "takeover.keeps.taken"}}},
		{Key: "takeover.doubles", Module: "training", Text: "takeover.purpose.doubles", Controller: privacy.Operator, Basis: basis,
			Categories: []string{"privacy.category.identity"}, Recipients: []string{"training.recipient.center"},
			Keep: privacy.Keep{Param: training.EnrollmentsKeep, Since: "training.since.enrollments"},
			Holds: []privacy.Holding{
				s.holdMembers(),
				{Table: "training_merge_faces", Title: "takeover.holding.faces", Withheld: "takeover.withheld.faces", Erase: noneOf, Expired: notYet, Sweep: nothing},
				{Table: "training_merge_pairs", Title: "takeover.holding.pairs", Withheld: "takeover.withheld.faces", Erase: noneOf, Expired: notYet, Sweep: nothing},
				{Table: "training_merge_moved", Title: "takeover.holding.pairs", Withheld: "takeover.withheld.faces", Erase: noneOf, Expired: notYet, Sweep: nothing},
			}},
	}
}

// Faces and pairs go with their last member, in its erasure and sweep.
func noneOf(context.Context, *db.Tx, string) (int, error)          { return 0, nil }
func notYet(context.Context, db.Reader, time.Time) (int, error)    { return 0, nil }
func nothing(context.Context, *db.Tx, time.Time, int) (int, error) { return 0, nil }

func (s *Service) holdMembers() privacy.Holding {
	return privacy.Holding{Table: "training_merge_members", Title: "takeover.holding.members", Withheld: "takeover.withheld.faces", Keeps: "takeover.keeps.members",
		Erase: func(ctx context.Context, tx *db.Tx, person string) (int, error) {
			n, err := tx.Exec(ctx, `delete from training_merge_members where kind = 'enrollment' and row_id in (select id from training_enrollments where person = ?)`, person)
			if err != nil || n == 0 {
				return int(n), err
			}
			return int(n), forgetFaces(ctx, tx)
		},
		Expired: func(ctx context.Context, r db.Reader, _ time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) from training_merge_members m join training_enrollments e on e.id = m.row_id where m.kind = 'enrollment' and e.name = ''`)
		},
		Sweep: func(ctx context.Context, tx *db.Tx, _ time.Time, limit int) (int, error) {
			var ids []string
			err := tx.Select(ctx, &ids, `select m.row_id from training_merge_members m join training_enrollments e on e.id = m.row_id where m.kind = 'enrollment' and e.name = ''
				order by m.row_id limit ?`, limit)
			if err != nil || len(ids) == 0 {
				return 0, err
			}
			for some := range slices.Chunk(ids, 500) {
				if _, err := tx.Exec(ctx, `delete from training_merge_members where kind = 'enrollment' and row_id in `+db.Marks(1, len(some)), anys(some)...); err != nil {
					return 0, err
				}
			}
			return len(ids), forgetFaces(ctx, tx)
		}}
}

// ImportLinesOf makes a test for lines of our imports: is this one about the
// person? For whoever must find what is kept about somebody. Ask before the
// enrollments are erased: the lines are known by them, and by the papers.
func (s *Service) ImportLinesOf(ctx context.Context, r db.Reader, person string) (func(b importing.Batch, l importing.Line) bool, error) {
	var ids []string
	if person != "" {
		err := r.Select(ctx, &ids, `select id from training_enrollments where person = ? union select id from training_papers where person = ?`, person, person)
		if err != nil {
			return nil, err
		}
	}
	about := map[string]bool{}
	for _, id := range ids {
		about[id] = true
	}
	return func(b importing.Batch, l importing.Line) bool {
		return (b.Kind == Participants || b.Kind == Certificates) && about[l.Object]
	}, nil
}
