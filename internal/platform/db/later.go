package db

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/platform/fault"
)

// A deed is followed by lines in other tables: the log, the event, the step.
// Each of them would touch pages of its own, and pages are what a small
// transaction pays for. So they are gathered (Later) and lie in one row of
// db_outbox when the deed is committed: no deed without them, none of them
// without the deed. A moment later they are spread to their tables, many at
// once, by whoever looks for work (Spread), each exactly once.
//
//  1. Who reads such a table asks for what waits as well, and first (Waiting):
//     the other way round a row may move between the two questions.
//  2. A row lies as the values of its columns in the order of the table. So
//     such a table gets new columns at its end only, with a default.
//  3. A row that is there already is left as it is: the first writing stays.

// Later writes a row with the commit and lets it come to its table a moment
// later. The values are text, int64, bool or nil, those of the first columns;
// the further ones get their defaults. Whatever the table would refuse is found
// out too late, so the owner of the table alone calls this.
func (t *Tx) Later(ctx context.Context, table string, values ...any) (err error) {
	if len(t.late) > largeDeed {
		if err := t.flush(ctx); err != nil {
			return err
		}
	}
	if t.late == nil {
		t.late = make([]byte, 0, usualDeed)
	}
	b := append(t.late, ',', '[')
	b = appendText(b, table)
	for _, v := range values {
		if b, err = appendValue(append(b, ','), v); err != nil {
			return fmt.Errorf("a row for %s: %w", table, err)
		}
	}
	t.late = append(b, ']')
	return nil
}

const (
	// usualDeed is room for a line of the log, an event and a step.
	usualDeed = 1536
	// largeDeed is where a row ends and another begins: imports tell of much.
	largeDeed = 64 << 10
)

func appendValue(b []byte, v any) ([]byte, error) {
	switch x := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		return strconv.AppendBool(b, x), nil
	case int64:
		return strconv.AppendInt(b, x, 10), nil
	case string:
		// PostgreSQL refuses both, and by then the deed would be done.
		if !utf8.ValidString(x) || strings.IndexByte(x, 0) >= 0 {
			return b, errors.New("a text holds bytes that are none")
		}
		return appendText(b, x), nil
	}
	return b, fmt.Errorf("a %T cannot wait", v)
}

// appendText writes a text as JSON does, without looking for its type.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	plain := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[plain:i]...)
		if plain = i + 1; c < ' ' {
			b = fmt.Appendf(b, `\u%04x`, c)
		} else {
			b = append(b, '\\', c)
		}
	}
	return append(append(b, s[plain:]...), '"')
}

// flush writes what was gathered. The number of the row is its time, so that
// rows are spread in the order of the deeds, with some chance behind it; should
// two have the same, they become one.
func (t *Tx) flush(ctx context.Context) error {
	if len(t.late) == 0 {
		return nil
	}
	t.late[0] = '['
	body := string(append(t.late, ']'))
	t.late = nil
	_, err := t.Exec(ctx, `insert into db_outbox (id, body) values (?, ?) on conflict (id) do update
		set body = substr(db_outbox.body, 1, length(db_outbox.body) - 1) || ',' || substr(excluded.body, 2)`,
		time.Now().UnixMicro()<<10|rand.Int64N(1<<10), body)
	return err
}

// parcel is a row of db_outbox.
type parcel struct {
	ID   int64  `db:"id"`
	Body string `db:"body"`
}

// lateRow is a row on its way.
type lateRow struct {
	table  string
	values []any
}

func (p parcel) rows() ([]lateRow, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(p.Body)))
	d.UseNumber()
	var list [][]any
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("parcel %d: %w", p.ID, err)
	}
	rows := make([]lateRow, len(list))
	for i, values := range list {
		table, ok := "", false
		if len(values) > 1 {
			table, ok = values[0].(string)
		}
		if !ok {
			return nil, fmt.Errorf("parcel %d: a row without a table", p.ID)
		}
		rows[i] = lateRow{table, values[1:]}
		for j, v := range rows[i].values {
			n, ok := v.(json.Number)
			if !ok {
				continue
			}
			whole, err := n.Int64()
			if err != nil {
				return nil, fmt.Errorf("parcel %d: %w", p.ID, err)
			}
			rows[i].values[j] = whole
		}
	}
	return rows, nil
}

// Waiting is what waits to come to a table, in the order of the deeds: the
// values of the first columns, as Later was given them. It costs a look at an
// empty table, mostly. Read it before the table itself.
func Waiting(ctx context.Context, r Reader, table string) (_ [][]any, err error) {
	defer fault.Wrap(&err, "rows that wait for %s", table)
	var list []parcel
	if err := r.Select(ctx, &list, `select id, body from db_outbox order by id`); err != nil {
		return nil, err
	}
	var out [][]any
	for _, p := range list {
		rows, err := p.rows()
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if row.table == table {
				out = append(out, row.values)
			}
		}
	}
	return out, nil
}

