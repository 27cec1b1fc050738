// Package networking brings people and institutions together who can help each
// other.
//
// Somebody says what they can help with or what they look for (an Entry), in
// their own name or in that of the institution they speak for. Others find the
// entry by topic, on the institution's page and by search, and ask for contact.
// A request says who asks, in whose name and why; it gives no address away.
// When it is accepted, a talk opens, and each side may show the other one an
// address of theirs. A third person may bring two together: then both must
// agree before anything opens.
//
// Three rules hold everywhere here:
//
//  1. A block looks like silence. A request to somebody who blocked the asker
//     is the same row, the same page and the same end after thirty days; only
//     the other side is not shown it. So nothing asks "is this one blocked?" on
//     the asker's way: the question stands in what the blocker reads.
//  2. What somebody may not know of is not there (404), be it another's talk, an
//     entry of who blocked them or one that ended.
//  3. Moderators read a reported piece and what the reporter chose to attach,
//     nothing else, and the log says that they did.
//
// Pupils, guardians and residents have no permission for any of it; like
// strangers they see what institutions chose to show to everybody.
package networking

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

// Numbers that nobody has found in an act: they keep floods away and silence
// from lasting for ever. They are the same for everybody, so that nobody can
// tell by them how they are treated.
const (
	mostText      = 1000 // characters of an entry, a reason, a message
	mostTopics    = 3    // of an entry
	mostYears     = 2    // how far ahead an entry may end
	silenceDays   = 30   // after which a request or an introduction expires
	noticeDays    = 14   // before an entry ends
	requestsADay  = 10
	entriesADay   = 20
	introsADay    = 5
	reportsADay   = 20
	messagesADay  = 300
	longestAnswer = 500
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
	// Under are the topics given, as they are read now, and those below them.
	Under(ctx context.Context, ids []string) (map[string]bool, error)
	// Use says which topics an object has; it replaces what was said before.
	Use(ctx context.Context, tx *db.Tx, kind, object string, ids []string) error
	// Used are the topics of objects of a kind.
	Used(ctx context.Context, kind string, objects []string) (map[string][]string, error)
}

// People are accounts, as access knows them.
type People interface {
	NamesOf(ctx context.Context, ids []string) (map[string]string, error)
	// Holders are those whose role in one of the institutions gives the permission.
	Holders(ctx context.Context, p access.Permission, at ...access.InstitutionID) ([]access.PersonID, error)
	HoldsAt(ctx context.Context, person access.PersonID, at access.InstitutionID, roles ...access.Role) (bool, error)
}

// Config is what the module is made of.
type Config struct {
	DB      *db.DB
	Now     func() time.Time
	People  People
	Topics  Topics
	Catalog *i18n.Catalog // of the roles' names in the search index
	// Tell puts a message into an inbox. Nil tells nobody.
	Tell func(ctx context.Context, tx *db.Tx, m notify.Message) error
	// Touch has entries indexed anew for the search. Nil where there is none.
	Touch func(ctx context.Context, tx *db.Tx, ids ...string) error
}

// Service is the module.
type Service struct {
	Config
	db  *db.DB
	now func() time.Time
}

// New makes the module.
func New(c Config) *Service { return &Service{Config: c, db: c.DB, now: c.Now} }

// TopicContacts is the topic of what this package tells; see Topics.
const TopicContacts = "contacts"

// NotifyTopics are the topics of notifications, to be declared in wiring.
func NotifyTopics() []notify.Topic { return []notify.Topic{{Key: TopicContacts}} }

func (s *Service) tell(ctx context.Context, tx *db.Tx, to, key, link, once string, args map[string]string) error {
	if s.Tell == nil || to == "" {
		return nil
	}
	return s.Tell(ctx, tx, notify.Message{To: to, Topic: TopicContacts, Key: key, Args: args, Link: link, Once: once})
}

func (s *Service) touch(ctx context.Context, tx *db.Tx, ids ...string) error {
	if s.Touch == nil || len(ids) == 0 {
		return nil
	}
	return s.Touch(ctx, tx, ids...)
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// known takes a key only in the form in which we write it.
func known(text string) (string, error) {
	id, err := uuid.Parse(text)
	if err != nil || id.String() != text {
		return "", fault.ErrNotFound
	}
	return text, nil
}

// mayUse returns nil when the actor may use contacts now: by the permission,
// and while no moderator has suspended it.
func (s *Service) mayUse(ctx context.Context, r db.Reader, who access.Actor) error {
	if err := who.Must(access.UseContacts); err != nil {
		return err
	}
	if who.Shared {
		return fault.New(fault.Forbidden, "networking.fault.shared")
	}
	sus, err := s.suspended(ctx, r, string(who.Person))
	if err != nil {
		return err
	}
	if sus != nil {
		return fault.New(fault.Forbidden, "networking.fault.suspended")
	}
	return nil
}

// ownName returns nil when the actor acts for nobody else: whom I know is not
// passed on with a proxy.
func ownName(who access.Actor) error {
	if who.For != "" {
		return fault.New(fault.Forbidden, "networking.fault.proxy")
	}
	return nil
}

// hat is the role under which the actor uses contacts now.
func hat(who access.Actor) access.Held {
	for _, h := range who.Roles {
		if h.Role.Gives(access.UseContacts) {
			return h
		}
	}
	return access.Held{}
}

// speaksFor tells whether the actor speaks for the institution now.
func speaksFor(ctx context.Context, who access.Actor, at string) (bool, error) {
	if at == "" || !who.SignedIn() && !who.System() {
		return false, nil
	}
	err := who.MayAt(ctx, access.SpeakFor, access.InstitutionID(at))
	if err != nil && fault.KindOf(err) == fault.Internal {
		return false, err
	}
	return err == nil, nil
}

// speakers are those who speak for an institution: by a role there or in the
// unit that leads its group.
func (s *Service) speakers(ctx context.Context, at string) ([]string, error) {
	i, err := directory.ByID(ctx, s.db, access.InstitutionID(at))
	if err != nil {
		return nil, err
	}
	seats := []access.InstitutionID{i.ID}
	if i.HeadUnit != i.ID {
		seats = append(seats, i.HeadUnit)
	}
	people, err := s.People.Holders(ctx, access.SpeakFor, seats...)
	ids := make([]string, len(people))
	for n, id := range people {
		ids[n] = string(id)
	}
	return ids, err
}

// midnight is the beginning of the day of a moment, by the clock in Kraków.
func midnight(t time.Time) time.Time {
	y, m, d := t.In(web.Warsaw).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, web.Warsaw)
}

// take counts one deed of a person's day, and refuses the one that is too much.
// The condition stands inside the statement: two at once do not both get the
// last place.
func (s *Service) take(ctx context.Context, tx *db.Tx, person, kind string, most int, at time.Time) error {
	n, err := tx.Exec(ctx, `insert into directory_contact_days (person, kind, day, n) values (?, ?, ?, 1)
		on conflict (person, kind, day) do update set n = directory_contact_days.n + 1 where directory_contact_days.n < ?`,
		person, kind, midnight(at).Unix(), most)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.TooMany, "networking.fault.day."+kind, "n", most)
	}
	return nil
}
