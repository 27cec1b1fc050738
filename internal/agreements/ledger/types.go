package ledger

import (
	"strings"

	"kladka/internal/access"
)

// Group is who took part.
type Group string

// The groups of the outcomes of an agreement. "" in a Query is everybody.
const (
	Teachers Group = "teachers"
	Heads    Group = "heads"
	Managers Group = "managers" // people who run education: offices, delegates, the association
	Others   Group = "others"
)

// Groups are all groups in the order in which pages show them.
func Groups() []Group { return []Group{Teachers, Heads, Managers, Others} }

// GroupOf is the group of somebody who came in a role; an unknown role is of
// the others.
func GroupOf(role access.Role) Group {
	switch role {
	case access.Teacher, access.ClassTutor, access.SchoolSpecialist, access.CouncilSupervisor, access.Counselor,
		access.Trainer, access.MethodologicalAdviser, access.NetworkCoordinator:
		return Teachers
	case access.SchoolHead, access.DeputyHead, access.CenterDirector:
		return Heads
	case access.AuthorityOfficer, access.ForumDelegate, access.AssociationOfficer:
		return Managers
	}
	return Others
}

// Ref names an activity: a training, a meeting, an arrangement. ID is a UUID.
type Ref struct{ Kind, ID string }

// The kinds of activities that the ledger itself knows: what was typed in.
// Other kinds ("training", "meeting", "network.meeting", "arrangement") are
// keys of Config.Sources.
const Hand = "hand"

// Activity is what facts are about. Areas and Actions are targets that the
// source itself names, for what needs no rule: an arrangement stands under its
// area. Title and Path are asked for display and never stored.
type Activity struct {
	Ref
	Form       string
	Topics     []string
	Center     access.InstitutionID
	On         string // day, YYYY-MM-DD
	SchoolYear int
	Trace      string
	Areas      []string
	Actions    []string
	Title      string
	Path       string // "" where the reader finds no page
}

// Intake is what an event told. Key names the subject ("training.completed/"
// and the id of the enrollment), Version is the revision of the subject.
//
// Of a fact with a PersonKey People is 1. Of one without it People is how many
// took part, none included. Minutes are those of all people together; of a fact
// without people they are of the activity itself, and are summed apart (see
// Totals.Held), so that a meeting is not added to the hours of who came.
type Intake struct {
	Key         string
	Version     int64
	Void        bool   // what was told no longer holds
	Kind        string // of the fact: the name of the event, "hand", "sheet"
	Activity    Ref
	On          string
	SchoolYear  int
	Institution string
	BySeat      string // municipality, six digits, "" where there is none
	ByRunning   string
	Group       Group // "" counts as Others
	PersonKey   string
	People      int
	Minutes     int64
	Money       int64 // grosze
	Trace       string
}

// Target is an area of an agreement or an action of a plan. It holds from one
// day to another, both included; "" is without end.
type Target struct {
	ID        string
	Owner     string // the agreement or the plan
	Name      string // "3. Doradztwo metodyczne"
	OwnerName string
	ValidFrom string
	ValidTo   string
}

// Scope is what totals are asked of.
type Scope string

// All is everything in the ledger.
const All Scope = "all"

// Kind is all activities of a kind (Ref.Kind); Area what counts in an area of
// an agreement, that is joint activities only; Near what a rule leads to that
// area but nobody marked as joint, its background; Action an action of the plan;
// Theme a topic that cuts across.
func Kind(k string) Scope    { return Scope("kind/" + k) }
func Area(id string) Scope   { return Scope("area/" + id) }
func Near(id string) Scope   { return Scope("near/" + id) }
func Action(id string) Scope { return Scope("action/" + id) }
func Theme(id string) Scope  { return Scope("theme/" + id) }

// Sort and target of a scope: "area" and its id; ("all", "") for All.
func (s Scope) parts() (sort, id string) {
	sort, id, _ = strings.Cut(string(s), "/")
	return sort, id
}

// What a municipality means in a query.
const (
	BySeat    = "seat"    // where the institution lies
	ByRunning = "running" // which municipality runs it
)

// Query asks for totals. From and To are school years, both included. With a
// Town only what came from its institutions, by seat unless By says otherwise.
type Query struct {
	Scope    Scope
	From, To int
	Town     string
	By       string
	Group    Group
}

// Part is what can be added up over any facts. Minutes are of all people
// together, Held of activities as such, Money in grosze.
type Part struct {
	Facts          int64 `db:"facts"`
	Activities     int64 `db:"activities"`
	Participations int64 `db:"participations"`
	Minutes        int64 `db:"minutes"`
	Held           int64 `db:"held"`
	Money          int64 `db:"money"`
}

// Totals are sums of facts that hold. People are counted once within the school
// year; Unknown are the participations of whom we cannot tell that (entered as
// a number, or without a key), so nobody knows whether they are among People.
type Totals struct {
	Part
	People  int64
	Unknown int64
	Hand    Part // of the above, what was entered by hand or from a sheet
	// Several tells that the sum spans more than one school year: people of two
	// years cannot be joined, so People is 0. Say participations.
	Several bool
}

// Year is the totals of one school year.
type Year struct {
	SchoolYear int
	Totals
}

// Listed is an activity in a list, with what its facts say.
type Listed struct {
	Activity
	Part
	Joint bool // counts in the area of the scope asked for
}

// Joint is a mark that an activity is common work of the parties of an agreement.
type Joint struct {
	Ref
	Agreement string
	Since     string // first day from which the activity counts, "" from the beginning
	By        string // person
	At        int64
	EndedBy   string
	EndedAt   int64 // 0 while it holds
}

// lesson is a lesson hour in minutes.
const lesson = 45

// LessonHours are minutes in lesson hours, rounded down, and the minutes left.
func LessonHours(minutes int64) (hours, rest int64) {
	return minutes / lesson, minutes % lesson
}
