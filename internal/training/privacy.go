package training

import (
	"context"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/law"
	"kladka/internal/platform/privacy"
)

// EnrollmentsKeep is how long the words about a participant stay after the
// training ended. Nobody found the number in an act; the center's archive rules
// decide.
const EnrollmentsKeep = "training.enrollments_keep"

func keepParam() law.Param {
	return law.Param{Key: EnrollmentsKeep, Unit: law.Months, Title: "training.param.enrollments_keep",
		Default: []law.Default{{Value: "60", Basis: "jednolity rzeczowy wykaz akt placówki (do sprawdzenia)"}}}
}

// Purposes are what this package holds personal data for, to be declared in
// wiring before the accounts.
func (s *Service) Purposes() []privacy.Purpose {
	return []privacy.Purpose{{Key: "training.enrollments", Module: "training", Text: "training.purpose.enrollments", Controller: privacy.Operator,
		Basis: "art. 6 ust. 1 lit. e RODO", Categories: []string{"privacy.category.identity", "privacy.category.contact", "privacy.category.role"},
		Recipients: []string{"training.recipient.center", "training.recipient.trainers", "training.recipient.heads"},
		Keep:       privacy.Keep{Param: EnrollmentsKeep, Since: "training.since.enrollments"},
		Holds: []privacy.Holding{s.holdEnrollments(),
			s.ofEnrollments("training_attendance", "attendance", `select x.meeting, x.mark, x.at`),
			s.ofEnrollments("training_marks", "marks", `select x.id, x.mark, x.at`),
			s.ofEnrollments("training_exceptions", "exceptions", `select x.enrollment, x.why, x.at`),
			s.ofEnrollments("training_sent", "sent", `select x.file, '', x.at`),
			s.ofEnrollments("training_received", "received", `select x.enrollment, '', x.at`),
			s.holdFirst(), s.holdTrainers()}}}
}

// ended are enrollments with words about a person, in trainings that ended
// before the mark.
const ended = `e.name <> '' and e.training in (select id from training_trainings where state in ('closed', 'canceled') and ends_at < ?)`

