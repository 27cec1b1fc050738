// Package networks keeps the networks of cooperation and self-learning (sieci
// współpracy i samokształcenia): teachers of several schools who meet a few
// times in a school year, led by a coordinator of a training center.
//
// A Network belongs to a center and to one school year. It is gathered
// (Forming), works (Active), is reported on by its coordinator (Reported) and
// closed by the center (Closed); the next year is begun from the last. Teachers
// come in by a request, or because their school or they themselves were invited.
//
// Six rules hold everywhere here:
//
//  1. The page of a network is for everybody, its people are not: who the
//     members are, what was written down and what was shared is read by its
//     members, by those who lead it and by the center. Addresses of mail are on
//     no page at all.
//  2. Who leads is named for a network by the center, and leads that one only.
//     When a coordinator leaves, the deputy goes on; without one the network
//     waits, the center is told, and nothing is lost.
//  3. A meeting belongs to one network and may be listed in others. A person was
//     there once, however many networks list it: hours and facts count once.
//  4. Hours are minutes written down at meetings, summed first and turned into
//     lesson hours last. Tasks of self-study give none.
//  5. What was told to others (a meeting held, somebody there) is never edited
//     away: a correction is the same fact with a later version, or a void one.
//  6. The report is drafted from the records and finished by a person; then its
//     figures are frozen.
//
// The discussion of a network lies in package talk below this one.
package networks

import (
	"context"
	"embed"
	"log/slog"
	"time"

	"github.com/a-h/templ"
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

// Topics is the vocabulary as this package needs it; package topics answers it
// in wiring.
type Topics interface {
	// Choices are all topics that stand, parents before their children.
	Choices(ctx context.Context, l *i18n.L) ([]web.Choice, error)
	// Names are the names of topics in the reader's language.
	Names(ctx context.Context, l *i18n.L, ids []string) (map[string]string, error)
	// Resolve tells which topic is read in the stead of each. Ids that are not
	// there are left out.
	Resolve(ctx context.Context, ids []string) (map[string]string, error)
	// Under tells which topics are one of the given or lie below one.
	Under(ctx context.Context, ids []string) (map[string]bool, error)
	// Use says which topics an object has; it replaces what was said before.
	Use(ctx context.Context, tx *db.Tx, kind, object string, ids []string) error
}

// People are accounts, as access knows them.
type People interface {
	NamesOf(ctx context.Context, ids []string) (map[string]string, error)
	// Holders are those whose role in one of the institutions gives the permission.
	Holders(ctx context.Context, p access.Permission, at ...access.InstitutionID) ([]access.PersonID, error)
	// HoldsAt tells whether somebody holds one of the roles at the institution now.
	HoldsAt(ctx context.Context, person access.PersonID, at access.InstitutionID, roles ...access.Role) (bool, error)
	// PersonKey counts a person once within a school year, and tells nobody who it is.
	PersonKey(ctx context.Context, tx *db.Tx, person string, schoolYear int) (string, error)
}

// Config is what the package is made of.
type Config struct {
	DB        *db.DB
	Now       func() time.Time
	Log       *slog.Logger
	Catalog   *i18n.Catalog
	People    People
	Directory *directory.Service
	Topics    Topics
	Files     *files.Service
	Law       *law.Service
	Bus       *events.Bus
	Base      string // public address of the installation, for calendars; "" for the one we were asked by
	// Talk is the discussion of a network as a section of its page, drawn for
	// those inside. Nil, or a nil component: there is none.
	Talk func(ctx context.Context, l *i18n.L, who access.Actor, network ID) (templ.Component, error)
	// Tell puts a message into an inbox. Nil tells nobody.
	Tell func(ctx context.Context, tx *db.Tx, m notify.Message) error
	// Touch has networks indexed anew, under SearchKind. Nil indexes nothing.
	Touch func(ctx context.Context, tx *db.Tx, ids ...string) error
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

func dayAt(at int64) string { return dayOf(time.Unix(at, 0)) }

// yearEnds is when a school year is over.
func yearEnds(year int) time.Time {
	return time.Date(year+1, time.September, 1, 0, 0, 0, 0, web.Warsaw)
}
