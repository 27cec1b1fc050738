package custody

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/seal"
)

// Make draws the key of a box, and gives each of two or three people a share;
// with two, the third share is for deposit. The public half is stored. The shares
// are returned and stored nowhere: whoever calls shows them once and forgets them
// (seal.Share.Forget).
//
// Again says that a key which is there already is to be replaced, with the
// confirmations of its shares and its trial. That there is no envelope yet which
// only the old key opens is the owner's to check, in Act.Also. Faults: Invalid
// custody.fault.keepers; Conflict custody.fault.key_made.
func (s *Service) Make(ctx context.Context, a Act, people []string, again bool) (_ []seal.Share, err error) {
	defer fault.Wrap(&err, "make the key of %s %s", a.Box.Owner, a.Box.ID)
	if err := validKeepers(people); err != nil {
		return nil, err
	}
	public, shares, err := seal.Make(Needed, Parts)
	if err != nil {
		return nil, err
	}
	k, err := newTrial(a.Box, public)
	if err == nil {
		k.MadeAt = s.now().Unix()
		err = s.db.Write(ctx, func(tx *db.Tx) error { return s.keep(ctx, tx, a, k, people, again) })
	}
	if err != nil {
		for _, share := range shares {
			share.Forget()
		}
		return nil, err
	}
	return shares, nil
}

func validKeepers(people []string) error {
	sorted := slices.Sorted(slices.Values(people))
	if n := len(people); n < Needed || n > Parts || sorted[0] == "" || len(slices.Compact(sorted)) < n {
		return fault.InvalidFields([]fault.Field{{Name: fieldKeeper, Key: "custody.fault.keepers"}})
	}
	return nil
}

// trialSize is what lies in the trial envelope: as many random bytes.
const trialSize = 32

func trialInfo(b Box) []byte { return []byte("custody trial\x00" + b.Owner + "\x00" + b.ID) }

// newTrial seals the trial envelope. It lies beside the key until two people
// open it: an envelope made at that moment would not show that one which was
// stored opens.
func newTrial(b Box, public seal.Public) (Key, error) {
	inside := make([]byte, trialSize)
	if _, err := rand.Read(inside); err != nil {
		return Key{}, err
	}
	sealed, err := public.Seal(trialInfo(b), trialSize, inside)
	sum := sha256.Sum256(inside)
	return Key{Public: public, Sealed: base64.StdEncoding.EncodeToString(sealed), Sum: hex.EncodeToString(sum[:])}, err
}

func (s *Service) keep(ctx context.Context, tx *db.Tx, a Act, k Key, people []string, again bool) error {
	b := a.Box
	n, err := tx.Exec(ctx, `insert into custody_keys (owner, box, public_key, trial, sum, made_at) values (?, ?, ?, ?, ?, ?)
		on conflict (owner, box) do update set public_key = excluded.public_key, trial = excluded.trial, sum = excluded.sum,
			tried = false, made_at = excluded.made_at where cast(? as boolean)`, b.Owner, b.ID, k.Public, k.Sealed, k.Sum, k.MadeAt, again)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "custody.fault.key_made")
	}
	if _, err := tx.Exec(ctx, `delete from custody_keepers where owner = ? and box = ?`, b.Owner, b.ID); err != nil {
		return err
	}
	if err := Discard(ctx, tx, b); err != nil { // a share of the old key
		return err
	}
	for no := 1; no <= Parts; no++ {
		person := ""
		if no <= len(people) {
			person = people[no-1]
		}
		if _, err := tx.Exec(ctx, `insert into custody_keepers (owner, box, no, person, made_at) values (?, ?, ?, ?, ?)`, b.Owner, b.ID, no, person, k.MadeAt); err != nil {
			return err
		}
	}
	return s.done(ctx, tx, a, actMake, map[string]string{"fingerprint": k.Public.Fingerprint()})
}

// Tables are those of which an older copy would bring a share back: whoever
// forgets a key has them wiped (db.Forget).
func Tables() []string { return []string{"custody_shares", "custody_keys"} }

// Forget destroys what is known of a key, in the owner's transaction: when the
// envelopes are destroyed too, nothing is left that the shares could open. Most
// owners forget a key when nobody may ask for another count.
func (s *Service) Forget(ctx context.Context, tx *db.Tx, a Act) (err error) {
	defer fault.Wrap(&err, "forget the key of %s %s", a.Box.Owner, a.Box.ID)
	k, err := Read(ctx, tx, a.Box)
	if err != nil || k.Public == "" {
		return err
	}
	if err := Discard(ctx, tx, a.Box); err != nil {
		return err
	}
	for _, statement := range []string{
		`delete from custody_keepers where owner = ? and box = ?`,
		`delete from custody_keys where owner = ? and box = ?`,
	} {
		if _, err := tx.Exec(ctx, statement, a.Box.Owner, a.Box.ID); err != nil {
			return err
		}
	}
	return s.done(ctx, tx, a, actForget, map[string]string{"fingerprint": k.Public.Fingerprint()})
}
