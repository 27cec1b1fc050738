package custody

import (
	"context"
	"errors"
	"slices"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/seal"
)

// Key is what is known of the key of a box; the zero Key is none.
type Key struct {
	Public  seal.Public `db:"public_key"`
	Tried   bool        `db:"tried"`   // two keepers have opened the trial envelope
	MadeAt  int64       `db:"made_at"` // epoch seconds
	Keepers Keepers     `db:"-"`

	Sealed string `db:"trial"` // the trial envelope, base64
	Sum    string `db:"sum"`   // SHA-256 of what is inside it, hex
}

// Keeper is who keeps a share of a key.
type Keeper struct {
	No        int    `db:"no"`
	Person    string `db:"person"` // "" for the share in deposit
	Confirmed bool   `db:"confirmed"`
	Gone      bool   `db:"gone"` // does not keep it any more
}

// Deposit tells that nobody keeps the share but a safe.
func (k Keeper) Deposit() bool { return k.Person == "" && !k.Gone }

// Keepers are all who keep shares of one key, by the number of the share.
type Keepers []Keeper

// Read reads the key of a box and who keeps its shares; the zero Key when none
// was made.
func Read(ctx context.Context, r db.Reader, b Box) (k Key, err error) {
	defer fault.Wrap(&err, "key of %s %s", b.Owner, b.ID)
	err = r.Get(ctx, &k, `select public_key, tried, made_at, trial, sum from custody_keys where owner = ? and box = ?`, b.Owner, b.ID)
	if errors.Is(err, fault.ErrNotFound) {
		return Key{}, nil
	}
	if err != nil {
		return Key{}, err
	}
	err = r.Select(ctx, &k.Keepers, `select no, person, confirmed, gone from custody_keepers where owner = ? and box = ? order by no`, b.Owner, b.ID)
	return k, err
}

// Confirmed tells that every keeper has their share in hand. The deposit is
// confirmed too when somebody could, but nobody waits for it.
func (k Keepers) Confirmed() bool {
	for _, c := range k {
		if !c.Deposit() && (c.Gone || !c.Confirmed) {
			return false
		}
	}
	return len(k) > 0
}

// Usable is how many shares somebody can still bring. A deposit that was never
// confirmed counts for nothing.
func (k Keepers) Usable() int {
	n := 0
	for _, c := range k {
		if c.Confirmed && !c.Gone {
			n++
		}
	}
	return n
}

// Of is the person's own share, that of somebody who keeps it still.
func (k Keepers) Of(person string) (Keeper, bool) {
	return k.find(func(c Keeper) bool { return person != "" && c.Person == person && !c.Gone })
}

func (k Keepers) no(n int) (Keeper, bool) {
	return k.find(func(c Keeper) bool { return c.No == n })
}

func (k Keepers) find(is func(Keeper) bool) (Keeper, bool) {
	at := slices.IndexFunc(k, is)
	if at < 0 {
		return Keeper{}, false
	}
	return k[at], true
}

// Lack is what is still missing before envelopes may be taken in; its words are
// the text "custody.lack." + Lack. The empty Lack is nothing.
type Lack string

// What may be missing, in the order in which it is done.
const (
	NoKey       Lack = "key"       // nobody has made it
	Unconfirmed Lack = "confirmed" // a keeper has not confirmed their share, or is gone
	Untried     Lack = "trial"     // two keepers have not opened the trial envelope
)

// Lacks tells what is missing; trial says that the matter asks for one.
func (k Key) Lacks(trial bool) Lack {
	switch {
	case k.Public == "":
		return NoKey
	case !k.Keepers.Confirmed() || k.Keepers.Usable() < Needed:
		return Unconfirmed
	case trial && !k.Tried:
		return Untried
	}
	return ""
}

// Lost tells that a key was made and nobody can bring enough shares: so it is
// until they are confirmed, too.
func (k Key) Lost() bool { return k.Public != "" && k.Keepers.Usable() < Needed }

// Duty is what a keeper has still to do.
type Duty struct {
	Box     string `db:"box"`
	Confirm bool   `db:"confirm"` // the own share is to be confirmed
	Trial   bool   `db:"trial"`   // nobody has opened the trial envelope
}

// Duties are the boxes of an owner where the person keeps a share and has
// something to do, for the desk; trial says that these matters ask for one.
func Duties(ctx context.Context, r db.Reader, owner, person string, trial bool) (list []Duty, err error) {
	defer fault.Wrap(&err, "duties of a keeper")
	if person == "" {
		return nil, nil
	}
	err = r.Select(ctx, &list, `select p.box, not p.confirmed as confirm, cast(? as boolean) and not k.tried as trial
		from custody_keepers p join custody_keys k on k.owner = p.owner and k.box = p.box
		where p.person = ? and p.person <> '' and p.owner = ? and p.gone = false and (p.confirmed = false or cast(? as boolean) and k.tried = false)
		order by p.box`, trial, person, owner, trial)
	return list, err
}
