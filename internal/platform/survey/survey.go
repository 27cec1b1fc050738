// Package survey asks people in writing, and keeps what it promised them about
// their answers.
//
// A definition is a list of questions in three languages, and it never changes
// once it was used (definition.go). A round is one asking of one definition:
// who is invited, from when until when, and in which of three modes.
//
// # Anonymous
//
// The answers are sealed when they are given, to a key whose private half is
// cut into shares that never lie on the server (package custody): before the close
// nobody can read one, the administrator and a stolen backup included. Casting
// is one transaction of two statements: the person is marked as having answered
// and an envelope is laid down beside the others. It has no time, no person and
// no unit on it; its number is 128 random bits, made when the form was drawn, so
// that a form sent twice is one answer. Nothing else is written: no line of the
// log, no event, no job, no memory of forms.
//
// A transaction is recorded by the database, though, and whoever holds its
// journal can tell which envelope came with which mark. What keeps them apart is
// the key. After the close two officers of different shares open all envelopes
// in one run: the answers are stored in the order of their content, words apart
// from them and without a unit, the envelopes are destroyed, and with them the
// list of who answered: only how many were invited and answered in each unit
// stays. Until then nobody sees an answer, and afterwards nobody can say whose
// it was. Of fewer than 30 answers the words are not stored at all: nobody may
// ever read them.
//
// Whoever makes the key sees all three shares on one screen. No page can change
// that; it is said there, and each share is a sheet of its own to be handed over.
//
// # Confidential
//
// The program knows whose an answer is, so that it can be saved, resumed and
// changed until the close, and taken back. It lies sealed with the keys of the
// installation. Nobody is shown a single answer: owners count (Each), and
// publish through package disclosure.
//
// # Named
//
// As confidential, but those who run the round may see who answered what, and
// the page says so above the first question.
//
// # Without a name
//
// In each mode people may answer by the link of a staff room, or on paper that
// somebody types in. The program cannot tell whether each of those answers is of
// another person, and whoever made some up knows the few true ones by
// subtraction. So the seats of a link are bound to the list of its unit (SeatsFor),
// and the largest number of such answers of one unit is added to the k of what is
// published, and of words (Unsigned).
//
// # Whose rounds they are
//
// A module that asks is an Owner: it says who runs a round, who may answer
// without having been invited, who types in forms that came on paper, and what
// is to be done when the answers are there. Persons and units are ids of other
// packages here.
package survey

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/secrets"
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

// Owner is a module that asks. Every refusal is a fault that the page shows.
type Owner interface {
	// Runs says that the person who asks runs the round: closes it, makes its
	// key, drops it, sees how many have answered.
	Runs(ctx context.Context, r *web.Request, rd Round) error
	// Sees says that they may read what was published of it.
	Sees(ctx context.Context, r *web.Request, rd Round) error
	// Eligible says for which unit somebody answers who is signed in and not on
	// the list, or refuses. They are then put on the list.
	Eligible(ctx context.Context, r *web.Request, rd Round) (unit string, err error)
	// PaperAt are the units where the person who asks keeps the roll: enters
	// forms that came on paper, and gives out the link of the staff room.
	PaperAt(ctx context.Context, r *web.Request, rd Round) (units []string, err error)
	// Page is the matter that the round belongs to.
	Page(l *i18n.L, rd Round) web.Link
	// Next is what happens after somebody answered. Person is "" for a stranger.
	Next(ctx context.Context, l *i18n.L, rd Round, person string) (web.Step, error)
	// Opened is called in the transaction in which the answers are there: after
	// the opening of an anonymous round, at the close of another. It may run
	// twice; it enqueues the owner's own work.
	Opened(ctx context.Context, tx *db.Tx, rd Round) error
}

// KeyOfficers is what an Owner of anonymous rounds answers as well: the people
// among whom whoever runs a round chooses those who keep the shares of its key.
// With exactly two or three of them nothing is left to choose.
type KeyOfficers interface {
	Officers(ctx context.Context, r *web.Request, rd Round) (people []string, err error)
}

// OnDesk is what an Owner answers as well that knows better what a round is about
// than the title of its questionnaire: how it stands on the desk of who is asked.
// Without a title it does not stand there.
type OnDesk interface {
	Desk(ctx context.Context, l *i18n.L, rd Round) (web.DeskItem, error)
}

// About is what an Owner answers as well whose questionnaires do not say of what
// they are: the name of the training, or of the campaign, and where it is read. A
// link without a text is left out.
type About interface {
	About(ctx context.Context, l *i18n.L, rd Round) (web.Link, error)
}

// Names tells how people and units are called; wiring answers it. An id that is
// not known is left out.
type Names interface {
	People(ctx context.Context, ids []string) (map[string]string, error)
	Units(ctx context.Context, ids []string) (map[string]string, error)
}

// Tell lets people know; wiring answers it with package notify. What is one of
// ToldCustodian, ToldClosed and ToldDropped. It is called again for the same
// person when a job is repeated.
type Tell interface {
	Tell(ctx context.Context, tx *db.Tx, what, person string, rd Round, title Text) error
}

// Config is what the service is made of.
type Config struct {
	DB      *db.DB
	Now     func() time.Time
	Log     *slog.Logger // nil for none
	Catalog *i18n.Catalog
	Keys    *secrets.Keys
	Names   Names // nil: ids are shown
	Tell    Tell  // nil: nobody is told
	// Releases publishes results; nil: PublishRound is an error.
	Releases *disclosure.Service
}

// Service keeps surveys. Make it with New and give it owners with Declare.
type Service struct {
	db      *db.DB
	now     func() time.Time
	log     *slog.Logger
	catalog *i18n.Catalog
	keys    *secrets.Keys
	names   Names
	tell    Tell
	owners  map[string]Owner

	releases *disclosure.Service
	custody  *custody.Service

	// definitions that were read, by id: one that is used never changes.
	definitions sync.Map
	// opening are runs of this process, which ends them when it stops.
	opening sync.WaitGroup
}

// New makes the service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{db: c.DB, now: c.Now, log: c.Log, catalog: c.Catalog, keys: c.Keys,
		names: c.Names, tell: c.Tell, owners: map[string]Owner{}, releases: c.Releases}
	keeping := custody.Config{DB: c.DB, Now: c.Now, Keys: c.Keys}
	if c.Names != nil {
		keeping.Names = c.Names
	}
	s.custody = custody.New(keeping) // it keeps nothing in memory: this one is as good as another
	return s
}

// Declare makes a module an owner of rounds of that kind. A kind declared twice
// is a mistake in the wiring and panics, as http.ServeMux does.
func (s *Service) Declare(kind string, o Owner) {
	if _, known := s.owners[kind]; known || kind == "" || o == nil {
		panic(fmt.Sprintf("survey: owner %q is declared twice or is nobody", kind))
	}
	s.owners[kind] = o
}

// Doors are who may pass, and who asks.
type Doors struct {
	Own     web.Guard                   // anybody who is signed in
	Fresh   web.Guard                   // the same, having proved a moment ago to be them; nil: Own
	Library web.Guard                   // keeps the library of surveys
	Public  web.Guard                   // everybody
	By      func(*web.Request) audit.By // who asks
	Person  func(*web.Request) string   // id of who asks, "" for a stranger
}
