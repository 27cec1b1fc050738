// Package agreements keeps the register of agreements between institutions,
// and shows under each area of an agreement what was done there.
//
// An Agreement has parties, people who signed it, areas of cooperation and
// expected outcomes. A framework agreement leaves its details to be worked out;
// detailed ones stand under it. What changes by an annex changes from a day on:
// an area that ended keeps everything that was done while it held.
//
// Six rules hold everywhere here:
//
//  1. A party is spoken for by people who hold a role in that very institution;
//     the association by its officers. A party without accounts is spoken for by
//     nobody: what it said on paper is typed in by another one and marked so.
//  2. Figures are never stored here. They are asked of package ledger, which
//     counts what happened, once. Only what a party confirmed is kept as it was
//     confirmed, so that a later difference stays visible.
//  3. Something counts under an agreement when an officer of a party marked it
//     as joint, from a day on. Everything else that fits an area stands beside
//     it, as background, and is never added.
//  4. An executive arrangement says who does what by when, with money or
//     without. It ends with what came of it, or with the reason why nothing did.
//  5. A request for an expert has an answer by a day, and yes or no.
//  6. What is in force is public, all of it. Drafts are seen by their parties.
package agreements

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
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/law"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/web"
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

// Config is what the package is made of.
type Config struct {
	DB        *db.DB
	Now       func() time.Time
	Log       *slog.Logger
	Catalog   *i18n.Catalog
	People    People
	Directory *directory.Service
	Ledger    Ledger
	Law       *law.Service
	Files     *files.Service
	Bus       *events.Bus
	// Tell puts a message into an inbox. Nil tells nobody.
	Tell func(ctx context.Context, tx *db.Tx, m notify.Message) error
	// Touch has agreements indexed anew. Nil where nothing is searched.
	Touch func(ctx context.Context, tx *db.Tx, ids ...string) error
}

// Ledger is the evidence as this package needs it; ledger.Service answers it.
type Ledger interface {
	Totals(ctx context.Context, r db.Reader, q ledger.Query) ([]ledger.Year, error)
	Activities(ctx context.Context, r db.Reader, scope ledger.Scope, year int, at web.Cursor, n int) ([]ledger.Listed, bool, error)
	MarkJoint(ctx context.Context, tx *db.Tx, who access.Actor, ref ledger.Ref, agreement, since string) error
	EndJoint(ctx context.Context, tx *db.Tx, who access.Actor, ref ledger.Ref, agreement string) error
}

// Service is the package at work.
type Service struct {
	Config
	db  *db.DB
	now func() time.Time
}

// New makes it.
func New(c Config) *Service { return &Service{Config: c, db: c.DB, now: c.Now} }

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// known takes an id only in the form in which we write it.
func known(text string) error {
	if id, err := uuid.Parse(text); err != nil || id.String() != text {
		return fault.ErrNotFound
	}
	return nil
}

// dayOf is the day on the wall in Kraków.
func dayOf(t time.Time) string { return t.In(web.Warsaw).Format(time.DateOnly) }
