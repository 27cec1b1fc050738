// Package talk is the discussion of a network: threads of posts in plain words,
// read and written by those inside the network and by nobody else.
//
// Seven rules hold everywhere here:
//
//  1. Package networks says who is inside, and is asked anew each time: whoever
//     left, was removed or follows an old letter reads and writes nothing. People
//     appear by name and school; no page and no letter shows an address.
//  2. Posts are numbered within their thread, and the number is the place: any
//     page of any thread costs the same.
//  3. An author mends a post for half an hour (EditWindow), unless somebody has
//     reported it; afterwards people have answered what stood there. It can be
//     withdrawn later as well: the words go, the place stays.
//  4. Whoever leads the network hides a post with a reason, which its author
//     reads, and can undo it. Nobody judges an own post.
//  5. News go to the inbox and the gathered letters of package notify, once a day
//     for a thread. Who wants to answer by mail asks for letters of a thread:
//     these keep quiet at night and at weekends, and gather what was said.
//  6. Such a letter has a link by which its reader answers once, without signing
//     in: bound to the person and the thread, for fourteen days, with no other
//     right. Opening it shows one form and changes nothing.
//  7. Nothing said here is searched for. It is kept with its network for a time
//     of the law; the words of somebody erased go at once.
package talk

import (
	"context"
	"embed"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/networks"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/mail"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/web"
)

// Migrations are the tables of this package, Messages its texts.
var (
	//go:embed migrations
	Migrations embed.FS
	//go:embed messages
	Messages embed.FS
)

// Place is a network as the discussion needs it; package networks answers it.
type Place interface {
	// Find reads a network with what the actor may do in it.
	Find(ctx context.Context, who access.Actor, id networks.ID) (networks.Network, networks.Standing, error)
	// MayRead returns nil for those inside, MayModerate for those who lead.
	MayRead(ctx context.Context, who access.Actor, id networks.ID) error
	MayModerate(ctx context.Context, who access.Actor, id networks.ID) error
	// MembersOf are the people inside, those who lead first.
	MembersOf(ctx context.Context, id networks.ID) ([]networks.Member, error)
	// Tabs are the pages of a network.
	Tabs(l *i18n.L, id networks.ID, st networks.Standing, here string) []web.Link
}

// People are accounts, as access knows them.
type People interface {
	NamesOf(ctx context.Context, ids []string) (map[string]string, error)
	// Actor is somebody in the own name with all their roles; a closed account is
	// NotFound.
	Actor(ctx context.Context, id access.PersonID) (access.Actor, error)
	// Reachable is an account with its address.
	Reachable(ctx context.Context, id access.PersonID) (access.Person, error)
	// Holders are those whose role in one of the institutions gives the permission.
	Holders(ctx context.Context, p access.Permission, at ...access.InstitutionID) ([]access.PersonID, error)
}

// Schools names institutions; package directory answers it.
type Schools interface {
	Names(ctx context.Context, ids []access.InstitutionID) (map[access.InstitutionID]string, error)
}

// Mailer sends letters; mail.Service does.
type Mailer interface {
	Send(ctx context.Context, tx *db.Tx, l mail.Letter) (id string, err error)
	URL(path string) string
}

// Config is what the package is made of.
type Config struct {
	DB      *db.DB
	Now     func() time.Time
	Log     *slog.Logger
	Catalog *i18n.Catalog
	Keys    *secrets.Keys
	Place   Place
	People  People
	Schools Schools
	Mail    Mailer
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
