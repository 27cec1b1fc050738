package budget

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// ProjectState is where a project stands.
type ProjectState string

// The states. Their names are the field's own.
const (
	ProjectDraft      ProjectState = "draft"           // written, seen by its author alone
	ProjectFiled      ProjectState = "filed"           // sent; goes on at once to one of the next two
	ProjectSupport    ProjectState = "support_pending" // signatures are gathered
	ProjectFormal     ProjectState = "formal_check"    // is everything there, and may it be done at all
	ProjectMerit      ProjectState = "merit_check"     // can it be done, and what does it cost
	ProjectAccepted   ProjectState = "accepted"
	ProjectRejected   ProjectState = "rejected"
	ProjectProtested  ProjectState = "protested"
	ProjectRestored   ProjectState = "restored" // the protest was right
	ProjectUpheld     ProjectState = "upheld"   // the rejection stands
	ProjectOnBallot   ProjectState = "on_ballot"
	ProjectWon        ProjectState = "won"
	ProjectLost       ProjectState = "lost"
	ProjectInProgress ProjectState = "in_progress"
	ProjectDelivered  ProjectState = "delivered"
	ProjectWithdrawn  ProjectState = "withdrawn"
	ProjectMerged     ProjectState = "merged"
)

// ProjectStates are all states in the order in which lists offer them.
func ProjectStates() []ProjectState {
	return []ProjectState{ProjectDraft, ProjectFiled, ProjectSupport, ProjectFormal, ProjectMerit, ProjectAccepted, ProjectRejected, ProjectProtested,
		ProjectRestored, ProjectUpheld, ProjectOnBallot, ProjectWon, ProjectLost, ProjectInProgress, ProjectDelivered, ProjectWithdrawn, ProjectMerged}
}

// In tells whether the state is one of them.
func (s ProjectState) In(list ...ProjectState) bool { return slices.Contains(list, s) }

// Mover is who moves a project from one state to the next.
type Mover string

// The movers.
const (
	ByProposer Mover = "proposer"
	ByChecker  Mover = "checker" // BudgetCheck at the owner, and not the proposer
	ByRunner   Mover = "runner"  // BudgetRun at the owner
	ByOther    Mover = "other"   // BudgetRun at the owner, and not who rejected the project
	ByProgram  Mover = "program" // follows of itself: signatures are there, a day is over, votes are counted
)

// Move is one way from a state to the next.
type Move struct {
	From, To ProjectState
	By       Mover
}

// Moves are all ways that there are. No other exists, whoever asks; what a day
// of the calendar allows beside them say Filing, Protesting and Cutoff.
//
// A restored project goes back to the check that it never had: one rejected for
// its form to the check of its merits, one rejected for lack of support to that
// of its form. One that was rejected on its merits goes to the ballot.
func Moves() []Move {
	moves := []Move{
		{ProjectDraft, ProjectFiled, ByProposer},
		{ProjectFiled, ProjectSupport, ByProgram},
		{ProjectFiled, ProjectFormal, ByProgram},
		{ProjectSupport, ProjectFormal, ByProgram},
		{ProjectSupport, ProjectRejected, ByProgram},
		{ProjectFormal, ProjectMerit, ByChecker},
		{ProjectFormal, ProjectRejected, ByRunner},
		{ProjectMerit, ProjectAccepted, ByRunner},
		{ProjectMerit, ProjectRejected, ByRunner},
		{ProjectRejected, ProjectProtested, ByProposer},
		{ProjectProtested, ProjectRestored, ByOther},
		{ProjectProtested, ProjectUpheld, ByOther},
		{ProjectRestored, ProjectFormal, ByOther},
		{ProjectRestored, ProjectMerit, ByOther},
		{ProjectAccepted, ProjectOnBallot, ByProgram},
		{ProjectRestored, ProjectOnBallot, ByProgram},
		{ProjectOnBallot, ProjectWon, ByProgram},
		{ProjectOnBallot, ProjectLost, ByProgram},
		{ProjectWon, ProjectInProgress, ByRunner},
		{ProjectInProgress, ProjectDelivered, ByRunner},
	}
	for _, from := range takenBack {
		moves = append(moves, Move{from, ProjectWithdrawn, ByProposer})
		if from != ProjectDraft {
			moves = append(moves, Move{from, ProjectMerged, ByProposer})
		}
	}
	return moves
}

