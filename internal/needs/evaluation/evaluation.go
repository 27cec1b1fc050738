// Package evaluation asks those who took part in a training what it was worth:
// right after it, and again weeks later, when they know what they used of it.
//
// It knows nothing of trainings or meetings. What can be evaluated is a Subject,
// answered by the module that holds it (Subjects). When a training is over, two
// rounds are planned (Stage); when a meeting is over, one, with three questions.
// It is published beside other meetings of whoever runs it and never in the sums
// of trainings. A round
// opens on a working morning, when the lists of attendance say who was there;
// they are told once, and have two weeks. It is confidential: package survey
// knows whose an answer is, so that it can be changed until the close, and
// nobody is shown one.
//
// What becomes of the answers:
//
//  1. Nothing is counted before the close. Then figures go into releases of
//     package disclosure, once, and every page here draws releases alone.
//  2. The unit of a release is the training. A small one, by how many were
//     asked and not by how many answered, is published together with the next
//     small ones of the same center and school year; which ones, is settled when
//     the round opens (see join). So every answer is in one release, and no two
//     releases can be subtracted from one another.
//  3. What is said of a center and a school year is a sum of what was shown of
//     its trainings. Those whose figures are hidden are counted and not summed.
//  4. Remarks in own words are seen by the center first, from five answers up
//     and shuffled, with a warning about words that may be names. It passes them
//     on to whoever led, or keeps some back. They are never public.
//  5. A training whose release says that little of it was used later is shown to
//     those who plan, with the reason (Judge).
//
// Guests, who took part without an account, are not asked: a round of package
// survey knows people by their accounts.
package evaluation

import (
	"context"
	"embed"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/law"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/survey"
)

// Migrations are the tables of this package, Messages its texts.
var (
	//go:embed migrations
	Migrations embed.FS
	//go:embed messages
	Messages embed.FS
)

// Kind is a kind of what is evaluated.
type Kind string

// The kinds.
const (
	Training Kind = "training"
	Meeting  Kind = "meeting" // of heads, of a forum, of a group: asked once, with three questions
)

// Stage is when people are asked.
type Stage string

// The stages. Later is weeks after the end: what was used?
const (
	After Stage = "after"
	Later Stage = "later"
)

// ofMeeting stands for After where a meeting is asked about: its questions, its
// groups and its texts are not those of trainings.
const ofMeeting Stage = "meeting"

// Stages are both, in their order.
func Stages() []Stage { return []Stage{After, Later} }

// stagesOf are those at which people are asked about a kind. Nobody uses a meeting
// weeks later.
func stagesOf(kind Kind) []Stage {
	if kind == Meeting {
		return []Stage{After}
	}
	return Stages()
}

// formOf names the questions of a round, and with them what it is counted and
// published with: a stage, or ofMeeting.
func formOf(kind Kind, stage Stage) Stage {
	if kind == Meeting {
		return ofMeeting
	}
	return stage
}

// Subject is what is evaluated, as its module knows it.
type Subject struct {
	ID       string
	Title    string
	Center   access.InstitutionID
	Trainers []string // those who led it and have an account
	EndedAt  int64    // 0 while it is not over
	Need     string   // that it answers, "" for none
	Trace    string
	// Ready tells that the lists of attendance say who was there.
	Ready bool
	// Off tells that it did not take place after all.
	Off bool
}

// Subjects answer for what is evaluated; wiring asks the module that holds it.
type Subjects interface {
	// Subject is one; fault.ErrNotFound when there is none.
	Subject(ctx context.Context, id string) (Subject, error)
	// Participants are the accounts of those who were there, without the trainers.
	Participants(ctx context.Context, id string) ([]string, error)
	// Paths are the pages of the subject: for everybody, and for those who run it.
	Paths(id string) (public, desk string)
}

// Runners are Subjects that know themselves who runs one of them: heads' meetings
// are their authority's own, whatever roles hold everywhere.
type Runners interface {
	Runs(ctx context.Context, who access.Actor, id string) error
}

// Names tells how institutions are called; package directory answers it.
type Names interface {
	Names(ctx context.Context, ids []access.InstitutionID) (map[access.InstitutionID]string, error)
}

// Config is what the package is made of.
type Config struct {
	DB         *db.DB
	Now        func() time.Time
	Log        *slog.Logger
	Catalog    *i18n.Catalog
	Keys       *secrets.Keys
	Names      Names
	Surveys    *survey.Service
	Disclosure *disclosure.Service
	Law        *law.Service
	// Subjects answer by the kind. A kind that is not here is not evaluated.
	Subjects map[Kind]Subjects
	// Workday tells whether people work on that day in Kraków. Nil: Monday to
	// Friday, holidays or not.
	Workday func(time.Time) bool
	// Tell puts a message into an inbox. Nil tells nobody.
	Tell func(ctx context.Context, tx *db.Tx, m notify.Message) error
}

// Service is the package at work.
type Service struct {
	Config
	db  *db.DB
	now func() time.Time
}

// New makes it, and makes it the owner of its rounds.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Workday == nil {
		c.Workday = weekday
	}
	s := &Service{Config: c, db: c.DB, now: c.Now}
	c.Surveys.Declare(owner, roundOwner{s})
	return s
}

// owner is the kind of our rounds in package survey.
const owner = "evaluation"

// Topic is the kind of news that asks for an evaluation.
const Topic = "evaluation"

// NotifyTopics are what people choose a frequency for, to be declared in wiring.
func NotifyTopics() []notify.Topic { return []notify.Topic{{Key: Topic, Default: notify.Daily}} }

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// known takes a key only in the form in which we write it.
func known(text string) error {
	if id, err := uuid.Parse(text); err != nil || id.String() != text {
		return fault.ErrNotFound
	}
	return nil
}
