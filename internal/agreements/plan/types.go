package plan

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/db"
)

// The ids of what a plan is made of.
type (
	ID          string // of a plan
	AreaID      string
	GoalID      string
	ActionID    string
	IndicatorID string
	ReadingID   string
)

// State is where a plan stands. A draft is seen by those who work on it; what
// was adopted is public.
type State string

// The states: Drafting → Adopted → Closed.
const (
	Drafting State = "drafting"
	Adopted  State = "adopted"
	Closed   State = "closed"
)

// Plan is one plan. Years are school years, the integer of their September,
// both included. Instants are UTC seconds.
type Plan struct {
	ID        ID                   `db:"id"`
	Revision  int64                `db:"revision"`
	Trace     string               `db:"trace"`
	Owner     access.InstitutionID `db:"owner"`
	Title     string               `db:"title"`
	TitleKey  string               `db:"title_key"`
	Words     string               `db:"words"`
	YearFrom  int                  `db:"year_from"`
	YearTo    int                  `db:"year_to"`
	State     State                `db:"state"`
	CreatedBy string               `db:"created_by"`
	CreatedAt int64                `db:"created_at"`
	ChangedAt int64                `db:"changed_at"`
}

const planColumns = `p.id, p.revision, p.trace, p.owner, p.title, p.title_key, p.words, p.year_from, p.year_to, p.state, p.created_by, p.created_at, p.changed_at`

// ByID is a plan, or ErrNotFound. Who may see it: see Sees.
func ByID(ctx context.Context, r db.Reader, id ID) (p Plan, err error) {
	if _, err = known(string(id)); err != nil {
		return p, err
	}
	return p, r.Get(ctx, &p, `select `+planColumns+` from plan_plans p where p.id = ?`, id)
}

// Area is a part of a plan.
type Area struct {
	ID    AreaID `db:"id"`
	Plan  ID     `db:"plan"`
	No    int    `db:"no"`
	Title string `db:"title"`
	Words string `db:"words"`
}

// Goal is what a plan wants to reach, in plain words. Area may be "".
type Goal struct {
	ID       GoalID `db:"id"`
	Revision int64  `db:"revision"`
	Plan     ID     `db:"plan"`
	Area     AreaID `db:"area"`
	No       int    `db:"no"`
	Title    string `db:"title"`
	Words    string `db:"words"`
	Theme    string `db:"theme"`
}

const goalColumns = `g.id, g.revision, g.plan, g.area, g.no, g.title, g.words, g.theme`

// Inclusion is the theme that is there from the start; its name is a message.
// Others are rows of plan_themes.
const Inclusion = "inclusion"

// Theme cuts across goals, actions and indicators.
type Theme struct {
	ID       string `db:"id"`
	Title    string `db:"title"`
	TitleKey string `db:"title_key"`
	Words    string `db:"words"`
}

// ActionKind says how binding an action is.
type ActionKind string

// The kinds. Mandatory actions are the least that every municipality does.
const (
	Mandatory ActionKind = "mandatory"
	Optional  ActionKind = "optional"
	Flagship  ActionKind = "flagship"
)

// ActionState is where an action stands.
type ActionState string

// The states: Proposed → Agreed → InProgress → Done; Dropped from any but Done.
// A mandatory action is dropped only by a numbered decision of the board.
const (
	Proposed   ActionState = "proposed"
	Agreed     ActionState = "adopted"
	InProgress ActionState = "in_progress"
	Done       ActionState = "done"
	Dropped    ActionState = "dropped"
)

// Action is what is to be done. Facts of the ledger count for it from ValidFrom
// to ValidTo, days that are both included; "" stands for the plan's own.
type Action struct {
	ID        ActionID             `db:"id"`
	Revision  int64                `db:"revision"`
	Trace     string               `db:"trace"`
	Plan      ID                   `db:"plan"`
	Area      AreaID               `db:"area"`
	Goal      GoalID               `db:"goal"`
	No        int                  `db:"no"`
	Code      string               `db:"code"`
	Title     string               `db:"title"`
	Words     string               `db:"words"`
	Kind      ActionKind           `db:"kind"`
	State     ActionState          `db:"state"`
	Owner     access.InstitutionID `db:"owner"`
	Theme     string               `db:"theme"`
	ValidFrom string               `db:"valid_from"`
	ValidTo   string               `db:"valid_to"`
	BoardNo   string               `db:"board_no"`
	BoardOn   string               `db:"board_on"`
	ChangedAt int64                `db:"changed_at"`
}

