// Package takeover brings a center's past into the house: the trainings it held,
// who took part, and the register of the papers it issued, each from a sheet of
// the older system.
//
// A sheet is read whole, compared with what we hold, and shown as a difference
// before anything is written (see package importing). A row is taken as a whole
// or not at all; what is wrong with one is said by its number. Where rows must be
// left out, whoever approves ticks that off. The same sheet read twice changes
// nothing, and an import can be taken back while nobody touched what it made.
//
// Numbers of old papers stay as they were printed. One in our own form, with a
// code of the center, raises the series of new numbers, so that the two never
// meet. One that jumps far ahead is ticked off like rows left out, and taking the
// import back brings the series back.
//
// Old systems knew one person under two addresses or two surnames. Such pairs go
// to a list where a clerk sees both, with the reason, and merges or keeps them
// apart. A merge changes no word of any row: it says who belongs together, and
// can be undone.
package takeover

import (
	"context"
	"embed"
	"time"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/secrets"
	"kladka/internal/training"
	"kladka/internal/training/papers"
)

// Migrations are the tables of this package, Messages its texts.
var (
	//go:embed migrations
	Migrations embed.FS
	//go:embed messages
	Messages embed.FS
)

// Register is the register of papers as this package needs it.
type Register interface {
	// TakeIn enters an old paper, marked as imported, and raises the series of a
	// number in our own form.
	TakeIn(ctx context.Context, tx *db.Tx, o papers.Old, at time.Time) (papers.ID, string, error)
	// TakeOut undoes it; false when something happened to the paper since.
	TakeOut(ctx context.Context, tx *db.Tx, id papers.ID) (bool, error)
}

// Config is what the package is made of.
type Config struct {
	DB        *db.DB
	Now       func() time.Time
	Keys      *secrets.Keys
	Catalog   *i18n.Catalog
	Trainings *training.Service
	Directory *directory.Service
	Papers    Register
	Imports   *importing.Service
}

// Service is the package.
type Service struct {
	Config
	db  *db.DB
	now func() time.Time
}

// New makes the package and declares its kinds of imports.
func New(c Config) *Service {
	s := &Service{Config: c, db: c.DB, now: c.Now}
	for _, k := range s.kinds() {
		c.Imports.Declare(k)
	}
	return s
}

// The kinds of imports.
const (
	Trainings    = "training_list"
	Participants = "training_people"
	Certificates = "training_papers"
)

// Kinds are all three, in the order in which they are to be taken over: people
// refer to trainings, papers to both.
func Kinds() []string { return []string{Trainings, Participants, Certificates} }

// linesKept is how many days the lines about people can be looked at and undone.
const linesKept = 60

func (s *Service) kinds() []importing.Kind {
	kind := func(name, key string, apply, undo func(*deed) error) importing.Kind {
		k := importing.Kind{Name: name, TitleKey: "takeover.kind." + name, KeyTitle: key, NewPath: Path, FieldLabel: fieldLabel, Value: fieldValue,
			KeepDays: linesKept, Apply: s.doing(apply), Undo: s.doing(undo)}
		if name == Trainings {
			k.KeepDays = 0 // nobody's data but the names of who led
			k.Link = func(object string) string {
				if object == "" {
					return ""
				}
				return training.DeskPath(training.ID(object))
			}
			return k
		}
		k.Finish = s.finish
		return k
	}
	return []importing.Kind{
		kind(Trainings, "takeover.field.code", s.applyTraining, s.undoTraining),
		kind(Participants, "takeover.field.email", s.applyPerson, s.undoPerson),
		kind(Certificates, "takeover.field.number", s.applyPaper, s.undoPaper),
	}
}

func fieldLabel(l *i18n.L, field string) string { return l.T("takeover.field." + field) }

func fieldValue(_ context.Context, l *i18n.L, field, value string) string {
	switch {
	case value == "":
		return ""
	case field == "form":
		return l.T("training.form." + value)
	case field == "done" || field == "born":
		return l.T("takeover.said." + value)
	case field == "kind":
		return l.T("training.paper." + value)
	case field == "first" || field == "last" || field == "issued":
		return l.DateText(value)
	}
	return value
}

// Importer is a person as package importing wants to know them, for the kinds of
// this package only: who may import at a center sees and decides on its imports.
func Importer(who access.Actor) importing.Who {
	if who.System() {
		return importing.Program()
	}
	return importing.Who{By: who.By(),
		May: func(ctx context.Context, _ importing.Act, kind, scope string) error {
			if !ours(kind) || scope == "" {
				return fault.New(fault.Forbidden, "fault.forbidden")
			}
			return who.MayAt(ctx, access.ImportTrainings, access.InstitutionID(scope))
		},
		Scopes: func(_ context.Context, kind string) (all bool, scopes []string, err error) {
			if !ours(kind) {
				return false, nil, nil
			}
			for _, at := range Centers(who) {
				scopes = append(scopes, string(at))
			}
			return false, scopes, nil
		}}
}

func ours(kind string) bool { return kind == Trainings || kind == Participants || kind == Certificates }

// Centers are where the actor takes over.
func Centers(who access.Actor) (all []access.InstitutionID) {
	seen := map[access.InstitutionID]bool{"": true}
	for _, h := range who.Roles {
		if h.Role.Gives(access.ImportTrainings) && !seen[h.Institution] {
			seen[h.Institution] = true
			all = append(all, h.Institution)
		}
	}
	return all
}

// Jobs declares the work that is done later.
func (s *Service) Jobs(r *jobs.Registry) {
	r.Every("takeover.look", 6*time.Hour, s.lookEverywhere)
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
