// Package papers issues what somebody gets who completed a training, keeps the
// registers, and lets everybody check a paper.
//
// There are two papers and they never meet: a certificate (zaświadczenie) proves
// that somebody took part, a diploma (świadectwo) gives a qualification and is
// printed on an official form with a serial of its own. Each has its own series
// of numbers, its own register and its own look.
//
// Five rules hold everywhere here:
//
//  1. A number is given in the transaction that issues the paper, and comes back
//     when that fails: no gaps (see counter). Nothing is ever deleted; a paper is
//     corrected, duplicated or voided, and every print of it is kept.
//  2. What was printed is frozen: the words of each print are sealed with it, and
//     the PDF is kept as it was made. Changing the offer changes no paper.
//  3. A stranger learns of a paper only with its key of sixteen letters, and even
//     then never the name. With the number alone the answer is always the same,
//     and the database is not asked.
//  4. Birth date and place are asked when a paper is to be issued, and lie sealed.
//  5. A signature is made outside of this program. What comes back is matched with
//     what went out by its bytes; what fits nothing is shown, never guessed.
package papers

import (
	"context"
	"embed"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
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

// Trainings is what this package needs of the module above it.
type Trainings interface {
	// Open is an enrollment for its holder, by account or by the mailed link.
	Open(ctx context.Context, h training.Holder, id training.EnrollmentID) (training.Enrollment, error)
	// TellPaper has the holder told that the paper is there.
	TellPaper(ctx context.Context, tx *db.Tx, id training.EnrollmentID, once string) error
}

// People is what it needs of accounts.
type People interface {
	// Actor is the person with all roles held now.
	Actor(ctx context.Context, id access.PersonID) (access.Actor, error)
	// Reachable is a person with the confirmed address.
	Reachable(ctx context.Context, id access.PersonID) (access.Person, error)
}

// Config is what the package is made of.
type Config struct {
	DB        *db.DB
	Now       func() time.Time
	Log       *slog.Logger
	Catalog   *i18n.Catalog
	Keys      *secrets.Keys
	Trainings Trainings
	// People are by default those of Trainings. Without them nothing is issued
	// in the background, for nobody could tell who still may.
	People    People
	Directory *directory.Service
	Files     *files.Service
	Bus       *events.Bus
	// Base is the public address of the installation; it stands in QR codes.
	Base string
	// Touch has papers indexed anew for the search. Nil where there is none.
	Touch func(ctx context.Context, tx *db.Tx, ids ...string) error
}

// Service is the package at work.
type Service struct {
	Config
	db  *db.DB
	now func() time.Time
}

// New makes it.
func New(c Config) *Service {
	s := &Service{Config: c, db: c.DB, now: c.Now}
	if page, ok := c.Trainings.(asking); ok {
		page.AskForPaper(s.lacksBirth)
	}
	if above, ok := c.Trainings.(*training.Service); ok && s.People == nil {
		s.People, _ = above.People.(People)
	}
	return s
}

// asking is the page of an enrollment that asks its holder for what the paper
// lacks.
type asking interface {
	AskForPaper(lacks func(ctx context.Context, id training.EnrollmentID) (bool, error))
}

// Uses are the files that it keeps, to be declared in wiring.
func Uses() []files.Use {
	return []files.Use{
		{Name: usePaper, MaxBytes: maxSigned, Types: []string{files.PDF}},
		{Name: useModel, MaxBytes: 5 << 20, Types: []string{files.PDF}},
	}
}

const (
	usePaper = "training_paper"
	useModel = "training_paper_model"
)

// Kind is the kind of a paper: training.Certificate or training.Diploma.
type Kind = training.Paper

// Kinds are both.
func Kinds() []Kind { return []Kind{training.Certificate, training.Diploma} }

// ID is a paper, CopyID one print of it.
type (
	ID     string
	CopyID string
)

// State is where a paper stands. Nothing leads back from Voided.
type State string

// The states.
const (
	Issued     State = "issued"
	Corrected  State = "corrected"
	Duplicated State = "duplicate_issued"
	Voided     State = "voided"
)

// VoidClasses are the reasons for which a paper is voided, as far as a stranger
// is told. The words behind them stay in the register.
func VoidClasses() []string { return []string{"mistake", "wrong_person", "not_completed", "other"} }

// Paper is a row of the register.
type Paper struct {
	ID         ID                    `db:"id"`
	Kind       Kind                  `db:"kind"`
	Center     access.InstitutionID  `db:"center"`
	Series     string                `db:"series"`
	Year       int                   `db:"year"`
	Seq        int64                 `db:"seq"`
	Number     string                `db:"number"`
	NumberKey  string                `db:"number_key"`
	Sort       string                `db:"sort"`
	State      State                 `db:"state"`
	Version    int                   `db:"version"`
	Revision   int64                 `db:"revision"`
	KeyHash    string                `db:"key_hash"`
	KeySealed  string                `db:"key_sealed"`
	Training   training.ID           `db:"training"`
	Enrollment training.EnrollmentID `db:"enrollment"`
	Trace      string                `db:"trace"`
	Person     string                `db:"person"`
	Name       string                `db:"name"`
	NameKey    string                `db:"name_key"`
	Title      string                `db:"title"`
	Form       training.Form         `db:"form"`
	Hours      int                   `db:"hours"`
	StartsOn   string                `db:"starts_on"`
	EndsOn     string                `db:"ends_on"`
	IssuedOn   string                `db:"issued_on"`
	Imported   bool                  `db:"imported"`
	VoidClass  string                `db:"void_class"`
	VoidReason string                `db:"void_reason"`
	VoidedOn   string                `db:"voided_on"`
	ChangedOn  string                `db:"changed_on"`
	Blank      string                `db:"blank"`
	HandedAt   int64                 `db:"handed_at"`
	HandedHow  string                `db:"handed_how"`
	HandedBy   string                `db:"handed_by"`
	IssuedBy   string                `db:"issued_by"`
	IssuedAt   int64                 `db:"issued_at"`
}

const paperColumns = `p.id, p.kind, p.center, p.series, p.year, p.seq, p.number, p.number_key, p.sort, p.state, p.version, p.revision, p.key_hash,
	p.key_sealed, p.training, p.enrollment, p.trace, p.person, p.name, p.name_key, p.title, p.form, p.hours, p.starts_on, p.ends_on,
	p.issued_on, p.imported, p.void_class, p.void_reason, p.voided_on, p.changed_on, p.blank, p.handed_at, p.handed_how, p.handed_by,
	p.issued_by, p.issued_at`

func paperByID(ctx context.Context, r db.Reader, id ID) (p Paper, err error) {
	if !isID(string(id)) {
		return p, fault.ErrNotFound
	}
	return p, r.Get(ctx, &p, `select `+paperColumns+` from training_papers p where p.id = ?`, id)
}

// own is a paper for those who issue papers at its center; for others there is
// none.
func (s *Service) own(ctx context.Context, r db.Reader, who access.Actor, id ID) (Paper, error) {
	p, err := paperByID(ctx, r, id)
	if err != nil {
		return p, err
	}
	return p, hide(who.MayAt(ctx, access.IssuePapers, p.Center))
}

// hide makes a refusal for the lack of a right look like a thing that is not there.
func hide(err error) error {
	if fault.KindOf(err) == fault.Forbidden {
		return fault.ErrNotFound
	}
	return err
}

// mayAt is a refusal, or nil, of a permission at a center.
func mayAt(ctx context.Context, who access.Actor, p access.Permission, center access.InstitutionID) error {
	if center == "" {
		return fault.ErrNotFound
	}
	return who.MayAt(ctx, p, center)
}

// centerOf is where the actor works with papers: the institution of the first
// role that gives the permission.
func centerOf(who access.Actor, p access.Permission) access.InstitutionID {
	for _, h := range who.Roles {
		if h.Institution != "" && h.Role.Gives(p) {
			return h.Institution
		}
	}
	return ""
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func isID(text string) bool {
	id, err := uuid.Parse(text)
	return err == nil && id.String() == text
}

// dayOf is the day on the wall in Kraków.
func dayOf(t time.Time) string { return t.In(web.Warsaw).Format(time.DateOnly) }

func (s *Service) touch(ctx context.Context, tx *db.Tx, ids ...string) error {
	if s.Touch == nil {
		return nil
	}
	return s.Touch(ctx, tx, ids...)
}

// Jobs declares the work that is done later.
func (s *Service) Jobs(r *jobs.Registry) {
	jobs.On(r, jobIssue, s.issueBatch)
	r.Every("papers.sweep", 6*time.Hour, s.sweep)
}

// sweep forgets how often was asked, and birth data that no paper came of.
func (s *Service) sweep(ctx context.Context) error {
	now := s.now()
	if err := s.sweepBirths(ctx, now); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from training_paper_tries where quarter < ?`, quarter(now)-96)
		return err
	})
}

var _ Trainings = (*training.Service)(nil)
