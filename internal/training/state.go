package training

import "slices"

// State is where an enrollment stands. Domain brief, section 1; Pending and
// Offered are ours: a guest's seat before the mailed link was used, and a seat
// that waits for an answer.
type State string

// The states.
const (
	Pending   State = "pending"   // a guest has not used the mailed link yet; the seat is kept for an hour
	Applied   State = "applied"   // the head's approval or an officer's decision is awaited
	Waiting   State = "waiting"   // on the waiting list
	Offered   State = "offered"   // a seat came free and is theirs until the hour named
	Qualified State = "qualified" // admitted by an officer, to be confirmed by the person
	Confirmed State = "confirmed"

	Attended  State = "attended" // was there, hours not yet settled
	Absent    State = "absent"
	Completed State = "completed"          // attended enough
	Issued    State = "certificate_issued" // and has the paper

	Rejected State = "rejected" // by the head or an officer
	Resigned State = "resigned"
	Lapsed   State = "lapsed" // did not confirm or answer in time
	Dropped  State = "canceled_by_organizer"
)

// next are the steps that there are. What is not here cannot happen.
var next = map[State][]State{
	"":        {Pending, Applied, Waiting, Confirmed},
	Pending:   {Applied, Waiting, Offered, Confirmed, Lapsed, Resigned, Dropped},
	Applied:   {Waiting, Qualified, Confirmed, Rejected, Resigned, Lapsed, Dropped},
	Waiting:   {Offered, Applied, Confirmed, Rejected, Resigned, Lapsed, Dropped},
	Offered:   {Confirmed, Applied, Lapsed, Resigned, Rejected, Dropped},
	Qualified: {Confirmed, Lapsed, Resigned, Rejected, Dropped},
	Confirmed: {Attended, Absent, Completed, Resigned, Rejected, Dropped},
	Attended:  {Completed, Absent, Confirmed},
	Absent:    {Completed, Attended, Confirmed},
	Completed: {Issued, Absent, Attended},
	Issued:    {Completed},
}

// May tells whether an enrollment in one state may come to another.
func (s State) May(to State) bool { return slices.Contains(next[s], to) }

// Active tells whether the person is in the training or on its way into it.
func (s State) Active() bool {
	return s != "" && !slices.Contains([]State{Rejected, Resigned, Lapsed, Dropped}, s)
}

// In tells whether the person is admitted: sees the link to the online room and
// stands on the list of attendance.
func (s State) In() bool {
	return slices.Contains([]State{Confirmed, Attended, Absent, Completed, Issued}, s)
}

// States are all states in the order of the way.
func States() []State {
	return []State{Pending, Applied, Waiting, Offered, Qualified, Confirmed, Attended, Absent, Completed, Issued, Rejected, Resigned, Lapsed, Dropped}
}
