package privacy

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Category is an archive category: A is kept for ever, B5 five years, BE10 ten
// years and then an expert looks, Bc as long as it is of use.
type Category struct {
	Kind  string // "A", "B", "BE" or "Bc"
	Years int    // of B and BE
}

// ParseCategory reads an archive category as an office writes it: "A", "B5",
// "BE 10", "Bc", "b-25". Years are 1 to 100.
func ParseCategory(s string) (Category, error) {
	text := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, s)
	upper := strings.ToUpper(text)
	kind := strings.TrimRight(upper, "0123456789")
	digits := upper[len(kind):]
	switch kind {
	case "A":
		if digits == "" {
			return Category{Kind: "A"}, nil
		}
	case "BC":
		if digits == "" {
			return Category{Kind: "Bc"}, nil
		}
	case "B", "BE":
		n, err := strconv.Atoi(digits)
		if err == nil && len(digits) <= 3 && n >= 1 && n <= 100 {
			return Category{Kind: kind, Years: n}, nil
		}
	}
	return Category{}, fmt.Errorf("privacy: %q is no archive category", s)
}

// String writes it as offices do.
func (c Category) String() string {
	if c.Years == 0 {
		return c.Kind
	}
	return c.Kind + strconv.Itoa(c.Years)
}

// DisposeFrom is the day from which a matter closed on a day may stand on the
// disposal list, "" for never: whole calendar years are counted, from the first
// of January after the close. Bc may from the day after the close.
func (c Category) DisposeFrom(closed time.Time) string {
	switch c.Kind {
	case "B", "BE":
		return time.Date(closed.Year()+1+c.Years, 1, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	case "Bc":
		return closed.AddDate(0, 0, 1).Format(time.DateOnly)
	}
	return ""
}

// Record is documentation of a public office: which thing it is, and how it is filed.
type Record struct {
	ID          string `db:"id"`
	Institution string `db:"institution"` // whose documentation it is, "" for the operator's
	Kind        string `db:"kind"`
	ObjectID    string `db:"object_id"`
	Title       string `db:"title"` // without names of people
	Class       string `db:"class"` // symbol in the office's list of matters (JRWA)
	CaseNumber  string `db:"case_number"`
	Category    string `db:"category"`
	ClosedOn    string `db:"closed_on"` // "" while the matter is open
	DisposeFrom string `db:"dispose_from"`
}

// File files a record, or files it anew when its matter is closed or its
// category corrected. It runs in the transaction of the deed. A category that
// cannot be read, or a date that is none, is a fault of kind Invalid.
func (s *Service) File(ctx context.Context, tx *db.Tx, r Record) (err error) {
	defer fault.Wrap(&err, "file %s %s", r.Kind, r.ObjectID)
	c, err := ParseCategory(r.Category)
	if err != nil {
		return fault.InvalidFields([]fault.Field{{Name: "kategoria", Key: "privacy.fault.category"}})
	}
	r.Category, r.DisposeFrom = c.String(), ""
	if r.ClosedOn != "" {
		closed, err := time.Parse(time.DateOnly, r.ClosedOn)
		if err != nil {
			return fault.InvalidFields([]fault.Field{{Name: "zamknieto", Key: "privacy.fault.date"}})
		}
		r.DisposeFrom = c.DisposeFrom(closed)
	}
	_, err = tx.Exec(ctx, `insert into privacy_records (id, institution, kind, object_id, title, class, case_number, category, closed_on, dispose_from)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (kind, object_id) do update set institution = excluded.institution, title = excluded.title, class = excluded.class,
			case_number = excluded.case_number, category = excluded.category, closed_on = excluded.closed_on, dispose_from = excluded.dispose_from
		where privacy_records.disposed_at = 0`,
		newID(), r.Institution, r.Kind, r.ObjectID, r.Title, r.Class, r.CaseNumber, r.Category, r.ClosedOn, r.DisposeFrom)
	return err
}

const recordColumns = `id, institution, kind, object_id, title, class, case_number, category, closed_on, dispose_from`

// Disposable are the records whose time has passed and on which nobody has
// decided, as far as the role reaches, the oldest filed first.
func (s *Service) Disposable(ctx context.Context, by audit.By, at web.Cursor, size int) (all []Record, more bool, err error) {
	today := day(s.Now())
	// The day is compared in Go: text is not range-compared in a database.
	stop := fmt.Errorf("enough")
	err = s.DB.Each(ctx, func(scan func(...any) error) error {
		var r Record
		err := scan(&r.ID, &r.Institution, &r.Kind, &r.ObjectID, &r.Title, &r.Class, &r.CaseNumber, &r.Category, &r.ClosedOn, &r.DisposeFrom)
		if err != nil || r.DisposeFrom > today || !reaches(by, r.Institution) {
			return err
		}
		if len(all) == size {
			more = true
			return stop
		}
		all = append(all, r)
		return nil
	}, `select `+recordColumns+` from privacy_records where disposed_at = 0 and dispose_from <> '' and id > ? order by id`, at.ID)
	if err == stop {
		err = nil
	}
	return all, more, err
}

// Dispose approves the disposal of records on the list. Deleting what lies
// behind them is the module's: it asks Disposed. A BE record needs the words of
// the expert's opinion in the reason. Faults: Invalid, Forbidden, Conflict when
// one of them is not on the list (any more).
func (s *Service) Dispose(ctx context.Context, by audit.By, ids []string, reason string) (err error) {
	defer fault.Wrap(&err, "approve a disposal")
	var fields []fault.Field
	if len(ids) == 0 || len(ids) > 200 {
		fields = append(fields, fault.Field{Name: "akta", Key: "privacy.fault.records"})
	}
	if n := utf8.RuneCountInString(reason); n < 3 || n > 500 {
		fields = append(fields, fault.Field{Name: "powod", Key: "privacy.fault.reason"})
	}
	if err := fault.InvalidFields(fields); err != nil {
		return err
	}
	now := s.Now()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		for _, id := range ids {
			var r Record
			if err := tx.Get(ctx, &r, `select `+recordColumns+` from privacy_records where id = ?`, id); err != nil {
				return err
			}
			if !reaches(by, r.Institution) {
				return fault.ErrNotFound
			}
			if r.DisposeFrom == "" || r.DisposeFrom > day(now) {
				return fault.New(fault.Conflict, "fault.conflict")
			}
			n, err := tx.Exec(ctx, `update privacy_records set disposed_at = ?, disposed_by = ?, reason = ?
				where id = ? and disposed_at = 0 and dispose_from = ?`, now.Unix(), by.Person, reason, id, r.DisposeFrom)
			if err != nil || n == 0 {
				return orConflict(err)
			}
			err = audit.Record(ctx, tx, by, audit.Entry{Action: "privacy.dispose", Object: "record", ObjectID: id, Institution: r.Institution,
				Details: map[string]string{"class": r.Class, "case": r.CaseNumber, "category": r.Category, "reason": reason}}, now)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Disposed tells whether the disposal of a thing was approved, so that the
// module may delete it.
func (s *Service) Disposed(ctx context.Context, r db.Reader, kind, objectID string) (bool, error) {
	var n int
	err := r.Get(ctx, &n, `select count(*) from privacy_records where kind = ? and object_id = ? and disposed_at > 0`, kind, objectID)
	return n > 0, err
}
