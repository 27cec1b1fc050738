package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kladka/internal/platform/fault"
)

// Replace puts a new database in the place of an empty one. May looks at what
// stands there, if anything, and refuses with an error; then fill makes the new
// one out of nothing.
//
// A SQLite file is made beside and takes its place only when fill is done, so
// that a process that dies leaves nothing that could be opened. PostgreSQL has
// no such place: there the old tables are dropped and fill must mark what is
// not finished.
func Replace(ctx context.Context, address string, may func(ctx context.Context, d *DB, r Reader) error, fill func(ctx context.Context, d *DB) error) error {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		return replaceSQLite(ctx, path, may, fill)
	}
	return replacePostgres(ctx, address, may, fill)
}

func replaceSQLite(ctx context.Context, path string, may func(context.Context, *DB, Reader) error, fill func(context.Context, *DB) error) (err error) {
	if err := mayReplaceFile(ctx, path, may); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	beside := path + ".restoring"
	file, err := os.OpenFile(beside, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s stands in the way: another restore is running, or one was interrupted; then delete it", beside)
	}
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			for _, end := range []string{"", "-wal", "-shm", "-journal"} {
				os.Remove(beside + end)
			}
		}
	}()
	if err := file.Close(); err != nil {
		return err
	}
	if err := fillFile(ctx, beside, fill); err != nil {
		return err
	}
	// Somebody may have started the program meanwhile.
	if err := mayReplaceFile(ctx, path, may); err != nil {
		return err
	}
	if err := os.Rename(beside, path); err != nil {
		return err
	}
	return syncPath(filepath.Dir(path))
}

func fillFile(ctx context.Context, path string, fill func(context.Context, *DB) error) error {
	d, err := openSQLite(ctx, path)
	if err != nil {
		return err
	}
	err = fill(ctx, d)
	if err == nil {
		err = d.TruncateLog(ctx)
	}
	if err := errors.Join(err, d.Close()); err != nil {
		return err
	}
	return syncPath(path)
}

// mayReplaceFile asks about a file that stands there, and takes its log away,
// which SQLite does only when nobody else has the file open.
func mayReplaceFile(ctx context.Context, path string, may func(context.Context, *DB, Reader) error) (err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return mustHaveNoLog(path)
	}
	d, err := openSQLite(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := may(ctx, d, d); err != nil {
		return err
	}
	if err := d.read.Close(); err != nil { // it holds the file as well
		return err
	}
	var mode string
	if err := d.write.GetContext(ctx, &mode, "pragma journal_mode = delete"); err != nil || mode != "delete" {
		return errors.Join(fmt.Errorf("the database %s is in use: stop the program", path), err)
	}
	return nil
}

// mustHaveNoLog refuses the log of a file that is gone: SQLite would play it
// over the new one.
func mustHaveNoLog(path string) error {
	for _, end := range []string{"-wal", "-journal"} {
		if _, err := os.Lstat(path + end); err == nil {
			return fmt.Errorf("%s is left of a database that is gone: move it away", path+end)
		}
	}
	return nil
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func replacePostgres(ctx context.Context, address string, may func(context.Context, *DB, Reader) error, fill func(context.Context, *DB) error) (err error) {
	d, err := Open(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Write(ctx, func(tx *Tx) error { return dropTables(ctx, d, tx, may) }); err != nil {
		return err
	}
	return fill(ctx, d)
}

// dropTables locks the tables first, so that nobody fills what may found empty.
func dropTables(ctx context.Context, d *DB, tx *Tx, may func(context.Context, *DB, Reader) error) (err error) {
	tables, err := d.Tables(ctx, tx)
	if err != nil {
		return err
	}
	var names []string
	for _, t := range tables {
		names = append(names, t.Name)
	}
	if len(names) > 0 {
		if _, err := tx.Exec(ctx, "lock table "+quotedList(names)+" in access exclusive mode"); err != nil {
			return err
		}
	}
	if err := may(ctx, d, tx); err != nil {
		return err
	}
	defer fault.Wrap(&err, "drop the empty tables")
	_, err = tx.Exec(ctx, "drop table if exists "+quotedList(append(names, MigrationsTable))+" cascade")
	return err
}
