package needs

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/survey"
)

// CampaignID is a campaign, NeedID a topic of a campaign that somebody named,
// DecisionID one answer to it.
type (
	CampaignID string
	NeedID     string
	DecisionID string
)

// State is where a campaign stands.
type State string

// The states: Draft → Open → Closed → Ranked. An anonymous campaign waits in
// Closed until two officers have opened the answers; what institutions declared
// is ranked meanwhile (see Campaign.RankedAt). Dropped from any but Ranked.
const (
	Draft   State = "draft"
	Open    State = "open"
	Closed  State = "closed"
	Ranked  State = "ranked"
	Dropped State = "dropped"
)

// Campaign is one asking of a school year. Instants are UTC seconds.
type Campaign struct {
	ID         CampaignID           `db:"id"`
	Revision   int64                `db:"revision"`
	Trace      string               `db:"trace"`
	SchoolYear int                  `db:"school_year"` // for which the needs are, the integer of its September
	Owner      access.InstitutionID `db:"owner"`       // association, authority's office or center that runs it
	Center     access.InstitutionID `db:"center"`      // that will build the offer; sees what was declared
	Title      string               `db:"title"`
	TitleKey   string               `db:"title_key"`
	Words      string               `db:"words"` // to those who are asked, plain text
	State      State                `db:"state"`
	Mode       survey.Mode          `db:"mode"`   // of people's answers: Anonymous or Confidential
	Round      survey.RoundID       `db:"round"`  // "" until the campaign opens, or when people are not asked
	Plan       string               `db:"plan"`   // disclosure plan fixed at the opening
	People     bool                 `db:"people"` // people are asked too, not institutions alone
	OpensAt    int64                `db:"opens_at"`
	ClosesAt   int64                `db:"closes_at"`  // before it
	FirstDays  int                  `db:"first_days"` // so many days those who asked may enroll first
	Weights    string               `db:"weights"`    // of the priorities 1 to 3, "1,2,3"
	RankedAt   int64                `db:"ranked_at"`
	CreatedBy  string               `db:"created_by"`
	CreatedAt  int64                `db:"created_at"`
	ChangedAt  int64                `db:"changed_at"`
}

// CampaignColumns are all columns of a Campaign, of the table under the name c.
const CampaignColumns = `c.id, c.revision, c.trace, c.school_year, c.owner, c.center, c.title, c.title_key, c.words, c.state, c.mode,
	c.round, c.plan, c.people, c.opens_at, c.closes_at, c.first_days, c.weights, c.ranked_at, c.created_by, c.created_at, c.changed_at`

// As is in which quality an institution speaks.
type As string

// The qualities. Each institution has one declaration of each at most.
const (
	AsSchool    As = "school"    // a head for the own unit
	AsOffice    As = "office"    // a municipality for the people of its office
	AsAuthority As = "authority" // the same as the running authority, for all its schools
	AsAdviser   As = "adviser"   // a methodological adviser, from visits at the institution
)

// Asked is an institution within the scope of a campaign, with its place in the
// metropolis as it was when the campaign opened.
type Asked struct {
	Campaign    CampaignID           `db:"campaign"`
	Institution access.InstitutionID `db:"institution"`
	Kind        string               `db:"kind"`       // directory.Kind
	BySeat      string               `db:"by_seat"`    // municipality, six digits
	ByRunning   string               `db:"by_running"` // municipality that runs it, "" for others
	Runner      string               `db:"runner"`     // institution that runs it, "" when unknown
	Roster      int                  `db:"roster"`     // people invited at the opening
}

// Declaration is what one institution says.
type Declaration struct {
	ID          string               `db:"id"`
	Campaign    CampaignID           `db:"campaign"`
	Institution access.InstitutionID `db:"institution"`
	As          As                   `db:"as_what"`
	Revision    int64                `db:"revision"`
	Sent        bool                 `db:"sent"`  // a draft counts for nothing
	Paper       bool                 `db:"paper"` // typed from a paper form
	By          string               `db:"by_person"`
	SentAt      int64                `db:"sent_at"`
	ChangedAt   int64                `db:"changed_at"`
}

