// Package tally counts participatory budgets: a set of projects with costs, a
// pile of ballots, a budget, and a rule that says which projects are paid for.
//
// It knows no database, no page and no language, so that anybody can take it
// and count again. An election comes from a file in the Pabulib format (Parse)
// or from a program (New), goes through Count, and leaves as an Outcome that
// holds not only the winners but every round, every tie and every project that
// was passed over, with the numbers that decided.
//
// Two rules are here. Greedy takes the projects in the order of their score and
// skips what does not fit. The method of equal shares gives every voter an
// equal part of the budget and buys, round after round, the project that costs
// its supporters the least per unit of utility (Peters, Pierczyński, Skowron,
// "Proportional participatory budgeting with additive utilities", 2021); what
// it leaves is spent by one of several completions.
//
// Three promises:
//
//  1. The count is exact. Money is counted in the smallest unit of the file,
//     shares as fractions. A float may say where to look first; whatever lies
//     closer than its proven error is decided by whole numbers.
//  2. No tie is broken in silence. The order of breaking is an argument, and
//     each tie is recorded with the step of that order that settled it.
//  3. Everything is there twice. CountPlainly follows the definitions word by
//     word, and adds the ballots up, decides who may win, and breaks ties by code
//     of its own. What both are given they share: the election as it was read, the
//     rule with its defaults, and the types of the outcome.
//
// A count with its reasons, from a file to words:
//
//	e, err := tally.Parse(file)
//	rule := tally.Rule{Name: tally.EqualShares, Completion: tally.CompleteAdd1}
//	out, err := tally.CountContext(ctx, e, rule)
//	for _, p := range out.Winners {
//		fmt.Println(e.Projects[p].Name, e.Amount(e.Projects[p].Cost))
//	}
//	for _, x := range tally.Explain(ctx, e, out) {
//		fmt.Println(e.Projects[x.Project].Name, x.Won, x.Reason, e.Amount(x.Missing))
//	}
//	err = e.Write(published) // the ballots, so that anybody can count again
//
// What the file says that is doubtful stands in e.Warnings; e.Report(out) is the
// whole count in ids and currency units, and Replay tells it step by step.
//
// The format of the files: Stolicki, Szufa, Talmon, "Pabulib: A Participatory
// Budgeting Library", arXiv:2012.06539.
package tally

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Money is an amount in the smallest unit of its election: 10^-Decimals of the
// currency unit, so grosze when Decimals is 2.
type Money = int64

// VoteType says what a ballot looks like.
type VoteType string

// The vote types of Pabulib. A knapsack ballot is an approval ballot whose
// projects fit the budget.
const (
	Approval   VoteType = "approval"   // any projects, none before the other
	Ordinal    VoteType = "ordinal"    // projects in order; places become points
	Cumulative VoteType = "cumulative" // points dealt out from a common heap
	ChooseOne  VoteType = "choose-1"   // one project
	Scoring    VoteType = "scoring"    // each project judged by itself
)

// Pointed says whether ballots of the type carry points.
func (t VoteType) Pointed() bool { return t == Ordinal || t == Cumulative || t == Scoring }

// Unsaid is the value of a declared number that the file does not give.
const Unsaid = -1

// Project is one project on the ballot, with what the file declares of it.
// Declared numbers are not used in counting; Parse compares them, and Write tells
// who was Selected. In a Project by itself nothing is declared only when all three
// are Unsaid; New also takes it so when they are zero in all projects.
type Project struct {
	ID         string
	Name       string
	Cost       Money
	Categories []string
	Targets    []string // whom it serves
	District   string
	Selected   int     // 1 won, 0 lost, more: see the notes of the file; Unsaid
	Votes      int64   // ballots that name it, as declared; Unsaid
	Score      int64   // in points of 10^-PointDecimals, as declared; Unsaid
	Extra      []Field // columns we do not read: place on the map, description …
}

// Field is a named text, in the order of the file.
type Field struct{ Key, Value string }

// Pick is one project on one ballot. Points count only in types that carry
// them; they are in 10^-PointDecimals of a point.
type Pick struct {
	Project int32
	Points  int64
}

// Ballot is one voter's choice, in the voter's order.
type Ballot struct{ Picks []Pick }

