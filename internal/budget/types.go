package budget

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"

	"kladka/internal/access"
)

// Keys of what this package keeps.
type (
	EditionID string
	PoolID    string
	ProjectID string
)

// Kind is what sort of budget an edition is; it decides to whom pages speak.
type Kind string

// The kinds.
const (
	City   Kind = "city"   // of a municipality: for its residents
	School Kind = "school" // of one school: for its pupils
	Custom Kind = "custom" // of any other circle
)

// Kinds are all kinds.
func Kinds() []Kind { return []Kind{City, School, Custom} }

// State is where an edition stands. What happens between Published and Frozen
// goes by the calendar: see Edition.Phase.
type State string

// The states, in their order. Canceled from any before Counted.
const (
	Draft     State = "draft"     // seen by those who run it
	Published State = "published" // the rules are public; ideas, checks and protests by the calendar
	Frozen    State = "frozen"    // rules and ballots cannot change any more; their hash is public
	Voting    State = "voting"
	Closed    State = "closed"  // the hours of voting are over, envelopes are sealed
	Counted   State = "counted" // opened and counted; protests against the result may run
	Final     State = "final"   // the result stands; winners are delivered
	Archived  State = "archived"
	Canceled  State = "canceled"
)

// States are all states in their order.
func States() []State {
	return []State{Draft, Published, Frozen, Voting, Closed, Counted, Final, Archived, Canceled}
}

// In tells whether the state is one of them.
func (s State) In(list ...State) bool { return slices.Contains(list, s) }

// Phase is what an edition does at a moment, as people see it.
type Phase string

// The phases in their order.
const (
	PhaseUpcoming Phase = "upcoming" // nothing is taken yet
	PhaseFiling   Phase = "filing"   // projects come in and gather support
	PhaseChecking Phase = "checking" // the office assesses them
	PhaseProtests Phase = "protests" // decisions are out, whoever disagrees says so
	PhaseDrawing  Phase = "drawing"  // the order on the ballot is drawn
	PhaseReady    Phase = "ready"    // frozen, campaign, before the first hour of voting
	PhaseVoting   Phase = "voting"
	PhaseCounting Phase = "counting"
	PhaseResults  Phase = "results"  // counted, objections to the result may run
	PhaseDelivery Phase = "delivery" // the result stands
)

// Phases are all phases in their order.
func Phases() []Phase {
	return []Phase{PhaseUpcoming, PhaseFiling, PhaseChecking, PhaseProtests, PhaseDrawing, PhaseReady, PhaseVoting, PhaseCounting, PhaseResults, PhaseDelivery}
}

// Edition is one participatory budget with its rules. Instants are UTC seconds,
// 0 until they come.
type Edition struct {
	ID        EditionID            `db:"id"`
	Version   int64                `db:"version"`
	Trace     string               `db:"trace"`
	Owner     access.InstitutionID `db:"owner"` // authority's office or school that runs it
	Kind      Kind                 `db:"kind"`
	State     State                `db:"state"`
	Title     string               `db:"title"`
	TitleKey  string               `db:"title_key"`
	Year      int                  `db:"year"`
	Words     string               `db:"words"` // an invitation in plain words
	Rules     Rules                `db:"rules"`
	RulesHash string               `db:"rules_hash"` // "" until frozen; see Document
	// Why an edition was canceled, "" otherwise.
	CanceledWhy string    `db:"canceled_why"`
	Thaws       Thaws     `db:"thaws"` // freezes that were taken back, the oldest first
	Moved       TermMoves `db:"moved"` // changes of the calendar since it was promised, the oldest first
	PublishedAt int64     `db:"published_at"`
	FrozenAt    int64     `db:"frozen_at"`
	OpenedAt    int64     `db:"opened_at"`
	ClosedAt    int64     `db:"closed_at"`
	CountedAt   int64     `db:"counted_at"`
	FinalAt     int64     `db:"final_at"`
	CreatedBy   string    `db:"created_by"`
	CreatedAt   int64     `db:"created_at"`
	ChangedAt   int64     `db:"changed_at"`
}

// EditionColumns are all columns of an Edition, of the table under the name e.
const EditionColumns = `e.id, e.version, e.trace, e.owner, e.kind, e.state, e.title, e.title_key, e.year, e.words, e.rules, e.rules_hash, e.canceled_why, e.thaws, e.moved,
	e.published_at, e.frozen_at, e.opened_at, e.closed_at, e.counted_at, e.final_at, e.created_by, e.created_at, e.changed_at`

// Thaw is a freeze that was taken back: when, why in the words of the office, and the
// published hash that is void since.
type Thaw struct {
	At   int64  `json:"at"` // UTC seconds
	Hash string `json:"hash"`
	Why  string `json:"why"`
}

// Thaws are all of an edition. Everybody who reads the edition reads them: whoever
// noted the hash finds here why it is another one now.
type Thaws []Thaw

// Value and Scan keep thaws in the database as JSON, "" for none.
func (t Thaws) Value() (driver.Value, error) {
	if len(t) == 0 {
		return "", nil
	}
	text, err := json.Marshal([]Thaw(t))
	return string(text), err
}

