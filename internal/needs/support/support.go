// Package support keeps the support of a single school (wspomaganie szkoły): a
// school and a training center work together through one school year.
//
// The regulation about training centers names the steps, and they are the
// states of a Process: the needs are diagnosed and ways of acting agreed
// (Diagnosis), forms of work are planned (Planned) and carried out (UnderWay),
// effects are judged together (Evaluated), and the year is closed (Closed). The
// yearly plan is the roczny plan wspomagania (RPW).
//
// Five rules hold everywhere here:
//
//  1. Two sides, one document. The head's side and the center's side both write
//     it; neither can go on alone. Diagnosis, plan and effects count when both
//     have agreed to the same version, by two different people.
//  2. A change of what somebody agreed to is a new version, and asks both anew.
//     A plan that was agreed is kept whole, so that it can be printed later.
//  3. The chain need → form → effect is never cut: a form answers needs, and
//     each need has an effect of its own. Hence the report of needs that stayed
//     unmet, which gives counts and no school.
//  4. The words are about a school, never about a child or a named teacher; the
//     pages say so where they are typed.
//  5. What happened (a form held, how many came) is recorded, not agreed upon.
package support

import (
	"context"
	"embed"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
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
}

// People are accounts, as access knows them.
type People interface {
	NamesOf(ctx context.Context, ids []string) (map[string]string, error)
	// Holders are those whose role in one of the institutions gives the permission.
	Holders(ctx context.Context, p access.Permission, at ...access.InstitutionID) ([]access.PersonID, error)
}

// Ranked is a need that the school itself declared in a campaign.
type Ranked struct {
	Need     string // of the campaign
	Topic    string
	Priority int // 1 useful, 2 important, 3 urgent: the highest that was said
	Heads    int // people who need it
}

// Ranking tells what a school declared in the campaign about a school year, the
// most pressing first; module needs answers it in wiring.
type Ranking interface {
	OfSchool(ctx context.Context, institution string, schoolYear int) ([]Ranked, error)
}

// Catalog tells the trainings that a form can be linked to; module training
// answers it in wiring.
type Catalog interface {
	// Title is the title of a published training; fault.ErrNotFound when there
	// is none. Path is the address of its page.
	Title(ctx context.Context, training string) (string, error)
	Path(training string) string
}

// Config is what the package is made of.
type Config struct {
	DB        *db.DB
	Now       func() time.Time
	Log       *slog.Logger
	People    People
	Directory *directory.Service
	Topics    Topics
	// Centers are the institutions that support schools, with their names.
	Centers func(ctx context.Context) ([]web.Choice, error)
	Ranking Ranking // nil: nothing is taken from campaigns
	Catalog Catalog // nil: forms are linked to nothing
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

// yearEnds is when a school year is over.
func yearEnds(year int) time.Time {
	return time.Date(year+1, time.September, 1, 0, 0, 0, 0, web.Warsaw)
}
