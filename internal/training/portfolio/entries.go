package portfolio

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/training"
)

// State is what is known of an entry beyond the owner's word.
type State string

// The states: Typed → Asked → Confirmed or Refused, and from anywhere back to
// Typed when the owner changes the entry.
const (
	Typed     State = ""
	Asked     State = "asked"
	Confirmed State = "confirmed"
	Refused   State = "refused"
)

// Words are what the owner says of a paper.
type Words struct {
	Title  string `db:"title"`
	Issuer string `db:"issuer"`
	Form   string `db:"form"`
	Hours  int    `db:"hours"`
	DoneOn string `db:"done_on"` // YYYY-MM-DD
}

// Entry is a paper from another provider.
type Entry struct {
	Words
	ID          string               `db:"id"`
	Person      string               `db:"person"`
	Revision    int64                `db:"revision"`
	Year        int                  `db:"school_year"`
	Scan        string               `db:"scan"`
	State       State                `db:"state"`
	Ask         string               `db:"ask"`
	AskAt       access.InstitutionID `db:"ask_at"`
	AskHead     access.InstitutionID `db:"ask_head"`
	AskedAt     int64                `db:"asked_at"`
	Place       string               `db:"place"`
	DecidedBy   string               `db:"decided_by"`
	DecidedRole access.Role          `db:"decided_role"`
	DecidedAt   int64                `db:"decided_at"`
	Reason      string               `db:"reason"`
	CreatedAt   int64                `db:"created_at"`
	ChangedAt   int64                `db:"changed_at"`
}

const columns = `id, person, revision, school_year, title, issuer, form, hours, done_on, scan, state, ask, ask_at, ask_head, asked_at, place,
	decided_by, decided_role, decided_at, reason, created_at, changed_at`

// Forms are the kinds of form that an entry may have: those of our own offer,
// and two that other providers have.
func Forms() []string {
	var all []string
	for _, f := range training.Forms() {
		all = append(all, string(f))
	}
	return append(all, Postgraduate, OtherForm)
}

// The forms that our own offer does not have.
const (
	Postgraduate = "postgraduate"
	OtherForm    = "other"
)

const (
	longestTitle  = 300
	longestIssuer = 200
	mostHours     = 3000 // two years of postgraduate studies
	mostEntries   = 1000 // of one person
	earliest      = "1960-01-01"
)

// tidy brings words into the form in which they are kept.
func (w *Words) tidy() {
	w.Title, w.Issuer = strings.Join(strings.Fields(w.Title), " "), strings.Join(strings.Fields(w.Issuer), " ")
}

// check finds what is wrong with the words; today is a day YYYY-MM-DD.
func (w Words) check(today string) (faults []fault.Field) {
	line := func(name, value string, most int) {
		switch n := utf8.RuneCountInString(value); {
		case n == 0:
			faults = append(faults, fault.Field{Name: name, Key: "portfolio.fault.missing"})
		case n > most:
			faults = append(faults, fault.Field{Name: name, Key: "portfolio.fault.long", Args: []any{"n", most}})
		}
	}
	line("tytul", w.Title, longestTitle)
	line("organizator", w.Issuer, longestIssuer)
	form := false
	for _, f := range Forms() {
		form = form || f == w.Form
	}
	if !form {
		faults = append(faults, fault.Field{Name: "forma", Key: "portfolio.fault.form"})
	}
	if w.Hours < 1 || w.Hours > mostHours {
		faults = append(faults, fault.Field{Name: "godziny", Key: "portfolio.fault.hours", Args: []any{"n", mostHours}})
	}
	if yearOf(w.DoneOn) == 0 || len(w.DoneOn) != len(today) || w.DoneOn < earliest || w.DoneOn > today {
		faults = append(faults, fault.Field{Name: "dzien", Key: "portfolio.fault.day"})
	}
	return faults
}

// entryOf is an entry of that owner; another's is fault.ErrNotFound.
func entryOf(ctx context.Context, r db.Reader, person access.PersonID, id string) (e Entry, err error) {
	if err := known(id); err != nil {
		return e, err
	}
	return e, r.Get(ctx, &e, `select `+columns+` from training_portfolio where id = ? and person = ?`, id, person)
}

// Entry is one of the actor's own. Faults: SignedOut, Forbidden, NotFound.
func (s *Service) Entry(ctx context.Context, who access.Actor, id string) (e Entry, err error) {
	if err := own(who); err != nil {
		return e, err
	}
	return entryOf(ctx, s.db, who.Person, id)
}

