package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// A mail link proves that whoever uses it reads a mailbox. Programs that look
// into mail for us fetch every address in it, so looking at a link changes
// nothing; a button on its page spends it. Somebody may also send the link of
// a letter of their own to somebody else, who would then work in a stranger's
// account: hence, in a browser that did not ask for it, six digits from the
// page where it was asked for.
//
// Whether an address has an account is nobody's business: asking does the same
// work and sends a letter in either case, only its words differ.

type linkPurpose string

const (
	linkSignIn  linkPurpose = "signin"  // or to make an account as a resident
	linkRecover linkPurpose = "recover" // set a new password
	linkFresh   linkPurpose = "fresh"   // it is still you
)

// linkPurposes are all of them; forms and addresses name no other.
var linkPurposes = map[linkPurpose]bool{linkSignIn: true, linkRecover: true, linkFresh: true}

const (
	linkLife  = 15 * time.Minute
	linkTries = 5 // of the six digits; then the link is void

	// Letters per hour: to one address when one network asks, to one address
	// whoever asks, and for one network to any address. The first stops a
	// bomber quietly. The second is a little higher, so that the bomber's
	// network alone cannot keep the owner from asking.
	lettersFromNetwork = 3
	lettersToAddress   = 6
	lettersOfNetwork   = 60
)

const linkPath = "/konto/odnosnik"

// asked is what the asking browser remembers, in its session.
type asked struct {
	Mark   string `json:"mark"`
	Digits string `json:"digits"`
	Next   string `json:"next,omitempty"`
	At     int64  `json:"at"`
}

// askLink sends a letter with a link to the address, or with the word that
// there is no account; too many letters to one address are quietly not sent.
// An address that is none is Invalid. The link voids the one of the same
// purpose before it.
func (s *Service) askLink(ctx context.Context, from Caller, purpose linkPurpose, email string, lang i18n.Lang, next string) (asked, error) {
	login, ok := loginOf(email)
	if !ok {
		return asked{}, fault.InvalidFields([]fault.Field{{Name: "email", Key: "access.fault.email"}})
	}
	now := s.now()
	hour := now.Truncate(time.Hour)
	known := s.knows(from, login)
	if !known {
		if err := s.reserveGuess(ctx, []guessKey{{s.guessKey("letters of network", from.Network), lettersOfNetwork}}, hour); err != nil {
			return asked{}, err
		}
	}
	p, err := personByLogin(ctx, s.db, login)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return asked{}, err
	}
	if p.ID != "" {
		lang = p.Lang
	}
	a := asked{Mark: rand.Text(), Digits: sixDigits(), Next: next, At: now.Unix()}
	token := rand.Text()
	letter := s.linkLetter(lang, purpose, p.ID != "", token)
	letter.To, letter.Person = strings.TrimSpace(email), p.ID
	keys := []guessKey{{s.guessKey("letters from", from.Network, login), lettersFromNetwork}, {s.guessKey("letters to", login), lettersToAddress}}
	if known { // what a prankster asked for elsewhere is not counted against the owner
		keys = []guessKey{{s.guessKey("letters known", from.marks().number, login), lettersFromNetwork}}
	}
	return a, s.db.Write(ctx, func(tx *db.Tx) error {
		for _, k := range keys {
			if within, err := countGuess(ctx, tx, k, hour); err != nil || !within {
				return err
			}
		}
		if err := s.keepLink(ctx, tx, login, purpose, letter.To, token, a, now); err != nil {
			return err
		}
		return s.letters.Send(ctx, tx, letter)
	})
}

func sixDigits() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // never fails, see crypto/rand
	}
	return fmt.Sprintf("%06d", n.Int64())
}

func (s *Service) digitsHash(tokenHash, digits string) string {
	return hex.EncodeToString(s.keys.MAC("digits", tokenHash, digits))
}

