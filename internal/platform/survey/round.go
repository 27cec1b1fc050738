package survey

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/seal"
)

// RoundID names a round.
type RoundID string

// Mode is what people are promised about their answers.
type Mode string

// The modes; the package comment tells what each promises.
const (
	Anonymous    Mode = "anonymous"
	Confidential Mode = "confidential"
	Named        Mode = "named"
)

// RoundState is where a round stands.
type RoundState string

// The states. An anonymous round goes planned, open, closed, opened; another
// one ends closed. Dropped rounds were given up, and their answers destroyed.
const (
	Planned RoundState = "planned"
	Open    RoundState = "open"
	Closed  RoundState = "closed"
	Opened  RoundState = "opened"
	Dropped RoundState = "dropped"
)

// LeastInvited is how many people an anonymous round must be put to: among
// fewer nobody hides.
const LeastInvited = 10

// Round is one asking of one definition.
type Round struct {
	ID         RoundID      `db:"id"`
	Owner      string       `db:"owner"`  // kind of the module that asks: "needs"
	Object     string       `db:"object"` // its matter, such as a campaign
	Definition DefinitionID `db:"definition"`
	Mode       Mode         `db:"mode"`
	State      RoundState   `db:"state"`
	OpensAt    int64        `db:"opens_at"`   // before that nobody answers
	ClosesAt   int64        `db:"closes_at"`  // from then on nobody does
	Public     seal.Public  `db:"public_key"` // anonymous only; "" until the key is made
	Size       int          `db:"size"`       // to which each answer is padded, in bytes
	Envelopes  int          `db:"envelopes"`  // counted at the opening
	Readable   int          `db:"readable"`   // of them
	Revision   int64        `db:"revision"`
}

// Unreadable is how many envelopes could not be opened.
func (rd Round) Unreadable() int { return rd.Envelopes - rd.Readable }

// Answering tells that answers are taken at that moment.
func (rd Round) Answering(at time.Time) bool {
	return rd.State == Open && rd.OpensAt <= at.Unix() && at.Unix() < rd.ClosesAt
}

// Counted tells that the answers are there to be counted.
func (rd Round) Counted() bool {
	return rd.State == Opened || rd.State == Closed && rd.Mode != Anonymous
}

// Invited is a person who is asked, and the unit their answer counts for.
type Invited struct {
	Person string `db:"person"`
	Unit   string `db:"unit"`
}

// Path is the address at which a round is answered; its other pages lie below.
func Path(id RoundID) string { return "/ankieta/" + string(id) }

const roundColumns = `id, owner, object, definition, mode, state, opens_at, closes_at, public_key, size, envelopes, readable, revision`

// Create plans a round. Owner, Object, Definition, Mode, OpensAt and ClosesAt
// count; an id that is given is kept, so that a repeated job creates one round.
// Who may is the owner's to check. Invalid when it would close before it opens.
func (s *Service) Create(ctx context.Context, tx *db.Tx, by audit.By, rd Round) (_ RoundID, err error) {
	defer fault.Wrap(&err, "create a round of %s %s", rd.Owner, rd.Object)
	if s.owners[rd.Owner] == nil {
		return "", fmt.Errorf("survey: nobody declared the owner %q", rd.Owner)
	}
	if rd.Mode != Anonymous && rd.Mode != Confidential && rd.Mode != Named {
		return "", fmt.Errorf("survey: there is no mode %q", rd.Mode)
	}
	if rd.ClosesAt <= rd.OpensAt {
		return "", fault.New(fault.Invalid, "survey.fault.days")
	}
	d, err := s.DefinitionByID(ctx, tx, rd.Definition)
	if err != nil {
		return "", err
	}
	if rd.ID == "" {
		rd.ID = RoundID(uuid.Must(uuid.NewV7()).String())
	}
	_, err = tx.Exec(ctx, `insert into survey_rounds (id, owner, object, definition, mode, state, opens_at, closes_at, size)
		values (?, ?, ?, ?, ?, 'planned', ?, ?, ?) on conflict (id) do nothing`,
		rd.ID, rd.Owner, rd.Object, rd.Definition, rd.Mode, rd.OpensAt, rd.ClosesAt, roundSize(d))
	if err != nil {
		return "", err
	}
	return rd.ID, s.roundLog(ctx, tx, by, actCreate, rd.ID, nil)
}

// maxUnit is the longest id of a unit, in bytes.
const maxUnit = 64

// roundSize is the length to which answers are padded: the longest ones with
// the unit in front.
func roundSize(d Definition) int { return 1 + maxUnit + d.MaxBytes() }

