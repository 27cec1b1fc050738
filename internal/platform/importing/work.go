package importing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// workJob is the kind of the job that takes in or takes back.
const workJob = "importing.work"

type workPayload struct {
	Batch    BatchID `json:"batch"`
	Progress string  `json:"progress"` // as the batch names it; another means that this job is out of date
}

// workAttempts is few: somebody waits at the page.
const workAttempts = 3

// Titles of the work, in the rows of progress.
const (
	applyingKey = "importing.applying"
	undoingKey  = "importing.undoing"
)

func start(ctx context.Context, tx *db.Tx, who Who, title string, total int64, at time.Time) (jobs.ProgressID, error) {
	return jobs.StartProgress(ctx, tx, jobs.Progress{Kind: workJob, TitleKey: title, Owner: who.By.Person, Total: total}, at)
}

func enqueue(ctx context.Context, tx *db.Tx, id BatchID, progress jobs.ProgressID, options ...jobs.Option) error {
	options = append([]jobs.Option{jobs.Unique(string(id) + ":" + string(progress)), jobs.WithProgress(progress),
		jobs.MaxAttempts(workAttempts)}, options...)
	_, err := jobs.Enqueue(ctx, tx, workJob, workPayload{id, string(progress)}, options...)
	return err
}

// Jobs registers the work of the package.
func (s *Service) Jobs(r *jobs.Registry) {
	jobs.On(r, workJob, s.job)
	r.Every("importing.sweep", 24*time.Hour, s.sweep)
}

// job works until the batch is done. Each chunk is committed, so that a job
// that comes again begins at the first line that is open. What fails for a
// reason that no repetition mends, or fails to the end, is written beside the
// batch, so that the page can say it.
func (s *Service) job(ctx context.Context, job jobs.Job, p workPayload) error {
	err := s.work(ctx, p.Batch, p.Progress)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if fault.KindOf(err) != fault.Conflict && job.Attempt < job.MaxAttempts {
		return err
	}
	return s.failed(ctx, p.Batch, p.Progress, err)
}

// toTheEnd does the work of a batch in this process.
func (s *Service) toTheEnd(ctx context.Context, id BatchID) (Batch, error) {
	b, err := batchByID(ctx, s.db, id)
	if err != nil {
		return b, err
	}
	if err := s.work(ctx, id, b.Progress); err != nil {
		if ctx.Err() == nil {
			err = errors.Join(err, s.failed(ctx, id, b.Progress, err))
		}
		return b, err
	}
	return batchByID(ctx, s.db, id)
}

// failed notes that the work stopped. What was done so far stays, and can be
// gone on with or undone.
func (s *Service) failed(ctx context.Context, id BatchID, progress string, cause error) error {
	key := "importing.failed"
	if f := fault.As(cause); f != nil && f.Kind == fault.Conflict {
		key = f.Key
	}
	s.log.Error("import stopped", "import", id, "err", cause)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update importing_batches set stage = state, state = ?, refusal_key = ?
			where id = ? and progress = ? and state in (?, ?)`, Failed, key, id, progress, Applying, Undoing)
		if err != nil {
			return err
		}
		return jobs.Finish(ctx, tx, jobs.ProgressID(progress), jobs.ProgressFailed, key, s.now())
	})
}

// errOvertaken says that somebody else settled the chunk meanwhile.
var errOvertaken = errors.New("another worker was faster")

// work settles chunk after chunk until nothing is left to do, or the batch is
// no longer what the job was made for.
func (s *Service) work(ctx context.Context, id BatchID, progress string) (err error) {
	defer fault.Wrap(&err, "work on import %s", id)
	for {
		b, err := batchByID(ctx, s.db, id)
		if err != nil {
			return err
		}
		if b.State != Applying && b.State != Undoing || b.Progress != progress {
			return nil
		}
		k, known := s.kind(b.Kind)
		if !known {
			return fault.New(fault.Conflict, "importing.fault.unknown_kind")
		}
		if err := s.once(ctx, k, b); err != nil && !errors.Is(err, errOvertaken) {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// once settles one chunk, or ends the batch when there is none.
func (s *Service) once(ctx context.Context, k Kind, b Batch) error {
	lines, err := s.next(ctx, b)
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		return s.finish(ctx, k, b)
	}
	compute, at := k.Apply, s.now()
	if b.State == Undoing {
		compute = k.Undo
	}
	last := int64(lines[len(lines)-1].N)
	step, err := compute(ctx, b, lines, at)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update importing_batches set at_line = ?, done = done + ?
			where id = ? and state = ? and at_line = ? and progress = ?`, last, len(lines), b.ID, b.State, b.AtLine, b.Progress)
		if err != nil {
			return err
		}
		if n == 0 {
			return errOvertaken
		}
		outcomes, err := step(ctx, tx)
		if err != nil {
			return err
		}
		return settle(ctx, tx, b, lines, outcomes)
	})
}

