package vote

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/budget"
	"kladka/internal/platform/fault"
)

// Names of the fields of a ballot. A project has a field of its own, named as
// budget.BallotRules.Check names it in faults; the one cross of a ballot with one
// is the field budget.CheckField.
const projectField = "p_"

func fieldOf(id budget.ProjectID) string { return projectField + string(id) }

// marks are what stands on a ballot, as it was typed: by project, several where a
// form was made by hand.
type marks map[budget.ProjectID][]string

// crossed is the value of a cross.
const crossed = "tak"

// readMarks takes the marks out of a form. Projects that are on no ballot are
// taken too: they are for the check to find.
func readMarks(form url.Values, b budget.BallotRules) marks {
	m := marks{}
	if b.Type == budget.One {
		for _, id := range form[budget.CheckField] {
			if id != "" {
				m[budget.ProjectID(id)] = append(m[budget.ProjectID(id)], crossed)
			}
		}
		return m
	}
	for name, values := range form {
		id, isProject := strings.CutPrefix(name, projectField)
		for _, v := range values {
			if v = strings.TrimSpace(v); isProject && v != "" && (v != "0" || b.Type != budget.Cumulative) {
				m[budget.ProjectID(id)] = append(m[budget.ProjectID(id)], v)
			}
		}
	}
	return m
}

// of is what stands at a project, "" for nothing.
func (m marks) of(id budget.ProjectID) string {
	if len(m[id]) == 0 {
		return ""
	}
	return m[id][0]
}

// pointed tells whether marks of the ballot are points.
func pointed(b budget.BallotRules) bool {
	return b.Type == budget.Ranked || b.Type == budget.Cumulative
}

// choice is what the marks mean. Projects stand in the order of the ballot, those
// that are on no ballot behind them. A mark that is no number is a fault at its
// project, whose points are then 0.
func (m marks) choice(b *ballot) (c budget.Choice, faults []fault.Field) {
	take := func(id budget.ProjectID) {
		for _, v := range m[id] {
			p := budget.Pick{Project: id}
			if pointed(b.Pool.Ballot) {
				n, err := strconv.Atoi(v)
				if err != nil {
					faults = append(faults, fault.Field{Name: fieldOf(id), Key: "vote.cast.no_number"})
					continue
				}
				p.Points = n
			}
			c.Picks = append(c.Picks, p)
		}
	}
	for _, id := range b.order {
		take(id)
	}
	for _, id := range slices.Sorted(maps.Keys(m)) {
		if _, on := b.costs[id]; !on {
			take(id)
		}
	}
	return c, faults
}

// soFar is where a voter is with a ballot: what is chosen, what is left. It
// helps and decides nothing.
type soFar struct {
	Chosen int   // projects
	Cost   int64 // of them, grosze
	Points int   // given
	// Open are the points of a ranked ballot that nobody has yet, the most first.
	Open []int
}

// stands sums a choice up.
func (b *ballot) stands(c budget.Choice) (s soFar) {
	seen, given := map[budget.ProjectID]bool{}, map[int]bool{}
	for _, p := range c.Picks {
		if cost, on := b.costs[p.Project]; on && !seen[p.Project] {
			seen[p.Project] = true
			s.Chosen++
			s.Cost += cost
		}
		s.Points += max(p.Points, 0)
		given[p.Points] = true
	}
	if b.Pool.Ballot.Type == budget.Ranked {
		for _, p := range b.Pool.Ballot.Points {
			if !given[p] {
				s.Open = append(s.Open, p)
			}
		}
	}
	return s
}

// filled is a ballot as somebody has filled it in.
type filled struct {
	Marks  marks
	Choice budget.Choice
	Stands soFar
	Faults []fault.Field
}

// fill reads a form and checks it, all faults at once.
func (b *ballot) fill(form url.Values) filled {
	f := filled{Marks: readMarks(form, b.Pool.Ballot)}
	f.Choice, f.Faults = f.Marks.choice(b)
	f.Stands = b.stands(f.Choice)
	f.Faults = append(f.Faults, b.check(f.Choice)...)
	return f
}
