package law

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Change is a value that an officer adds, in the words of the form.
type Change struct {
	Key       string
	ValidFrom string // YYYY-MM-DD
	Value     string
	Basis     string
	ReviewBy  string // YYYY-MM-DD or ""
	Verified  bool   // the officer has read it in the text of the law
	Reason    string // why a row of the same date was a mistake; needed only then
}

// Names of the form's fields.
const (
	fieldFrom     = "od"
	fieldValue    = "wartosc"
	fieldBasis    = "podstawa"
	fieldReview   = "przeglad"
	fieldVerified = "sprawdzone"
	fieldReason   = "powod"
)

// words bounds what a field takes, in letters.
const words = 500

// check finds what is wrong with a change, but for what only the rows know.
func (c Change) check(p Param, today string) []fault.Field {
	var fields []fault.Field
	wrong := func(name, key string) { fields = append(fields, fault.Field{Name: name, Key: key}) }
	if checkValue(p.Unit, c.Value) != nil {
		wrong(fieldValue, "law.fault.value."+string(p.Unit))
	} else if n, err := strconv.ParseInt(c.Value, 10, 64); err == nil && n < p.Least {
		fields = append(fields, fault.Field{Name: fieldValue, Key: "law.fault.least", Args: []any{"n", p.Least}})
	}
	if !isDate(c.ValidFrom) || c.ValidFrom < "1918-11-11" || c.ValidFrom > "2199-12-31" {
		wrong(fieldFrom, "law.fault.from")
	}
	if n := utf8.RuneCountInString(c.Basis); n < 5 || n > words {
		wrong(fieldBasis, "law.fault.basis")
	}
	if c.ReviewBy != "" && (!isDate(c.ReviewBy) || c.ReviewBy <= today) {
		wrong(fieldReview, "law.fault.review")
	}
	if utf8.RuneCountInString(c.Reason) > words {
		wrong(fieldReason, "law.fault.reason")
	}
	return fields
}

// Add adds a value from a date on. What held before stays and is superseded. A
// standing row of the same date is withdrawn as a mistake, for which a reason
// is needed. Faults: Invalid with fields, NotFound for a key nobody declared.
func (s *Service) Add(ctx context.Context, by audit.By, c Change) (err error) {
	defer fault.Wrap(&err, "add a value of %s", c.Key)
	now := s.now()
	p, ok := s.registry.Param(c.Key)
	if !ok {
		return fault.ErrNotFound
	}
	if err := fault.InvalidFields(c.check(p, day(now))); err != nil {
		return err
	}
	row := Row{ID: newID(), Key: c.Key, ValidFrom: c.ValidFrom, Value: c.Value, Basis: c.Basis, ReviewBy: c.ReviewBy,
		EnteredBy: by.Person, EnteredAt: now.Unix()}
	if c.Verified {
		row.Verified, row.VerifiedBy, row.VerifiedAt = true, by.Person, now.Unix()
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := replace(ctx, tx, by, row, c.Reason); err != nil {
			return err
		}
		err := insert(ctx, tx, row)
		if db.Duplicate(err) {
			return fault.New(fault.Conflict, "fault.conflict")
		}
		if err != nil {
			return err
		}
		return record(ctx, tx, by, "law.add", row, c.Reason, now)
	})
}

// replace withdraws the standing row of the same date, if there is one.
func replace(ctx context.Context, tx *db.Tx, by audit.By, row Row, reason string) error {
	var old []string
	err := tx.Select(ctx, &old, `select id from law_params where key = ? and valid_from = ? and withdrawn_at = 0`, row.Key, row.ValidFrom)
	if err != nil || len(old) == 0 {
		return err
	}
	if strings.TrimSpace(reason) == "" {
		return fault.InvalidFields([]fault.Field{{Name: fieldReason, Key: "law.fault.same_date"}})
	}
	_, err = withdraw(ctx, tx, old[0], by.Person, reason, row.EnteredAt)
	return err
}

// Withdraw marks a row as a mistake; it stays to be seen. The value before it
// holds again. Faults: Invalid without a reason, NotFound, Conflict when the row
// was withdrawn already or when nothing would hold today without it.
func (s *Service) Withdraw(ctx context.Context, by audit.By, id, reason string) (err error) {
	defer fault.Wrap(&err, "withdraw a value")
	now := s.now()
	if n := utf8.RuneCountInString(reason); n < 3 || n > words {
		return fault.InvalidFields([]fault.Field{{Name: fieldReason, Key: "law.fault.reason"}})
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		// First of all: two officers who withdraw the last two rows at once
		// must come one after the other, or nothing would be left.
		if err := db.Raise(ctx, tx, version); err != nil {
			return err
		}
		row, err := rowByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if ok, err := withdraw(ctx, tx, id, by.Person, reason, now.Unix()); err != nil || !ok {
			return orConflict(err)
		}
		rows, err := readRows(ctx, tx)
		if err != nil {
			return err
		}
		if _, left := inForce(rows[row.Key], day(now)); !left {
			return fault.New(fault.Conflict, "law.fault.last")
		}
		return record(ctx, tx, by, "law.withdraw", row, reason, now)
	})
}

func orConflict(err error) error {
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "fault.conflict")
}

// Verify says that the officer has compared the row with the text of the law,
// and when somebody should look again. Faults: Invalid, NotFound, Conflict for a
// row that was withdrawn meanwhile.
func (s *Service) Verify(ctx context.Context, by audit.By, id, reviewBy string) (err error) {
	defer fault.Wrap(&err, "verify a value")
	now := s.now()
	if reviewBy != "" && (!isDate(reviewBy) || reviewBy <= day(now)) {
		return fault.InvalidFields([]fault.Field{{Name: fieldReview, Key: "law.fault.review"}})
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		row, err := rowByID(ctx, tx, id)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update law_params set verified = ?, verified_by = ?, verified_at = ?, review_by = ?
			where id = ? and withdrawn_at = 0`, true, by.Person, now.Unix(), reviewBy, id)
		if err != nil || n == 0 {
			return orConflict(err)
		}
		return record(ctx, tx, by, "law.verify", row, "", now)
	})
}

// record raises the counter of the cache and writes the line of the log.
func record(ctx context.Context, tx *db.Tx, by audit.By, action string, row Row, reason string, at time.Time) error {
	if err := db.Raise(ctx, tx, version); err != nil {
		return err
	}
	details := map[string]string{"key": row.Key, "valid_from": row.ValidFrom, "value": row.Value, "basis": row.Basis}
	if reason != "" {
		details["reason"] = reason
	}
	return audit.Record(ctx, tx, by, audit.Entry{Action: action, Object: "law", ObjectID: row.ID, Details: details}, at)
}