func (s *Service) holdEnrollments() privacy.Holding {
	return privacy.Holding{Table: "training_enrollments", Title: "training.holding.enrollments", Keeps: "training.keeps.enrollments",
		Export: s.exportEnrollments,
		Erase: func(ctx context.Context, tx *db.Tx, person string) (int, error) {
			where, args, err := s.about(ctx, person)
			if err != nil {
				return 0, err
			}
			var ids []string
			if err := tx.Select(ctx, &ids, `select e.id from training_enrollments e where `+where+` and e.name <> '' order by e.id limit 200`, args...); err != nil {
				return 0, err
			}
			return len(ids), s.forget(ctx, tx, ids)
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) from training_enrollments e where `+ended, before.Unix())
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
			var ids []string
			if err := tx.Select(ctx, &ids, `select e.id from training_enrollments e where `+ended+` order by e.id limit ?`, before.Unix(), limit); err != nil {
				return 0, err
			}
			return len(ids), s.forget(ctx, tx, ids)
		}}
}

// about is the condition that an enrollment is about the person, as on their own
// page: what came under the confirmed address from before the account is theirs
// as well. Of an account that is gone already the key alone is left.
func (s *Service) about(ctx context.Context, person string) (where string, args []any, err error) {
	where, args, err = s.mine(ctx, person)
	if fault.KindOf(err) == fault.NotFound {
		return `e.person = ?`, []any{person}, nil
	}
	return where, args, err
}

// forget takes the words from enrollments: the row stays, so that the numbers of
// a training and the log of its queue still hold. A paper that was issued has a
// register of its own.
func (s *Service) forget(ctx context.Context, tx *db.Tx, ids []string) error {
	at := s.now()
	for _, id := range ids {
		if err := s.leaveQueue(ctx, tx, EnrollmentID(id), "", at.Unix()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update training_enrollments set person = '', who_key = 'gone:' || id, name = '', name_key = '', email = '', email_key = '',
			phone = '', needs = '', note = '', agreed = '', institution_name = '', link_no = link_no + 1, revision = revision + 1, changed_at = ? where id = ?`, at.Unix(), id); err != nil {
			return err
		}
		if err := s.dropPapers(ctx, tx, EnrollmentID(id)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update training_exceptions set why = '' where enrollment = ?`, id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) exportEnrollments(ctx context.Context, person string) (items []privacy.Item, err error) {
	var rows []struct {
		Enrollment
		Title string `db:"title"`
	}
	where, args, err := s.about(ctx, person)
	if err != nil {
		return nil, err
	}
	if err := s.db.Select(ctx, &rows, `select `+EnrollmentColumns+`, t.title from training_enrollments e join training_trainings t on t.id = e.training
		where `+where+` order by e.id`, args...); err != nil {
		return nil, err
	}
	for _, row := range rows {
		item := privacy.Item{ID: string(row.ID), At: time.Unix(row.CreatedAt, 0)}
		needs, err := s.openNeeds(row.Enrollment)
		if err != nil {
			return nil, err
		}
		for _, f := range [][2]string{{"training", row.Title}, {"state", string(row.State)}, {"name", row.Name}, {"email", row.Email}, {"phone", row.Phone},
			{"role", string(row.Role)}, {"institution", row.TypedName}, {"needs", needs}, {"note", row.Note}, {"grade", row.Grade}, {"exam", row.ExamResult}} {
			if f[1] != "" {
				item.Fields = append(item.Fields, privacy.Field{Key: "training.export." + f[0], Value: f[1]})
			}
		}
		items = append(items, item)
	}
	return items, nil
}

// ofEnrollments are rows that hang on enrollments: once the enrollment is
// nobody's, so are they. The query reads an id, a word and a moment.
func (s *Service) ofEnrollments(table, name, query string) privacy.Holding {
	return privacy.Holding{Table: table, Title: "training.holding." + name, Keeps: "training.keeps." + name,
		Export: func(ctx context.Context, person string) (items []privacy.Item, err error) {
			where, args, err := s.about(ctx, person)
			if err != nil {
				return nil, err
			}
			err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
				var id, word string
				var at int64
				if err := scan(&id, &word, &at); err != nil {
					return err
				}
				item := privacy.Item{ID: id, At: time.Unix(at, 0)}
				if word != "" {
					item.Fields = []privacy.Field{{Key: "training.export." + name, Value: word}}
				}
				items = append(items, item)
				return nil
			}, query+` from `+table+` x join training_enrollments e on e.id = x.enrollment where `+where+` order by x.at`, args...)
			return items, err
		},
		Erase: untouched, Expired: kept, Sweep: notYet}
}

// What goes with another table is neither counted nor deleted a second time.
func untouched(context.Context, *db.Tx, string) (int, error)      { return 0, nil }
func kept(context.Context, db.Reader, time.Time) (int, error)     { return 0, nil }
func notYet(context.Context, *db.Tx, time.Time, int) (int, error) { return 0, nil }

// holdTrainers: the name of who led a public event stays with it, without the account.
func (s *Service) holdTrainers() privacy.Holding {
	return privacy.Holding{Table: "training_trainers", Title: "training.holding.trainers", Keeps: "training.keeps.trainers",
		Export: func(ctx context.Context, person string) (items []privacy.Item, err error) {
			err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
				var id, name string
				if err := scan(&id, &name); err != nil {
					return err
				}
				items = append(items, privacy.Item{ID: id, Fields: []privacy.Field{{Key: "training.export.name", Value: name}}})
				return nil
			}, `select training, name from training_trainers where person = ? order by training`, person)
			return items, err
		},
		Erase: func(ctx context.Context, tx *db.Tx, person string) (int, error) {
			n, err := tx.Exec(ctx, `update training_trainers set person = '' where person = ?`, person)
			return int(n), err
		},
		Expired: kept, Sweep: notYet}
}

// openNeeds are the accessibility needs of an enrollment, in clear.
func (s *Service) openNeeds(e Enrollment) (string, error) {
	if e.Needs == "" {
		return "", nil
	}
	plain, err := s.Keys.Unseal("training needs", string(e.ID), e.Needs)
	return string(plain), err
}
