package tally

import (
	"encoding/json"
	"math/big"
)

// Report is an outcome in the words of its election: ids instead of indexes,
// currency units instead of Money. It is what `kladka tally --json` prints, and
// two counts are the same when their reports are.
//
// Amounts are exact: decimal numbers where they have an end, and "a/b" where
// they have none.
type Report struct {
	Rule       string       `json:"rule"`
	Parameters Parameters   `json:"parameters"`
	Winners    []string     `json:"winners"` // in the order of selection
	Cost       json.Number  `json:"cost"`
	Budget     json.Number  `json:"budget"`
	Voters     int          `json:"voters"`
	Projects   int          `json:"projects"`
	Start      string       `json:"start,omitempty"`     // a voter's share at first
	Endowment  string       `json:"endowment,omitempty"` // in the outcome taken
	Steps      int          `json:"steps,omitempty"`     // of add1
	Ties       []TieReport  `json:"ties"`
	Rounds     []RoundPart  `json:"rounds"`
	Lost       []SkipReport `json:"lost"` // why, as of the last round
}

// Parameters are the rule, whole.
type Parameters struct {
	Utility    Utility    `json:"utility"`
	Completion Completion `json:"completion,omitempty"`
	Step       int64      `json:"step,omitempty"`
	Start      Start      `json:"start,omitempty"`
	MinShare   string     `json:"min_share,omitempty"`
	Threshold  int64      `json:"threshold,omitempty"`
	Ties       string     `json:"ties"`
	Excludes   [][]string `json:"excludes,omitempty"`
	Barred     []BarPart  `json:"barred,omitempty"`
}

// BarPart is a project that may not win, and the winner of another count that
// bars it.
type BarPart struct {
	Project string `json:"project"`
	By      string `json:"by,omitempty"`
}

// TieReport is a tie.
type TieReport struct {
	Round int      `json:"round"`
	Tied  []string `json:"tied"`
	By    string   `json:"by"`
	Won   string   `json:"won"`
}

// RoundPart is one round. Rho is what supporters pay for a unit of utility: a
// bare number with the utility cost, else currency units.
type RoundPart struct {
	Round      int          `json:"round"`
	Project    string       `json:"project"`
	Phase      Phase        `json:"phase"`
	Cost       json.Number  `json:"cost"`
	Score      json.Number  `json:"score"`
	Supporters int64        `json:"supporters"`
	Rho        string       `json:"rho,omitempty"`
	RhoAbout   float64      `json:"rho_about,omitempty"`
	AtMost     string       `json:"at_most,omitempty"`
	Held       string       `json:"held,omitempty"`
	Left       json.Number  `json:"left"`
	Skipped    []SkipReport `json:"skipped,omitempty"`
	Tie        *TieReport   `json:"tie,omitempty"`
}

// SkipReport is a project passed over.
type SkipReport struct {
	Project string     `json:"project"`
	Round   int        `json:"after_round"`
	Reason  SkipReason `json:"reason"`
	Missing string     `json:"missing,omitempty"`
	By      string     `json:"by,omitempty"`
}

// Report tells the outcome of a count of this election.
func (e *Election) Report(o *Outcome) Report {
	r := Report{
		Rule: string(o.Rule.Name), Parameters: e.parameters(&o.Rule),
		Winners: e.ids(o.Winners), Cost: e.number(o.Cost), Budget: e.number(e.Budget),
		Voters: e.Voters(), Projects: len(e.Projects),
		Start: e.money(o.Start), Endowment: e.money(o.Endowment), Steps: o.Steps,
		Ties: []TieReport{}, Rounds: []RoundPart{}, Lost: e.skips(o.Skipped, &o.Rule),
	}
	for i := range o.Ties {
		r.Ties = append(r.Ties, *e.tie(&o.Ties[i]))
	}
	for i := range o.Rounds {
		r.Rounds = append(r.Rounds, e.round(i+1, &o.Rounds[i], &o.Rule))
	}
	return r
}