// takenBack are the states from which a project can be withdrawn, and merged
// into another, until the cutoff.
var takenBack = []ProjectState{ProjectDraft, ProjectFiled, ProjectSupport, ProjectFormal, ProjectMerit, ProjectAccepted, ProjectProtested, ProjectRestored}

// MayMove tells whether there is such a way for such a mover.
func MayMove(from, to ProjectState, by Mover) bool {
	return slices.Contains(Moves(), Move{from, to, by})
}

// Next are the states to which a mover can bring a project from this one.
func (s ProjectState) Next(by Mover) (list []ProjectState) {
	for _, m := range Moves() {
		if m.From == s && m.By == by {
			list = append(list, m.To)
		}
	}
	return list
}

// Public tells whether everybody may read a project in the state.
func (s ProjectState) Public() bool { return s != ProjectDraft }

// badge colors the word of a state: on its way to the vote or beyond, out, or
// something has to be done in time.
func (s ProjectState) badge() string {
	switch s {
	case ProjectAccepted, ProjectRestored, ProjectOnBallot, ProjectWon, ProjectInProgress, ProjectDelivered:
		return "ok"
	case ProjectRejected, ProjectUpheld:
		return "bad"
	case ProjectProtested, ProjectSupport:
		return "warn"
	}
	return ""
}

// midnightAfter is the first local midnight that comes so many whole days after
// an instant: 10 days from any hour of the 3rd end with the 13th. It counts days
// of the calendar, so that a change of the clock takes no hour away.
func midnightAfter(from int64, days int) int64 {
	t := time.Unix(from, 0).In(web.Warsaw)
	return time.Date(t.Year(), t.Month(), t.Day()+days+1, 0, 0, 0, 0, web.Warsaw).Unix()
}

// Filing returns nil when projects are taken at the moment.
func Filing(e Edition, now time.Time) error {
	if e.Phase(now) != PhaseFiling {
		return fault.New(fault.Conflict, "budget.fault.not_filing")
	}
	return nil
}

// Cutoff returns nil while a project of the edition can still be withdrawn or
// merged: until the day of the calendar, and never after the freeze.
func Cutoff(e Edition, now time.Time) error {
	ends := dayStop(e.Rules.Calendar.WithdrawTo)
	if e.State != Published || !ends.IsZero() && !now.Before(ends) {
		return fault.New(fault.Conflict, "budget.fault.cutoff")
	}
	return nil
}

// Protesting returns nil while the proposer may protest against a rejection. The
// clock runs from the publication of the decision; nobody can protest before it.
func Protesting(p Project, now time.Time) error {
	switch {
	case p.State != ProjectRejected || p.PublishedAt == 0:
		return fault.New(fault.Conflict, "budget.fault.not_rejected")
	case now.Unix() >= p.ProtestUntil:
		return fault.New(fault.Conflict, "budget.fault.protest_late")
	}
	return nil
}

// Item is one thing that a project costs. Amount is in grosze.
type Item struct {
	Name   string `db:"name"`
	Amount int64  `db:"amount"`
	Source string `db:"source"` // from where the price is known: "oferta sklepu", "cennik szkoły"
}

// Total is what the items cost together.
func Total(items []Item) (sum int64) {
	for _, i := range items {
		sum += i.Amount
	}
	return sum
}

// Most items of one project and most money of one item.
const (
	mostItems  = 60
	mostAmount = 100_000_000_000 // grosze of one item: a milliard of zlotys
)

