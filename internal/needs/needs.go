// Package needs asks what the people and institutions of the metropolis need
// to learn, puts it in an order, and sees that each need gets an answer.
//
// A Campaign belongs to a school year. Whoever opens it (the association, a
// running authority, a center) says who is asked and about which topics. Two
// streams come in, and they are never mixed in one table:
//
//   - what an institution declares about itself ("three of our teachers need
//     this"): planning data, exact for its authority, the center and the
//     association; in public an opinion like any other;
//   - what people answer about themselves, in a round of package survey,
//     anonymous or confidential: it is seen in releases of package disclosure
//     and nowhere else.
//
// After the close the declared needs are ranked: weight of the priority times
// the number of people, for the metropolis, for a municipality by seat or by
// running authority, for a school. A need (a topic of a campaign) is answered:
// it becomes a planned training, a network, a consultation, a workshop, or it
// is declined with a reason. Whoever reported it is told, and may enroll first
// for a time. The matter keeps one trace from the voice to what was used in
// class half a year later.
//
// The evaluation of trainings lies in package evaluation below this one, the
// yearly support of a single school in package support.
package needs

import (
	"context"
	"embed"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/law"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/survey"
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
	// Resolve tells which topic is read in the stead of each: of one that was
	// merged, the other. Ids that are not there are left out.
	Resolve(ctx context.Context, ids []string) (map[string]string, error)
	// Use says which topics an object has; it replaces what was said before.
	Use(ctx context.Context, tx *db.Tx, kind, object string, ids []string) error
}

// People are accounts, as access knows them.
type People interface {
	NamesOf(ctx context.Context, ids []string) (map[string]string, error)
	// Holders are those whose role in one of the institutions gives the permission.
	Holders(ctx context.Context, p access.Permission, at ...access.InstitutionID) ([]access.PersonID, error)
	// Everywhere are those who hold it by a role of the whole installation.
	Everywhere(ctx context.Context, p access.Permission) ([]access.PersonID, error)
	HoldsAt(ctx context.Context, person access.PersonID, at access.InstitutionID, roles ...access.Role) (bool, error)
}

// Offer is what became of a decision in the module that carried it out;
// wiring asks training, its papers and the evaluation.
type Offer interface {
	// Answered are the trainings that answer a need, drafts included.
	Answered(ctx context.Context, need string) ([]Answered, error)
	// Centers are the institutions that can run a training, with their names.
	Centers(ctx context.Context) ([]web.Choice, error)
}

// Answered is one training (later: network, consultation) and what came of it.
// The figures are official ones: seats, people, hours, papers.
type Answered struct {
	ID, Kind, Title, State string // State is a message key
	Path, DeskPath         string // of the public page, "" for a draft; of those who run it
	Seats                  int
	Enrolled               int // in, or on the way into it
	Completed              int
	Hours                  int // lesson hours of all who completed together
	Papers                 int
	StartsAt               int64
	// LaterUse is what those who took part said weeks later, as a release shows
	// it: words, or the sentence that it is hidden. "" while nobody was asked.
	LaterUse string
	// Low tells that later use is low, for those who plan.
	Low bool
}

// Config is what the module is made of.
type Config struct {
	DB         *db.DB
	Now        func() time.Time
	Log        *slog.Logger
	Catalog    *i18n.Catalog
	Keys       *secrets.Keys
	People     People
	Directory  *directory.Service
	Topics     Topics
	Surveys    *survey.Service
	Disclosure *disclosure.Service
	Law        *law.Service
	Bus        *events.Bus
	// Offer is what became of decisions. Nil where no module answers.
	Offer Offer
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
func known(text string) (string, error) {
	id, err := uuid.Parse(text)
	if err != nil || id.String() != text {
		return "", fault.ErrNotFound
	}
	return text, nil
}