// SetDefinition puts another definition into a round that is still planned;
// later it is a Conflict: people would have answered other questions.
func (s *Service) SetDefinition(ctx context.Context, tx *db.Tx, by audit.By, id RoundID, definition DefinitionID) (err error) {
	defer fault.Wrap(&err, "change the questions of round %s", id)
	d, err := s.DefinitionByID(ctx, tx, definition)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `update survey_rounds set definition = ?, size = ?, revision = revision + 1
		where id = ? and state = 'planned'`, definition, roundSize(d), id)
	return s.roundDone(ctx, tx, by, actDefinition, id, n, err)
}

// Reschedule moves the days of a round that is planned or open. Conflict when it
// is neither; Invalid when it would close before it opens, or in the past.
func (s *Service) Reschedule(ctx context.Context, tx *db.Tx, by audit.By, id RoundID, opensAt, closesAt int64) (err error) {
	defer fault.Wrap(&err, "move the days of round %s", id)
	if closesAt <= opensAt || closesAt <= s.now().Unix() {
		return fault.New(fault.Invalid, "survey.fault.days")
	}
	n, err := tx.Exec(ctx, `update survey_rounds set opens_at = ?, closes_at = ?, revision = revision + 1
		where id = ? and state in ('planned', 'open')`, opensAt, closesAt, id)
	return s.roundDone(ctx, tx, by, actReschedule, id, n, err)
}

// Invite puts people on the list of a round that is planned or open. Somebody
// on it already stays as they are, counted once and for the first unit.
func (s *Service) Invite(ctx context.Context, tx *db.Tx, round RoundID, people []Invited) (err error) {
	defer fault.Wrap(&err, "invite to round %s", round)
	rd, err := s.RoundByID(ctx, tx, round)
	if err != nil {
		return err
	}
	if rd.State != Planned && rd.State != Open {
		return fault.New(fault.Conflict, "survey.fault.over")
	}
	const columns = 3
	for len(people) > 0 {
		n := min(len(people), db.MaxParams/columns)
		args := make([]any, 0, n*columns)
		for _, p := range people[:n] {
			if p.Person == "" || len(p.Unit) > maxUnit {
				return fmt.Errorf("survey: %q of %q cannot be invited", p.Person, p.Unit)
			}
			args = append(args, round, p.Person, p.Unit)
		}
		_, err := tx.Exec(ctx, `insert into survey_invited (round, person, unit) values `+db.Marks(n, columns)+
			` on conflict (round, person) do nothing`, args...)
		if err != nil {
			return err
		}
		people = people[n:]
	}
	return nil
}

// Open lets people answer, from OpensAt on. Conflict when the round is not
// planned; when it is anonymous: fewer than LeastInvited are invited
// (survey.fault.few_invited), the key is not made or not confirmed by all its
// officers (survey.fault.no_key).
func (s *Service) Open(ctx context.Context, by audit.By, id RoundID) error {
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.OpenIn(ctx, tx, by, id) })
}

// OpenIn is Open in the owner's transaction.
func (s *Service) OpenIn(ctx context.Context, tx *db.Tx, by audit.By, id RoundID) (err error) {
	defer fault.Wrap(&err, "open round %s", id)
	rd, err := s.RoundByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if rd.Mode == Anonymous && rd.State == Planned {
		if err := s.mayHide(ctx, tx, rd); err != nil {
			return err
		}
	}
	// The key is named again: it may have been made anew meanwhile.
	n, err := tx.Exec(ctx, `update survey_rounds set state = 'open', revision = revision + 1
		where id = ? and state = 'planned' and public_key = ?`, id, rd.Public)
	return s.roundDone(ctx, tx, by, actOpen, id, n, err)
}

// mayHide refuses an anonymous round that could not keep its promise.
func (s *Service) mayHide(ctx context.Context, tx *db.Tx, rd Round) error {
	part, err := PartOf(ctx, tx, rd.ID)
	if err != nil {
		return err
	}
	// Those who come by a link may be the same people as those on the list.
	if n := max(part.Invited, part.Seats); n < LeastInvited {
		return fault.New(fault.Conflict, "survey.fault.few_invited", "least", LeastInvited, "invited", n)
	}
	keepers, err := Custody(ctx, tx, rd.ID)
	if err != nil {
		return err
	}
	if rd.Public == "" || !keepers.Confirmed() {
		return fault.New(fault.Conflict, "survey.fault.no_key")
	}
	return nil
}

// Close ends an open round now, before its time.
func (s *Service) Close(ctx context.Context, by audit.By, id RoundID) error {
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.CloseIn(ctx, tx, by, id) })
}

// CloseIn is Close in the owner's transaction. The answers of a round that is
// not anonymous are there now: the owner is told.
func (s *Service) CloseIn(ctx context.Context, tx *db.Tx, by audit.By, id RoundID) (err error) {
	defer fault.Wrap(&err, "close round %s", id)
	n, err := tx.Exec(ctx, `update survey_rounds set state = 'closed', revision = revision + 1 where id = ? and state = 'open'`, id)
	if err := s.roundDone(ctx, tx, by, actClose, id, n, err); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `delete from survey_drafts where round = ?`, id); err != nil {
		return err
	}
	rd, err := s.RoundByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if rd.Mode != Anonymous {
		return s.tellOwner(ctx, tx, rd)
	}
	return s.custodyTell(ctx, tx, rd, ToldClosed)
}

