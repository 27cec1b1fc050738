package tally

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// finish brings money to one unit and places to points, and compares what the
// file declares with what it holds.
func (p *parser) finish() *Fault {
	for _, step := range []func() *Fault{p.money, p.lengths, p.score, p.projectVotes, p.limits} {
		if fault := step(); fault != nil {
			return fault
		}
	}
	slices.SortStableFunc(p.e.Warnings, func(a, b *Fault) int { return cmp.Compare(a.Line, b.Line) })
	if p.unsaid > 0 {
		p.e.Warnings = append(p.e.Warnings, &Fault{Key: FaultMore, Args: []string{strconv.Itoa(p.unsaid)}})
	}
	return nil
}

// money reads the budget, and brings it and all costs to the finest unit among
// them; tenths become hundredths, which have a name.
func (p *parser) money() *Fault {
	e := p.e
	line, known := p.metaLine["budget"]
	if !known {
		return &Fault{0, FaultMissingMeta, []string{"budget"}}
	}
	text := e.MetaValue("budget")
	budget, fault := p.amount(line, []byte(text))
	if fault != nil {
		return fault
	}
	e.Decimals = budget.scale
	for _, c := range p.costs {
		e.Decimals = max(e.Decimals, c.scale)
	}
	if e.Decimals == 1 {
		e.Decimals = 2
	}
	var ok bool
	if e.Budget, ok = budget.at(e.Decimals); !ok || e.Budget <= 0 {
		return &Fault{line, FaultBudget, []string{text}}
	}
	for i, c := range p.costs {
		if e.Projects[i].Cost, ok = c.at(e.Decimals); !ok {
			return &Fault{p.lines[i], FaultCost, []string{e.Projects[i].ID, decimal(c.digits, c.scale)}}
		}
	}
	return nil
}

// lengths compares the numbers of projects and votes with those declared. They
// differ when a file was cut off, so it is refused.
func (p *parser) lengths() *Fault {
	e := p.e
	if n, ok := p.metaNumber("num_projects"); ok && n != int64(len(e.Projects)) {
		return &Fault{p.metaLine["num_projects"], FaultCountProjects, []string{decimal(n, 0), strconv.Itoa(len(e.Projects))}}
	}
	if n, ok := p.metaNumber("num_votes"); ok && n != int64(e.Voters()) {
		return &Fault{p.metaLine["num_votes"], FaultCountVotes, []string{decimal(n, 0), strconv.Itoa(e.Voters())}}
	}
	if e.Voters() == 0 {
		p.warn(p.line, FaultNoVotes)
	}
	return nil
}

// metaNumber is a whole number in META. What is no such number bounds nothing.
func (p *parser) metaNumber(key string) (int64, bool) {
	text := p.e.MetaValue(key)
	a, _, ok := readNumber([]byte(text))
	return a.digits, ok && text != "" && a.scale == 0
}

// score gives places their points, adds up, and compares with the declared
// scores.
func (p *parser) score() *Fault {
	e := p.e
	e.choices, e.points, e.starts = slices.Clip(e.choices), slices.Clip(e.points), slices.Clip(e.starts)
	if p.placed {
		p.places()
	} else {
		e.sum()
	}
	for i, declared := range p.declared {
		if declared == nil {
			continue
		}
		n, ok := declared.at(e.PointDecimals)
		if !ok || declared.scale > e.PointDecimals {
			n = Unsaid
		}
		if e.Projects[i].Score = n; n != e.score[i] {
			p.warn(p.lines[i], FaultProjectScore, e.Projects[i].ID, decimal(declared.digits, declared.scale), decimal(e.score[i], e.PointDecimals))
		}
	}
	return nil
}

// places gives the places of ordered ballots their points. All ways agree on
// ballots of full length. On shorter ones the declared scores decide; without
// any, the first place is worth max_length where META says it.
func (p *parser) places() {
	p.givePlaces(0)
	first, stated := p.metaNumber("max_length")
	if first = max(first, int64(p.longest)); first > maxPoints || !p.someShorter(first) {
		return
	}
	declared, wrong := p.wrongScores()
	if declared == 0 {
		p.warn(0, FaultPlaces)
	}
	if declared == 0 && !stated || declared > 0 && wrong == 0 {
		return
	}
	p.givePlaces(int32(first))
	if _, now := p.wrongScores(); now > wrong || declared > 0 && now == wrong {
		p.givePlaces(0)
	}
}

