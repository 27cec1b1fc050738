package training

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Applicant is who wants to come, as the form says.
type Applicant struct {
	Person      access.PersonID // "" for somebody without an account
	Name        string
	Email       string
	Phone       string
	Lang        i18n.Lang
	Institution access.InstitutionID // of the directory
	TypedName   string               // of an institution that is not there
	Role        access.Role
	Needs       string // accessibility needs, in the person's words; sealed at once
	Track       string // chosen parallel session
	Payer       Payer  // "" for the training's own
	SeenRev     int64  // revision of the offer that the person had on the screen
	NoSeat      bool   // of a guest: no seat is held, the network holds enough (see mayHold)
}

// Receipt is what came of it.
type Receipt struct {
	ID      EnrollmentID
	State   State
	Known   bool  // the person was enrolled already: nothing was done
	Refused error // of a whole staff: why this person was not enrolled, nil otherwise
}

// Holder is who acts on one enrollment: an actor, or whoever has the secret of
// the mailed link.
type Holder struct {
	Actor access.Actor
	Key   string
}

// Enroll brings somebody into a training or onto its waiting list. BySelf: the
// applicant is the actor. ByGuest: a stranger, whose seat is held until the
// mailed link is used (Confirm). ByPhone: the actor must manage the training.
// ByHead is EnrollStaff of one person.
//
// Who is enrolled already gets a Receipt with Known, and nothing is done; a
// guest is told so by letter only, and the caller's page must say the same in
// both cases. Faults: NotFound for a draft; Conflict when the training cannot
// be enrolled in, is for others, or changed since SeenRev; Invalid for the
// fields of the form.
func (s *Service) Enroll(ctx context.Context, who access.Actor, id ID, a Applicant, how How) (_ Receipt, err error) {
	defer fault.Wrap(&err, "enroll in training %s", id)
	at := s.now().Unix()
	switch how {
	case BySelf:
		if !who.SignedIn() {
			return Receipt{}, fault.New(fault.SignedOut, "fault.signed_out")
		}
		a.Person = who.Person
	case ByGuest:
		a.Person, who = "", access.Stranger()
	case ByHead:
		all, err := s.EnrollStaff(ctx, who, id, a.Institution, []Applicant{a})
		if err != nil {
			return Receipt{}, err
		}
		return all[0], all[0].Refused
	case ByPhone:
	default:
		return Receipt{}, fault.New(fault.BadRequest, "fault.bad_request")
	}
	for range tries {
		o, err := s.offer(ctx, s.db, id)
		if err != nil {
			return Receipt{}, err
		}
		if how == ByPhone {
			if err := Manages(ctx, who, o.t); err != nil {
				return Receipt{}, err
			}
		}
		n, err := s.newcomer(ctx, who, o, a, how, at)
		if err != nil {
			return Receipt{}, err
		}
		if s.queueUp(ctx, n); !errors.Is(n.err, errStale) && !errors.Is(n.err, errFaster) {
			return n.receipt, n.err
		}
		s.offers.forget(id)
	}
	return Receipt{}, fault.New(fault.Conflict, "fault.conflict")
}

// keyBytes is the length of the secret of a link: 160 bits, 32 letters.
const keyBytes = 20

// Key is the secret of the mailed link of an enrollment. It lies nowhere: it is
// computed from the installation's keys, and raising link_no voids it.
func (s *Service) Key(e Enrollment) string {
	mac := s.Keys.MAC("training link", string(e.ID), strings.ToLower(e.Email), strconv.Itoa(e.LinkNo))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac[:keyBytes]))
}

// emailKey finds an address again without saying which it is: "" for none.
func (s *Service) emailKey(address string) string {
	address = strings.ToLower(strings.TrimSpace(address))
	if address == "" {
		return ""
	}
	return hex.EncodeToString(s.Keys.MAC("training email", address))
}

func (s *Service) sealNeeds(id EnrollmentID, words string) string {
	return s.Keys.Seal("training needs", string(id), []byte(words))
}

// Open is the enrollment for its holder: who has the secret of the link, the
// person of the account, or the account with the address that a guest gave.
// Everybody else, and everybody with a wrong secret: fault.ErrNotFound.
func (s *Service) Open(ctx context.Context, h Holder, id EnrollmentID) (Enrollment, error) {
	e, err := EnrollmentByID(ctx, s.db, id)
	if err != nil {
		return Enrollment{}, err
	}
	if subtle.ConstantTimeCompare([]byte(strings.ToLower(h.Key)), []byte(s.Key(e))) == 1 {
		return e, nil
	}
	own, err := s.owns(ctx, h.Actor, e)
	if err == nil && !own {
		err = fault.ErrNotFound
	}
	if err != nil {
		return Enrollment{}, err
	}
	return e, nil
}

