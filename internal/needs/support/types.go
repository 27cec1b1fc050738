package support

import (
	"kladka/internal/access"
)

// State is where a process stands.
type State string

// The states: Diagnosis → Planned → UnderWay → Evaluated → Closed. Planned means
// that the diagnosis is agreed and the plan is in the making. A change of the
// diagnosis leads back from Planned. Dropped from any of the first three.
const (
	Diagnosis State = "diagnosis"
	Planned   State = "planned"
	UnderWay  State = "under_way"
	Evaluated State = "evaluated"
	Closed    State = "closed"
	Dropped   State = "dropped"
)

// Over tells that nothing changes any more.
func (st State) Over() bool { return st == Closed || st == Dropped }

// Side is one of the two that work together.
type Side string

// The sides.
const (
	School Side = "school"
	Center Side = "center"
)

// Other is the side across the table.
func (s Side) Other() Side {
	if s == School {
		return Center
	}
	return School
}

// Part is what both sides agree to.
type Part string

// The parts.
const (
	ofDiagnosis Part = "diagnosis"
	ofPlan      Part = "plan"
	ofEffects   Part = "effects"
)

// Source is where a need was seen.
type Source string

// The sources, in the order of the form: those that the regulation names, talks,
// and what the school declared in a campaign.
const (
	Supervision  Source = "supervision"
	Exams        Source = "exams"
	Requirements Source = "requirements"
	Talk         Source = "talk"
	Campaign     Source = "campaign"
)

// Sources are all of them.
func Sources() []Source { return []Source{Supervision, Exams, Requirements, Talk, Campaign} }

// Work is a form of work with a school.
type Work string

// The forms.
const (
	Workshop     Work = "workshop"
	Training     Work = "training"
	Consultation Work = "consultation"
	Network      Work = "network"
	Observation  Work = "observation"
	OtherWork    Work = "other"
)

// Works are all of them.
func Works() []Work { return []Work{Workshop, Training, Consultation, Network, Observation, OtherWork} }

// Effect is what became of a need.
type Effect string

// The effects.
const (
	Reached Effect = "reached"
	Partly  Effect = "partly"
	Not     Effect = "not"
)

// Effects are all of them.
func Effects() []Effect { return []Effect{Reached, Partly, Not} }

// FormState is what became of a form of work.
type FormState string

// The states of a form.
const (
	FormPlanned FormState = "planned"
	FormHeld    FormState = "held"
	FormDropped FormState = "dropped"
)

// Process is the support of one school in one school year.
type Process struct {
	ID         string               `db:"id"`
	Revision   int64                `db:"revision"`
	Trace      string               `db:"trace"`
	Slot       string               `db:"slot"`
	School     access.InstitutionID `db:"school"`
	SchoolKey  string               `db:"school_key"`
	HeadUnit   access.InstitutionID `db:"head_unit"`
	Center     access.InstitutionID `db:"center"`
	Person     string               `db:"person"` // who works with the school for the center, "" while nobody is named
	SchoolYear int                  `db:"school_year"`
	YearEnds   int64                `db:"year_ends"`
	State      State                `db:"state"`

	Ways        string `db:"ways"`
	Goals       string `db:"goals"`
	Conclusions string `db:"conclusions"`

	DiagnosisVersion int `db:"diagnosis_version"`
	DiagnosisAgreed  int `db:"diagnosis_agreed"`
	PlanVersion      int `db:"plan_version"`
	PlanAgreed       int `db:"plan_agreed"`
	EffectsVersion   int `db:"effects_version"`
	EffectsAgreed    int `db:"effects_agreed"`

	Reason    string `db:"reason"`
	BegunBy   string `db:"begun_by"`
	BegunSide Side   `db:"begun_side"`
	CreatedAt int64  `db:"created_at"`
	ChangedAt int64  `db:"changed_at"`
}

const columns = `p.id, p.revision, p.trace, p.slot, p.school, p.school_key, p.head_unit, p.center, p.person, p.school_year, p.year_ends, p.state,
	p.ways, p.goals, p.conclusions, p.diagnosis_version, p.diagnosis_agreed, p.plan_version, p.plan_agreed, p.effects_version, p.effects_agreed,
	p.reason, p.begun_by, p.begun_side, p.created_at, p.changed_at`

