package access

import (
	"context"
	"encoding/hex"
	"io"
	"slices"
	"strings"
	"time"

	"kladka/internal/access/card"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/pdf"
	"kladka/internal/platform/web"
)

// Printed cards are how pupils without mail sign in (see package card for the
// rules of numbers, secrets and PINs). A sign-in takes three things: the number,
// which is public; the secret, which is printed and typed; and a PIN that the
// pupil chose at the first sign-in. Whoever printed the sheet knows the first
// two, so a sheet that was kept is worth nothing after the first use. Used
// before it, it shows: the pupil is then asked for a PIN that they never chose,
// and the page tells when somebody did.

// CardState is what may be told of somebody's card. The zero value is no card.
type CardState struct {
	Number   card.Number
	IssuedAt int64
	IssuedBy string // name
	Again    bool   // in place of an earlier card
	UsedAt   int64  // first use, 0 for none
}

// cardStates reads the living cards of people.
func (s *Service) cardStates(ctx context.Context, ids []PersonID) (map[PersonID]CardState, error) {
	states := map[PersonID]CardState{}
	for some := range slices.Chunk(ids, db.MaxParams) {
		query, args, err := db.In(`select c.person, c.number, c.issued_at, coalesce(p.name, ''), c.again, coalesce(c.used_at, 0) from access_cards c
			left join access_people p on p.id = c.issued_by where c.person in (?) and c.voided_at is null`, some)
		if err != nil {
			return nil, err
		}
		err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
			var id PersonID
			var c CardState
			if err := scan(&id, &c.Number, &c.IssuedAt, &c.IssuedBy, &c.Again, &c.UsedAt); err != nil {
				return err
			}
			states[id] = c
			return nil
		}, query, args...)
		if err != nil {
			return nil, err
		}
	}
	return states, nil
}

// CardOf is the living card of the person who asks, for their own page.
func (s *Service) CardOf(ctx context.Context, who Actor) (CardState, error) {
	states, err := s.cardStates(ctx, []PersonID{who.Person})
	return states[who.Person], err
}

// Printed is a card that was just issued, with its secret, which exists in
// clear only here and on the paper. Write it with PrintCards and let it go.
type Printed struct {
	Person PersonID
	Name   string
	Number card.Number
	Secret card.Secret
	Again  bool // an earlier card is void now
}

// mostCards bounds one printing: a large school prints class by class.
const mostCards = 60

// IssueCards makes cards for pupils of the institution: for all of the given
// people, or, unless again is set, only for those who have no card. The old
// card of who gets a new one is void with this call, sessions opened with it
// end, and the pupil is told. Who asks holds IssueCards there (else NotFound,
// as with a person who is no pupil there) and, for the door, a fresh password.
// That a class tutor prints for the own class only, the roster has checked.
// When nobody is left to get a card it is a Conflict.
//
// Hashing takes about 25 ms a card; it happens before the transaction, one
// after the other, so that people who sign in meanwhile find a free lane.
func (s *Service) IssueCards(ctx context.Context, who Actor, at InstitutionID, people []PersonID, again bool) ([]Printed, error) {
	if err := who.MayAt(ctx, IssueCards, at); err != nil {
		return nil, hide(err)
	}
	if len(people) == 0 || len(people) > mostCards {
		return nil, fault.New(fault.Invalid, "cards.fault.how_many", "n", mostCards)
	}
	drawn, err := s.drawCards(ctx, at, people, again)
	if err != nil {
		return nil, err
	}
	now := s.now()
	var out []Printed
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		out = nil
		for _, d := range drawn {
			issued, err := s.issueCard(ctx, tx, who, at, &d, again, now)
			if err != nil {
				return err
			}
			if issued {
				out = append(out, d.Printed)
			}
		}
		if len(out) == 0 {
			return fault.New(fault.Conflict, "cards.fault.all_have")
		}
		return nil
	})
	return out, err
}

// drawnCard is a card that is not issued yet.
type drawnCard struct {
	Printed
	hash string
}

func (s *Service) drawCards(ctx context.Context, at InstitutionID, people []PersonID, again bool) ([]drawnCard, error) {
	have, err := s.cardStates(ctx, people)
	if err != nil {
		return nil, err
	}
	names, err := s.PersonNames(ctx, people)
	if err != nil {
		return nil, err
	}
	var drawn []drawnCard
	for _, id := range people {
		pupil, err := s.HoldsAt(ctx, id, at, Pupil)
		if err != nil {
			return nil, err
		}
		if !pupil {
			return nil, fault.ErrNotFound
		}
		if _, has := have[id]; has && !again {
			continue
		}
		d := drawnCard{Printed: Printed{Person: id, Name: names[id], Secret: card.New()}}
		if d.Number, err = s.freeNumber(ctx); err != nil {
			return nil, err
		}
		if d.hash, err = s.hashPassword(ctx, s.cardProof(d.Number, d.Secret)); err != nil {
			return nil, err
		}
		drawn = append(drawn, d)
	}
	return drawn, nil
}

