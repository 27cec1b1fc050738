package meetings

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/db"
)

// Keys of what this package keeps.
type (
	SeriesID     string
	MeetingID    string
	ItemID       string
	TopicID      string
	InvitationID string
	AttendanceID string
	ExpertID     string
)

// Kind is what sort of body meets.
type Kind string

// The kinds.
const (
	Heads   Kind = "heads"   // of one authority: its heads are invited, nobody names them
	Forum   Kind = "forum"   // of the metropolis: forum delegates of all municipalities, and named parties
	Group   Kind = "group"   // working group: named members
	Council Kind = "council" // named members, with quorum and votes
)

// Kinds are all kinds.
func Kinds() []Kind { return []Kind{Heads, Forum, Group, Council} }

// Series is a body that meets again and again. Instants are UTC seconds.
type Series struct {
	ID        SeriesID             `db:"id"`
	Revision  int64                `db:"revision"`
	Kind      Kind                 `db:"kind"`
	Owner     access.InstitutionID `db:"owner"` // authority's office, association or center that runs it
	Title     string               `db:"title"`
	TitleKey  string               `db:"title_key"`
	Words     string               `db:"words"`
	Ended     bool                 `db:"ended"` // takes no topics and no meetings any more
	CreatedAt int64                `db:"created_at"`
	ChangedAt int64                `db:"changed_at"`
}

// SeriesColumns are all columns of a Series, of the table under the name s.
const SeriesColumns = `s.id, s.revision, s.kind, s.owner, s.title, s.title_key, s.words, s.ended, s.created_at, s.changed_at`

// Member belongs to a series: a person, or whoever joins meetings for an
// institution (Person is "" then).
type Member struct {
	Series      SeriesID             `db:"series"`
	ID          string               `db:"id"`
	Person      access.PersonID      `db:"person"`
	Institution access.InstitutionID `db:"institution"`
	Since       int64                `db:"since"`
}

// State is where a meeting stands.
type State string

// The states, in their order. Canceled from any before MinutesDraft.
const (
	Planned        State = "planned"       // seen by those who run it
	AgendaOpen     State = "agenda_open"   // announced: topics come in, people answer
	AgendaClosed   State = "agenda_closed" // no more topics
	Convened       State = "convened"      // the final agenda was sent
	Held           State = "held"          //
	MinutesDraft   State = "minutes_draft" // objections may be raised
	MinutesAdopted State = "minutes_adopted"
	Archived       State = "archived"
	Canceled       State = "canceled"
)

// States are all states in their order.
func States() []State {
	return []State{Planned, AgendaOpen, AgendaClosed, Convened, Held, MinutesDraft, MinutesAdopted, Archived, Canceled}
}

// In tells whether the state is one of them.
func (s State) In(list ...State) bool { return slices.Contains(list, s) }

// Over tells that the meeting happened.
func (s State) Over() bool { return s.In(Held, MinutesDraft, MinutesAdopted, Archived) }

// Announced tells that it was announced and is yet to come.
func (s State) Announced() bool { return s.In(AgendaOpen, AgendaClosed, Convened) }

// Meeting is one meeting of a series.
type Meeting struct {
	ID           MeetingID            `db:"id"`
	Revision     int64                `db:"revision"`
	Trace        string               `db:"trace"`
	Series       SeriesID             `db:"series"`
	Kind         Kind                 `db:"kind"`
	Owner        access.InstitutionID `db:"owner"`
	State        State                `db:"state"`
	Title        string               `db:"title"`
	TitleKey     string               `db:"title_key"`
	Words        string               `db:"words"` // to those invited, plain text
	Place        string               `db:"place"`
	Online       string               `db:"online"` // https address of a stream or call, shown to those invited
	SchoolYear   int                  `db:"school_year"`
	StartsAt     int64                `db:"starts_at"`
	EndsAt       int64                `db:"ends_at"`
	TopicsUntil  int64                `db:"topics_until"`  // topics close before it
	ReplyUntil   int64                `db:"reply_until"`   // replies are asked for before it
	ExpertsUntil int64                `db:"experts_until"` // named experts see the draft before it, 0: no experts are asked
	Minutes      int                  `db:"minutes"`       // how long it really took, 0 until it was held
	LateWhy      string               `db:"late_why"`      // why it was announced later than the notice asks
	CanceledWhy  string               `db:"canceled_why"`
	RemindedAt   int64                `db:"reminded_at"` // who had not answered was reminded
	AnnouncedAt  int64                `db:"announced_at"`
	ConvenedAt   int64                `db:"convened_at"`
	HeldAt       int64                `db:"held_at"`
	CreatedBy    string               `db:"created_by"`
	CreatedAt    int64                `db:"created_at"`
	ChangedAt    int64                `db:"changed_at"`
}

