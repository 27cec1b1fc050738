package directory

import (
	"context"
	"encoding/json"
	"slices"

	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

const importColumns = `id, shape, file_name, sha256, state, read_rows, new_rows, changed, closed, reopened, problems,
	mass_closing, based_on, refusal_key, progress, person, settled_by, created_at, applied_at`

func importByID(ctx context.Context, r db.Reader, id ImportID) (i Import, err error) {
	defer fault.Wrap(&err, "import %s", id)
	if _, err := idOf(string(id)); err != nil {
		return i, err
	}
	err = r.Get(ctx, &i, `select `+importColumns+` from directory_imports where id = ?`, id)
	return i, err
}

// readKnown reads what the register stated so far. Rows of other origin are
// none of its business.
func readKnown(ctx context.Context, r db.Reader) (known []register.Known, err error) {
	defer fault.Wrap(&err, "read what the register stated")
	err = r.Each(ctx, func(scan func(dest ...any) error) error {
		var k register.Known
		var stated string
		if err := scan(&k.ID, &k.Closed, &stated); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(stated), &k.Record); err != nil {
			return err
		}
		known = append(known, k)
		return nil
	}, `select id, closed, stated from directory_institutions where origin = ? and stated <> ''`, FromRegister)
	return known, err
}

func readTaken(ctx context.Context, r db.Reader) (map[int]bool, error) {
	var numbers []int
	err := r.Select(ctx, &numbers, `select rspo from directory_institutions
		where rspo is not null and origin <> ?`, FromRegister)
	taken := make(map[int]bool, len(numbers))
	for _, n := range numbers {
		taken[n] = true
	}
	return taken, err
}

func insertImport(ctx context.Context, tx *db.Tx, i Import, changes []register.Change, problems []register.Problem) error {
	_, err := tx.Exec(ctx, `insert into directory_imports (`+importColumns+`) values `+db.Marks(1, 19),
		i.ID, i.Shape, i.FileName, i.SHA256, i.State, i.Read, i.New, i.Changed, i.Closed, i.Reopened, i.Problems,
		i.MassClosing, i.BasedOn, i.RefusalKey, i.Progress, i.Person, i.SettledBy, i.CreatedAt, i.AppliedAt)
	if err != nil {
		return err
	}
	if err := insertChanges(ctx, tx, i.ID, changes); err != nil {
		return err
	}
	return insertProblems(ctx, tx, i.ID, problems)
}

