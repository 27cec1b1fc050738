package privacy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
	"unicode/utf8"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Relation is what the giver of a consent is to the person whom it is about.
type Relation string

// The relations.
const (
	Self     Relation = "self"
	Parent   Relation = "parent"
	Guardian Relation = "guardian"
)

// Consent is one consent, standing or withdrawn.
type Consent struct {
	ID          string   `db:"id"`
	Purpose     string   `db:"purpose"`
	Subject     string   `db:"subject"` // whom it is about
	Giver       string   `db:"giver"`
	Relation    Relation `db:"relation"`
	Version     int      `db:"version"` // of the text, within its purpose and language
	Lang        string   `db:"lang"`
	Text        string   `db:"body"` // word for word
	GivenAt     int64    `db:"given_at"`
	WithdrawnAt int64    `db:"withdrawn_at"`
	WithdrawnBy string   `db:"withdrawn_by"`
}

// Standing tells that it was not withdrawn.
func (c Consent) Standing() bool { return c.WithdrawnAt == 0 }

// Give records a consent of by.Person to a purpose that rests on consent, with
// the text word for word as it was shown. Whether a relation is true the caller
// must know. Faults: Invalid for a purpose, relation or text that cannot be.
func (s *Service) Give(ctx context.Context, by audit.By, c Consent) (id string, err error) {
	defer fault.Wrap(&err, "record a consent to %s", c.Purpose)
	p, ok := s.Registry.Purpose(c.Purpose)
	self := c.Relation == Self && c.Subject == by.Person
	other := (c.Relation == Parent || c.Relation == Guardian) && c.Subject != by.Person && c.Subject != ""
	n := utf8.RuneCountInString(c.Text)
	if !ok || letter(p.Basis) != 'a' || !self && !other || n < 10 || n > 20_000 || !i18n.Valid(c.Lang) || by.Person == "" {
		return "", fault.New(fault.Invalid, "fault.invalid")
	}
	now := s.Now()
	c.ID = newID()
	return c.ID, s.DB.Write(ctx, func(tx *db.Tx) error {
		text, err := consentText(ctx, tx, c, now)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into privacy_consents (id, purpose, text_id, subject, giver, relation, given_at)
			values (?, ?, ?, ?, ?, ?, ?)`, c.ID, c.Purpose, text, c.Subject, by.Person, c.Relation, now.Unix())
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, by, audit.Entry{Action: "privacy.give", Object: "consent", ObjectID: c.ID, Subject: c.Subject,
			Details: map[string]string{"purpose": c.Purpose}}, now)
	})
}

// consentText keeps the text and numbers it, unless it is there already.
func consentText(ctx context.Context, tx *db.Tx, c Consent, now time.Time) (string, error) {
	sum := sha256.Sum256([]byte(c.Purpose + "\n" + c.Lang + "\n" + c.Text))
	id := hex.EncodeToString(sum[:])
	var known []string
	if err := tx.Select(ctx, &known, `select id from privacy_consent_texts where id = ?`, id); err != nil || len(known) > 0 {
		return id, err
	}
	_, err := tx.Exec(ctx, `insert into privacy_consent_texts (id, purpose, lang, version, body, created_at)
		select cast(? as text), cast(? as text), cast(? as text), coalesce(max(version), 0) + 1, cast(? as text), cast(? as bigint)
		from privacy_consent_texts where purpose = ? and lang = ?`,
		id, c.Purpose, c.Lang, c.Text, now.Unix(), c.Purpose, c.Lang)
	return id, err
}

const consentQuery = `select c.id, c.purpose, c.subject, c.giver, c.relation, c.given_at, c.withdrawn_at, c.withdrawn_by,
	t.version, t.lang, t.body from privacy_consents c join privacy_consent_texts t on t.id = c.text_id `

// Consents are all consents about a person and those that the person gave for
// another, the newest first, withdrawn ones included.
func (s *Service) Consents(ctx context.Context, person string) (all []Consent, err error) {
	err = s.DB.Select(ctx, &all, consentQuery+`where c.subject = ? or c.giver = ? order by c.id desc`, person, person)
	return all, err
}

// Consented tells whether a consent about the person to the purpose stands.
func (s *Service) Consented(ctx context.Context, r db.Reader, purpose, subject string) (bool, error) {
	var n int
	err := r.Get(ctx, &n, `select count(*) from privacy_consents where subject = ? and purpose = ? and withdrawn_at = 0`, subject, purpose)
	return n > 0, err
}

// Withdraw withdraws a consent with one click and without a reason, as easily as
// it was given. Who gave it may, and the person whom it is about. Faults:
// NotFound for another's, Conflict when it was withdrawn already.
func (s *Service) Withdraw(ctx context.Context, by audit.By, id string) (err error) {
	defer fault.Wrap(&err, "withdraw a consent")
	if !isID(id) {
		return fault.ErrNotFound
	}
	now := s.Now()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		var c Consent
		err := tx.Get(ctx, &c, consentQuery+`where c.id = ? and (c.subject = ? or c.giver = ?)`, id, by.Person, by.Person)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update privacy_consents set withdrawn_at = ?, withdrawn_by = ? where id = ? and withdrawn_at = 0`, now.Unix(), by.Person, id)
		if err != nil || n == 0 {
			return orConflict(err)
		}
		return audit.Record(ctx, tx, by, audit.Entry{Action: "privacy.withdraw", Object: "consent", ObjectID: id, Subject: c.Subject,
			Details: map[string]string{"purpose": c.Purpose, "version": strconv.Itoa(c.Version)}}, now)
	})
}
