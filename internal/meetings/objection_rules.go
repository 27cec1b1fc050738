package meetings

// Clock is what decides when minutes are adopted by silence.
type Clock struct {
	SentAt      int64 // 0: not sent round
	UntilAt     int64 // objections are taken before it
	Content     int64
	SentContent int64
	Open        int // objections without an answer
	Clashes     int // items with two wordings
}

// Waits is what the adoption waits for.
type Waits string

// What it waits for, in the order in which it is told.
const (
	WaitsSending Waits = "sending" // nobody has been shown the minutes
	WaitsAnswers Waits = "answers" // somebody objected and was not answered
	WaitsAgain   Waits = "again"   // they say something else than what was sent round
	WaitsDays    Waits = "days"    // there is time to object
	WaitsNothing Waits = ""        // they are adopted
)

// Waits tells what stands between minutes and their adoption by silence:
//
//  1. Silence is counted from the day on which everybody was shown the text.
//  2. An objection stops the clock until it is answered. One that was dismissed
//     with a reason lets it run on; one that was taken changes the text.
//  3. What was changed is sent again, and the days begin anew: nobody is silent
//     about words that they have not seen.
//
// It is a rule of values alone.
func (c Clock) Waits(now int64) Waits {
	switch {
	case c.SentAt == 0:
		return WaitsSending
	case c.Open > 0:
		return WaitsAnswers
	case c.Content != c.SentContent || c.Clashes > 0:
		return WaitsAgain
	case now < c.UntilAt:
		return WaitsDays
	}
	return WaitsNothing
}
