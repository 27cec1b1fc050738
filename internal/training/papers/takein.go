package papers

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/counter"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/training"
)

// Old is a paper of an older register, taken over with its number.
type Old struct {
	Center   access.InstitutionID
	Kind     Kind
	Number   string
	Person   string // account, when it is known
	Name     string
	Title    string
	Form     training.Form
	Hours    int
	StartsOn string // YYYY-MM-DD
	EndsOn   string
	IssuedOn string
	Training training.ID           // the training taken over with it, "" for none
	Enroll   training.EnrollmentID // and the enrollment
}

var ownNumber = regexp.MustCompile(`^([0-9]{1,9})/([A-Z0-9]{1,12})/([0-9]{4})$`)

// TakeIn enters an old paper and returns its key, for a letter or a list to the
// holder. A number that is there already, of this center and kind, is a Conflict.
// A number in our own shape with a code of this center raises the series, so
// that no new one collides; a code that is nobody's yet raises its series when
// the center takes it (see setSeries).
// For package takeover, which has checked who may; the row is marked as imported.
func (s *Service) TakeIn(ctx context.Context, tx *db.Tx, o Old, at time.Time) (ID, string, error) {
	o.Number = strings.Join(strings.Fields(o.Number), " ")
	p := Paper{ID: ID(newID()), Kind: o.Kind, Center: o.Center, Number: o.Number, NumberKey: NumberKey(o.Number), State: Issued, Version: 1, Training: o.Training,
		Enrollment: o.Enroll, Person: o.Person, Name: o.Name, NameKey: i18n.SortKey(o.Name), Title: o.Title, Form: o.Form, Hours: o.Hours, StartsOn: o.StartsOn,
		EndsOn: o.EndsOn, IssuedOn: o.IssuedOn, Imported: true, IssuedAt: at.Unix()}
	if t := dayAt(o.IssuedOn); !t.IsZero() {
		p.Year, p.IssuedAt = t.Year(), t.Add(12*time.Hour).Unix()
	}
	if p.NumberKey == "" || p.Name == "" || p.Title == "" {
		return "", "", fault.New(fault.Invalid, "papers.fault.old")
	}
	if m := ownNumber.FindStringSubmatch(strings.ToUpper(o.Number)); m != nil {
		p.Seq, _ = strconv.ParseInt(m[1], 10, 64)
		p.Year, _ = strconv.Atoi(m[3])
		// The code of another center, or of none, is only a part of an old number: its series must not jump.
		var own int
		if err := tx.Get(ctx, &own, `select count(*) from training_paper_series where code = ? and center = ? and kind = ?`, m[2], p.Center, p.Kind); err != nil {
			return "", "", err
		}
		if own > 0 {
			p.Series = m[2]
			if err := counter.Raise(ctx, tx, counterName(p.Kind, p.Series, p.Year), p.Seq); err != nil {
				return "", "", err
			}
		}
	}
	p.Sort = sortOf(p.Year, p.Seq)
	var n int
	err := tx.Get(ctx, &n, `select count(*) from training_papers where center = ? and kind = ? and number_key = ?`, p.Center, p.Kind, p.NumberKey)
	if err != nil {
		return "", "", err
	}
	if n > 0 {
		return "", "", fault.New(fault.Conflict, "papers.fault.number_taken", "number", o.Number)
	}
	key := newKey()
	p.KeyHash, p.KeySealed = hashKey(key), s.Keys.Seal("training paper key", string(p.ID), []byte(key))
	if err := insertPaper(ctx, tx, p); err != nil {
		return "", "", err
	}
	return p.ID, key, s.touch(ctx, tx, string(p.ID))
}

// TakeOut undoes TakeIn, while nothing happened to the paper since: false when
// something did. It is the one deletion here: of what was entered by mistake
// and never was in this register. The series goes back when no number followed.
func (s *Service) TakeOut(ctx context.Context, tx *db.Tx, id ID) (bool, error) {
	p, err := paperByID(ctx, tx, id)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil || !p.Imported || p.Revision != 1 {
		return false, err
	}
	if _, err := tx.Exec(ctx, `delete from training_paper_badges where paper = ?`, id); err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, `delete from training_papers where id = ? and imported = ? and revision = 1`, id, true)
	if err != nil || n == 0 {
		return false, err
	}
	if err := lowerSeries(ctx, tx, p); err != nil {
		return false, err
	}
	return true, s.touch(ctx, tx, string(id))
}

// lowerSeries takes back the raise of a paper that was taken out. The series is
// lowered first, which holds it; then it is raised to what there is, so that a
// number that came at this moment is not given again.
func lowerSeries(ctx context.Context, tx *db.Tx, p Paper) error {
	if p.Series == "" || p.Seq == 0 {
		return nil
	}
	name := counterName(p.Kind, p.Series, p.Year)
	lowered, err := counter.Lower(ctx, tx, name, p.Seq, 0)
	if err != nil || !lowered {
		return err
	}
	var last int64
	err = tx.Get(ctx, &last, `select coalesce(max(seq), 0) from training_papers where center = ? and kind = ? and series = ? and year = ?`, p.Center, p.Kind, p.Series, p.Year)
	if err != nil {
		return err
	}
	return counter.Raise(ctx, tx, name, last)
}

// adopt makes numbers that were taken over before the center had the code part
// of its series, and the series go on above them.
func adopt(ctx context.Context, tx *db.Tx, center access.InstitutionID, kind Kind, code string) error {
	where, args := `center = ? and kind = ? and imported = ? and seq > 0 and series = '' and number_key like ?`, []any{center, kind, true, "%-" + code + "-%"}
	var rows []struct {
		Year int   `db:"year"`
		Last int64 `db:"last"`
	}
	if err := tx.Select(ctx, &rows, `select year, max(seq) as last from training_papers where `+where+` group by year order by year`, args...); err != nil {
		return err
	}
	for _, row := range rows {
		if err := counter.Raise(ctx, tx, counterName(kind, code, row.Year), row.Last); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `update training_papers set series = ? where `+where, append([]any{code}, args...)...)
	return err
}
