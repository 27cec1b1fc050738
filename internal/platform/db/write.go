package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"
)

// Tx is a running write transaction. What must happen inside one takes a *Tx,
// so the compiler insists on it.
type Tx struct {
	tx    *sqlx.Tx
	bound *rebinder
	late  []byte // rows for later, see Later
}

// Get implements Reader inside the transaction.
func (t *Tx) Get(ctx context.Context, dest any, query string, args ...any) error {
	if err := t.flush(ctx); err != nil {
		return err
	}
	return found(t.tx.GetContext(ctx, dest, t.bound.bind(query), args...))
}

// Select implements Reader inside the transaction.
func (t *Tx) Select(ctx context.Context, dest any, query string, args ...any) error {
	if err := t.flush(ctx); err != nil {
		return err
	}
	return t.tx.SelectContext(ctx, dest, t.bound.bind(query), args...)
}

// Each implements Reader inside the transaction.
func (t *Tx) Each(ctx context.Context, f func(scan func(dest ...any) error) error, query string, args ...any) error {
	if err := t.flush(ctx); err != nil {
		return err
	}
	rows, err := t.tx.QueryContext(ctx, t.bound.bind(query), args...)
	return each(rows, err, f)
}

// Exec runs a statement and tells how many rows it touched.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := t.tx.ExecContext(ctx, t.bound.bind(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// attempts bounds the retries of one write: with the waits of pause it gives
// up after about two seconds.
const attempts = 9

// Write runs f in a transaction and commits it when f returns nil. It runs f
// again when the database asked for it (serialization failure, deadlock, busy,
// lost connection), so f must do nothing but database work: no network, no
// files, no waiting, no password hashing. Values that decide, such as the time
// of a request, are taken before.
func (d *DB) Write(ctx context.Context, f func(tx *Tx) error) error {
	var err error
	for i := range attempts {
		if err = d.once(ctx, f); err == nil || !again(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(pause(i)):
		}
	}
	return err
}

func (d *DB) once(ctx context.Context, f func(tx *Tx) error) error {
	tx, err := d.write.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	// A rollback after a commit does nothing; after a panic of f it frees
	// the writer, without which the next write would wait for ever.
	defer tx.Rollback() //nolint:errcheck // the first error is the one to tell
	t := &Tx{tx: tx, bound: d.bound}
	if err := f(t); err != nil {
		return err
	}
	if err := t.flush(ctx); err != nil {
		return err
	}
	return tx.Commit()
}

// pause doubles from 5 ms and adds chance, so that two losers do not meet again.
func pause(attempt int) time.Duration {
	base := 5 * time.Millisecond << attempt
	return base/2 + rand.N(base)
}

// again tells whether the same transaction may succeed when run once more.
func again(err error) bool {
	if errors.Is(err, driver.ErrBadConn) {
		return true
	}
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		return pg.Code == "40001" || pg.Code == "40P01"
	}
	if pgconn.SafeToRetry(err) {
		return true
	}
	if lite := (*sqlite.Error)(nil); errors.As(err, &lite) {
		const busy = 5
		return lite.Code()&0xff == busy
	}
	return false
}

// Duplicate tells whether the error is a broken unique constraint.
func Duplicate(err error) bool {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	if lite := (*sqlite.Error)(nil); errors.As(err, &lite) {
		const unique, primaryKey = 2067, 1555
		return lite.Code() == unique || lite.Code() == primaryKey
	}
	return false
}
