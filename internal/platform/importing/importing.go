// Package importing is the one way in which data from outside come in: what a
// file or another source says is compared with what we hold, the difference is
// shown line by line, a person approves all of it or some lines, a job takes it
// in, and the whole can be undone.
//
// A module declares a Kind (the register of schools, people, topics). It reads
// its file and compares, for only it knows how; this package keeps the
// difference, shows it, and calls the kind back with the lines to be written, at
// most ChunkLines at once. The lines of a chunk, what came of them and how far
// the work is are one transaction, so a job that dies goes on where it stopped,
// and two jobs at one batch do nothing twice.
//
// Nothing that people did meanwhile is overwritten: a line whose object was
// changed since it was compared is held, and an undo leaves alone what was
// edited after the import. Both are listed with the reason. That rests on the
// kind, which alone can compare revisions in the transaction that writes.
package importing

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

// Messages are the texts of this package.
//
//go:embed messages
var Messages embed.FS

// ChunkLines is the most lines that a kind is given at once.
const ChunkLines = 300

// KeptProblems is how many findings about a source are kept to be read; beyond
// them only their number is known.
const KeptProblems = 2000

// BatchID names a difference.
type BatchID string

// NewID makes the id of a batch beforehand, for a caller that wants to show its
// page while a job still reads.
func NewID() BatchID { return BatchID(uuid.Must(uuid.NewV7()).String()) }

// State is where a batch stands.
type State string

// The states. A batch is read, shown, then discarded or applied by way of
// applying; an applied one can be undone by way of undoing. Failed means that
// the work stopped half-way (Stage tells which) and a person decides whether it
// goes on or is undone.
const (
	Reading   State = "reading"
	Shown     State = "shown"
	Applying  State = "applying"
	Applied   State = "applied"
	Undoing   State = "undoing"
	Undone    State = "undone"
	Discarded State = "discarded"
	Failed    State = "failed"
)

// Mode is what an approval covers.
type Mode string

// The modes: every line that nobody chose to leave out, or only the lines that
// somebody chose.
const (
	Everything Mode = "all"
	OnlyChosen Mode = "chosen"
)

// Choice is what a person decided about one line.
type Choice string

// The choices. A line without a choice follows the approval: Everything takes
// it, and where it clashes with corrections made here, keeps ours (KeepOurs).
const (
	NoChoice Choice = ""
	Take     Choice = "take"  // all fields, over our corrections too
	KeepOurs Choice = "ours"  // the fields that clash stay ours, the others are taken; only for a line that clashes
	LeaveOut Choice = "leave" // nothing of this line
)

// Action is what a line does to its object.
type Action string

// The actions.
const (
	ActionNew      Action = "new"
	ActionChanged  Action = "changed"
	ActionClosed   Action = "closed"
	ActionReopened Action = "reopened"
)

// Batch is one reading of a source, compared with what we hold.
type Batch struct {
	ID       BatchID `db:"id"`
	Kind     string  `db:"kind"`
	Shape    string  `db:"shape"` // form of the source, a word of the kind
	FileName string  `db:"file_name"`
	SHA256   string  `db:"sha256"` // hex, "" when the source is no file
	Scope    string  `db:"scope"`  // institution whose own records these are, "" for everything
	State    State   `db:"state"`
	Stage    State   `db:"stage"` // of a failed one: Applying or Undoing
	Mode     Mode    `db:"mode"`  // as it was approved

	Read     int `db:"read_rows"` // entries in the source
	New      int `db:"new_rows"`
	Changed  int `db:"changed"`
	Closed   int `db:"closed"`
	Reopened int `db:"reopened"`
	Clashes  int `db:"clashes"`  // lines among them that disagree with corrections made here
	Problems int `db:"problems"` // all, of which KeptProblems are kept

	// Guard is the key of a message with plural forms: a warning that must be
	// ticked off before the approval, filled with GuardN. "" for none.
	Guard  string `db:"guard"`
	GuardN int    `db:"guard_n"`
	// BasedOn is for the kind: the version of its data that was compared with.
	BasedOn int64 `db:"based_on"`

	Progress string `db:"progress"` // row of jobs
	AtLine   int64  `db:"at_line"`  // the line settled last
	Done     int64  `db:"done"`     // lines settled by the work that runs or ran last
	Total    int64  `db:"total"`

	TakenIn   int `db:"applied"`  // lines that were applied
	Held      int `db:"held"`     // lines that were not, with the reason
	Left      int `db:"left_out"` // lines that a person left out
	TakenBack int `db:"undone"`
	Kept      int `db:"kept"` // lines that the undo left alone

	Swept      bool   `db:"swept"` // the lines are gone: nothing to see, nothing to undo
	RefusalKey string `db:"refusal_key"`
	Person     string `db:"person"` // who read it, "" for the program
	SettledBy  string `db:"settled_by"`
	UndoneBy   string `db:"undone_by"`
	CreatedAt  int64  `db:"created_at"`
	AppliedAt  *int64 `db:"applied_at"`
	UndoneAt   *int64 `db:"undone_at"`
}

