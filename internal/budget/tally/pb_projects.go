package tally

import (
	"slices"
	"strconv"
	"strings"
)

// projectColumns are the columns that we know, by the names that files use.
type projectColumns struct {
	id, cost, name, votes, score, selected, category, target, district int
}

// extraColumn is a column that is kept as it is.
type extraColumn struct {
	name string
	at   int
}

// projects reads PROJECTS.
func (p *parser) projects() *Fault {
	columns, fault := p.heading("project_id", "cost")
	if fault != nil {
		return fault
	}
	width := len(p.fields)
	known, extra := sortColumns(columns)
	p.index = map[string]int32{}
	for p.row() {
		if fault := p.checkWidth(width, max(known.id, known.cost)); fault != nil {
			return fault
		}
		if fault := p.project(known, extra); fault != nil {
			return fault
		}
	}
	return nil
}

func sortColumns(columns map[string]int) (known projectColumns, extra []extraColumn) {
	take := func(names ...string) int {
		for _, name := range names {
			if at, ok := columns[name]; ok {
				delete(columns, name)
				return at
			}
		}
		return -1
	}
	known = projectColumns{id: take("project_id"), cost: take("cost"), name: take("name"), votes: take("votes"),
		score: take("score"), selected: take("selected"), category: take("category", "categories"),
		target: take("target", "targets", "beneficiaries"), district: take("district")}
	for name, at := range columns {
		extra = append(extra, extraColumn{name, at})
	}
	slices.SortFunc(extra, func(a, b extraColumn) int { return a.at - b.at })
	return known, extra
}

func (p *parser) project(c projectColumns, extra []extraColumn) *Fault {
	id := p.text(c.id)
	switch _, twice := p.index[id]; {
	case !usableID(id):
		return &Fault{p.line, FaultNoID, nil}
	case twice:
		return &Fault{p.line, FaultTwiceProject, []string{id}}
	case len(p.lines) == maxProjects:
		return &Fault{p.line, FaultTooMany, []string{"projects"}}
	}
	cost, fault := p.amount(p.line, p.field(c.cost))
	if fault != nil {
		return fault
	}
	if cost.digits < 0 {
		return &Fault{p.line, FaultCost, []string{id, p.text(c.cost)}}
	}
	votes, fault := p.declaredNumber(c.votes)
	if fault != nil {
		return fault
	}
	score, fault := p.declaredNumber(c.score)
	if fault != nil {
		return fault
	}
	project := Project{ID: id, Name: p.text(c.name), Categories: p.list(c.category), Targets: p.list(c.target),
		District: p.text(c.district), Selected: p.selected(c.selected, id), Votes: Unsaid, Score: Unsaid}
	if votes != nil && votes.scale == 0 {
		project.Votes = votes.digits
	}
	for _, x := range extra {
		if value := p.text(x.at); value != "" {
			project.Extra = append(project.Extra, Field{x.name, value})
		}
	}
	p.index[id] = int32(len(p.lines))
	p.e.Projects = append(p.e.Projects, project)
	p.costs, p.declared, p.lines = append(p.costs, cost), append(p.declared, score), append(p.lines, p.line)
	return nil
}

// amount reads a number that has to be there.
func (p *parser) amount(line int, text []byte) (amount, *Fault) {
	a, dirty, ok := readNumber(text)
	if !ok {
		return a, &Fault{line, FaultNumber, []string{string(text)}}
	}
	if dirty {
		p.warn(line, FaultSpaces, string(text))
	}
	return a, nil
}

// declaredNumber reads a number that may be missing: nil then.
func (p *parser) declaredNumber(column int) (*amount, *Fault) {
	if t := p.text(column); t == "" || strings.EqualFold(t, "none") || strings.EqualFold(t, "nan") {
		return nil, nil
	}
	a, fault := p.amount(p.line, p.field(column))
	if fault != nil {
		return nil, fault
	}
	return &a, nil
}

// list reads values with commas between them. "None" is how the files say that
// there are none.
func (p *parser) list(column int) []string {
	var all []string
	for word := range strings.SplitSeq(p.text(column), ",") {
		if word = strings.TrimSpace(word); word != "" && !strings.EqualFold(word, "none") {
			all = append(all, word)
		}
	}
	return all
}

// selected reads whether the project won. Files use numbers above 1 for what
// their comments explain: won under another title, won and given up.
func (p *parser) selected(column int, id string) int {
	text := p.text(column)
	if text == "" {
		return Unsaid
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 9 {
		p.warn(p.line, FaultSelected, id, text)
		return Unsaid
	}
	return n
}