// MeetingColumns are all columns of a Meeting, of the table under the name m.
const MeetingColumns = `m.id, m.revision, m.trace, m.series, m.kind, m.owner, m.state, m.title, m.title_key, m.words, m.place, m.online, m.school_year,
	m.starts_at, m.ends_at, m.topics_until, m.reply_until, m.experts_until, m.minutes, m.late_why, m.canceled_why, m.reminded_at, m.announced_at,
	m.convened_at, m.held_at, m.created_by, m.created_at, m.changed_at`

// ItemKind is what sort of item stands on an agenda.
type ItemKind string

// The kinds of items. Standing is the one that stands first: the decisions
// that are still open, read anew each time the agenda is shown.
const (
	Plain    ItemKind = "plain"
	OfTopic  ItemKind = "topic"    // a topic that was proposed
	Standing ItemKind = "standing" // open decisions
	Pause    ItemKind = "pause"
)

// Item is one item of an agenda. E2's minutes hang on its id.
type Item struct {
	ID       ItemID    `db:"id"`
	Meeting  MeetingID `db:"meeting"`
	Revision int64     `db:"revision"`
	No       int       `db:"no"` // from 1, in the order of the agenda
	Kind     ItemKind  `db:"kind"`
	Title    string    `db:"title"`
	Words    string    `db:"words"`
	Topic    TopicID   `db:"topic"`
	From     ItemID    `db:"from_item"` // carried over from it, "" when new
	Minutes  int       `db:"minutes"`   // planned
	Speaker  string    `db:"speaker"`   // name and function, as printed
	Guests   string    `db:"guests"`    // the same, one a line
	Done     bool      `db:"done"`      // finished at this meeting
}

// ItemColumns are all columns of an Item, of the table under the name i.
const ItemColumns = `i.id, i.meeting, i.revision, i.no, i.kind, i.title, i.words, i.topic, i.from_item, i.minutes, i.speaker, i.guests, i.done`

// TopicState is where a topic stands.
type TopicState string

// The states of a topic. Proposed, Accepted and Deferred wait for a meeting;
// OnAgenda is on one; Decided was decided about there; Done was carried out.
const (
	Proposed  TopicState = "proposed"
	Accepted  TopicState = "accepted"
	Deferred  TopicState = "deferred"
	Declined  TopicState = "declined"
	Merged    TopicState = "merged"
	Withdrawn TopicState = "withdrawn"
	OnAgenda  TopicState = "on_agenda"
	Decided   TopicState = "decided"
	Done      TopicState = "done"
)

// Open tells that people may support the topic.
func (s TopicState) Open() bool {
	return s == Proposed || s == Accepted || s == Deferred || s == OnAgenda
}