func (s *Service) keepLink(ctx context.Context, tx *db.Tx, login string, purpose linkPurpose, email, token string, a asked, now time.Time) error {
	hash := hashToken(token)
	_, err := tx.Exec(ctx, `insert into access_mail_links (login, purpose, email, token, browser, digits, tries, expires_at)
		values (?, ?, ?, ?, ?, ?, 0, ?)
		on conflict (login, purpose) do update set email = excluded.email, token = excluded.token, browser = excluded.browser,
			digits = excluded.digits, tries = 0, expires_at = excluded.expires_at, used_at = null`,
		login, purpose, email, hash, hashToken(a.Mark), s.digitsHash(hash, a.Digits), now.Add(linkLife).Unix())
	return err
}

// linkLetter writes the letter. Who has no account cannot recover one, so that
// letter holds no link that does anything.
func (s *Service) linkLetter(lang i18n.Lang, purpose linkPurpose, known bool, token string) Letter {
	l := s.catalog.In(lang)
	kind, link, secret := string(purpose), s.letters.URL(linkPath+"/"+token), true
	if !known && purpose == linkSignIn {
		kind = "new"
	} else if !known {
		kind, link, secret = "nobody", s.letters.URL(linkPath), false
	}
	paragraphs := []string{l.T("ways.letter.hello"), l.T("ways.letter."+kind, "link", link), l.T("ways.letter.not_you"), l.T("ways.letter.sign")}
	return Letter{Lang: lang, Subject: l.T("ways.letter." + kind + "_subject"), Text: strings.Join(paragraphs, "\n\n"), Secret: secret}
}

// mailLink is a link that is open.
type mailLink struct {
	Login   string      `db:"login"`
	Purpose linkPurpose `db:"purpose"`
	Email   string      `db:"email"`
	Token   string      `db:"token"`
	Browser string      `db:"browser"`
	Digits  string      `db:"digits"`
	Known   bool        `db:"known"` // the address has an account
}

// noLink says that a link is spent, out of date, voided by a newer one, or was
// never made; which of these is not told.
func noLink() error { return fault.New(fault.NotFound, "ways.fault.link") }

// openLink reads a link and changes nothing.
func (s *Service) openLink(ctx context.Context, r db.Reader, token string) (l mailLink, err error) {
	err = r.Get(ctx, &l, `select m.login, m.purpose, m.email, m.token, m.browser, m.digits, p.id is not null as known
		from access_mail_links m left join access_people p on p.login = m.login and p.closed_at is null
		where m.token = ? and m.used_at is null and m.tries < ? and m.expires_at > ?`, hashToken(token), linkTries, s.now().Unix())
	if errors.Is(err, fault.ErrNotFound) || err == nil && !l.Known && l.Purpose != linkSignIn {
		return mailLink{}, noLink()
	}
	return l, err
}

// asking tells whether the link was asked for in the browser with the mark.
func (l mailLink) asking(mark string) bool {
	return mark != "" && subtle.ConstantTimeCompare([]byte(l.Browser), []byte(hashToken(mark))) == 1
}

// proof is what the button of a link's page brings.
type proof struct {
	Token  string
	Mark   string // of this browser, "" when it asked for no link
	Digits string // typed, needed without the right mark
}

// useLink spends a link and does the deed in the same transaction. In another
// browser wrong digits are Invalid, and after five of them the link is void.
func (s *Service) useLink(ctx context.Context, p proof, deed func(tx *db.Tx, l mailLink, now time.Time) error) error {
	open, err := s.openLink(ctx, s.db, p.Token)
	if err != nil {
		return err
	}
	digits := onlyDigits(p.Digits)
	if !open.asking(p.Mark) && len(digits) != 6 {
		return wrongDigits() // not a guess: programs that press buttons type nothing
	}
	now := s.now()
	wrong := false
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		wrong = false
		// Counted first, so that guesses sent at once are all counted.
		n, err := tx.Exec(ctx, `update access_mail_links set tries = tries + 1
			where token = ? and used_at is null and tries < ? and expires_at > ?`, open.Token, linkTries, now.Unix())
		if err != nil {
			return err
		}
		if n == 0 {
			return noLink()
		}
		if wrong = !open.asking(p.Mark) && subtle.ConstantTimeCompare([]byte(s.digitsHash(open.Token, digits)), []byte(open.Digits)) != 1; wrong {
			return nil
		}
		if _, err := tx.Exec(ctx, `update access_mail_links set used_at = ? where token = ?`, now.Unix(), open.Token); err != nil {
			return err
		}
		return deed(tx, open, now)
	})
	if err == nil && wrong {
		return wrongDigits()
	}
	return err
}

