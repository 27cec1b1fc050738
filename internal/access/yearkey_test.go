package access

import (
	"context"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
)

func TestPersonKeyLivesAYear(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
		s := New(Config{DB: d, Now: func() time.Time { return now }})
		key := func(person string, year int) (out string, err error) {
			err = d.Write(ctx, func(tx *db.Tx) error {
				out, err = s.PersonKey(ctx, tx, person, year)
				return err
			})
			return out, err
		}
		a, err := key("anna", 2026)
		again, _ := key("anna", 2026)
		other, _ := key("jan", 2026)
		later, _ := key("anna", 2027)
		if err != nil || a == "" || a != again || a == other || a == later {
			t.Fatalf("%q %q %q %q %v", a, again, other, later, err)
		}
		now = time.Date(2029, 8, 31, 0, 0, 0, 0, time.UTC)
		if err := s.SweepYearKeys(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := key("anna", 2026); err != nil {
			t.Errorf("within two years after its own a key stays: %v", err)
		}
		now = time.Date(2029, 9, 1, 12, 0, 0, 0, time.UTC)
		if err := s.SweepYearKeys(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := key("anna", 2026); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a destroyed key is used: %v", err)
		}
		if _, err := key("anna", 2027); err != nil {
			t.Errorf("the next year's key went too: %v", err)
		}
	})
}
