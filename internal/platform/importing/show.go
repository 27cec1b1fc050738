package importing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Show stores a difference and returns its batch, shown. Of b it takes Kind,
// Shape, FileName, SHA256, Scope, Read, Guard, GuardN, BasedOn and, when set, ID;
// the counts come from the lines. The lines are run through once and written
// chunk by chunk, so that a long difference is never held. After the last one,
// end is asked for the problems; it may also fill what of b is only known then
// (Read, Guard, GuardN, Shape, SHA256). End may be nil.
//
// An error of lines or end takes the batch back and is returned: a source that
// is refused leaves nothing behind. Who asks must be allowed to Decide.
func (s *Service) Show(ctx context.Context, who Who, b Batch, lines iter.Seq2[Line, error], end func(b *Batch) ([]Problem, error)) (_ Batch, err error) {
	defer fault.Wrap(&err, "show what a source of kind %s would change", b.Kind)
	if err := who.may(ctx, Decide, b.Kind, b.Scope); err != nil {
		return Batch{}, err
	}
	if _, known := s.kind(b.Kind); !known {
		return Batch{}, fmt.Errorf("importing: nobody declared %q", b.Kind)
	}
	b = s.begun(who, b)
	if err := s.db.Write(ctx, func(tx *db.Tx) error { return insertBatch(ctx, tx, b) }); err != nil {
		return Batch{}, err
	}
	if err := s.fill(ctx, &b, lines, end); err != nil {
		// The person may have gone away; nothing half-read must stay.
		return Batch{}, errors.Join(err, s.takeBack(context.WithoutCancel(ctx), b.ID))
	}
	return batchByID(ctx, s.db, b.ID)
}

func (s *Service) begun(who Who, b Batch) Batch {
	if b.ID == "" {
		b.ID = NewID()
	}
	return Batch{ID: b.ID, Kind: b.Kind, Shape: b.Shape, FileName: clip(b.FileName, 200), SHA256: b.SHA256, Scope: b.Scope,
		State: Reading, Read: b.Read, Guard: b.Guard, GuardN: b.GuardN, BasedOn: b.BasedOn,
		Person: who.By.Person, CreatedAt: s.now().Unix()}
}

// showLines is how many lines are written in one transaction: the other
// writers of a SQLite file must not wait long for a large difference.
const showLines = 1500

func (s *Service) fill(ctx context.Context, b *Batch, lines iter.Seq2[Line, error], end func(b *Batch) ([]Problem, error)) error {
	some := make([]Line, 0, showLines)
	for l, err := range lines {
		if err != nil {
			return err
		}
		if err := b.count(l); err != nil {
			return err
		}
		l.N = b.Changes()
		if some = append(some, l); len(some) == showLines {
			if err := s.store(ctx, b, some); err != nil {
				return err
			}
			some = some[:0]
		}
	}
	if err := s.store(ctx, b, some); err != nil {
		return err
	}
	var problems []Problem
	if end != nil {
		var err error
		if problems, err = end(b); err != nil {
			return err
		}
	}
	return s.shown(ctx, b, problems)
}

// count counts a line by what it does.
func (b *Batch) count(l Line) error {
	switch l.Action {
	case ActionNew:
		b.New++
	case ActionChanged:
		b.Changed++
	case ActionClosed:
		b.Closed++
	case ActionReopened:
		b.Reopened++
	default:
		return fmt.Errorf("importing: a line with the action %q", l.Action)
	}
	if l.Clashes() {
		b.Clashes++
	}
	return nil
}

func (s *Service) store(ctx context.Context, b *Batch, lines []Line) error {
	if len(lines) == 0 {
		return nil
	}
	rows, err := rowsOf(b.ID, lines)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		// The row of the batch proves that it is still being read: a sweep
		// takes back what seems forgotten.
		n, err := tx.Exec(ctx, `update importing_batches set done = ? where id = ? and state = ?`, b.Changes(), b.ID, Reading)
		if err != nil {
			return err
		}
		if n == 0 {
			return settled()
		}
		return insertLines(ctx, tx, rows)
	})
}