// cardProof is what is hashed: worthless to who has the database alone.
func (s *Service) cardProof(n card.Number, secret card.Secret) string {
	return hex.EncodeToString(s.keys.MAC("card", string(n), secret.Letters()))
}

func (s *Service) pinProof(n card.Number, pin card.PIN) string {
	return hex.EncodeToString(s.keys.MAC("card pin", string(n), pin.Text()))
}

// freeNumber draws until the number is nobody's, living or void.
func (s *Service) freeNumber(ctx context.Context) (card.Number, error) {
	for {
		n := card.NewNumber()
		var taken bool
		if err := s.db.Get(ctx, &taken, `select exists (select 1 from access_cards where number = ?)`, n); err != nil || !taken {
			return n, err
		}
	}
}

// issueCard writes a drawn card down, unless the person has one meanwhile and
// was not to get another.
func (s *Service) issueCard(ctx context.Context, tx *db.Tx, who Actor, at InstitutionID, d *drawnCard, again bool, now time.Time) (bool, error) {
	// The person's row first: of two who issue at once, one waits and then
	// finds the other's card.
	if err := changed(ctx, tx, d.Person); err != nil {
		return false, err
	}
	if !again {
		var has bool
		if err := tx.Get(ctx, &has, `select exists (select 1 from access_cards where person = ? and voided_at is null)`, d.Person); err != nil || has {
			return false, err
		}
	}
	replaced, err := voidCard(ctx, tx, d.Person, who.Person, "replaced", now)
	if err != nil {
		return false, err
	}
	d.Again = replaced
	n, err := tx.Exec(ctx, `insert into access_cards (number, person, institution, hash, issued_at, issued_by, again) values (?, ?, ?, ?, ?, ?, ?)
		on conflict (number) do nothing`, d.Number, d.Person, at, d.hash, now.Unix(), who.Person, replaced)
	if err != nil {
		return false, err
	}
	if n == 0 {
		return false, fault.New(fault.Conflict, "cards.fault.once_more") // drawn twice within a second
	}
	return true, s.noteCard(ctx, tx, who, at, *d, now)
}

func (s *Service) noteCard(ctx context.Context, tx *db.Tx, who Actor, at InstitutionID, d drawnCard, now time.Time) error {
	action := "access.card.issue"
	if d.Again {
		action = "access.card.reissue"
		if _, err := EndSessions(ctx, tx, d.Person, ""); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, d.Person, "cards.told.reissued", map[string]string{"who_person": string(who.Person)}, "/konto", true); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: action, Object: "card", ObjectID: string(d.Number), Institution: string(at),
		Subject: string(d.Person)}, now)
}

// voidCard ends the living card of a person and forgets its hashes.
func voidCard(ctx context.Context, tx *db.Tx, person, by PersonID, why string, now time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `update access_cards set voided_at = ?, voided_by = ?, voided_why = ?, hash = '', pin = '' where person = ? and voided_at is null`,
		now.Unix(), by, why, person)
	return n > 0, err
}

// Sheet is what stands on the cards of a class beside each pupil's own.
type Sheet struct {
	Class  string
	School string
	Number map[PersonID]int // in the register
}

// PrintCards writes the cards as a PDF to w, in the order given. It keeps
// nothing, and says nothing of the cards in an error.
func (s *Service) PrintCards(w io.Writer, l *i18n.L, sheet Sheet, cards []Printed) error {
	base := strings.TrimSuffix(s.letters.URL("/"), "/")
	_, host, ok := strings.Cut(base, "://")
	if !ok {
		host = base
	}
	t := pdf.CardTexts{Title: l.T("card.sheet.title") + ": " + sheet.Class, Lang: string(l.Lang), Author: sheet.School,
		Instructions: l.T("card.sheet.instructions"), FoldBack: l.T("card.sheet.fold_back"), FoldIn: l.T("card.sheet.fold_in"),
		Number: l.T("card.sheet.number"), Inside: l.T("card.sheet.inside"), Secret: l.T("card.sheet.secret"), Keep: l.T("card.sheet.keep"),
		How: l.T("card.sheet.how"), Steps: [3]string{l.T("card.sheet.how_1", "address", host+card.Path), l.T("card.sheet.how_2"), l.T("card.sheet.how_3")},
		Page: func(n, of int) string { return l.T("card.sheet.page", "n", n, "of", of) }}
	list := make([]pdf.Card, 0, len(cards))
	for _, c := range cards {
		p := pdf.Card{Name: c.Name, Class: l.T("card.sheet.class", "class", sheet.Class), School: sheet.School,
			Number: c.Number.Format(), Address: c.Number.Address(base), Groups: c.Secret.Groups()}
		if n := sheet.Number[c.Person]; n > 0 {
			p.Register = l.T("card.sheet.register", "n", n)
		}
		list = append(list, p)
	}
	return pdf.Cards(w, s.now().In(web.Warsaw), t, list)
}
