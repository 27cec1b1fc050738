package privacy

import (
	"context"
	"unicode/utf8"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Hold keeps the data of a purpose from being deleted: a court, an inspection
// or a dispute needs it.
type Hold struct {
	ID       string `db:"id"`
	Purpose  string `db:"purpose"`
	Reason   string `db:"reason"`
	PlacedBy string `db:"placed_by"`
	PlacedAt int64  `db:"placed_at"`
}

// holds are the standing holds by purpose.
func (s *Service) holds(ctx context.Context) (map[string]Hold, error) {
	var all []Hold
	err := s.DB.Select(ctx, &all, `select id, purpose, reason, placed_by, placed_at from privacy_holds where released_at = 0`)
	out := map[string]Hold{}
	for _, h := range all {
		out[h.Purpose] = h
	}
	return out, err
}

func onHold(ctx context.Context, tx *db.Tx, purpose string) (bool, error) {
	var n int
	err := tx.Get(ctx, &n, `select count(*) from privacy_holds where purpose = ? and released_at = 0`, purpose)
	return n > 0, err
}

// Hold stops the deletion and erasure of a purpose's data from now on. Faults:
// Forbidden for a role of one institution, NotFound, Invalid without a reason,
// Conflict when it is on hold already.
func (s *Service) Hold(ctx context.Context, by audit.By, purpose, reason string) (err error) {
	defer fault.Wrap(&err, "put %s on hold", purpose)
	if err := whole(by); err != nil {
		return err
	}
	if _, ok := s.Registry.Purpose(purpose); !ok {
		return fault.ErrNotFound
	}
	if n := utf8.RuneCountInString(reason); n < 3 || n > 500 {
		return fault.InvalidFields([]fault.Field{{Name: "powod", Key: "privacy.fault.reason"}})
	}
	now, id := s.Now(), newID()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `insert into privacy_holds (id, purpose, reason, placed_by, placed_at) values (?, ?, ?, ?, ?)
			on conflict (purpose) where released_at = 0 do nothing`, id, purpose, reason, by.Person, now.Unix())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "fault.conflict")
		}
		return audit.Record(ctx, tx, by, audit.Entry{Action: "privacy.hold", Object: "purpose", ObjectID: purpose, Details: map[string]string{"reason": reason}}, now)
	})
}

// Release lets the data of a purpose be deleted again. Faults as with Hold.
func (s *Service) Release(ctx context.Context, by audit.By, purpose string) (err error) {
	defer fault.Wrap(&err, "release %s", purpose)
	if err := whole(by); err != nil {
		return err
	}
	now := s.Now()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update privacy_holds set released_by = ?, released_at = ? where purpose = ? and released_at = 0`, by.Person, now.Unix(), purpose)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "fault.conflict")
		}
		return audit.Record(ctx, tx, by, audit.Entry{Action: "privacy.release", Object: "purpose", ObjectID: purpose}, now)
	})
}