// spreadAtOnce bounds what one transaction spreads.
const spreadAtOnce = 200

// Spread brings what waits to its tables and tells how many deeds that were.
// Any number of processes may call it at once. What a table refuses stays,
// and keeps nothing else from being spread.
func (d *DB) Spread(ctx context.Context) (total int, err error) {
	defer fault.Wrap(&err, "spread what was written later")
	for {
		// Looking first costs an idle program a read instead of a write. Where every
		// read counts among transactions, even this one may be asked to come again.
		waiting := true
		if err := d.Get(ctx, &waiting, `select exists (select 1 from db_outbox)`); err != nil && !again(err) || !waiting {
			return total, err
		}
		n, err := d.spread(ctx, `select id from db_outbox order by id limit ?`, spreadAtOnce)
		if err != nil && ctx.Err() == nil {
			n, err = d.spreadEach(ctx)
			return total + n, err
		}
		if total += n; err != nil || n < spreadAtOnce {
			return total, err
		}
	}
}

// toldErrors is how many refusals are told in one error.
const toldErrors = 3

// spreadEach finds the rows that can be spread, beside those that cannot,
// however many these are.
func (d *DB) spreadEach(ctx context.Context) (total int, err error) {
	var ids []int64
	if err := d.Select(ctx, &ids, `select id from db_outbox order by id`); err != nil {
		return 0, err
	}
	var errs []error
	for _, id := range ids {
		n, err := d.spread(ctx, `select cast(? as bigint)`, id)
		total += n
		if err == nil {
			continue
		}
		if len(errs) < toldErrors {
			errs = append(errs, err)
		}
		if again(err) || ctx.Err() != nil || d.Get(ctx, new(int), `select 1`) != nil {
			break // it is not the row: come again later
		}
	}
	return total, errors.Join(errs...)
}

func (d *DB) spread(ctx context.Context, which string, args ...any) (n int, err error) {
	err = d.Write(ctx, func(tx *Tx) error {
		n, err = tx.spread(ctx, which, args...)
		return err
	})
	return n, err
}

// Spread brings all that waits to its tables in this transaction, with what it
// gathered itself.
func (t *Tx) Spread(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "spread what was written later")
	if err := t.flush(ctx); err != nil {
		return err
	}
	for {
		if _, err := t.spread(ctx, `select id from db_outbox order by id limit ?`, spreadAtOnce); err != nil {
			return err
		}
		// A spreader who was faster may have left us none of those we reached
		// for; that does not tell that there are no others.
		var waiting bool
		if err := t.Get(ctx, &waiting, `select exists (select 1 from db_outbox)`); err != nil || !waiting {
			return err
		}
	}
}

// spread takes rows out, so that of two who spread only one has each, and
// writes what they hold.
func (t *Tx) spread(ctx context.Context, which string, args ...any) (int, error) {
	var list []parcel
	err := t.Select(ctx, &list, `delete from db_outbox where id in (`+which+`) returning id, body`, args...)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	slices.SortFunc(list, func(a, b parcel) int { return cmp.Compare(a.ID, b.ID) })
	var shapes []string // table and number of values, as they come first
	byShape := map[string][]lateRow{}
	for _, p := range list {
		rows, err := p.rows()
		if err != nil {
			return 0, err
		}
		for _, row := range rows {
			shape := row.table + " " + strconv.Itoa(len(row.values))
			if byShape[shape] == nil {
				shapes = append(shapes, shape)
			}
			byShape[shape] = append(byShape[shape], row)
		}
	}
	for _, shape := range shapes {
		if err := t.bring(ctx, byShape[shape]); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// bring writes rows of one table that have the same number of values.
func (t *Tx) bring(ctx context.Context, rows []lateRow) (err error) {
	table, cols := rows[0].table, len(rows[0].values)
	defer fault.Wrap(&err, "rows for %s", table)
	query := sqliteColumns
	if t.bound.engine == Postgres {
		query = postgresColumns
	}
	into := Table{Name: table}
	if err := t.Each(ctx, func(scan func(...any) error) error { return into.addColumn(scan) }, query, table); err != nil {
		return err
	}
	if len(into.Columns) < cols {
		return fmt.Errorf("%d values for %d columns", cols, len(into.Columns))
	}
	into.Columns = into.Columns[:cols]
	atOnce := into.MaxRows()
	if t.bound.engine == SQLite {
		// There is nobody far away to ask; statements that are kept cost less
		// than long ones that are read anew.
		atOnce = max(1, marksKept/cols)
	}
	for some := range slices.Chunk(rows, atOnce) {
		args := make([]any, 0, len(some)*cols)
		for _, row := range some {
			args = append(args, row.values...)
		}
		_, err := t.Exec(ctx, "insert into "+quoted(table)+" ("+quotedList(into.columnNames())+") values "+
			Marks(len(some), cols)+" on conflict do nothing", args...)
		if err != nil {
			return err
		}
	}
	return nil
}
