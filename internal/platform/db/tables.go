package db

import (
	"context"
	"fmt"
	"strings"

	"kladka/internal/platform/fault"
)

// Kind is what a column holds, alike on both databases.
type Kind string

// The kinds of columns that our tables are made of.
const (
	Text    Kind = "text"
	Integer Kind = "integer"
	Boolean Kind = "boolean"
	Real    Kind = "real"
	Bytes   Kind = "bytes"
)

// Column is a column of a table. Kind is "" for a type that only one of the
// databases knows; such a column cannot be copied.
type Column struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
}

// Table is a table as the database itself describes it.
type Table struct {
	Name    string
	Columns []Column
	Key     []string // columns of the primary key
	Parents []string // tables that its foreign keys point to
}

// MigrationsTable is where goose keeps what was migrated.
const MigrationsTable = "goose_db_version"

// Tables lists the tables in the order of their names, without those of goose
// and of the database itself. Search indexes (virtual tables of SQLite and
// what they keep beside them) are left out: they are made anew from the rows.
func (d *DB) Tables(ctx context.Context, r Reader) (_ []Table, err error) {
	defer fault.Wrap(&err, "list the tables")
	names, columns, parents := sqliteTables, sqliteColumns, sqliteParents
	if d.engine == Postgres {
		names, columns, parents = postgresTables, postgresColumns, postgresParents
	}
	var list []string
	if err := r.Select(ctx, &list, names, MigrationsTable); err != nil {
		return nil, err
	}
	tables := make([]Table, 0, len(list))
	for _, name := range list {
		t := Table{Name: name}
		err := r.Each(ctx, func(scan func(...any) error) error { return t.addColumn(scan) }, columns, name)
		if err != nil {
			return nil, err
		}
		if err := r.Select(ctx, &t.Parents, parents, name); err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// Migrated lists the numbers of the migrations that were run, oldest first;
// none when there is no table of them.
func (d *DB) Migrated(ctx context.Context, r Reader) (_ []int64, err error) {
	defer fault.Wrap(&err, "list the migrations")
	query := `select count(*) from pragma_table_list where schema = 'main' and name = ?`
	if d.engine == Postgres {
		query = `select count(*) from pg_class where relnamespace = current_schema()::regnamespace and relname = ?`
	}
	var there int
	if err := r.Get(ctx, &there, query, MigrationsTable); err != nil || there == 0 {
		return nil, err
	}
	var versions []int64
	err = r.Select(ctx, &versions, "select distinct version_id from "+MigrationsTable+" where is_applied and version_id > 0 order by version_id")
	return versions, err
}

func (t *Table) addColumn(scan func(...any) error) error {
	var name, kind string
	var key bool
	if err := scan(&name, &kind, &key); err != nil {
		return err
	}
	t.Columns = append(t.Columns, Column{name, kindOf(kind)})
	if key {
		t.Key = append(t.Key, name)
	}
	return nil
}

func kindOf(declared string) Kind {
	base, _, _ := strings.Cut(strings.ToLower(declared), "(")
	switch strings.TrimSpace(base) {
	case "text", "character varying", "varchar":
		return Text
	case "bigint", "integer", "int", "smallint":
		return Integer
	case "boolean":
		return Boolean
	case "double precision", "real":
		return Real
	case "bytea", "blob":
		return Bytes
	}
	return ""
}

// What the databases tell of themselves.
const (
	sqliteTables = `select name from pragma_table_list
		where schema = 'main' and type = 'table' and name not like 'sqlite\_%' escape '\' and name <> ? order by name`
	sqliteColumns = `select name, type, pk > 0 from pragma_table_xinfo(?) where hidden = 0 order by cid`
	sqliteParents = `select distinct "table" from pragma_foreign_key_list(?) order by 1`

	postgresTables = `select cast(relname as text) from pg_class
		where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and relname <> ? order by relname collate "C"`
	postgresColumns = `select cast(a.attname as text), format_type(a.atttypid, null),
			exists (select 1 from pg_constraint k where k.conrelid = a.attrelid and k.contype = 'p' and a.attnum = any (k.conkey))
		from pg_attribute a
		where a.attrelid = format('%I.%I', current_schema(), cast(? as text))::regclass
			and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
		order by a.attnum`
	postgresParents = `select distinct cast(p.relname as text) from pg_constraint k join pg_class p on p.oid = k.confrelid
		where k.contype = 'f' and k.conrelid = format('%I.%I', current_schema(), cast(? as text))::regclass order by 1`
)

// quoted writes a name of a table or column so that no keyword gets in the way.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quotedList(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quoted(n)
	}
	return strings.Join(out, ", ")
}

func (t Table) columnNames() []string {
	out := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = c.Name
	}
	return out
}

// unknown is the first column whose type cannot be copied, or "".
func (t Table) unknown() error {
	for _, c := range t.Columns {
		if c.Kind == "" {
			return fmt.Errorf("column %s of table %s has a type that cannot be copied to another database", c.Name, t.Name)
		}
	}
	return nil
}
