// Package training is the daily work of a training center: an offer, people
// who enroll, a queue for the seats, attendance, and a paper at the end.
//
// A Training is written as a draft, published, held and closed; or postponed or
// canceled, and then everybody is told in one step. Its seats lie in pools: one
// for everybody, and one for each municipality that was promised a quota. A
// person enrolls with an account, without one (by a mailed link), through the
// head of the school, or on the phone. Whoever finds no free seat waits in the
// order of arrival; a seat that comes free is offered to the first, for a
// limited time.
//
// Four rules hold everywhere here:
//
//  1. A seat is taken by one statement on the pool's row, which also gives the
//     number in the queue. Nobody is seated while somebody waits in the same
//     pool. Every step is written to the queue's log in that transaction, and
//     replaying the log gives the same people (see Replay).
//  2. What somebody agreed to is kept with the enrollment; a training that
//     changes afterwards tells everybody who is in it.
//  3. Everything automatic gives its reason as data: the place and the rule to
//     the person, and to the organizer why nobody was called.
//  4. A guest is known by a secret in the link of the letter. Opening the link
//     changes nothing; a button does.
//
// Papers are issued by package papers below this one, old records are taken in
// by package takeover, money is settled by package settlement.
package training

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
	"kladka/internal/platform/mail"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/web"
)

// Migrations are the tables of this package, Messages its texts.
var (
	//go:embed migrations
	Migrations embed.FS
	//go:embed messages
	Messages embed.FS
)

// ID is a training, MeetingID one of its meetings, EnrollmentID the place of a
// person in it.
type (
	ID           string
	MeetingID    string
	EnrollmentID string
)

// Topics is the vocabulary as this package needs it; package topics answers it
// in wiring.
type Topics interface {
	// Choices are all topics that stand, parents before their children.
	Choices(ctx context.Context, l *i18n.L) ([]web.Choice, error)
	// Names are the names of topics in the reader's language.
	Names(ctx context.Context, l *i18n.L, ids []string) (map[string]string, error)
	// Resolve tells which topic is read in the stead of each: of one that was
	// merged, the other. Ids that are not there are left out.
	Resolve(ctx context.Context, ids []string) (map[string]string, error)
	// Under are the topics given, as they are read now, and those below them.
	Under(ctx context.Context, ids []string) (map[string]bool, error)
	// Use says which topics an object has; it replaces what was said before.
	Use(ctx context.Context, tx *db.Tx, kind, object string, ids []string) error
}

// SearchKind is the kind of the object in topics, in the search and at meetings
// of people ("kogo tu spotkam").
const SearchKind = "training"

// People are accounts, as access knows them.
type People interface {
	NamesOf(ctx context.Context, ids []string) (map[string]string, error)
	// Holders are those whose role in one of the institutions gives the permission.
	Holders(ctx context.Context, p access.Permission, at ...access.InstitutionID) ([]access.PersonID, error)
	HoldsAt(ctx context.Context, person access.PersonID, at access.InstitutionID, roles ...access.Role) (bool, error)
	// Reachable is a person with the confirmed address.
	Reachable(ctx context.Context, id access.PersonID) (access.Person, error)
	// People lists the people of an institution that the actor may see.
	People(ctx context.Context, who access.Actor, f access.Filter, at web.Cursor) (rows []access.Row, more bool, err error)
	// PersonKey counts a person once within a school year, and tells nobody who it is.
	PersonKey(ctx context.Context, tx *db.Tx, person string, schoolYear int) (string, error)
}

// Config is what the module is made of.
type Config struct {
	DB        *db.DB
	Now       func() time.Time
	Log       *slog.Logger
	Catalog   *i18n.Catalog
	Keys      *secrets.Keys
	People    People
	Directory *directory.Service
	Topics    Topics
	Files     *files.Service
	Law       *law.Service
	Mail      *mail.Service
	Bus       *events.Bus
	// Base is the public address of the installation, for links that leave it.
	Base string
	// Tell puts a message into an inbox. Nil tells nobody.
	Tell func(ctx context.Context, tx *db.Tx, m notify.Message) error
	// Meet is whom one will meet at a training. Nil where there is none.
	Meet Meet
	// Touch has trainings indexed anew for the search. Nil where there is none.
	Touch func(ctx context.Context, tx *db.Tx, ids ...string) error
}

// Service is the module.
type Service struct {
	Config
	db  *db.DB
	now func() time.Time

	offered catalogCache                                             // the public offer in memory
	lacks   func(ctx context.Context, id EnrollmentID) (bool, error) // see AskForPaper
	turns   turns                                                    // who acts on queues, see queue_turn.go
	offers  offers                                                   // of trainings that people enroll in
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

// touch has trainings indexed anew and raises the version by which the catalog
// keeps its counts.
func (s *Service) touch(ctx context.Context, tx *db.Tx, ids ...string) error {
	if err := db.Raise(ctx, tx, VersionName); err != nil || s.Touch == nil {
		return err
	}
	return s.Touch(ctx, tx, ids...)
}

// VersionName is the version that every change of the public offer raises.
const VersionName = "training.offer"
