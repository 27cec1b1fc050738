// Package access knows who is who and who may do what.
//
// A person has an account; a role is held in an institution (a head of this
// school, an officer of that authority). One table in Go, in rights.go, says
// which permissions a role gives; the page /uprawnienia prints the very table
// that is enforced. Reach follows the graph of institutions: an officer of an
// authority reaches the schools that the authority runs, which the directory
// knows and answers through the interface Directory.
//
// The actor is an argument of every service method, never fished from a
// context below a handler. A door's guard checks the permission; the service
// checks the institution with Actor.MayAt.
package access

import (
	"context"
	"embed"
	"log/slog"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/google/uuid"

	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/secrets"
)

// Migrations are the tables of this package, Messages its texts.
var (
	//go:embed migrations
	Migrations embed.FS
	//go:embed messages
	Messages embed.FS
)

// PersonID is the key of a person, a UUIDv7.
type PersonID string

// InstitutionID is the key of an institution. The rows are the directory's;
// the type stands here because roles are held in institutions.
type InstitutionID string

// NewPersonID makes a key.
func NewPersonID() PersonID { return PersonID(uuid.Must(uuid.NewV7()).String()) }

// NewInstitutionID makes a key.
func NewInstitutionID() InstitutionID { return InstitutionID(uuid.Must(uuid.NewV7()).String()) }

// Directory is what access needs to know of institutions.
type Directory interface {
	// Over tells whether a's officers reach b: a runs b, or a is b.
	Over(ctx context.Context, a, b InstitutionID) (bool, error)
	// Leads tells whether the head of a is the head of b: b is a unit of a's
	// complex, or a is b.
	Leads(ctx context.Context, a, b InstitutionID) (bool, error)
	// Names are the names of institutions, for "Działasz jako".
	Names(ctx context.Context, ids []InstitutionID) (map[InstitutionID]string, error)
}

// Service is the module. Make it with New, then give it the directory.
type Service struct {
	db        *db.DB
	directory Directory
	catalog   *i18n.Catalog
	sessions  *scs.SessionManager
	log       *slog.Logger
	now       func() time.Time
	hashing   *turns // bounds the memory of argon2id
	accounts  accounts
	keys      *secrets.Keys
	letters   Letters
	tell      Tell
	bus       *events.Bus
	acts      map[string]ActKind
	imports   *importing.Service // nil until ConnectImports
	demo      bool
	https     bool
}

// Config is what the module is made of.
type Config struct {
	DB      *db.DB
	Catalog *i18n.Catalog
	Log     *slog.Logger
	Now     func() time.Time
	HTTPS   bool
	Demo    bool
	Keys    *secrets.Keys // kept outside the database; nil makes some for this run
	Letters Letters       // nil sends none
	Tell    Tell          // nil tells nobody
	Bus     *events.Bus   // nil tells no module
}

// Letters sends letters to addresses, in the transaction that makes them due.
type Letters interface {
	// Send sends one letter. Secret marks one that holds a one-time link.
	Send(ctx context.Context, tx *db.Tx, l Letter) error
	// URL is the address of a page for people's letters, never from a request.
	URL(path string) string
	// Delivers tells whether letters leave this machine; else links are
	// handed over in person.
	Delivers() bool
}

// Letter is plain text for one person.
type Letter struct {
	To      string
	Lang    i18n.Lang
	Subject string
	Text    string
	Secret  bool
	Person  PersonID // of the reader, "" when there is no account
}

// Tell puts a notification into a person's inbox: a message key with its
// arguments (no addresses) and a page of ours.
type Tell func(ctx context.Context, tx *db.Tx, person PersonID, key string, args map[string]string, link string, urgent bool) error

// New makes the module.
func New(c Config) *Service {
	s := &Service{db: c.DB, catalog: c.Catalog, log: c.Log, now: c.Now, demo: c.Demo, https: c.HTTPS,
		hashing: newTurns(), keys: c.Keys, letters: c.Letters, tell: c.Tell, bus: c.Bus, acts: map[string]ActKind{}}
	s.declareOwnActs()
	if s.keys == nil {
		s.keys = secrets.New()
	}
	if s.letters == nil {
		s.letters = noLetters{}
	}
	if s.tell == nil {
		s.tell = func(context.Context, *db.Tx, PersonID, string, map[string]string, string, bool) error { return nil }
	}
	s.sessions = newSessions(s, c.HTTPS)
	return s
}

// noLetters is a service in a test that sends nothing.
type noLetters struct{}

func (noLetters) Send(context.Context, *db.Tx, Letter) error { return nil }
func (noLetters) URL(path string) string                     { return path }
func (noLetters) Delivers() bool                             { return false }

// Connect gives the module what only the directory knows. It is called once,
// in wiring, because the directory itself needs access.
func (s *Service) Connect(d Directory) { s.directory = d }
