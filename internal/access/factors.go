package access

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/access/otp"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Factor is a kind of second factor.
type Factor string

// The second factors so far; a passkey will stand beside them.
const (
	AppFactor  Factor = "totp"    // an app that shows a new code every half minute
	ListFactor Factor = "printed" // a printed list of codes
)

// What the log calls the acts of this file and its neighbors.
const (
	actFactorAdd       = "access.factor.add"
	actRecoveryCodes   = "access.factor.recovery"
	actFactorRemove    = "access.factor.remove"
	actLinkSignIn      = "access.link.sign_in"
	actLinkAccount     = "access.link.account"
	actLinkConfirm     = "access.link.confirm"
	actPasswordRecover = "access.password.recover"
	actPasswordChange  = "access.password.change"
	actSessionEnd      = "access.session.end"
	actSessionEndAll   = "access.session.end_all"
	actFactorReset     = "access.factor.reset"
	actSecondStep      = "access.second_step"
	actGuesses         = "access.guesses"
)

// Factors is what a person has for the second step of signing in.
type Factors struct {
	App      int64 // when the app was added, 0 for none
	List     int64 // when the list was printed, 0 for none
	Left     int   // codes on the list not used yet
	Recovery int   // recovery codes not used yet
}

// Any tells whether the second step can be asked for. A list of which every
// code is used counts: who knows the password alone must not be able to set up
// a factor of their own then.
func (f Factors) Any() bool { return f.App != 0 || f.List != 0 }

// Factors is what the person has. The page of administrators shows it.
func (s *Service) Factors(ctx context.Context, id PersonID) (Factors, error) {
	return factorsOf(ctx, s.db, id)
}

func factorsOf(ctx context.Context, r db.Reader, id PersonID) (f Factors, err error) {
	err = r.Each(ctx, func(scan func(dest ...any) error) error {
		var kind Factor
		var at int64
		if err := scan(&kind, &at); err != nil {
			return err
		}
		if kind == AppFactor {
			f.App = at
		} else {
			f.List = at
		}
		return nil
	}, `select kind, confirmed_at from access_factors where person = ?`, id)
	if err != nil {
		return f, err
	}
	err = r.Each(ctx, func(scan func(dest ...any) error) error {
		var kind codeKind
		var n int
		if err := scan(&kind, &n); err != nil {
			return err
		}
		if kind == printedCodes {
			f.Left = n
		} else {
			f.Recovery = n
		}
		return nil
	}, `select kind, cast(count(*) as integer) from access_codes where person = ? and used_at is null group by kind`, id)
	return f, err
}

// A wrong code is dear: whoever types one knows the password already.
const (
	codesPerPerson  = 6
	codesPerNetwork = 100
)

// passSecond checks what was typed at the second step: a code of the app, of
// the printed list, or a recovery code. Each works once. A wrong one is a fault
// of kind Invalid; too many are TooMany until the quarter is over, and the
// person is told that somebody has their password.
func (s *Service) passSecond(ctx context.Context, from Caller, id PersonID, typed string) (f Factors, err error) {
	if len(typed) > 100 || otp.Normalize(typed) == "" && len(onlyDigits(typed)) != otp.Digits {
		return f, wrongCode() // no code of any kind, hence no guess
	}
	now := s.now()
	perPerson := guessKey{s.guessKey("code", string(id)), codesPerPerson}
	keys, err := s.reserveCode(ctx, from, id, perPerson, now)
	if err != nil {
		return f, err
	}
	secret, step, err := s.appSecret(ctx, id)
	if err != nil {
		return f, err
	}
	next, isApp := int64(0), false
	if secret != "" {
		next, isApp = otp.Check(secret, typed, now, step)
	}
	right := false
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		var way string
		if way, right, err = s.spendFactor(ctx, tx, id, typed, next, isApp, now.Unix()); err != nil || !right {
			return err
		}
		if f, err = factorsOf(ctx, tx, id); err != nil {
			return err
		}
		return s.noteSecond(ctx, tx, id, way, now)
	})
	if err != nil {
		return f, err
	}
	if !right {
		return f, errors.Join(wrongCode(), s.warnOfGuesses(ctx, id, perPerson, now))
	}
	return f, s.giveBackGuess(ctx, keys, now)
}