// givePlaces gives the first place so many points, or as many as the ballot is
// long when first is 0, and each later place one less.
func (p *parser) givePlaces(first int32) {
	e := p.e
	e.points = slices.Grow(e.points[:0], len(e.choices))[:len(e.choices)]
	for i := range e.Voters() {
		_, points := e.Ballot(i)
		most := first
		if first == 0 {
			most = int32(len(points))
		}
		for at := range points {
			points[at] = most - int32(at)
		}
	}
	e.sum()
}

func (p *parser) someShorter(than int64) bool {
	for i := range p.e.Voters() {
		if n := int64(p.e.starts[i+1] - p.e.starts[i]); n > 0 && n < than {
			return true
		}
	}
	return false
}

// wrongScores counts the projects that declare a score, and those whose ballots
// say another.
func (p *parser) wrongScores() (declared, wrong int) {
	for i, d := range p.declared {
		if d == nil {
			continue
		}
		declared++
		if d.scale > 0 || d.digits != p.e.score[i] {
			wrong++
		}
	}
	return declared, wrong
}

// projectVotes compares the votes that projects declare. Some files count a
// project twice that a ballot names twice, and Parse has warned of that. In a
// file that ends without an end of line, a difference means that the last
// ballot lost its end.
func (p *parser) projectVotes() *Fault {
	for i := range p.e.Projects {
		project := &p.e.Projects[i]
		if project.Votes == Unsaid || project.Votes == p.named[i] {
			continue
		}
		fault := &Fault{p.lines[i], FaultProjectVotes, []string{project.ID, decimal(project.Votes, 0), decimal(p.named[i], 0)}}
		if p.cutOff() {
			return fault
		}
		p.warn(fault.Line, fault.Key, fault.Args...)
	}
	return nil
}

// limits warns of ballots that break the rules which META tells. They stay in:
// who published the file took them.
func (p *parser) limits() *Fault {
	fewest, hasFewest := p.metaNumber("min_length")
	most, hasMost := p.metaNumber("max_length")
	points, hasPoints := p.metaNumber("max_sum_points")
	cost, dirty, hasCost := readNumber([]byte(p.e.MetaValue("max_sum_cost")))
	highest, fits := cost.at(max(p.e.Decimals, cost.scale))
	hasCost = hasCost && fits && !dirty && cost.scale <= p.e.Decimals
	e := p.e
	var broken struct{ few, many, points, cost int }
	for i := range e.Voters() {
		projects, given := e.Ballot(i)
		n := int64(len(projects))
		broken.few += one(hasFewest && n > 0 && n < fewest)
		broken.many += one(hasMost && n > most)
		broken.points += one(hasPoints && e.Type == Cumulative && total(given) > min(points, 1000*maxPoints)*pow10(e.PointDecimals))
		broken.cost += one(hasCost && e.costOf(projects) > highest)
	}
	p.warnBroken(FaultFewChosen, "min_length", broken.few)
	p.warnBroken(FaultManyChosen, "max_length", broken.many)
	p.warnBroken(FaultManyPoints, "max_sum_points", broken.points)
	p.warnBroken(FaultDearBallot, "max_sum_cost", broken.cost)
	return nil
}

func (p *parser) warnBroken(key FaultKey, meta string, ballots int) {
	if ballots > 0 {
		p.warn(p.metaLine[meta], key, strconv.Itoa(ballots), strings.TrimSpace(p.e.MetaValue(meta)))
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func total(points []int32) (sum int64) {
	for _, n := range points {
		sum += int64(n)
	}
	return sum
}

func (e *Election) costOf(projects []int32) (sum Money) {
	for _, p := range projects {
		sum += e.Projects[p].Cost
	}
	return sum
}