// Topic is a matter that somebody wants talked about.
type Topic struct {
	ID          TopicID              `db:"id"`
	Revision    int64                `db:"revision"`
	Trace       string               `db:"trace"`
	Series      SeriesID             `db:"series"`
	Kind        Kind                 `db:"kind"`
	Owner       access.InstitutionID `db:"owner"`
	State       TopicState           `db:"state"`
	Title       string               `db:"title"`
	TitleKey    string               `db:"title_key"`
	Words       string               `db:"words"`
	Subject     string               `db:"subject"`     // topic of the vocabulary, "" for none
	Proposer    access.PersonID      `db:"proposer"`    // "" once erased
	Institution access.InstitutionID `db:"institution"` // for which it was proposed
	Hidden      bool                 `db:"hidden"`      // the name, and the institution with it, from peers
	Supports    int                  `db:"supports"`    // voices, the proposer's included
	Reason      string               `db:"reason"`      // of the last decision about it
	Into        TopicID              `db:"into_topic"`  // of one that was merged
	Meeting     MeetingID            `db:"meeting"`     // on whose agenda it stands or was talked about
	ProposedAt  int64                `db:"proposed_at"`
	ChangedAt   int64                `db:"changed_at"`
}

// TopicColumns are all columns of a Topic, of the table under the name t.
const TopicColumns = `t.id, t.revision, t.trace, t.series, t.kind, t.owner, t.state, t.title, t.title_key, t.words, t.subject, t.proposer, t.institution,
	t.hidden, t.supports, t.reason, t.into_topic, t.meeting, t.proposed_at, t.changed_at`

// Support is one voice for a topic, as it covers one unit. A head of two units
// gives one voice with two rows; Voice joins them.
type Support struct {
	Topic  TopicID         `db:"topic"`
	Unit   string          `db:"unit"`  // head unit, institution or person: see Seat.Keys
	Voice  string          `db:"voice"` // the same in all rows of one voice
	Person access.PersonID `db:"person"`
	At     int64           `db:"at"`
}

// Reply is what somebody answered to an invitation.
type Reply string

// The replies.
const (
	NoReply    Reply = ""
	Comes      Reply = "yes"
	StaysAway  Reply = "no"
	Substitute Reply = "substitute" // somebody comes instead, named
)

// Invitation is one seat at a meeting: one head with all units led, or one
// member. Of a unit without a head's account Person is "".
type Invitation struct {
	ID          InvitationID         `db:"id"`
	Revision    int64                `db:"revision"`
	Meeting     MeetingID            `db:"meeting"`
	Person      access.PersonID      `db:"person"`
	Role        access.Role          `db:"role"`
	Institution access.InstitutionID `db:"institution"` // first of the units listed
	SortKey     string               `db:"sort_key"`    // of its name
	Reply       Reply                `db:"reply"`
	RepliedBy   access.PersonID      `db:"replied_by"`
	RepliedAt   int64                `db:"replied_at"`
	Instead     string               `db:"instead"` // name of the substitute
	RemindedAt  int64                `db:"reminded_at"`
}

// InvitationColumns are all columns of an Invitation, of the table under the name v.
const InvitationColumns = `v.id, v.revision, v.meeting, v.person, v.role, v.institution, v.sort_key, v.reply, v.replied_by, v.replied_at, v.instead, v.reminded_at`

// Attendance says who was there for an invitation: one head or deputy, or a
// substitute, for all units of the invitation. Its id is the subject of
// meetings.attended, its revision the version.
type Attendance struct {
	ID          AttendanceID         `db:"id"`
	Revision    int64                `db:"revision"`
	Meeting     MeetingID            `db:"meeting"`
	Invitation  InvitationID         `db:"invitation"`
	Person      access.PersonID      `db:"person"` // "" for somebody without an account
	Name        string               `db:"name"`   // of such a one, as written on the list
	Role        access.Role          `db:"role"`
	Institution access.InstitutionID `db:"institution"`
	BySeat      string               `db:"by_seat"`    // municipality, six digits
	ByRunning   string               `db:"by_running"` // municipality that runs it, "" for others
	Present     bool                 `db:"present"`
	By          access.PersonID      `db:"by_person"`
	At          int64                `db:"at"`
}

// AttendanceColumns are all columns of an Attendance, of the table under the name a.
const AttendanceColumns = `a.id, a.revision, a.meeting, a.invitation, a.person, a.name, a.role, a.institution, a.by_seat, a.by_running, a.present, a.by_person, a.at`

