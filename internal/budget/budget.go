// Package budget runs participatory budgets: of a city with its districts, of
// one school, of any other circle that decides together what its money is spent
// on.
//
// An Edition is a dated set of Rules: pools of money, who may propose and vote,
// what a project may cost, how one votes, how votes are counted and what decides
// a tie, and a calendar. It goes one way:
//
//	draft → published → frozen → voting → closed → counted → final → archived
//
// While it is a draft the rules can change; once published they are promised,
// and projects are filed, checked, protested and drawn by the calendar (see
// Phase). The freeze writes the rules and the lists of projects into one
// Document, whose SHA-256 is public before the first vote: nobody can bend a rule
// to votes. Hours of voting open and close by the calendar.
//
// A Project goes from an idea to a delivered thing; see the files project*.go.
// Votes are taken by package budget/vote, which keeps them apart from voters,
// opened and published by budget/result, and counted by budget/tally, which
// knows neither a database nor a person.
//
// Three rules hold everywhere:
//
//  1. Nobody sees interim results: not those who run the edition, not this program.
//  2. Every decision that somebody may dislike has a reason in words, a day and
//     a way to disagree.
//  3. A school edition speaks to pupils of thirteen; names of pupils are not shown.
package budget

import (
	"context"
	"embed"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"kladka/internal/access"
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
	// Actor is a person with all roles held now, under every hat.
	Actor(ctx context.Context, id access.PersonID) (access.Actor, error)
	// Holders are those whose role in one of the institutions gives the permission.
	Holders(ctx context.Context, p access.Permission, at ...access.InstitutionID) ([]access.PersonID, error)
	HoldsAt(ctx context.Context, person access.PersonID, at access.InstitutionID, roles ...access.Role) (bool, error)
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
	Files     *files.Service
	// Ready lists what keeps the vote of a frozen edition from opening: the key,
	// its trial, rights in each pool. Nil: nothing does.
	Ready func(ctx context.Context, r db.Reader, e Edition) ([]Obstacle, error)
	// Due lists what waits for those who run an edition while its vote goes on. Nil:
	// nothing does.
	Due func(ctx context.Context, r db.Reader, e Edition) ([]Obstacle, error)
	// Links are pages of other parts about an edition that the reader may go to:
	// electors, slips, the key, counting. Nil: there are none.
	Links func(ctx context.Context, r *web.Request, e Edition) ([]web.Link, error)
	// Figures are what the count found in a pool, for the lesson about it, in the
	// reader's language. Nil: lessons are made of costs alone.
	Figures func(ctx context.Context, l *i18n.L, e Edition, pool PoolID) (Figures, error)
	// Why tells why a project won or lost, in the reader's language, and names the
	// page that says more; told is false until the count is published. Nil: the
	// state of a project is all that its page says.
	Why func(ctx context.Context, l *i18n.L, who access.Actor, p Project) (why web.Reason, href string, told bool, err error)
	// Base is the public address of the installation; it stands in codes of posters.
	Base string
	// Touch tells the index, in the transaction of the change, which editions
	// changed. Nil: nobody indexes them.
	Touch func(ctx context.Context, tx *db.Tx, ids ...string) error
	// Tell puts a message into an inbox. Nil tells nobody.
	Tell func(ctx context.Context, tx *db.Tx, m notify.Message) error
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
func known(text string) error {
	if id, err := uuid.Parse(text); err != nil || id.String() != text {
		return fault.ErrNotFound
	}
	return nil
}

// dayOf is the day on the wall in Kraków.
func dayOf(at int64) string { return time.Unix(at, 0).In(web.Warsaw).Format(time.DateOnly) }