// Scan implements sql.Scanner.
func (t *Thaws) Scan(from any) error {
	switch text := from.(type) {
	case string:
		if text == "" {
			*t = nil
			return nil
		}
		return json.Unmarshal([]byte(text), t)
	case []byte:
		return t.Scan(string(text))
	}
	return fmt.Errorf("thaws of a budget: unexpected %T", from)
}

// TermMove is a change of a calendar that had been promised: when, both calendars, and
// why in the words of the office.
type TermMove struct {
	At  int64    `json:"at"` // UTC seconds
	Was Calendar `json:"was"`
	Is  Calendar `json:"is"`
	Why string   `json:"why"`
}

// TermMoves are all of an edition. Everybody who reads the edition reads them.
type TermMoves []TermMove

// Value and Scan keep moves in the database as JSON, "" for none.
func (m TermMoves) Value() (driver.Value, error) {
	if len(m) == 0 {
		return "", nil
	}
	text, err := json.Marshal([]TermMove(m))
	return string(text), err
}

// Scan implements sql.Scanner.
func (m *TermMoves) Scan(from any) error {
	switch text := from.(type) {
	case string:
		if text == "" {
			*m = nil
			return nil
		}
		return json.Unmarshal([]byte(text), m)
	case []byte:
		return m.Scan(string(text))
	}
	return fmt.Errorf("moves of a calendar: unexpected %T", from)
}

// Pool finds a pool of the edition; false when it has none of that id.
func (e Edition) Pool(id PoolID) (Pool, bool) {
	for _, p := range e.Rules.Pools {
		if p.ID == id {
			return p, true
		}
	}
	return Pool{}, false
}

// Source is from where an elector record comes.
type Source string

// The sources. Self is off unless the rules name it: it proves the least.
const (
	Roll   Source = "roll"   // imported list of electors
	Desk   Source = "desk"   // identity checked at a desk
	OIDC   Source = "oidc"   // an identity service that the installation trusts
	Roster Source = "roster" // list of a class
	Slips  Source = "slips"  // single-use slips without names
	Self   Source = "self"   // a declaration of one's own
)

// Sources are all sources.
func Sources() []Source { return []Source{Roll, Desk, OIDC, Roster, Slips, Self} }

// Rules are everything that decides who may do what in an edition and how votes
// are counted. Their JSON is canonical: fields in this order, no spaces, no
// maps. An edition freezes them with the lists of projects: see Document.
type Rules struct {
	// Basis names the act: "uchwała nr … (podstawa do sprawdzenia)".
	Basis      string  `json:"basis"`
	Notes      []Note  `json:"notes"` // from where single numbers come
	Who        Who     `json:"who"`
	Pools      []Pool  `json:"pools"`
	OpenPoints []Point `json:"open_points"` // what is not known yet, said openly
	// Signatures of support that a project needs within SignatureDays of filing;
	// 0 means none.
	Signatures    int  `json:"signatures"`
	SignatureDays int  `json:"signature_days"`
	ProtestDays   int  `json:"protest_days"`
	ChangeOfMind  bool `json:"change_of_mind"` // a second secret on the receipt replaces the envelope; never in schools
	Paper         bool `json:"paper"`
	// Excludes are groups of projects of which at most one can win.
	Excludes [][]ProjectID `json:"excludes"`
	// NoTwins refuses the same project in two pools.
	NoTwins bool `json:"no_twins"`
	// Lot says in words how the order on the ballot and ties are drawn; Seed is
	// what they were drawn with, "" until then. Anybody can draw again from it.
	Lot      string   `json:"lot"`
	Seed     string   `json:"seed"`
	Calendar Calendar `json:"calendar"`
}

// Note says from where a number of the rules comes. About is the name of the
// field as the page shows it: "signatures", "protest_days", "cost" …
type Note struct {
	About string `json:"about"`
	Words string `json:"words"`
}

// Point is something that is not known yet, since a day.
type Point struct {
	Since string `json:"since"` // YYYY-MM-DD
	Words string `json:"words"`
}

// Who says who may take part.
type Who struct {
	Sources    []Source   `json:"sources"`
	VoteAge    int        `json:"vote_age"`    // from so many years, 0: no floor
	ProposeAge int        `json:"propose_age"` // the same for proposing
	Residence  string     `json:"residence"`   // in words: "mieszka w Krakowie"
	Self       SelfLimits `json:"self"`
}

// SelfLimits guard self-declaration: so many electors of one address and of one
// mailbox, and a share of declarations (in percent) drawn to be checked.
type SelfLimits struct {
	PerAddress int `json:"per_address"`
	PerMailbox int `json:"per_mailbox"`
	DrawnShare int `json:"drawn_share"`
}

// Has tells whether the rules take electors from the source.
func (w Who) Has(s Source) bool { return slices.Contains(w.Sources, s) }

// PoolKind is what a pool is for.
type PoolKind string

// The kinds of pools.
const (
	OfCity     PoolKind = "city"     // for projects of the whole city
	OfDistrict PoolKind = "district" // for those of one district
	OfSchool   PoolKind = "school"
	OfArea     PoolKind = "custom" // any other area
)

