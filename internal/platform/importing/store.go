package importing

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

const batchColumns = `id, kind, shape, file_name, sha256, scope, state, stage, mode, read_rows, new_rows, changed, closed, reopened,
	clashes, problems, guard, guard_n, based_on, progress, at_line, done, total, applied, held, left_out, undone, kept, swept,
	refusal_key, person, settled_by, undone_by, created_at, applied_at, undone_at`

func batchByID(ctx context.Context, r db.Reader, id BatchID) (b Batch, err error) {
	defer fault.Wrap(&err, "import %s", id)
	if u, err := uuid.Parse(string(id)); err != nil || u.String() != string(id) {
		return b, fault.ErrNotFound
	}
	err = r.Get(ctx, &b, `select `+batchColumns+` from importing_batches where id = ?`, id)
	return b, err
}

func insertBatch(ctx context.Context, tx *db.Tx, b Batch) error {
	_, err := tx.Exec(ctx, `insert into importing_batches (id, kind, shape, file_name, sha256, scope, state, read_rows,
			guard, guard_n, based_on, person, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		b.ID, b.Kind, b.Shape, b.FileName, b.SHA256, b.Scope, b.State, b.Read, b.Guard, b.GuardN, b.BasedOn, b.Person, b.CreatedAt)
	return err
}

// deleteDetails removes what a batch holds beside its numbers.
func deleteDetails(ctx context.Context, tx *db.Tx, id BatchID) error {
	if _, err := tx.Exec(ctx, `delete from importing_lines where batch = ?`, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `delete from importing_problems where batch = ?`, id)
	return err
}

// ByID reads one batch. NotFound when there is none that who may See.
func (s *Service) ByID(ctx context.Context, who Who, id BatchID) (Batch, error) {
	b, err := batchByID(ctx, s.db, id)
	if err != nil {
		return Batch{}, err
	}
	if err := who.may(ctx, See, b.Kind, b.Scope); err != nil {
		return Batch{}, unseen(err)
	}
	return b, nil
}

// unseen turns the refusal to look into "there is no such thing": who may not
// see a batch does not learn that it is there.
func unseen(err error) error {
	if fault.KindOf(err) == fault.Forbidden {
		return fault.ErrNotFound
	}
	return err
}

// mayDecide reads a batch that who wants to decide on.
func (s *Service) mayDecide(ctx context.Context, who Who, id BatchID) (Batch, Kind, error) {
	b, err := s.ByID(ctx, who, id)
	if err != nil {
		return b, Kind{}, err
	}
	if err := who.may(ctx, Decide, b.Kind, b.Scope); err != nil {
		return b, Kind{}, err
	}
	k, known := s.kind(b.Kind)
	if !known {
		return b, k, fault.New(fault.Conflict, "importing.fault.unknown_kind")
	}
	return b, k, nil
}

// EachLine gives all lines of a batch in order, without holding them.
func (s *Service) EachLine(ctx context.Context, who Who, id BatchID, f func(Line) error) (err error) {
	defer fault.Wrap(&err, "lines of import %s", id)
	if _, err := s.ByID(ctx, who, id); err != nil {
		return err
	}
	return s.db.Each(ctx, scanLine(f), lineSelect+`where batch = ? order by n`, id)
}

// EachProblem gives the kept findings in order.
func (s *Service) EachProblem(ctx context.Context, who Who, id BatchID, f func(Problem) error) (err error) {
	defer fault.Wrap(&err, "problems of import %s", id)
	if _, err := s.ByID(ctx, who, id); err != nil {
		return err
	}
	return s.db.Each(ctx, scanProblem(f), problemSelect+`where batch = ? order by n`, id)
}

const lineSelect = `select n, action, state, choice, why, key, object, name, base, revision, fields, record, former from importing_lines `

func scanLine(f func(Line) error) func(scan func(dest ...any) error) error {
	return func(scan func(dest ...any) error) error {
		var l Line
		var fields, record, former string
		err := scan(&l.N, &l.Action, &l.State, &l.Choice, &l.Why, &l.Key, &l.Object, &l.Name, &l.Base, &l.Revision,
			&fields, &record, &former)
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(fields), &l.Fields); err != nil {
			return err
		}
		l.Record, l.Before = rawOf(record), rawOf(former)
		return f(l)
	}
}

func rawOf(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

const problemSelect = `select n, row_no, about, level, key, args from importing_problems `

func scanProblem(f func(Problem) error) func(scan func(dest ...any) error) error {
	return func(scan func(dest ...any) error) error {
		var p Problem
		var args string
		if err := scan(&p.N, &p.Row, &p.About, &p.Level, &p.Key, &args); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(args), &p.Args); err != nil {
			return err
		}
		return f(p)
	}
}

// Filter narrows the lines of a batch. The zero Filter takes all.
type Filter struct {
	Action  Action    // "" for any
	Clashes bool      // only lines that disagree with our corrections
	State   LineState // "" for any
	Text    string    // beginning of the key, or of a word of the name
}

// where is the condition for a batch and its values.
func (f Filter) where(id BatchID) (string, []any) {
	text, args := `where batch = ?`, []any{id}
	add := func(condition string, values ...any) {
		text, args = text+` and `+condition, append(args, values...)
	}
	if f.Action != "" {
		add(`action = ?`, f.Action)
	}
	if f.Clashes {
		add(`clash`)
	}
	if f.State != "" {
		add(`state = ?`, f.State)
	}
	if sought := strings.TrimSpace(f.Text); sought != "" {
		// Folded text holds letters, digits and spaces: no wildcards.
		if folded := i18n.Fold(sought); folded != "" {
			add(`(substr(key, 1, ?) = ? or folded like ? or folded like ?)`, utf8.RuneCountInString(sought), sought,
				folded+"%", "% "+folded+"%")
		} else {
			add(`substr(key, 1, ?) = ?`, utf8.RuneCountInString(sought), sought)
		}
	}
	return text, args
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

func beyond(back bool) string {
	if back {
		return ` and n < ? order by n desc limit ?`
	}
	return ` and n > ? order by n limit ?`
}

// listLines reads a page of lines, after or before the n-th.
func listLines(ctx context.Context, r db.Reader, id BatchID, f Filter, n int, back bool, size int) (page[Line], error) {
	where, args := f.where(id)
	var rows []Line
	err := r.Each(ctx, scanLine(func(l Line) error {
		rows = append(rows, l)
		return nil
	}), lineSelect+where+beyond(back), append(args, n, size+1)...)
	return cutPage(rows, size, back), err
}

func listProblems(ctx context.Context, r db.Reader, id BatchID, n int, back bool, size int) (page[Problem], error) {
	var rows []Problem
	err := r.Each(ctx, scanProblem(func(p Problem) error {
		rows = append(rows, p)
		return nil
	}), problemSelect+`where batch = ?`+beyond(back), id, n, size+1)
	return cutPage(rows, size, back), err
}

// sight is whose batches of one kind somebody sees.
type sight struct {
	kind   string
	all    bool
	scopes []string
}

// sees asks which batches who may see in lists.
func (s *Service) sees(ctx context.Context, who Who) (list []sight, err error) {
	for _, k := range s.kinds {
		g := sight{kind: k.Name}
		if g.all, g.scopes, err = who.sees(ctx, k.Name); err != nil {
			return nil, err
		}
		if g.all || len(g.scopes) > 0 {
			list = append(list, g)
		}
	}
	return list, nil
}

// mostScopes bounds the institutions for which one person looks at imports;
// statements carry no more values than both databases take.
const mostScopes = 200

// listBatches reads a page of batches, the newest first. The place is that of a
// batch; with no id the list begins. Those that are just being read are left
// out: they may yet be refused.
func (s *Service) listBatches(ctx context.Context, list []sight, at int64, id string, back bool, size int) (page[Batch], error) {
	if len(list) == 0 {
		return page[Batch]{}, nil
	}
	var either []string
	var args []any
	for _, g := range list {
		if g.all {
			either, args = append(either, `kind = ?`), append(args, g.kind)
			continue
		}
		scopes := g.scopes[:min(len(g.scopes), mostScopes)]
		either, args = append(either, `kind = ? and scope in `+db.Marks(1, len(scopes))), append(args, g.kind)
		for _, scope := range scopes {
			args = append(args, scope)
		}
	}
	where := `where state <> 'reading' and (` + strings.Join(either, ` or `) + `)`
	order := ` order by created_at desc, id desc limit ?`
	switch {
	case id == "":
	case back:
		where, args = where+` and (created_at, id) > (?, ?)`, append(args, at, id)
		order = ` order by created_at, id limit ?`
	default:
		where, args = where+` and (created_at, id) < (?, ?)`, append(args, at, id)
	}
	var rows []Batch
	err := s.db.Select(ctx, &rows, `select `+batchColumns+` from importing_batches `+where+order, append(args, size+1)...)
	return cutPage(rows, size, back), err
}

// settled is for the one who was a moment later than another.
func settled() error { return fault.New(fault.Conflict, "importing.fault.settled") }