// Changes tells how many objects would change.
func (b Batch) Changes() int { return b.New + b.Changed + b.Closed + b.Reopened }

// Field is one value that would change.
type Field struct {
	Name   string `json:"name"`
	Before string `json:"before"`         // what the source said last time; what we hold, where it is asked for the first time
	After  string `json:"after"`          // what the source says now
	Ours   string `json:"ours,omitempty"` // what people corrected it to here
	Clash  bool   `json:"clash,omitempty"`
}

// LineState is what became of a line.
type LineState string

// The states of a line.
const (
	LineOpen    LineState = "open"
	LineApplied LineState = "applied"
	LineHeld    LineState = "held" // not written; Why says the reason
	LineLeft    LineState = "left" // a person left it out
	LineUndone  LineState = "undone"
	LineKept    LineState = "kept" // not undone; Why says the reason
)

// Line is what would happen to one object.
type Line struct {
	N      int    // from 1, given by Show in the order of the lines
	Action Action //
	Key    string // natural key, such as the RSPO number; shown and searched
	Object string // id of the object; "" for a new one until it is applied
	Name   string // what the object is called, for people
	Fields []Field
	Record json.RawMessage // what applying needs beyond Fields
	Base   int64           // revision of the object that was compared with; 0 for a new one

	Choice   Choice
	State    LineState
	Why      string          // message key, of LineHeld and LineKept
	Before   json.RawMessage // what undoing needs, from Outcome.Before
	Revision int64           // of the object after applying
}

// Clashes tells whether a field disagrees with what people corrected here.
func (l Line) Clashes() bool {
	for _, f := range l.Fields {
		if f.Clash {
			return true
		}
	}
	return false
}

// Problem is a finding about a source. Key is a message, Args fill it.
type Problem struct {
	N     int    // given by Show
	Row   int    // as a spreadsheet counts, 0 when it is not about one row
	About string // natural key of what it is about, "" for none
	Level string // LevelNote, LevelWarning or LevelError
	Key   string
	Args  map[string]string
}

// The levels of problems.
const (
	LevelNote    = "note"
	LevelWarning = "warning"
	LevelError   = "error"
)

// Outcome is what came of a line in Apply or Undo.
type Outcome struct {
	N        int
	Object   string          // id of the object, also of a new one; "" leaves what the line says
	Before   json.RawMessage // Apply: all that Undo will need
	Revision int64           // of the object after writing
	Held     string          // message key: nothing was written, because…
}

// Reasons for Outcome.Held that every kind meets; a kind may have its own.
const (
	HeldChanged = "importing.held.changed" // Apply: changed here since it was compared
	HeldGone    = "importing.held.gone"    // the object is not there any more
	HeldTaken   = "importing.held.taken"   // Apply: a new one, but the key is taken by now
	KeptEdited  = "importing.kept.edited"  // Undo: edited since the import
	KeptUsed    = "importing.kept.used"    // Undo: other data refer to a new object by now
)

// Step writes what was computed before. It runs inside the transaction that
// settles the lines and may run more than once, so it only writes.
type Step func(ctx context.Context, tx *db.Tx) ([]Outcome, error)

// Kind is one sort of import, declared by the module that owns the objects.
// Apply and Undo must be guarded by revision inside the step: an object whose
// revision is not Line.Base (Undo: Line.Revision) is not written but answered
// with Held. A step answers for every line it was given, each once. An error of
// kind Conflict ends the work at once (the batch fails and shows its message,
// which must need no arguments);
// any other is tried again by the job before the batch fails.
type Kind struct {
	Name     string // "register": stands in rows and must not change
	TitleKey string // "Rejestr szkół i placówek"
	KeyTitle string // message key of what Line.Key is: "Numer RSPO"; "" for a general word
	NewPath  string // page where a source of this kind is read, "" for none

	FieldLabel func(l *i18n.L, field string) string
	// Value is how a value is shown; nil: as it is.
	Value func(ctx context.Context, l *i18n.L, field, value string) string
	// Shape is how Batch.Shape is shown; nil: not at all.
	Shape func(l *i18n.L, shape string) string
	// Note is one sentence about a line, such as why it would be closed; nil for none.
	Note func(l *i18n.L, line Line) string
	// Why says by which rule the lines of a part of the list came there; nil, or
	// an empty text: general words. Parts: "clashes", "new", "changed", "closed",
	// "reopened", "problems".
	Why func(l *i18n.L, b Batch, part string) web.Reason
	// Problem puts the arguments of a problem into words; nil: as they are.
	Problem func(l *i18n.L, p Problem) map[string]string
	// Link is the address of an object; nil for none.
	Link func(object string) string

	// Apply computes outside of transactions what the step will write. It is
	// given the lines to take, at most ChunkLines, in order. Fields holds only
	// what is to be taken: where the person keeps our corrections (KeepOurs),
	// the fields that clash are not among them. A line can come with no fields
	// left; then only what the source said is to be remembered.
	Apply func(ctx context.Context, b Batch, lines []Line, at time.Time) (Step, error)
	// Undo is given lines that were applied, the last first, with Before and
	// Revision as Apply answered. Nil: imports of this kind cannot be undone.
	Undo func(ctx context.Context, b Batch, lines []Line, at time.Time) (Step, error)
	// Finish is called once after the last line, before the batch counts as
	// applied or undone: for what can only be settled for all together. Its
	// outcomes are ignored. It may be nil, and return a nil step.
	Finish func(ctx context.Context, b Batch, undone bool, at time.Time) (Step, error)
	// CanUndo tells for lines that were applied which of them an undo would
	// leave alone: line number to message key. For the page before an undo; nil
	// when the undo itself shall tell.
	CanUndo func(ctx context.Context, lines []Line) (map[int]string, error)

	// KeepDays is how many days after the reading the lines are kept, 365 when
	// 0. A kind whose lines are about people takes fewer.
	KeepDays int
}

