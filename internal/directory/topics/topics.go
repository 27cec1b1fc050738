// Package topics is the vocabulary of Kładka: what teaching, upbringing and
// running a school are about, in three languages, with the other words that
// people use for the same. One vocabulary serves everybody: offers, needs,
// materials, advisers, people and institutions all name topics by their ids,
// so that whoever looks for "liczenie" finds what is said of "Matematyka".
//
// Editors keep it. What they do never breaks what others said:
//
//   - a renamed topic keeps its code, and its old name stays as a synonym;
//   - a topic merged into another stays as a pointer. Rows that name it go on
//     naming it; whoever reads them is led to the other one (Resolve), and the
//     merge can be taken back;
//   - a topic split into several stays as "split". Nobody but the owner of a
//     thing knows which part was meant, so its uses wait for their owners;
//   - a retired topic is offered no more, and stays where it was chosen.
//
// Each act is a row of the topic's history and of the log. Acts queue behind
// one another (see change), so that two editors together cannot make what
// neither could alone: a cycle, a topic merged into a merged one.
//
// Beside topics the vocabulary holds the forms of training and the yearly
// directions of the state's education policy, which have a beginning, an end
// and a legal basis.
package topics

import (
	"cmp"
	"context"
	"embed"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
)

// Migrations are the tables of this package, Messages its texts.
var (
	//go:embed migrations
	Migrations embed.FS
	//go:embed messages
	Messages embed.FS
)

// ID names a topic in rows; Topic.Code does so for people.
type ID string

// Kind is what the vocabulary tells apart. Topics of different kinds never
// stand under each other nor merge.
type Kind string

// The kinds.
const (
	Subject      Kind = "topic"
	TrainingForm Kind = "training_form"
	Policy       Kind = "policy" // a direction of the state's policy in some school year
)

// Kinds are the kinds in the order shown.
func Kinds() []Kind { return []Kind{Subject, TrainingForm, Policy} }

// State is what became of a topic.
type State string

// The states.
const (
	Current State = "current"
	Merged  State = "merged" // read the one it stands for
	Split   State = "split"  // owners choose one of its parts
	Retired State = "retired"
)

// Levels is how deep the vocabulary goes: people do not find what lies deeper.
const Levels = 3

// Topic is one entry of the vocabulary.
type Topic struct {
	ID        ID
	Code      string // readable, never changes
	Kind      Kind
	Parent    ID // "" at the top
	State     State
	Into      ID // of a merged one: what it was merged into
	StandsFor ID // the topic to read in its stead; its own id when not merged
	Names     map[i18n.Lang]string
	Synonyms  map[i18n.Lang][]string
	From      string // YYYY-MM-DD, directions of policy only
	Until     string // the last day
	Basis     string
	CreatedAt int64
	UpdatedAt int64
	Revision  int64
}

// Name is the topic's name in a language. All three are required, so there is
// always one.
func (t *Topic) Name(lang i18n.Lang) string { return cmp.Or(t.Names[lang], t.Names[i18n.PL]) }

// clone is a copy that can be changed.
func (t *Topic) clone() *Topic {
	c := *t
	c.Names, c.Synonyms = map[i18n.Lang]string{}, map[i18n.Lang][]string{}
	for _, lang := range i18n.Langs {
		c.Names[lang], c.Synonyms[lang] = t.Names[lang], slices.Clone(t.Synonyms[lang])
	}
	return &c
}

// NewID makes a key for a new topic.
func NewID() ID { return ID(uuid.Must(uuid.NewV7()).String()) }

// versionName is the counter that is raised with every change of the
// vocabulary. What is kept in memory is keyed by it, and acts queue behind it.
const versionName = "directory.topics"

// Changed tells that the vocabulary changed at a topic. What (created, edited,
// moved, merged, unmerged, split, unsplit, retired, restored) was done; Others
// are the topics that it was merged into or split into.
type Changed struct {
	ID     ID     `json:"id"`
	What   string `json:"what"`
	Others []ID   `json:"others,omitempty"`
}

// EventName implements events.Event.
func (Changed) EventName() string { return "topics.changed" }

// Service is the vocabulary.
type Service struct {
	db        *db.DB
	directory *directory.Service
	bus       *events.Bus
	touch     func(ctx context.Context, tx *db.Tx, id string) error
	names     func(ctx context.Context, ids []string) (map[string]string, error)
	now       func() time.Time
	log       *slog.Logger
	kept      atomic.Pointer[kept]
	imports   *importing.Service
	listers   []Lister
}

// kept is the vocabulary as it was at a version.
type kept struct {
	version int64
	*vocabulary
}

// Config is what the vocabulary is made of. Bus, Touch and Names may be nil.
type Config struct {
	DB        *db.DB
	Directory *directory.Service
	Bus       *events.Bus
	// Touch has the topic indexed anew by the search, in the change's transaction.
	Touch func(ctx context.Context, tx *db.Tx, id string) error
	// Names are the names of people by their ids, for the history.
	Names func(ctx context.Context, ids []string) (map[string]string, error)
	// Imports take in sheets; nil leaves that door out.
	Imports *importing.Service
	Now     func() time.Time
	Log     *slog.Logger
}

// New makes the vocabulary and lets it stand on the pages of institutions.
func New(c Config) *Service {
	s := &Service{db: c.DB, directory: c.Directory, bus: c.Bus, touch: c.Touch, names: c.Names, imports: c.Imports, now: c.Now, log: c.Log}
	s.AddLister(s.institutions())
	if c.Directory != nil {
		c.Directory.AddSection(s.section)
	}
	return s
}

// vocabularyNow is the whole vocabulary, read again when it changed. It is some
// hundreds of rows; who needs it needs all of it.
func (s *Service) vocabularyNow(ctx context.Context) (*vocabulary, error) {
	version, err := db.Version(ctx, s.db, versionName)
	if err != nil {
		return nil, err
	}
	if k := s.kept.Load(); k != nil && k.version == version {
		return k.vocabulary, nil
	}
	v, err := read(ctx, s.db)
	if err != nil {
		return nil, err
	}
	s.kept.Store(&kept{version, v})
	return v, nil
}

// words makes a list of what people typed, one to a line or between semicolons:
// each once, without the name itself.
func words(text, name string) []string {
	var list []string
	seen := map[string]bool{i18n.Fold(name): true}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' || r == ';' }) {
		word = strings.Join(strings.Fields(word), " ")
		if folded := i18n.Fold(word); folded != "" && !seen[folded] {
			seen[folded] = true
			list = append(list, word)
		}
	}
	return list
}
