// Package meetings keeps the meetings at which the people who run education
// decide together: heads' meetings of an authority, the Forum of the
// metropolis, working groups and councils.
//
// A Series is the body that meets: who runs it, who belongs to it, how its
// agendas usually look. A head or a member proposes a Topic to it; similar ones
// are shown before it is sent, and alike ones are merged with their traces
// linked. Topics are supported, one voice per head. Whoever runs the series
// accepts, defers or declines each with a reason, and everybody who proposed or
// supported it is told at every step.
//
// A Meeting of the series goes one way:
//
//	planned → agenda_open → agenda_closed → convened → held
//	        → minutes_draft → minutes_adopted → archived
//
// It is announced with its date (agenda_open: topics come in, people answer), the
// topics close by themselves some days before, the final agenda convenes it, and
// it is held when its time is over. What was not finished goes on to the next
// meeting of the series, whose agenda begins with the decisions that still stand
// open.
//
// Four rules hold everywhere:
//
//  1. One head, one voice. A complex and its parts count once. Whoever heads two
//     units is invited once and is listed for both; see Seat.
//  2. An authority's meeting belongs to its own heads. A proposal from a head of
//     another authority is refused with the reason, and nobody else sees it.
//  3. A name hidden from peers is seen by those who run the series and by nobody
//     else, in lists, messages and calendars alike.
//  4. A meeting that happened is a fact: it is told to the register of activities
//     by events with versions, and a correction tells the later version.
package meetings

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

// Vocabulary is the vocabulary of topics as this package needs it; package
// topics of the directory answers it in wiring.
type Vocabulary interface {
	// Choices are all topics that stand, parents before their children.
	Choices(ctx context.Context, l *i18n.L) ([]web.Choice, error)
	// Names are the names of topics in the reader's language.
	Names(ctx context.Context, l *i18n.L, ids []string) (map[string]string, error)
	// Resolve tells which topic is read in the stead of each. Ids that are not
	// there are left out.
	Resolve(ctx context.Context, ids []string) (map[string]string, error)
	// Use says which topics an object has; it replaces what was said before.
	Use(ctx context.Context, tx *db.Tx, kind, object string, ids []string) error
}

// People are accounts, as access knows them.
type People interface {
	NamesOf(ctx context.Context, ids []string) (map[string]string, error)
	// Actor is a person with all roles held now, under every hat.
	Actor(ctx context.Context, id access.PersonID) (access.Actor, error)
	// Holders are those whose role in one of the institutions gives the permission.
	Holders(ctx context.Context, p access.Permission, at ...access.InstitutionID) ([]access.PersonID, error)
	// Everywhere are those who hold it by a role of the whole installation.
	Everywhere(ctx context.Context, p access.Permission) ([]access.PersonID, error)
	HoldsAt(ctx context.Context, person access.PersonID, at access.InstitutionID, roles ...access.Role) (bool, error)
	// PersonKey counts a person once within a school year, and tells nobody who it is.
	PersonKey(ctx context.Context, tx *db.Tx, person string, schoolYear int) (string, error)
}

// Lemmas tells the base forms of a word, folded; the search answers it in wiring.
type Lemmas interface{ Lemmas(word string) []string }

// Config is what the module is made of.
type Config struct {
	DB         *db.DB
	Now        func() time.Time
	Log        *slog.Logger
	Catalog    *i18n.Catalog
	People     People
	Directory  *directory.Service
	Vocabulary Vocabulary
	Law        *law.Service
	Bus        *events.Bus
	Files      *files.Service
	// Lemmas find similar topics in any inflection. Nil: folded words are compared.
	Lemmas Lemmas
	// Centers are the institutions that can run a workshop, with their names.
	Centers func(ctx context.Context) ([]web.Choice, error)
	// Areas are areas of agreements in force, for decisions of a Forum: the value
	// is "agreement/area". Nil: none are offered.
	Areas func(ctx context.Context, l *i18n.L) ([]web.Choice, error)
	// Ratings is the page of what was said of a meeting that is over. Nil: there
	// is none.
	Ratings func(id MeetingID) string
	// Host ends the identity of events in calendars: "kladka.example.org".
	Host string
	// Touch tells the index, in the transaction of the change, which topics
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
	// answering lets one answer to an invitation be written at a time in this
	// process: rows of one meeting share pages of an index, so that under
	// SERIALIZABLE 300 heads who answer at once would throw each other out until
	// one gives up. For speed only: other processes may write at the same time.
	answering chan struct{}
}

// New makes the module.
func New(c Config) *Service {
	return &Service{Config: c, db: c.DB, now: c.Now, answering: make(chan struct{}, 1)}
}

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