// Act is what somebody wants to do with batches of a kind.
type Act string

// The acts.
const (
	See    Act = "see"    // look at lists, lines and problems
	Decide Act = "decide" // read a source, choose, approve, discard, undo
)

// Who asks: whom the log names, and what they may. It is more than audit.By,
// because there a stranger and the program look alike. The zero Who may nothing.
type Who struct {
	By audit.By
	// May returns nil, or a fault of kind SignedOut or Forbidden, for an act on
	// batches of a kind and a scope ("" for everything).
	May func(ctx context.Context, act Act, kind, scope string) error
	// Scopes tells whose batches of a kind the person sees in lists: all, or
	// those of these institutions. Nil: those that May lets be seen with scope "".
	Scopes func(ctx context.Context, kind string) (all bool, scopes []string, err error)
}

// Program is the program itself: the command line, the demo, jobs. It may
// everything. Handlers never use it for a request.
func Program() Who {
	return Who{
		May:    func(context.Context, Act, string, string) error { return nil },
		Scopes: func(context.Context, string) (bool, []string, error) { return true, nil, nil },
	}
}

// ByKind joins what the modules say of one person: each Who answers for its own
// kind of imports. A kind that nobody answers for is refused.
func ByKind(by audit.By, kinds map[string]Who) Who {
	return Who{By: by,
		May: func(ctx context.Context, act Act, kind, scope string) error {
			return kinds[kind].may(ctx, act, kind, scope)
		},
		Scopes: func(ctx context.Context, kind string) (bool, []string, error) {
			return kinds[kind].sees(ctx, kind)
		}}
}

// sees asks for Scopes, or does without.
func (w Who) sees(ctx context.Context, kind string) (all bool, scopes []string, err error) {
	if w.Scopes != nil {
		return w.Scopes(ctx, kind)
	}
	if w.may(ctx, See, kind, "") == nil {
		scopes = []string{""}
	}
	return false, scopes, nil
}

// may asks for a permission; the zero Who has none.
func (w Who) may(ctx context.Context, act Act, kind, scope string) error {
	if w.May == nil {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	return w.May(ctx, act, kind, scope)
}

// Names tells how people and institutions are called; wiring answers it.
type Names interface {
	People(ctx context.Context, ids []string) (map[string]string, error)
	Institutions(ctx context.Context, ids []string) (map[string]string, error)
}

// Config is what the service is made of.
type Config struct {
	DB    *db.DB
	Names Names // nil: nobody is named
	Now   func() time.Time
	Log   *slog.Logger
}

// Service keeps differences and takes them in. Declare the kinds while wiring,
// then Routes and Jobs.
type Service struct {
	db    *db.DB
	names Names
	now   func() time.Time
	log   *slog.Logger
	kinds []Kind
}

// New makes the service.
func New(c Config) *Service {
	return &Service{db: c.DB, names: c.Names, now: c.Now, log: c.Log}
}

// Declare adds a kind while the program is put together. A kind declared twice
// or without what is needed is a mistake in the wiring and panics.
func (s *Service) Declare(k Kind) {
	if _, known := s.kind(k.Name); known || k.Name == "" || k.TitleKey == "" || k.Apply == nil || k.FieldLabel == nil {
		panic(fmt.Sprintf("importing: kind %q is declared twice or lacks a title, labels or Apply", k.Name))
	}
	s.kinds = append(s.kinds, k)
}

func (s *Service) kind(name string) (Kind, bool) {
	for _, k := range s.kinds {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}