// Missing tells what a draft lacks to be filed in a pool; nothing when it is
// whole. Each fault stands at the field of the step where it is mended.
func Missing(p Project, items []Item, pool Pool) (faults []fault.Field) {
	add := func(lacks bool, name, key string, args ...any) {
		if lacks {
			faults = append(faults, fault.Field{Name: name, Key: "budget.lack." + key, Args: args})
		}
	}
	add(p.Title == "", "tytul", "title")
	add(p.Words == "", "opis", "words")
	add(p.Place == "", "miejsce", "place")
	add(len(items) == 0, "pozycje", "items")
	sum, most := Total(items), pool.MostCost()
	add(len(items) > 0 && sum < pool.MinCost, "pozycje", "too_cheap", "cost_money", sum, "least_money", pool.MinCost)
	add(sum > most, "pozycje", "too_dear", "cost_money", sum, "most_money", most)
	return faults
}

// MostCost is the most that one project of the pool may cost.
func (p Pool) MostCost() int64 {
	if p.MaxCost == 0 {
		return p.Budget
	}
	return min(p.MaxCost, p.Budget)
}

// Spot is a place on the map in millionths of a degree; the zero Spot is none.
type Spot struct {
	Lat, Lon int64
}

// There tells that the spot is one.
func (s Spot) There() bool { return s != Spot{} }

// ParseSpot reads "50.0614, 19.9366", as maps show it when one clicks: with a
// point or a comma in the numbers, divided by a comma, a semicolon or a space.
// Empty is no spot. It takes only what lies in Poland or near it: anything else
// is a slip of the finger.
func ParseSpot(text string) (s Spot, ok bool) {
	text = strings.NewReplacer("°", "", "N", "", "E", "", ";", " ", ", ", " ", "\t", " ").Replace(strings.TrimSpace(text))
	if text == "" {
		return s, true
	}
	parts := strings.Fields(text)
	if len(parts) == 1 {
		parts = strings.Split(parts[0], ",")
	}
	if len(parts) != 2 {
		return s, false
	}
	lat, okLat := parseDegrees(parts[0])
	lon, okLon := parseDegrees(parts[1])
	s = Spot{lat, lon}
	if !okLat || !okLon || lat < 49_000_000 || lat > 55_000_000 || lon < 14_000_000 || lon > 24_500_000 {
		return Spot{}, false
	}
	return s, true
}

// parseDegrees reads a number such as 50.0614 in millionths; further digits are
// less than a meter and are left out.
func parseDegrees(text string) (n int64, ok bool) {
	whole, part, _ := strings.Cut(strings.Replace(text, ",", ".", 1), ".")
	if whole == "" || len(whole) > 3 || len(part) > 20 {
		return 0, false
	}
	for _, c := range whole + part {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	for _, c := range whole + (part + "000000")[:6] {
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// ParseMoney reads zlotys as people write them, in grosze: 1250; 1 250,50 zł.
// Empty, nothing and less than nothing is no price.
func ParseMoney(text string) (grosze int64, ok bool) {
	text = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(text)), "zł")
	text = strings.NewReplacer(" ", "", "\u00a0", "", ".", ",").Replace(text)
	whole, part, _ := strings.Cut(text, ",")
	if len(part) > 2 || whole == "" || len(whole) > 10 {
		return 0, false
	}
	for _, c := range whole + part {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	for _, c := range whole + (part + "00")[:2] {
		grosze = grosze*10 + int64(c-'0')
	}
	return grosze, grosze > 0 && grosze <= mostAmount
}

// Words writes the spot as ParseSpot reads it, "" for none.
func (s Spot) Words() string {
	if !s.There() {
		return ""
	}
	return fmt.Sprintf("%d.%05d, %d.%05d", s.Lat/1e6, s.Lat%1e6/10, s.Lon/1e6, s.Lon%1e6/10)
}
