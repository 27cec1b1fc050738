package plan

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Asks is what diagnosis and the sheets of municipalities ask of other modules.
// Wiring answers; of what is nil the pages say that it is not kept here.
type Asks struct {
	Schools Schools
	Needs   Needs
	Open    Open
	Acts    Acts
	Own     OwnFigures
}

// Schools are the schools of a municipality, by seat.
type Schools interface {
	// SchoolsIn are the first most of them by name, and how many there are.
	SchoolsIn(ctx context.Context, l *i18n.L, town string, most int) (list []School, all int, err error)
}

// School is a school on the sheet of its municipality.
type School struct {
	Name, Kind, Href string
}

// Needs tells what came back for the needs that institutions of a municipality
// reported. What the actor may not see is left out: how many of them is not told.
type Needs interface {
	CameBack(ctx context.Context, who access.Actor, l *i18n.L, town string, schoolYear int) ([]CameBack, error)
}

// CameBack is one need and what was answered to it.
type CameBack struct {
	Topic  string
	Answer string // in words: "szkolenie, wrzesień", "odmowa z uzasadnieniem", "" while it waits
	Href   string // where the actor reads more; "" for nowhere
}

// Open tells what is open in a municipality: arrangements, action items.
type Open interface {
	OpenIn(ctx context.Context, who access.Actor, l *i18n.L, town string) ([]Matter, error)
}

// Matter is something that waits.
type Matter struct {
	Title, Who, Href string
	By               string // day YYYY-MM-DD, "" when nothing presses
}

// Acts are the activities in which people of a municipality took part, by key.
type Acts interface {
	ActsOf(ctx context.Context, town string, schoolYear int, at web.Cursor, n int) (list []ledger.Listed, more bool, err error)
}
