// Package custody keeps order among the people who keep the key to sealed
// envelopes: of an anonymous survey, of a vote.
//
// # The key
//
// The envelopes of one matter (a Box) are closed with one key. Make draws it and
// cuts its private half into three shares, of which any two open everything and
// one opens nothing (package seal). The server stores the public half and who
// was given which share; of the shares it keeps nothing. They are shown once, on
// a page with a sheet and a file for each: a share that is lost cannot be made
// again, and with fewer than two left nobody ever opens the envelopes.
//
// Two or three people keep shares. With two, the third share lies in deposit,
// such as a letter in a safe, and is brought by whoever runs the matter. Each
// keeper types the own share in once (Confirm): it is compared with the key and
// forgotten, so that a torn sheet is found out while a new key can still be made.
//
// # The trial
//
// Where so much hangs on the key that typing a share in is not enough, two
// keepers open a trial envelope (Try), which was sealed when the key was
// made: what they hold does open what is sealed with the stored key. A vote does
// not begin before that.
//
// # Opening
//
// Two people bring their shares (Bring). The first share waits for half an hour,
// sealed with the keys of the installation; the second joins it, and the whole
// key is handed to the caller as a seal.Opener: it is in the memory of this
// process and nowhere else. Of several seconds that come at once only one opens.
//
// # What remains
//
// Whoever makes the key sees all three shares on one screen, and keepers who
// agree can open envelopes at any time, from a backup too. No page can change
// that; the pages say so. Two people are meant by two accounts: that they are not
// one person is the work of whoever gives out accounts.
//
// # Whose boxes they are
//
// A module with envelopes is an Owner: it says whose the pages are, who may be
// chosen and what its own state allows. Persons are ids of other packages here.
package custody

import (
	"context"
	"embed"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/secrets"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

// Messages are the texts of this package.
//
//go:embed messages
var Messages embed.FS

// Needed is how many shares of a key open the envelopes.
const Needed = 2

// Parts is how many shares there are.
const Parts = 3

// Box is whose envelopes a key closes.
type Box struct {
	Owner string `db:"owner"` // the module, and the kind of object in the log: "survey", "budget"
	ID    string `db:"box"`   // its matter: a round, an edition
}

// Act is who does something with the key of a box, and what else belongs to it.
type Act struct {
	By          audit.By
	Box         Box
	Institution string // whose matter it is, for the log; may be ""
	// Runs says that they run the matter. Such a person confirms and brings the
	// share in deposit. Whether they may make a key is asked by the caller.
	Runs bool
	// Also is what the owner checks and writes in the same transaction, after
	// the deed: its error undoes the deed. It may run twice; nil for nothing.
	Also func(ctx context.Context, tx *db.Tx, k Key) error
}

// Names tells how people are called. An id that is not known is left out.
type Names interface {
	People(ctx context.Context, ids []string) (map[string]string, error)
}

// Config is what the service is made of.
type Config struct {
	DB    *db.DB
	Now   func() time.Time
	Keys  *secrets.Keys // seal the share that waits
	Names Names         // nil: ids are shown
	// Catalog has the words of the archive that people download; nil: keys are
	// shown.
	Catalog *i18n.Catalog
}

// Service keeps keys. It holds nothing in memory: several may work side by side.
type Service struct {
	db    *db.DB
	now   func() time.Time
	keys  *secrets.Keys
	names Names

	catalog *i18n.Catalog
}

// New makes the service.
func New(c Config) *Service {
	return &Service{db: c.DB, now: c.Now, keys: c.Keys, names: c.Names, catalog: c.Catalog}
}

// What is written into the log, at the box's owner and id.
const (
	actMake    = "custody.make"
	actConfirm = "custody.confirm"
	actShare   = "custody.share"
	actTrial   = "custody.trial"
	actTried   = "custody.tried"
	actKeeper  = "custody.keeper"
	actForget  = "custody.forget"
)

// done finishes a deed: what the owner adds, and the line in the log.
func (s *Service) done(ctx context.Context, tx *db.Tx, a Act, action string, details map[string]string) error {
	if a.Also != nil {
		k, err := Read(ctx, tx, a.Box)
		if err != nil {
			return err
		}
		if err := a.Also(ctx, tx, k); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, a.By, audit.Entry{Action: action, Object: a.Box.Owner, ObjectID: a.Box.ID, Institution: a.Institution, Details: details}, s.now())
}
