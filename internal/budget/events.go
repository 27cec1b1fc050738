package budget

import "kladka/internal/access"

// The events of the module. They hold no names and no words.

// VoteOpened tells that the hours of voting of an edition began.
type VoteOpened struct {
	Edition EditionID            `json:"edition"`
	Owner   access.InstitutionID `json:"owner"`
	Kind    Kind                 `json:"kind"`
}

// EventName implements events.Event.
func (VoteOpened) EventName() string { return "budget.vote_opened" }

// VoteClosed tells that they ended.
type VoteClosed struct {
	Edition EditionID            `json:"edition"`
	Owner   access.InstitutionID `json:"owner"`
	Kind    Kind                 `json:"kind"`
}

// EventName implements events.Event.
func (VoteClosed) EventName() string { return "budget.vote_closed" }

// WasCounted tells that the votes of an edition were opened and counted.
type WasCounted struct {
	Edition EditionID            `json:"edition"`
	Owner   access.InstitutionID `json:"owner"`
	Kind    Kind                 `json:"kind"`
}

// EventName implements events.Event.
func (WasCounted) EventName() string { return "budget.counted" }
