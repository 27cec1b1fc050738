// Package plan keeps the plan for raising the quality of education and of its
// management: what was found, what is wanted, what is done, and what came of it.
//
// A Plan covers some school years. It begins with a diagnosis: sources with
// their figures, and findings that rest on them. Its text is drafted in
// paragraphs, remarked on by municipalities and experts, and adopted by each
// municipality on a day of its own.
//
// Under its areas and goals stand actions (mandatory, optional, flagship), and
// each goal and action is measured by indicators. An indicator is either
// reckoned by a formula over the evidence ledger (package ledger, language in
// package formula), or read: institutions enter values, the association
// approves one. Wherever an indicator is shown, its formula, its source, its
// freshness and its last change stand beside it. A theme (inclusion is there
// from the start) cuts across goals, actions and indicators.
//
// Everybody may read an adopted plan, goal by goal in plain words. Each member
// municipality has one sheet with what its people took part in, what came back
// for its needs and what is open; a report of the year is made with one click.
package plan

import (
	"context"
	"embed"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/law"
	"kladka/internal/platform/notify"
)

// Migrations are the tables of this package, Messages its texts.
var (
	//go:embed migrations
	Migrations embed.FS
	//go:embed messages
	Messages embed.FS
)

// People are accounts, as access knows them.
type People interface {
	NamesOf(ctx context.Context, ids []string) (map[string]string, error)
	// Holders are those whose role in one of the institutions gives the permission.
	Holders(ctx context.Context, p access.Permission, at ...access.InstitutionID) ([]access.PersonID, error)
	// Everywhere are those who hold it by a role of the whole installation.
	Everywhere(ctx context.Context, p access.Permission) ([]access.PersonID, error)
}

// Ledger is what indicators are reckoned from; package ledger answers it.
type Ledger interface {
	// Totals are one row for each school year of the query.
	Totals(ctx context.Context, r db.Reader, q ledger.Query) ([]ledger.Year, error)
	// ByTown are the totals of the query by municipality.
	ByTown(ctx context.Context, r db.Reader, q ledger.Query) (map[string]ledger.Totals, error)
}

// Config is what the module is made of.
type Config struct {
	DB        *db.DB
	Now       func() time.Time
	Log       *slog.Logger
	Catalog   *i18n.Catalog
	People    People
	Directory *directory.Service
	Law       *law.Service
	Bus       *events.Bus
	Ledger    Ledger
	// AreaNames are the areas of agreements by id, for formulas that name one.
	// Nil: they are shown as they are typed.
	AreaNames func(ctx context.Context) (map[string]string, error)
	// Tell puts a message into an inbox. Nil tells nobody.
	Tell func(ctx context.Context, tx *db.Tx, m notify.Message) error
	// Asks is what the sheets of municipalities ask of other modules.
	Asks
}

// Service is the module.
type Service struct {
	Config
	db  *db.DB
	now func() time.Time
}

// New makes the module.
func New(c Config) *Service { return &Service{Config: c, db: c.DB, now: c.Now} }

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// known takes a key only in the form in which we write it.
func known(text string) (string, error) {
	id, err := uuid.Parse(text)
	if err != nil || id.String() != text {
		return "", fault.ErrNotFound
	}
	return text, nil
}
