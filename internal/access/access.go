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
	"kladka/internal/platform/i18n"
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
	hashing   chan struct{} // bounds the memory of argon2id
	accounts  accounts
	demo      bool
}

// Config is what the module is made of.
type Config struct {
	DB      *db.DB
	Catalog *i18n.Catalog
	Log     *slog.Logger
	Now     func() time.Time
	HTTPS   bool
	Demo    bool
}

// New makes the module.
func New(c Config) *Service {
	s := &Service{db: c.DB, catalog: c.Catalog, log: c.Log, now: c.Now, demo: c.Demo,
		hashing: make(chan struct{}, 2)}
	s.sessions = newSessions(s, c.HTTPS)
	return s
}

// Connect gives the module what only the directory knows. It is called once,
// in wiring, because the directory itself needs access.
func (s *Service) Connect(d Directory) { s.directory = d }
