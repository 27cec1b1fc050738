package survey

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Given is a form as it was sent.
type Given struct {
	Form       string       // its number, see NewForm: sent twice it is one answer
	Definition DefinitionID // that it was drawn from
	Answers    Answers
	At         time.Time // when it arrived
}

// NewForm is the number of a form that is drawn: 128 random bits.
func NewForm() string {
	var b [16]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}

// roundSeat is a round as one person finds it.
type roundSeat struct {
	Round
	Asked    bool   `db:"asked"`
	Unit     string `db:"unit"`
	Answered bool   `db:"answered"`
	Draft    bool   `db:"draft"`
}

func seatOf(ctx context.Context, r db.Reader, round RoundID, person string) (seat roundSeat, err error) {
	err = r.Get(ctx, &seat, `select r.id, r.owner, r.object, r.definition, r.mode, r.state, r.opens_at, r.closes_at, r.public_key,
			r.size, r.envelopes, r.readable, r.revision,
			i.person is not null as asked, coalesce(i.unit, '') as unit, coalesce(i.answered, false) as answered,
			exists (select 1 from survey_drafts d where d.round = r.id and d.person = ?) as draft
		from survey_rounds r left join survey_invited i on i.round = r.id and i.person = ? where r.id = ?`, person, person, round)
	return seat, err
}

// Answer takes the answers of a person. Unit counts only for somebody who is not
// on the list yet (see Owner.Eligible) and puts them on it.
//
// Of an anonymous round a person answers once; the same form sent again is no
// fault. Of another round the answers are replaced until the close. Faults:
// Invalid with the fields; Conflict survey.fault.not_yet, late, dropped, already,
// or changed when the form was drawn from another definition; Forbidden
// survey.fault.not_invited.
func (s *Service) Answer(ctx context.Context, round RoundID, person, unit string, g Given) (err error) {
	seat, err := seatOf(ctx, s.db, round, person)
	if err != nil {
		return err
	}
	if !seat.Asked {
		if seat.Unit = unit; person == "" || unit == "" {
			return errors.Join(seat.takes(g.At), fault.New(fault.Forbidden, "survey.fault.not_invited"))
		}
	}
	paper, err := s.fold(ctx, seat.Round, seat.Unit, person, g)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.cast(ctx, tx, seat, person, paper, g) })
}

// folded are answers that are ready to be laid down: everything that costs is
// done before the transaction.
type folded struct {
	id     string // of the row
	person string
	unit   string
	sealed []byte // of an anonymous round
	closed string // of another one, sealed with the keys of the installation
}

// fold checks answers and seals them.
func (s *Service) fold(ctx context.Context, rd Round, unit, person string, g Given) (f folded, err error) {
	if err := rd.takes(g.At); err != nil {
		return f, err
	}
	if g.Definition != rd.Definition {
		return f, fault.New(fault.Conflict, "survey.fault.changed")
	}
	if !formShape(g.Form) || len(unit) > maxUnit {
		return f, fault.New(fault.BadRequest, "fault.bad_request")
	}
	d, err := s.DefinitionByID(ctx, s.db, rd.Definition)
	if err != nil {
		return f, err
	}
	clean, fields := d.Check(g.Answers)
	if err := fault.InvalidFields(fields); err != nil {
		return f, err
	}
	if len(clean) == 0 {
		return f, fault.New(fault.Invalid, "survey.fault.empty")
	}
	f = folded{id: g.Form, person: person, unit: unit}
	if rd.Mode == Anonymous {
		f.sealed, err = rd.Public.Seal(roundInfo(rd), rd.Size, envelope(unit, clean))
		return f, err
	}
	if person != "" {
		f.id = person
	}
	f.closed = s.keys.Seal(answersKey, answersPlace(rd.ID, f.id), clean.Encode())
	return f, nil
}

func formShape(id string) bool {
	b, err := hex.DecodeString(id)
	return err == nil && len(b) == 16
}

// What binds sealed answers to their place.
const (
	answersKey = "survey.answers"
	draftsKey  = "survey.drafts"
)