// Election is everything that a count needs. Ballots lie flat in memory, since
// there may be a hundred thousand of them. Nothing here changes it after it was
// made, so many counts may read it at once.
type Election struct {
	Decimals      int // of Money
	PointDecimals int // of points
	Budget        Money
	Type          VoteType
	Projects      []Project
	Meta          []Field  // whole, in the order of the file
	Warnings      []*Fault // what was read although it was not clean

	starts  []int32 // ballot i is choices[starts[i]:starts[i+1]]
	choices []int32
	points  []int32 // beside choices; nil when the type carries none

	sums
}

// sums are what the ballots say of each project, added up once.
type sums struct {
	support []int64 // ballots that support it
	score   []int64 // points, or ballots where there are none
	firsts  []int64 // ballots on which nothing stands before it
}

// Voters is the number of ballots, empty ones included: a voter who chose
// nothing still has a share.
func (e *Election) Voters() int { return len(e.starts) - 1 }

// Ballot returns the projects on ballot i and, for types that carry them, the
// points beside. Both are views into the election and must not be changed.
func (e *Election) Ballot(i int) (projects, points []int32) {
	from, to := e.starts[i], e.starts[i+1]
	if e.points == nil {
		return e.choices[from:to:to], nil
	}
	return e.choices[from:to:to], e.points[from:to:to]
}

// Support is the number of ballots that support the project: that name it and
// give it more than no points.
func (e *Election) Support(project int) int64 { return e.support[project] }

// Score is the sum of points, in 10^-PointDecimals, or the number of supporters
// where ballots carry no points.
func (e *Election) Score(project int) int64 { return e.score[project] }

// Firsts is the number of ballots that put the project first: in the first
// place of an ordered ballot, or with no other given more points. Approval
// ballots have no first place.
func (e *Election) Firsts(project int) int64 { return e.firsts[project] }

// MetaValue is the first value of a key of META, "" when there is none.
func (e *Election) MetaValue(key string) string {
	for _, f := range e.Meta {
		if f.Key == key {
			return f.Value
		}
	}
	return ""
}

// Find is the index of the project with the id, -1 when there is none.
func (e *Election) Find(id string) int {
	for i := range e.Projects {
		if e.Projects[i].ID == id {
			return i
		}
	}
	return -1
}

// Amount writes money as an exact decimal number of currency units, without
// zeros that say nothing: "1694.5".
func (e *Election) Amount(m Money) string { return decimal(m, e.Decimals) }

// Unit is one currency unit as Money.
func (e *Election) Unit() Money { return pow10(e.Decimals) }

