package meetings

import "kladka/internal/access"

// The events of the module. They hold no names and no words; minutes are
// minutes of time. Void takes back what an earlier version told.

// WasHeld tells that a meeting happened. Its subject is the meeting.
type WasHeld struct {
	Meeting    MeetingID            `json:"meeting"`
	Owner      access.InstitutionID `json:"owner"`
	Kind       Kind                 `json:"kind"`
	SchoolYear int                  `json:"school_year"`
	On         string               `json:"on"` // YYYY-MM-DD
	Minutes    int                  `json:"minutes"`
	Void       bool                 `json:"void,omitempty"`
}

// EventName implements events.Event.
func (WasHeld) EventName() string { return "meetings.held" }

// Attended tells that somebody was at a meeting that happened. Its subject is
// the attendance row: one per head and meeting, counted at the first unit.
type Attended struct {
	Meeting     MeetingID            `json:"meeting"`
	Owner       access.InstitutionID `json:"owner"`
	Kind        Kind                 `json:"kind"`
	Institution access.InstitutionID `json:"institution"`
	BySeat      string               `json:"by_seat"`
	ByRunning   string               `json:"by_running,omitempty"`
	PersonKey   string               `json:"person_key,omitempty"`
	Role        access.Role          `json:"role"`
	SchoolYear  int                  `json:"school_year"`
	On          string               `json:"on"`
	Minutes     int                  `json:"minutes"`
	Void        bool                 `json:"void,omitempty"`
}

// EventName implements events.Event.
func (Attended) EventName() string { return "meetings.attended" }

// Consulted tells the hours of an expert who was asked about a program. Its
// subject is the expert's row.
type Consulted struct {
	Meeting     MeetingID            `json:"meeting"`
	Owner       access.InstitutionID `json:"owner"`
	Expert      ExpertID             `json:"expert"`
	Institution access.InstitutionID `json:"institution,omitempty"`
	PersonKey   string               `json:"person_key,omitempty"`
	SchoolYear  int                  `json:"school_year"`
	On          string               `json:"on"`
	Minutes     int                  `json:"minutes"`
	Void        bool                 `json:"void,omitempty"`
}

// EventName implements events.Event.
func (Consulted) EventName() string { return "meetings.consulted" }

// Ordered tells that a decision about a topic orders a workshop. Who listens
// asks PlanFor for the words.
type Ordered struct {
	Topic      TopicID              `json:"topic"`
	Meeting    MeetingID            `json:"meeting"`
	Decision   string               `json:"decision"`
	Target     string               `json:"target"` // id of the training that is to be made
	Center     access.InstitutionID `json:"center"`
	SchoolYear int                  `json:"school_year"`
}

// EventName implements events.Event.
func (Ordered) EventName() string { return "meetings.ordered" }

// WasDecided tells that a decision of a Forum shall become an executive
// arrangement under an area of an agreement.
type WasDecided struct {
	Meeting    MeetingID `json:"meeting"`
	Decision   string    `json:"decision"`
	Agreement  string    `json:"agreement"`
	Area       string    `json:"area"`
	SchoolYear int       `json:"school_year"`
}

// EventName implements events.Event.
func (WasDecided) EventName() string { return "meetings.decided" }
