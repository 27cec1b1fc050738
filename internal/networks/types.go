package networks

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/db"
)

// ID is a network, MeetingID a meeting of one.
type (
	ID        string
	MeetingID string
)

// State is where a network stands.
type State string

// The states: Forming → Active → Reported → Closed. A report may be sent back
// (Reported → Active). The center closes a network from any state, with a
// reason where nothing was reported.
const (
	Forming  State = "forming"
	Active   State = "active"
	Reported State = "reported"
	Closed   State = "closed"
)

// Network is one network in one school year. Instants are UTC seconds.
type Network struct {
	ID         ID                   `db:"id"`
	Revision   int64                `db:"revision"`
	Trace      string               `db:"trace"`
	Center     access.InstitutionID `db:"center"`
	Need       string               `db:"need"`
	Title      string               `db:"title"`
	TitleKey   string               `db:"title_key"`
	Goal       string               `db:"goal"`
	Audience   string               `db:"audience"`    // for whom, in words
	Town       string               `db:"town"`        // municipality where it meets, six digits; "" for online
	SchoolYear int                  `db:"school_year"` // the integer of its September
	State      State                `db:"state"`
	Public     bool                 `db:"is_public"`
	Open       bool                 `db:"is_open"` // takes requests
	Places     int                  `db:"places"`  // most members, 0 for any number
	Members    int                  `db:"members"`
	Previous   ID                   `db:"previous"`
	Reason     string               `db:"reason"`
	MadeBy     string               `db:"made_by"`
	CreatedAt  int64                `db:"created_at"`
	ChangedAt  int64                `db:"changed_at"`
}

const columns = `n.id, n.revision, n.trace, n.center, n.need, n.title, n.title_key, n.goal, n.audience, n.town, n.school_year, n.state,
	n.is_public, n.is_open, n.places, n.members, n.previous, n.reason, n.made_by, n.created_at, n.changed_at`

// Working tells whether people and plans still change.
func (n Network) Working() bool { return n.State == Forming || n.State == Active }

// Full tells that no place is left.
func (n Network) Full() bool { return n.Places > 0 && n.Members >= n.Places }

// Takes tells whether requests are taken now.
func (n Network) Takes() bool { return n.Working() && n.Open && !n.Full() }

// Duty is what somebody who leads a network does.
type Duty string

// The duties.
const (
	Coordinator Duty = "coordinator"
	Deputy      Duty = "deputy"
)

// Lead is somebody who leads a network.
type Lead struct {
	Network ID              `db:"network"`
	Person  access.PersonID `db:"person"`
	Duty    Duty            `db:"duty"`
	Since   int64           `db:"since"`
	Ended   int64           `db:"ended"` // 0 while it stands
}

// MemberState is how somebody stands to a network.
type MemberState string

// The states. Only Joined is a member.
const (
	Asked   MemberState = "asked"   // wants to come in
	Invited MemberState = "invited" // was asked in
	Joined  MemberState = "member"
	Refused MemberState = "refused" // by those who lead
	Left    MemberState = "left"    // by themselves, an invitation declined too
	Removed MemberState = "removed" // by those who lead
)

// Member is somebody's standing in a network.
type Member struct {
	ID          string               `db:"id"`
	Network     ID                   `db:"network"`
	Person      string               `db:"person"`
	Revision    int64                `db:"revision"`
	State       MemberState          `db:"state"`
	Institution access.InstitutionID `db:"institution"` // in which they joined; of somebody invited, whose head recommended it
	BySeat      string               `db:"by_seat"`
	ByRunning   string               `db:"by_running"`
	Role        access.Role          `db:"role"`
	NameKey     string               `db:"name_key"`
	Words       string               `db:"words"`
	Reason      string               `db:"reason"`
	At          int64                `db:"at"`
}

// welcome tells whether those who lead said yes already. An invitation that names
// a school is the recommendation of its head, who does not decide for them.
func (m Member) welcome() bool { return m.State == Invited && m.Institution == "" }

const memberColumns = `m.id, m.network, m.person, m.revision, m.state, m.institution, m.by_seat, m.by_running, m.role, m.name_key, m.words, m.reason, m.at`

