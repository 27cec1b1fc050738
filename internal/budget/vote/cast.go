package vote

import (
	"context"
	"time"

	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Ballot is a vote in one pool as it was sent.
type Ballot struct {
	Pool     budget.PoolID
	Elector  ElectorID
	Way      Way
	Envelope string // number of the form, see NewEnvelope: sent twice it is one vote
	Secret   string // second secret, see NewSecret; counts only where the rules let people change
	Next     string // of a change: the secret that is worth something after it
	Choice   budget.Choice
	At       time.Time // when the request arrived
}

// Cast takes a vote. The choice is checked and sealed first; then, in one
// transaction, the right is spent and the envelope laid into the box. Nothing
// else is written anywhere: no line of the log, no event, no job, no time.
//
// The same form sent again is answered with the same receipt, after the close
// too. Faults: Invalid with fields as budget.BallotRules.Check names them;
// Conflict vote.fault.early, late, canceled, spent; Forbidden
// vote.fault.no_right; BadRequest for a number that is none of ours.
func (s *Service) Cast(ctx context.Context, e budget.Edition, b Ballot) (Receipt, error) {
	on, err := readBallot(ctx, s.db, e, b.Pool)
	if err != nil {
		return Receipt{}, err
	}
	return s.cast(ctx, e, on, b)
}

// cast is Cast for whoever has the ballot already.
func (s *Service) cast(ctx context.Context, e budget.Edition, on *ballot, b Ballot) (receipt Receipt, err error) {
	defer fault.Wrap(&err, "cast a vote")
	if !mayChange(e) {
		b.Secret = ""
	}
	second := s.secondMark(e.ID, b.Pool, b.Secret)
	sealed, err := fold(e, on, b)
	if err == nil {
		err = s.db.Write(ctx, func(tx *db.Tx) error { return Put(ctx, tx, e.ID, b, second, sealed) })
	}
	if err != nil {
		return s.orBefore(ctx, e, b, err)
	}
	return s.receipt(e.ID, b.Pool, sealed, second, b.Secret), nil
}

// fold checks a vote and seals it: all that costs is done before the transaction.
func fold(e budget.Edition, on *ballot, b Ballot) ([]byte, error) {
	if !envelopeShape(b.Envelope) {
		return nil, fault.New(fault.BadRequest, "fault.bad_request")
	}
	if err := votes(e, b.At); err != nil {
		return nil, err
	}
	if err := fault.InvalidFields(on.check(b.Choice)); err != nil {
		return nil, err
	}
	return on.seal(b.Choice)
}

// Put is the transaction of a vote and nothing else: it spends the right and lays
// the sealed envelope down. The right goes first: whoever has none, or has spent
// it, leaves no envelope behind, not even a dead row. Use Cast; this is for it, and
// for measuring what Cast adds.
func Put(ctx context.Context, tx *db.Tx, edition budget.EditionID, b Ballot, second string, sealed []byte) error {
	fresh, err := spend(ctx, tx, edition, b.Pool, b.Elector, b.Way)
	if err != nil {
		return err
	}
	if !fresh {
		return unspent(ctx, tx, edition, b)
	}
	in, err := lay(ctx, tx, edition, b.Pool, b.Envelope, second, sealed)
	if err == nil && !in {
		err = refused(ctx, tx, edition, b.Pool) // and the right is not spent
	}
	return err
}

// unspent tells why a right was not spent.
func unspent(ctx context.Context, r db.Reader, edition budget.EditionID, b Ballot) error {
	rights, err := Rights(ctx, r, edition, b.Elector)
	if err != nil {
		return err
	}
	for _, right := range rights {
		if right.Pool == b.Pool {
			return fault.New(fault.Conflict, "vote.fault.spent")
		}
	}
	return fault.New(fault.Forbidden, "vote.fault.no_right")
}

// refused tells why an envelope was not taken: the vote was canceled, the box is
// closed, or the number is that of another's envelope, which nobody comes by
// honestly.
func refused(ctx context.Context, r db.Reader, edition budget.EditionID, pool budget.PoolID) error {
	var state budget.State
	if err := r.Get(ctx, &state, `select state from budget_editions where id = ?`, edition); err != nil {
		return err
	}
	if state == budget.Canceled {
		return fault.New(fault.Conflict, "vote.fault.canceled")
	}
	if _, err := BoxCount(ctx, r, edition, pool); err == nil {
		return fault.New(fault.Conflict, "vote.fault.box_closed")
	}
	return fault.New(fault.BadRequest, "fault.bad_request")
}

// orBefore answers a form that was refused: with its receipt, when it was taken
// before. Whoever's answer got lost on the way sends it again, perhaps a second
// after the close.
func (s *Service) orBefore(ctx context.Context, e budget.Edition, b Ballot, refusal error) (Receipt, error) {
	if fault.KindOf(refusal) != fault.Conflict || !envelopeShape(b.Envelope) {
		return Receipt{}, refusal
	}
	sealed, second, err := laid(ctx, s.db, e.ID, b.Pool, b.Envelope)
	if err != nil {
		return Receipt{}, err
	}
	if sealed == nil {
		return Receipt{}, refusal
	}
	return s.receipt(e.ID, b.Pool, sealed, second, b.Secret), nil
}

// Change puts another envelope in the place of the one whose receipt has the
// secret, and from then on b.Next is the secret. It asks for nothing else: who
// holds the secret is who voted. The same form sent again is answered with the same
// receipt, until a later change. Faults: those of Cast without the rights; Invalid
// vote.fault.secret at the field "sekret"; Conflict vote.fault.no_change where the
// rules do not allow it; BadRequest for a next secret that is none of ours.
func (s *Service) Change(ctx context.Context, e budget.Edition, b Ballot) (Receipt, error) {
	on, err := readBallot(ctx, s.db, e, b.Pool)
	if err != nil {
		return Receipt{}, err
	}
	return s.change(ctx, e, on, b)
}

// change is Change for whoever has the ballot already.
func (s *Service) change(ctx context.Context, e budget.Edition, on *ballot, b Ballot) (receipt Receipt, err error) {
	defer fault.Wrap(&err, "change a vote")
	if !mayChange(e) {
		return receipt, fault.New(fault.Conflict, "vote.fault.no_change")
	}
	if b.Secret = readLetters(b.Secret, secretLength); b.Secret == "" {
		return receipt, wrongSecret()
	}
	if b.Next == "" || readLetters(b.Next, secretLength) != b.Next {
		return receipt, fault.New(fault.BadRequest, "fault.bad_request")
	}
	from, to := s.secondMark(e.ID, b.Pool, b.Secret), s.secondMark(e.ID, b.Pool, b.Next)
	b.Secret = b.Next // which the receipt tells
	sealed, err := fold(e, on, b)
	if err == nil {
		err = s.db.Write(ctx, func(tx *db.Tx) error { return replace(ctx, tx, e.ID, b, from, to, sealed) })
	}
	if err != nil {
		return s.orBefore(ctx, e, b, err)
	}
	return s.receipt(e.ID, b.Pool, sealed, to, b.Secret), nil
}

// replace lays an envelope in the place of another. One that is there already was
// put there by this very form.
func replace(ctx context.Context, tx *db.Tx, edition budget.EditionID, b Ballot, from, to string, sealed []byte) error {
	in, err := relay(ctx, tx, edition, b.Pool, b.Envelope, from, to, sealed)
	if err != nil || in {
		return err
	}
	switch before, _, err := laid(ctx, tx, edition, b.Pool, b.Envelope); {
	case err != nil:
		return err
	case before != nil:
		return fault.New(fault.Conflict, "vote.fault.spent")
	}
	return wrongSecret()
}

func wrongSecret() error {
	return fault.InvalidFields([]fault.Field{{Name: "sekret", Key: "vote.fault.secret"}})
}