// PoolKinds are all kinds of pools.
func PoolKinds() []PoolKind { return []PoolKind{OfCity, OfDistrict, OfSchool, OfArea} }

// Pool is money with its own ballot and its own count. Money is in grosze.
type Pool struct {
	ID      PoolID      `json:"id"`
	No      int         `json:"no"` // from 1, in the order on pages
	Kind    PoolKind    `json:"kind"`
	Name    string      `json:"name"`
	Area    string      `json:"area"` // district, town or institution, in words or as its id; "" is everywhere
	Budget  int64       `json:"budget"`
	MinCost int64       `json:"min_cost"`
	MaxCost int64       `json:"max_cost"` // 0: up to the budget
	Ballot  BallotRules `json:"ballot"`
	Count   CountRules  `json:"count"`
	// LeastVotes is what a project needs to win, 0: no threshold.
	LeastVotes int `json:"least_votes"`
}

// BallotType is how one votes.
type BallotType string

// The types of ballots.
const (
	Ranked     BallotType = "ranked"     // a different number of points to each, such as 3, 2, 1
	Approval   BallotType = "approval"   // a cross at each
	One        BallotType = "one"        // one cross
	Cumulative BallotType = "cumulative" // points shared out freely
	Knapsack   BallotType = "knapsack"   // as many as the money is enough for
)

// BallotTypes are all types of ballots.
func BallotTypes() []BallotType { return []BallotType{Ranked, Approval, One, Cumulative, Knapsack} }

// BallotRules say which choices are valid; see Check.
type BallotRules struct {
	Type   BallotType `json:"type"`
	Min    int        `json:"min"`    // projects at least
	Max    int        `json:"max"`    // projects at most, 0: no limit
	Points []int      `json:"points"` // of a ranked ballot, the most first
	Total  int        `json:"total"`  // points of a cumulative ballot, at most
}

// Choice is what somebody chose in one pool.
type Choice struct{ Picks []Pick }

// Pick is one chosen project. Points are those of a ranked or cumulative
// ballot, 0 on others.
type Pick struct {
	Project ProjectID
	Points  int
}

// CountRules say how a pool is counted, in the words of package tally.
type CountRules struct {
	Rule       string `json:"rule"`       // greedy, mes
	Utility    string `json:"utility"`    // cost, cardinality, points
	Completion string `json:"completion"` // none, add1, add1-exhaustive, greedy, add1+greedy
	Step       int64  `json:"step"`       // whole currency units per voter
	Start      string `json:"start"`      // exact, floor
	MinShare   string `json:"min_share"`  // "1/3", "" for none
	// Ties is the ordered list that decides ties. "lot" without a seed gets that
	// of the edition when it is frozen.
	Ties string `json:"ties"`
}

// Calendar is when what happens. Days are YYYY-MM-DD and belong whole to their
// stage: filing until the 17th takes what comes before the midnight that ends
// it. VoteFrom and VoteTo are instants: a vote counts from the first and before
// the second.
type Calendar struct {
	FilingFrom string `json:"filing_from"`
	FilingTo   string `json:"filing_to"`
	// CheckTo is the last day of checks: lists of accepted and rejected projects
	// are due.
	CheckTo    string `json:"check_to"`
	ProtestTo  string `json:"protest_to"`  // protests are heard and decided until then
	WithdrawTo string `json:"withdraw_to"` // proposers may withdraw and merge until then
	DrawOn     string `json:"draw_on"`     // the order on the ballot is drawn
	VoteFrom   int64  `json:"vote_from"`
	VoteTo     int64  `json:"vote_to"`
	ResultsBy  string `json:"results_by"`
	// ObjectTo is the last day for objections to the result; envelopes and keys
	// are destroyed after it.
	ObjectTo   string `json:"object_to"`
	DeliveryBy string `json:"delivery_by"`
}

// BallotProject is one project on a ballot, in the drawn order (from 1).
type BallotProject struct {
	ID       ProjectID `db:"id" json:"id"`
	Title    string    `db:"title" json:"title"`
	Cost     int64     `db:"cost" json:"cost"` // grosze
	Order    int       `db:"ballot_order" json:"order"`
	Category string    `db:"category" json:"-"`
	District string    `db:"district" json:"-"`
}

// Obstacle is something that keeps an edition from its next state, with who has
// to do what about it.
type Obstacle struct {
	Key   string // message key of what is missing
	Args  []any
	Of    string // what it is missing of: name of a pool; "" for the whole edition
	About string // name of the form field that lacks it, "" when it is no field
	Who   string // message key of who does it
	Href  string // where it is done, "" when nowhere yet
}

// Value and Scan keep rules in the database as their canonical JSON.
func (r Rules) Value() (driver.Value, error) {
	text, err := canonical(r.whole())
	return string(text), err
}

// Scan implements sql.Scanner.
func (r *Rules) Scan(from any) error {
	switch text := from.(type) {
	case string:
		return json.Unmarshal([]byte(text), r)
	case []byte:
		return json.Unmarshal(text, r)
	}
	return fmt.Errorf("rules of a budget: unexpected %T", from)
}