func wrongDigits() error {
	return &fault.Error{Kind: fault.Invalid, Key: "ways.fault.digits", Fields: []fault.Field{{Name: "cyfry", Key: "ways.fault.digits"}}}
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// enterByLink spends a link for signing in. An address without an account gets
// one, with the role of a resident and nothing more: a mailbox proves no
// residence. Then the name is needed.
func (s *Service) enterByLink(ctx context.Context, p proof, name string, lang i18n.Lang) (id PersonID, err error) {
	l, err := s.openLink(ctx, s.db, p.Token)
	if err != nil {
		return "", err
	}
	if l.Purpose != linkSignIn {
		return "", noLink()
	}
	var made Person
	if !l.Known {
		if made, err = s.prepare(ctx, NewPerson{Name: name, Email: l.Email, Lang: lang}); err != nil {
			return "", err
		}
	}
	err = s.useLink(ctx, p, func(tx *db.Tx, l mailLink, now time.Time) error {
		found, err := personByLogin(ctx, tx, l.Login)
		if id = found.ID; err == nil {
			return noteLink(ctx, tx, id, actLinkSignIn, now)
		}
		if !errors.Is(err, fault.ErrNotFound) {
			return err
		}
		if made.ID == "" {
			return noLink() // the account was closed a moment ago
		}
		id = made.ID
		if err := insertPerson(ctx, tx, made, []Held{{Role: Resident}}, now.Unix()); err != nil {
			return err
		}
		return noteLink(ctx, tx, id, actLinkAccount, now)
	})
	return id, err
}

func noteLink(ctx context.Context, tx *db.Tx, id PersonID, action string, now time.Time) error {
	return audit.Record(ctx, tx, audit.By{Person: string(id)}, audit.Entry{Action: action, Object: "person", ObjectID: string(id), Subject: string(id)}, now)
}

// confirmByLink spends a link that proves that the person of this session is
// still there. It works in the very browser that asked, and nowhere else.
func (s *Service) confirmByLink(ctx context.Context, p proof, who Actor) error {
	l, err := s.openLink(ctx, s.db, p.Token)
	if err != nil {
		return err
	}
	if l.Purpose != linkFresh {
		return noLink()
	}
	if !who.SignedIn() || !l.asking(p.Mark) {
		return fault.New(fault.Conflict, "ways.fault.browser")
	}
	return s.useLink(ctx, p, func(tx *db.Tx, l mailLink, now time.Time) error {
		found, err := personByLogin(ctx, tx, l.Login)
		if err != nil {
			return err
		}
		if found.ID != who.Person {
			return noLink()
		}
		return noteLink(ctx, tx, found.ID, actLinkConfirm, now)
	})
}

// The marks of a browser are kept by purpose in its session.

func (s *Service) rememberAsked(ctx context.Context, purpose linkPurpose, a asked) error {
	data, err := json.Marshal(a)
	if err != nil {
		return err
	}
	v := s.session(ctx)
	kept := map[string]string{string(purpose): string(data)}
	for other, value := range v.Asked {
		if other != string(purpose) {
			kept[other] = value
		}
	}
	v.Asked = kept
	s.keep(ctx, v)
	return nil
}

// askedOf is what this browser asked for; the zero value when it did not.
func (s *Service) askedOf(ctx context.Context, purpose linkPurpose) (a asked) {
	if json.Unmarshal([]byte(s.session(ctx).Asked[string(purpose)]), &a) != nil {
		return asked{}
	}
	return a
}

// SweepLinks deletes links that ran out. It is run by a periodic job.
func (s *Service) SweepLinks(ctx context.Context) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from access_mail_links where expires_at <= ?`, now.Unix())
		return err
	})
}
