package ledger

import (
	"context"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

const freezeBatch = 20_000

// Freeze ends the counting of people in a school year whose key access
// destroyed: the keys of people are blanked, in facts and in what is derived,
// and the counts stay as numbers. Activities of that year stay in their places
// for good. It may be repeated, and goes on where it was interrupted.
func (s *Service) Freeze(ctx context.Context, year int) (err error) {
	defer fault.Wrap(&err, "freeze %s", yearText(year))
	at := s.now().Unix()
	err = s.db.Write(ctx, func(tx *db.Tx) error { // first of all, so that nobody is counted any more
		if _, err := lockYear(ctx, tx, year); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update ledger_years set frozen_at = ? where school_year = ? and frozen_at = 0`, at, year)
		return err
	})
	for more := true; more && err == nil; {
		err = s.db.Write(ctx, func(tx *db.Tx) error {
			n, err := tx.Exec(ctx, `update ledger_facts set person_key = '' where id in (
				select id from ledger_facts where school_year = ? and person_key <> '' limit ?)`, year, freezeBatch)
			more = n > 0
			return err
		})
	}
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from ledger_heads where school_year = ?`, year)
		return err
	})
}

// freezeDue freezes the years whose keys are gone. The heads go last, so a year
// that has some was not done.
func (s *Service) freezeDue(ctx context.Context) error {
	if s.Destroyed == nil {
		return nil
	}
	var years []int
	err := s.db.Select(ctx, &years, `select y.school_year from ledger_years y where y.frozen_at = 0
		or exists (select 1 from ledger_heads h where h.scope = 'all' and h.school_year = y.school_year) order by y.school_year`)
	if err != nil {
		return err
	}
	for _, year := range years {
		if destroyed, err := s.Destroyed(ctx, year); err != nil {
			return err
		} else if !destroyed {
			continue
		}
		if err := s.Freeze(ctx, year); err != nil {
			return err
		}
	}
	return nil
}

func frozenYears(ctx context.Context, r db.Reader) (years []int, err error) {
	err = r.Select(ctx, &years, `select school_year from ledger_years where frozen_at > 0 order by school_year`)
	return years, err
}
