package custody

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/seal"
)

// Waits is how long the first share waits for the second.
const Waits = 30 * time.Minute

// Deed is for what two people bring their shares.
type Deed string

// The two deeds.
const (
	OnTrial Deed = "trial" // the trial envelope is opened
	ToOpen  Deed = "open"  // all envelopes are
)

// belongs reads a share and checks that it was given out with the key.
func (k Key) belongs(text string) (seal.Share, error) {
	if k.Public == "" {
		return seal.Share{}, fault.New(fault.Conflict, "custody.fault.no_key")
	}
	share, err := seal.ParseShare(text)
	if err == nil {
		err = k.Public.Belongs(share)
	}
	if err == nil {
		return share, nil
	}
	share.Forget()
	if f := fault.As(err); f != nil && f.Kind == fault.Invalid {
		f := *f
		f.Fields = []fault.Field{{Name: fieldShare, Key: f.Key, Args: f.Args}}
		return seal.Share{}, &f
	}
	return seal.Share{}, err
}

// share reads a share and checks that the person may bring it: their own, or the
// one in deposit when deposit says that they may.
func (k Key) share(person, text string, deposit bool) (seal.Share, error) {
	if k.Public == "" {
		return seal.Share{}, fault.New(fault.Conflict, "custody.fault.no_key")
	}
	own, keeps := k.Keepers.Of(person)
	if person == "" || !keeps && !deposit {
		return seal.Share{}, fault.New(fault.Forbidden, "custody.fault.no_keeper")
	}
	share, err := k.belongs(text)
	if err != nil {
		return share, err
	}
	keeper, _ := k.Keepers.no(share.No)
	if keeps && own.No == share.No || deposit && keeper.Deposit() {
		return share, nil
	}
	share.Forget()
	return seal.Share{}, fault.New(fault.Forbidden, "custody.fault.other_share")
}

// Confirm notes that a keeper has their share in hand: they typed it in, it was
// compared with the key, and it is forgotten. Whoever runs the matter confirms
// the share in deposit. Faults: those of package seal for a share with a slip or
// of another key; Forbidden custody.fault.no_keeper, custody.fault.other_share;
// Conflict custody.fault.no_key, custody.fault.changed.
func (s *Service) Confirm(ctx context.Context, a Act, text string) (err error) {
	defer fault.Wrap(&err, "confirm a share of %s %s", a.Box.Owner, a.Box.ID)
	k, err := Read(ctx, s.db, a.Box)
	if err != nil {
		return err
	}
	share, err := k.share(a.By.Person, text, a.Runs)
	if err != nil {
		return err
	}
	defer share.Forget()
	no := share.No
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := confirm(ctx, tx, a.Box, k.Public, no); err != nil {
			return err
		}
		return s.done(ctx, tx, a, actConfirm, map[string]string{"no": strconv.Itoa(no)})
	})
}

// confirm marks shares as being in hand. The key is named again: a share of one
// that was replaced confirms nothing.
func confirm(ctx context.Context, tx *db.Tx, b Box, public seal.Public, numbers ...int) error {
	for _, no := range numbers {
		n, err := tx.Exec(ctx, `update custody_keepers set confirmed = true where owner = ? and box = ? and no = ? and gone = false
			and exists (select 1 from custody_keys k where k.owner = ? and k.box = ? and k.public_key = ?)`, b.Owner, b.ID, no, b.Owner, b.ID, public)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "custody.fault.changed")
		}
	}
	return nil
}

