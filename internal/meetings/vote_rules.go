package meetings

// Way is how a vote is taken.
type Way string

// The ways. Hands are counted in the room and typed in. With Names everybody
// present votes on their own page, and the minutes tell who voted how. With
// Secret everybody present votes on their own page and nobody can look up how.
const (
	Hands  Way = "hands"
	Names  Way = "names"
	Secret Way = "secret"
)

// Ways are all of them.
func Ways() []Way { return []Way{Hands, Names, Secret} }

// Choice is what somebody votes for.
type Choice string

// The choices.
const (
	For     Choice = "for"
	Against Choice = "against"
	Abstain Choice = "abstain"
)

// Choices are all of them, in the order of the ballot.
func Choices() []Choice { return []Choice{For, Against, Abstain} }

// Quorum is how many of those entitled must be present.
type Quorum string

// The quorums.
const (
	NoQuorum  Quorum = "none"
	HalfThere Quorum = "half"  // at least a half
	MostThere Quorum = "most"  // more than a half
	ThirdsOf  Quorum = "third" // at least two thirds
)

// Quorums are all of them.
func Quorums() []Quorum { return []Quorum{NoQuorum, HalfThere, MostThere, ThirdsOf} }

// Majority is how many votes carry a motion.
type Majority string

// The majorities.
const (
	Simple   Majority = "simple"   // more for than against; who abstains does not count
	Absolute Majority = "absolute" // more than a half of all votes, abstentions counted
	Thirds   Majority = "thirds"   // at least two thirds of all votes, abstentions counted
	OfAll    Majority = "of_all"   // more than a half of all who are entitled
)

// Majorities are all of them.
func Majorities() []Majority { return []Majority{Simple, Absolute, Thirds, OfAll} }

// Rules are what a body asks of a vote.
type Rules struct {
	Way      Way      `db:"way"`
	Quorum   Quorum   `db:"quorum"`
	Majority Majority `db:"majority"`
}

// Tally is what was counted.
type Tally struct {
	Entitled int `db:"entitled"` // members of the body, one vote for each head
	Present  int `db:"present"`
	For      int `db:"votes_for"`
	Against  int `db:"votes_against"`
	Abstain  int `db:"votes_abstain"`
}

// Cast is how many voted.
func (t Tally) Cast() int { return t.For + t.Against + t.Abstain }

// Verdict is what became of a motion.
type Verdict string

// The verdicts.
const (
	Carried  Verdict = "carried"
	Lost     Verdict = "lost"
	NoneHere Verdict = "no_quorum"
	TooFew   Verdict = "too_few" // secret, and so few ballots that they would tell who voted how
)

// Outcome is a verdict with its reason: so many were needed for a quorum, so
// many votes to carry the motion.
type Outcome struct {
	Verdict
	QuorumNeeds int
	VotesNeed   int
}

// Needs is how many must be present of so many who are entitled.
func (q Quorum) Needs(entitled int) int {
	switch q {
	case HalfThere:
		return (entitled + 1) / 2
	case MostThere:
		return entitled/2 + 1
	case ThirdsOf:
		return (2*entitled + 2) / 3
	}
	return 0
}

// Needs is how many votes must be for the motion.
func (m Majority) Needs(t Tally) int {
	switch m {
	case Absolute:
		return t.Cast()/2 + 1
	case Thirds:
		return max(1, (2*t.Cast()+2)/3)
	case OfAll:
		return t.Entitled/2 + 1
	}
	return t.Against + 1
}

// Outcome counts. Fewer ballots than least leave a secret vote without a
// result: it would tell how the few voted. It is a rule of values alone.
func (r Rules) Outcome(t Tally, least int) Outcome {
	o := Outcome{Verdict: Lost, QuorumNeeds: r.Quorum.Needs(t.Entitled), VotesNeed: r.Majority.Needs(t)}
	switch {
	case t.Present < o.QuorumNeeds:
		o.Verdict = NoneHere
	case r.Way == Secret && t.Cast() < least:
		o.Verdict = TooFew
	case t.For >= o.VotesNeed:
		o.Verdict = Carried
	}
	return o
}