func decimal(n int64, decimals int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	unit := pow10(decimals)
	s := sign + strconv.FormatInt(n/unit, 10)
	if n%unit == 0 {
		return s
	}
	return s + "." + strings.TrimRight(fmt.Sprintf("%0*d", decimals, n%unit), "0")
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// New makes an election of what a program holds. It refuses, as Parse does, a
// project that is named twice, a ballot with an unknown project or the same one
// twice, and numbers out of bounds; a budget of nothing and no ballots at all
// are allowed here, because a pool may get none. Faults have Line 0.
//
// Points are whole; NewPointed takes parts of them. What is given may be changed
// afterwards, the election has its own.
//
// Who won and what was counted before need not be declared: when Selected, Votes
// and Score are zero in every project, they are Unsaid in the election. When they
// are not, then a zero says what it says: not selected, no votes, no points.
func New(decimals int, budget Money, kind VoteType, projects []Project, ballots []Ballot) (*Election, error) {
	return NewPointed(decimals, 0, budget, kind, projects, ballots)
}

// NewPointed is New for points in parts of 10^-pointDecimals: with 2, a Pick of 250
// Points gives two and a half. Only types that carry points may have parts.
func NewPointed(decimals, pointDecimals int, budget Money, kind VoteType, projects []Project, ballots []Ballot) (*Election, error) {
	e := &Election{Decimals: decimals, PointDecimals: pointDecimals, Budget: budget, Type: kind, Projects: cloneProjects(projects), starts: []int32{0}}
	if err := e.checkProjects(); err != nil {
		return nil, err
	}
	last := make([]int, len(projects)) // the ballot that named a project last, from 1
	for i, b := range ballots {
		if kind == ChooseOne && len(b.Picks) > 1 {
			return nil, &Fault{Key: FaultNotOne, Args: []string{strconv.Itoa(len(b.Picks))}}
		}
		for _, p := range b.Picks {
			if err := e.add(p, i+1, last); err != nil {
				return nil, err
			}
		}
		e.starts = append(e.starts, int32(len(e.choices)))
	}
	e.sum()
	return e, nil
}

// cloneProjects copies projects with all that they hold. When none of them declares
// anything, they say so.
func cloneProjects(projects []Project) []Project {
	own := slices.Clone(projects)
	said := slices.ContainsFunc(own, func(p Project) bool { return p.Selected != 0 || p.Votes != 0 || p.Score != 0 })
	for i := range own {
		p := &own[i]
		p.Categories, p.Targets, p.Extra = slices.Clone(p.Categories), slices.Clone(p.Targets), slices.Clone(p.Extra)
		if !said {
			p.Selected, p.Votes, p.Score = Unsaid, Unsaid, Unsaid
		}
	}
	return own
}

func (e *Election) checkProjects() error {
	switch {
	case e.Decimals < 0 || e.Decimals > maxDecimals:
		return &Fault{Key: FaultNumber, Args: []string{strconv.Itoa(e.Decimals)}}
	case !e.Type.known():
		return &Fault{Key: FaultVoteType, Args: []string{string(e.Type)}}
	case e.PointDecimals < 0 || e.PointDecimals > maxDecimals || e.PointDecimals > 0 && !e.Type.Pointed():
		return &Fault{Key: FaultNumber, Args: []string{strconv.Itoa(e.PointDecimals)}}
	case e.Budget < 0 || e.Budget > maxMoney:
		return &Fault{Key: FaultBudget, Args: []string{e.Amount(e.Budget)}}
	case len(e.Projects) > maxProjects:
		return &Fault{Key: FaultTooMany, Args: []string{"projects"}}
	}
	seen := make(map[string]bool, len(e.Projects))
	for i := range e.Projects {
		p := &e.Projects[i]
		if p.Cost < 0 || p.Cost > maxMoney {
			return &Fault{Key: FaultCost, Args: []string{p.ID, e.Amount(p.Cost)}}
		}
		if !usableID(p.ID) {
			return &Fault{Key: FaultNoID}
		}
		if seen[p.ID] {
			return &Fault{Key: FaultTwiceProject, Args: []string{p.ID}}
		}
		seen[p.ID] = true
	}
	return nil
}

// usableID says whether ballots can name a project so: a comma would make two of
// it.
func usableID(id string) bool {
	return id != "" && !strings.Contains(id, ",") && id == strings.TrimSpace(id)
}

func (e *Election) add(p Pick, ballot int, last []int) error {
	switch {
	case p.Project < 0 || int(p.Project) >= len(e.Projects):
		return &Fault{Key: FaultUnknownProject, Args: []string{strconv.Itoa(int(p.Project))}}
	case last[p.Project] == ballot:
		return &Fault{Key: FaultTwiceOnBallot, Args: []string{e.Projects[p.Project].ID}}
	case p.Points > maxPoints || p.Points < -maxPoints || p.Points < 0 && e.Type != Scoring:
		return &Fault{Key: FaultPoints, Args: []string{strconv.FormatInt(p.Points, 10)}}
	case len(e.choices) == math.MaxInt32:
		return &Fault{Key: FaultTooMany, Args: []string{"choices"}}
	}
	last[p.Project] = ballot
	e.choices = append(e.choices, p.Project)
	if e.Type.Pointed() {
		e.points = append(e.points, int32(p.Points))
	}
	return nil
}

func (t VoteType) known() bool { return t.Pointed() || t == Approval || t == ChooseOne }

// sum adds the ballots up, once and for all counts.
func (e *Election) sum() {
	n := len(e.Projects)
	e.sums = sums{support: make([]int64, n), score: make([]int64, n), firsts: make([]int64, n)}
	if !e.Type.Pointed() {
		for _, p := range e.choices {
			e.support[p]++
		}
		copy(e.score, e.support)
		if e.Type == ChooseOne {
			copy(e.firsts, e.support)
		}
		return
	}
	for i := range e.Voters() {
		projects, points := e.Ballot(i)
		most := int32(1)
		for j, p := range projects {
			e.score[p] += int64(points[j])
			if points[j] > 0 {
				e.support[p]++
			}
			most = max(most, points[j])
		}
		for j, p := range projects {
			if points[j] == most {
				e.firsts[p]++
			}
		}
	}
}

// rat is a whole number as a fraction.
func rat(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }
