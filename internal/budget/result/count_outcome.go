package result

import (
	"cmp"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"slices"

	"kladka/internal/budget"
	"kladka/internal/budget/tally"
)

// Outcome is what both implementations must agree on. Its JSON is canonical:
// fields in this order, no spaces, no maps, projects by their ids, money in
// grosze, fractions as "12/7". Of one count there is one text, and its SHA-256 is
// published.
type Outcome struct {
	Edition   budget.EditionID   `json:"edition"`
	Pool      budget.PoolID      `json:"pool"`
	RulesHash string             `json:"rules_hash"`
	Rule      Rule               `json:"rule"`
	Voters    int                `json:"voters"`
	Budget    int64              `json:"budget"`
	Winners   []budget.ProjectID `json:"winners"` // in the order in which they were chosen
	Cost      int64              `json:"cost"`
	Rounds    []Round            `json:"rounds"`
	Ties      []Tie              `json:"ties"`
	Share     string             `json:"share"` // of a voter in the outcome that was taken, in grosze; "" for greedy
	Steps     int                `json:"steps"` // how often shares were raised
	Standings []Standing         `json:"standings"`
	// Few tells that there are too few ballots for more to be said; see told.
	Few bool `json:"few,omitempty"`
	// Unopened tells that there were too few electors to open an envelope: nothing was
	// counted, and nobody won.
	Unopened bool `json:"unopened,omitempty"`
}

// Rule is the whole rule of a count.
type Rule struct {
	Name       string               `json:"name"`
	Utility    string               `json:"utility"`
	Completion string               `json:"completion"`
	Step       int64                `json:"step"`
	Start      string               `json:"start"`
	MinShare   string               `json:"min_share"`
	Threshold  int64                `json:"threshold"`
	Ties       string               `json:"ties"`
	Excludes   [][]budget.ProjectID `json:"excludes"`
	Barred     []Bar                `json:"barred"`
}

// Bar is a project that could not win, since By won in a pool that was counted
// before and excludes it.
type Bar struct {
	Project budget.ProjectID `json:"project"`
	By      budget.ProjectID `json:"by"`
}

// Round is one selection.
type Round struct {
	Project    budget.ProjectID `json:"project"`
	Phase      string           `json:"phase"` // greedy, shares, fill
	Supporters int64            `json:"supporters"`
	Rho        string           `json:"rho"` // grosze per unit of utility, "" outside shares
	Left       int64            `json:"left"`
}

// Tie is a tie and what broke it.
type Tie struct {
	Round int                `json:"round"`
	Tied  []budget.ProjectID `json:"tied"`
	By    string             `json:"by"`
	Won   budget.ProjectID   `json:"won"`
}

// Standing is what a project got. Firsts are the ballots on which nothing stands
// before it.
type Standing struct {
	Project budget.ProjectID `json:"project"`
	Cost    int64            `json:"cost"`
	Votes   int64            `json:"votes"`
	Score   int64            `json:"score"`
	Firsts  int64            `json:"firsts"`
}

// NewOutcome writes down what tally found, all of it. What is published is told.
func NewOutcome(e budget.Edition, pool budget.Pool, election *tally.Election, o *tally.Outcome) Outcome {
	ids := func(list []int) []budget.ProjectID {
		out := make([]budget.ProjectID, len(list))
		for i, p := range list {
			out[i] = budget.ProjectID(election.Projects[p].ID)
		}
		return out
	}
	out := Outcome{Edition: e.ID, Pool: pool.ID, RulesHash: e.RulesHash, Rule: ruleText(o.Rule, ids), Voters: election.Voters(), Budget: election.Budget,
		Winners: ids(o.Winners), Cost: o.Cost, Rounds: []Round{}, Ties: []Tie{}, Share: fraction(o.Endowment), Steps: o.Steps, Standings: []Standing{}}
	for _, r := range o.Rounds {
		out.Rounds = append(out.Rounds, Round{budget.ProjectID(election.Projects[r.Project].ID), string(r.Phase), r.Supporters, fraction(r.Rho), r.Left})
	}
	for _, t := range o.Ties {
		out.Ties = append(out.Ties, Tie{t.Round, ids(t.Tied), t.By.String(), budget.ProjectID(election.Projects[t.Won].ID)})
	}
	for i, p := range election.Projects {
		out.Standings = append(out.Standings, Standing{budget.ProjectID(p.ID), p.Cost, election.Support(i), election.Score(i), election.Firsts(i)})
	}
	return out
}

// told is as much of the outcome of an edition as is published. Under equal shares the
// rounds, their order, prices and ties say what supporters of a project could pay, and
// so what else they had chosen: of fewer than LeastBallots ballots single ones could be
// found out by it. Then winners stand by what they got, and how they were found is left
// out. A greedy count has nothing that does not follow from the votes of each project.
func (o Outcome) told() Outcome {
	if o.Edition == "" || o.Voters >= LeastBallots || o.Rule.Name == string(tally.Greedy) {
		return o
	}
	got := make(map[budget.ProjectID]int64, len(o.Standings))
	for _, s := range o.Standings {
		got[s.Project] = s.Score
	}
	winners, won := []budget.ProjectID{}, o.won()
	for _, s := range o.Standings {
		if won[s.Project] > 0 {
			winners = append(winners, s.Project)
		}
	}
	slices.SortStableFunc(winners, func(a, b budget.ProjectID) int { return cmp.Compare(got[b], got[a]) })
	o.Winners, o.Rounds, o.Ties, o.Share, o.Steps, o.Few = winners, []Round{}, []Tie{}, "", 0, true
	return o
}

func ruleText(r tally.Rule, ids func([]int) []budget.ProjectID) Rule {
	text := Rule{Name: string(r.Name), Utility: string(r.Utility), Completion: string(r.Completion), Step: r.Step, Start: string(r.Start),
		MinShare: fraction(r.MinShare), Threshold: r.Threshold, Ties: tally.FormatTies(r.Ties), Excludes: [][]budget.ProjectID{}, Barred: []Bar{}}
	for _, group := range r.Excludes {
		text.Excludes = append(text.Excludes, ids(group))
	}
	for _, b := range r.Barred {
		text.Barred = append(text.Barred, Bar{ids([]int{b.Project})[0], budget.ProjectID(b.By)})
	}
	return text
}

func fraction(r *big.Rat) string {
	if r == nil {
		return ""
	}
	return r.RatString()
}

// Text is the canonical JSON. No word of people is in it, so nothing is escaped.
func (o Outcome) Text() (string, error) {
	text, err := json.Marshal(o)
	return string(text), err
}

// Hash is the SHA-256 of a text, in hex.
func Hash[T string | []byte](text T) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Value and Scan keep an outcome in the database as its text.
func (o Outcome) Value() (driver.Value, error) { return o.Text() }

// Scan implements sql.Scanner; nothing is the outcome of a count that has not run.
func (o *Outcome) Scan(from any) error {
	if from == "" {
		return nil
	}
	return scanJSON(from, o)
}

// won is the place of each winner in the order of selection, from 1.
func (o Outcome) won() map[budget.ProjectID]int {
	places := make(map[budget.ProjectID]int, len(o.Winners))
	for i, id := range o.Winners {
		places[id] = i + 1
	}
	return places
}

// lost are the projects that did not win, in the order of the ballot.
func (o Outcome) lost() (list []budget.ProjectID) {
	won := o.won()
	for _, s := range o.Standings {
		if won[s.Project] == 0 {
			list = append(list, s.Project)
		}
	}
	return list
}
