// Package privacy keeps the promises of data protection where the data lies.
//
// One installation serves hundreds of public bodies, and each of them is a
// controller of its own. So every purpose for which the program holds personal
// data is declared in Go by the module that holds it (Purpose): who is the
// controller, on which legal basis, whose eyes see it, how long it is kept, and
// in which tables it lies (Holding). From that one record everything else is
// drawn:
//
//   - the notice where data is asked, and the register at /prywatnosc;
//   - the nightly deletion, which first shows what it will delete and a night
//     later deletes it, unless somebody put the purpose on hold;
//   - the download of all that is held about a person, at /konto/moje-dane;
//   - the erasure of a person, which removes the person and keeps the record,
//     and which a restored backup repeats.
//
// Beside it stand the registers that an office must keep: controllers and
// their data-protection officers, signed agreements (a module stays closed to an
// institution that has not signed, see Open), consents, requests of persons
// with their clock, and documentation that ends on a disposal list.
//
// A data-protection officer sees these registers, never the content of matters.
package privacy

import (
	"context"
	"embed"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/law"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

// Messages are the texts of this package.
//
//go:embed messages
var Messages embed.FS

// Names tells how people and institutions are called, and finds an institution
// by its number in the register or its whole name. Wiring answers it.
type Names interface {
	People(ctx context.Context, ids []string) (map[string]string, error)
	Institutions(ctx context.Context, ids []string) (map[string]string, error)
	Find(ctx context.Context, words string) (ids []string, err error)
}

// Config is what the service is made of.
type Config struct {
	DB       *db.DB
	Registry *Registry
	Law      *law.Service // its registry must hold Params
	Names    Names
	Now      func() time.Time
	Log      *slog.Logger

	// Journal writes an erasure down outside the database, before anything is
	// erased, so that a restored backup can repeat it. It may be called twice
	// for the same erasure. Nil for none.
	Journal func(Erasure) error

	// Tell tells a person what happened, in the transaction in which it does. Nil for nobody.
	Tell func(ctx context.Context, tx *db.Tx, person, key string, args map[string]string, link string) error
}

// Service keeps the registers. Make it with New.
type Service struct {
	Config
}

// New makes the service and declares the purposes of this package itself.
func New(c Config) *Service {
	s := &Service{Config: c}
	s.Registry.Declare(s.ownPurposes()...)
	return s
}

func (s *Service) tell(ctx context.Context, tx *db.Tx, person, key string, args map[string]string, link string) error {
	if s.Tell == nil || person == "" {
		return nil
	}
	return s.Tell(ctx, tx, person, key, args, link)
}

// reaches tells whether a role reaches the matters of an institution: one held
// for the whole installation reaches all, another only its own.
func reaches(by audit.By, institution string) bool {
	return by.Institution == "" || by.Institution == institution
}

// whole refuses who does not act for the whole installation.
func whole(by audit.By) error {
	if by.Institution != "" {
		return fault.New(fault.Forbidden, "privacy.fault.operator_only")
	}
	return nil
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func isID(s string) bool {
	_, err := uuid.Parse(s)
	return err == nil && len(s) == 36
}
