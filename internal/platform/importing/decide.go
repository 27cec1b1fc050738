package importing

import (
	"context"
	"slices"
	"strconv"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// GuardField is the name of the box that ticks off a warning.
const GuardField = "zgoda"

func (c Choice) valid() bool {
	return c == NoChoice || c == Take || c == KeepOurs || c == LeaveOut
}

// Choose notes a choice for some lines of a shown batch, by their numbers.
// KeepOurs is noted only where a line clashes. Conflict when the batch is
// settled already. Who asks must be allowed to Decide.
func (s *Service) Choose(ctx context.Context, who Who, id BatchID, n []int, c Choice) (err error) {
	defer fault.Wrap(&err, "choose lines of import %s", id)
	return s.choose(ctx, who, id, map[Choice][]int{c: n})
}

// choose notes different choices at once, for the page.
func (s *Service) choose(ctx context.Context, who Who, id BatchID, choices map[Choice][]int) error {
	if _, _, err := s.mayDecide(ctx, who, id); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := lockShown(ctx, tx, id); err != nil {
			return err
		}
		for c, numbers := range choices {
			if !c.valid() {
				return fault.New(fault.BadRequest, "fault.bad_request")
			}
			for some := range slices.Chunk(numbers, db.MaxParams-4) {
				query, args, err := db.In(`update importing_lines set choice = ? where batch = ? and (clash or ?) and n in (?)`,
					c, id, c != KeepOurs, some)
				if err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, query, args...); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// ChooseAll notes a choice for all lines of a shown batch that the filter takes.
func (s *Service) ChooseAll(ctx context.Context, who Who, id BatchID, f Filter, c Choice) (err error) {
	defer fault.Wrap(&err, "choose all lines of import %s", id)
	if _, _, err := s.mayDecide(ctx, who, id); err != nil {
		return err
	}
	if !c.valid() {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	if c == KeepOurs {
		f.Clashes = true
	}
	where, args := f.where(id)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := lockShown(ctx, tx, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update importing_lines set choice = ? `+where, append([]any{c}, args...)...)
		return err
	})
}

// lockShown keeps the batch from being settled while choices are written: an
// approval must cover what it was given for.
func lockShown(ctx context.Context, tx *db.Tx, id BatchID) error {
	n, err := tx.Exec(ctx, `update importing_batches set choices = choices + 1 where id = ? and state = ?`, id, Shown)
	if err == nil && n == 0 {
		return settled()
	}
	return err
}

// mayApply holds the refusals that can be told before anything is done.
func (s *Service) mayApply(ctx context.Context, who Who, id BatchID, m Mode, confirmed bool) (Batch, error) {
	b, _, err := s.mayDecide(ctx, who, id)
	switch {
	case err != nil:
		return b, err
	case m != Everything && m != OnlyChosen:
		return b, fault.New(fault.BadRequest, "fault.bad_request")
	case b.State != Shown:
		return b, settled()
	case b.Guard != "" && !confirmed:
		return b, fault.InvalidFields([]fault.Field{{Name: GuardField, Key: "importing.fault.guard"}})
	}
	return b, nil
}

// approve writes the approval: which lines stay out, who approved, and the job.
func (s *Service) approve(ctx context.Context, who Who, id BatchID, m Mode, confirmed bool, options ...jobs.Option) error {
	b, err := s.mayApply(ctx, who, id, m, confirmed)
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		progress, err := start(ctx, tx, who, applyingKey, int64(b.Changes()), now)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update importing_batches set state = ?, mode = ?, settled_by = ?, progress = ?, at_line = 0, done = 0
			where id = ? and state = ?`, Applying, m, who.By.Person, progress, id, Shown)
		if err != nil {
			return err
		}
		if n == 0 {
			return settled()
		}
		left, err := leaveOut(ctx, tx, id, m)
		if err != nil {
			return err
		}
		if m == OnlyChosen && left == b.Changes() {
			return fault.InvalidFields([]fault.Field{{Name: choiceField, Key: "importing.fault.none_chosen"}})
		}
		if _, err := tx.Exec(ctx, `update importing_batches set left_out = ?, total = ? where id = ?`,
			left, b.Changes()-left, id); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, who.By, b.entry(actApprove, left), now); err != nil {
			return err
		}
		return enqueue(ctx, tx, id, progress, options...)
	})
}

// leaveOut settles the lines that the approval does not cover.
func leaveOut(ctx context.Context, tx *db.Tx, id BatchID, m Mode) (int, error) {
	query := `update importing_lines set state = ? where batch = ? and choice = ?`
	args := []any{LineLeft, id, LeaveOut}
	if m == OnlyChosen {
		query, args = query+` or batch = ? and choice = ?`, append(args, id, NoChoice)
	}
	n, err := tx.Exec(ctx, query, args...)
	return int(n), err
}

// Acts on a batch, as the log names them.
const (
	actApprove = "importing.approve"
	actUndo    = "importing.undo"
	actResume  = "importing.resume"
	actDiscard = "importing.discard"
	actExport  = "importing.export"
)

// entry is the line of the log about an act on the batch.
func (b Batch) entry(action string, left int) audit.Entry {
	return audit.Entry{Action: action, Object: "import", ObjectID: string(b.ID), Institution: b.Scope, Details: map[string]string{
		"kind": b.Kind, "file": b.FileName, "changes": strconv.Itoa(b.Changes()), "left_out": strconv.Itoa(left)}}
}

// ApplyNow approves a batch and takes it in before it returns, for the command
// line. Confirmed tells that the person ticked off the warning (Batch.Guard);
// without it a guarded batch is refused as Invalid at GuardField. Conflict when
// the batch is settled already. Who asks must be allowed to Decide.
//
// When the process dies meanwhile, a job takes over after some minutes.
func (s *Service) ApplyNow(ctx context.Context, who Who, id BatchID, m Mode, confirmed bool) (_ Batch, err error) {
	defer fault.Wrap(&err, "apply import %s", id)
	if err := s.approve(ctx, who, id, m, confirmed, jobs.At(s.now().Add(takeOver))); err != nil {
		return Batch{}, err
	}
	return s.toTheEnd(ctx, id)
}

// takeOver is when a job looks after work that somebody does at once.
const takeOver = 5 * time.Minute

// ApplyLater approves a batch like ApplyNow and leaves the work to a job whose
// progress the page shows.
func (s *Service) ApplyLater(ctx context.Context, who Who, id BatchID, m Mode, confirmed bool) (err error) {
	defer fault.Wrap(&err, "approve import %s", id)
	return s.approve(ctx, who, id, m, confirmed)
}

// CanUndo tells whether the batch as it stands can be taken back: it was
// applied, or stopped half-way, and its lines are still there.
func (b Batch) CanUndo() bool {
	return !b.Swept && b.TakenIn > 0 && (b.State == Applied || b.State == Failed && b.Stage == Applying)
}

// UndoNow takes an applied batch back, or one that failed half-way, before it
// returns. What was edited since, by hand or by a later import, stays and is
// listed (LineKept). A batch is undone once. Who asks must be allowed to Decide.
func (s *Service) UndoNow(ctx context.Context, who Who, id BatchID) (_ Batch, err error) {
	defer fault.Wrap(&err, "undo import %s", id)
	if err := s.beginUndo(ctx, who, id, jobs.At(s.now().Add(takeOver))); err != nil {
		return Batch{}, err
	}
	return s.toTheEnd(ctx, id)
}

// UndoLater is UndoNow by a job.
func (s *Service) UndoLater(ctx context.Context, who Who, id BatchID) (err error) {
	defer fault.Wrap(&err, "undo import %s later", id)
	return s.beginUndo(ctx, who, id)
}

func (s *Service) beginUndo(ctx context.Context, who Who, id BatchID, options ...jobs.Option) error {
	b, k, err := s.mayDecide(ctx, who, id)
	switch {
	case err != nil:
		return err
	case k.Undo == nil || !b.CanUndo():
		return fault.New(fault.Conflict, "importing.fault.no_undo")
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		progress, err := start(ctx, tx, who, undoingKey, int64(b.TakenIn), now)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update importing_batches set state = ?, stage = '', undone_by = ?, progress = ?, at_line = ?, done = 0,
				total = applied, refusal_key = ''
			where id = ? and not swept and applied > 0 and (state = ? or state = ? and stage = ?)`,
			Undoing, who.By.Person, progress, b.Changes()+1, id, Applied, Failed, Applying)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "importing.fault.no_undo")
		}
		if err := audit.Record(ctx, tx, who.By, b.entry(actUndo, b.Left), now); err != nil {
			return err
		}
		return enqueue(ctx, tx, id, progress, options...)
	})
}

// Resume goes on with a batch whose work failed, or whose job is lost (the
// processes that ran it died each time). Conflict when neither is so.
func (s *Service) Resume(ctx context.Context, who Who, id BatchID) (err error) {
	defer fault.Wrap(&err, "resume import %s", id)
	b, _, err := s.mayDecide(ctx, who, id)
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		lost, err := lostJob(ctx, tx, b)
		if err != nil {
			return err
		}
		to := b.State
		switch {
		case b.State == Failed && (b.Stage == Applying || b.Stage == Undoing) && !b.Swept:
			to = b.Stage
		case !lost:
			return fault.New(fault.Conflict, "importing.fault.no_resume")
		}
		title := applyingKey
		if to == Undoing {
			title = undoingKey
		}
		progress, err := start(ctx, tx, who, title, b.Total, now)
		if err != nil {
			return err
		}
		// The former progress row tells that nobody resumed it before us.
		n, err := tx.Exec(ctx, `update importing_batches set state = ?, stage = '', refusal_key = '', progress = ?
			where id = ? and state = ? and progress = ?`, to, progress, id, b.State, b.Progress)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "importing.fault.no_resume")
		}
		if err := audit.Record(ctx, tx, who.By, b.entry(actResume, b.Left), now); err != nil {
			return err
		}
		return enqueue(ctx, tx, id, progress)
	})
}

// lostJob tells whether the work of a batch stands still because its job was
// put aside.
func lostJob(ctx context.Context, r db.Reader, b Batch) (bool, error) {
	if b.State != Applying && b.State != Undoing {
		return false, nil
	}
	p, err := jobs.ReadProgress(ctx, r, jobs.ProgressID(b.Progress))
	if fault.KindOf(err) == fault.NotFound {
		return true, nil // it did not move for a week
	}
	return p.State == jobs.ProgressFailed, err
}

// Discard throws a shown difference away: its numbers stay, its lines go. So
// can one that failed before a line was applied. Conflict when it is settled.
// Who asks must be allowed to Decide.
func (s *Service) Discard(ctx context.Context, who Who, id BatchID) (err error) {
	defer fault.Wrap(&err, "discard import %s", id)
	b, err := s.ByID(ctx, who, id)
	if err != nil {
		return err
	}
	if err := who.may(ctx, Decide, b.Kind, b.Scope); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update importing_batches set state = ?, stage = '', settled_by = ?, swept = ?
			where id = ? and (state = ? or state = ? and stage = ? and applied = 0)`,
			Discarded, who.By.Person, true, id, Shown, Failed, Applying)
		if err != nil {
			return err
		}
		if n == 0 {
			return settled()
		}
		if err := deleteDetails(ctx, tx, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By, b.entry(actDiscard, 0), now)
	})
}