// tellOwner tells a module that the answers are there.
func (s *Service) tellOwner(ctx context.Context, tx *db.Tx, rd Round) error {
	owner := s.owners[rd.Owner]
	if owner == nil {
		return fmt.Errorf("survey: nobody declared the owner %q", rd.Owner)
	}
	return owner.Opened(ctx, tx, rd)
}

// Drop gives a round up, in whatever state but opened. Sealed answers are
// destroyed unread, others deleted, and those who gave them are told.
func (s *Service) Drop(ctx context.Context, by audit.By, id RoundID) error {
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.DropIn(ctx, tx, by, id) })
}

// DropIn is Drop in the owner's transaction.
func (s *Service) DropIn(ctx context.Context, tx *db.Tx, by audit.By, id RoundID) (err error) {
	defer fault.Wrap(&err, "drop round %s", id)
	n, err := tx.Exec(ctx, `update survey_rounds set state = 'dropped', run = '', revision = revision + 1
		where id = ? and state in ('planned', 'open', 'closed')`, id)
	if err := s.roundDone(ctx, tx, by, actDrop, id, n, err); err != nil {
		return err
	}
	for _, statement := range []string{
		`delete from survey_envelopes where round = ?`, `delete from survey_opened where round = ?`, `delete from survey_texts where round = ?`,
		`delete from survey_answers where round = ?`, `delete from survey_drafts where round = ?`,
	} {
		if _, err := tx.Exec(ctx, statement, id); err != nil {
			return err
		}
	}
	if err := custody.Discard(ctx, tx, keyBox(id)); err != nil {
		return err
	}
	_, err = jobs.Enqueue(ctx, tx, jobDropped, id, jobs.Unique(string(id)))
	return err
}

// roundDone finishes a change of a round's state: one that touched no row is a
// Conflict, or NotFound.
func (s *Service) roundDone(ctx context.Context, tx *db.Tx, by audit.By, action string, id RoundID, touched int64, err error) error {
	if err != nil {
		return err
	}
	if touched == 0 {
		if _, err := s.RoundByID(ctx, tx, id); err != nil {
			return err
		}
		return fault.New(fault.Conflict, "survey.fault.state")
	}
	return s.roundLog(ctx, tx, by, action, id, nil)
}

// What is written into the log. Answers are not: neither that nor when.
const (
	actCreate     = "survey.create"
	actDefinition = "survey.definition"
	actReschedule = "survey.reschedule"
	actOpen       = "survey.open"
	actClose      = "survey.close"
	actDrop       = "survey.drop"
	actEarly      = "survey.early"
	actOpened     = "survey.opened"
	actLink       = "survey.link"
	actPaper      = "survey.paper"
)

func (s *Service) roundLog(ctx context.Context, tx *db.Tx, by audit.By, action string, id RoundID, details map[string]string) error {
	return audit.Record(ctx, tx, by, audit.Entry{Action: action, Object: "survey", ObjectID: string(id), Details: details}, s.now())
}

// RoundByID reads a round; fault.ErrNotFound when there is none.
func (s *Service) RoundByID(ctx context.Context, r db.Reader, id RoundID) (rd Round, err error) {
	err = r.Get(ctx, &rd, `select `+roundColumns+` from survey_rounds where id = ?`, id)
	return rd, err
}

// RoundsOf are the rounds of a matter, by their ids.
func (s *Service) RoundsOf(ctx context.Context, r db.Reader, owner, object string) (list []Round, err error) {
	err = r.Select(ctx, &list, `select `+roundColumns+` from survey_rounds where owner = ? and object = ? order by id`, owner, object)
	return list, err
}

// roundMoment is a moment as it stands in a refusal, alike in all languages.
func roundMoment(at int64) string {
	return moment(at).Format("2.01.2006, 15:04")
}

// roundEnd is when a round ends as it stands there: the last whole day.
func roundEnd(closes int64) string {
	if last, whole := wholeDay(closes); whole {
		return last.Format("2.01.2006")
	}
	return roundMoment(closes)
}

// takes refuses an answer that comes at a moment when none is taken.
func (rd Round) takes(at time.Time) error {
	switch {
	case rd.State == Dropped:
		return fault.New(fault.Conflict, "survey.fault.dropped")
	case rd.State == Closed || rd.State == Opened || rd.State == Open && at.Unix() >= rd.ClosesAt:
		return fault.New(fault.Conflict, "survey.fault.late", "date", roundEnd(rd.ClosesAt))
	case !rd.Answering(at):
		return fault.New(fault.Conflict, "survey.fault.not_yet", "date", roundMoment(rd.OpensAt))
	}
	return nil
}