// version and agreed are those of a part.
func (p *Process) version(w Part) *int {
	return map[Part]*int{ofDiagnosis: &p.DiagnosisVersion, ofPlan: &p.PlanVersion, ofEffects: &p.EffectsVersion}[w]
}

func (p *Process) agreed(w Part) *int {
	return map[Part]*int{ofDiagnosis: &p.DiagnosisAgreed, ofPlan: &p.PlanAgreed, ofEffects: &p.EffectsAgreed}[w]
}

// mayEdit tells whether a part can be changed in the state.
func (p Process) mayEdit(w Part) bool {
	switch w {
	case ofDiagnosis:
		return p.State == Diagnosis || p.State == Planned
	case ofPlan:
		return p.State == Planned || p.State == UnderWay
	case ofEffects:
		return p.State == UnderWay && p.PlanAgreed == p.PlanVersion
	}
	return false
}

// waits tells whether a part can be agreed to now.
func (p Process) waits(w Part) bool {
	switch w {
	case ofDiagnosis:
		return p.State == Diagnosis
	case ofPlan:
		return p.State == Planned || p.State == UnderWay && p.PlanAgreed < p.PlanVersion
	}
	return p.mayEdit(w)
}

// Need is something that the school needs, with what became of it.
type Need struct {
	ID      string `db:"id" json:"-"`
	Process string `db:"process" json:"-"`
	No      int    `db:"no" json:"no"`
	Topic   string `db:"topic" json:"topic,omitempty"` // of the vocabulary; "" for own words
	Words   string `db:"words" json:"words,omitempty"`
	Source  Source `db:"source" json:"source"`
	Grounds string `db:"grounds" json:"grounds,omitempty"`
	Ranked  string `db:"ranked" json:"-"`
	Effect  Effect `db:"effect" json:"-"`
	Remark  string `db:"remark" json:"-"`
}

const needColumns = `n.id, n.process, n.no, n.topic, n.words, n.source, n.grounds, n.ranked, n.effect, n.remark`

// Form is a form of work: planned, and held or dropped.
type Form struct {
	ID        string    `db:"id" json:"-"`
	Process   string    `db:"process" json:"-"`
	No        int       `db:"no" json:"no"`
	Since     int       `db:"since" json:"-"` // version of the plan that brought it
	Kind      Work      `db:"kind" json:"kind"`
	Title     string    `db:"title" json:"title"`
	Leader    string    `db:"leader" json:"leader"` // a role or an institution, never a person's name
	Due       string    `db:"due" json:"due"`       // YYYY-MM-DD
	Hours     int       `db:"hours" json:"hours"`
	Indicator string    `db:"indicator" json:"indicator"`
	Training  string    `db:"training" json:"training,omitempty"`
	State     FormState `db:"state" json:"-"`
	DoneOn    string    `db:"done_on" json:"-"`
	People    int       `db:"people" json:"-"`
	Reason    string    `db:"reason" json:"-"`
	Needs     []string  `db:"-" json:"-"` // ids
	NeedNos   []int     `db:"-" json:"needs"`
}

const formColumns = `f.id, f.process, f.no, f.since, f.kind, f.title, f.leader, f.due, f.hours, f.indicator, f.training, f.state, f.done_on, f.people, f.reason`

// Consent is what a side said to a version of a part.
type Consent struct {
	Process string `db:"process"`
	What    Part   `db:"what"`
	Version int    `db:"version"`
	Side    Side   `db:"side"`
	Agrees  bool   `db:"agrees"`
	Words   string `db:"words"`
	Person  string `db:"person"`
	At      int64  `db:"at"`
}

// Sheet is a plan as both sides agreed to it, or as it stands now.
type Sheet struct {
	Version int    `json:"version"` // 0: not agreed yet
	Ways    string `json:"ways"`
	Goals   string `json:"goals"`
	Needs   []Need `json:"needs"`
	Forms   []Form `json:"forms"`
	At      int64  `json:"-"`
}

// Whole is a process with all that belongs to it.
type Whole struct {
	Process
	Side     Side // of the actor who reads it
	Needs    []Need
	Forms    []Form
	Consents []Consent // of the present versions
}