const actionColumns = `a.id, a.revision, a.trace, a.plan, a.area, a.goal, a.no, a.code, a.title, a.words, a.kind, a.state, a.owner, a.theme,
	a.valid_from, a.valid_to, a.board_no, a.board_on, a.changed_at`

// Way is how an indicator comes to its value.
type Way string

// The ways.
const (
	ByFormula Way = "formula" // reckoned from the ledger
	Entered   Way = "entered" // read elsewhere and typed in
)

// Frequency is how often an indicator is read.
type Frequency string

// The frequencies.
const (
	Yearly     Frequency = "yearly"
	HalfYearly Frequency = "half-yearly"
)

// Asking is who enters the readings of an indicator that is not reckoned.
type Asking string

// Who is asked.
const (
	AskTowns Asking = "towns" // every member municipality for itself
	AskOwner Asking = "owner" // the institution that answers for the figure ("" the association), for the whole
)

// Indicator is what is measured. Baseline and Target are exact decimals as
// text, "" when there is none. Goal or Action may be "", not both.
type Indicator struct {
	ID           IndicatorID          `db:"id" json:"-"`
	Plan         ID                   `db:"plan" json:"-"`
	Action       ActionID             `db:"action" json:"action,omitempty"`
	Goal         GoalID               `db:"goal" json:"goal,omitempty"`
	Code         string               `db:"code" json:"code"`
	Version      int64                `db:"version" json:"-"`
	Title        string               `db:"title" json:"title"`
	Unit         string               `db:"unit" json:"unit"`
	Words        string               `db:"words" json:"words,omitempty"`
	Baseline     string               `db:"baseline" json:"baseline,omitempty"`
	BaselineYear int                  `db:"baseline_year" json:"baseline_year,omitempty"`
	Target       string               `db:"target" json:"target,omitempty"`
	TargetYear   int                  `db:"target_year" json:"target_year,omitempty"`
	Down         bool                 `db:"down" json:"down,omitempty"` // the less the better
	Way          Way                  `db:"way" json:"way"`
	Formula      string               `db:"formula" json:"formula,omitempty"`
	Asked        Asking               `db:"asked" json:"asked,omitempty"`
	Adds         bool                 `db:"adds" json:"adds,omitempty"` // readings of municipalities and half-years add up
	Source       string               `db:"source" json:"source,omitempty"`
	Frequency    Frequency            `db:"frequency" json:"frequency"`
	Owner        access.InstitutionID `db:"owner" json:"owner,omitempty"`
	Theme        string               `db:"theme" json:"theme,omitempty"`
	ChangedAt    int64                `db:"changed_at" json:"-"`
}

const indicatorColumns = `i.id, i.plan, i.action, i.goal, i.code, i.version, i.title, i.unit, i.words, i.baseline, i.baseline_year, i.target, i.target_year,
	i.down, i.way, i.formula, i.asked, i.adds, i.source, i.frequency, i.owner, i.theme, i.changed_at`

// ReadingState is where a value stands that an institution entered.
type ReadingState string

// The states: WaitsForYes → Approved | Returned. Of one place and time one reading
// is approved; an earlier one becomes Replaced.
const (
	WaitsForYes ReadingState = "entered"
	Approved    ReadingState = "approved"
	Returned    ReadingState = "returned"
	Replaced    ReadingState = "replaced"
)

// Reading is a value that an institution entered, of a municipality or, with
// Town "", of the whole. Half is 0 for a whole school year.
type Reading struct {
	ID          ReadingID            `db:"id"`
	Revision    int64                `db:"revision"`
	Indicator   IndicatorID          `db:"indicator"`
	Town        string               `db:"town"`
	SchoolYear  int                  `db:"school_year"`
	Half        int                  `db:"half"`
	Value       string               `db:"value"` // exact decimal
	Note        string               `db:"note"`
	Institution access.InstitutionID `db:"institution"`
	State       ReadingState         `db:"state"`
	Reason      string               `db:"reason"` // of the return
	By          access.PersonID      `db:"by_person"`
	At          int64                `db:"at"`
	DecidedBy   access.PersonID      `db:"decided_by"`
	DecidedAt   int64                `db:"decided_at"`
}

const readingColumns = `r.id, r.revision, r.indicator, r.town, r.school_year, r.half, r.value, r.note, r.institution, r.state, r.reason, r.by_person, r.at, r.decided_by, r.decided_at`