// next reads the lines that come next: those still open in order, or those that
// were applied from the last on.
func (s *Service) next(ctx context.Context, b Batch) ([]Line, error) {
	var lines []Line
	query, state := lineSelect+`where batch = ? and n > ? and state = ? order by n limit ?`, LineOpen
	if b.State == Undoing {
		query, state = lineSelect+`where batch = ? and n < ? and state = ? order by n desc limit ?`, LineApplied
	}
	err := s.db.Each(ctx, scanLine(func(l Line) error {
		if b.State == Applying {
			l = l.asTaken(b.Mode)
		}
		lines = append(lines, l)
		return nil
	}), query, b.ID, b.AtLine, state, ChunkLines)
	return lines, err
}

// asTaken leaves only those fields that the person takes. Nobody loses a
// correction by approving everything: where a line clashes and nobody chose
// otherwise, ours stays.
func (l Line) asTaken(m Mode) Line {
	if l.Choice == KeepOurs || l.Choice == NoChoice && m == Everything && l.Clashes() {
		l.Choice = KeepOurs
		l.Fields = slices.DeleteFunc(slices.Clone(l.Fields), func(f Field) bool { return f.Clash })
		return l
	}
	l.Choice = Take
	return l
}

// settle writes what came of the lines of a chunk.
func settle(ctx context.Context, tx *db.Tx, b Batch, lines []Line, outcomes []Outcome) error {
	done, not := LineApplied, LineHeld
	count := `update importing_batches set applied = applied + ?, held = held + ? where id = ?`
	if b.State == Undoing {
		done, not = LineUndone, LineKept
		count = `update importing_batches set undone = undone + ?, kept = kept + ? where id = ?`
	}
	answers, err := answersOf(b.Kind, lines, outcomes)
	if err != nil {
		return err
	}
	const cols = 6
	rows, good := make([]any, 0, len(lines)*cols), 0
	for _, l := range lines {
		o := answers[l.N]
		state, object, former, revision := done, o.Object, o.Before, o.Revision
		if object == "" {
			object = l.Object
		}
		if b.State == Undoing {
			former = l.Before // it stays: the list shows what was restored
		}
		if o.Held != "" {
			state, revision = not, l.Revision
		} else {
			good++
		}
		rows = append(rows, l.N, state, o.Held, object, string(former), revision)
	}
	err = inBatches(rows, cols, func(args []any) error {
		_, err := tx.Exec(ctx, outcomeUpdate(len(args)/cols), append(args[:len(args):len(args)], b.ID)...)
		return err
	})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, count, good, len(lines)-good, b.ID)
	return err
}

// answersOf sorts the outcomes by line. A kind that forgets a line, or answers
// twice, is a mistake of the program, and nothing is settled.
func answersOf(kind string, lines []Line, outcomes []Outcome) (map[int]Outcome, error) {
	answers := make(map[int]Outcome, len(outcomes))
	for _, o := range outcomes {
		answers[o.N] = o
	}
	for _, l := range lines {
		if _, answered := answers[l.N]; !answered {
			return nil, fmt.Errorf("importing: kind %q did not answer for line %d", kind, l.N)
		}
	}
	if len(outcomes) != len(lines) {
		return nil, fmt.Errorf("importing: kind %q answered %d times for %d lines", kind, len(outcomes), len(lines))
	}
	return answers, nil
}

// outcomeUpdate writes many rows by one statement. The types stand in the first
// row: PostgreSQL takes a mark alone for text.
func outcomeUpdate(rows int) string {
	values := `(cast(? as integer), cast(? as text), cast(? as text), cast(? as text), cast(? as text), cast(? as bigint))`
	if rows > 1 {
		values += `,` + db.Marks(rows-1, 6)
	}
	return `update importing_lines set state = v.column2, why = v.column3, object = v.column4, former = v.column5, revision = v.column6
		from (values ` + values + `) as v where importing_lines.n = v.column1 and importing_lines.batch = ?`
}

// finish ends the batch after its last line.
func (s *Service) finish(ctx context.Context, k Kind, b Batch) error {
	undone, at := b.State == Undoing, s.now()
	var step Step
	if k.Finish != nil {
		var err error
		if step, err = k.Finish(ctx, b, undone, at); err != nil {
			return err
		}
	}
	query, to := `update importing_batches set applied_at = ?, state = ? where id = ? and state = ? and at_line = ? and progress = ?`, Applied
	if undone {
		query, to = `update importing_batches set undone_at = ?, state = ? where id = ? and state = ? and at_line = ? and progress = ?`, Undone
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, query, at.Unix(), to, b.ID, b.State, b.AtLine, b.Progress)
		if err != nil {
			return err
		}
		if n == 0 {
			return errOvertaken
		}
		if step != nil {
			if _, err := step(ctx, tx); err != nil {
				return err
			}
		}
		return jobs.Finish(ctx, tx, jobs.ProgressID(b.Progress), jobs.ProgressDone, "", at)
	})
}
