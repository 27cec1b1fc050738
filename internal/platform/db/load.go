package db

import (
	"context"
	"errors"
	"fmt"

	"kladka/internal/platform/fault"
)

// Load runs f once, in one transaction in which a row may be written before
// the rows that it refers to: foreign keys are checked when f is done. Unlike
// in Write, f may read files. It is for filling tables that nobody uses yet.
func (d *DB) Load(ctx context.Context, f func(tx *Tx) error) (err error) {
	defer fault.Wrap(&err, "load")
	return d.once(ctx, func(tx *Tx) error {
		if d.engine == SQLite {
			return loadSQLite(ctx, tx, f)
		}
		return loadPostgres(ctx, tx, f)
	})
}

func loadSQLite(ctx context.Context, tx *Tx, f func(tx *Tx) error) error {
	if _, err := tx.Exec(ctx, "pragma defer_foreign_keys = 1"); err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return err
	}
	// The commit would refuse as well, but without saying which.
	var bad struct{ Child, Parent string }
	err := tx.Get(ctx, &bad, `select "table" as child, "parent" as parent from pragma_foreign_key_check limit 1`)
	if errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("a row of %s refers to one that is not in %s", bad.Child, bad.Parent)
}

// loadPostgres takes the foreign keys off and puts them on again, which checks
// all rows at once and, other than deferring, needs no memory per row.
func loadPostgres(ctx context.Context, tx *Tx, f func(tx *Tx) error) error {
	var keys []struct{ Child, Name, Definition string }
	err := tx.Select(ctx, &keys, `select cast(c.relname as text) as child, cast(k.conname as text) as name, pg_get_constraintdef(k.oid) as definition
		from pg_constraint k join pg_class c on c.oid = k.conrelid
		where k.contype = 'f' and k.connamespace = current_schema()::regnamespace order by 1, 2`)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if _, err := tx.Exec(ctx, "alter table "+quoted(k.Child)+" drop constraint "+quoted(k.Name)); err != nil {
			return err
		}
	}
	if err := f(tx); err != nil {
		return err
	}
	for _, k := range keys {
		if _, err := tx.Exec(ctx, "alter table "+quoted(k.Child)+" add constraint "+quoted(k.Name)+" "+k.Definition); err != nil {
			return err
		}
	}
	return nil
}
