package needs

import "kladka/internal/access"

// Ordered tells that a need shall be answered by something that is made now.
// Who listens asks OrderFor for the words and the seats: no event holds words.
type Ordered struct {
	Need     NeedID               `json:"need"`
	Campaign CampaignID           `json:"campaign"`
	Decision DecisionID           `json:"decision"`
	Kind     Answer               `json:"kind"`
	Target   string               `json:"target"` // id that what is made shall have
	Center   access.InstitutionID `json:"center"`
}

// EventName implements events.Event.
func (Ordered) EventName() string { return "needs.ordered" }

// WasAnswered tells that a decision about a need was made, a refusal included.
type WasAnswered struct {
	Need       NeedID     `json:"need"`
	Campaign   CampaignID `json:"campaign"`
	Decision   DecisionID `json:"decision"`
	Kind       Answer     `json:"kind"`
	Topic      string     `json:"topic"`
	SchoolYear int        `json:"school_year"`
}

// EventName implements events.Event.
func (WasAnswered) EventName() string { return "needs.answered" }