// Add writes an entry; scan is a file that the actor sent (files.Receive), or "".
// Faults: SignedOut, Forbidden, Invalid with fields, Conflict when there are too
// many, NotFound for somebody else's file.
func (s *Service) Add(ctx context.Context, who access.Actor, w Words, scan files.ID) (id string, err error) {
	defer fault.Wrap(&err, "add to the portfolio")
	if err := own(who); err != nil {
		return "", err
	}
	now := s.now()
	w.tidy()
	if err := fault.InvalidFields(w.check(dayOf(now))); err != nil {
		return "", err
	}
	id = newID()
	return id, s.db.Write(ctx, func(tx *db.Tx) error {
		var n int
		if err := tx.Get(ctx, &n, `select count(*) from training_portfolio where person = ?`, who.Person); err != nil {
			return err
		}
		if n >= mostEntries {
			return fault.New(fault.Conflict, "portfolio.fault.many", "n", mostEntries)
		}
		if _, err := tx.Exec(ctx, `insert into training_portfolio (id, person, school_year, title, issuer, form, hours, done_on, scan, created_at, changed_at)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			id, who.Person, yearOf(w.DoneOn), w.Title, w.Issuer, w.Form, w.Hours, w.DoneOn, string(scan), now.Unix(), now.Unix()); err != nil {
			return err
		}
		return s.claim(ctx, tx, who, id, scan, now)
	})
}

func (s *Service) claim(ctx context.Context, tx *db.Tx, who access.Actor, id string, scan files.ID, now time.Time) error {
	if scan == "" {
		return nil
	}
	return s.Files.Claim(ctx, tx, who.By(), use, scan, ownerOf(id), now)
}

// Change is what the owner does to an entry.
type Change struct {
	Words    Words
	Revision int64    // that was on the screen
	Scan     files.ID // a new scan in place of the old one; "" leaves it
	Drop     bool     // takes the scan away
}

// Change writes an entry anew. What really changes drops a confirmation, for
// that was of other words; an asking stays, and the head sees what stands now.
// Faults as Add, and Conflict for a page that is old.
func (s *Service) Change(ctx context.Context, who access.Actor, id string, c Change) (err error) {
	defer fault.Wrap(&err, "change entry %s of the portfolio", id)
	if err := own(who); err != nil {
		return err
	}
	now := s.now()
	c.Words.tidy()
	if err := fault.InvalidFields(c.Words.check(dayOf(now))); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		e, err := entryOf(ctx, tx, who.Person, id)
		if err != nil {
			return err
		}
		if e.Revision != c.Revision {
			return errChanged
		}
		scan := e.Scan
		switch {
		case c.Scan != "":
			scan = string(c.Scan)
		case c.Drop:
			scan = ""
		}
		if c.Words == e.Words && scan == e.Scan {
			return nil
		}
		return s.write(ctx, tx, who, e, c.Words, scan, now)
	})
}

var errChanged = fault.New(fault.Conflict, "portfolio.fault.changed")

func (s *Service) write(ctx context.Context, tx *db.Tx, who access.Actor, e Entry, w Words, scan string, now time.Time) error {
	n, err := tx.Exec(ctx, `update training_portfolio set revision = revision + 1, school_year = ?, title = ?, issuer = ?, form = ?, hours = ?, done_on = ?,
		scan = ?, changed_at = ? where id = ? and revision = ?`,
		yearOf(w.DoneOn), w.Title, w.Issuer, w.Form, w.Hours, w.DoneOn, scan, now.Unix(), e.ID, e.Revision)
	if err != nil {
		return err
	}
	if n == 0 {
		return errChanged
	}
	if e.State == Confirmed || e.State == Refused {
		if err := unask(ctx, tx, e.ID); err != nil {
			return err
		}
	}
	if scan == e.Scan {
		return nil
	}
	if e.Scan != "" {
		if err := s.Files.ReleaseOne(ctx, tx, ownerOf(e.ID), files.ID(e.Scan)); err != nil {
			return err
		}
	}
	return s.claim(ctx, tx, who, e.ID, files.ID(scan), now)
}

// unask makes an entry the owner's word alone.
func unask(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, `update training_portfolio set state = '', ask = '', ask_at = '', ask_head = '', asked_at = 0, place = '', decided_by = '',
		decided_role = '', decided_at = 0, reason = '' where id = ?`, id)
	return err
}

// Remove deletes an entry with its scan and its note, for good. Faults:
// SignedOut, Forbidden, NotFound, Conflict for a page that is old.
func (s *Service) Remove(ctx context.Context, who access.Actor, id string, revision int64) (err error) {
	defer fault.Wrap(&err, "remove entry %s of the portfolio", id)
	if err := own(who); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		e, err := entryOf(ctx, tx, who.Person, id)
		if err != nil {
			return err
		}
		if e.Revision != revision {
			return errChanged
		}
		return s.remove(ctx, tx, e)
	})
}

func (s *Service) remove(ctx context.Context, tx *db.Tx, e Entry) error {
	if _, err := tx.Exec(ctx, `delete from training_portfolio_notes where person = ? and item = ?`, e.Person, keyOf(External, e.ID)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `delete from training_portfolio where id = ?`, e.ID); err != nil {
		return err
	}
	return s.Files.Release(ctx, tx, ownerOf(e.ID))
}