// reserveCode counts a guess of a code. Those of a person are few everywhere;
// those of a network are not counted against a known browser.
func (s *Service) reserveCode(ctx context.Context, from Caller, id PersonID, perPerson guessKey, now time.Time) ([]guessKey, error) {
	p, err := s.personOf(ctx, id)
	if err != nil {
		return nil, err
	}
	keys := []guessKey{perPerson}
	if !s.knows(from, p.Login) {
		keys = append(keys, guessKey{s.guessKey("code network", from.Network), codesPerNetwork})
	}
	return keys, s.reserveGuess(ctx, keys, now)
}

func wrongCode() error {
	return &fault.Error{Kind: fault.Invalid, Key: "ways.fault.code", Fields: []fault.Field{{Name: "kod", Key: "ways.fault.code"}}}
}

// appSecret is the secret of the person's app, "" for none, and the time step
// of the code used last.
func (s *Service) appSecret(ctx context.Context, id PersonID) (secret string, step int64, err error) {
	var row struct {
		Secret string `db:"secret"`
		Step   int64  `db:"step"`
	}
	err = s.db.Get(ctx, &row, `select secret, step from access_factors where person = ? and kind = ?`, id, AppFactor)
	if errors.Is(err, fault.ErrNotFound) {
		return "", 0, nil
	}
	if err != nil {
		return "", 0, err
	}
	plain, err := s.keys.Unseal("totp", string(id), row.Secret)
	return string(plain), row.Step, err
}

// spendFactor uses up the code. The step of the app only rises, so the code
// that was seen over a shoulder is worth nothing once it was typed.
func (s *Service) spendFactor(ctx context.Context, tx *db.Tx, id PersonID, typed string, step int64, isApp bool, at int64) (way string, right bool, err error) {
	if isApp {
		n, err := tx.Exec(ctx, `update access_factors set step = ? where person = ? and kind = ? and step < ?`, step, id, AppFactor, step)
		return string(AppFactor), n > 0, err
	}
	kind, right, err := s.spendCode(ctx, tx, id, typed, at)
	return string(kind), right, err
}

// noteSecond writes the second step down. A recovery code is rare and worth a
// word to the person.
func (s *Service) noteSecond(ctx context.Context, tx *db.Tx, id PersonID, way string, now time.Time) error {
	if way == string(recoveryCodes) {
		if err := s.tell(ctx, tx, id, "ways.told.recovery_code", nil, SecurityPath, true); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.By{Person: string(id)}, audit.Entry{Action: actSecondStep, Object: "person", ObjectID: string(id),
		Subject: string(id), Details: map[string]string{"way": way}}, now)
}

// warnOfGuesses tells the person, once per quarter, when the last guess that
// was allowed was wrong.
func (s *Service) warnOfGuesses(ctx context.Context, id PersonID, key guessKey, now time.Time) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var n int
		if err := tx.Get(ctx, &n, `select n from access_guesses where key = ? and quarter = ?`, key.key, quarter(now)); err != nil || n < key.limit {
			return err
		}
		first, err := countGuess(ctx, tx, guessKey{s.guessKey("told of codes", string(id)), 1}, now)
		if err != nil || !first {
			return err
		}
		if err := s.tell(ctx, tx, id, "ways.told.guesses", nil, SecurityPath, true); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.By{}, audit.Entry{Action: actGuesses, Object: "person", ObjectID: string(id), Subject: string(id)}, now)
	})
}

// draft is a second factor being set up. It lies sealed in the form, so that
// nothing is stored before the person proved to hold it, and asking for the
// page changes nothing.
type draft struct {
	Kind   Factor   `json:"kind"`
	Secret string   `json:"secret,omitempty"`
	Codes  []string `json:"codes,omitempty"`
	At     int64    `json:"at"`
}

// draftLife is how long it may take to install an app or to print a list.
const draftLife = 30 * time.Minute

func (s *Service) newDraft(kind Factor) draft {
	d := draft{Kind: kind, At: s.now().Unix()}
	if kind == AppFactor {
		d.Secret = otp.NewSecret()
	} else {
		d.Codes = otp.NewCodes(otp.OnList)
	}
	return d
}

func draftPlace(v session) string { return string(v.Person) + " " + v.ID }