// owns tells whether the enrollment is the actor's own. Who acts for somebody
// else does not own that person's enrollments.
func (s *Service) owns(ctx context.Context, who access.Actor, e Enrollment) (bool, error) {
	if who.Person == "" {
		return false, nil
	}
	if e.Person != "" {
		return e.Person == string(who.Person), nil
	}
	if e.EmailKey == "" {
		return false, nil
	}
	p, err := s.People.Reachable(ctx, who.Person)
	return err == nil && s.emailKey(p.Email) == e.EmailKey, err
}

// handles finds the enrollment for an act: of its holder (staff false), of
// those who run the training, or of the head's office of the person's school.
func (s *Service) handles(ctx context.Context, h Holder, id EnrollmentID) (e Enrollment, t Training, staff bool, err error) {
	e, err = s.Open(ctx, h, id)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return e, t, false, err
	}
	if err == nil {
		t, err = ByID(ctx, s.db, e.Training)
		return e, t, false, err
	}
	if !h.Actor.SignedIn() {
		return e, t, false, err
	}
	if e, err = EnrollmentByID(ctx, s.db, id); err != nil {
		return e, t, false, err
	}
	if t, err = ByID(ctx, s.db, e.Training); err != nil {
		return e, t, false, err
	}
	if err = Manages(ctx, h.Actor, t); err == nil {
		return e, t, true, nil
	}
	if e.Institution != "" && h.Actor.MayAt(ctx, access.EnrollStaff, access.InstitutionID(e.Institution)) == nil {
		return e, t, true, nil
	}
	return Enrollment{}, t, false, fault.ErrNotFound
}

// gather gives a guest's enrollment to the account that has its address, once
// the person acts. An account that is in the training already keeps its own.
func (t *turn) gather(ctx context.Context) error {
	if t.e.Person != "" || t.who.Person == "" {
		return nil
	}
	own, err := t.s.owns(ctx, t.who, t.e)
	if err != nil || !own {
		return err
	}
	var n int
	key := "person:" + string(t.who.Person)
	err = t.tx.Get(ctx, &n, `select count(*) from training_enrollments where training = ? and who_key = ? and active`, t.e.Training, key)
	if err == nil && n == 0 {
		t.e.Person, t.e.WhoKey = string(t.who.Person), key
		if t.e.State == Pending && t.who.Name != "" { // somebody typed the other name
			t.e.Name, t.e.NameKey = t.who.Name, nameKey(t.who.Name)
		}
	}
	return err
}

// Confirm says that a guest's address is right, that a colleague takes the place
// that was handed over, or that an admitted applicant comes. Doing it twice changes nothing. Too late is a Conflict.
func (s *Service) Confirm(ctx context.Context, h Holder, id EnrollmentID) (Enrollment, error) {
	at := s.now()
	e, err := s.Open(ctx, h, id)
	if err != nil {
		return e, err
	}
	return s.take(ctx, h.Actor, e, at, func(ctx context.Context, t *turn) error {
		switch {
		case t.missed(), t.e.State == Lapsed:
			return fault.New(fault.Conflict, "training.queue.fault.hold_over")
		case t.e.State == Pending && t.e.SwappedFrom != "":
			return t.confirmSwap(ctx)
		case t.e.State == Pending:
			return t.confirmGuest(ctx)
		case t.e.State == Qualified:
			if err := t.gather(ctx); err != nil {
				return err
			}
			if err := t.e.to(Confirmed); err != nil {
				return err
			}
			t.e.OfferUntil = 0
			if err := t.save(ctx); err != nil {
				return err
			}
			return s.tell(ctx, t.tx, t.e, NewsConfirmed, string(NewsConfirmed))
		case !t.e.Active:
			return fault.New(fault.Conflict, "training.queue.fault.state")
		}
		return nil
	})
}

// confirmGuest brings a guest from the held seat into the training, or into
// today's queue.
func (t *turn) confirmGuest(ctx context.Context) error {
	if t.l.t.State != Published {
		return fault.New(fault.Conflict, "training.queue.fault.closed")
	}
	if err := t.gather(ctx); err != nil {
		return err
	}
	if !t.e.Seated && !t.l.t.Admission {
		t.l.come(&t.e, t.by, t.at)
	}
	if err := t.e.to(entry(t.l.t, BySelf, t.e.ApprovedBy != "", t.e.Seated)); err != nil {
		return err
	}
	t.e.HoldUntil = 0
	if err := t.save(ctx); err != nil {
		return err
	}
	return t.s.tellState(ctx, t.tx, t.l.t, t.e, t.at)
}