// shown ends the reading.
func (s *Service) shown(ctx context.Context, b *Batch, problems []Problem) error {
	b.Problems = len(problems)
	args, err := problemRows(b.ID, problems[:min(len(problems), KeptProblems)])
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update importing_batches set state = ?, shape = ?, sha256 = ?, read_rows = ?, new_rows = ?, changed = ?,
			closed = ?, reopened = ?, clashes = ?, problems = ?, guard = ?, guard_n = ?, based_on = ?, done = 0 where id = ? and state = ?`,
			Shown, b.Shape, b.SHA256, b.Read, b.New, b.Changed, b.Closed, b.Reopened, b.Clashes, b.Problems,
			b.Guard, b.GuardN, b.BasedOn, b.ID, Reading)
		if err != nil {
			return err
		}
		if n == 0 {
			return settled()
		}
		return insertProblems(ctx, tx, args)
	})
}

// takeBack removes a batch that is still being read.
func (s *Service) takeBack(ctx context.Context, id BatchID) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		// Locked first: a chunk that is being stored must not slip in between.
		n, err := tx.Exec(ctx, `update importing_batches set done = 0 where id = ? and state = ?`, id, Reading)
		if err != nil || n == 0 {
			return err
		}
		if err := deleteDetails(ctx, tx, id); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `delete from importing_batches where id = ?`, id)
		return err
	})
}

// lineCols are the columns that Show fills.
const (
	lineInsert = `insert into importing_lines (batch, n, action, clash, state, choice, key, object, name, folded, base, fields, record) values `
	lineCols   = 13
	problemIns = `insert into importing_problems (batch, n, row_no, about, level, key, args) values `
	problemCol = 7
)

// rowsOf makes the values of the rows outside of the transaction.
func rowsOf(id BatchID, lines []Line) ([]any, error) {
	args := make([]any, 0, len(lines)*lineCols)
	for _, l := range lines {
		fields, err := json.Marshal(l.Fields)
		if err != nil {
			return nil, err
		}
		if l.Choice != NoChoice && !l.Choice.valid() {
			return nil, fmt.Errorf("importing: a line with the choice %q", l.Choice)
		}
		name := plain(l.Name)
		args = append(args, id, l.N, l.Action, l.Clashes(), LineOpen, l.Choice, plain(l.Key), l.Object, name,
			clip(i18n.Fold(name), 200), l.Base, plain(string(fields)), plain(string(l.Record)))
	}
	return args, nil
}

func insertLines(ctx context.Context, tx *db.Tx, rows []any) error {
	return inBatches(rows, lineCols, func(args []any) error {
		_, err := tx.Exec(ctx, lineInsert+db.Marks(len(args)/lineCols, lineCols), args...)
		return err
	})
}

func problemRows(id BatchID, problems []Problem) ([]any, error) {
	args := make([]any, 0, len(problems)*problemCol)
	for i, p := range problems {
		words, err := json.Marshal(p.Args)
		if err != nil {
			return nil, err
		}
		args = append(args, id, i+1, p.Row, plain(p.About), p.Level, p.Key, plain(string(words)))
	}
	return args, nil
}

func insertProblems(ctx context.Context, tx *db.Tx, rows []any) error {
	return inBatches(rows, problemCol, func(args []any) error {
		_, err := tx.Exec(ctx, problemIns+db.Marks(len(args)/problemCol, problemCol), args...)
		return err
	})
}

// inBatches cuts values of rows so that a statement carries no more than it may.
func inBatches(values []any, cols int, f func(args []any) error) error {
	most := db.MaxParams / cols * cols
	for len(values) > 0 {
		some := values[:min(most, len(values))]
		if err := f(some); err != nil {
			return err
		}
		values = values[len(some):]
	}
	return nil
}

// plain is foreign text in letters that both databases take.
func plain(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\x00", "")
}

// clip shortens what is kept of foreign text.
func clip(text string, runes int) string {
	text = plain(text)
	short := []rune(text)
	if len(short) <= runes {
		return text
	}
	return string(short[:runes-1]) + "…"
}
