package survey

import (
	"context"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/seal"
)

// What Tell tells people: Dropped the people who had answered, the others those
// who keep a share.
const (
	ToldDropped   = "dropped"   // sealed answers were destroyed unread
	ToldCustodian = "custodian" // the person was named to keep a share
	ToldClosed    = "closed"    // the round is over: it waits for two shares
)

// keyBox is the box of a round's envelopes.
func keyBox(id RoundID) custody.Box { return custody.Box{Owner: "survey", ID: string(id)} }

// Custody reads who keeps the shares of a round's key; none before it is made.
func Custody(ctx context.Context, r db.Reader, id RoundID) (custody.Keepers, error) {
	k, err := custody.Read(ctx, r, keyBox(id))
	return k.Keepers, err
}

// MakeKey makes the key of an anonymous round that is planned; see custody.Make
// for the shares and the faults. The round keeps the public half as well, for
// whoever answers reads it with the round. Conflict survey.fault.state for every
// other round.
func (s *Service) MakeKey(ctx context.Context, by audit.By, id RoundID, officers []string, again bool) ([]seal.Share, error) {
	return s.custody.Make(ctx, s.keyAct(by, id, true, custody.WasMade), officers, again)
}

// ConfirmShare notes that an officer has their share in hand, see custody.Confirm.
// Deposit says that the person runs the round, and may confirm the share in
// deposit.
func (s *Service) ConfirmShare(ctx context.Context, by audit.By, id RoundID, text string, deposit bool) error {
	return s.custody.Confirm(ctx, s.keyAct(by, id, deposit, custody.WasConfirmed), text)
}

// OfficerGone notes that an officer does not keep their share any more, or that
// they do. Who may is asked by the caller.
func (s *Service) OfficerGone(ctx context.Context, by audit.By, id RoundID, no int, gone bool) error {
	return s.custody.Gone(ctx, s.keyAct(by, id, true, custody.WasHanded), no, gone)
}

func (s *Service) keyAct(by audit.By, id RoundID, runs bool, what custody.Change) custody.Act {
	return custody.Act{By: by, Box: keyBox(id), Runs: runs,
		Also: func(ctx context.Context, tx *db.Tx, k custody.Key) error { return s.keyChanged(ctx, tx, id, what, k) }}
}

// keyChanged is the round's part in a change of its key: a new one is taken only
// while no answer is sealed with another, and its officers are told.
func (s *Service) keyChanged(ctx context.Context, tx *db.Tx, id RoundID, what custody.Change, k custody.Key) error {
	if what != custody.WasMade {
		return nil
	}
	n, err := tx.Exec(ctx, `update survey_rounds set public_key = ?, revision = revision + 1
		where id = ? and mode = 'anonymous' and state = 'planned'`, k.Public, id)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "survey.fault.state")
	}
	rd, err := s.RoundByID(ctx, tx, id)
	if err != nil {
		return err
	}
	return s.custodyTell(ctx, tx, rd, ToldCustodian)
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
