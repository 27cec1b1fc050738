package survey

import (
	"context"
	"slices"
	"strconv"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/seal"
)

// SharesNeeded is how many shares of a key open a round.
const SharesNeeded = 2

// sharesMade is how many there are. With two officers the third lies in deposit,
// such as a sealed letter in a safe.
const sharesMade = 3

// What Tell tells people: Dropped the people who had answered, the others those
// who keep a share.
const (
	ToldDropped   = "dropped"   // sealed answers were destroyed unread
	ToldCustodian = "custodian" // the person was named to keep a share
	ToldClosed    = "closed"    // the round is over: it waits for two shares
)

// Custodian is who keeps a share of a round's key.
type Custodian struct {
	No        int    `db:"no"`
	Person    string `db:"person"` // "" for the share in deposit
	Confirmed bool   `db:"confirmed"`
	Gone      bool   `db:"gone"` // does not keep it any more
}

// Deposit tells that nobody keeps the share but a safe.
func (c Custodian) Deposit() bool { return c.Person == "" && !c.Gone }

// Keepers are all who keep shares of one key, by the number of the share.
type Keepers []Custodian

// Custody reads who keeps the shares of a round's key; none before it is made.
func Custody(ctx context.Context, r db.Reader, id RoundID) (list Keepers, err error) {
	err = r.Select(ctx, &list, `select no, person, confirmed, gone from survey_custody where round = ? order by no`, id)
	return list, err
}

// confirmed tells that every officer has their share in hand. The deposit is
// confirmed too when somebody could, but nobody waits for it.
func (k Keepers) confirmed() bool {
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

// of is the officer's own share.
func (k Keepers) of(person string) (Custodian, bool) {
	at := slices.IndexFunc(k, func(c Custodian) bool { return person != "" && c.Person == person && !c.Gone })
	if at < 0 {
		return Custodian{}, false
	}
	return k[at], true
}

// no is the keeper of the share of that number.
func (k Keepers) no(n int) (Custodian, bool) {
	at := slices.IndexFunc(k, func(c Custodian) bool { return c.No == n })
	if at < 0 {
		return Custodian{}, false
	}
	return k[at], true
}

// MakeKey draws the key of an anonymous round that is planned, and gives each of
// two or three officers a share; with two, the third share is for deposit. The
// public half is stored. The shares are returned and stored nowhere: whoever
// calls shows them once and forgets them (seal.Share.Forget).
//
// Again says that a key which is there already is to be replaced, with the
// confirmations of its shares. Faults: Invalid survey.fault.officers; Conflict
// survey.fault.key_made, survey.fault.state.
func (s *Service) MakeKey(ctx context.Context, by audit.By, id RoundID, officers []string, again bool) (_ []seal.Share, err error) {
	defer fault.Wrap(&err, "make the key of round %s", id)
	if err := custodyOfficers(officers); err != nil {
		return nil, err
	}
	public, shares, err := seal.Make(SharesNeeded, sharesMade)
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error { return s.keepKey(ctx, tx, by, id, public, officers, again) })
	if err != nil {
		for _, share := range shares {
			share.Forget()
		}
		return nil, err
	}
	return shares, nil
}

func custodyOfficers(officers []string) error {
	sorted := slices.Sorted(slices.Values(officers))
	if n := len(officers); n < SharesNeeded || n > sharesMade || sorted[0] == "" || len(slices.Compact(sorted)) < n {
		return fault.InvalidFields([]fault.Field{{Name: fieldOfficer, Key: "survey.fault.officers"}})
	}
	return nil
}

