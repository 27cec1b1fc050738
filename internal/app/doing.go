package app

import (
	"kladka/internal/agreements"
	"kladka/internal/agreements/ledger"
	"kladka/internal/agreements/plan"
	"kladka/internal/meetings"
	"kladka/internal/networks"
	"kladka/internal/networks/talk"
)

// Agreements are those between institutions, for the demo.
func (a *App) Agreements() *agreements.Service { return a.agreements }

// Ledger is the evidence of what was done.
func (a *App) Ledger() *ledger.Service { return a.ledger }

// Plan is the plan for the quality of education.
func (a *App) Plan() *plan.Service { return a.plan }

// Meetings are heads' meetings, the Forum, working groups and councils.
func (a *App) Meetings() *meetings.Service { return a.meetings }

// Networks are those of cooperation and self-learning.
func (a *App) Networks() *networks.Service { return a.networks }

// Talk is what people of a network say to one another.
func (a *App) Talk() *talk.Service { return a.talk }