// Try takes a keeper's share for the trial envelope. With the second share, of
// another keeper, the envelope is opened and compared with what was put in, both
// shares are confirmed by it, and opened is true; before, the first waits. Keepers
// try their own shares: the one in deposit stays where it is. Faults as Bring has
// them, and Conflict custody.fault.tried when it was opened already.
func (s *Service) Try(ctx context.Context, a Act, text string) (opened bool, err error) {
	defer fault.Wrap(&err, "trial of the key of %s %s", a.Box.Owner, a.Box.ID)
	k, err := Read(ctx, s.db, a.Box)
	if err != nil {
		return false, err
	}
	if k.Tried {
		return false, fault.New(fault.Conflict, "custody.fault.tried")
	}
	a.Runs = false
	t, err := s.bring(ctx, a, k, OnTrial, text)
	if err != nil || t == nil {
		return false, err
	}
	defer t.opener.Close()
	if err := k.openTrial(a.Box, t.opener); err != nil {
		return false, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := t.claim(ctx, tx, a.Box, k.Public, OnTrial); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update custody_keys set tried = true where owner = ? and box = ? and public_key = ? and tried = false`, a.Box.Owner, a.Box.ID, k.Public)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "custody.fault.changed")
		}
		return s.done(ctx, tx, a, actTried, map[string]string{"no": strconv.Itoa(t.first), "with": strconv.Itoa(t.second)})
	})
	return err == nil, err
}

// openTrial opens the trial envelope and compares what is inside.
func (k Key) openTrial(b Box, o *seal.Opener) error {
	sealed, err := base64.StdEncoding.DecodeString(k.Sealed)
	if err != nil {
		return err
	}
	inside, err := o.Open(trialInfo(b), sealed)
	if err != nil {
		return errors.Join(err, fault.New(fault.Conflict, "custody.fault.trial"))
	}
	if sum := sha256.Sum256(inside); hex.EncodeToString(sum[:]) != k.Sum {
		return fault.New(fault.Conflict, "custody.fault.trial")
	}
	return nil
}

// Bring takes a share to open the envelopes of a box. The first is kept, sealed
// with the keys of the installation, for half an hour (Waits); alone it opens
// nothing. With the second, of another person, the key is whole and its Opener is
// returned: the caller opens everything at once in this process and closes it. A
// nil Opener means that the second share is awaited (Waiting says who brought the
// first).
//
// Keepers bring their own share. The one in deposit is brought by whoever runs
// the matter, who is then one of the two. Whether it is time is the owner's to
// ask before; Act.Also is run in the transaction that takes the first share out,
// with the second share only: there the owner claims the opening for itself, and
// an error leaves the first share waiting. Faults: those of package seal; Conflict
// custody.fault.no_key, custody.fault.lost when fewer than two shares are left,
// custody.fault.same_person, custody.fault.raced when another person was faster;
// Forbidden custody.fault.no_keeper, custody.fault.other_share.
func (s *Service) Bring(ctx context.Context, a Act, text string) (_ *seal.Opener, err error) {
	defer fault.Wrap(&err, "share for %s %s", a.Box.Owner, a.Box.ID)
	k, err := Read(ctx, s.db, a.Box)
	if err != nil {
		return nil, err
	}
	if k.Lost() {
		return nil, fault.New(fault.Conflict, "custody.fault.lost")
	}
	t, err := s.bring(ctx, a, k, ToOpen, text)
	if err != nil || t == nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := t.claim(ctx, tx, a.Box, k.Public, ToOpen); err != nil {
			return err
		}
		return s.done(ctx, tx, a, actShare, map[string]string{"no": strconv.Itoa(t.second)})
	})
	if err != nil {
		t.opener.Close()
		return nil, err
	}
	return t.opener, nil
}

// together are two shares that were joined.
type together struct {
	opener        *seal.Opener
	person        string // who brought the first
	first, second int
}

// bring keeps the first share, or joins it with the second.
func (s *Service) bring(ctx context.Context, a Act, k Key, deed Deed, text string) (*together, error) {
	share, err := k.share(a.By.Person, text, a.Runs)
	if err != nil {
		return nil, err
	}
	defer share.Forget()
	first, err := s.Waiting(ctx, s.db, a.Box, deed)
	switch {
	case err != nil:
		return nil, err
	case first == nil || first.Person == a.By.Person && first.No == share.No:
		return nil, s.keepFirst(ctx, a, k, deed, share)
	case first.Person == a.By.Person:
		return nil, fault.New(fault.Conflict, "custody.fault.same_person")
	}
	opener, err := s.join(a.Box, k.Public, deed, first, share)
	if err != nil {
		return nil, err
	}
	return &together{opener, first.Person, first.No, share.No}, nil
}

// First is the share that waits for the second.
type First struct {
	Person string `db:"person"`
	No     int    `db:"no"`
	Until  int64  `db:"until"` // epoch seconds
	Sealed string `db:"sealed"`
}

// Waiting is the first share that somebody brought, nil when none waits.
func (s *Service) Waiting(ctx context.Context, r db.Reader, b Box, deed Deed) (*First, error) {
	var f First
	err := r.Get(ctx, &f, `select person, no, sealed, until from custody_shares where owner = ? and box = ? and deed = ? and until > ?`, b.Owner, b.ID, deed, s.now().Unix())
	if errors.Is(err, fault.ErrNotFound) {
		return nil, nil
	}
	return &f, err
}

const sharesKey = "custody.shares"

// place binds a share that waits to its box, deed and person.
func place(b Box, deed Deed, person string) string {
	return b.Owner + "\x00" + b.ID + "\x00" + string(deed) + "\x00" + person
}

func (s *Service) keepFirst(ctx context.Context, a Act, k Key, deed Deed, share seal.Share) error {
	b, now, person := a.Box, s.now(), a.By.Person
	sealed := s.keys.Seal(sharesKey, place(b, deed, person), []byte(share.Text()))
	no, action := share.No, actShare
	if deed == OnTrial {
		action = actTrial
	}
	a.Also = nil
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `insert into custody_shares (owner, box, deed, person, no, sealed, until)
			select owner, box, ?, ?, ?, ?, ? from custody_keys where owner = ? and box = ? and public_key = ?
			on conflict (owner, box, deed) do update set person = excluded.person, no = excluded.no, sealed = excluded.sealed, until = excluded.until
			where custody_shares.until <= ? or custody_shares.person = excluded.person`,
			deed, person, no, sealed, now.Add(Waits).Unix(), b.Owner, b.ID, k.Public, now.Unix())
		if err != nil {
			return err
		}
		if n == 0 { // another person was faster: come again, as the second
			return fault.New(fault.Conflict, "custody.fault.raced")
		}
		return s.done(ctx, tx, a, action, map[string]string{"no": strconv.Itoa(no)})
	})
}

// join makes the whole key of the share that waited and the second one.
func (s *Service) join(b Box, public seal.Public, deed Deed, first *First, second seal.Share) (*seal.Opener, error) {
	text, err := s.keys.Unseal(sharesKey, place(b, deed, first.Person), first.Sealed)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	share, err := seal.ParseShare(string(text))
	if err != nil {
		return nil, err
	}
	defer share.Forget()
	return seal.Join(public, share, second)
}

// claim takes the first share out, so that of several seconds only one opens.
// Both people must keep their shares still.
func (t *together) claim(ctx context.Context, tx *db.Tx, b Box, public seal.Public, deed Deed) error {
	taken, err := tx.Exec(ctx, `delete from custody_shares where owner = ? and box = ? and deed = ? and person = ? and no = ?`, b.Owner, b.ID, deed, t.person, t.first)
	if err != nil {
		return err
	}
	if taken == 0 {
		return fault.New(fault.Conflict, "custody.fault.raced")
	}
	return confirm(ctx, tx, b, public, t.first, t.second)
}

// Discard destroys the shares of a box that wait for a second, in the owner's
// transaction: when the envelopes were opened, or are not to be opened at all.
func Discard(ctx context.Context, tx *db.Tx, b Box) error {
	_, err := tx.Exec(ctx, `delete from custody_shares where owner = ? and box = ?`, b.Owner, b.ID)
	return err
}

// Gone notes that a keeper does not keep their share any more, or that they do.
// Who may is asked by the caller. ErrNotFound when it is so already, or nobody
// keeps that share.
func (s *Service) Gone(ctx context.Context, a Act, no int, gone bool) (err error) {
	defer fault.Wrap(&err, "keeper %d of %s %s", no, a.Box.Owner, a.Box.ID)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update custody_keepers set gone = ? where owner = ? and box = ? and no = ? and gone <> ? and person <> ''`,
			gone, a.Box.Owner, a.Box.ID, no, gone)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		if _, err := tx.Exec(ctx, `delete from custody_shares where owner = ? and box = ? and no = ?`, a.Box.Owner, a.Box.ID, no); err != nil {
			return err
		}
		return s.done(ctx, tx, a, actKeeper, map[string]string{"no": strconv.Itoa(no), "gone": strconv.FormatBool(gone)})
	})
}

const (
	jobSweep   = "custody.sweep"
	sweepEvery = 2 * time.Minute
)

// Jobs registers the work of this package: shares that waited too long are
// destroyed. They are refused from that moment on whether or not this has run.
func (s *Service) Jobs(j *jobs.Registry) {
	j.Every(jobSweep, sweepEvery, s.sweep)
}

func (s *Service) sweep(ctx context.Context) error {
	now := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from custody_shares where until <= ?`, now)
		return err
	})
}
