package result

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"kladka/internal/budget"
	"kladka/internal/budget/tally"
	"kladka/internal/budget/vote"
)

// LeastBallots is how many ballots a pool needs for them to be published. With
// fewer, whoever knows a voter well might recognize a ballot; then the votes of
// each project and the winners are published, and nothing from which more could be
// reckoned: see Outcome.told.
const LeastBallots = 20

// State is where the count of an edition stands.
type State string

// The states in their order. Differs is beside them: the two implementations did
// not agree, nothing was published, and the count can be run again.
const (
	Sealed    State = "sealed"
	Opened    State = "opened" // ballots are stored, the count runs
	Differs   State = "differs"
	Counted   State = "counted" // published; objections may be raised
	Final     State = "final"
	Destroyed State = "destroyed" // envelopes and keys are gone
)

// Opening is where the count of an edition stands. Instants are UTC seconds.
type Opening struct {
	Edition     budget.EditionID `db:"edition"`
	State       State            `db:"state"`
	Run         string           `db:"run"`    // progress of the opening that is at work, or of the last one
	RunAt       int64            `db:"run_at"` // when it last moved, 0 when none is at work
	OpenedAt    int64            `db:"opened_at"`
	CountedAt   int64            `db:"counted_at"`
	HeldAt      int64            `db:"held_at"` // a protest is looked into: nothing becomes final of itself
	HeldWhy     string           `db:"held_why"`
	CheckedAt   int64            `db:"checked_at"` // when envelopes were opened once more, for a protest
	CheckedSame bool             `db:"checked_same"`
	FinalAt     int64            `db:"final_at"`
	DestroyedAt int64            `db:"destroyed_at"`
	Destroyed   int              `db:"destroyed"` // envelopes
}

const openingColumns = `edition, state, run, run_at, opened_at, counted_at, held_at, held_why, checked_at, checked_same, final_at, destroyed_at, destroyed`

// Rechecks tells that the envelopes may be opened once more: a protest against the
// result is looked into.
func (o Opening) Rechecks() bool { return o.State == Counted && o.HeldAt != 0 }

// Published tells that results may be read.
func (o Opening) Published() bool { return o.CountedAt != 0 }

// Part is how many rights came from a source, or were spent in a way.
type Part struct {
	Name string `json:"name"`
	N    int    `json:"n"`
}

// Turnout is how many rights a pool had and how many were spent, in all and by
// their sources and ways. It holds nobody and no hour.
type Turnout struct {
	Rights  int    `json:"rights"`
	Spent   int    `json:"spent"`
	Sources []Part `json:"sources"` // rights
	Ways    []Part `json:"ways"`    // spent rights
	// Refused are, among the spent, rights that were taken away after they had been
	// spent: nobody can find their envelopes, so they are counted with the others.
	Refused int `json:"refused"`
	// Spare are, among the rights, those of slips for which nobody stands on the lists
	// of the edition: no electors. See vote.Lists.
	Spare int `json:"spare,omitempty"`
	// Lost are the rights of slips that were declared lost before they voted. They are
	// not among Rights, and those who voted are among them all the same.
	Lost int `json:"lost,omitempty"`
	// Declared are the declarations of the whole edition, the same in each of its
	// pools; nil where its rules take none.
	Declared *vote.Told `json:"declared,omitempty"`
}

// tooFew tells that the pool must not be opened: among so few electors the result
// itself would tell how they voted. Before the vote opens package vote looks too, but
// cannot where the rules let electors come while it goes on.
func (t Turnout) tooFew() bool { return t.Rights+t.Lost-t.Spare < vote.LeastElectors }

// PaperCount is how many declarations on paper spent a right in a pool, how many
// ballots on paper came into its box, and, where these differ, what explains it in
// the words of an officer.
type PaperCount struct {
	Pool              budget.PoolID
	Declared, Ballots int
	Words             string
	Withdrawn         int // declarations that gave their right back, and are not among Declared
}

// Value and Scan keep a turnout in the database as JSON.
func (t Turnout) Value() (driver.Value, error) {
	text, err := json.Marshal(t)
	return string(text), err
}

// Scan implements sql.Scanner.
func (t *Turnout) Scan(from any) error { return scanJSON(from, t) }

func scanJSON(from, to any) error {
	switch text := from.(type) {
	case string:
		return json.Unmarshal([]byte(text), to)
	case []byte:
		return json.Unmarshal(text, to)
	}
	return fmt.Errorf("json in a column: unexpected %T", from)
}

// Numbers are what was found in the box of a pool. Every envelope is one of
// Copies, Unreadable, Invalid or Valid, unless the pool was not opened: then they
// were counted and nothing else.
type Numbers struct {
	Envelopes  int `db:"envelopes"`
	Copies     int `db:"copies"`     // of an envelope that lies there already
	Unreadable int `db:"unreadable"` // the key does not open them
	Invalid    int `db:"invalid"`    // opened, and no ballot by the rules of the pool
	Valid      int `db:"valid"`
	// Unopened tells that the pool had fewer than vote.LeastElectors rights when the
	// box was closed. No envelope of it was opened, and none ever is.
	Unopened bool `db:"unopened"`
}

// Opened is how many envelopes were opened.
func (n Numbers) Opened() int { return n.Invalid + n.Valid }

// PoolCount is the count of one pool.
type PoolCount struct {
	Edition budget.EditionID `db:"edition"`
	Pool    budget.PoolID    `db:"pool"`
	Turnout Turnout          `db:"turnout"`
	Numbers
	Outcome Outcome `db:"outcome"`
	// OutcomeHash is the SHA-256 of the outcome's text, PlainHash that of the
	// second implementation's, FileHash that of the file of ballots; all in hex. Where
	// the ballots are not public, FileHash is not either: few ballots can be guessed,
	// and the hash would tell which guess is right.
	OutcomeHash string   `db:"outcome_hash"`
	PlainHash   string   `db:"plain_hash"`
	FileHash    string   `db:"file_hash"`
	Reasons     []Reason `db:"-"`
	// Certificate says how far the second implementation followed the first one
	// where a full second count would take days; nil when it was made in full.
	Certificate *tally.Certificate `db:"-"`
}

// Public tells whether the ballots themselves may be published.
func (c PoolCount) Public() bool { return c.Valid >= LeastBallots }
