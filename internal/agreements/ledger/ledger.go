// Package ledger is the evidence ledger: what was done, told once.
//
// Every module tells what happened by its events; wiring turns each into an
// Intake and gives it to Take. A fact says what, when, where, for how many
// people, for how many minutes, for how much money. Facts are only ever added:
// one that no longer holds gets a counter-fact beside it, with the reason.
// Facts from outside Kładka come by hand or from a sheet, and stay marked as
// such in every sum.
//
// A fact belongs to an Activity (a training, a meeting, something typed in).
// An activity has its places: the area of an agreement, the action of the plan,
// the themes. Rules that an officer can read say which; they hold from a date
// on, and older versions stay. In an area an activity counts only when it was
// marked as joint; until then it stands near the area, as its background.
//
// What pages show are rollups (Totals, ByTown), kept exact in the transaction
// of the fact, so that a page costs the same with a million facts as with ten.
// People are counted once within a school year by a key that access destroys
// later; then the counts stay as numbers (Freeze).
//
// The ledger asks and never imports: Sources say what an activity is called,
// Targets which areas and actions there are.
package ledger

import (
	"context"
	"embed"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Migrations are the tables of this package, Messages its texts.
var (
	//go:embed migrations
	Migrations embed.FS
	//go:embed messages
	Messages embed.FS
)

// Source says what activities of one kind are; the module that owns them
// answers it in wiring. It is asked outside of transactions.
type Source interface {
	// Activity is one activity; fault.NotFound when it is not there (any more).
	Activity(ctx context.Context, id string) (Activity, error)
}

// Targets are what rules may point at. Agreements and the plan answer it in
// wiring. Whoever changes what is answered here calls PlaceAgain in the same
// transaction: the answers are kept until then.
type Targets interface {
	// Areas are all areas of all agreements, also those that ended.
	Areas(ctx context.Context) ([]Target, error)
	// Actions are all actions of all plans, also those that were dropped.
	Actions(ctx context.Context) ([]Target, error)
}

// Topics is the vocabulary as this package needs it; package topics answers it
// in wiring. What Above and Themes say is kept until PlaceAgain, as of Targets.
type Topics interface {
	Choices(ctx context.Context, l *i18n.L) ([]web.Choice, error)
	Names(ctx context.Context, l *i18n.L, ids []string) (map[string]string, error)
	// Above are, for every topic that somebody may have named, the topics that it
	// counts under: itself, those above it, what it was merged into.
	Above(ctx context.Context) (map[string][]string, error)
	// Themes are the topics that cut across areas and actions.
	Themes(ctx context.Context) ([]string, error)
}

// People are accounts, as access knows them.
type People interface {
	NamesOf(ctx context.Context, ids []string) (map[string]string, error)
}

// Config is what the ledger is made of. Only DB and Now must be there.
type Config struct {
	DB        *db.DB
	Now       func() time.Time
	Log       *slog.Logger
	Catalog   *i18n.Catalog
	People    People
	Directory *directory.Service
	Files     *files.Service
	Topics    Topics            // nil: no themes
	Targets   Targets           // nil: nothing to point at
	Sources   map[string]Source // by Ref.Kind; Hand is answered here
	// Replay gives everything that the events of all modules told to take, in
	// any order. Nil: there are no events.
	Replay func(ctx context.Context, take func(context.Context, Intake) error) error
	// Destroyed tells whether access destroyed the key of a school year; nil: never.
	Destroyed func(ctx context.Context, schoolYear int) (bool, error)
}

// Service is the ledger.
type Service struct {
	Config
	db   *db.DB
	now  func() time.Time
	kept placing
}

// New makes the ledger.
func New(c Config) *Service { return &Service{Config: c, db: c.DB, now: c.Now} }

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// known takes an id only in the form in which we write it.
func known(text string) (string, error) {
	id, err := uuid.Parse(text)
	if err != nil || id.String() != text {
		return "", fault.ErrNotFound
	}
	return text, nil
}