// Line is one need in a declaration: a topic, how urgent, how many people. A
// line in own words has no topic until an officer gave it one.
type Line struct {
	Declaration string `db:"declaration"`
	No          int    `db:"no"`
	Row         int    `db:"-"` // of the form that it was typed into, 0 where there was none
	Topic       string `db:"topic"`
	Words       string `db:"words"`    // own words, at most 300 letters
	Priority    int    `db:"priority"` // 1 useful, 2 important, 3 urgent
	Heads       int    `db:"heads"`
	Merged      string `db:"merged"` // topic that an officer gave to own words; "none": no topic fits
}

// Need is a topic of a campaign that somebody named. It has a trace of its own.
type Need struct {
	ID       NeedID     `db:"id"`
	Campaign CampaignID `db:"campaign"`
	Topic    string     `db:"topic"`
	Trace    string     `db:"trace"`
	Revision int64      `db:"revision"`
	MadeAt   int64      `db:"made_at"`
	// Settled tells that nothing is left to answer, as an officer said.
	Settled bool `db:"settled"`
}

// Answer is the kind of a decision on a need.
type Answer string

// The kinds.
const (
	Training     Answer = "training"
	Network      Answer = "network"
	Consultation Answer = "consultation"
	Workshop     Answer = "workshop" // ordered for one school
	Declined     Answer = "declined"
)

// Decision is one answer to a need. A need may have several: partly answered,
// it shows what is left.
type Decision struct {
	ID     DecisionID           `db:"id"`
	Need   NeedID               `db:"need"`
	Kind   Answer               `db:"kind"`
	Title  string               `db:"title"`
	Words  string               `db:"words"`  // why declined, or what is planned; told to those who asked
	Center access.InstitutionID `db:"center"` // who carries it out
	Target string               `db:"target"` // id of what is made: a training, an order
	Seats  int                  `db:"seats"`  // how many people it answers
	State  string               `db:"state"`  // "planned", "done", "dropped"; of a training the module itself knows
	By     string               `db:"by_person"`
	At     int64                `db:"at"`
}

// Level is whose ranking a row belongs to.
type Level string

// The levels. A municipality stands twice: its schools by seat, and those that
// it runs; a reader is always told which.
const (
	Metropolis Level = "all"
	BySeat     Level = "seat"
	ByRunning  Level = "running"
	OfOne      Level = "one" // one institution
)

// Rank is one row of a stored ranking of declared needs.
type Rank struct {
	Campaign CampaignID `db:"campaign"`
	Level    Level      `db:"level"`
	Unit     string     `db:"unit"` // "" for the metropolis, six digits, or an institution
	Topic    string     `db:"topic"`
	Need     NeedID     `db:"need"`
	Place    int        `db:"place"`
	Score    int64      `db:"score"`
	Heads    int        `db:"heads"`
	Low      int        `db:"low"` // heads by priority
	Middle   int        `db:"middle"`
	High     int        `db:"high"`
	Who      int        `db:"who"` // institutions that named it
}

// CampaignByID reads a campaign as it lies, whoever asks. Not there: fault.ErrNotFound.
func CampaignByID(ctx context.Context, r db.Reader, id CampaignID) (c Campaign, err error) {
	if _, err := known(string(id)); err != nil {
		return c, err
	}
	return c, r.Get(ctx, &c, `select `+CampaignColumns+` from needs_campaigns c where c.id = ?`, id)
}

// NeedByID reads a need as it lies, whoever asks. Not there: fault.ErrNotFound.
func NeedByID(ctx context.Context, r db.Reader, id NeedID) (n Need, err error) {
	if _, err := known(string(id)); err != nil {
		return n, err
	}
	return n, r.Get(ctx, &n, `select id, campaign, topic, trace, revision, made_at, settled from needs_needs where id = ?`, id)
}
