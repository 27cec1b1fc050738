package access

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"time"

	"kladka/internal/access/card"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// livingCard is a card as a sign-in needs it.
type livingCard struct {
	Number      card.Number   `db:"number"`
	Person      PersonID      `db:"person"`
	Name        string        `db:"name"`
	Institution InstitutionID `db:"institution"`
	Hash        string        `db:"hash"`
	PIN         string        `db:"pin"`
	Kind        string        `db:"pin_kind"`
	UsedAt      *int64        `db:"used_at"`
	Step        string        `db:"-"` // this bringing of the card to this browser
}

// The kinds of PIN.
const (
	picturePIN = "picture"
	wordPIN    = "word"
)

// cardByNumber finds a card that is not void and whose account is open.
func cardByNumber(ctx context.Context, r db.Reader, n card.Number) (c livingCard, err error) {
	err = r.Get(ctx, &c, `select c.number, c.person, p.name, c.institution, c.hash, c.pin, c.pin_kind, c.used_at from access_cards c
		join access_people p on p.id = c.person and p.closed_at is null where c.number = ? and c.voided_at is null`, n)
	return c, err
}

// checkCard is the first step: number and secret. A wrong secret, a number that
// nobody has and a card that is void are the same fault and take equal time. A
// try that comes before the pause is over is a pause, whatever it brings.
func (s *Service) checkCard(ctx context.Context, network string, n card.Number, secret card.Secret, ticket string) error {
	now := s.now()
	waited, err := s.spendTicket(ctx, network, n, ticket, now)
	if err != nil {
		return err
	}
	g := s.networkGate(network)
	if err := s.admit(ctx, g, now, waited); err != nil {
		return err
	}
	right, err := s.secretMatches(ctx, n, secret)
	o := notTried
	if err == nil {
		o = wrongTry
		if right {
			o = rightTry
		}
	}
	if _, failed := s.settle(ctx, g, now, o); err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	if !right {
		return fault.InvalidFields([]fault.Field{{Name: "kod", Key: "cards.fault.wrong"}})
	}
	return nil
}

func (s *Service) secretMatches(ctx context.Context, n card.Number, secret card.Secret) (bool, error) {
	c, err := cardByNumber(ctx, s.db, n)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return false, err
	}
	return s.passwordMatches(ctx, c.Hash, s.cardProof(n, secret)) // of nobody's card: nothing, in the same time
}

// cardStep is what a browser remembers between the two steps: that it brought
// the right secret of a card. The secret itself is kept nowhere.
type cardStep struct {
	Number card.Number `json:"number"`
	At     int64       `json:"at"`
	Once   string      `json:"once"` // in the forms of this step and of no other
}

const (
	cardStepKey  = "card"
	cardStepLife = 3 * time.Minute // as long as an idle session at a shared computer
)

// rememberCard begins the second step under a new token. Whoever was signed in
// in this browser is not any more.
func (s *Service) rememberCard(ctx context.Context, n card.Number) error {
	data, err := json.Marshal(cardStep{n, s.now().Unix(), rand.Text()})
	if err != nil {
		return err
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	s.keep(ctx, session{Asked: map[string]string{cardStepKey: string(data)}})
	return nil
}

// cardAtHand is the card of which this browser brought the secret within the
// last minutes, NotFound when there is none or it became void.
func (s *Service) cardAtHand(ctx context.Context) (livingCard, error) {
	var step cardStep
	v := s.session(ctx)
	if v.Person != "" || json.Unmarshal([]byte(v.Asked[cardStepKey]), &step) != nil ||
		s.now().Sub(time.Unix(step.At, 0)) > cardStepLife {
		return livingCard{}, fault.ErrNotFound
	}
	c, err := cardByNumber(ctx, s.db, step.Number)
	c.Step = step.Once
	return c, err
}

// choosePIN sets the PIN at the first use. Of two browsers that do so at once
// one finds it set: a Conflict.
func (s *Service) choosePIN(ctx context.Context, c livingCard, pin card.PIN) error {
	hash, err := s.hashPassword(ctx, s.pinProof(c.Number, pin))
	if err != nil {
		return err
	}
	kind := wordPIN
	if pin.OfPictures() {
		kind = picturePIN
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update access_cards set pin = ?, pin_kind = ?, used_at = ? where number = ? and pin = '' and voided_at is null`,
			hash, kind, now.Unix(), c.Number)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "cards.fault.pin_set")
		}
		return audit.Record(ctx, tx, audit.By{Person: string(c.Person)}, audit.Entry{Action: "access.card.first", Object: "card", ObjectID: string(c.Number),
			Institution: string(c.Institution), Subject: string(c.Person)}, now)
	})
}

// checkPIN is the second step of later sign-ins. A wrong PIN is Invalid; after
// some, a pause. The pupil is told, once a quarter of an hour, for whoever
// guesses has their card.
func (s *Service) checkPIN(ctx context.Context, c livingCard, pin card.PIN) error {
	now, g := s.now(), s.pinGate(c.Number)
	if err := s.admit(ctx, g, now, false); err != nil {
		return err
	}
	right, err := s.passwordMatches(ctx, c.PIN, s.pinProof(c.Number, pin))
	o := notTried
	if err == nil {
		o = wrongTry
		if right {
			o = rightTry
		}
	}
	wrong, failed := s.settle(ctx, g, now, o)
	if err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	if right {
		return nil
	}
	if wrong >= g.free {
		if err := s.warnOfPINs(ctx, c, now); err != nil {
			return err
		}
	}
	return fault.InvalidFields([]fault.Field{{Name: pinField(c.Kind), Key: "cards.fault.pin_" + c.Kind}})
}

func (s *Service) warnOfPINs(ctx context.Context, c livingCard, now time.Time) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		first, err := countGuess(ctx, tx, guessKey{s.guessKey("told of pins", string(c.Number)), 1}, now)
		if err != nil || !first {
			return err
		}
		if err := s.tell(ctx, tx, c.Person, "cards.told.guesses", nil, "/konto", true); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.By{}, audit.Entry{Action: "access.card.guesses", Object: "card", ObjectID: string(c.Number),
			Institution: string(c.Institution), Subject: string(c.Person)}, now)
	})
}
