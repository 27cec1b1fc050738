// Package counter gives the numbers that people see, such as certificate
// 17/KR/2026: 1, 2, 3 … without a gap and without a double.
//
// A sequence of the database would leave a gap wherever a transaction fails, and
// an auditor asks about each gap. So the number is a row that the writer's own
// transaction raises: whoever wants the next number of the same series waits
// until that transaction has ended, and one that is rolled back never happened.
// Writers of one series therefore stand in line; take the number as late in the
// transaction as can be, and keep series small (per center and year).
//
// The package gives numbers and nothing else: how one is written (17/KR/2026),
// and who may have one, is its caller's matter.
package counter

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

// Most is the highest number that a series may reach. Far below the limits of
// the databases, it is there for Raise: one slip in a sheet of old numbers must
// not send the numbers of a whole year into the billions, from where no way
// leads back.
const Most = 999_999_999

// Errors for the program, not for people: callers check their input before.
var (
	ErrName = errors.New("a series needs a name of at most 200 bytes")
	ErrFull = errors.New("a series ends at 999 999 999")
)

const longestName = 200

// Next takes the next number of the series, from 1. It holds when tx commits;
// a transaction that fails gives it back. Names are the caller's, beginning with
// its module: "training.certificate/KR/2026". ErrName and ErrFull are the only
// errors besides those of the database.
func Next(ctx context.Context, tx *db.Tx, name string) (n int64, err error) {
	defer fault.Wrap(&err, "next number of %q", name)
	if err := check(name); err != nil {
		return 0, err
	}
	err = tx.Get(ctx, &n, `insert into counter_series (name, n) values (?, 1)
		on conflict (name) do update set n = counter_series.n + 1 returning n`, name)
	if err == nil && n > Most {
		return 0, ErrFull // the caller's rollback takes the raise back
	}
	return n, err
}

// Raise makes the series go on above least, for numbers that were given before
// the program came: after Raise(…, 40) the next one is 41. It never goes back,
// so it may run again and in any order; a least below 1 changes nothing. Above
// Most it is ErrFull.
func Raise(ctx context.Context, tx *db.Tx, name string, least int64) (err error) {
	defer fault.Wrap(&err, "raise %q above %d", name, least)
	if err := check(name); err != nil {
		return err
	}
	if least < 1 {
		return nil
	}
	if least > Most {
		return ErrFull
	}
	_, err = tx.Exec(ctx, `insert into counter_series (name, n) values (?, ?)
		on conflict (name) do update set n = excluded.n where counter_series.n < excluded.n`, name, least)
	return err
}

// Lower takes a raise back, when the last number is from still: after
// Lower(…, 40, 12) the next one is 13. False tells that the series has gone
// another way meanwhile, and nothing changed. The caller answers for no number
// above to being in use. It holds the series until tx ends, so what is read
// after it (and written with Raise) is not overtaken. A to that is below 0, or
// not below from, changes nothing.
func Lower(ctx context.Context, tx *db.Tx, name string, from, to int64) (lowered bool, err error) {
	defer fault.Wrap(&err, "lower %q from %d to %d", name, from, to)
	if err := check(name); err != nil || to < 0 || to >= from {
		return false, err
	}
	n, err := tx.Exec(ctx, `update counter_series set n = ? where name = ? and n = ?`, to, name, from)
	return n > 0, err
}

// Current is the last number given, 0 for a series that has none. It is to be
// shown, never to be counted on: only Next knows what comes next.
func Current(ctx context.Context, r db.Reader, name string) (n int64, err error) {
	defer fault.Wrap(&err, "last number of %q", name)
	err = r.Get(ctx, &n, `select n from counter_series where name = ?`, name)
	if errors.Is(err, fault.ErrNotFound) {
		return 0, nil
	}
	return n, err
}

func check(name string) error {
	if name == "" || len(name) > longestName {
		return fmt.Errorf("%w: %d bytes", ErrName, len(name))
	}
	return nil
}
