package survey

import (
	"context"
	"errors"
	"strconv"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Sheets are the forms of a unit that came on paper: Marked people handed one
// in, Typed of the forms were entered. Which is whose is written down nowhere.
type Sheets struct {
	Marked int `db:"marked"`
	Typed  int `db:"typed"`
}

// Waiting is how many forms are still to be typed in.
func (p Sheets) Waiting() int { return p.Marked - p.Typed }

// SheetsOf reads how many forms of a unit came on paper.
func SheetsOf(ctx context.Context, r db.Reader, round RoundID, unit string) (p Sheets, err error) {
	err = r.Get(ctx, &p, `select marked, typed from survey_paper where round = ? and unit = ?`, round, unit)
	if errors.Is(err, fault.ErrNotFound) {
		return Sheets{}, nil
	}
	return p, err
}

// paperRoll are the people of a unit who have not answered, by id.
func paperRoll(ctx context.Context, r db.Reader, round RoundID, unit string) (people []string, err error) {
	err = r.Select(ctx, &people, `select person from survey_invited where round = ? and unit = ? and answered = false order by person`, round, unit)
	return people, err
}

// MarkPaper notes that people of a unit handed in a form on paper: they have
// answered. Somebody who has answered already, or is of another unit, is left
// out; n is how many were marked, and as many forms may be typed in. Who may is
// asked by the caller. The log tells how many, not who: in an anonymous round it
// would tell when.
func (s *Service) MarkPaper(ctx context.Context, by audit.By, round RoundID, unit string, people []string) (n int, err error) {
	defer fault.Wrap(&err, "forms on paper of %s in round %s", unit, round)
	at := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n = 0
		rd, err := s.RoundByID(ctx, tx, round)
		if err != nil {
			return err
		}
		if err := rd.takes(at); err != nil {
			return err
		}
		for _, p := range people {
			marked, err := tx.Exec(ctx, `update survey_invited set answered = true
				where round = ? and person = ? and unit = ? and answered = false and `+roundOpen, round, p, unit, round, rd.Definition)
			if err != nil {
				return err
			}
			n += int(marked)
		}
		if n == 0 {
			return fault.New(fault.Conflict, "survey.fault.nobody_marked")
		}
		_, err = tx.Exec(ctx, `insert into survey_paper (round, unit, marked) values (?, ?, ?)
			on conflict (round, unit) do update set marked = survey_paper.marked + excluded.marked`, round, unit, n)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, by, audit.Entry{Action: actPaper, Object: "survey", ObjectID: string(round),
			Institution: unit, Details: map[string]string{"n": strconv.Itoa(n)}}, at)
	})
	return n, err
}

// AnswerOnPaper takes the answers of one form that came on paper: as many as
// people were marked. Of an anonymous round they are sealed at once. Faults as
// Answer, and Conflict survey.fault.paper_full. Who may is asked by the caller.
func (s *Service) AnswerOnPaper(ctx context.Context, round RoundID, unit string, g Given) error {
	rd, err := s.RoundByID(ctx, s.db, round)
	if err != nil {
		return err
	}
	f, err := s.fold(ctx, rd, unit, "", g)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		fresh, err := lay(ctx, tx, rd, f, g)
		if err != nil || !fresh {
			return err
		}
		n, err := tx.Exec(ctx, `update survey_paper set typed = typed + 1
			where round = ? and unit = ? and typed < marked and `+roundOpen, round, unit, round, g.Definition)
		if err != nil || n > 0 {
			return err
		}
		now, err := s.RoundByID(ctx, tx, round)
		if err != nil {
			return err
		}
		return errors.Join(now.takes(g.At), fault.New(fault.Conflict, "survey.fault.paper_full"))
	})
}
