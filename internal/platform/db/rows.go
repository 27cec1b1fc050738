package db

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"kladka/internal/platform/fault"
)

// EachRow calls f with every row of a table, in the order of its key by bytes,
// which is the same on both databases. Values are nil, string, int64, bool,
// float64 or []byte, as the column's kind says; the slice is used again for
// the next row. A value that is not of its column's kind is an error.
func (d *DB) EachRow(ctx context.Context, r Reader, t Table, f func(row []any) error) (err error) {
	defer fault.Wrap(&err, "read table %s", t.Name)
	if err := t.unknown(); err != nil {
		return err
	}
	row, dest := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	for i := range row {
		dest[i] = &row[i]
	}
	query := "select " + quotedList(t.columnNames()) + " from " + quoted(t.Name) + d.inOrder(t)
	return r.Each(ctx, func(scan func(...any) error) error {
		if err := scan(dest...); err != nil {
			return err
		}
		for i, c := range t.Columns {
			if err := c.settle(&row[i]); err != nil {
				return err
			}
		}
		return f(row)
	}, query)
}

func (d *DB) inOrder(t Table) string {
	if len(t.Columns) == 0 {
		return ""
	}
	var by []string
	for _, c := range t.Columns {
		if len(t.Key) > 0 && !slices.Contains(t.Key, c.Name) {
			continue
		}
		order := quoted(c.Name)
		switch {
		case c.Kind == Text && d.engine == Postgres:
			order += ` collate "C"`
		case c.Kind == Text:
			order += ` collate binary`
		}
		by = append(by, order+" nulls first")
	}
	return " order by " + strings.Join(by, ", ")
}

// settle turns what the driver gives into a value of the column's kind. SQLite
// keeps booleans as 0 and 1, and text that came as bytes as bytes.
func (c Column) settle(v *any) error {
	if *v == nil {
		return nil
	}
	switch x := (*v).(type) {
	case string:
		if c.Kind == Text {
			return nil
		}
		if c.Kind == Bytes {
			*v = []byte(x)
			return nil
		}
	case []byte:
		if c.Kind == Bytes {
			return nil
		}
		if c.Kind == Text && utf8.Valid(x) {
			*v = string(x)
			return nil
		}
	case int64:
		switch {
		case c.Kind == Integer:
			return nil
		case c.Kind == Boolean && (x == 0 || x == 1):
			*v = x == 1
			return nil
		case c.Kind == Real:
			*v = float64(x)
			return nil
		}
	case bool:
		if c.Kind == Boolean {
			return nil
		}
	case float64:
		if c.Kind == Real {
			return nil
		}
	}
	return fmt.Errorf("column %s holds a %T where %s belongs", c.Name, *v, c.Kind)
}

// MaxRows is how many rows of a table one Insert may take.
func (t Table) MaxRows() int { return max(1, MaxParams/max(1, len(t.Columns))) }

// Insert writes rows with a value for each column, at most MaxRows of them.
func (t *Tx) Insert(ctx context.Context, into Table, rows [][]any) (err error) {
	defer fault.Wrap(&err, "write table %s", into.Name)
	if len(rows) == 0 {
		return nil
	}
	args := make([]any, 0, len(rows)*len(into.Columns))
	for _, r := range rows {
		args = append(args, r...)
	}
	_, err = t.Exec(ctx, "insert into "+quoted(into.Name)+" ("+quotedList(into.columnNames())+") values "+Marks(len(rows), len(into.Columns)), args...)
	return err
}

// Empty deletes all rows of a table.
func (t *Tx) Empty(ctx context.Context, table string) (err error) {
	defer fault.Wrap(&err, "empty table %s", table)
	_, err = t.Exec(ctx, "delete from "+quoted(table))
	return err
}

// AnyRow tells whether a table holds something.
func AnyRow(ctx context.Context, r Reader, table string) (bool, error) {
	var any bool
	err := r.Get(ctx, &any, "select exists (select 1 from "+quoted(table)+")")
	return any, err
}
