package budget

import (
	"kladka/internal/platform/fault"
)

// CheckField is the name of the field under which faults of a whole choice
// stand; a fault of one project has the name "p_" and its id.
const CheckField = "wybor"

// Check tells what is wrong with a choice, nothing when it is valid. On are the
// projects of the pool's ballot with their costs, budget is the pool's money.
// Every fault is told at once, so that whoever votes mends all of them together.
func (b BallotRules) Check(c Choice, on map[ProjectID]int64, budget int64) (faults []fault.Field) {
	add := func(name, key string, args ...any) {
		faults = append(faults, fault.Field{Name: name, Key: "budget.ballot." + key, Args: args})
	}
	seen, given := map[ProjectID]bool{}, map[int]bool{}
	var cost, points int64
	for _, p := range c.Picks {
		name := "p_" + string(p.Project)
		price, there := on[p.Project]
		switch {
		case !there:
			add(CheckField, "unknown")
			continue
		case seen[p.Project]:
			add(name, "twice")
			continue
		}
		seen[p.Project] = true
		cost += price
		points += int64(p.Points)
		if key := b.pointsFault(p.Points, given); key != "" {
			add(name, key, "n", p.Points)
		}
		given[p.Points] = true
	}
	if n := len(seen); n < b.Min {
		add(CheckField, "too_few", "n", n, "least", b.Min)
	} else if most := b.most(); most > 0 && n > most {
		add(CheckField, "too_many", "n", n, "most", most)
	}
	if b.Type == Cumulative && points > int64(b.Total) {
		add(CheckField, "over_total", "n", points, "total", b.Total)
	}
	if b.Type == Knapsack && cost > budget {
		add(CheckField, "over_budget", "cost", amount(cost), "budget", amount(budget))
	}
	return faults
}

// pointsFault is what is wrong with the points of one project, "" when nothing.
// Given are the points that earlier projects of the choice have.
func (b BallotRules) pointsFault(points int, given map[int]bool) string {
	switch b.Type {
	case Ranked:
		if b.slot(points) < 0 {
			return "no_such_points"
		}
		if given[points] {
			return "same_points"
		}
	case Cumulative:
		if points < 1 || points > b.Total {
			return "no_such_points"
		}
	default:
		if points != 0 {
			return "no_such_points"
		}
	}
	return ""
}

// slot is the place of points on a ranked ballot, -1 when it has none such.
func (b BallotRules) slot(points int) int {
	for n, p := range b.Points {
		if p == points {
			return n
		}
	}
	return -1
}

// most is how many projects may be chosen, 0 when there is no limit.
func (b BallotRules) most() int {
	switch {
	case b.Type == One:
		return 1
	case b.Type == Ranked && (b.Max == 0 || b.Max > len(b.Points)):
		return len(b.Points)
	}
	return b.Max
}