func (s *Service) keepKey(ctx context.Context, tx *db.Tx, by audit.By, id RoundID, public seal.Public, officers []string, again bool) error {
	n, err := tx.Exec(ctx, `update survey_rounds set public_key = ?, revision = revision + 1
		where id = ? and mode = 'anonymous' and state = 'planned' and (public_key = '' or cast(? as boolean))`, public, id, again)
	if err != nil {
		return err
	}
	rd, err := s.RoundByID(ctx, tx, id)
	switch {
	case err != nil:
		return err
	case n == 0 && rd.State == Planned && rd.Public != "":
		return fault.New(fault.Conflict, "survey.fault.key_made")
	case n == 0:
		return fault.New(fault.Conflict, "survey.fault.state")
	}
	if _, err := tx.Exec(ctx, `delete from survey_custody where round = ?`, id); err != nil {
		return err
	}
	for no := 1; no <= sharesMade; no++ {
		person := ""
		if no <= len(officers) {
			person = officers[no-1]
		}
		if _, err := tx.Exec(ctx, `insert into survey_custody (round, no, person) values (?, ?, ?)`, id, no, person); err != nil {
			return err
		}
	}
	if err := s.custodyTell(ctx, tx, rd, ToldCustodian); err != nil {
		return err
	}
	return s.roundLog(ctx, tx, by, actKey, id, map[string]string{"fingerprint": public.Fingerprint()})
}

// custodyTell tells the officers of a round.
func (s *Service) custodyTell(ctx context.Context, tx *db.Tx, rd Round, what string) error {
	if s.tell == nil {
		return nil
	}
	d, err := s.DefinitionByID(ctx, tx, rd.Definition)
	if err != nil {
		return err
	}
	keepers, err := Custody(ctx, tx, rd.ID)
	if err != nil {
		return err
	}
	for _, c := range keepers {
		if c.Person == "" || c.Gone {
			continue
		}
		if err := s.tell.Tell(ctx, tx, what, c.Person, rd, d.Title); err != nil {
			return err
		}
	}
	return nil
}

// ConfirmShare notes that an officer has their share in hand: they typed it in,
// it was compared with the key, and it is forgotten. The share in deposit is
// confirmed by whoever runs the round; the caller says so by deposit. Faults:
// those of package seal for a share with a slip or of another key; Forbidden
// survey.fault.no_officer, survey.fault.other_share.
func (s *Service) ConfirmShare(ctx context.Context, by audit.By, id RoundID, text string, deposit bool) (err error) {
	defer fault.Wrap(&err, "confirm a share of round %s", id)
	rd, err := s.RoundByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	keepers, err := Custody(ctx, s.db, id)
	if err != nil {
		return err
	}
	share, err := custodyShare(rd, text)
	if err != nil {
		return err
	}
	defer share.Forget()
	keeper, _ := keepers.no(share.No)
	if own, ok := keepers.of(by.Person); !(ok && own.No == share.No) && !(deposit && keeper.Deposit()) {
		if !ok && !deposit {
			return fault.New(fault.Forbidden, "survey.fault.no_officer")
		}
		return fault.New(fault.Forbidden, "survey.fault.other_share")
	}
	no := share.No
	return s.db.Write(ctx, func(tx *db.Tx) error {
		// The key is named again: a share of one that was replaced confirms nothing.
		n, err := tx.Exec(ctx, `update survey_custody set confirmed = true where round = ? and no = ? and gone = false
			and exists (select 1 from survey_rounds r where r.id = ? and r.public_key = ?)`, id, no, id, rd.Public)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "survey.fault.state")
		}
		return s.roundLog(ctx, tx, by, actConfirm, id, map[string]string{"no": strconv.Itoa(no)})
	})
}

// custodyShare reads a share and checks that it was given out with the round's key.
func custodyShare(rd Round, text string) (seal.Share, error) {
	if rd.Mode != Anonymous || rd.Public == "" {
		return seal.Share{}, fault.New(fault.Conflict, "survey.fault.no_key")
	}
	share, err := seal.ParseShare(text)
	if err == nil {
		err = rd.Public.Belongs(share)
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

// OfficerGone notes that an officer does not keep their share any more, or that
// they do. Who may is asked by the caller.
func (s *Service) OfficerGone(ctx context.Context, by audit.By, id RoundID, no int, gone bool) (err error) {
	defer fault.Wrap(&err, "officer %d of round %s", no, id)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update survey_custody set gone = ? where round = ? and no = ? and gone <> ? and person <> ''`, gone, id, no, gone)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		if _, err := tx.Exec(ctx, `delete from survey_shares where round = ? and no = ?`, id, no); err != nil {
			return err
		}
		return s.roundLog(ctx, tx, by, actOfficer, id, map[string]string{"no": strconv.Itoa(no), "gone": strconv.FormatBool(gone)})
	})
}
