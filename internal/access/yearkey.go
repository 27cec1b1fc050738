package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// yearKeysKept is how many school years after its own a key stays, so that late
// corrections still count the same person once. Nobody found a number in the
// law; afterwards sums are frozen.
const yearKeysKept = 2

// PersonKey counts a person once within a school year: the same person has the
// same key all year, another one in the next, and nobody can lead it back to the
// person once the year's key is destroyed. For a guest, person is "mail:" and a
// keyed hash of the address. A year whose key is destroyed is a fault of kind
// Conflict.
func (s *Service) PersonKey(ctx context.Context, tx *db.Tx, person string, schoolYear int) (_ string, err error) {
	defer fault.Wrap(&err, "key of a person in %d", schoolYear)
	key, err := s.yearKey(ctx, tx, schoolYear)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(person))
	return hex.EncodeToString(mac.Sum(nil)), nil
}

func (s *Service) yearKey(ctx context.Context, tx *db.Tx, year int) ([]byte, error) {
	const purpose = "access.year"
	about := strconv.Itoa(year)
	var sealed string
	err := tx.Get(ctx, &sealed, `select sealed from access_year_keys where school_year = ?`, year)
	if errors.Is(err, fault.ErrNotFound) {
		fresh := make([]byte, 32)
		rand.Read(fresh)
		if _, err := tx.Exec(ctx, `insert into access_year_keys (school_year, sealed) values (?, ?) on conflict (school_year) do nothing`,
			year, s.keys.Seal(purpose, about, fresh)); err != nil {
			return nil, err
		}
		err = tx.Get(ctx, &sealed, `select sealed from access_year_keys where school_year = ?`, year)
	}
	if err != nil {
		return nil, err
	}
	if sealed == "" {
		return nil, fault.New(fault.Conflict, "access.fault.year_key")
	}
	return s.keys.Unseal(purpose, about, sealed)
}

// SweepYearKeys destroys the keys of school years long past.
func (s *Service) SweepYearKeys(ctx context.Context) error {
	now := s.now()
	last := now.Year() - yearKeysKept - 1
	if now.Month() < time.September {
		last--
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update access_year_keys set sealed = '', destroyed_at = ? where school_year <= ? and sealed <> ''`, now.Unix(), last)
		return err
	})
}

// YearKeyGone tells whether the key of a school year was destroyed. One that was
// never made is not gone.
func (s *Service) YearKeyGone(ctx context.Context, schoolYear int) (gone bool, err error) {
	defer fault.Wrap(&err, "key of %d", schoolYear)
	var n int
	err = s.db.Get(ctx, &n, `select count(*) from access_year_keys where school_year = ? and sealed = ''`, schoolYear)
	return n > 0, err
}
