package db

import (
	"context"
	"errors"
	"strings"

	"kladka/internal/platform/fault"
)

// Forget removes what deleted rows of some tables have left behind, after their
// deletion was committed. It is for rows that must not be found any more by
// whoever gets the files of the database.
//
// SQLite overwrites deleted rows (secure_delete), but its log and pages that moved
// hold older copies: the whole file is written anew and the log is emptied, which
// takes as long as copying the file, and writers wait. PostgreSQL keeps deleted
// rows, and even VACUUM FULL the number of the transaction that wrote a living
// one: each table is copied to a new one, and the old one is dropped. Whoever
// reads or writes it waits meanwhile. No other table may refer to it.
//
// It may be repeated. What stays: backups, replicas and an archived log, and
// blocks that the disk itself has not overwritten yet.
func (d *DB) Forget(ctx context.Context, tables ...string) (err error) {
	defer fault.Wrap(&err, "forget deleted rows")
	if d.engine == SQLite {
		if _, err := d.write.ExecContext(ctx, "vacuum"); err != nil {
			return err
		}
		return d.TruncateLog(ctx)
	}
	for _, table := range tables {
		if err := d.Write(ctx, func(tx *Tx) error { return copyAnew(ctx, tx, table) }); err != nil {
			return err
		}
	}
	return nil
}

// copyAnew puts a copy in the place of a table of PostgreSQL: the same columns,
// checks, keys, indexes and comments under the same names, the rows in the order
// of the key instead of that in which they came.
func copyAnew(ctx context.Context, tx *Tx, table string) (err error) {
	defer fault.Wrap(&err, "copy table %s", table)
	name, anew := quoted(table), quoted(table+"_anew")
	if _, err := tx.Exec(ctx, "lock table "+name+" in access exclusive mode"); err != nil {
		return err
	}
	var keys, indexes, order []string
	for _, read := range []struct {
		into  *[]string
		query string
	}{
		{&keys, `select format('alter table %I add constraint %I %s', t.relname, k.conname, pg_get_constraintdef(k.oid))
			from pg_constraint k join pg_class t on t.oid = k.conrelid
			where k.conrelid = cast(cast(? as text) as regclass) and k.contype in ('p', 'u', 'f') order by k.conname`},
		{&indexes, `select pg_get_indexdef(i.indexrelid) from pg_index i
			where i.indrelid = cast(cast(? as text) as regclass) and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid) order by 1`},
		{&order, `select quote_ident(a.attname) from pg_index i, unnest(i.indkey) with ordinality as k (attnum, place), pg_attribute a
			where i.indrelid = cast(cast(? as text) as regclass) and i.indisprimary and a.attrelid = i.indrelid and a.attnum = k.attnum order by k.place`},
	} {
		if err := tx.Select(ctx, read.into, read.query, name); err != nil {
			return err
		}
	}
	if len(order) == 0 {
		return errors.New("it has no primary key")
	}
	// What is defined of the old table is defined of the new one once it has the name.
	steps := append([]string{"create table " + anew + " (like " + name + " including all excluding indexes)",
		"insert into " + anew + " select * from " + name + " order by " + strings.Join(order, ", "),
		"drop table " + name, "alter table " + anew + " rename to " + name}, append(keys, indexes...)...)
	for _, step := range steps {
		if _, err := tx.Exec(ctx, step); err != nil {
			return err
		}
	}
	return nil
}