func (e *Election) parameters(r *Rule) Parameters {
	ties := r.Ties
	if len(ties) == 0 {
		ties = []Tie{{By: TieFile}}
	}
	p := Parameters{Utility: r.Utility, Threshold: r.Threshold, Ties: FormatTies(ties)}
	if r.Name == EqualShares {
		p.Completion, p.Start, p.Step = r.Completion, r.Start, r.Step
	}
	if r.MinShare != nil {
		p.MinShare = exact(r.MinShare)
	}
	for _, group := range r.Excludes {
		p.Excludes = append(p.Excludes, e.ids(group))
	}
	for _, b := range r.Barred {
		p.Barred = append(p.Barred, BarPart{e.Projects[b.Project].ID, b.By})
	}
	return p
}

func (e *Election) round(number int, r *Round, rule *Rule) RoundPart {
	part := RoundPart{
		Round: number, Project: e.Projects[r.Project].ID, Phase: r.Phase,
		Cost: e.number(e.Projects[r.Project].Cost), Score: json.Number(decimal(r.Score, e.scoreDecimals(r.Phase, rule.Utility))),
		Supporters: r.Supporters, AtMost: e.money(r.AtMost), Held: e.money(r.Held), Left: e.number(r.Left),
		Skipped: e.skips(r.Skipped, rule),
	}
	if r.Rho != nil {
		rho := e.perUtility(r.Rho, rule.Utility)
		part.Rho = exact(rho)
		part.RhoAbout, _ = rho.Float64()
	}
	if r.Tie != nil {
		part.Tie = e.tie(r.Tie)
	}
	return part
}

// scoreDecimals are those of Round.Score, which holds supporters where they
// decided.
func (e *Election) scoreDecimals(phase Phase, u Utility) int {
	if phase == PhaseFill || phase == PhaseGreedy && u == UtilityCardinality {
		return 0
	}
	return e.PointDecimals
}

// perUtility turns Money per unit of utility into currency units.
func (e *Election) perUtility(rho *big.Rat, u Utility) *big.Rat {
	scaled := new(big.Rat).Set(rho)
	if u == UtilityCost {
		return scaled
	}
	if u == UtilityPoints {
		scaled.Mul(scaled, rat(pow10(e.PointDecimals)))
	}
	return scaled.Quo(scaled, rat(e.Unit()))
}

func (e *Election) tie(t *TieRecord) *TieReport {
	return &TieReport{Round: t.Round, Tied: e.ids(t.Tied), By: t.By.String(), Won: e.Projects[t.Won].ID}
}

func (e *Election) skips(all []Skip, rule *Rule) []SkipReport {
	reports := make([]SkipReport, len(all))
	for i, s := range all {
		reports[i] = SkipReport{Project: e.Projects[s.Project].ID, Round: s.Round, Reason: s.Reason, Missing: e.money(s.Missing)}
		switch s.Reason {
		case SkipExcluded:
			reports[i].By = e.Projects[s.By].ID
		case SkipBarred:
			reports[i].By, _ = rule.BarredBy(s.Project)
		}
	}
	return reports
}

func (e *Election) ids(projects []int) []string {
	ids := make([]string, len(projects))
	for i, p := range projects {
		ids[i] = e.Projects[p].ID
	}
	return ids
}

func (e *Election) number(m Money) json.Number { return json.Number(e.Amount(m)) }

// money is an exact amount in currency units, "" for none.
func (e *Election) money(m *big.Rat) string {
	if m == nil {
		return ""
	}
	return exact(new(big.Rat).Quo(m, rat(e.Unit())))
}

// exact writes a fraction as a decimal number where that ends soon, else as
// "a/b".
func exact(r *big.Rat) string {
	const soon = 12
	if digits, ends := r.FloatPrec(); ends && digits <= soon {
		return r.FloatString(digits)
	}
	return r.String()
}