// MeetingState is what became of a meeting.
type MeetingState string

// The states of a meeting.
const (
	Planned  MeetingState = "planned"
	Held     MeetingState = "held"
	Canceled MeetingState = "canceled"
)

// Meeting is a meeting of a network.
type Meeting struct {
	ID        MeetingID    `db:"id"`
	Network   ID           `db:"network"`
	Revision  int64        `db:"revision"`
	Title     string       `db:"title"`
	Program   string       `db:"program"`
	Place     string       `db:"place"`
	Link      string       `db:"link"`
	StartsAt  int64        `db:"starts_at"`
	EndsAt    int64        `db:"ends_at"`
	Shared    bool         `db:"shared"` // other networks may list it
	State     MeetingState `db:"state"`
	Reason    string       `db:"reason"`
	Record    string       `db:"record"` // its minutes
	Length    int          `db:"length"` // minutes that count, once held
	TakenBy   string       `db:"taken_by"`
	TakenAt   int64        `db:"taken_at"`
	ChangedAt int64        `db:"changed_at"`
}

const meetingColumns = `x.id, x.network, x.revision, x.title, x.program, x.place, x.link, x.starts_at, x.ends_at, x.shared, x.state, x.reason,
	x.record, x.length, x.taken_by, x.taken_at, x.changed_at`

// Attendance is one person at one meeting.
type Attendance struct {
	ID          string               `db:"id"`
	Meeting     MeetingID            `db:"meeting"`
	Person      string               `db:"person"`
	Revision    int64                `db:"revision"`
	Present     bool                 `db:"present"`
	Minutes     int                  `db:"minutes"`
	Institution access.InstitutionID `db:"institution"`
	BySeat      string               `db:"by_seat"`
	ByRunning   string               `db:"by_running"`
	Role        access.Role          `db:"role"`
}

const attendanceColumns = `a.id, a.meeting, a.person, a.revision, a.present, a.minutes, a.institution, a.by_seat, a.by_running, a.role`

// Task is a task of self-study.
type Task struct {
	ID      string `db:"id"`
	Network ID     `db:"network"`
	Title   string `db:"title"`
	Words   string `db:"words"`
	Due     string `db:"due"`
	Done    int    `db:"done"` // how many did it
	Mine    bool   `db:"mine"` // the reader did
}

// ByID reads a network as it lies, whoever asks. Not there: fault.ErrNotFound.
func ByID(ctx context.Context, r db.Reader, id ID) (n Network, err error) {
	if err := known(string(id)); err != nil {
		return n, err
	}
	return n, r.Get(ctx, &n, `select `+columns+` from networks_networks n where n.id = ?`, id)
}

// MeetingByID reads a meeting as it lies, whoever asks. Not there:
// fault.ErrNotFound.
func MeetingByID(ctx context.Context, r db.Reader, id MeetingID) (m Meeting, err error) {
	if err := known(string(id)); err != nil {
		return m, err
	}
	return m, r.Get(ctx, &m, `select `+meetingColumns+` from networks_meetings x where x.id = ?`, id)
}

// Leads are those who lead a network now, the coordinator first.
func Leads(ctx context.Context, r db.Reader, id ID) (all []Lead, err error) {
	return all, r.Select(ctx, &all, `select network, person, duty, since, ended from networks_leads where network = ? and ended = 0
		order by case when duty = 'coordinator' then 0 else 1 end, since, person`, id)
}

// topicsOf are the topics of a network, in a lasting order.
func topicsOf(ctx context.Context, r db.Reader, id ID) (all []string, err error) {
	return all, r.Select(ctx, &all, `select topic from networks_topics where network = ? order by topic`, id)
}

// memberOf is how a person stands to a network; the zero value for not at all.
func memberOf(ctx context.Context, r db.Reader, id ID, person string) (m Member, err error) {
	var list []Member
	err = r.Select(ctx, &list, `select `+memberColumns+` from networks_members m where m.network = ? and m.person = ?`, id, person)
	if err != nil || len(list) == 0 {
		return m, err
	}
	return list[0], nil
}