func answersPlace(round RoundID, id string) string { return string(round) + "/" + id }

func roundInfo(rd Round) []byte {
	return []byte("kladka survey answers\x00" + string(rd.ID) + "\x00" + string(rd.Definition))
}

// envelope is what is sealed: the unit after its length, and the answers.
func envelope(unit string, a Answers) []byte {
	b := append([]byte{byte(len(unit))}, unit...)
	return append(b, a.Encode()...)
}

var errEnvelope = errors.New("survey: broken envelope")

func unfold(plain []byte) (unit string, body []byte, err error) {
	if len(plain) == 0 || len(plain) < 1+int(plain[0]) {
		return "", nil, errEnvelope
	}
	n := 1 + int(plain[0])
	return string(plain[1:n]), plain[n:], nil
}

// cast lays answers down and marks the person, in two statements.
func (s *Service) cast(ctx context.Context, tx *db.Tx, seat roundSeat, person string, f folded, g Given) error {
	was, err := layOwn(ctx, tx, seat.Round, f, g)
	if err != nil || was == laidBefore {
		return err
	}
	marked, err := mark(ctx, tx, seat, person, g, was == laidNew)
	if err != nil {
		return err
	}
	if !marked {
		return castRefused(ctx, tx, seat.ID, person, g)
	}
	if !seat.Draft {
		return nil
	}
	_, err = tx.Exec(ctx, `delete from survey_drafts where round = ? and person = ?`, seat.ID, person)
	return err
}

// What laying an answer down came to.
type laid int

const (
	laidBefore   laid = iota // this very form was taken before
	laidNew                  // the person's only answer
	laidReplaced             // it stands in the place of an earlier one
)

// layOwn lays a person's answer down. One that is replaced is told from a first
// one: whose answer came on paper has none here, and may not add a second.
func layOwn(ctx context.Context, tx *db.Tx, rd Round, f folded, g Given) (laid, error) {
	fresh, err := lay(ctx, tx, rd, f, g)
	if err != nil || fresh {
		return laidNew, err
	}
	if rd.Mode == Anonymous {
		return laidBefore, nil
	}
	_, err = tx.Exec(ctx, `update survey_answers set sealed = ?, changed_at = ? where round = ? and id = ?`, f.closed, g.At.Unix(), rd.ID, f.id)
	return laidReplaced, err
}

// lay writes the envelope or the answers. Not fresh means that this very form
// was taken before, or that the person has answers already.
func lay(ctx context.Context, tx *db.Tx, rd Round, f folded, g Given) (fresh bool, err error) {
	var n int64
	switch {
	case rd.Mode == Anonymous:
		n, err = tx.Exec(ctx, `insert into survey_envelopes (round, id, sealed) values (?, ?, ?) on conflict (round, id) do nothing`,
			rd.ID, f.id, f.sealed)
	default:
		n, err = tx.Exec(ctx, `insert into survey_answers (round, id, person, unit, sealed, changed_at) values (?, ?, ?, ?, ?, ?)
			on conflict (round, id) do nothing`, rd.ID, f.id, f.person, f.unit, f.closed, g.At.Unix())
	}
	return n > 0, err
}

// roundOpen stands in the statements that take an answer: what was read before
// may have changed since.
const roundOpen = `exists (select 1 from survey_rounds r where r.id = ? and r.state = 'open' and r.definition = ?)`