// Answer takes the seat that was offered, or lets the next one have it. Too late,
// if by a second, is a Conflict; saying yes twice changes nothing.
func (s *Service) Answer(ctx context.Context, h Holder, id EnrollmentID, yes bool) (Enrollment, error) {
	at := s.now()
	e, err := s.Open(ctx, h, id)
	if err != nil {
		return e, err
	}
	return s.take(ctx, h.Actor, e, at, func(ctx context.Context, t *turn) error {
		switch {
		case t.missed(), t.e.State == Lapsed:
			return fault.New(fault.Conflict, "training.queue.fault.offer_over")
		case t.e.State == Confirmed && yes, t.e.State == Applied && yes && t.e.Seated, t.e.State == Resigned && !yes:
			return nil
		case t.e.State != Offered:
			return fault.New(fault.Conflict, "training.queue.fault.no_offer")
		case yes:
			if err := t.gather(ctx); err != nil {
				return err
			}
			return t.accept(ctx, ActAccepted)
		}
		if err := t.leave(ctx, Resigned, ActDeclined); err != nil {
			return err
		}
		return s.tell(ctx, t.tx, t.e, NewsResigned, string(NewsResigned))
	})
}

// accept settles an offered seat. Where the head's approval is asked, it is
// asked now.
func (t *turn) accept(ctx context.Context, act Act) error {
	state, news := Confirmed, NewsConfirmed
	if t.l.t.Approval && t.e.ApprovedBy == "" {
		state, news = Applied, NewsApplied
	}
	t.l.note(act, t.e.ID, t.e.Place, t.by, t.at)
	if err := t.e.to(state); err != nil {
		return err
	}
	t.e.OfferUntil = 0
	if err := t.save(ctx); err != nil {
		return err
	}
	if err := t.s.tell(ctx, t.tx, t.e, news, string(news)); err != nil || state == Confirmed {
		return err
	}
	return t.s.tell(ctx, t.tx, t.e, NewsAsked, "asked")
}

// Resign gives a place back, also for somebody else by those who run the
// training and by the office of the person's school. Before FreeUntil it is
// free; later a fee may be due, which is noted in the event; after the
// beginning it is a Conflict. The seat is offered to the next at once.
func (s *Service) Resign(ctx context.Context, h Holder, id EnrollmentID, why string) error {
	at := s.now()
	e, _, staff, err := s.handles(ctx, h, id)
	if err != nil {
		return err
	}
	_, err = s.take(ctx, h.Actor, e, at, func(ctx context.Context, t *turn) error {
		if t.e.State == Resigned {
			return nil
		}
		if err := t.mayStillLeave(Resigned); err != nil {
			return err
		}
		if err := t.gather(ctx); err != nil {
			return err
		}
		t.e.Note = cmp.Or(oneNote(why), t.e.Note)
		if err := t.leave(ctx, Resigned, ActResigned); err != nil {
			return err
		}
		if err := t.staffDid(ctx, staff, "resign", nil); err != nil {
			return err
		}
		return s.tell(ctx, t.tx, t.e, NewsResigned, string(NewsResigned))
	})
	return err
}

// mayStillLeave refuses what ran out, what has begun and what is settled.
func (t *turn) mayStillLeave(to State) error {
	switch {
	case t.missed():
		return fault.New(fault.Conflict, "training.queue.fault.offer_over")
	case !t.e.State.May(to):
		return fault.New(fault.Conflict, "training.queue.fault.state")
	case t.l.t.begun(t.at):
		return fault.New(fault.Conflict, "training.queue.fault.begun")
	}
	return nil
}

func (t Training) begun(at int64) bool { return t.StartsAt > 0 && at >= t.StartsAt }

// staffDid writes the line of an act of staff on somebody else.
func (t *turn) staffDid(ctx context.Context, staff bool, action string, words map[string]string) error {
	if !staff {
		return nil
	}
	return t.s.record(ctx, t.tx, t.who, action, t.l.t, t.e, t.at, words)
}

// oneNote bounds the words of a reason.
func oneNote(why string) string {
	why = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(why, "\x00", ""), ""))
	if r := []rune(why); len(r) > 500 {
		return string(r[:500])
	}
	return why
}

// Gather gives all guest's enrollments under the confirmed address of the actor
// to the account, and tells how many those were. Pages call it when somebody
// looks at the own trainings; acts on one enrollment do it by themselves.
func (s *Service) Gather(ctx context.Context, who access.Actor) (n int, err error) {
	defer fault.Wrap(&err, "gather enrollments of %s", who.Person)
	if who.Person == "" || who.For != "" {
		return 0, nil
	}
	p, err := s.People.Reachable(ctx, who.Person)
	if err != nil || p.Email == "" {
		return 0, err
	}
	mail, key := s.emailKey(p.Email), "person:"+string(who.Person)
	var there bool
	err = s.db.Get(ctx, &there, `select exists (select 1 from training_enrollments where email_key = ? and person = '')`, mail)
	if err != nil || !there {
		return 0, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		got, err := tx.Exec(ctx, `update training_enrollments set person = ?, who_key = ?, revision = revision + 1
			where email_key = ? and person = '' and not exists (select 1 from training_enrollments o
				where o.training = training_enrollments.training and o.who_key = ? and o.active)`, who.Person, key, mail, key)
		n = int(got)
		return err
	})
	return n, err
}
