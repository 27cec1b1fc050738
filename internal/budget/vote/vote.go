// Package vote keeps who may vote in a participatory budget, and the votes.
//
// # Two rows that nobody can join
//
// Who may vote is an elector: 128 random bits, with a person, a keyed mark or a
// slip behind them, never all three. An elector has a right in each pool where
// they may vote: a row that says whether it was spent and by which way, and has
// no time and no number. What was chosen lies in a sealed envelope (cast.go),
// whose number is 128 other random bits. Casting spends the right and lays the
// envelope down in one transaction; from then on the two have nothing in common
// but that transaction, and the envelope cannot be read before two custodians
// open all of them at once, in the order of their content.
//
// # Where electors come from
//
// The rules of an edition name their sources:
//
//   - a roll: a sheet of names, dates of birth and addresses. Of a row only an
//     HMAC over the folded words stays, under a key of the edition that is
//     destroyed with it. Whoever knows the three can be found; a list of people
//     cannot be made of it.
//   - a desk: somebody showed a paper to an officer, who types the same three.
//   - a class roster: pupils of a school, by their accounts.
//   - slips: codes of twelve letters on pieces of paper. The right belongs to
//     the slip. The roster says who was given one, not which; nobody who printed
//     a slip knows whose it is, and nobody who votes with it says who they are.
//   - a declaration of one's own: off unless the rules say otherwise. Unique by
//     the same mark, limited per address and per mailbox, with a list of what
//     looks like a double and a drawn sample that two officers check before the
//     close.
//   - a sign-in with a national identity (OIDC): the name and the date of birth
//     come from a service that the operator has connected (platform/identity), the
//     address from the person. Unique by the identifier of the service, by the mark,
//     and by name and date of birth. While nothing is connected the pages say so.
//
// Results say how many rights came from each source. Who voted is told to
// nobody, how many have voted to nobody before the close.
package vote

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/law"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/secrets"
)

// Migrations are the tables of this package, Messages its texts.
var (
	//go:embed migrations
	Migrations embed.FS
	//go:embed messages
	Messages embed.FS
)

// People are accounts, as access knows them.
type People interface {
	NamesOf(ctx context.Context, ids []string) (map[string]string, error)
	// Reachable is a person with their address.
	Reachable(ctx context.Context, id access.PersonID) (access.Person, error)
	// Holders are those whose role in one of the institutions gives the permission.
	Holders(ctx context.Context, p access.Permission, at ...access.InstitutionID) ([]access.PersonID, error)
}

// Classes are the classes of a school with their pupils, as the directory shows
// them to the actor.
type Classes interface {
	Classes(ctx context.Context, who access.Actor, at access.InstitutionID) ([]directory.ClassGroup, error)
	Roster(ctx context.Context, who access.Actor, at access.InstitutionID, id directory.ClassID) (directory.ClassGroup, []directory.Member, error)
}

// Config is what the module is made of.
type Config struct {
	DB      *db.DB
	Now     func() time.Time
	Log     *slog.Logger
	Catalog *i18n.Catalog
	Keys    *secrets.Keys
	Budget  *budget.Service
	People  People
	Classes Classes
	Law     *law.Service
	// Identity is the national sign-in that is connected. Nil: none is, and the
	// pages say so.
	Identity Provider
	// Base is the address of this installation, "https://kladka.example.org",
	// for the codes on slips.
	Base string
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

// newElector draws an elector: 128 bits that mean nothing and have no order.
func newElector() ElectorID { return ElectorID(randomBits()) }

func randomBits() string {
	var b [16]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}

// known takes a key only in the form in which we write it.
func known(text string) error {
	if id, err := uuid.Parse(text); err != nil || id.String() != text {
		return fault.ErrNotFound
	}
	return nil
}