// Expert is somebody to whom a program was opened: a person with an account, or
// a typed name with an institution. What an expert without an account says is
// typed in by those who run the meeting.
type Expert struct {
	ID          ExpertID             `db:"id"`
	Revision    int64                `db:"revision"`
	Meeting     MeetingID            `db:"meeting"`
	Person      access.PersonID      `db:"person"`
	Name        string               `db:"name"`
	Institution access.InstitutionID `db:"institution"` // of the directory, "" when From is typed
	From        string               `db:"from_words"`
	Opinion     string               `db:"opinion"`
	OpinionAt   int64                `db:"opinion_at"`
	Minutes     int                  `db:"minutes"` // of work, 0 until said
	On          string               `db:"on_day"`  // YYYY-MM-DD of the work
	AskedAt     int64                `db:"asked_at"`
}

// ExpertColumns are all columns of an Expert, of the table under the name e.
const ExpertColumns = `e.id, e.revision, e.meeting, e.person, e.name, e.institution, e.from_words, e.opinion, e.opinion_at, e.minutes, e.on_day, e.asked_at`

// SeriesByID reads a series as it lies, whoever asks. Not there: fault.ErrNotFound.
func SeriesByID(ctx context.Context, r db.Reader, id SeriesID) (s Series, err error) {
	if err := known(string(id)); err != nil {
		return s, err
	}
	return s, r.Get(ctx, &s, `select `+SeriesColumns+` from meetings_series s where s.id = ?`, id)
}

// MeetingByID reads a meeting as it lies, whoever asks. Not there: fault.ErrNotFound.
func MeetingByID(ctx context.Context, r db.Reader, id MeetingID) (m Meeting, err error) {
	if err := known(string(id)); err != nil {
		return m, err
	}
	return m, r.Get(ctx, &m, `select `+MeetingColumns+` from meetings_meetings m where m.id = ?`, id)
}

// TopicByID reads a topic as it lies, whoever asks. Not there: fault.ErrNotFound.
func TopicByID(ctx context.Context, r db.Reader, id TopicID) (t Topic, err error) {
	if err := known(string(id)); err != nil {
		return t, err
	}
	return t, r.Get(ctx, &t, `select `+TopicColumns+` from meetings_topics t where t.id = ?`, id)
}

// ItemByID reads an item of the meeting. Not there, or another's: fault.ErrNotFound.
func ItemByID(ctx context.Context, r db.Reader, meeting MeetingID, id ItemID) (i Item, err error) {
	if err := known(string(id)); err != nil {
		return i, err
	}
	return i, r.Get(ctx, &i, `select `+ItemColumns+` from meetings_items i where i.id = ? and i.meeting = ?`, id, meeting)
}

// ExpertByID reads an expert's row as it lies, whoever asks. Not there: fault.ErrNotFound.
func ExpertByID(ctx context.Context, r db.Reader, id ExpertID) (e Expert, err error) {
	if err := known(string(id)); err != nil {
		return e, err
	}
	return e, r.Get(ctx, &e, `select `+ExpertColumns+` from meetings_experts e where e.id = ?`, id)
}

// ItemsOf is the agenda of a meeting in its order.
func ItemsOf(ctx context.Context, r db.Reader, id MeetingID) (list []Item, err error) {
	return list, r.Select(ctx, &list, `select `+ItemColumns+` from meetings_items i where i.meeting = ? order by i.no, i.id`, id)
}

// InvitationsOf are the seats of a meeting by the names of institutions.
func InvitationsOf(ctx context.Context, r db.Reader, id MeetingID) (list []Invitation, err error) {
	return list, r.Select(ctx, &list, `select `+InvitationColumns+` from meetings_invitations v where v.meeting = ? order by v.sort_key, v.id`, id)
}

// AttendanceOf is who was noted at a meeting, present or not.
func AttendanceOf(ctx context.Context, r db.Reader, id MeetingID) (list []Attendance, err error) {
	return list, r.Select(ctx, &list, `select `+AttendanceColumns+` from meetings_attendance a where a.meeting = ? order by a.id`, id)
}