func insertChanges(ctx context.Context, tx *db.Tx, id ImportID, changes []register.Change) error {
	const cols = 8
	n := 0
	for some := range slices.Chunk(changes, db.MaxParams/cols) {
		args := make([]any, 0, len(some)*cols)
		for _, c := range some {
			fields, err := json.Marshal(c.Fields)
			if err != nil {
				return err
			}
			record, err := json.Marshal(c.Record)
			if err != nil {
				return err
			}
			n++
			args = append(args, id, n, c.Kind, c.RSPO, c.ID, c.Name, string(fields), string(record))
		}
		_, err := tx.Exec(ctx, `insert into directory_import_changes
			(import, n, kind, rspo, institution, name, fields, record) values `+db.Marks(len(some), cols), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

func insertProblems(ctx context.Context, tx *db.Tx, id ImportID, problems []register.Problem) error {
	const cols = 7
	n := 0
	for some := range slices.Chunk(problems, db.MaxParams/cols) {
		args := make([]any, 0, len(some)*cols)
		for _, p := range some {
			words, err := json.Marshal(p.Args)
			if err != nil {
				return err
			}
			n++
			args = append(args, id, n, p.Row, p.RSPO, p.Level, p.Key, string(words))
		}
		_, err := tx.Exec(ctx, `insert into directory_import_problems
			(import, n, row_no, rspo, level, key, args) values `+db.Marks(len(some), cols), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

const changeColumns = `select n, kind, rspo, institution, name, fields, record from directory_import_changes `

func eachChange(ctx context.Context, r db.Reader, id ImportID, f func(ImportChange) error) (err error) {
	defer fault.Wrap(&err, "changes of import %s", id)
	return r.Each(ctx, scanChange(f), changeColumns+`where import = ? order by n`, id)
}

func scanChange(f func(ImportChange) error) func(scan func(dest ...any) error) error {
	return func(scan func(dest ...any) error) error {
		var c ImportChange
		var fields, record string
		if err := scan(&c.N, &c.Kind, &c.RSPO, &c.Institution, &c.Name, &fields, &record); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(fields), &c.Fields); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(record), &c.Record); err != nil {
			return err
		}
		return f(c)
	}
}

const problemColumns = `select n, row_no, rspo, level, key, args from directory_import_problems `

func eachProblem(ctx context.Context, r db.Reader, id ImportID, f func(ImportProblem) error) (err error) {
	defer fault.Wrap(&err, "problems of import %s", id)
	return r.Each(ctx, scanProblem(f), problemColumns+`where import = ? order by n`, id)
}

func scanProblem(f func(ImportProblem) error) func(scan func(dest ...any) error) error {
	return func(scan func(dest ...any) error) error {
		var p ImportProblem
		var args string
		if err := scan(&p.N, &p.Row, &p.RSPO, &p.Level, &p.Key, &args); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(args), &p.Args); err != nil {
			return err
		}
		return f(p)
	}
}

// page is the part of a list that a page of it shows: at most size rows beyond
// a place. More tells that there are others in the same direction.
type page[T any] struct {
	Rows []T
	More bool
}

// cutPage makes a page of rows that were asked for with one more than size;
// backward ones come in the wrong order.
func cutPage[T any](rows []T, size int, back bool) page[T] {
	p := page[T]{Rows: rows, More: len(rows) > size}
	if p.More {
		p.Rows = rows[:size]
	}
	if back {
		slices.Reverse(p.Rows)
	}
	return p
}

// listImports reads a page of imports, the newest first. The place is that of
// an import; at 0 the list begins.
func listImports(ctx context.Context, r db.Reader, at int64, id string, back bool, size int) (page[Import], error) {
	var rows []Import
	var err error
	switch {
	case id == "":
		err = r.Select(ctx, &rows, `select `+importColumns+` from directory_imports
			order by created_at desc, id desc limit ?`, size+1)
	case back:
		err = r.Select(ctx, &rows, `select `+importColumns+` from directory_imports
			where (created_at, id) > (?, ?) order by created_at, id limit ?`, at, id, size+1)
	default:
		err = r.Select(ctx, &rows, `select `+importColumns+` from directory_imports
			where (created_at, id) < (?, ?) order by created_at desc, id desc limit ?`, at, id, size+1)
	}
	return cutPage(rows, size, back), err
}

// listChanges reads a page of the changes of some kinds, after or before the n-th.
func listChanges(ctx context.Context, r db.Reader, id ImportID, kinds []register.ChangeKind, n int, back bool, size int) (page[ImportChange], error) {
	query, args, err := db.In(changeColumns+`where import = ? and kind in (?) and n `+beyond(back)+` limit ?`, id, kinds, n, size+1)
	if err != nil {
		return page[ImportChange]{}, err
	}
	var rows []ImportChange
	err = r.Each(ctx, scanChange(func(c ImportChange) error {
		rows = append(rows, c)
		return nil
	}), query, args...)
	return cutPage(rows, size, back), err
}

func listProblems(ctx context.Context, r db.Reader, id ImportID, n int, back bool, size int) (page[ImportProblem], error) {
	var rows []ImportProblem
	err := r.Each(ctx, scanProblem(func(p ImportProblem) error {
		rows = append(rows, p)
		return nil
	}), problemColumns+`where import = ? and n `+beyond(back)+` limit ?`, id, n, size+1)
	return cutPage(rows, size, back), err
}

func beyond(back bool) string {
	if back {
		return `< ? order by n desc`
	}
	return `> ? order by n`
}
