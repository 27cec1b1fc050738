// Package portfolio is a teacher's own record of training: what was completed
// here, hours in networks, and papers from other providers.
//
// It belongs to the person and not to a school: it moves along to another
// school, outlives every role, and is deleted by the person or with the account
// alone. Four rules hold everywhere here:
//
//  1. Only the owner reads it, under the own name: nobody who acts for the
//     owner, and not at a computer that many use. A head sees what the owner
//     asked that head to confirm, and only until that is decided.
//  2. What the owner typed is marked so. A confirmation names the institution,
//     the person and the day, and stays when the teacher moves on; changing the
//     entry drops it. Nobody confirms their own papers.
//  3. Notes are sealed, and no page but the owner's own opens them. They are in
//     no print and in no sheet.
//  4. Hours are summed and compared with nothing: no act gives a number of hours
//     that promotion asks for, so there is none to show.
package portfolio

import (
	"context"
	"embed"
	"io"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// Migrations are the tables of this package, Messages its texts.
var (
	//go:embed migrations
	Migrations embed.FS
	//go:embed messages
	Messages embed.FS
)

// Paper is what this package needs to know of a paper issued here.
type Paper struct {
	ID         string
	Enrollment training.EnrollmentID // "" for one taken over from an older register
	Kind       training.Paper
	Number     string
	Title      string
	Issuer     string
	Form       training.Form
	Hours      int
	EndsOn     string // YYYY-MM-DD
	IssuedOn   string
	Voided     bool
	Path       string // of the holder's page, "" for none
	Signed     bool   // there is a signed file
}

// Papers are the papers issued here; wiring answers it from package papers.
type Papers interface {
	// OfPerson are the papers of somebody with an account.
	OfPerson(ctx context.Context, person string) ([]Paper, error)
	// Copy is the signed PDF of a paper of that person; ErrNotFound when there
	// is none.
	Copy(ctx context.Context, person, paper string) (io.ReadCloser, error)
}

// Hours are those of one person in one network in one school year.
type Hours struct {
	ID    string // of the network
	Title string
	Year  int
	Day   string // of the last meeting, YYYY-MM-DD
	Hours int
}

// Networks tell the hours of a person in networks. There is no such module yet.
type Networks interface {
	HoursOf(ctx context.Context, person string) ([]Hours, error)
}

// People are accounts, as access knows them.
type People interface {
	NamesOf(ctx context.Context, ids []string) (map[string]string, error)
	Holders(ctx context.Context, p access.Permission, at ...access.InstitutionID) ([]access.PersonID, error)
	HoldsAt(ctx context.Context, person access.PersonID, at access.InstitutionID, roles ...access.Role) (bool, error)
	// Reachable is a person with the confirmed address.
	Reachable(ctx context.Context, id access.PersonID) (access.Person, error)
}

// Config is what the package is made of.
type Config struct {
	DB        *db.DB
	Now       func() time.Time
	Log       *slog.Logger
	Keys      *secrets.Keys
	People    People
	Directory *directory.Service
	Files     *files.Service
	// EmailKey finds an address again, as the module above writes it.
	EmailKey func(address string) string
	Papers   Papers   // nil: none are issued
	Networks Networks // nil: there are none
	// Texts are Polish: the printed list goes to an office.
	Texts *i18n.L
	// Tell puts a message into an inbox. Nil tells nobody.
	Tell func(ctx context.Context, tx *db.Tx, m notify.Message) error
}

// Service is the package at work.
type Service struct {
	Config
	db  *db.DB
	now func() time.Time
}

// New makes it.
func New(c Config) *Service { return &Service{Config: c, db: c.DB, now: c.Now} }

// use is the name of the use of scans, and of the module that owns them.
const use = "training_portfolio"

// Uses are the files that it keeps, to be declared in wiring.
func Uses() []files.Use {
	return []files.Use{{Name: use, MaxBytes: 10 << 20, Types: []string{files.PDF, files.JPEG, files.PNG}}}
}

func ownerOf(id string) files.Owner { return files.Owner{Module: use, ID: id} }

// own returns nil when the actor is somebody who may have a portfolio open now:
// signed in, at a computer of their own, in their own name.
func own(who access.Actor) error {
	switch {
	case !who.SignedIn():
		return fault.New(fault.SignedOut, "fault.signed_out")
	case who.Shared:
		return fault.New(fault.Forbidden, "portfolio.fault.shared")
	case who.For != "":
		return fault.New(fault.Forbidden, "portfolio.fault.proxy")
	}
	return nil
}

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

// yearOf is the school year of a day YYYY-MM-DD, 0 for what is no day.
func yearOf(day string) int {
	t, err := time.ParseInLocation(time.DateOnly, day, web.Warsaw)
	if err != nil {
		return 0
	}
	return directory.SchoolYear(t)
}
