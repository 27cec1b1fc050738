package tally

import (
	"math/bits"
	"math/rand/v2"
	"slices"
)

// crowd is an election as equal shares sees it. Ballots that say the same spend
// the same, so they are one group; what cannot win or is not supported is
// left out. A crowd does not change: every step of add1 counts the same one.
type crowd struct {
	groups  int
	parties []party // in the order of the file
}

// party is a project with those who support it.
type party struct {
	project int
	cost    Money
	worth   int64 // utility of one unit: the cost, or 1
	ballots int64 // of all supporters
	total   int64 // their units
	runs    []unitRun
	more    map[int64]int // runs by their units, after the first few
}

// unitRun are the supporters who give so many units each: their points, or 1.
type unitRun struct {
	units   int64
	members []member
}

// member is a group of equal ballots that support a party.
type member struct {
	group   int32
	ballots int32
}

// choice is one supported project on a ballot.
type choice struct{ project, units int32 }

// newCrowd groups the ballots and turns them round: from each voter's projects
// to each project's voters.
func newCrowd(e *Election, rule *Rule) *crowd {
	c := &crowd{}
	place := make([]int32, len(e.Projects)) // of a project's party, from 1
	for p := range e.Projects {
		if !mayWin(e, rule, p) {
			continue
		}
		worth := int64(1)
		if rule.Utility == UtilityCost {
			worth = e.Projects[p].Cost
		}
		c.parties = append(c.parties, party{project: p, cost: e.Projects[p].Cost, worth: worth, ballots: e.Support(p)})
		place[p] = int32(len(c.parties))
	}
	g := groupBallots(e, rule, place)
	c.groups = len(g.ballots)
	c.join(g)
	return c
}

// mayWin says whether equal shares can ever buy the project. Under cost utility
// a free project is worth nothing to anybody, and is never bought.
func mayWin(e *Election, rule *Rule, p int) bool {
	_, eligible := rule.eligible(e, p)
	return eligible && e.Support(p) > 0 && (rule.Utility != UtilityCost || e.Projects[p].Cost > 0)
}

// grouped are the different ballots, in the order in which they were met, and
// how many there are of each. Projects are the places of their parties.
type grouped struct {
	ballots []int32
	starts  []int32
	choices []choice
}

func groupBallots(e *Election, rule *Rule, place []int32) *grouped {
	n := e.Voters()
	g := &grouped{
		ballots: make([]int32, 0, n),
		starts:  append(make([]int32, 0, n+1), 0),
		choices: make([]choice, 0, len(e.choices)),
	}
	known := newBallotTable(n, len(place))
	for i := range n {
		from := len(g.choices)
		g.choices = appendChoices(g.choices, e, i, rule, place)
		if len(g.choices) == from {
			continue
		}
		if group := known.find(g, g.choices[from:]); int(group) < len(g.ballots) {
			g.ballots[group]++
			g.choices = g.choices[:from]
			continue
		}
		g.ballots = append(g.ballots, 1)
		g.starts = append(g.starts, int32(len(g.choices)))
	}
	return g
}

// ballotTable finds equal ballots by a hash: the sum of the units, each times a
// random number of its project. Nobody who writes a file can foresee the
// numbers, and so make the ballots collide.
type ballotTable struct {
	groups []int32 // from 1; 0 is free
	random []uint64
	shift  int // what leaves as many bits of a hash as the table has
}

func newBallotTable(ballots, projects int) *ballotTable {
	width := bits.Len(uint(2 * ballots)) // half of the places stay free
	t := &ballotTable{groups: make([]int32, 1<<width), random: make([]uint64, projects), shift: 64 - width}
	for i := range t.random {
		t.random[i] = rand.Uint64() | 1
	}
	return t
}

// find is the group of a ballot. One that was not met before gets the next, which
// the caller then adds.
func (t *ballotTable) find(g *grouped, ballot []choice) int32 {
	var hash uint64
	for _, c := range ballot {
		hash += t.random[c.project] * uint64(c.units)
	}
	for at := hash >> t.shift; ; at = (at + 1) % uint64(len(t.groups)) {
		switch group := t.groups[at] - 1; {
		case group < 0:
			t.groups[at] = int32(len(g.ballots)) + 1
			return int32(len(g.ballots))
		case slices.Equal(g.of(group), ballot):
			return group
		}
	}
}

// of are the choices of a group.
func (g *grouped) of(group int32) []choice { return g.choices[g.starts[group]:g.starts[group+1]] }

// appendChoices adds what ballot i supports, in the order of the parties.
func appendChoices(to []choice, e *Election, i int, rule *Rule, place []int32) []choice {
	from := len(to)
	projects, points := e.Ballot(i)
	for j, p := range projects {
		if place[p] == 0 || points != nil && points[j] <= 0 {
			continue
		}
		units := int32(1)
		if rule.Utility == UtilityPoints && points != nil {
			units = points[j]
		}
		to = append(to, choice{place[p] - 1, units})
		for k := len(to) - 1; k > from && to[k].project < to[k-1].project; k-- {
			to[k], to[k-1] = to[k-1], to[k]
		}
	}
	return to
}

// join makes the groups members of their parties.
func (c *crowd) join(g *grouped) {
	for group, ballots := range g.ballots {
		for _, ch := range g.of(int32(group)) {
			c.parties[ch.project].admit(member{int32(group), ballots}, int64(ch.units))
		}
	}
}

func (p *party) admit(m member, units int64) {
	at := p.runOf(units)
	p.runs[at].members = append(p.runs[at].members, m)
	p.total += units * int64(m.ballots)
}

// runOf is the run of so many units, a new one if need be. There are three of
// them where places count 3, 2 and 1, and looking through so few is fastest;
// where voters may give any points there can be as many as voters.
func (p *party) runOf(units int64) int {
	const few = 16
	for i := range p.runs[:min(few, len(p.runs))] {
		if p.runs[i].units == units {
			return i
		}
	}
	at, known := p.more[units]
	if !known {
		at = len(p.runs)
		p.runs = append(p.runs, unitRun{units: units})
		if at >= few {
			if p.more == nil {
				p.more = map[int64]int{}
			}
			p.more[units] = at
		}
	}
	return at
}