func (s *Service) sealDraft(v session, d draft) (string, error) {
	plain, err := json.Marshal(d)
	if err != nil {
		return "", err
	}
	return s.keys.Seal("draft", draftPlace(v), plain), nil
}

// openDraft reads a draft of this very session; an old or forged one is a
// fault of kind Conflict.
func (s *Service) openDraft(v session, sealed string) (d draft, err error) {
	plain, err := s.keys.Unseal("draft", draftPlace(v), sealed)
	if err == nil {
		err = json.Unmarshal(plain, &d)
	}
	if err != nil || s.now().Sub(time.Unix(d.At, 0)) > draftLife {
		return draft{}, fault.New(fault.Conflict, "ways.fault.draft")
	}
	return d, nil
}

// mustProve is which code of the list has to be typed back.
func (d draft) mustProve() int { return int(d.At%otp.OnList) + 1 }

// proved tells whether the person holds what was drafted.
func (d draft) proved(typed string, now time.Time) (step int64, ok bool) {
	if d.Kind == AppFactor {
		return otp.Check(d.Secret, typed, now, -1)
	}
	n := d.mustProve()
	return 0, len(d.Codes) >= n && otp.Normalize(typed) == otp.Normalize(d.Codes[n-1])
}

// mayEnroll returns nil when this session may set up a second factor: nobody
// has one yet, or both steps were passed. At a computer that many use nobody
// may. How fresh the password is, the page asks when the draft is made.
func (s *Service) mayEnroll(v session, has Factors) error {
	if v.Shared {
		return fault.New(fault.Forbidden, "ways.fault.shared")
	}
	if has.Any() && v.Level < bothSteps {
		return secondStep()
	}
	return nil
}

// enroll keeps a drafted factor after the person typed a code of it. All other
// sessions end. With the first factor come recovery codes, which are returned
// and kept nowhere in clear.
//
// The first factor is set up by whoever knows the password, so the person is
// told at once: a thief who was first is found out by the owner.
func (s *Service) enroll(ctx context.Context, who Actor, v session, d draft, typed string) (recovery []string, err error) {
	now := s.now()
	step, ok := d.proved(typed, now)
	if !ok {
		return nil, wrongCode()
	}
	sealed, fresh := "", otp.NewCodes(recoveryN)
	if d.Kind == AppFactor {
		sealed = s.keys.Seal("totp", string(v.Person), []byte(d.Secret))
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		recovery = nil
		// The person's row first: of two who do this at once, one waits and
		// then finds the other's factor.
		if err := changed(ctx, tx, v.Person); err != nil {
			return err
		}
		has, err := factorsOf(ctx, tx, v.Person)
		if err != nil {
			return err
		}
		if err := s.mayEnroll(v, has); err != nil {
			return err
		}
		if err := s.keepFactor(ctx, tx, v.Person, d, sealed, step, now.Unix()); err != nil {
			return err
		}
		if !has.Any() {
			recovery = fresh
			if err := s.replaceCodes(ctx, tx, v.Person, recoveryCodes, fresh, now.Unix()); err != nil {
				return err
			}
		}
		if _, err := EndSessions(ctx, tx, v.Person, v.ID); err != nil {
			return err
		}
		return s.noteFactor(ctx, tx, who, v.Person, actFactorAdd, d.Kind, "ways.told.factor_added", now)
	})
	return recovery, err
}

func (s *Service) keepFactor(ctx context.Context, tx *db.Tx, id PersonID, d draft, sealed string, step, at int64) error {
	_, err := tx.Exec(ctx, `insert into access_factors (person, kind, secret, step, confirmed_at) values (?, ?, ?, ?, ?)
		on conflict (person, kind) do update set secret = excluded.secret, step = excluded.step, confirmed_at = excluded.confirmed_at`,
		id, d.Kind, sealed, step, at)
	if err != nil || d.Kind == AppFactor {
		return err
	}
	return s.replaceCodes(ctx, tx, id, printedCodes, d.Codes, at)
}

// noteFactor logs a change of somebody's factors and tells the person.
func (s *Service) noteFactor(ctx context.Context, tx *db.Tx, who Actor, id PersonID, action string, kind Factor, told string, now time.Time) error {
	err := audit.Record(ctx, tx, who.By(), audit.Entry{Action: action, Object: "person", ObjectID: string(id), Subject: string(id),
		Details: map[string]string{"way": string(kind)}}, now)
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, id, told, nil, SecurityPath, true)
}

// newRecoveryCodes makes new ones; the old ones work no more.
func (s *Service) newRecoveryCodes(ctx context.Context, who Actor, v session) ([]string, error) {
	codes, now := otp.NewCodes(recoveryN), s.now()
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		has, err := s.factorsToChange(ctx, tx, v)
		if err != nil {
			return err
		}
		if !has.Any() {
			return fault.ErrNotFound
		}
		if err := s.replaceCodes(ctx, tx, v.Person, recoveryCodes, codes, now.Unix()); err != nil {
			return err
		}
		return s.noteFactor(ctx, tx, who, v.Person, actRecoveryCodes, "", "ways.told.recovery_new", now)
	})
	return codes, err
}

// factorsToChange holds the person's row and gives what may be changed now.
func (s *Service) factorsToChange(ctx context.Context, tx *db.Tx, v session) (Factors, error) {
	if err := changed(ctx, tx, v.Person); err != nil {
		return Factors{}, err
	}
	has, err := factorsOf(ctx, tx, v.Person)
	if err != nil {
		return has, err
	}
	return has, s.mayEnroll(v, has)
}

// removeFactor takes one factor away: the second of two, or the last one when
// no role of the person needs it (otherwise Conflict). With the last one go
// the recovery codes.
func (s *Service) removeFactor(ctx context.Context, who Actor, v session, kind Factor) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		has, err := s.factorsToChange(ctx, tx, v)
		if err != nil {
			return err
		}
		last := has.App == 0 || has.List == 0
		if last && who.needsSecond(now) {
			return fault.New(fault.Conflict, "ways.fault.needed")
		}
		n, err := tx.Exec(ctx, `delete from access_factors where person = ? and kind = ?`, v.Person, kind)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		if err := dropCodes(ctx, tx, v.Person, kind == ListFactor || last, last); err != nil {
			return err
		}
		return s.noteFactor(ctx, tx, who, v.Person, actFactorRemove, kind, "ways.told.factor_removed", now)
	})
}

func dropCodes(ctx context.Context, tx *db.Tx, id PersonID, printed, recovery bool) error {
	for kind, drop := range map[codeKind]bool{printedCodes: printed, recoveryCodes: recovery} {
		if !drop {
			continue
		}
		if _, err := tx.Exec(ctx, `delete from access_codes where person = ? and kind = ?`, id, kind); err != nil {
			return err
		}
	}
	return nil
}

// needsSecond tells whether any role, under any hat, sees other people's data.
func (a Actor) needsSecond(at time.Time) bool {
	if a.account == nil {
		return len(a.Locked) > 0
	}
	for _, h := range a.account.heldAt(at) {
		if h.Role.SeesOthers() {
			return true
		}
	}
	for _, st := range a.account.standsAt(at) {
		if st.Role.SeesOthers() {
			return true
		}
	}
	return false
}

// ResetFactors takes all second factors of somebody away who lost them, after
// the office made sure who asks. Who does it needs ManagePeople, and can never
// be the person, nor stand in the person's place: that would make the second
// step a formality. The reason is written down, all sessions of the person end,
// and the person is told. Nothing to reset is NotFound. The door must be Fresh.
func (s *Service) ResetFactors(ctx context.Context, who Actor, person PersonID, reason string) error {
	if err := who.Must(ManagePeople); err != nil {
		return err
	}
	if person == who.Person || person == who.For {
		return fault.New(fault.Forbidden, "ways.fault.own_reset")
	}
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n < 5 || n > 500 {
		return fault.InvalidFields([]fault.Field{{Name: "powod", Key: "ways.fault.reason"}})
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := changed(ctx, tx, person); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `delete from access_factors where person = ?`, person)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		if err := dropCodes(ctx, tx, person, true, true); err != nil {
			return err
		}
		if _, err := EndSessions(ctx, tx, person, ""); err != nil {
			return err
		}
		err = audit.Record(ctx, tx, who.By(), audit.Entry{Action: actFactorReset, Object: "person", ObjectID: string(person),
			Subject: string(person), Details: map[string]string{"reason": reason}}, now)
		if err != nil {
			return err
		}
		return s.tell(ctx, tx, person, "ways.told.factor_reset", nil, SecurityPath, true)
	})
}
