package db

import (
	"context"
	"database/sql"
	"errors"

	"kladka/internal/platform/fault"
)

// Snapshot calls f with one unchanging state of the whole database, as it is
// when f first reads. Writers go on meanwhile and are not seen. The state is
// held on a connection of its own until f returns; on SQLite the log (WAL)
// cannot be folded back for so long, and grows.
func (d *DB) Snapshot(ctx context.Context, f func(r Reader) error) (err error) {
	defer fault.Wrap(&err, "read one state of the database")
	options := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	if d.engine == SQLite {
		options = nil // a deferred transaction of a query_only connection is all that
	}
	tx, err := d.read.BeginTxx(ctx, options)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	return f(&Tx{tx: tx, bound: d.bound})
}

// errLogInUse means that somebody still reads an old state.
var errLogInUse = errors.New("the log of the database is being read: it can be truncated later")

// TruncateLog folds SQLite's log (WAL) back into the file and empties it, so
// that what was deleted does not stay readable in it. Writers wait a second at
// most; when somebody reads an old state for longer, such as a backup, it is an
// error and may be tried again. On PostgreSQL it does nothing.
func (d *DB) TruncateLog(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "truncate the log of the database")
	if d.engine != SQLite {
		return nil
	}
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// The checkpoint keeps writers out while it waits for readers.
	if _, err := conn.ExecContext(ctx, "pragma busy_timeout = 1000"); err != nil {
		return err
	}
	var busy, log, done int
	err = conn.QueryRowContext(ctx, "pragma wal_checkpoint(truncate)").Scan(&busy, &log, &done)
	_, undo := conn.ExecContext(context.WithoutCancel(ctx), "pragma busy_timeout = 10000")
	if err := errors.Join(err, undo); err != nil {
		return err
	}
	if busy != 0 {
		return errLogInUse
	}
	return nil
}