// mark notes that the person has answered; with a first answer only who had not.
func mark(ctx context.Context, tx *db.Tx, seat roundSeat, person string, g Given, first bool) (bool, error) {
	var n int64
	var err error
	switch {
	case seat.Asked && first:
		n, err = tx.Exec(ctx, `update survey_invited set answered = true
			where round = ? and person = ? and answered = false and `+roundOpen, seat.ID, person, seat.ID, g.Definition)
	case seat.Asked:
		n, err = tx.Exec(ctx, `update survey_invited set answered = true
			where round = ? and person = ? and `+roundOpen, seat.ID, person, seat.ID, g.Definition)
	case first:
		n, err = tx.Exec(ctx, `insert into survey_invited (round, person, unit, answered)
			select r.id, cast(? as text), cast(? as text), true from survey_rounds r where r.id = ? and r.state = 'open' and r.definition = ?
			on conflict (round, person) do update set answered = true where survey_invited.answered = false`,
			person, seat.Unit, seat.ID, g.Definition)
	default:
		n, err = tx.Exec(ctx, `insert into survey_invited (round, person, unit, answered)
			select r.id, cast(? as text), cast(? as text), true from survey_rounds r where r.id = ? and r.state = 'open' and r.definition = ?
			on conflict (round, person) do update set answered = true`, person, seat.Unit, seat.ID, g.Definition)
	}
	return n > 0, err
}

// castRefused finds out why nothing was marked.
func castRefused(ctx context.Context, tx *db.Tx, round RoundID, person string, g Given) error {
	seat, err := seatOf(ctx, tx, round, person)
	if err != nil {
		return err
	}
	if err := seat.takes(g.At); err != nil {
		return err
	}
	switch {
	case seat.Definition != g.Definition:
		return fault.New(fault.Conflict, "survey.fault.changed")
	case seat.Answered:
		return fault.New(fault.Conflict, "survey.fault.already")
	case !seat.Asked:
		return fault.New(fault.Forbidden, "survey.fault.not_invited")
	}
	return fmt.Errorf("survey: the answer of somebody invited to %s was not marked", round)
}

// SaveDraft keeps what somebody has begun in a round that is not anonymous.
// Nothing is required yet; what cannot be is a fault as in Answer.
func (s *Service) SaveDraft(ctx context.Context, round RoundID, person, unit string, g Given) (err error) {
	seat, err := seatOf(ctx, s.db, round, person)
	if err != nil {
		return err
	}
	switch err := seat.takes(g.At); {
	case err != nil:
		return err
	case seat.Mode == Anonymous:
		return fault.New(fault.Conflict, "survey.fault.no_drafts")
	case !seat.Asked && (person == "" || unit == ""):
		return fault.New(fault.Forbidden, "survey.fault.not_invited")
	case seat.Definition != g.Definition:
		return fault.New(fault.Conflict, "survey.fault.changed")
	}
	d, err := s.DefinitionByID(ctx, s.db, seat.Definition)
	if err != nil {
		return err
	}
	clean, fields := d.CheckDraft(g.Answers)
	if err := fault.InvalidFields(fields); err != nil {
		return err
	}
	sealed := s.keys.Seal(draftsKey, answersPlace(round, person), clean.Encode())
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into survey_drafts (person, round, sealed, changed_at)
			select cast(? as text), r.id, cast(? as text), cast(? as bigint) from survey_rounds r where r.id = ? and r.state = 'open'
			on conflict (person, round) do update set sealed = excluded.sealed, changed_at = excluded.changed_at`,
			person, sealed, g.At.Unix(), round)
		return err
	})
}

// begun are the answers from which somebody goes on: the draft, or else what
// they sent before. Nil for none.
func (s *Service) begun(ctx context.Context, r db.Reader, seat roundSeat, person string) (Answers, error) {
	if seat.Mode == Anonymous || person == "" {
		return nil, nil
	}
	var sealed string
	purpose := draftsKey
	err := r.Get(ctx, &sealed, `select sealed from survey_drafts where round = ? and person = ?`, seat.ID, person)
	if errors.Is(err, fault.ErrNotFound) && seat.Answered {
		purpose = answersKey
		err = r.Get(ctx, &sealed, `select sealed from survey_answers where round = ? and id = ?`, seat.ID, person)
	}
	if errors.Is(err, fault.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.unseal(purpose, seat.ID, person, sealed)
}

func (s *Service) unseal(purpose string, round RoundID, id, sealed string) (Answers, error) {
	plain, err := s.keys.Unseal(purpose, answersPlace(round, id), sealed)
	if err != nil {
		return nil, err
	}
	return DecodeAnswers(plain)
}
